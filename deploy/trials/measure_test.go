//go:build linux

package trials_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"pressmill/pkg/logging"
)

const (
	measureEvery = 5 * time.Second
	insideEvery  = 6 // how often servers are looked into
	answerFor    = 30 * time.Second
)

// gauge measures, and keeps what it measured.
type gauge struct {
	r      *rig
	began  time.Time
	all    map[[2]string]*series
	faults []string // what could not be measured
}

func (r *rig) newGauge() *gauge { return &gauge{r: r, began: r.began, all: map[[2]string]*series{}} }

// run measures until ctx ends.
func (g *gauge) run(ctx context.Context) {
	tick := time.NewTicker(measureEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		g.measure(ctx, n%insideEvery == 0)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// measure measures everything; what goes on inside of the servers only now and
// then, as they stop for it.
func (g *gauge) measure(ctx context.Context, inside bool) {
	for _, name := range append(workers(), servers()...) {
		g.try(ctx, "measure "+name, func(context.Context) error { return g.process(name) })
	}
	for _, name := range servers() {
		g.try(ctx, "measure the store of "+name, func(context.Context) error { return g.store(name) })
		g.try(ctx, "ask "+name, func(ctx context.Context) error { return g.streams(ctx, name) })
		if inside {
			g.try(ctx, "ask "+name, func(ctx context.Context) error { return errors.Join(g.stacks(ctx, name), g.heap(ctx, name)) })
		}
	}
}

// try does something, and keeps its error unless the time is over.
func (g *gauge) try(ctx context.Context, what string, do func(context.Context) error) {
	limited, cancel := context.WithTimeout(ctx, answerFor)
	defer cancel()
	if err := do(limited); err != nil && ctx.Err() == nil {
		g.faults = append(g.faults, fmt.Sprintf("%.0f s: %s: %v", time.Since(g.began).Seconds(), what, err))
	}
}

func (g *gauge) add(of, what string, at time.Time, is float64) {
	key := [2]string{of, what}
	s := g.all[key]
	if s == nil {
		s = &series{Of: of, What: what}
		g.all[key] = s
	}
	s.At, s.Is = append(s.At, at.Sub(g.began).Seconds()), append(s.Is, is)
}

// process reads what the system tells of a process (proc(5)).
func (g *gauge) process(name string) error {
	dir := filepath.Join("/proc", strconv.Itoa(g.r.pid(name)))
	statm, err := os.ReadFile(filepath.Join(dir, "statm"))
	if err != nil {
		return err
	}
	files, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return err
	}
	var size, resident int
	if _, err := fmt.Sscan(string(statm), &size, &resident); err != nil {
		return err
	}
	g.add(name, ofRSS, time.Now(), float64(resident*os.Getpagesize()))
	g.add(name, ofDescriptors, time.Now(), float64(len(files)))
	return nil
}

// store adds up what the files of a server take of the disk.
func (g *gauge) store(name string) error {
	sum := int64(0)
	err := filepath.WalkDir(filepath.Join(g.r.cluster.dir, "nats", name), func(_ string, e fs.DirEntry, err error) error {
		if err == nil {
			var info fs.FileInfo
			if info, err = e.Info(); err == nil {
				sum += info.Sys().(*syscall.Stat_t).Blocks * 512 //nolint:forcetypeassert // as it is on Linux
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was removed meanwhile
		}
		return err
	})
	g.add(name, ofDisk, time.Now(), float64(sum))
	return err
}

// streams reads what a server tells of the streams and consumers that it leads.
func (g *gauge) streams(ctx context.Context, name string) error {
	body, err := get(ctx, g.r.cluster.monitor(name)+"/jsz?accounts=true&streams=true&consumers=true")
	if err != nil {
		return err
	}
	type lead struct {
		Leader string `json:"leader"`
	}
	var jsz struct {
		Accounts []struct {
			Streams []struct {
				Name    string `json:"name"`
				Cluster lead   `json:"cluster"`
				State   struct {
					Messages float64 `json:"messages"`
					Bytes    float64 `json:"bytes"`
				} `json:"state"`
				Consumers []struct {
					Name    string  `json:"name"`
					Cluster lead    `json:"cluster"`
					Waits   float64 `json:"num_pending"`
					Unacked float64 `json:"num_ack_pending"`
				} `json:"consumer_detail"`
			} `json:"stream_detail"`
		} `json:"account_details"`
	}
	if err := json.Unmarshal(body, &jsz); err != nil {
		return err
	}
	for _, account := range jsz.Accounts {
		for _, s := range account.Streams {
			if s.Cluster.Leader == name {
				g.add(s.Name, ofMessages, time.Now(), s.State.Messages)
				g.add(s.Name, ofBytes, time.Now(), s.State.Bytes)
			}
			for _, c := range s.Consumers {
				if c.Cluster.Leader == name && slices.Contains(stages(), c.Name) {
					g.add(s.Name+"/"+c.Name, ofPending, time.Now(), c.Waits+c.Unacked)
				}
			}
		}
	}
	return nil
}

// stacks counts the goroutines of a server.
func (g *gauge) stacks(ctx context.Context, name string) error {
	body, err := get(ctx, g.r.cluster.monitor(name)+"/stacksz")
	if err != nil {
		return err
	}
	g.add(name, ofGoroutines, time.Now(), float64(bytes.Count(append([]byte("\n"), body...), []byte("\ngoroutine "))))
	return nil
}

// heap reads what the last garbage collection of a server has left: the next is
// due when twice as much is there (GOGC of the runtime's documentation).
func (g *gauge) heap(ctx context.Context, name string) error {
	body, err := get(ctx, g.r.cluster.monitor(name)+"/debug/vars")
	if err != nil {
		return err
	}
	var vars struct {
		Memory struct {
			Next float64 `json:"NextGC"`
		} `json:"memstats"`
	}
	if err := json.Unmarshal(body, &vars); err != nil {
		return err
	}
	g.add(name, ofHeap, time.Now(), vars.Memory.Next/2)
	return nil
}

// finish adds what the workers told in their summaries, and returns all series.
func (g *gauge) finish() (all []series) {
	for _, l := range g.r.journal.since(0) {
		if l.Event == logging.StageSummary && !l.Final {
			g.add(l.worker, ofGoroutines, l.Time, l.Goroutines)
			if l.Heap > 0 {
				g.add(l.worker, ofHeap, l.Time, l.Heap)
			}
		}
	}
	for _, s := range g.all {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b series) int {
		return cmp.Or(strings.Compare(a.What, b.What), strings.Compare(a.Of, b.Of))
	})
	return all
}

// writeSeries writes all that was measured as CSV: seconds, of, what, value.
func writeSeries(path string, all []series) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"seconds", "of", "what", "value"}) // to memory, as all of it
	for _, s := range all {
		for i, at := range s.At {
			_ = w.Write([]string{strconv.FormatFloat(at, 'f', 1, 64), s.Of, s.What, strconv.FormatFloat(s.Is[i], 'f', -1, 64)})
		}
	}
	w.Flush()
	return os.WriteFile(path, b.Bytes(), 0o644)
}
