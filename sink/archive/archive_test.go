package archive

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/news"
	"pressmill/sink/warc"
)

func startBus(t *testing.T) *bus.Bus {
	t.Helper()
	srv, err := embedded.Start(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	cfg := bus.Defaults()
	cfg.Archive = true
	b, err := bus.Connect(cfg, "test", zap.NewNop(), srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

func publish(t *testing.T, b *bus.Bus, page *news.Page) {
	t.Helper()
	if err := b.PublishPage(t.Context(), "h.example", page); err != nil {
		t.Fatal(err)
	}
}

func testPage(i int) *news.Page {
	return &news.Page{PageID: fmt.Sprint("p", i), FinalURL: fmt.Sprint("https://h.example/", i), Status: 200, Body: []byte("<p>")}
}

func TestPagesAreReadAsRecords(t *testing.T) {
	b := startBus(t)
	p := New(b)
	if last, err := p.LastArticle(t.Context(), 0); err != nil || last != 0 {
		t.Errorf("last of an empty stream: %d, %v", last, err)
	}
	for i := range 2*chunk + 3 {
		publish(t, b, testPage(i))
	}
	old := testPage(1000)
	old.Archived = "urn:uuid:1"
	publish(t, b, old)
	got, err := p.ReadArticles(t.Context(), 0, 2, 100, 0)
	if err != nil || len(got) != 2*chunk+3 {
		t.Fatalf("%d pages, %v", len(got), err)
	}
	for i, m := range got[:len(got)-1] {
		rec, err := warc.NewReader(bytes.NewReader(m.Data)).Next()
		if err != nil {
			t.Fatal(err)
		}
		if page, err := rec.Page(100); err != nil || warc.CaptureID(page) != m.MsgID || page.PageID != fmt.Sprint("p", i+1) || m.Seq != uint64(i+2) {
			t.Errorf("message %d %s holds %+v, %v", m.Seq, m.MsgID, page, err)
		}
	}
	if last := got[len(got)-1]; last.Data != nil || last.MsgID != warc.CaptureID(old) {
		t.Errorf("a page out of an archive: %+v", last)
	}
	if got, err := p.ReadArticles(t.Context(), 0, 5, 3, 0); err != nil || len(got) != 3 {
		t.Errorf("%d of three pages, %v", len(got), err)
	}
	if m, err := p.ArticleAt(t.Context(), 3); err != nil || m.MsgID != warc.CaptureID(testPage(2)) || m.Time.IsZero() {
		t.Errorf("third page: %+v, %v", m, err)
	}
	if m, err := p.ArticleAt(t.Context(), 1000); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("page that is not there: %+v, %v", m, err)
	}
}

func TestPagesSinceATime(t *testing.T) {
	b := startBus(t)
	p := New(b)
	var times []time.Time
	for i := range 9 {
		publish(t, b, testPage(i))
		m, err := p.ArticleAt(t.Context(), uint64(i+1))
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, m.Time)
		time.Sleep(time.Millisecond)
	}
	for i, at := range times {
		if seq, err := p.ArticleSince(t.Context(), at); err != nil || seq != uint64(i+1) {
			t.Errorf("since page %d: %d, %v", i+1, seq, err)
		}
	}
	if seq, err := p.ArticleSince(t.Context(), times[0].Add(-time.Hour)); err != nil || seq != 1 {
		t.Errorf("since long ago: %d, %v", seq, err)
	}
	if seq, err := p.ArticleSince(t.Context(), times[8].Add(time.Hour)); err != nil || seq != 10 {
		t.Errorf("since later: %d, %v", seq, err)
	}
}
