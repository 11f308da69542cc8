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
	return &Worker{cfg: cfg, extractor: Extractor{Rules: set}, bus: b, log: log, stage: stage, quality: quality{bus: b, log: log}}, nil
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
	}, w.handle)
}

func (w *Worker) handle(ctx context.Context, page *news.Page) error {
	begun := time.Now()
	w.stage.In(1)
	w.stage.InFlight(1)
	defer w.stage.InFlight(-1)
	log := w.log.With(zap.String(logging.KeyCrawlID, page.CrawlID), zap.String(logging.KeyPageID, page.PageID), logging.URL(page.FinalURL))
	if page.Gone {
		return w.takeDown(ctx, log, page)
	}
	article, err := w.extract(page)
	took := time.Since(begun)
	w.stage.Observe(took)
	if reject, ok := errors.AsType[*RejectError](err); ok {
		w.stage.Skip(reject.Reason)
		w.quality.rejected(page)
		log.Info("no article", logging.Event(logging.ParseRejected), logging.Reason(reject.Reason), zap.Duration(logging.KeyTook, took))
		return nil
	}
	if err != nil {
		w.stage.Fail("extract")
		return bus.Permanent("extract", err)
	}
	if err := article.Validate(); err != nil {
		w.stage.Fail("invalid_article")
		return bus.Permanent("invalid_article", err)
	}
	log.Info("parsed", logging.Event(logging.ParseDone), zap.String(logging.KeyArticleID, article.ID), zap.String(logging.KeyRev, article.Rev),
		zap.String(logging.KeyKind, string(article.Kind)), zap.Int(logging.KeyWords, article.Body.Words), zap.Duration(logging.KeyTook, took))
	stored, err := w.bus.PublishArticle(ctx, host(page.FinalURL), article)
	if err != nil {
		return err
	}
	w.quality.published(page, article, stored)
	if !stored {
		w.stage.Skip("duplicate")
		return nil
	}
	w.stage.Out(1)
	log.Info("article published", logging.Event(logging.ArticlePublished), zap.String(logging.KeyArticleID, article.ID), zap.String(logging.KeyRev, article.Rev))
	return nil
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
