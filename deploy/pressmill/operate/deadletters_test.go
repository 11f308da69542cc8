package operate

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"go.uber.org/zap"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/programtest"
	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
)

func TestDeadLettersAreDeleted(t *testing.T) {
	t.Parallel()
	file := programtest.Server(t)
	cfg := bus.Defaults()
	f, err := config.Load(file)
	if err == nil {
		err = f.Decode("bus", &cfg)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Connect(cfg, "test", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for n := range 5 {
		d := bus.DeadLetter{Stage: "parser", Key: "h", Subject: "pages.h", Reason: fmt.Sprint("r", n)}
		if err := b.PublishDead(t.Context(), d, d.Reason); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (reasons []string) {
		for line := range strings.Lines(mustRun(t, "deadletters", "list", "-config", file)) {
			reasons = append(reasons, strings.Split(line, "\t")[4])
		}
		return reasons
	}
	if got := mustRun(t, "deadletters", "delete", "-config", file, "2", "4"); got != "2 deleted\n" {
		t.Errorf("delete: %q", got)
	}
	if got := fmt.Sprint(left()); got != "[r0 r2 r4]" {
		t.Errorf("left: %s", got)
	}
	for args, want := range map[string]struct {
		code int
		text string
	}{"": {2, "by their numbers, or all"}, "x": {2, `"x" is not a number`}, "4": {1, "dead letter 4: not found"}} {
		code, _, stderr := pressmill(t, append([]string{"deadletters", "delete", "-config", file}, strings.Fields(args)...)...)
		if code != want.code || !strings.Contains(stderr, want.text) {
			t.Errorf("delete %s: %d, %q", args, code, stderr)
		}
	}
	if got := mustRun(t, "deadletters", "delete", "-config", file, "all"); got != "3 deleted\n" || len(left()) != 0 {
		t.Errorf("delete all: %q, left %v", got, left())
	}
}

// TestNoEscapes: what sites and pages say reaches a terminal as text, which
// neither moves its cursor, nor sets its title, nor begins a line of its own.
func TestNoEscapes(t *testing.T) {
	hostile := "a\x1b[2Jb\x1b]0;title\x07c\rd\ne\u009b31mf\u202eg\x00h"
	dead := deadLine(bus.DeadLetter{Seq: 7, Stage: hostile, Key: hostile, Reason: hostile, Error: hostile})
	if strings.Count(dead, "\t") != 5 {
		t.Errorf("%q has not six columns", dead)
	}
	why := terminal.PrintableLines((&crawler.Why{URL: hostile, Key: hostile, Verdict: hostile, Reason: hostile, Host: hostile, Next: hostile}).String())
	for name, text := range map[string]string{"dead letter": strings.ReplaceAll(dead, "\t", ""), "why": strings.ReplaceAll(why, "\n", ""), "title": terminal.Printable(hostile)} {
		if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%s: %q", name, text[i:])
		}
	}
	if got := terminal.PrintableLines("a\x1b\nb\r\n\nc"); got != "a\nb \n\nc" {
		t.Errorf("%q", got)
	}
}
