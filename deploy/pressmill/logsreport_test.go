package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	run := func(args ...string) (int, string, string) {
		var stdout, stderr strings.Builder
		code := worker.Run(t.Context(), program(), append([]string{"logs", "report"}, args...), strings.NewReader(strings.Repeat(reportLine, 4)), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
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
	if code, stdout, _ := run("-since", "2026-11-27T11:00:00Z", "-"); code != 0 || !strings.Contains(stdout, "4 outside the time") {
		t.Errorf("-since: exit code %d", code)
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
