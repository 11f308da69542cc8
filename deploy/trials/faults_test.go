//go:build linux

package trials_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"pressmill/pkg/logging"
)

// How long things are waited for.
const (
	settleFor   = 3 * time.Minute  // until all servers have what the others have
	readyFor    = 2 * time.Minute  // until a process takes work again
	progressFor = 30 * time.Second // until it has done some; it may have had nothing to do
	objectFor   = time.Minute      // until a sink writes again
)

// injection is a fault and what came of it.
type injection struct {
	fault
	Hit       string    // the process, page or place that it was done to
	Began     time.Time // when it was done,
	Lifted    time.Time // was over; of a poison the first crash,
	Recovered time.Time // and nothing was to be seen of it any more
	Note      string
	Err       error // it was not done, or nothing recovered
}

// recovery is how long it took after the fault was over.
func (in *injection) recovery() time.Duration { return in.Recovered.Sub(in.Lifted) }

// inject does a fault and waits until its target has recovered.
func (r *rig) inject(f fault) *injection {
	in := &injection{fault: f, Hit: f.Target}
	switch f.Kind {
	case kindLeader:
		in.Err = r.serverFaultDo(func() error {
			name, err := r.leader(f.Target)
			if err != nil {
				return err
			}
			return r.disturb(in, name)
		})
	case kindKill, kindFreeze, kindRestart:
		do := func() error { return r.disturb(in, f.Target) }
		if r.health[f.Target] != "" {
			in.Err = do()
		} else {
			in.Err = r.serverFaultDo(do)
		}
	case kindCut:
		in.Err = r.cut(in)
	case kindStore:
		in.Err = r.stopStore(in)
	case kindDisk:
		in.Err = r.fillDisk(in)
	case kindPoison:
		in.Err = r.poisonPage(in)
	case kindSeeds:
		in.Err = r.applySeeds(in)
	}
	return in
}

// serverFaultDo does something to a server as soon as all of them are there and
// have what the others have, and waits until they are so again: an operator takes
// no second one down before.
func (r *rig) serverFaultDo(do func() error) error {
	r.serverFault.Lock()
	defer r.serverFault.Unlock()
	if !r.settled() {
		return errors.New("the servers do not settle")
	}
	if err := do(); err != nil {
		return err
	}
	if !r.settled() {
		return errors.New("the servers do not settle afterwards")
	}
	return nil
}

func (r *rig) settled() bool {
	return eventually(settleFor, func() bool {
		return !slices.ContainsFunc(servers(), func(name string) bool { return !r.ready(name) })
	})
}

// leader returns the server that leads a stream.
func (r *rig) leader(stream string) (string, error) {
	var found string
	ok := eventually(10*time.Second, func() bool {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		body, err := get(ctx, r.cluster.monitor(servers()[0])+"/jsz?accounts=true&streams=true")
		if err == nil {
			found, err = leaderIn(body, stream)
		}
		return err == nil && r.cluster.pid(found) != 0
	})
	if !ok {
		return "", fmt.Errorf("the stream %s has no leader", stream)
	}
	return found, nil
}

// leaderIn finds the leader of a stream in what a server's /jsz answers.
func leaderIn(body []byte, stream string) (string, error) {
	var jsz struct {
		Accounts []struct {
			Streams []struct {
				Name    string `json:"name"`
				Cluster struct {
					Leader string `json:"leader"`
				} `json:"cluster"`
			} `json:"stream_detail"`
		} `json:"account_details"`
	}
	if err := json.Unmarshal(body, &jsz); err != nil {
		return "", err
	}
	for _, account := range jsz.Accounts {
		for _, s := range account.Streams {
			if s.Name == stream {
				return s.Cluster.Leader, nil
			}
		}
	}
	return "", fmt.Errorf("no stream %s", stream)
}

// disturb kills, freezes or restarts a process, once it works.
func (r *rig) disturb(in *injection, name string) error {
	r.busy[name].Lock()
	defer r.busy[name].Unlock()
	if !eventually(readyFor, func() bool { return r.ready(name) }) {
		return fmt.Errorf("%s was not ready before", name)
	}
	before, mark := r.pid(name), r.journal.mark()
	in.Hit, in.Began = name, time.Now()
	if in.Kind == kindFreeze {
		return r.freeze(in, before, mark)
	}
	sig := syscall.SIGKILL
	if in.Kind == kindRestart {
		sig = syscall.SIGTERM
	}
	if err := syscall.Kill(before, sig); err != nil {
		return fmt.Errorf("%s %s: %w", sig, name, err)
	}
	in.Lifted = in.Began
	if !eventually(readyFor, func() bool { return r.pid(name) != before && r.ready(name) }) {
		return fmt.Errorf("%s did not come back", name)
	}
	in.Recovered = time.Now()
	return nil
}

func (r *rig) freeze(in *injection, pid, mark int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("freeze %s: %w", in.Hit, err)
	}
	time.Sleep(in.For)
	in.Lifted = time.Now()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		return fmt.Errorf("wake %s: %w", in.Hit, err)
	}
	return r.worksAgain(in, mark)
}

// worksAgain waits until the process that a fault was done to is ready and, if
// it is a worker, has done some work.
func (r *rig) worksAgain(in *injection, mark int) error {
	if !eventually(readyFor, func() bool { return r.ready(in.Hit) }) {
		return fmt.Errorf("%s is not ready again", in.Hit)
	}
	in.Recovered = time.Now()
	if r.health[in.Hit] == "" {
		return nil
	}
	first, found := r.sees(mark, progressFor, func(l line) bool {
		return l.worker == in.Hit && l.progress() && l.Time.After(in.Lifted)
	})
	if !found {
		in.Note = "is ready, and had nothing to do"
		return nil
	}
	in.Recovered = first.Time
	return nil
}

