package logs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"testing"
)

// corpus is some 12 MB of lines as the programs write them.
func corpus() []byte {
	var text bytes.Buffer
	newCrawl(&text, 2000).run(30_000)
	return text.Bytes()
}

// BenchmarkRead is what the reading of lines costs: by this package with all
// cores and with one, with a tally of them, by bufio.Scanner, which only finds where they end, and
// by encoding/json.
func BenchmarkRead(b *testing.B) {
	text := corpus()
	lines := bytes.Count(text, []byte("\n"))
	run := func(name string, all func() int) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if n := all(); n != lines {
					b.Fatalf("%d lines, want %d", n, lines)
				}
			}
			b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
	run("reader", func() (n int) {
		r := Reader{Each: func(*Line) { n++ }}
		if err := r.Read(b.Context(), bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
		return n
	})
	run("tally", func() (n int) {
		t := NewTally(0)
		r := Reader{Each: t.Add}
		if err := r.Read(b.Context(), bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
		return int(t.Whole.Lines)
	})
	run("parse on one core", func() (n int) {
		var l Line
		for rest := text; len(rest) > 0; n++ {
			var line []byte
			line, rest, _ = bytes.Cut(rest, []byte("\n"))
			if l.parse(line, nil); l.state != good {
				b.Fatal(l.state)
			}
		}
		return n
	})
	run("bufio.Scanner", func() (n int) {
		for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); n++ {
			_ = s.Bytes()
		}
		return n
	})
	run("encoding-json", func() (n int) {
		for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); n++ {
			var line struct {
				TS, Level, Event, Service, Instance, Stage, Host string
				URL                                              string  `json:"url.full"`
				Took                                             float64 `json:"took_ms"`
			}
			if err := json.Unmarshal(s.Bytes(), &line); err != nil {
				b.Fatal(err)
			}
		}
		return n
	})
}
