package helm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// meter adds up what the pods of each component use, as the nodes count it.
type meter struct {
	c      *cluster
	cancel context.CancelFunc
	wg     sync.WaitGroup
	pods   map[string]*use // by pod
	began  time.Time
}

// use is what one pod used since it was first looked at.
type use struct {
	first, last float64 // CPU seconds since the pod's start
	rss         float64 // MiB, the most
}

// measure looks at the nodes every few seconds, until stop.
func (c *cluster) measure() *meter {
	ctx, cancel := context.WithCancel(c.Context())
	m := &meter{c: c, cancel: cancel, pods: map[string]*use{}, began: time.Now()}
	m.wg.Go(func() {
		for ctx.Err() == nil {
			m.look()
			select {
			case <-ctx.Done():
			case <-time.After(3 * time.Second):
			}
		}
	})
	return m
}

// look reads the summaries of the kubelets. A pod that was not there at first
// counts from its start on. A cluster that does not let us look is not
// measured.
func (m *meter) look() {
	first := len(m.pods) == 0
	nodes, err := m.c.tryGet("nodes")
	if err != nil {
		return
	}
	for _, node := range nodes {
		out, err := m.c.tryKube("get", "--raw", "/api/v1/nodes/"+node.Metadata.Name+"/proxy/stats/summary")
		if err != nil {
			return
		}
		var summary struct {
			Pods []struct {
				Ref struct{ Name, Namespace string } `json:"podRef"`
				CPU struct {
					Total float64 `json:"usageCoreNanoSeconds"`
				} `json:"cpu"`
				Memory struct {
					RSS float64 `json:"rssBytes"`
				} `json:"memory"`
			} `json:"pods"`
		}
		if json.Unmarshal([]byte(out), &summary) != nil {
			return
		}
		for _, p := range summary.Pods {
			if p.Ref.Namespace != m.c.namespace {
				continue
			}
			u := m.pods[p.Ref.Name]
			if u == nil {
				u = &use{}
				if first {
					u.first = p.CPU.Total / 1e9
				}
				m.pods[p.Ref.Name] = u
			}
			u.last, u.rss = max(u.last, p.CPU.Total/1e9), max(u.rss, p.Memory.RSS/(1<<20))
		}
	}
}

// stop prints what a page cost each component.
func (m *meter) stop(cr *crawl) {
	m.cancel()
	m.wg.Wait()
	pages, took := float64(len(cr.requests)), time.Since(m.began).Seconds()
	var table strings.Builder
	fmt.Fprintf(&table, "%.0f requests in %.0f s, %.1f a second\n%-10s %5s %9s %12s %14s\n", pages, took, pages/took,
		"component", "pods", "CPU s", "CPU ms/page", "RSS MiB, most")
	for _, component := range append(slices.Clone(stages), "nats") {
		var pods int
		var cpu, rss float64
		for name, u := range m.pods {
			if strings.HasPrefix(name, release+"-"+component+"-") {
				pods, cpu, rss = pods+1, cpu+u.last-u.first, max(rss, u.rss)
			}
		}
		fmt.Fprintf(&table, "%-10s %5d %9.1f %12.2f %14.0f\n", component, pods, cpu, cpu*1000/pages, rss)
	}
	m.c.keep("usage.txt", table.String())
	m.c.say("%s", strings.TrimSpace(table.String()))
}
