package commands

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pressmill/pkg/worker"
)

// TestTrace holds the command's exit codes and where it reads from.
func TestTrace(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/trace/*.log")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	crawler, err := os.ReadFile("../testdata/trace/crawler-1.log")
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, string, string) {
		var stdout, stderr strings.Builder
		code := worker.Run(t.Context(), program(), append([]string{"trace"}, args...), strings.NewReader(string(crawler)), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	const page = "0409595ad8d0e36f"
	if code, stdout, stderr := run(append([]string{page}, files...)...); code != 0 || !strings.Contains(stdout, "-> written to articles") ||
		!strings.Contains(stdout, "key=articles/ingest_date=2026-11-29/e20261129004557g000-p06-00000000000000000001.jsonl.zst") {
		t.Errorf("files: exit code %d, %s%s", code, stdout, stderr)
	}
	if code, stdout, stderr := run(page); code != 0 || !strings.Contains(stdout, "-> parse.done or parse.rejected is missing") {
		t.Errorf("standard input: exit code %d, %s%s", code, stdout, stderr)
	}
	code, stdout, _ := run("-json", "news.example/feed.xml", "-")
	var pages []struct {
		PageID string `json:"page_id"`
		State  string `json:"state"`
	}
	if err := json.Unmarshal([]byte(stdout), &pages); code != 0 || err != nil || len(pages) != 3 || pages[0].PageID != "65e3f114d5237c03" || pages[0].State != "fetched" {
		t.Errorf("-json: exit code %d, %v, %+v", code, err, pages)
	}
	if code, stdout, stderr := run("http://news.example/nowhere"); code != 1 || stdout != "" || !strings.Contains(stderr, "none is of a sink") {
		t.Errorf("nothing found: exit code %d, %s%s", code, stdout, stderr)
	}
	if code, _, _ := run(); code != 2 {
		t.Errorf("no PAGE_ID: exit code %d", code)
	}
	if code, _, stderr := run(page, "none.log"); code != 1 || !strings.Contains(stderr, "none.log") {
		t.Errorf("no such file: exit code %d, %s", code, stderr)
	}
}
