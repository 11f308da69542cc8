package logs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestFollowsAFileThatGrowsIsRotatedAndCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crawler.log")
	line := func(n int) string {
		return fmt.Sprintf(`{"ts":"2026-11-28T12:00:00Z","schema":"log/v1","event":"e%d","pad":"%d"}`, n, n*1_000_000)
	}
	write := func(text string, flags int) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|flags, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	write(line(1)+"\n", 0)
	var mu sync.Mutex
	var got []string
	seen := func(want ...string) {
		t.Helper()
		for range 2400 {
			mu.Lock()
			now := slices.Clone(got)
			mu.Unlock()
			if slices.Equal(now, want) {
				return
			}
			time.Sleep(25 * time.Millisecond)
		}
		t.Fatalf("read %q, want %q", got, want)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	r := Reader{Lock: &mu, Each: func(l *Line) { got = append(got, l.Text(Event)) }}
	go func() { done <- r.Follow(ctx, []string{path}, nil) }()
	seen("e1")
	write(line(2)[:30], os.O_APPEND) // a line comes in two writes
	time.Sleep(2 * followEvery)
	write(line(2)[30:]+"\n"+line(3), os.O_APPEND) // and the last has no end
	seen("e1", "e2")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(line(4)+"\n"+line(5)+"\n", 0)
	seen("e1", "e2", "e3", "e4", "e5")
	write(line(6)+"\n", os.O_TRUNC)
	seen("e1", "e2", "e3", "e4", "e5", "e6")
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
