package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/news"
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

	config := programtest.Server(t)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	config = programtest.File(t, "workers.yaml", string(text)+"sinks: [{url: 'file://"+filepath.Join(second, "out")+"', max_age: 100ms}]\n")
	if err := os.Mkdir(filepath.Join(second, "out"), 0o755); err != nil { // what is not there cannot be read yet
		t.Fatal(err)
	}
	stop := programtest.Workers(t, config)
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

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited for three minutes")
		}
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
