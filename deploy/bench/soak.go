package main

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"
)

func soakExperiment() experiment {
	return experiment{
		name: "soak", args: "SAMPLES.csv", short: "draw what make soak has measured",
		long: "Draws the samples that `make soak` leaves in bin/soak, with -plots: of processes the mean of those of a kind.",
		flags: func(*flag.FlagSet) func(context.Context, options, []string) error {
			return func(_ context.Context, o options, args []string) error {
				if len(args) != 1 || o.plots == "" {
					return errors.New("say which samples, and with -plots where to draw them")
				}
				return drawSoak(args[0], o.plots)
			}
		},
	}
}

// drawSoak draws the samples of a file.
func drawSoak(path, dir string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read samples: %w", err)
	}
	defer file.Close()
	all, err := readSamples(file)
	if err != nil {
		return fmt.Errorf("read samples of %s: %w", path, err)
	}
	processes := []string{"nats", "crawler", "parser", "sink"}
	chart := func(what, title, unit string, scale float64, of ...string) panel {
		l := lines{title: title, unit: unit, x: "minutes"}
		for _, kind := range of {
			if points := all.curve(what, kind, scale); len(points) > 0 {
				l.series = append(l.series, series{name: kind, points: points})
			}
		}
		return l
	}
	return save(dir, "soak", 2,
		chart("rss", "Memory", "MB of a process that are resident", 1e-6, processes...),
		chart("heap", "Heap", "MB of a process that garbage collection left", 1e-6, processes...),
		chart("goroutines", "Goroutines", "of a process", 1, processes...),
		chart("descriptors", "Files and connections", "that a process has open", 1, processes...),
		chart("disk", "Store", "MB of a NATS server's disk", 1e-6, "nats"),
		chart("messages", "Messages", "in a stream", 1, "FRONTIER", "PAGES", "ARTICLES", "REVISITS"),
	)
}

// samples are points by what was measured and of what.
type samples map[[2]string]plotter.XYs

// readSamples reads seconds, of, what and value, with a head.
func readSamples(r io.Reader) (samples, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	all := samples{}
	for i, row := range rows[min(1, len(rows)):] {
		if len(row) != 4 {
			return nil, fmt.Errorf("line %d has %d fields, not 4", i+2, len(row))
		}
		at, errAt := strconv.ParseFloat(row[0], 64)
		is, errIs := strconv.ParseFloat(row[3], 64)
		if err := errors.Join(errAt, errIs); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		key := [2]string{row[2], row[1]}
		all[key] = append(all[key], plotter.XY{X: at / 60, Y: is})
	}
	return all, nil
}

// curve is the mean of the things of a kind: the stream of that name, or the
// processes whose names are it and a number. Their nth points count as of one
// time.
func (all samples) curve(what, kind string, scale float64) (mean plotter.XYs) {
	var of []plotter.XYs
	for _, key := range slices.SortedFunc(maps.Keys(all), func(a, b [2]string) int { return strings.Compare(a[1], b[1]) }) {
		if name, _, _ := strings.Cut(key[1], "-"); key[0] == what && name == kind {
			of = append(of, all[key])
		}
	}
	if len(of) == 0 {
		return nil
	}
	for i := range slices.MinFunc(of, func(a, b plotter.XYs) int { return len(a) - len(b) }) {
		var sum plotter.XY
		for _, points := range of {
			sum.X += points[i].X
			sum.Y += points[i].Y
		}
		n := float64(len(of))
		mean = append(mean, plotter.XY{X: sum.X / n, Y: sum.Y / n * scale})
	}
	return mean
}
