package main

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/plot/plotter"
)

func TestPicturesShowWhatWasMeasured(t *testing.T) {
	dir := os.Getenv("BENCH_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	both := lines{
		title: "Memory", unit: "peak MB", x: "URLs", log: true,
		series: []series{
			{"100 hosts", plotter.XYs{{X: 1e3, Y: 110}, {X: 1e4, Y: 130}, {X: 1e5, Y: 140}, {X: 1e6, Y: 141}}, true},
			{"10k hosts", plotter.XYs{{X: 1e3, Y: 90}, {X: 1e4, Y: 95}, {X: 1e5, Y: 97}, {X: 1e6, Y: 96}}, true},
		},
	}
	costs := bars{"Processor time for a page", "from URL to written article, ms", []bar{{"Colly + go-trafilatura", 37.1, "37.1", false}, {"pressmill run", 6.3, "6.3", true}}}
	if err := save(dir, "try", 2, costs, costs, both, both); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"try.svg", "try-dark.svg"} {
		svg, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{">Processor time for a page<", ">pressmill run<", ">6.3<", ">peak MB<", ">URLs<", ">1k<", ">1M<", ">100 hosts<", ">150<"} {
			if !bytes.Contains(svg, []byte(want)) {
				t.Errorf("%s has no text %s", name, want)
			}
		}
		if err := xml.Unmarshal(svg, new(struct{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
