package logs

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	barWidth = 10
	// below is the column at which the words of a step go on.
	below = 16
)

// WriteTrace prints stories for people. width is how many columns there are:
// what is longer is shortened in its middle, and broken into lines. 0 is no limit.
func WriteTrace(w io.Writer, pages []*PageTrace, width int) error {
	var b strings.Builder
	for i, p := range pages {
		if i > 0 {
			b.WriteByte('\n')
		}
		p.print(&b, width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *PageTrace) print(b *strings.Builder, width int) {
	b.WriteString(shorten(clean(p.URL), width) + "\n")
	wrap(b, fmt.Sprintf("  page %s, crawl %s, source %s", p.PageID, cmp.Or(p.CrawlID, "?"), cmp.Or(p.Source, "?")), 2, width)
	found := "  found by " + cmp.Or(p.FoundBy, "? (no line says it)")
	if p.FromPage != "" {
		found += " from page " + p.FromPage
		if p.FromURL != "" {
			found += ", " + clean(p.FromURL)
		}
		if p.FromKind != "" {
			found += " (" + p.FromKind + ")"
		}
	}
	wrap(b, found, 2, width)
	fmt.Fprintf(b, "\n  %-12s  %-20s %8s %8s  %-*s  %s\n", p.first.Format("2006-01-02"), "UTC", "waited", "took", barWidth, "░wait█work", "")
	trimLast(b)
	longest := 1.0
	for _, s := range p.Steps {
		longest = max(longest, s.WaitedMS+s.TookMS)
	}
	told := map[string]bool{}
	for i := range p.Steps {
		p.Steps[i].print(b, longest, width, told)
	}
	p.printTimes(b, width)
	wrap(b, "  -> "+clean(p.End), 5, width)
}

// trimLast takes off the blanks at the end of the last line.
func trimLast(b *strings.Builder) {
	s := strings.TrimRight(b.String(), " \n")
	b.Reset()
	b.WriteString(s + "\n")
}

// print prints a step; told are the words of those before it.
func (s *TraceStep) print(b *strings.Builder, longest float64, width int, told map[string]bool) {
	head := fmt.Sprintf("  %s  %-20s %8s %8s  %-*s  ", s.At.Format("15:04:05.000"), s.Event, millis(s.WaitedMS), millis(s.TookMS), barWidth, bar(s.WaitedMS, s.TookMS, longest))
	if s.ClockMS > 0 {
		head += fmt.Sprintf("clock behind by %s or more! ", millis(s.ClockMS))
	}
	words := make([]string, 0, len(s.What)+1)
	for _, w := range s.What {
		if told[w] && (strings.HasPrefix(w, ArticleID.String()) || strings.HasPrefix(w, Rev.String())) {
			continue // one article has the same on all its way
		}
		told[w] = true
		words = append(words, clean(w))
	}
	words = append(words, "by "+s.Instance)
	column := utf8.RuneCountInString(head)
	b.WriteString(head)
	for i, word := range words {
		word = shorten(word, max(0, width-below))
		n := utf8.RuneCountInString(word)
		if width > 0 && column+n > width {
			trimLast(b)
			b.WriteString(strings.Repeat(" ", below))
			column = below
		}
		b.WriteString(word)
		column += n
		if i < len(words)-1 {
			b.WriteByte(' ')
			column++
		}
	}
	b.WriteByte('\n')
}

func (p *PageTrace) printTimes(b *strings.Builder, width int) {
	var said []string
	for _, wait := range []bool{true, false} {
		var parts []string
		for _, t := range p.Times {
			if t.Wait == wait {
				parts = append(parts, t.Name+" "+millis(t.MS))
			}
		}
		if len(parts) > 0 {
			said = append(said, map[bool]string{true: "waited: ", false: "worked: "}[wait]+strings.Join(parts, ", "))
		}
	}
	text := "  in all " + millis(p.TotalMS)
	if slices.ContainsFunc(p.Steps, func(s TraceStep) bool { return s.ClockMS > 0 }) {
		text += " or more"
	}
	if len(said) > 0 {
		text += "; " + strings.Join(said, "; ")
	}
	wrap(b, text, 5, width)
}

// wrap writes a text in lines of at most width columns, from the second on with an indent.
func wrap(b *strings.Builder, text string, indent, width int) {
	if width == 0 {
		b.WriteString(text + "\n")
		return
	}
	lead := len(text) - len(strings.TrimLeft(text, " "))
	b.WriteString(text[:lead])
	column := lead
	for i, word := range strings.Fields(text) {
		word = shorten(word, width-indent)
		n := utf8.RuneCountInString(word)
		switch {
		case i > 0 && column+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		case i > 0:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	b.WriteByte('\n')
}

// clean makes one line of a text, without what a terminal would act upon.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
}

// shorten cuts what is longer than most characters in its middle; 0 is no limit.
func shorten(s string, most int) string {
	r := []rune(s)
	if most <= 1 || len(r) <= most {
		return s
	}
	tail := most / 2
	return string(r[:most-tail-1]) + "…" + string(r[len(r)-tail:])
}

func millis(ms float64) string {
	switch d := duration(ms); {
	case ms <= 0:
		return "-"
	case d >= time.Hour:
		return d.Round(time.Minute).String()[:len(d.Round(time.Minute).String())-2]
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return fmt.Sprintf("%.2fs", d.Seconds())
	}
	return fmt.Sprintf("%.1fms", ms)
}

// bar shows the wait before a step and its work to scale.
func bar(waited, took, longest float64) string {
	part := func(ms float64) int {
		if ms <= 0 {
			return 0
		}
		return max(1, int(ms/longest*barWidth))
	}
	w, t := part(waited), part(took)
	if w+t > barWidth {
		w = max(min(w, 1), barWidth-t)
	}
	t = min(t, barWidth-w)
	return strings.Repeat("░", w) + strings.Repeat("█", t)
}
