package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pressmill/pkg/news"
	"pressmill/pkg/worker"
	"pressmill/sink/segment"
)

// paper serves articles that change, or vanish, from one request to the next.
type paper struct {
	mu    sync.Mutex
	asked map[string]int
}

func (p *paper) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

func (p *paper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked[r.URL.Path]++
	n := p.asked[r.URL.Path]
	p.mu.Unlock()
	head, ads, closing := "", fmt.Sprintf("<div class=ad>offer %d</div>", n), "On Tuesday it opens again."
	switch r.URL.Path {
	case "/feed":
		fmt.Fprint(w, `<rss version="2.0"><channel>`)
		for _, a := range []string{"/ads", "/text", "/gone", "/gone-too"} {
			fmt.Fprintf(w, "<item><link>http://%s%s</link></item>", r.Host, a)
		}
		fmt.Fprint(w, "</channel></rss>")
		return
	case "/ads":
	case "/text":
		if n > 1 {
			closing = "On Wednesday, not on Tuesday, it opens again."
		}
	case "/gone":
	case "/gone-too":
		head = `<link rel="canonical" href="/the/harbour">`
	default:
		http.NotFound(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/gone") && n > 1 {
		w.WriteHeader(map[string]int{"/gone": http.StatusGone, "/gone-too": http.StatusNotFound}[r.URL.Path])
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><html lang=en><head><title>Harbour of %s closed</title><meta property="og:type" content="article">%s</head><body>%s<article><h1>Harbour of %[1]s closed</h1>`, r.URL.Path[1:], head, ads)
	for i := range 8 {
		fmt.Fprintf(w, "<p>Pier %d of the harbour was closed on Monday after a storm had moved its oldest piles, the master of the harbour said.</p>", i)
	}
	fmt.Fprintf(w, "<p>%s</p></article>%s</body></html>", closing, ads)
}

// The whole pipeline looks at articles again: other ads around the same text
// are no news, another text is a second version, and a page that is gone is a
// takedown of its article.
func TestRevisitsMakeVersionsAndTakedowns(t *testing.T) {
	p := &paper{asked: map[string]int{}}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `
crawler: {revisit: [1s, 3s, 5s], delay: 20ms, latency_factor: 0}
sinks:
  - {name: all, url: "file://%s/all", takedowns: true, max_age: 300ms}
  - {name: articles, url: "file://%[1]s/out", max_age: 300ms}
`, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	var wg sync.WaitGroup
	code := -1
	wg.Go(func() {
		code = worker.Run(ctx, program(), []string{
			"run", "-config", config, "-depth", "0", "-allow-private=127.0.0.0/8", "-data", filepath.Join(dir, "data"), srv.URL + "/feed",
		}, strings.NewReader(""), &stdout, &stderr)
	})
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if p.count("/ads") == 4 && p.count("/text") == 4 && p.count("/the/harbour") == 1 {
			break
		}
	}
	cancel()
	wg.Wait()
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, stderr.String())
	}

	versions, ids := map[string][]string{}, map[string]string{}
	for _, a := range written(t, dir) {
		path := strings.TrimPrefix(a.URL.Final, srv.URL)
		versions[path] = append(versions[path], a.Rev)
		if id, ok := ids[path]; ok && id != a.ID {
			t.Errorf("%s has the ids %s and %s", path, id, a.ID)
		}
		ids[path] = a.ID
	}
	for path, n := range map[string]int{"/ads": 1, "/text": 2, "/gone": 1, "/gone-too": 1} {
		if len(versions[path]) != n {
			t.Errorf("%s: %d articles, want %d", path, len(versions[path]), n)
		}
	}
	down := map[string]news.Takedown{}
	for line, err := range segment.ReadURL(t.Context(), "file://"+filepath.Join(dir, "all")) {
		if err != nil {
			t.Fatal(err)
		}
		var d news.Takedown
		if !bytes.Contains(line, []byte(news.TakedownSchema)) {
			continue
		}
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		down[d.ID] = d
	}
	if len(down) != 2 {
		t.Errorf("takedowns: %+v", down)
	}
	for path, want := range map[string]news.Takedown{
		"/gone":     {URL: srv.URL + "/gone", Status: http.StatusGone},
		"/gone-too": {URL: srv.URL + "/the/harbour", Status: http.StatusNotFound}, // where it said that it stands
	} {
		if d := down[ids[path]]; d.URL != want.URL || d.Status != want.Status {
			t.Errorf("%s: takedown %+v of the article %s", path, d, ids[path])
		}
	}
	if n := p.count("/ads"); n != 4 {
		t.Errorf("/ads was asked for %d times, want 4", n)
	}
}
