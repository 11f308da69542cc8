package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/deploy/pressmill/demo"
	"pressmill/pkg/worker"
)

// Every article of a load site is one for the parser too, word by word, and is
// found; the politeness that the site sees is the crawler's.
func TestLoadSiteComesOutWhole(t *testing.T) {
	site, stop, err := demo.ServeLoad(t.Context(), "127.0.0.1:0", demo.LoadConfig{Hosts: 8, Articles: 160, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	dir := t.TempDir()
	mustRun(t, append(runArgs(dir, site.URLs()...), "-depth", "2")...)
	got, want := map[string]demo.Truth{}, map[string]demo.Truth{}
	for _, a := range written(t, dir) {
		if _, had := got[a.URL.Canonical]; had {
			t.Errorf("%s was written twice", a.URL.Canonical)
		}
		got[a.URL.Canonical] = demo.Truth{URL: a.URL.Canonical, Title: a.Title, SHA256: demo.TextSHA256(paragraphs(a))}
	}
	for _, a := range site.Truth() {
		want[a.URL] = a
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("articles (-want +got):\n%s", diff)
	}
	for _, f := range site.Faults(delay) {
		t.Errorf("fault %+v", f)
	}
}

func TestDemoServeServesUntilItIsStopped(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "serving 13 articles at http://127.0.0.1:"},
		{[]string{"-hosts", "2", "-articles", "6", "-record", "127.0.0.1:0"}, "serving 6 articles at http://127.0.0.1:"},
		{[]string{"-hosts", "2", "-articles", "6", "-name", "site.example"}, "serving 6 articles at http://site.example:"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		r, w := io.Pipe()
		code := make(chan int)
		go func() {
			args := append([]string{"demo", "serve", "-listen", "127.0.0.1:0"}, c.args...)
			code <- worker.Run(ctx, program(), args, strings.NewReader(""), w, io.Discard)
			_ = w.Close()
		}()
		for lines := bufio.NewScanner(r); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), c.want) {
				cancel()
				break
			}
		}
		if got := <-code; got != 0 || ctx.Err() != context.Canceled {
			t.Errorf("%q: exit code %d, %v", c.args, got, ctx.Err())
		}
		cancel()
	}
	if code, _, stderr := pressmill(t, "demo", "serve", "-hosts", "3", "-articles", "2"); code != 2 {
		t.Errorf("fewer articles than hosts: exit code %d, %s", code, stderr)
	}
}
