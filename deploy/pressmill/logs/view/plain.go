package view

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"pressmill/deploy/pressmill/logs"
)

// Print writes what a tally adds up to as plain text, width columns wide.
func Print(w io.Writer, t *logs.Tally, width int) error {
	s := snap(t, false, false, time.Unix(0, t.Whole.To).UTC())
	var out strings.Builder
	put := func(lines ...string) {
		for _, line := range lines {
			out.WriteString(strings.TrimRight(ansi.Strip(line), " ") + "\n")
		}
	}
	if t.Whole.Lines == 0 {
		put("No line of pressmill's programs.")
	} else {
		put(fmt.Sprintf("%s to %s (%s): %s, %s; %s, %s", s.from.Format("2006-01-02 15:04:05"), s.to.Format("2006-01-02 15:04:05Z"), span(s.to.Sub(s.from)),
			plural(s.input.Lines, "line", "lines"), size(s.input.Bytes), plural(s.warned, "warning", "warnings"), plural(s.erred, "error", "errors")), "")
		put(stageLines(s, width, false)...)
	}
	if t.Whole.Lines > 0 || len(s.notices) > 0 {
		put("")
		put(noticeLines(s, width, 50)...)
	}
	section := func(title string, tab, most int) {
		tb := s.tables[tab]
		if len(tb.rows) == 0 {
			return
		}
		tb.sortBy, tb.up = tabSorts[tab].by, tabSorts[tab].up
		tb.sort()
		put("", title)
		put(tb.lines(width, 0, most, -1)...)
		if more := len(tb.rows) - most; more > 0 {
			put(fmt.Sprintf("… and %s more", grouped(int64(more))))
		}
	}
	if len(s.sinks.rows) > 0 {
		put("")
		put(s.sinks.lines(width, 0, len(s.sinks.rows), -1)...)
	}
	section("What failed, and what was left out", failuresTab, 12)
	section("Sources with the most articles", sourcesTab, 12)
	section("Slowest hosts", hostsTab, 12)
	section("Instances", instancesTab, 20)
	_, err := io.WriteString(w, out.String())
	return err
}
