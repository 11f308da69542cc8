package parser

import (
	"sync"
	"time"

	"pressmill/pkg/news"
)

// busy is what is extracted now, and since when. Its zero value is ready.
type busy struct {
	mu    sync.Mutex
	since map[*news.Page]time.Time
}

// with notes that a page is extracted until done is called.
func (b *busy) with(page *news.Page) (done func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.since == nil {
		b.since = map[*news.Page]time.Time{}
	}
	b.since[page] = time.Now()
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.since, page)
	}
}

// longest is how long the page has taken that was begun first.
func (b *busy) longest() (longest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.since {
		longest = max(longest, time.Since(t))
	}
	return longest
}
