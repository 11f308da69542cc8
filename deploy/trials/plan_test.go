//go:build linux

package trials_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The kinds of faults.
const (
	kindKill    = "kill"    // SIGKILL of any process
	kindLeader  = "leader"  // SIGKILL of the server that leads a stream
	kindFreeze  = "freeze"  // SIGSTOP, and SIGCONT after a while, of any process
	kindRestart = "restart" // SIGTERM of any process
	kindCut     = "cut"     // nothing that a worker sends reaches a server
	kindStore   = "store"   // the S3 server is killed, and is back after a while
	kindDisk    = "disk"    // the disk of the sink of files is full for a while
	kindPoison  = "poison"  // a page crashes every parser that works on it
	kindSeeds   = "seeds"   // the sources are applied again, their seeds in another order and some of them twice
)

// kinds are all of them, in the order in which they are planned.
func kinds() []string {
	return []string{kindKill, kindLeader, kindFreeze, kindRestart, kindCut, kindStore, kindDisk, kindPoison, kindSeeds}
}

// streams have the leaders that are killed.
func streams() []string { return []string{"HOSTS", "FRONTIER", "SEEN", "PAGES", "ARTICLES"} }

const (
	each    = 3 // processes of each kind
	ackWait = 10 * time.Second
)

func stages() []string { return []string{"crawler", "parser", "sink"} }

// workers are the names of all workers, servers those of all NATS servers.
func workers() (names []string) {
	for _, stage := range stages() {
		for i := range each {
			names = append(names, fmt.Sprintf("%s-%d", stage, i+1))
		}
	}
	return names
}

func servers() (names []string) {
	for i := range each {
		names = append(names, fmt.Sprintf("nats-%d", i+1))
	}
	return names
}

// fault is one that is planned.
type fault struct {
	Kind   string
	Target string        // a process, or the stream whose leader is meant
	At     time.Duration // since the crawl began
	For    time.Duration // until it is lifted, of those that last
	Seed   uint64        // of what else is left to chance
}

// plan returns n faults of each of the kinds, in the order of their time, spread
// over a spell. The same seed makes the same plan.
func plan(seed uint64, n int, spell, ackWait time.Duration, wanted []string) (all []fault) {
	for k, kind := range kinds() {
		if !slices.Contains(wanted, kind) {
			continue
		}
		chance := rand.New(rand.NewPCG(seed, uint64(k)))
		for i := range n {
			f := fault{Kind: kind, Seed: chance.Uint64()}
			f.At = time.Duration((float64(i) + chance.Float64()) / float64(n) * float64(spell))
			if kind == kindPoison {
				f.At = f.At / 2 // as it needs pages that nobody has asked for yet
			}
			f.Target, f.For = target(kind, chance), lasts(kind, i, ackWait, chance)
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b fault) int { return cmp.Compare(a.At, b.At) })
	return all
}

func target(kind string, chance *rand.Rand) string {
	one := func(of []string) string { return of[chance.IntN(len(of))] }
	switch kind {
	case kindKill, kindFreeze, kindRestart:
		return one(append(workers(), servers()...))
	case kindLeader:
		return one(streams())
	case kindCut:
		return one(workers())
	default:
		return kind
	}
}

// lasts is how long a fault lasts. Every third freeze and cut outlasts AckWait.
func lasts(kind string, i int, ackWait time.Duration, chance *rand.Rand) time.Duration {
	between := func(low, high time.Duration) time.Duration {
		return low + time.Duration(chance.Int64N(int64(high-low)))
	}
	switch kind {
	case kindFreeze, kindCut:
		if i%3 == 0 {
			return between(ackWait+time.Second, ackWait*3/2)
		}
		return between(200*time.Millisecond, ackWait*2/3)
	case kindStore, kindDisk:
		return between(time.Second, 6*time.Second)
	default:
		return 0
	}
}

func TestPlanFollowsFromItsSeed(t *testing.T) {
	t.Parallel()
	const n = 30
	one := plan(1, n, time.Minute, ackWait, kinds())
	if !slices.Equal(one, plan(1, n, time.Minute, ackWait, kinds())) {
		t.Error("the same seed makes another plan")
	}
	if slices.Equal(one, plan(2, n, time.Minute, ackWait, kinds())) {
		t.Error("another seed makes the same plan")
	}
	count, targets, long := map[string]int{}, map[string]bool{}, 0
	for i, f := range one {
		count[f.Kind]++
		targets[f.Target] = true
		if f.At < 0 || f.At >= time.Minute || i > 0 && f.At < one[i-1].At {
			t.Errorf("%s at %s", f.Kind, f.At)
		}
		if f.Kind == kindFreeze && f.For > ackWait {
			long++
		}
	}
	for _, kind := range kinds() {
		if count[kind] != n {
			t.Errorf("%d of %s, want %d", count[kind], kind, n)
		}
	}
	for _, name := range slices.Concat(workers(), servers(), streams()) {
		if !targets[name] {
			t.Errorf("nothing happens to %s", name)
		}
	}
	if long != n/3 {
		t.Errorf("%d freezes outlast AckWait, want %d", long, n/3)
	}
	// What is planned of one kind does not depend on which others are.
	cuts := plan(1, n, time.Minute, ackWait, []string{kindCut})
	if !slices.Equal(cuts, slices.DeleteFunc(one, func(f fault) bool { return f.Kind != kindCut })) {
		t.Error("cuts alone are others")
	}
}
