package stored

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/news"
	"pressmill/pkg/worker"
	"pressmill/sink/warc"
)

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

// Stopped behind the last record, it finds nothing but damage when it goes on.
func TestReparseGoesOnBehindTheLastRecord(t *testing.T) {
	t.Parallel()
	config, dir := programtest.Server(t), t.TempDir()
	file, state := filepath.Join(dir, "a.warc.gz"), filepath.Join(dir, "state")
	warcFile(t, file, &news.Page{PageID: "1", FinalURL: "https://a.example/1", Status: 200, Body: []byte("<p>text")})
	args := []string{"reparse", "-config", config, "-state", state, file}
	mustRun(t, args...)
	stopped, err := loadReparseState(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range stopped.Files {
		f.Done = false
	}
	if err := stopped.save(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0 pages published from 1 files; broken places: 1\n", "0 pages published from 0 files\n"} {
		if got := mustRun(t, args...); got != want {
			t.Error(cmp.Diff(want, got))
		}
	}
}

func TestReparseTakesWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	config, dir := programtest.Server(t), t.TempDir()
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
	config, dir := programtest.Server(t), t.TempDir()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	config = programtest.File(t, "small.yaml", string(text)+"  pages_max_bytes: 1MiB\nsinks: [{url: 'file://"+filepath.Join(dir, "out")+"'}]\n")
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
	stop := programtest.Workers(t, config)
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
