package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"

	"pressmill/deploy/pressmill/logs"
)

//go:embed page
var files embed.FS

// Write writes the page of a report. Whatever lines said is text in it, and
// never markup, a style or a script. Its policy (Content-Security-Policy)
// allows its own script alone, and nothing from anywhere else.
func Write(w io.Writer, r *Report) error {
	style, script := read("page/style.css"), read("page/page.js")
	page, err := template.New("").Funcs(functions()).ParseFS(files, "page/*.html")
	if err != nil {
		return fmt.Errorf("read templates: %w", err)
	}
	v := newView(r)
	sum := sha256.Sum256(script)
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "page.html", struct {
		*view
		Style  template.CSS
		Script template.JS
		Hash   string
	}{v, template.CSS(style), template.JS(script), base64.StdEncoding.EncodeToString(sum[:])}); err != nil { //nolint:gosec // files of the program
		return fmt.Errorf("make page: %w", err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// read returns a file that is part of the program.
func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the program was built without it
	}
	return b
}

func functions() template.FuncMap {
	return template.FuncMap{
		"number": number, "size": size, "millis": millis, "percent": percent, "lasted": lasted, "clock": clock, "day": day,
		"digits": digits, "share": share, "heat": heat, "initial": initial, "plural": plural,
		"pct":       func(f float64) string { return coordinate(f) + "%" },
		"height":    func(f float64) string { return coordinate(100 - f) },
		"minus":     func(a, b float64) float64 { return max(0, a-b) },
		"times100":  func(f float64) float64 { return 100 * f },
		"int64":     func(n int) int64 { return int64(n) },
		"fields":    func() []string { return fieldNames[:] },
		"classes":   func() []string { return classNames[:] },
		"stamp":     func(t Times, i int) string { return t.span(i) },
		"timeticks": func(t Times) []tick { return timeTicks(t.Start, t.End()) },
		"known":     known, "told": told, "lagging": anyLag, "others": others, "faults": faults, "hostrows": hostRows,
	}
}

// known is a count, if it is one.
func known(n int64) string {
	if n == unknown {
		return "–"
	}
	return number(n)
}

// told says whether a bin has a lag of any stage.
func told(list []Stage, i int) bool {
	return slices.ContainsFunc(list, func(s Stage) bool { return s.LagIn[i] != unknown })
}

// anyLag says whether there is a lag of any stage.
func anyLag(list []Stage) bool {
	return slices.ContainsFunc(list, func(s Stage) bool {
		return slices.ContainsFunc(s.LagIn, func(n int64) bool { return n != unknown })
	})
}

func others(s Sources) Source {
	s.More.Name = plural(int64(s.Rest), "other")
	return s.More
}

// faults are the kinds of lines that could not be read.
func faults(in logs.Input) (list []fault) {
	for kind, f := range in.Broken {
		if f.Lines > 0 {
			list = append(list, fault{logs.Broken(kind).String(), f.Lines, f.Example})
		}
	}
	return list
}

type fault struct {
	Name    string
	N       int64
	Example string
}

// hostRows are the hosts of all lists, each once.
func hostRows(h Hosts) (list []Host) {
	seen := map[string]bool{}
	for _, h := range slices.Concat(h.Worst, h.Busiest, h.Slowest) {
		if !seen[h.Name] {
			seen[h.Name] = true
			list = append(list, h)
		}
	}
	return list
}

func pow(x, y float64) float64 { return math.Pow(x, y) }