// sees waits for a line.
func (r *rig) sees(mark int, limit time.Duration, ok func(line) bool) (first line, found bool) {
	found = eventually(limit, func() bool {
		lines := r.journal.since(mark)
		mark += len(lines)
		i := slices.IndexFunc(lines, ok)
		if i >= 0 {
			first = lines[i]
		}
		return i >= 0
	})
	return first, found
}

// pid is the process of that name.
func (r *rig) pid(name string) int {
	if r.health[name] != "" {
		return r.group.PID(name)
	}
	return r.cluster.pid(name)
}

// cut has nothing of a worker reach the servers for a while.
func (r *rig) cut(in *injection) error {
	r.busy[in.Target].Lock()
	defer r.busy[in.Target].Unlock()
	if !eventually(readyFor, func() bool { return r.ready(in.Target) }) {
		return fmt.Errorf("%s was not ready before", in.Target)
	}
	mark, group := r.journal.mark(), firstGroup+slices.Index(workers(), in.Target)
	in.Began = time.Now()
	if err := cutOff(group, true); err != nil {
		return err
	}
	time.Sleep(in.For)
	in.Lifted = time.Now()
	if err := cutOff(group, false); err != nil {
		return err
	}
	if l, found := r.sees(mark, 0, func(l line) bool { return throughCut(l, in) }); found {
		return fmt.Errorf("%s at %s came through the cut", l.Event, l.Time)
	}
	return r.worksAgain(in, mark)
}

// throughCut says whether a line tells that a server had something of a worker
// while it was cut off.
func throughCut(l line, in *injection) bool {
	return l.worker == in.Hit && (l.Event == logging.PagePublished || l.Event == logging.ArticlePublished) &&
		l.Time.After(in.Began.Add(time.Second)) && l.Time.Before(in.Lifted)
}

// stopStore kills the S3 server and starts it again after a while.
func (r *rig) stopStore(in *injection) error {
	r.storeFault.Lock()
	defer r.storeFault.Unlock()
	mark := r.journal.mark()
	in.Began = time.Now()
	r.store.Kill(r.T)
	time.Sleep(in.For)
	r.store.Restart(r.T)
	in.Lifted = time.Now()
	return r.writesAgain(in, mark, "bucket")
}

// fillDisk fills the disk of the sink of files for a while.
func (r *rig) fillDisk(in *injection) error {
	r.diskFault.Lock()
	defer r.diskFault.Unlock()
	mark := r.journal.mark()
	in.Began = time.Now()
	free, err := fill(filepath.Join(r.dir, "disk"))
	if err != nil {
		return err
	}
	time.Sleep(in.For)
	in.Lifted = time.Now()
	if err := free(); err != nil {
		return err
	}
	return r.writesAgain(in, mark, "files")
}

func (r *rig) writesAgain(in *injection, mark int, sink string) error {
	first, found := r.sees(mark, objectFor, func(l line) bool {
		return l.Event == logging.SegmentCommitted && l.Sink == sink && l.Time.After(in.Lifted)
	})
	in.Recovered = first.Time
	if !found {
		in.Note, in.Recovered = "nothing was to be written", in.Lifted
	}
	return nil
}

// applySeeds makes the sources known again, in another order.
func (r *rig) applySeeds(in *injection) error {
	in.Began = time.Now()
	in.Lifted = in.Began
	path := filepath.Join(r.dir, fmt.Sprintf("sources-%d.yaml", in.Seed))
	sources, err := r.sources(rand.New(rand.NewPCG(in.Seed, 0)))
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, sources, 0o644); err != nil {
		return err
	}
	defer func() { _ = os.Remove(path) }()
	var out []byte
	for tries := 1; ; tries++ { // the servers may choose a leader just now
		cmd := exec.CommandContext(r.Context(), filepath.Join(r.bin, "pressmill"), "sources", "apply", "-config", r.cluster.operator(), "-f", path)
		if out, err = cmd.CombinedOutput(); err == nil || time.Since(in.Began) > readyFor {
			break
		}
		in.Note = fmt.Sprintf("tried %d times: %s", tries+1, out)
	}
	in.Recovered = time.Now()
	if err != nil {
		return fmt.Errorf("apply sources: %w: %s", err, out)
	}
	return nil
}

// sources is the file of the sources, one for each host: they and their seeds come
// in an order of chance, and one seed twice.
func (r *rig) sources(chance *rand.Rand) ([]byte, error) {
	type source struct {
		ID    string   `json:"id"`
		Depth int      `json:"depth"`
		Seeds []string `json:"seeds"`
		// Revisit is empty where articles stay as they are, which means never.
		Revisit []string `json:"revisit"`
	}
	revised := map[string]bool{}
	for _, a := range r.truth {
		if a.Second != "" {
			revised["http://"+hostOf(a.URL)+"/"] = true
		}
	}
	var all []source
	for i, front := range r.site.URLs() {
		seeds := []string{front, front + "feed.xml", front + "news-sitemap.xml"}
		chance.Shuffle(len(seeds), func(a, b int) { seeds[a], seeds[b] = seeds[b], seeds[a] })
		s := source{ID: fmt.Sprintf("web-%d", i), Depth: 2, Seeds: append(seeds, seeds[0]), Revisit: []string{}}
		if r.revisitAll || revised[front] {
			s.Revisit = append(s.Revisit, r.revisit.String())
		}
		all = append(all, s)
	}
	chance.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	return json.Marshal(map[string]any{"sources": all}) // which is YAML
}
