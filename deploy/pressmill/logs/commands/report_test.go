package commands

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pressmill/pkg/worker"
)

const reportLine = `{"ts":"2026-11-27T10:00:00Z","level":"info","msg":"x","schema":"log/v1","service":"parser","instance":"mill-1","stage":"parser","event":"article.published","source":"tidewick"}` + "\n"

// TestLogsReport reads a plain file, a compressed one and standard input.
func TestLogsReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain, packed, out := filepath.Join(dir, "a.log"), filepath.Join(dir, "b.log.gz"), filepath.Join(dir, "report.html")
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(reportLine + reportLine)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{plain: []byte(reportLine), packed: zipped.Bytes()} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runOn := func(lines string, args ...string) (int, string, string) {
		var stdout, stderr strings.Builder
		code := worker.Run(t.Context(), program(), append([]string{"logs", "report"}, args...), strings.NewReader(lines), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	run := func(args ...string) (int, string, string) { return runOn(strings.Repeat(reportLine, 4), args...) }
	if code, _, stderr := run("-title", "Three & more", "-o", out, plain, packed); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	page, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"<title>Three &amp; more</title>", "3 articles published", "b.log.gz", "</html>"} {
		if !bytes.Contains(page, []byte(text)) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if code, stdout, stderr := run(); code != 0 || !strings.Contains(stdout, "4 articles published") {
		t.Errorf("standard input: exit code %d: %s", code, stderr)
	}
	later := strings.ReplaceAll(reportLine, "T10:00", "T12:00")
	if code, stdout, stderr := runOn(reportLine+later, "-since", "2026-11-27T11:00:00Z", "-"); code != 0 || !strings.Contains(stdout, "1 outside the time") {
		t.Errorf("-since: exit code %d: %s", code, stderr)
	}
	// Without a line there is no page, but what was found instead.
	empty := filepath.Join(dir, "empty.html")
	for lines, want := range map[string]string{
		reportLine + later: "none of the 2 lines lies within -since and -until; they are from 2026-11-27T10:00:00Z to 2026-11-27T12:00:00Z",
		"":                 "not one line to read",
		"x\ny\n":           "none of the 2 lines could be read",
	} {
		code, stdout, stderr := runOn(lines, "-since", "2026-11-28", "-until", "2026-11-29", "-o", empty)
		if _, err := os.Stat(empty); code != 1 || stdout != "" || !strings.Contains(stderr, want) || err == nil {
			t.Errorf("exit code %d, %q, want 1 and %q; %v", code, stderr, want, err)
		}
	}
	if code, _, stderr := run("-o", filepath.Join(dir, ".", "a.log"), packed, plain); code != 2 || !strings.Contains(stderr, "overwritten") {
		t.Errorf("-o over a log: exit code %d: %s", code, stderr)
	}
	if kept, err := os.ReadFile(plain); err != nil || string(kept) != reportLine {
		t.Errorf("the log is now %.80s: %v", kept, err)
	}
	if code, _, _ := run("-since", "soon"); code != 2 {
		t.Errorf("-since soon: exit code %d", code)
	}
	if code, _, stderr := run("-o", out, filepath.Join(dir, "none.log")); code != 1 || !strings.Contains(stderr, "none.log") {
		t.Errorf("no such file: exit code %d, %q", code, stderr)
	}
}

// TestLogsSince has the view take the times that the report takes.
func TestLogsSince(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC()
	var lines strings.Builder
	for _, age := range []time.Duration{time.Hour, 5 * 24 * time.Hour, 30 * 24 * time.Hour} {
		lines.WriteString(strings.ReplaceAll(reportLine, "2026-11-27T10:00:00Z", now.Add(-age).Format(time.RFC3339)))
	}
	for since, published := range map[string]int{
		"7d": 2, "1d12h": 1, "24h": 1, now.AddDate(0, 0, -10).Format(time.DateOnly): 2,
	} {
		for want, command := range map[string][]string{
			fmt.Sprintf("parser       %d      %[1]d", published): {"logs", "-once"},
			fmt.Sprintf("%d article", published):                 {"logs", "report"},
		} {
			var stdout, stderr strings.Builder
			code := worker.Run(t.Context(), program(), append(command, "-since", since), strings.NewReader(lines.String()), &stdout, &stderr)
			if code != 0 || !strings.Contains(stdout.String(), want) {
				t.Errorf("%v -since %s: exit code %d, not %q\n%.800s%s", command, since, code, want, stdout.String(), stderr.String())
			}
		}
	}
	for _, since := range []string{"-7d", "7", "soon"} {
		if code := worker.Run(t.Context(), program(), []string{"logs", "-once", "-since", since}, strings.NewReader(""), io.Discard, io.Discard); code != 2 {
			t.Errorf("-since %s: exit code %d", since, code)
		}
	}
}
