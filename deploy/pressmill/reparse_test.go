package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/parser"
	"pressmill/pkg/news"
	"pressmill/pkg/worker"
	"pressmill/sink"
	"pressmill/sink/warc"
)

// What was crawled with an archive comes out of it again: the same articles in
// the same versions, once, however often it is put through.
func TestReparse(t *testing.T) {
	t.Parallel()
	base, _ := serve(t)
	first, second := t.TempDir(), t.TempDir()
	archive := filepath.Join(first, "archive")
	stdout := mustRun(t, append(runArgs(first, base+"/", base+"/feed.xml"), "-archive", archive)...)
	if !strings.Contains(stdout, ` pages in `) || !strings.Contains(stdout, `by sink "archive"`) {
		t.Errorf("the summary does not say what was archived:\n%s", stdout)
	}
	crawled := versions(written(t, first))

	config := server(t)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	config = write(t, "workers.yaml", string(text)+"sinks: [{url: 'file://"+filepath.Join(second, "out")+"', max_age: 100ms}]\n")
	if err := os.Mkdir(filepath.Join(second, "out"), 0o755); err != nil { // what is not there cannot be read yet
		t.Fatal(err)
	}
	stop := startWorkers(t, config)
	state := filepath.Join(second, "state.json")
	out := mustRun(t, "reparse", "-config", config, "-state", state, archive)
	if !strings.Contains(out, " pages published from ") || strings.HasPrefix(out, "0 ") {
		t.Errorf("reparse: %s", out)
	}
	waitFor(t, func() bool { return len(written(t, second)) >= len(crawled) })
	if out := mustRun(t, "reparse", "-config", config, "-state", state, archive); !strings.HasPrefix(out, "0 pages published from 0 files") {
		t.Errorf("reparse of what is done: %s", out)
	}
	mustRun(t, "reparse", "-config", config, archive) // without its memory
	time.Sleep(500 * time.Millisecond)
	stop()

	again := written(t, second)
	if diff := cmp.Diff(crawled, versions(again)); diff != "" {
		t.Errorf("articles (-crawled +again):\n%s", diff)
	}
	for _, a := range again {
		if !strings.HasPrefix(a.Raw.WARC, "urn:uuid:") || a.Source.ID == "" {
			t.Errorf("%s: came out of %q, source %+v", a.URL.Final, a.Raw.WARC, a.Source)
		}
	}
}

// versions returns how often each version of each article was written.
func versions(articles []news.Article) map[string]int {
	n := map[string]int{}
	for _, a := range articles {
		n[a.URL.Final+" "+a.MsgID()+" of page "+a.Trace.PageID]++
	}
	return n
}

// startWorkers runs a parser and a sink until stop is called.
func startWorkers(t *testing.T, config string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, p := range []worker.Program{parser.Program(), sink.Program()} {
		wg.Go(func() {
			var stderr bytes.Buffer
			if code := worker.Run(ctx, p, []string{"-config", config}, strings.NewReader(""), io.Discard, &stderr); code != 0 {
				t.Errorf("%s: exit code %d\n%s", p.Name, code, &stderr)
			}
		})
	}
	stop = func() { cancel(); wg.Wait() }
	t.Cleanup(stop)
	return stop
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited for three minutes")
		}
	}
}

