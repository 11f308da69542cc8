package logs

import (
	"bytes"
	"testing"
	"time"
)

// FuzzReader reads anything, however it is cut, into a tally: nothing may end
// the reading, every line is counted once, and all views of a line agree.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		plain, "[pod/a/b] " + plain, `{"log":"{\"event\":\"x\"","stream":"stderr"}` + "\n" + `{"log":",\"ts\":\"2026-11-28T12:00:00Z\"}\n","stream":"stderr"}`,
		"2026-11-28T22:49:48.2Z stderr P {\n2026-11-28T22:49:48.2Z stderr F ", "1 stdout F", "x | {\"", `{"MESSAGE":"{\"MESSAGE\":\"{\\\"MESSAGE\\\":\\\"{}\\\"}\"}"}`,
		`{"message":" {","line":7}`, "{", "[", "\xef\xbb\xbf", `{"stream":"abcdef","log":"\n"}`, fetchLine, startLine("a") + summaryLine("a", 1<<40),
		`{"ts":"2262-01-01T00:00:00Z","event":"fetch.done","stage":"crawler","took_ms":-1e300,"bytes":1e40}` + "\n" + `{"ts":"1970-01-01T00:00:00Z","event":"fetch.done","stage":"crawler"}`,
	} {
		f.Add([]byte(seed), 7)
	}
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		tally := NewTally(time.Hour)
		given := int64(0)
		r := Reader{Told: tally.Input.Add, Each: func(l *Line) {
			given++
			tally.Add(l)
			for name := range l.All() {
				_ = l.Lookup(name)
			}
			if c := l.Clone(); c.Text(Event) != l.Text(Event) || c.Text(Event) == "" {
				t.Errorf("event %q, of a copy %q", l.Text(Event), c.Text(Event))
			}
		}}
		if err := r.Read(t.Context(), &slow{text, 1 + size&0xff}); err != nil {
			t.Fatal(err)
		}
		in := &tally.Input
		if in.Bytes != int64(len(text)) || in.Lines != given+in.Faults() || in.Lines > int64(bytes.Count(text, []byte("\n"))+1) {
			t.Errorf("%d lines, %d given, %d broken, %d of %d bytes", in.Lines, given, in.Faults(), in.Bytes, len(text))
		}
	})
}
