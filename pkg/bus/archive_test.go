package bus_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/news"
)

// Pages stay until both the parser and the archive have them.
func TestPagesAreHeldForTheArchive(t *testing.T) {
	b, ctx := open(t, func(c *bus.Config) { c.Archive = true }), t.Context()
	for i := range 10 {
		must(t, b.PublishPage(ctx, "h.example", testPage(fmt.Sprint("p", i))))
	}
	parse(t, b, 10)
	held := func(want uint64) {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			_, first, last, err := b.PagesState(ctx)
			must(t, err)
			if n := last + 1 - first; n == want {
				return
			} else if time.Now().After(end) {
				t.Fatalf("%d pages are there, want %d", n, want)
			}
		}
	}
	held(10)
	pages, err := b.ReadPages(ctx, 1, 100, 0)
	must(t, err)
	if len(pages) != 10 || pages[3].Page.PageID != "p3" || pages[3].Seq != 4 || len(pages[3].Page.Body) == 0 || pages[3].Time.IsZero() {
		t.Errorf("%d pages, one of them %+v", len(pages), pages[3])
	}
	for _, upTo := range []uint64{4, 4, 7} {
		must(t, b.ReleasePages(ctx, upTo))
		held(10 - upTo)
	}
	must(t, b.ReleasePages(ctx, 2)) // long released
	held(3)
	if pages, err := b.ReadPages(ctx, 1, 2, 0); err != nil || len(pages) != 2 || pages[0].Seq != 8 {
		t.Errorf("after the release: %+v, %v", pages, err)
	}
	must(t, b.ReleasePages(ctx, 100))
	held(0)
	if pages, err := b.ReadPages(ctx, 1, 2, 20*time.Millisecond); err != nil || len(pages) != 0 {
		t.Errorf("at the end: %+v, %v", pages, err)
	}
}

// Pages that were looked at beyond what is released follow at once.
func TestReleaseBeyondHoles(t *testing.T) {
	b, ctx := open(t, func(c *bus.Config) { c.Archive, c.AckWait = true, time.Hour }), t.Context()
	for i := range 10 {
		must(t, b.PublishPage(ctx, "h.example", testPage(fmt.Sprint("p", i))))
	}
	parse(t, b, 10)
	must(t, b.ReleasePages(ctx, 4))
	bus.DeletePage(t, b, 6)
	bus.DeletePage(t, b, 7)
	for upTo := uint64(7); upTo <= 10; upTo++ {
		must(t, b.ReleasePages(ctx, upTo))
		eventually(t, 5*time.Second, fmt.Sprint("all up to ", upTo, " released, and no more"), func() bool { return pages(t, b) == 10-upTo })
	}
}

// Another process releases what one that died had looked at.
func TestReleaseAfterACrash(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	on := func(c *bus.Config) { c.Archive = true }
	b, ctx := connect(t, srv, on), t.Context()
	must(t, b.Apply(ctx))
	for i := range 300 {
		must(t, b.PublishPage(ctx, "h.example", testPage(fmt.Sprint("p", i))))
	}
	parse(t, b, 300)
	must(t, b.ReleasePages(ctx, 120))
	must(t, connect(t, srv, on).ReleasePages(ctx, 300))
	if _, first, last, err := b.PagesState(ctx); err != nil || first != 301 || last != 300 {
		t.Errorf("pages %d to %d, %v", first, last, err)
	}
}

// Switched off, the archive holds nothing.
func TestArchiveSwitchedOff(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	on, off := connect(t, srv, func(c *bus.Config) { c.Archive = true }), connect(t, srv, nil)
	ctx := t.Context()
	must(t, on.Apply(ctx))
	if err := off.Check(ctx); err == nil || !strings.Contains(err.Error(), "archive") {
		t.Errorf("check of a topology with an archive that is off: %v", err)
	}
	must(t, off.Apply(ctx))
	must(t, off.Check(ctx))
	if err := on.Check(ctx); err == nil || !strings.Contains(err.Error(), "PAGES/archive") {
		t.Errorf("check of a topology without its archive: %v", err)
	}
}

func testPage(id string) *news.Page {
	return &news.Page{PageID: id, FinalURL: "https://h.example/" + id, Status: 200, Body: []byte(strings.Repeat(id, 100))}
}

// parse acknowledges n pages as a parser does.
func parse(t *testing.T, b *bus.Bus, n int) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	var mu sync.Mutex
	seen := map[string]bool{}
	must(t, b.ConsumePages(ctx, 8, func() {}, func(_ context.Context, p *news.Page) error {
		mu.Lock()
		defer mu.Unlock()
		if seen[p.PageID] = true; len(seen) == n {
			stop()
		}
		return nil
	}, func(string, bool, error) {}))
	if len(seen) != n {
		t.Fatalf("%d pages were consumed, want %d", len(seen), n)
	}
}
