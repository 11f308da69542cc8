package view

import (
	"cmp"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// tone is how a text looks. Without colour each can still be told by its words.
type tone uint8

const (
	plain tone = iota
	faint
	strong
	good
	warning
	alarm
	chosen
)

// paint gives a text its tone.
func (t tone) paint(s string) string {
	switch t {
	case faint:
		return ansi.NewStyle().Faint().Styled(s)
	case strong:
		return ansi.NewStyle().Bold().Styled(s)
	case good:
		return ansi.NewStyle().ForegroundColor(ansi.Green).Styled(s)
	case warning:
		return ansi.NewStyle().ForegroundColor(ansi.Yellow).Styled(s)
	case alarm:
		return ansi.NewStyle().Bold().ForegroundColor(ansi.Red).Styled(s)
	case chosen:
		return ansi.NewStyle().Reverse(true).Styled(s)
	default:
		return s
	}
}

// column is one column of a table.
type column struct {
	title string
	width int
	right bool
	// need says how early a column is left out where there is no room: those
	// with the highest number first, 0 never.
	need int
	// grow has the column take what is left of the width, up to most columns if that is not 0.
	grow bool
	most int
}

// cell is a text, what it is sorted by if that is not the text, and its tone.
type cell struct {
	text string
	rank float64
	tone tone
}

func word(s string) cell  { return cell{text: clean(s)} }
func number(n int64) cell { return cell{text: orBlank(n), rank: float64(n)} }
func toned(c cell, t tone, when bool) cell {
	if when {
		c.tone = t
	}
	return c
}

// row is the cells of one thing, and what is told below the table when it is chosen.
type row struct {
	cells  []cell
	detail []string
}

// table is rows under columns, sorted by one of them.
type table struct {
	columns []column
	rows    []row
	sortBy  int
	up      bool // the smallest first
	empty   string
}

// sort orders the rows; those that are equal keep the order that they have.
func (t *table) sort() {
	if t.sortBy < 0 || t.sortBy >= len(t.columns) {
		return
	}
	slices.SortStableFunc(t.rows, func(a, b row) int {
		x, y := a.cells[t.sortBy], b.cells[t.sortBy]
		order := cmp.Or(cmp.Compare(x.rank, y.rank), strings.Compare(x.text, y.text))
		if t.up {
			return order
		}
		return -order
	})
}

// filter keeps the rows that have a text in one of their cells, or in what is told of them.
func (t *table) filter(text string) {
	if text == "" {
		return
	}
	text = strings.ToLower(text)
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	t.rows = slices.DeleteFunc(slices.Clone(t.rows), func(r row) bool {
		return !slices.ContainsFunc(r.cells, func(c cell) bool { return has(c.text) }) && !slices.ContainsFunc(r.detail, has)
	})
}

// layout chooses the columns that have room, and their widths.
func (t *table) layout(width int) (shown, widths []int) {
	for i := range t.columns {
		shown = append(shown, i)
	}
	total := func() (n int) {
		for _, i := range shown {
			n += t.columns[i].width + 1
		}
		return n - 1
	}
	for total() > width {
		worst := 0
		for _, i := range shown {
			if t.columns[i].need > t.columns[worst].need {
				worst = i
			}
		}
		if t.columns[worst].need == 0 {
			break
		}
		shown = slices.DeleteFunc(shown, func(i int) bool { return i == worst })
	}
	left := max(0, width-total())
	for _, i := range shown {
		w := t.columns[i].width
		if t.columns[i].grow {
			if w += left; t.columns[i].most > 0 {
				w = min(w, t.columns[i].most)
			}
			left = 0
		}
		widths = append(widths, w)
	}
	return shown, widths
}

// lines draws the head and the rows [from, to), the one at cursor chosen.
func (t *table) lines(width, from, to, cursor int) []string {
	shown, widths := t.layout(width)
	var head strings.Builder
	for k, i := range shown {
		title := t.columns[i].title
		if i == t.sortBy {
			if t.up {
				title += "↑"
			} else {
				title += "↓"
			}
		}
		if k > 0 {
			head.WriteByte(' ')
		}
		head.WriteString(fit(title, widths[k], t.columns[i].right))
	}
	lines := []string{strong.paint(fit(head.String(), width, false))}
	for n := from; n < min(to, len(t.rows)); n++ {
		lines = append(lines, t.line(t.rows[n], shown, widths, width, n == cursor))
	}
	if len(t.rows) == 0 {
		lines = append(lines, faint.paint(fit(t.empty, width, false)))
	}
	return lines
}

func (t *table) line(r row, shown, widths []int, width int, selected bool) string {
	var line strings.Builder
	for k, i := range shown {
		if k > 0 {
			line.WriteByte(' ')
		}
		text := fit(r.cells[i].text, widths[k], t.columns[i].right)
		if !selected {
			text = r.cells[i].tone.paint(text)
		}
		line.WriteString(text)
	}
	if selected {
		return chosen.paint(fit(line.String(), width, false))
	}
	return fit(line.String(), width, false)
}
