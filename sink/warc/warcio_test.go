package warc

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// nodeModules returns the folder in which `make formats` installs readers. The
// test is skipped where it has not done so.
func nodeModules(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("../../.tools/node")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "warcio")); err != nil {
		if os.Getenv("PRESSMILL_FORMATS") != "" {
			t.Fatal(err)
		}
		t.Skip("warcio is not installed: run make formats")
	}
	return folder
}

func node(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Fatalf("node %v: %v\n%s", args, err, &stderr)
	}
	return stdout.String()
}

// What we write is read by warcio, which no one here wrote: records, digests,
// and an index that agrees with ours.
func TestFormatsWARC(t *testing.T) {
	folder := nodeModules(t)
	memory := NewMemory(10)
	pages := examplePages()
	again := *pages[0]
	again.PageID, again.FetchedAt = "p6", fetched.Add(time.Minute)
	data, entries := file(t, append(pages, &again), memory)
	path := filepath.Join(t.TempDir(), "x.warc.gz")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}

	type line struct {
		Type, URL      string
		Block, Payload bool
		Status, Length int
	}
	var got []line
	for raw := range strings.Lines(node(t, "testdata/check.cjs", folder, path)) {
		var l line
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
			t.Fatal(err)
		}
		got = append(got, l)
	}
	var want []line
	for _, p := range pages {
		want = append(want, line{"response", p.FinalURL, true, true, p.Status, len(p.Body)})
	}
	want = append(want, line{"revisit", again.FinalURL, true, false, 200, 0}) // its payload lies elsewhere
	responses := slices.DeleteFunc(slices.Clone(got), func(l line) bool { return l.Type == "request" || l.Type == "warcinfo" })
	same(t, "responses", responses, want)
	for _, l := range got {
		if !l.Block {
			t.Errorf("digest or length of a block is wrong: %+v", l)
		}
	}
	same(t, "number of records", len(got), 1+6+5)

	var theirs, ours []Entry
	cli := filepath.Join(folder, "node_modules", "warcio", "dist", "cli.js")
	for raw := range strings.Lines(node(t, cli, "cdx-index", path)) {
		e, err := ParseEntry(strings.TrimSuffix(raw, "\n"))
		if err != nil {
			t.Fatal(err)
		}
		theirs = append(theirs, e)
	}
	for _, e := range entries {
		e.PageID, e.Filename, e.Time = "", theirs[0].Filename, e.Time.Truncate(time.Second)
		if e.URL == "https://tidewick.example/c/" {
			e.Key += "/" // they keep it
		}
		ours = append(ours, e)
	}
	same(t, "index", ours, theirs)
}

// And we read what warcio writes.
func TestFormatsWARCOfOthers(t *testing.T) {
	folder := nodeModules(t)
	path := filepath.Join(t.TempDir(), "x.warc.gz")
	node(t, "testdata/write.cjs", folder, path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(bytes.NewReader(data))
	var got []string
	for _, p := range pagesOf(t, records(t, r)) {
		got = append(got, p.FinalURL+" "+p.FetchedAt.Format(time.RFC3339)+" "+p.HeaderValue("Content-Type")+" "+string(p.Body))
	}
	const rest = " 2026-11-23T10:20:30Z text/html <!doctype html><p>Grüße aus dem Hafen</p>"
	same(t, "pages", got, []string{"https://news.example/zipped" + rest, "https://news.example/plain" + rest})
	if n, damages := r.Damages(); n != 0 {
		t.Errorf("damages: %v", damages)
	}
}
