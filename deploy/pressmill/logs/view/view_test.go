package view

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"pressmill/deploy/pressmill/logs"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares a text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-update writes it):\n%s", name, diff)
	}
}

// night is the log of a bad night: of a crawl that runs until 03:10, with
// something of all that may ask for attention.
func night() string {
	var text strings.Builder
	begin := time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)
	at := begin
	line := func(stage, level, event, msg, rest string, args ...any) {
		fmt.Fprintf(&text, `{"ts":%q,"level":%q,"msg":%q,"schema":"log/v1","service":%q,"instance":"news-%s-0-1","stage":%q,"event":%q`, at.Format(time.RFC3339Nano), level, msg, stage, stage, stage, event)
		fmt.Fprintf(&text, rest+"}\n", args...)
	}
	for _, stage := range []string{"crawler", "parser", "sink"} {
		line(stage, "info", "service.start", "starting", `,"version":"1.2.3 go1.26"`)
		line(stage, "info", "service.ready", "ready", "")
	}
	line("parser", "info", "service.start", "starting", `,"version":"1.2.3 go1.26"`)
	line("parser", "info", "service.start", "starting", `,"version":"1.2.3 go1.26"`)
	line("parser", "info", "service.ready", "ready", "")
	text.WriteString("panic: runtime error\n")
	pages, articles := 0, 0
	for i := range 1200 {
		at = begin.Add(time.Duration(i) * 500 * time.Millisecond)
		site := i % 3
		page := fmt.Sprintf(`,"host":"www.site%d.example","url.full":"https://www.site%d.example/%d.html","source":"site%d","page_id":"%016x"`, site, site, i, site, i)
		if i%10 == 9 {
			line("crawler", "warn", "fetch.failed", "will be tried again", page+`,"reason":"http_429","attempt":1,"error":"Too Many Requests"`)
			continue
		}
		if i%100 == 50 {
			line("crawler", "error", "fetch.failed", "gave up", page+`,"reason":"timeout","error":"Get \"https://x/\": context deadline exceeded"`)
			line("crawler", "error", "deadletter.published", "message given up", page+`,"reason":"timeout","error":"context deadline exceeded"`)
			continue
		}
		pages++
		line("crawler", "info", "fetch.done", "fetched", page+`,"kind":"article","status":200,"bytes":40000,"took_ms":%d,"waited_ms":2500`, 40+i%7*30)
		if i%200 == 5 {
			line("parser", "info", "parse.rejected", "no article", page+`,"reason":"section_front","took_ms":2`)
			line("crawler", "info", "fetch.skipped", "not fetched", page+`,"reason":"robots"`)
		} else if i < 1100 {
			articles++
			line("parser", "info", "parse.done", "parsed", page+`,"kind":"news","took_ms":3,"waited_ms":40`)
			line("parser", "info", "article.published", "article published", page)
			line("sink", "info", "article.written", "article written", page+`,"sink":"articles","waited_ms":3000`)
		}
		if i == 600 {
			line("crawler", "warn", "source.silent", "a source brought nothing for three times its usual gap", `,"source":"tidewick"`)
			line("parser", "warn", "source.drift", "differs", `,"source":"site1","field":"author","share":0.1,"usual":0.92,"articles":40,"usual_articles":300`)
			line("parser", "info", "source.coverage", "coverage", `,"source":"site1","seconds":600,"articles":40,"with":{"title":40,"author":4,"date":40,"image":31,"body":40},"words_p50":380`)
		}
	}
	line("sink", "info", "segment.committed", "object committed", `,"sink":"articles","partition":3,"articles":%d,"bytes":880000`, articles)
	line("crawler", "warn", "backpressure.on", "too many pages wait for the parsers; taking no turns", "")
	line("crawler", "info", "stage.summary", "stage summary", `,"in":1200,"out":%d,"failed":12,"skipped":0,"lag":7,"in_flight":2,"rss_bytes":90000000,"rate":1.8,"interval":{"seconds":30}`, pages+40)
	line("parser", "info", "stage.summary", "stage summary", `,"in":%d,"out":%d,"failed":0,"skipped":0,"lag":98,"in_flight":1,"rss_bytes":150000000,"rate":0,"interval":{"seconds":30}`, articles, articles)
	line("sink", "warn", "receiver.down", "the receiver takes nothing; waiting for it", `,"sink":"hook","error":"connection refused"`)
	return text.String()
}

// rig is a model of a night at its end, some seconds later.
func rig(t *testing.T) *Model {
	t.Helper()
	tally := logs.NewTally(window)
	r := logs.Reader{Each: tally.Add, Told: tally.Input.Add}
	if err := r.Read(t.Context(), strings.NewReader(night())); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(0, tally.Whole.To).UTC().Add(20 * time.Second)
	return newModel("night.log", func(recent bool) *shot { return snap(tally, recent, true, now) })
}

// press sends keys to a model, by the names that Bubble Tea gives them.
func press(m *Model, keys ...string) {
	for _, key := range keys {
		msg := tea.KeyPressMsg{Text: key}
		switch key {
		case "enter":
			msg = tea.KeyPressMsg{Code: tea.KeyEnter}
		case "esc":
			msg = tea.KeyPressMsg{Code: tea.KeyEscape}
		case "down":
			msg = tea.KeyPressMsg{Code: tea.KeyDown}
		case "end":
			msg = tea.KeyPressMsg{Code: tea.KeyEnd}
		case "backspace":
			msg = tea.KeyPressMsg{Code: tea.KeyBackspace}
		case "tab":
			msg = tea.KeyPressMsg{Code: tea.KeyTab}
		case "space":
			msg = tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
		default:
			msg.Code = rune(key[0])
		}
		m.Update(msg)
	}
}

