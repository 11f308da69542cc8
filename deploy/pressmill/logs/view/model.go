package view

import (
	"strings"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// refresh is how often the view looks at the tally.
const refresh = time.Second

// Model is the live view, as Bubble Tea has it: messages change it, and it
// draws itself. It knows the tally only by the shots that it asks for.
type Model struct {
	title string
	look  func(recent bool) *shot
	shot  *shot

	width, height int
	tab           int
	places        [tabs]place
	recent        bool // numbers of the latest time only
	paused        bool
	help          bool
	typing        bool // the filter
}

// place is where one is in a tab.
type place struct {
	cursor, top int
	sortBy      int
	up          bool
	filter      string
}

// tick asks for a new shot.
type tick struct{}

// newModel returns a view with a title of what look takes shots of.
func newModel(title string, look func(recent bool) *shot) *Model {
	m := &Model{title: title, look: look, width: 80, height: 24}
	for i, s := range tabSorts {
		m.places[i].sortBy, m.places[i].up = s.by, s.up
	}
	m.shot = look(false)
	return m
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd { return again() }

func again() tea.Cmd { return tea.Tick(refresh, func(time.Time) tea.Msg { return tick{} }) }

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tick:
		if !m.paused {
			m.shot = m.look(m.recent)
		}
		return m, again()
	case tea.WindowSizeMsg:
		m.width, m.height = max(msg.Width, 20), max(msg.Height, 6)
	case tea.PasteMsg:
		if m.typing {
			m.places[m.tab].filter += clean(msg.Content)
		}
	case tea.KeyPressMsg:
		return m, m.key(msg)
	}
	return m, nil
}

func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	name := msg.String()
	switch {
	case name == "ctrl+c":
		return tea.Quit
	case m.typing:
		m.typed(name, msg.Text)
		return nil
	case name == "q":
		if m.help {
			m.help = false
			return nil
		}
		return tea.Quit
	case m.help:
		m.help = false
		return nil
	}
	p := &m.places[m.tab]
	switch name {
	case "1", "2", "3", "4", "5", "6":
		m.tab = int(name[0] - '1')
	case "tab", "right", "l":
		m.tab = (m.tab + 1) % tabs
	case "shift+tab", "left", "h":
		m.tab = (m.tab + tabs - 1) % tabs
	case "s":
		m.sortNext(p, 1)
	case "S", "shift+s":
		m.sortNext(p, -1)
	case "r":
		p.up = !p.up
	case "/":
		m.typing = m.tab != overviewTab
	case "esc":
		p.filter, p.cursor = "", 0
	case "space", "p":
		m.paused = !m.paused
	case "w":
		m.recent = !m.recent
		m.shot = m.look(m.recent)
	case "?":
		m.help = true
	default:
		m.move(p, name)
	}
	return nil
}

// typed takes a key while the filter is typed.
func (m *Model) typed(name, text string) {
	p := &m.places[m.tab]
	switch name {
	case "enter":
		m.typing = false
	case "esc":
		m.typing, p.filter = false, ""
	case "backspace":
		if r := []rune(p.filter); len(r) > 0 {
			p.filter = string(r[:len(r)-1])
		}
	default:
		p.filter += strings.Map(func(r rune) rune {
			if unicode.IsPrint(r) {
				return r
			}
			return -1
		}, text)
	}
	p.cursor, p.top = 0, 0
}

// sortNext sorts by the next column that is shown, or the one before it: by
// words with the first in front, by numbers with the largest.
func (m *Model) sortNext(p *place, step int) {
	t := &m.shot.tables[m.tab]
	shown, _ := t.layout(m.width)
	if len(shown) == 0 {
		return
	}
	at := -1
	for k, i := range shown {
		if i == p.sortBy {
			at = k
		}
	}
	at = (at + step + len(shown)) % len(shown)
	p.sortBy = shown[at]
	p.up = !t.columns[p.sortBy].right
	p.cursor, p.top = 0, 0
}

func (m *Model) move(p *place, name string) {
	page := max(1, m.height-8)
	switch name {
	case "down", "j":
		p.cursor++
	case "up", "k":
		p.cursor--
	case "pgdown", "ctrl+f", "ctrl+d":
		p.cursor += page
	case "pgup", "ctrl+b", "ctrl+u":
		p.cursor -= page
	case "home", "g":
		p.cursor = 0
	case "end", "G", "shift+g":
		p.cursor = 1 << 30
	}
}

// View implements tea.Model.
func (m *Model) View() tea.View {
	v := tea.NewView(strings.Join(m.frame(), "\n"))
	v.AltScreen = true
	v.WindowTitle = "pressmill logs"
	return v
}
