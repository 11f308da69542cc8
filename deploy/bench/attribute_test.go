package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// sampled makes a profile with a sample of a millisecond for each stack, which
// stands from the goroutine's first function to the one that runs, behind its label.
func sampled(stacks ...string) *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples"}, {Type: "cpu"}}}
	for _, text := range stacks {
		label, stack, _ := strings.Cut(text, ":")
		s := &profile.Sample{Value: []int64{1, int64(time.Millisecond)}}
		if label != "" {
			s.Label = map[string][]string{"stage": {label}}
		}
		functions := strings.Fields(stack)
		slices.Reverse(functions)
		for _, fn := range functions {
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: fn}}}})
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

func TestSamplesBelongToParts(t *testing.T) {
	costs := costsOf(sampled(
		"parser: sync.(*WaitGroup).Go.func1 pressmill/parser.(*Worker).handle pressmill/parser.weigh",
		"parser: sync.(*WaitGroup).Go.func1 pressmill/parser.(*Worker).handle pressmill/parser.weigh runtime.growslice memmove",
		"sink: github.com/nats-io/nats%2ego.(*Conn).SubscribeSync runtime.makechan runtime.memclrNoHeapPointers",
		"crawler: github.com/nats-io/nats-server/v2/server.(*client).readLoop internal/runtime/syscall/linux.Syscall6",
		": github.com/nats-io/nats-server/v2/server.(*stream).internalLoop runtime.mallocgc",
		": github.com/nats-io/nats%2ego.(*Conn).readLoop",
		": runtime.gcBgMarkWorker runtime.systemstack runtime.scanObject",
		": runtime.mcall runtime.park_m runtime.schedule",
		": runtime.main main.main pressmill/pkg/worker.Main",
	))
	want := map[string]int{"crawler": 0, "parser": 2, "sink": 1, natsServer: 2, natsClient: 1, collector: 1, scheduler: 1, rest: 1}
	byName := map[string]*cost{}
	for _, c := range costs {
		byName[c.name] = c
		if got := int(c.cpu / time.Millisecond); got != want[c.name] {
			t.Errorf("%s has %d samples, want %d", c.name, got, want[c.name])
		}
	}
	for part, fn := range map[string]string{"parser": "pressmill/parser.weigh", "sink": "github.com/nats-io/nats.go.(*Conn).SubscribeSync", collector: "runtime.scanObject"} {
		if got := byName[part].flat[fn]; got != byName[part].cpu {
			t.Errorf("%s: %s has %s by itself, want all of %s", part, fn, got, byName[part].cpu)
		}
	}
	if got := byName["parser"].cum["memmove"]; got != time.Millisecond {
		t.Errorf("parser: memmove has %s in all, want 1ms", got)
	}
}
