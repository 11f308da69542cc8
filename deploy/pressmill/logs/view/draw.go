package view

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"pressmill/deploy/pressmill/logs"
)

// frame is the lines of the whole screen, as many as it is high.
func (m *Model) frame() []string {
	lines := []string{m.headline(), m.tabline(), ""}
	room := m.height - len(lines) - 1
	var body []string
	switch {
	case m.help:
		body = helpText(m.width)
	case m.tab == overviewTab:
		body = m.overview(room)
	default:
		body = m.list(room)
	}
	if len(body) > room {
		body = body[:room]
	}
	lines = append(lines, body...)
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	return append(lines, m.footer())
}

// headline says what is shown and how young it is.
func (m *Model) headline() string {
	s := m.shot
	right := grouped(s.input.Lines) + " lines"
	if n := s.input.Faults(); n > 0 {
		right += ", " + grouped(n) + " unreadable"
	}
	mark, t := "ended", faint
	switch {
	case m.paused:
		mark, t = "PAUSED", warning
	case s.live:
		mark, t = "live", good
	case s.input.Lines == 0:
		mark = "waiting for lines"
	}
	if s.input.Lines > 0 {
		right += "  " + s.to.Format("2006-01-02 15:04:05") + "Z"
	}
	room := m.width - ansi.StringWidth(right) - ansi.StringWidth(mark) - 3
	left := "pressmill logs  " + clean(m.title)
	if room < 20 {
		return strong.paint(fit(left, m.width-ansi.StringWidth(mark)-2, false)) + "  " + t.paint(mark)
	}
	return strong.paint(fit(left, room, false)) + " " + right + "  " + t.paint(mark)
}

