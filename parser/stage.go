package parser

import (
	"context"
	"errors"
	"net/url"
	"runtime"
	"sync"
	"time"

	"go.uber.org/zap"

	"pressmill/parser/rules"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
)

// Config is the section parser of the configuration.
type Config struct {
	Workers int    `yaml:"workers"` // pages worked on at the same time; 0: one per core
	Rules   string `yaml:"rules"`   // the folder of the site rules; "": none
}

// Validate reports every fault of the section and of the site rules, so that a
// bad rule ends the program before it begins to work.
func (c *Config) Validate() error {
	_, err := rules.Load(c.Rules)
	if c.Workers < 0 {
		err = errors.Join(errors.New("parser.workers: must not be negative"), err)
	}
	return err
}

// Worker consumes pages and publishes articles.
type Worker struct {
	cfg       Config
	extractor Extractor
	bus       *bus.Bus
	log       *zap.Logger
	stage     *logging.Stage
	busy      busy
	quality   quality
}

// stuckAfter is how long the extraction of a page, which takes milliseconds, may
// last before the worker counts as stuck.
const stuckAfter = time.Minute

// NewWorker loads the site rules and returns a parser worker on a bus whose
// topology is ready. The error is a config.ErrInvalid.
func NewWorker(cfg Config, b *bus.Bus, log *zap.Logger, stage *logging.Stage) (*Worker, error) {
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	set, err := rules.Load(cfg.Rules)
	if err != nil {
		return nil, err
	}
	models := builtIn() // those that do not fit the program end it here, not at each page
	return &Worker{cfg: cfg, extractor: Extractor{Rules: set, models: models}, bus: b, log: log, stage: stage, quality: quality{bus: b, log: log}}, nil
}

// Run works until ctx is cancelled, finishes the pages in work and returns
// nil. beat is called at least every few seconds while it is alive, and not any
// more when it cannot get away from a page.
func (w *Worker) Run(ctx context.Context, beat func()) error {
	side, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { w.quality.run(side) })
	return w.bus.ConsumePages(ctx, w.cfg.Workers, func() {
		if w.busy.longest() < stuckAfter {
			beat()
		}
	}, w.handle, w.dead)
}

// dead counts a page that is to become a dead letter. One that handle has taken
// up, and whose letter could not be stored, is delivered again; what comes of
// that is counted when the letter is stored.
func (w *Worker) dead(reason string, handled bool, err error) {
	switch {
	case handled && err == nil:
		w.stage.End(logging.Failed, reason)
	case handled && errors.Is(err, bus.ErrDeadFull):
		w.stage.End(logging.Again, "dead_letters")
	case handled:
		w.stage.End(logging.Again, "bus")
	case err == nil:
		w.stage.Settled(logging.Failed, reason, 1)
	}
}

// handle works on one delivery of a page, and counts what becomes of it, unless it
// is to become a dead letter: a panic, too, is followed by another delivery.
func (w *Worker) handle(ctx context.Context, page *news.Page) error {
	begun := time.Now()
	w.stage.Take()
	outcome, why := logging.Again, "panic"
	defer func() {
		if outcome != logging.Failed { // dead tells of it
			w.stage.End(outcome, why)
		}
	}()
	log := w.log.With(
		zap.String(logging.KeyCrawlID, page.CrawlID), zap.String(logging.KeyPageID, page.PageID), zap.String(logging.KeyHost, host(page.FinalURL)),
		logging.URL(page.FinalURL), zap.String(logging.KeySource, page.Source.ID))
	work := w.article
	if page.Gone {
		work = w.takeDown
	}
	err := work(ctx, log, page, begun)
	outcome, why = outcomeOf(err)
	if outcome == logging.Passed || outcome == logging.Skipped {
		return nil
	}
	return err
}

// errDuplicate says that the bus has what was made of a page already.
var errDuplicate = errors.New("the bus has it already")

// outcomeOf says what a page counts as, and why, by the error of the work on it.
func outcomeOf(err error) (o logging.Outcome, why string) {
	if err == nil {
		return logging.Passed, ""
	}
	if errors.Is(err, errDuplicate) {
		return logging.Skipped, "duplicate"
	}
	if reject, ok := errors.AsType[*RejectError](err); ok {
		return logging.Skipped, reject.Reason
	}
	if permanent, ok := errors.AsType[*bus.PermanentError](err); ok {
		return logging.Failed, permanent.Reason
	}
	return logging.Again, "bus"
}

// article makes an article of a page and publishes it.
func (w *Worker) article(ctx context.Context, log *zap.Logger, page *news.Page, begun time.Time) error {
	article, err := w.extract(page)
	took := time.Since(begun)
	w.stage.Observe(took)
	work := []zap.Field{zap.Duration(logging.KeyTook, took), waited(page, begun), zap.Uint64(logging.KeySeq, page.Seq)}
	if reject, ok := errors.AsType[*RejectError](err); ok {
		w.quality.rejected(page)
		log.Info("no article", append(work, logging.Event(logging.ParseRejected), logging.Reason(reject.Reason))...)
		return err
	}
	if err != nil {
		return bus.Permanent("extract", err)
	}
	if err := article.Validate(); err != nil {
		return bus.Permanent("invalid_article", err)
	}
	log = log.With(zap.String(logging.KeyArticleID, article.ID), zap.String(logging.KeyRev, article.Rev))
	log.Info("parsed", append(work, logging.Event(logging.ParseDone),
		zap.String(logging.KeyKind, string(article.Kind)), zap.Int(logging.KeyWords, article.Body.Words))...)
	begun = time.Now()
	receipt, err := w.bus.PublishArticle(ctx, host(page.FinalURL), article)
	if err != nil {
		return err
	}
	w.quality.published(page, article, receipt.New)
	if !receipt.New {
		return known(log, receipt)
	}
	log.Info("article published", append(stored(receipt), logging.Event(logging.ArticlePublished), zap.Duration(logging.KeyTook, time.Since(begun)))...)
	return nil
}

// known tells that the bus has an article or a takedown already.
func known(log *zap.Logger, receipt bus.Receipt) error {
	log.Info("the bus has this version already", append(stored(receipt), logging.Event(logging.ArticleDuplicate))...)
	return errDuplicate
}

// stored is where the bus has an article.
func stored(receipt bus.Receipt) []zap.Field {
	return []zap.Field{zap.Int(logging.KeyPartition, receipt.Partition), zap.Uint64(logging.KeySeq, receipt.Seq)}
}

// waited is how long a page was on the bus. Its clock may be ahead of ours.
func waited(page *news.Page, taken time.Time) zap.Field {
	if page.Stored.IsZero() {
		return zap.Skip()
	}
	return zap.Duration(logging.KeyWaited, max(0, taken.Sub(page.Stored)))
}

func (w *Worker) extract(page *news.Page) (*news.Article, error) {
	defer w.busy.with(page)()
	return w.extractor.Extract(page)
}

func host(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return "unknown"
	}
	return u.Host
}
