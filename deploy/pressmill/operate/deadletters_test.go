package operate

import (
	"strings"
	"testing"
	"unicode"

	"pressmill/crawler"
	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/bus"
)

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
