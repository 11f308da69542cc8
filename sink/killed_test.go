package sink

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/news"
	"pressmill/sink/webhook"
)

// The environment of a process that is to be killed.
const (
	envDir   = "PRESSMILL_TEST_KILL_DIR"
	envURL   = "PRESSMILL_TEST_KILL_URL"
	envPoint = "PRESSMILL_TEST_KILL_AT" // a point of the protocol and how often it is passed
	envRound = "PRESSMILL_TEST_KILL_ROUND"
)

const killedArticles = 20 // a round

func killedID(round, i int) string { return fmt.Sprintf("%08x%08x", round, i) }

// TestWebhookKilled kills -9 a process with a server and a webhook at each point
// of the protocol, and at the end lets one work to the end. The inbox has, or
// has refused, every article under one key.
func TestWebhookKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir, want := t.TempDir(), map[string]bool{}
	var child *exec.Cmd
	killAt := -1
	refused := map[string]bool{} // bodies
	in := newInbox(t, func(n int, body []byte) int {
		switch {
		case bytes.Contains(body, []byte("poison")):
			refused[string(body)] = true
			return http.StatusUnprocessableEntity
		case bytes.Count(body, []byte{'\n'}) > 3:
			return http.StatusRequestEntityTooLarge
		case killAt >= 0 && n >= killAt: // it is taken, and nobody is there to hear of it
			killAt = -1
			_ = child.Process.Kill()
			time.Sleep(50 * time.Millisecond)
			return -http.StatusOK
		}
		return http.StatusOK
	})
	run := func(round int, point string) {
		for i := range killedArticles {
			want[killedID(round, i)+".r"] = true
		}
		in.mu.Lock()
		child = exec.Command(os.Args[0], "-test.run=^TestWebhookToKill$", "-test.count=1")
		child.Env = append(os.Environ(), envDir+"="+dir, envURL+"="+in.URL, envPoint+"="+point, envRound+"="+strconv.Itoa(round))
		var out bytes.Buffer
		child.Stdout, child.Stderr = &out, &out
		err := child.Start()
		in.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		err = child.Wait()
		killed := child.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
		if killed != (point != "") || !killed && err != nil {
			t.Fatalf("%q: %v\n%s", point, err, out.String())
		}
	}
	round := 0
	for _, point := range []string{
		"before the cursor, 1", "before the cursor, 4", "before the request, 1", "before the request, 3",
		"after the request, 1", "after the request, 4", "after the cursor, 2", "after the dead letter, 1",
	} {
		run(round, point)
		round++
	}
	in.mu.Lock()
	killAt = in.requests + 2
	in.mu.Unlock()
	run(round, "the inbox decides")
	run(round+1, "")

	got := in.ids()
	for body := range refused {
		for _, id := range idsOf(t, []byte(body)) {
			got[id]++
		}
	}
	wantTaken(t, got, want)
	wantDead(t, dir, refused)
}

// wantDead checks that the dead letters hold what was refused.
func wantDead(t *testing.T, dir string, refused map[string]bool) {
	t.Helper()
	b, stop := startBusIn(t, dir)
	defer stop()
	dead := map[string]bool{}
	if err := b.DeadLetters(t.Context(), "sink", func(d bus.DeadLetter) bool {
		var l letter
		if err := json.Unmarshal(d.Data, &l); err != nil {
			t.Error(err)
		}
		var body strings.Builder
		for _, a := range l.Articles {
			body.WriteString(string(a) + "\n")
		}
		if dead[body.String()] {
			t.Errorf("%s is there twice", l.Key)
		}
		dead[body.String()] = true
		return true
	}); err != nil {
		t.Fatal(err)
	}
	for body := range refused {
		if !dead[body] && strings.Count(body, "\n") <= 3 {
			t.Errorf("no dead letter holds %q", body)
		}
	}
	if len(dead) == 0 {
		t.Error("there are no dead letters")
	}
}

// TestWebhookToKill is a process of TestWebhookKilled.
func TestWebhookToKill(t *testing.T) {
	dir := os.Getenv(envDir)
	if dir == "" {
		t.Skip("is run by TestWebhookKilled")
	}
	round, _ := strconv.Atoi(os.Getenv(envRound))
	b, stop := startBusIn(t, dir)
	defer stop()
	if err := b.ReleaseTurns(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range killedArticles {
		a := &news.Article{Schema: news.Schema, ID: killedID(round, i), Rev: "r", Title: "A title"}
		if i == 7 {
			a.Title = "poison"
		}
		if _, err := b.PublishArticle(t.Context(), fmt.Sprintf("host%d.test", i%3), a); err != nil {
			t.Fatal(err)
		}
	}
	var passed atomic.Int32
	articles, turns := OnBus(b, func() {})
	s := newTestSink(t, articles, turns, Config{
		Name: "hook", URL: os.Getenv(envURL), MaxCount: 5, MaxAge: 20 * time.Millisecond,
		Webhook: webhook.Config{MinBackoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond, Attempts: 1},
	}, Options{Once: true, Workers: 4, probe: func(point string) {
		name, times, _ := strings.Cut(os.Getenv(envPoint), ", ")
		if point == name && strconv.Itoa(int(passed.Add(1))) == times {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}})
	drainAll(t, s)
}
