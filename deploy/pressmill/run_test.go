package main

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/demo"
	"pressmill/deploy/pressmill/programtest"
	"pressmill/parser"
	"pressmill/pkg/news"
	"pressmill/pkg/worker"
	"pressmill/sink"
	"pressmill/sink/segment"
)

const delay = 50 * time.Millisecond

// TestMain lets a test start this binary as pressmill or, under its name, as a
// worker, to kill it.
func TestMain(m *testing.M) {
	if os.Getenv("PRESSMILL_MAIN") != "" {
		switch filepath.Base(os.Args[0]) {
		case "crawler":
			worker.Main(crawler.Program())
		case "parser":
			worker.Main(parser.Program())
		case "sink":
			worker.Main(sink.Program())
		case "logsite":
			serveLogSite()
		}
		main()
	}
	os.Exit(m.Run())
}

func serve(t *testing.T) (string, *demo.Site) {
	t.Helper()
	base, site, stop, err := demo.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return base, site
}

// args of a run that ends by itself, in a folder of its own.
func runArgs(dir string, seeds ...string) []string {
	return append([]string{
		"run", "-once", "-allow-private=127.0.0.0/8", "-delay", delay.String(),
		"-data", filepath.Join(dir, "data"), "-out", "file://" + filepath.Join(dir, "out"),
	}, seeds...)
}

func pressmill(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return programtest.Run(t, program(), args...)
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	return programtest.Must(t, program(), args...)
}

// written returns the articles in a run's output by path and revision.
func written(t *testing.T, dir string) []news.Article {
	t.Helper()
	var articles []news.Article
	for line, err := range segment.ReadURL(t.Context(), "file://"+filepath.Join(dir, "out")) {
		if err != nil {
			t.Fatal(err)
		}
		var a news.Article
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		if err := a.Validate(); err != nil {
			t.Errorf("%s: %v", a.URL.Final, err)
		}
		articles = append(articles, a)
	}
	return articles
}

// byPath maps the paths of canonical URLs to titles, sorted.
func byPath(t *testing.T, articles []news.Article) map[string][]string {
	t.Helper()
	titles := map[string][]string{}
	for _, a := range articles {
		u, err := url.Parse(a.URL.Canonical)
		if err != nil {
			t.Fatal(err)
		}
		titles[u.Path] = append(titles[u.Path], a.Title)
		slices.Sort(titles[u.Path])
	}
	return titles
}

func wantTitles(site *demo.Site) map[string][]string {
	want := map[string][]string{}
	for _, w := range append(site.Articles(), site.Update()) {
		want[w.Path] = append(want[w.Path], w.Title)
		slices.Sort(want[w.Path])
	}
	return want
}

func paragraphs(a news.Article) []string {
	var out []string
	for _, b := range a.Body.Blocks {
		if b.T == news.BlockParagraph {
			out = append(out, b.Text)
		}
	}
	return out
}

func TestDemoSiteComesOutWhole(t *testing.T) {
	base, site := serve(t)
	dir := t.TempDir()
	stdout := mustRun(t, runArgs(dir, base+"/", base+"/feed.xml")...)
	articles := written(t, dir)
	if diff := cmp.Diff(wantTitles(site), byPath(t, articles)); diff != "" {
		t.Errorf("articles (-want +got):\n%s", diff)
	}
	for _, part := range []string{"1 http_404", "robots", "file://" + dir} {
		if !strings.Contains(stdout, part) {
			t.Errorf("the summary does not say %q:\n%s", part, stdout)
		}
	}
	if v := site.Violations(); len(v) > 0 {
		t.Errorf("fetched what robots.txt forbids: %v", v)
	}
	checkManners(t, site.Requests())

	wants := map[string]demo.Want{}
	for _, w := range append(site.Articles(), site.Update()) {
		wants[w.Title] = w
	}
	for _, a := range articles {
		w, ok := wants[a.Title]
		if !ok {
			continue
		}
		if diff := cmp.Diff(w.Paragraphs, paragraphs(a)); diff != "" {
			t.Errorf("%s: paragraphs (-want +got):\n%s", w.Path, diff)
		}
		if a.Lang != w.Lang {
			t.Errorf("%s: language %q, want %q", w.Path, a.Lang, w.Lang)
		}
		var authors []string
		for _, au := range a.Authors {
			authors = append(authors, au.Name)
		}
		if diff := cmp.Diff(w.Authors, authors); diff != "" {
			t.Errorf("%s: authors (-want +got):\n%s", w.Path, diff)
		}
		published := ""
		if a.Published != nil {
			published = a.Published.At
		}
		if published != w.Published {
			t.Errorf("%s: published %q, want %q", w.Path, published, w.Published)
		}
	}
}