func (m *Model) tabline() string {
	var parts []string
	room := m.width
	for i, name := range tabNames {
		text := fmt.Sprintf(" %d %s ", i+1, name)
		if m.width < 76 {
			text = fmt.Sprintf(" %d %.4s ", i+1, name)
		}
		if room -= ansi.StringWidth(text); room < 0 {
			break
		}
		if i == m.tab {
			text = chosen.paint(text)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "")
}

// footer is the keys, or the filter that is typed.
func (m *Model) footer() string {
	p := m.places[m.tab]
	if m.typing {
		return fit("filter: "+p.filter+"█   enter keeps it, esc drops it", m.width, false)
	}
	scope := "w last 10 min"
	if m.recent {
		scope = "w all lines"
	}
	keys := "? help  q quit  space pause  " + scope
	if m.tab != overviewTab {
		keys = "? help  q quit  ↑↓ move  s r sort  / filter  space pause  " + scope
	}
	if p.filter != "" {
		keys = "filter: " + p.filter + " (esc drops it)  " + keys
	}
	return faint.paint(fit(keys, m.width, false))
}

// overview is the stages, what asks for attention, the sinks, and the latest messages.
func (m *Model) overview(room int) []string {
	lines := stageLines(m.shot, m.width, true)
	lines = append(lines, "")
	notices := noticeLines(m.shot, m.width, max(2, room-len(lines)-3))
	lines = append(lines, notices...)
	if n := len(m.shot.sinks.rows); n > 0 && room-len(lines) >= n+2 {
		lines = append(lines, "")
		lines = append(lines, m.shot.sinks.lines(m.width, 0, n, -1)...)
	}
	latest := &m.shot.tables[messagesTab]
	if left := room - len(lines) - 2; left > 0 && len(latest.rows) > 0 {
		lines = append(lines, "")
		lines = append(lines, latest.lines(m.width, 0, left, -1)...)
	}
	return lines
}

// stageTable is the stages' row each; wide says that the row below tells the rest.
func stageTable(s *shot) table {
	t := table{
		sortBy: -1,
		columns: []column{
			{title: "STAGE", width: 7},
			{title: "IN", width: 6, right: true},
			{title: "OUT", width: 6, right: true},
			{title: "FAILED", width: 6, right: true},
			{title: "SKIPPED", width: 7, right: true, need: 2},
			{title: "OUT/s", width: 6, right: true},
			{title: "LAG", width: 6, right: true},
			{title: "p50", width: 6, right: true},
			{title: "p95", width: 6, right: true, need: 1},
			{title: "p99", width: 6, right: true},
			{title: "WAITS p50", width: 9, right: true, need: 4},
			{title: "p95", width: 6, right: true, need: 5},
			{title: "RETRIED", width: 7, right: true, need: 6},
			{title: "DEAD", width: 6, right: true, need: 3},
			{title: "STATE", width: 9, grow: true},
		},
	}
	for i := range s.stages {
		st := &s.stages[i]
		lag := cell{}
		if st.lag >= 0 {
			lag = cell{text: count(st.lag)}
		}
		t.rows = append(t.rows, row{cells: []cell{
			{text: st.name, tone: strong},
			{text: count(st.in)},
			{text: count(st.out)},
			toned(cell{text: count(st.failed)}, alarm, st.failed > 0),
			{text: count(st.skipped)},
			{text: perSecond(st.rate)},
			lag, latency(st.took, .5),
			latency(st.took, .95),
			latency(st.took, .99),
			latency(st.waited, .5),
			latency(st.waited, .95), number(st.retried), toned(number(st.dead), warning, true),
			{text: st.state, tone: st.tone},
		}})
	}
	return t
}

// stageLines draws the stages, each with its course below.
func stageLines(s *shot, width int, course bool) []string {
	t := stageTable(s)
	head := t.lines(width, 0, len(t.rows), -1)
	if !course {
		return head
	}
	lines := []string{head[0]}
	for i := range s.stages {
		st := &s.stages[i]
		lines = append(lines, head[i+1])
		most := 0.0
		steps := min(len(st.outs), width-30)
		for _, n := range st.outs[len(st.outs)-steps:] {
			most = max(most, n)
		}
		text := ""
		if most > 0 {
			text = fmt.Sprintf("peak %s/s", perSecond(most/st.step.Seconds()))
		}
		bar := spark(st.outs, width-30)
		lines = append(lines, fit("        "+good.paint(bar)+strings.Repeat(" ", max(0, width-30-ansi.StringWidth(bar)))+"  "+faint.paint(text), width, false))
	}
	step := s.stages[logs.Crawler].step
	legend := "numbers: " + s.scope + "; bars: passed on, " + span(step) + " each"
	return append(lines, faint.paint(fit("        "+legend, width, false)))
}

func noticeLines(s *shot, width, most int) []string {
	if len(s.notices) == 0 {
		return []string{good.paint("Nothing asks for attention.")}
	}
	lines := []string{strong.paint("ATTENTION")}
	for i, n := range s.notices {
		if i == most-1 && len(s.notices) > most {
			return append(lines, faint.paint(fmt.Sprintf("… and %d more", len(s.notices)-i)))
		}
		sign := map[tone]string{alarm: "!! ", warning: " ! "}[n.tone]
		if sign == "" {
			sign = "   "
		}
		lines = append(lines, n.tone.paint(fit(sign+n.text, width, false)))
	}
	return lines
}

// list is one of the tables, with what there is to tell of the chosen row below.
func (m *Model) list(room int) []string {
	p := &m.places[m.tab]
	t := m.shot.tables[m.tab]
	all := len(t.rows)
	t.filter(p.filter)
	t.sortBy, t.up = p.sortBy, p.up
	t.sort()
	p.cursor = max(0, min(p.cursor, len(t.rows)-1))
	var detail []string
	if len(t.rows) > 0 {
		detail = t.rows[p.cursor].detail
	}
	below := min(5, room/3)
	high := max(1, room-2-below)
	p.top = max(0, min(p.top, p.cursor, len(t.rows)-high))
	if p.cursor >= p.top+high {
		p.top = p.cursor - high + 1
	}
	if p.filter != "" && all > 0 {
		t.empty = "The filter leaves none of " + grouped(int64(all)) + "."
	}
	lines := t.lines(m.width, p.top, p.top+high, p.cursor)
	for len(lines) < high+1 {
		lines = append(lines, "")
	}
	at := ""
	if len(t.rows) > 0 {
		at = fmt.Sprintf(" %d of %s ", p.cursor+1, grouped(int64(len(t.rows))))
	}
	lines = append(lines, faint.paint("──"+at+strings.Repeat("─", max(0, m.width-2-len(at)))))
	for _, text := range detail {
		lines = append(lines, strings.Split(ansi.Wrap(text, m.width, "/&?"), "\n")...)
	}
	return lines[:min(len(lines), room)]
}

func helpText(width int) []string {
	text := []string{
		"KEYS",
		"  1-6, tab, ←→   overview, sources, hosts, failures, instances, messages",
		"  ↑↓ pgup pgdn   choose a row: what there is to tell of it stands below the table",
		"  s  S  r        sort by the next column, by the one before, the other way round",
		"  /              filter by a text; esc drops it",
		"  w              numbers of all lines, or of the last ten minutes",
		"  space          pause: the lines are read on, the screen stands still",
		"  q, ctrl-c      quit",
		"",
		"NUMBERS",
		"  IN  OUT        items taken up and passed on: requests, pages, articles, by their lines",
		"  FAILED         given up; what will be tried again is RETRIED",
		"  OUT/s          over the last minute; of a file that is over, on average",
		"  LAG            items that wait in front of the stage, as its last summary has it",
		"  p50 p95 p99    the work on one item (took_ms), within 2 %; WAITS: in the queue before it",
		"",
		"STATES",
		"  waiting        nothing to do        stuck    items wait, and none is passed on",
		"  back-pressure  the next one is behind        silent   no line for 95 s",
		"  vanished       an instance without a line for 95 s, and without a stop",
	}
	lines := make([]string, 0, len(text))
	for _, l := range text {
		if l != "" && l[0] != ' ' {
			lines = append(lines, strong.paint(l))
			continue
		}
		lines = append(lines, fit(l, width, false))
	}
	return lines
}
