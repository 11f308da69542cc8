package parser

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

// Takedown makes the message that an article's page is gone. Its id is made as
// that of the article was.
func Takedown(page *news.Page) (*news.Takedown, error) {
	m := meta{canonical: page.Canonical}
	urls, key, err := m.urls(page)
	if err != nil {
		return nil, fmt.Errorf("read page URL: %w", err)
	}
	own, err := weburl.Parse(urls.Final)
	if err != nil {
		return nil, fmt.Errorf("read page URL: %w", err)
	}
	t := &news.Takedown{
		Schema: news.TakedownSchema, ID: news.ArticleID(weburl.Key(key)), URL: urls.Final, Status: page.Status, At: page.FetchedAt,
		Source: news.SourceRef{ID: page.Source.ID, Domain: page.Source.Domain, Name: page.Source.Name},
		Trace:  news.Trace{CrawlID: page.CrawlID, PageID: page.PageID},
	}
	if other := news.ArticleID(weburl.Key(own)); other != t.ID {
		t.Candidates = []string{other}
	}
	return t, nil
}

// takeDown passes on that a page is gone.
func (w *Worker) takeDown(ctx context.Context, log *zap.Logger, page *news.Page, begun time.Time) error {
	t, err := Takedown(page)
	if err != nil {
		return bus.Permanent("takedown", err)
	}
	log = log.With(zap.String(logging.KeyArticleID, t.ID))
	receipt, err := w.bus.PublishTakedown(ctx, host(page.FinalURL), t)
	if err != nil {
		return err
	}
	took := time.Since(begun)
	w.stage.Observe(took)
	if !receipt.New {
		return known(log, receipt)
	}
	log.Info("takedown published", append(stored(receipt), logging.Event(logging.TakedownPublished),
		zap.Int(logging.KeyStatus, t.Status), zap.Duration(logging.KeyTook, took), waited(page, begun))...)
	return nil
}