// checkManners wants robots.txt once and first, and the gap between the end of
// each response and the next request.
func checkManners(t *testing.T, requests []demo.Request) {
	t.Helper()
	slices.SortFunc(requests, func(a, b demo.Request) int { return a.Start.Compare(b.Start) })
	for i, r := range requests {
		if (r.Path == "/robots.txt") != (i == 0) {
			t.Errorf("request %d is for %s", i, r.Path)
		}
		if i == 0 {
			continue
		}
		if gap := r.Start.Sub(requests[i-1].End); gap < delay {
			t.Errorf("%s came %s after %s, want at least %s", r.Path, gap, requests[i-1].Path, delay)
		}
	}
}

func TestSeedPageComesOutAsExpected(t *testing.T) {
	base, _ := serve(t)
	dir := t.TempDir()
	var path string
	for _, w := range demo.New().Articles() {
		if strings.HasPrefix(w.Path, "/News/") {
			path = w.Path
		}
	}
	mustRun(t, append(runArgs(dir, base+path), "-depth", "0")...)
	articles := written(t, dir)
	if len(articles) != 1 {
		t.Fatalf("%d articles, want 1", len(articles))
	}
	a := articles[0]
	got := map[string]any{
		"title": a.Title, "authors": a.Authors, "publisher": a.Publisher, "agencies": a.Agencies, "lang": a.Lang,
		"published": a.Published, "modified": a.Modified, "images": a.Images, "related": a.Related, "body_paragraphs": paragraphs(a),
	}
	data, err := os.ReadFile("testdata/seed.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	never := want["never_in_body"].([]any)
	delete(want, "never_in_body")
	for _, n := range never {
		if strings.Contains(a.Body.Text, n.(string)) {
			t.Errorf("the body holds %q", n)
		}
	}
	encoded, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var plain map[string]any
	if err := json.Unmarshal(encoded, &plain); err != nil {
		t.Fatal(err)
	}
	dropUnlisted(plain, want)
	if diff := cmp.Diff(want, plain); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// dropUnlisted removes what an object has beyond the expectation: addresses
// and flags that the text of the page does not tell.
func dropUnlisted(got, want any) {
	switch g := got.(type) {
	case map[string]any:
		w, ok := want.(map[string]any)
		if !ok {
			return
		}
		maps.DeleteFunc(g, func(k string, _ any) bool { _, ok := w[k]; return !ok })
		for k := range g {
			dropUnlisted(g[k], w[k])
		}
	case []any:
		w, ok := want.([]any)
		for i := 0; ok && i < min(len(g), len(w)); i++ {
			dropUnlisted(g[i], w[i])
		}
	}
}

func TestSecondRunFetchesNoArticleAgain(t *testing.T) {
	base, site := serve(t)
	dir := t.TempDir()
	args := append(runArgs(dir, base+"/feed.xml"), "-depth", "0")
	mustRun(t, args...)
	before, first := len(site.Requests()), byPath(t, written(t, dir))
	mustRun(t, args...)
	for _, r := range site.Requests()[before:] {
		if r.Path != "/feed.xml" {
			t.Errorf("the second run fetched %s", r.Path)
		}
	}
	if len(site.Requests()) == before {
		t.Error("the second run did not poll the feed")
	}
	if diff := cmp.Diff(first, byPath(t, written(t, dir))); diff != "" {
		t.Errorf("the second run changed the output:\n%s", diff)
	}
}

func TestKilledRunGoesOnWhereItStopped(t *testing.T) {
	base, site := serve(t)
	dir := t.TempDir()
	args := append(runArgs(dir), "-archive", filepath.Join(dir, "archive"), base+"/", base+"/feed.xml")
	for _, after := range []int{4, 6, 6} {
		seen := len(site.Requests())
		cmd := exec.Command(os.Args[0], args...)
		cmd.Env = append(os.Environ(), "PRESSMILL_MAIN=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(time.Minute); len(site.Requests()) < seen+after && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatalf("it ended before it could be killed: %v", err)
		}
		_ = cmd.Wait() // killed
	}
	mustRun(t, args...)
	if diff := cmp.Diff(wantTitles(site), byPath(t, written(t, dir))); diff != "" {
		t.Errorf("articles (-want +got):\n%s", diff)
	}
	archived := archivedPages(t, filepath.Join(dir, "archive"))
	for id, n := range archived {
		if n != 1 {
			t.Errorf("page %s was archived %d times", id, n)
		}
	}
	for _, a := range written(t, dir) {
		if archived[a.Raw.Ref] != 1 {
			t.Errorf("the page of %s was not archived", a.URL.Final)
		}
	}
	if v := site.Violations(); len(v) > 0 {
		t.Errorf("fetched what robots.txt forbids: %v", v)
	}
}

func TestWrongUse(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(config, []byte("crawler:\n  usr_agent: x\n  delay: -1s\nsinks:\n  - url: ftp://x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"nothing to do", []string{"run"}, 2, "nothing to collect"},
		{"unknown flag", []string{"run", "-frob"}, 2, "frob"},
		{"unknown key", []string{"run", "-config", config, "example.org"}, 2, "user_agent"},
		{"no such config", []string{"run", "-config", filepath.Join(dir, "none.yaml"), "example.org"}, 2, "none.yaml"},
		{"bad seed", []string{"run", "ftp://example.org/"}, 2, "neither http nor https"},
		{"bad sink", []string{"run", "-data", dir, "-config", programtest.File(t, "sinks.yaml", "sinks: [{url: 'mem://x', layout: '{month}'}]"), "example.org"}, 2, "layout"},
		{"archive in articles", []string{"run", "-data", dir, "-out", dir, "-archive", filepath.Join(dir, "articles"), "example.org"}, 2, "above or below"},
		{"bad delay", []string{"run", "-delay", "-1s", "example.org"}, 2, "negative"},
		{"bad age", []string{"articles", "-since", "-1h"}, 2, "an age"},
		{"bad output", []string{"run", "-out", "ftp://x", "example.org"}, 2, "-out"},
		{"bad contact", []string{"run", "-contact", "me", "example.org"}, 2, "crawler.contact"},
		{"bad range", []string{"run", "-allow-private=10.0.0.0", "example.org"}, 2, "allow-private"},
		{"range apart", []string{"run", "-allow-private", "10.0.0.0/8", "example.org"}, 2, "-allow-private=10.0.0.0/8"},
		{"no server", []string{"topology", "check", "-config", programtest.File(t, "config.yaml", "bus: {url: \"nats://127.0.0.1:1\"}\n")}, 1, "bus.url"},
		{"help", []string{"run", "-h"}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, stderr := pressmill(t, c.args...)
			if code != c.code || !strings.Contains(stderr, c.says) {
				t.Errorf("exit code %d, %q; want %d and %q", code, stderr, c.code, c.says)
			}
		})
	}
}
