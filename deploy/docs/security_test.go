package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	heldBy = regexp.MustCompile("`([a-z./-]+)`: ((?:`(?:Test|Fuzz)[A-Za-z0-9]+`(?:, )?)+)")
	proof  = regexp.MustCompile("`(Test[A-Za-z0-9]+|Fuzz[A-Za-z0-9]+)`")
)

// TestThreatsAreHeldByTests wants every test that the threat model names, in the
// folder that it names, and each of its rows to name one.
func TestThreatsAreHeldByTests(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "deploy", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| who |") || strings.HasPrefix(line, "| ---") {
			continue
		}
		rows++
		found := 0
		for _, m := range heldBy.FindAllStringSubmatch(line, -1) {
			tests := testsIn(t, m[1])
			for _, name := range proof.FindAllStringSubmatch(m[2], -1) {
				found++
				if !strings.Contains(tests, "\nfunc "+name[1]+"(") {
					t.Errorf("%s has no %s", m[1], name[1])
				}
			}
		}
		if all := len(proof.FindAllString(line, -1)); found == 0 || found != all {
			t.Errorf("%d of %d tests have a folder: %.60s", found, all, line)
		}
	}
	if rows < 10 {
		t.Errorf("%d rows", rows)
	}
}

// testsIn returns the text of a folder's tests.
func testsIn(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("no tests in %s: %v", dir, err)
	}
	var all strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
