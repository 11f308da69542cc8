package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestRelease(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "")
	dir := t.TempDir()
	if _, err := findRelease(t.Context(), dir, "", ""); err == nil {
		t.Error("a folder without history has a version")
	}
	if r := must(findRelease(t.Context(), dir, "1.0", ""))(t); r.version != "1.0" || r.revision != "" || r.created.Unix() != 0 {
		t.Errorf("without history: %+v", r)
	}

	commitAt(t, dir, "2026-01-02T03:04:05Z", "one")
	r := must(findRelease(t.Context(), dir, "", ""))(t)
	if len(r.revision) != 40 || r.version != r.revision[:12] || !r.created.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("without a tag: %+v", r)
	}
	inRepo(t, dir, "tag", "v1.2.3")
	if r := must(findRelease(t.Context(), dir, "", ""))(t); r.version != "1.2.3" {
		t.Errorf("at a tag: %+v", r)
	}
	writeFile(t, filepath.Join(dir, "file"), "changed")
	if r := must(findRelease(t.Context(), dir, "", ""))(t); r.version != "1.2.3-dirty" || len(r.revision) != 46 {
		t.Errorf("with changes: %+v", r)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1234567890")
	if r := must(findRelease(t.Context(), dir, "2.0", "x"))(t); r.version != "2.0" || r.created.Unix() != 1234567890 || r.source != "x" {
		t.Errorf("as given: %+v", r)
	}
	if _, err := findRelease(t.Context(), dir, "1.0+build", ""); err == nil {
		t.Error("a version that no tag can be is taken")
	}
}

func commitAt(t *testing.T, dir, at, text string) {
	t.Helper()
	t.Setenv("GIT_AUTHOR_DATE", at)
	t.Setenv("GIT_COMMITTER_DATE", at)
	inRepo(t, dir, "init", "-q")
	writeFile(t, filepath.Join(dir, "file"), text)
	inRepo(t, dir, "add", "file")
	inRepo(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", text)
}

func inRepo(t *testing.T, dir string, args ...string) {
	t.Helper()
	if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v: %s", args, err, out)
	}
}