// warcFile writes pages of hosts and days to a file, and a broken record.
func warcFile(t *testing.T, path string, pages ...*news.Page) {
	t.Helper()
	var b bytes.Buffer
	if _, err := warc.Write(&b, warc.Info{}, warc.Encode(pages, nil)); err != nil {
		t.Fatal(err)
	}
	b.WriteString("what is no record")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReparseTakesWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	config, dir := server(t), t.TempDir()
	page := func(at string, day, status int, ctype string) *news.Page {
		return &news.Page{
			PageID: fmt.Sprint(at, day), FinalURL: at, Status: status, Header: map[string][]string{"Content-Type": {ctype}},
			FetchedAt: time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC), Body: []byte("<p>text"),
		}
	}
	warcFile(t, filepath.Join(dir, "2026", "a.warc.gz"),
		page("https://a.example/1", 1, 200, "text/html; charset=utf-8"), page("https://www.a.example/2", 2, 200, "application/xhtml+xml"),
		page("https://nota.example/3", 2, 200, "text/html"), page("https://a.example/4", 3, 404, "text/html"),
		page("https://a.example/5", 3, 200, "image/png"), page("mailto:a", 3, 200, "text/html"))
	warcFile(t, filepath.Join(dir, "2026", "b.warc.gz"), page("https://a.example/6", 4, 200, ""))
	if err := os.WriteFile(filepath.Join(dir, "2026", "readme.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		want string
	}{
		{dir, "4 pages published from 2 files; records left out: 1 http_404, 1 not HTML, 1 of no web address; broken places: 2\n"},
		{"-host A.example " + dir, "3 pages published from 2 files; records left out: 1 http_404, 1 not HTML, 1 of no web address, 1 of other hosts; broken places: 2\n"},
		{"-since 2026-11-02 -until 2026-11-03T00:00:00Z " + dir, "2 pages published from 2 files; records left out: 1 of no web address, 4 of other times; broken places: 2\n"},
		{"file://" + dir + "/2026/b", "1 pages published from 1 files; broken places: 1\n"},
		{filepath.Join(dir, "2026", "b.warc.gz"), "1 pages published from 1 files; broken places: 1\n"},
	} {
		if got := mustRun(t, append([]string{"reparse", "-config", config}, strings.Fields(c.args)...)...); got != c.want {
			t.Errorf("%s: %s", c.args, cmp.Diff(c.want, got))
		}
	}
	for args, says := range map[string]string{
		"": "name WARC files", "-since yesterday x": "-since", filepath.Join(dir, "nothing"): "find WARC files",
		filepath.Join(dir, "2026", "readme.txt"): "find WARC files",
	} {
		code, _, stderr := pressmill(t, append([]string{"reparse", "-config", config}, strings.Fields(args)...)...)
		if code == 0 || !strings.Contains(stderr, says) {
			t.Errorf("%q: exit code %d, %s", args, code, stderr)
		}
	}
}

// A run that is stopped goes on where it was, and the pages' stream, when it is
// full, is waited for.
func TestReparseWaitsAndGoesOn(t *testing.T) {
	t.Parallel()
	config, dir := server(t), t.TempDir()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	config = write(t, "small.yaml", string(text)+"  pages_max_bytes: 1MiB\nsinks: [{url: 'file://"+filepath.Join(dir, "out")+"'}]\n")
	mustRun(t, "topology", "apply", "-config", config)
	var pages []*news.Page
	random := rand.NewChaCha8([32]byte{})
	for i := range 300 {
		noise := make([]byte, 8000)
		random.Read(noise)
		pages = append(pages, &news.Page{PageID: fmt.Sprint("p", i), FinalURL: fmt.Sprint("https://a.example/", i), Status: 200, Body: noise})
	}
	warcFile(t, filepath.Join(dir, "a.warc.gz"), pages...)
	state := filepath.Join(dir, "state.json")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // nobody parses
	defer cancel()
	var out, errs bytes.Buffer
	if code := worker.Run(ctx, program(), []string{"reparse", "-config", config, "-state", state, dir}, strings.NewReader(""), &out, &errs); code != 0 || !strings.Contains(out.String(), "stopped before the end") {
		t.Fatalf("exit code %d: %s%s", code, &out, &errs)
	}
	var before int
	_, _ = fmt.Sscan(out.String(), &before) // 0 if there is no number
	if before == 0 || before >= 300 {
		t.Fatalf("published %d pages of 300 into a stream that holds fewer", before)
	}
	stop := startWorkers(t, config)
	rest := mustRun(t, "reparse", "-config", config, "-state", state, dir)
	stop()
	if want := fmt.Sprintf("%d pages published from 1 files; broken places: 1\n", 300-before); rest != want {
		t.Errorf("the rest: %s, want %s", rest, want)
	}
	s, err := loadReparseState(state)
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range maps.All(s.Files) {
		if !f.Done || !strings.HasSuffix(name, "/a.warc.gz") {
			t.Errorf("state of %s: %+v", name, f)
		}
	}
	if n := len(slices.Collect(maps.Keys(s.Files))); n != 1 {
		t.Errorf("state of %d files", n)
	}
}

// archivedPages returns how often the indexes of an archive name each page, whose
// record has to be where they say.
func archivedPages(t *testing.T, dir string) map[string]int {
	t.Helper()
	indexes, err := filepath.Glob(filepath.Join(dir, "archive", "*", "*.cdxj"))
	if err != nil || len(indexes) == 0 {
		t.Fatalf("no index: %v", err)
	}
	n := map[string]int{}
	for _, name := range indexes {
		index, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(index)) {
			e, err := warc.ParseEntry(strings.TrimSuffix(line, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(filepath.Dir(name), e.Filename))
			if err != nil {
				t.Fatal(err)
			}
			rec, err := warc.NewReader(bytes.NewReader(data[e.Offset : e.Offset+e.Length])).Next()
			if err != nil || rec.Target() != e.URL {
				t.Errorf("%s: record %+v, %v", e, rec, err)
			}
			n[e.PageID]++
		}
	}
	return n
}
