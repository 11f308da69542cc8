// Package archive is the stream of pages as a sink reads it: each page is the
// records that go into a WARC file. The sink's protocol makes of them objects
// that hold every page once; where an object is in the store with its index,
// the pages in it are released, and leave their stream.
package archive

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/news"
	"pressmill/sink/warc"
)

const (
	// chunk is how many pages are decoded and compressed at a time. Each may
	// have some megabytes.
	chunk = 16
	// remembered is how many URLs' payloads are known, so that the same one is
	// not stored again: 200 bytes each.
	remembered = 100_000
)

// Stream is the stream of pages; *bus.Bus is one.
type Stream interface {
	// ReadPages returns at most n pages with a sequence of at least from, in
	// order. It waits up to wait for the first one and returns none when there
	// is none.
	ReadPages(ctx context.Context, from uint64, n int, wait time.Duration) ([]bus.StoredPage, error)
	// PagesState returns when the stream was made and the sequences of its first
	// and last message.
	PagesState(ctx context.Context) (created time.Time, first, last uint64, err error)
	// ReleasePages says that all pages up to a sequence are archived.
	ReleasePages(ctx context.Context, upTo uint64) error
}

// Pages are the pages of a stream, with the methods that a sink asks articles
// for. There is one partition.
type Pages struct {
	stream Stream

	mu     sync.Mutex
	memory *warc.Memory
}

// New returns the pages of a stream.
func New(s Stream) *Pages { return &Pages{stream: s, memory: warc.NewMemory(remembered)} }

// ReadArticles returns at most n pages from a sequence on: their data are their
// records, none for a page that came out of an archive
// or cannot be read. It waits up to wait for
// the first one.
func (p *Pages) ReadArticles(ctx context.Context, _ int, from uint64, n int, wait time.Duration) (out []bus.StoredArticle, err error) {
	for len(out) < n {
		pages, err := p.stream.ReadPages(ctx, from, min(chunk, n-len(out)), wait)
		if err != nil {
			return out, err
		}
		if len(pages) == 0 {
			break
		}
		out = append(out, p.encode(pages)...)
		from, wait = pages[len(pages)-1].Seq+1, 0
	}
	return out, nil
}

func (p *Pages) encode(pages []bus.StoredPage) []bus.StoredArticle {
	out := make([]bus.StoredArticle, len(pages))
	var fresh []*news.Page
	var at []int
	for i, s := range pages {
		out[i] = bus.StoredArticle{Seq: s.Seq, Time: s.Time, MsgID: idOf(s)}
		if s.Page != nil {
			out[i].Page = &news.Page{CrawlID: s.Page.CrawlID, PageID: s.Page.PageID, FinalURL: s.Page.FinalURL, Source: s.Page.Source}
		}
		if s.Page != nil && s.Page.Archived == "" {
			fresh, at = append(fresh, s.Page), append(at, i)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, records := range warc.Encode(fresh, p.memory) {
		out[at[i]].Data = records.Data
	}
	return out
}

// ArticleAt returns the page at a sequence without its records, or
// bus.ErrNotFound.
func (p *Pages) ArticleAt(ctx context.Context, seq uint64) (bus.StoredArticle, error) {
	pages, err := p.stream.ReadPages(ctx, seq, 1, 0)
	if err != nil {
		return bus.StoredArticle{}, err
	}
	if len(pages) == 0 || pages[0].Seq != seq {
		return bus.StoredArticle{}, fmt.Errorf("page %d: %w", seq, bus.ErrNotFound)
	}
	return bus.StoredArticle{Seq: seq, Time: pages[0].Time, MsgID: idOf(pages[0])}, nil
}

// idOf returns the id of a page as its records have it, "" if it cannot be
// decoded.
func idOf(s bus.StoredPage) string {
	if s.Page == nil {
		return ""
	}
	return warc.CaptureID(s.Page)
}

// ArticleSince returns the sequence of the first page that was stored at or
// after a time, and the one after the last if there is none.
func (p *Pages) ArticleSince(ctx context.Context, t time.Time) (uint64, error) {
	_, first, last, err := p.stream.PagesState(ctx)
	if err != nil {
		return 0, err
	}
	for first <= last {
		middle := first + (last-first)/2
		pages, err := p.stream.ReadPages(ctx, middle, 1, 0)
		switch {
		case err != nil:
			return 0, err
		case len(pages) == 0 || !pages[0].Time.Before(t):
			if middle == first {
				return first, nil
			}
			last = middle - 1
		default:
			first = pages[0].Seq + 1
		}
	}
	return first, nil
}

// ArticlesState returns when the stream was made and the sequences of its first
// and last message.
func (p *Pages) ArticlesState(ctx context.Context) (created time.Time, first, last uint64, err error) {
	return p.stream.PagesState(ctx)
}

// LastArticle returns the last sequence of the stream, 0 if it is empty.
func (p *Pages) LastArticle(ctx context.Context, _ int) (uint64, error) {
	_, first, last, err := p.stream.PagesState(ctx)
	if first > last {
		last = 0
	}
	return last, err
}

// PutPosition releases the pages before a position.
func (p *Pages) PutPosition(ctx context.Context, _ string, _ int, next uint64) error {
	if next <= 1 {
		return nil
	}
	return p.stream.ReleasePages(ctx, next-1)
}