// screen is what a model draws, without colours.
func screen(m *Model) string {
	lines := strings.Split(ansi.Strip(m.View().Content), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestScreens(t *testing.T) {
	for name, c := range map[string]struct {
		width, height int
		keys          []string
	}{
		"overview-80x24":   {80, 24, nil},
		"overview-120x40":  {120, 40, nil},
		"overview-200x50":  {200, 50, nil},
		"sources-80x24":    {80, 24, []string{"2", "down"}},
		"sources-200x50":   {200, 50, []string{"2"}},
		"hosts-80x24":      {80, 24, []string{"3", "s"}},
		"failures-120x40":  {120, 40, []string{"4", "end"}},
		"instances-120x40": {120, 40, []string{"5", "down"}},
		"messages-80x24":   {80, 24, []string{"6", "/", "s", "i", "l", "x", "backspace", "enter"}},
		"help-80x24":       {80, 24, []string{"?"}},
		"tiny-40x10":       {40, 10, []string{"tab"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := rig(t)
			m.Update(tea.WindowSizeMsg{Width: c.width, Height: c.height})
			press(m, c.keys...)
			got := screen(m)
			lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
			if len(lines) != c.height {
				t.Errorf("%d lines, want %d", len(lines), c.height)
			}
			for _, line := range lines {
				if w := ansi.StringWidth(line); w > c.width {
					t.Errorf("%d columns: %q", w, line)
				}
			}
			golden(t, name+".txt", got)
		})
	}
}

func TestKeys(t *testing.T) {
	m := rig(t)
	looks := 0
	look := m.look
	m.look = func(recent bool) *shot { looks++; return look(recent) }
	m.Update(tick{})
	press(m, "space")
	m.Update(tick{})
	if looks != 1 || !m.paused {
		t.Errorf("%d looks: it does not pause", looks)
	}
	press(m, "space", "w")
	if !m.recent || m.shot.scope != "last 10m00s" {
		t.Errorf("scope %q", m.shot.scope)
	}
	press(m, "2", "/", "q", "w", "enter")
	if m.tab != sourcesTab || m.places[sourcesTab].filter != "qw" || !strings.Contains(screen(m), "The filter leaves none of 4.") {
		t.Errorf("tab %d, filter %q", m.tab, m.places[m.tab].filter)
	}
	press(m, "esc", "end", "end")
	if screen(m); m.places[sourcesTab].cursor != 3 || m.places[sourcesTab].filter != "" {
		t.Errorf("cursor %d", m.places[sourcesTab].cursor)
	}
	for _, key := range []tea.KeyPressMsg{{Code: 'q', Text: "q"}, {Code: 'c', Mod: tea.ModCtrl}} {
		_, cmd := m.Update(key)
		if cmd == nil {
			t.Fatalf("%s does not quit", key)
		}
		if _, quit := cmd().(tea.QuitMsg); !quit {
			t.Errorf("%s does not quit", key)
		}
	}
}

func TestNothingOfALogActsUponTheTerminal(t *testing.T) {
	tally := logs.NewTally(window)
	r := logs.Reader{Each: tally.Add, Told: tally.Input.Add}
	evil := `\u001b]0;owned\u0007\u001b[2J\r\n\u202e`
	text := fmt.Sprintf(`{"ts":"2026-11-28T03:00:00Z","level":"error","msg":"%[1]s","schema":"log/v1","service":"%[1]s","instance":"%[1]s","stage":"crawler","event":"fetch.failed","host":"%[1]s","source":"%[1]s","reason":"%[1]s","error":"%[1]s","url.full":"%[1]s","page_id":"%[1]s"}`, evil)
	if err := r.Read(t.Context(), strings.NewReader(text+"\n\x1b[2J\x07\n")); err != nil {
		t.Fatal(err)
	}
	m := newModel("x", func(recent bool) *shot { return snap(tally, recent, true, time.Unix(0, tally.Whole.To)) })
	for tab := range tabs {
		m.tab = tab
		for _, r := range ansi.Strip(m.View().Content) {
			if r != '\n' && r < 0x20 || r == '\u202e' || r == 0x7f {
				t.Fatalf("%s shows %U", tabNames[tab], r)
			}
		}
		if strings.Contains(m.View().Content, "\x1b]") || strings.Contains(m.View().Content, "\x1b[2J") {
			t.Errorf("%s passes on what acts upon the terminal", tabNames[tab])
		}
	}
}

func TestPlainText(t *testing.T) {
	var out strings.Builder
	s := Session{Stdin: strings.NewReader(night()), Stdout: &out}
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	golden(t, "plain.txt", out.String())
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		count(0): "0", count(999): "999", count(99_999): "99,999", count(123_456): "123k", count(999_499): "999k", count(999_500): "1.00M", count(12_345_678): "12.3M", count(-5): "-5",
		millis(0.04): "0.1ms", millis(0): "", millis(34.4): "34ms", millis(1234): "1.23s", millis(65_000): "1m05s", span(50 * time.Hour): "2d02h",
		grouped(1_234_567): "1,234,567", grouped(-1234): "-1,234", size(88_000): "88.0 kB", perSecond(0.001): "<0.01", percent(1, 3): "33%",
		spark([]float64{0, 1, 4, 8}, 3): "▂▅█", clean("a\x1b[1m\tb\u202e"): "a[1m b",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
