package parser

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/url"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sync/errgroup"

	"pressmill/parser/coverage"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
	"pressmill/pkg/urlshape"
	"pressmill/pkg/weburl"
)

const (
	// linesEvery is the time between two lines source.coverage of a source.
	linesEvery = 10 * time.Minute
	// keepEvery is how often what was counted is added to what all parsers know. A
	// process that is killed takes with it what it has counted since.
	keepEvery = time.Minute
	// keepFor bounds one such addition, and lastFor the one at the stop.
	keepFor = 30 * time.Second
	lastFor = 5 * time.Second
	// keepAtOnce is the number of sources that are added at the same time.
	keepAtOnce = 4
)

// quality tells what the articles of each source have, and when a source drifts.
type quality struct {
	coverage.Tally

	bus  *bus.Bus
	log  *zap.Logger
	told time.Time // when the last lines were written, or it began
}

// published counts a page whose article was published, or known already.
func (q *quality) published(page *news.Page, a *news.Article, stored bool) {
	if page.Archived == "" {
		q.Page(a.Source.ID, true)
	}
	if stored {
		q.Published(a)
	}
}

// rejected counts a page that was no article, if its URL is that of a story:
// lists come and go without the source being another.
func (q *quality) rejected(page *news.Page) {
	u, err := url.Parse(page.FinalURL)
	if err != nil || page.Archived != "" {
		return
	}
	if shape := urlshape.Of(u); shape.Page == urlshape.Unnamed && shape.Story() {
		q.Page(sourceOf(page, u), false)
	}
}

// sourceOf returns the id that an article of the page has as its source.
func sourceOf(page *news.Page, u *url.URL) string {
	return cmp.Or(page.Source.ID, page.Source.Domain, weburl.Domain(u.Host))
}

// run writes lines and keeps what was counted, until ctx ends, and then once
// more.
func (q *quality) run(ctx context.Context) {
	q.told = time.Now()
	keep, tell := time.NewTicker(keepEvery), time.NewTicker(linesEvery)
	defer keep.Stop()
	defer tell.Stop()
	for {
		select {
		case <-keep.C:
			q.keep(ctx, keepFor)
		case <-tell.C:
			q.tell()
		case <-ctx.Done():
			q.keep(context.WithoutCancel(ctx), lastFor)
			q.tell()
			return
		}
	}
}

// tell writes the lines source.coverage.
func (q *quality) tell() {
	now := time.Now()
	took := now.Sub(q.told).Round(time.Millisecond).Seconds()
	q.told = now
	for source, l := range q.Lines() {
		q.log.Info("what the articles of the source have", logging.Event(logging.SourceCoverage), zap.String(logging.KeySource, source),
			zap.Float64(logging.KeySeconds, took), zap.Int(logging.KeyArticles, l.Articles), zap.Object(logging.KeyWith, with(l.With)),
			zap.Float64(logging.KeyWordsP50, l.Median()))
	}
}

// with is the number of articles that have each field.
type with [coverage.Body + 1]int

// MarshalLogObject writes a field each.
func (w with) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddInt(logging.KeyTitle, w[coverage.Title])
	enc.AddInt(logging.KeyAuthor, w[coverage.Author])
	enc.AddInt(logging.KeyDate, w[coverage.Date])
	enc.AddInt(logging.KeyImage, w[coverage.Image])
	enc.AddInt(logging.KeyBody, w[coverage.Body])
	return nil
}

// keep adds what was counted to the records of the sources, and tells the drifts
// that begin or end with it. What cannot be added in time is forgotten: it is a
// minute's, and what may have been stored is not to count twice.
func (q *quality) keep(ctx context.Context, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var (
		group errgroup.Group
		mu    sync.Mutex
		lost  int
		cause error
	)
	group.SetLimit(keepAtOnce)
	for source, batch := range q.Batches() {
		group.Go(func() error {
			if err := q.add(ctx, source, batch); err != nil {
				mu.Lock()
				defer mu.Unlock()
				lost, cause = lost+1, err
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in cause
	if lost > 0 {
		q.log.Warn("keep what the articles of sources have", logging.Event(logging.NATSError), zap.Error(fmt.Errorf("%d sources: %w", lost, cause)))
	}
}

// add adds a batch to the record of its source. The process that stores a record
// with a change is the one that tells it.
func (q *quality) add(ctx context.Context, source string, batch *coverage.Batch) error {
	var changes []coverage.Change
	_, err := bus.UpdateCoverage(ctx, q.bus, source, func(r *coverage.Record) { changes = r.Add(batch, time.Now()) })
	if err != nil {
		return err
	}
	for _, c := range changes {
		q.tellChange(source, c)
	}
	return nil
}

func (q *quality) tellChange(source string, c coverage.Change) {
	fields := []zap.Field{
		zap.String(logging.KeySource, source), zap.Stringer(logging.KeyField, c.Field),
		zap.Float64(logging.KeyShare, rounded(c.Share)), zap.Float64(logging.KeyUsual, rounded(c.Usual)),
		zap.Int(logging.KeyArticles, c.Articles), zap.Int(logging.KeyUsualArticles, c.UsualArticles),
	}
	switch c.Over {
	case coverage.Back:
		q.log.Info("the source is again as it was", append(fields, logging.Event(logging.SourceSteady), logging.Reason(string(c.Over)))...)
	case coverage.Usual:
		q.log.Info("the source stays as it is, which is its usual from now on", append(fields, logging.Event(logging.SourceSteady), logging.Reason(string(c.Over)))...)
	default:
		q.log.Warn("the source is not as it was", append(fields, logging.Event(logging.SourceDrift))...)
	}
}

// rounded leaves four decimals.
func rounded(x float64) float64 { return math.Round(x*1e4) / 1e4 }
