package crawler

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/bus"
)

// Collect does what Enqueue does, and has those sources rest that an earlier
// Collect was given and this one is not: they are paused until one is given
// them again, or Resume. It returns their ids. What Apply stored stays as it is.
func Collect(ctx context.Context, b *bus.Bus, sources []Source, crawlID string) (rest []string, err error) {
	given := map[string]bool{}
	for i := range sources {
		sources[i].Run = runNames
		given[sources[i].ID] = true
	}
	if err := Enqueue(ctx, b, sources, crawlID); err != nil {
		return nil, err
	}
	ids, err := b.Sources(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		err := change(ctx, b, id, func(s Source, err error) (Source, error) {
			if given[id] || err != nil || s.Run != runNames || s.Paused {
				return s, errStays
			}
			s.Run, s.Paused = runRests, true
			return s, nil
		})
		if errors.Is(err, errStays) {
			continue
		}
		if err != nil {
			return rest, err
		}
		rest = append(rest, id)
	}
	return rest, nil
}

var errStays = errors.New("the source stays as it is")

// Enqueue stores the sources' definitions, puts all their seeds and the URLs of
// their lists into the frontier and calls on their hosts. A source that was
// paused stays paused.
func Enqueue(ctx context.Context, b *bus.Bus, sources []Source, crawlID string) error {
	for _, s := range sources {
		if err := s.Normalise(); err != nil {
			return err
		}
		next, rested := s, false
		err := change(ctx, b, s.ID, func(old Source, _ error) (Source, error) {
			rested = old.Run == runRests
			next.Paused = s.Paused || old.Paused && !rested
			return next, nil
		})
		if err != nil {
			return err
		}
		if err := enqueue(ctx, b, next, s.Seeds, crawlID); err != nil {
			return err
		}
		if !rested || next.Paused {
			continue
		}
		if err := goOn(ctx, b, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// Applied says what Apply did.
type Applied struct {
	Added, Changed, Unchanged int
	Paused                    []string // ids of sources that an operator paused, and that stay so
}

// Apply makes the definitions of sources known to all crawlers, which follow
// them within seconds: seeds that are new or were never polled go into the
// frontier, polls of seeds that are gone are forgotten. Sources that are not
// among the given ones stay as they are. try is called once for each source,
// and may try what it is given several times.
func Apply(ctx context.Context, b *bus.Bus, sources []Source, crawlID string, try func(id string, do func() error) error) (done Applied, err error) {
	for _, s := range sources {
		if err := s.NormalisePolled(); err != nil {
			return done, err
		}
		a := application{wanted: s}
		if err := try(s.ID, func() error { return a.do(ctx, b, crawlID) }); err != nil {
			return done, err
		}
		a.count(&done)
	}
	return done, nil
}

// application is a source that is being applied.
type application struct {
	wanted, old, source Source // source is what is stored
	tried, stored       bool
	known               bool // there is an old definition
	stays               bool // paused, as an operator had it
}

// do applies the source; when it failed, it may be called again.
func (a *application) do(ctx context.Context, b *bus.Bus, crawlID string) error {
	state, err := statusOf(ctx, b, a.wanted.ID)
	if err != nil {
		return err
	}
	if !a.stored { // once: the old definition is gone when a later step fails
		if err := change(ctx, b, a.wanted.ID, a.merge); err != nil {
			return err
		}
		a.stored = true
	}
	s := a.source
	seeds := slices.DeleteFunc(slices.Clone(s.Seeds), func(seed string) bool { return state.polls(seed) && slices.Contains(a.old.Seeds, seed) })
	if err := enqueue(ctx, b, s, seeds, crawlID); err != nil {
		return err
	}
	if a.known && !sameDefinition(a.old, s) {
		return callOnAll(ctx, b, state.hosts())
	}
	return nil
}

// merge returns what is stored in place of the old definition: an operator's pause
// stays. If ours is there already, although its answer was lost, the old one
// stays what it was.
func (a *application) merge(old Source, err error) (Source, error) {
	if a.tried && err == nil && sameDefinition(old, a.source) {
		return a.source, nil
	}
	a.tried, a.old, a.known = true, old, !errors.Is(err, bus.ErrNotFound)
	a.source = a.wanted
	a.stays = old.Paused && old.Run != runRests && !a.wanted.Paused
	a.source.Paused = a.stays || a.wanted.Paused
	return a.source, nil
}

func (a *application) count(done *Applied) {
	switch {
	case !a.known:
		done.Added++
	case sameDefinition(a.old, a.source):
		done.Unchanged++
	default:
		done.Changed++
	}
	if a.stays {
		done.Paused = append(done.Paused, a.source.ID)
	}
}

// Once is for Apply, where nothing is to be tried again.
func Once(_ string, do func() error) error { return do() }

func definition(ctx context.Context, b *bus.Bus, id string) (s Source, err error) {
	_, err = b.Source(ctx, id, &s)
	return s, err
}

// change stores what merge makes of a source's definition. merge gets
// bus.ErrNotFound or bus.ErrUnreadable with none, and may return it; it is called
// again when somebody else stored something in between.
func change(ctx context.Context, b *bus.Bus, id string, merge func(old Source, err error) (Source, error)) error {
	for {
		var old Source
		revision, err := b.Source(ctx, id, &old)
		if errors.Is(err, bus.ErrNotFound) || errors.Is(err, bus.ErrUnreadable) {
			old = Source{}
		} else if err != nil {
			return err
		}
		next, err := merge(old, err)
		if err != nil {
			return err
		}
		if err = b.PutSource(ctx, id, next, revision); !errors.Is(err, bus.ErrConflict) {
			return err
		}
		pause(ctx, 20*time.Millisecond) // a server that is behind may have been asked
	}
}

// sameDefinition compares what is stored of two sources.
func sameDefinition(a, b Source) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// enqueue pushes seeds, and what the source's lists name.
func enqueue(ctx context.Context, b *bus.Bus, s Source, seeds []string, crawlID string) error {
	hosts := map[string]bool{}
	push := func(line string, priority int, job bus.FrontierURL) error {
		u, err := ParseSeed(line)
		if err != nil {
			return fmt.Errorf("seed %q: %w", line, err)
		}
		job.URL, job.Source, job.CrawlID, job.Foreign, job.Found = u.String(), s.ID, crawlID, true, time.Now().UTC()
		if err := b.Push(ctx, u.Host, priority, job, "seed:"+s.ID+":"+crawlID+":"+job.URL); err != nil {
			return fmt.Errorf("enqueue %s: %w", job.URL, err)
		}
		hosts[u.Host] = true
		return nil
	}
	for _, seed := range seeds {
		if err := push(seed, bus.PrioritySeed, bus.FrontierURL{Seed: true}); err != nil {
			return err
		}
	}
	for _, path := range s.Lists {
		lines, err := readList(path)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.ID, err)
		}
		for _, line := range lines {
			if err := push(line, bus.PriorityNear, bus.FrontierURL{}); err != nil {
				return err
			}
		}
	}
	return callOnAll(ctx, b, hosts)
}

// readList reads a URL per line; empty lines and those that begin with # do
// not count. It names the first line that is no URL.
func readList(path string) (urls []string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read list: %w", err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := ParseSeed(line); err != nil {
			return nil, fmt.Errorf("read list %s: line %d: %q: %w", path, n, line, err)
		}
		urls = append(urls, line)
	}
	return urls, nil
}

// Pause keeps a source from being polled and fetched from. Its polls and its
// URLs are kept. bus.ErrNotFound says that there is no such source.
func Pause(ctx context.Context, b *bus.Bus, id string) error {
	return setPaused(ctx, b, id, true)
}

// Resume undoes Pause: polls that became due meanwhile are made at once, URLs
// that waited are fetched.
func Resume(ctx context.Context, b *bus.Bus, id string) error {
	if err := setPaused(ctx, b, id, false); err != nil {
		return err
	}
	return goOn(ctx, b, id)
}

// goOn calls on the hosts of a source that was paused, and puts its URLs back.
func goOn(ctx context.Context, b *bus.Bus, id string) error {
	state, err := statusOf(ctx, b, id)
	if err != nil {
		return err
	}
	if err := unpark(ctx, b, id); err != nil {
		return err
	}
	return callOnAll(ctx, b, state.hosts())
}

func setPaused(ctx context.Context, b *bus.Bus, id string, paused bool) error {
	return change(ctx, b, id, func(s Source, err error) (Source, error) {
		s.Paused = paused
		if !paused && s.Run == runRests {
			s.Run = "" // from now on it is the operator's
		}
		return s, err
	})
}

// Remove forgets a source, its polls, its status and its URLs that are parked.
// URLs of it that wait in the frontier are skipped when their turn comes.
func Remove(ctx context.Context, b *bus.Bus, id string) error {
	if _, err := definition(ctx, b, id); err != nil && !errors.Is(err, bus.ErrUnreadable) {
		return err
	}
	state, err := statusOf(ctx, b, id)
	if err != nil {
		return err
	}
	if err := b.RemoveSource(ctx, id); err != nil {
		return err
	}
	if err := b.DropParked(ctx, id); err != nil {
		return err
	}
	for host := range state.hosts() {
		if err := b.RemoveStatus(ctx, id, host); err != nil {
			return err
		}
	}
	return callOnAll(ctx, b, state.hosts())
}

// unparkResumed puts the parked URLs of sources back that need not rest, and
// drops those of sources that are gone.
func unparkResumed(ctx context.Context, b *bus.Bus) error {
	parked, err := b.Parked(ctx)
	if err != nil {
		return err
	}
	for id := range parked {
		s, err := readScope(ctx, b, id)
		switch {
		case errors.Is(err, bus.ErrNotFound):
			err = b.DropParked(ctx, id)
		case err == nil && !s.rests():
			err = unpark(ctx, b, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func unpark(ctx context.Context, b *bus.Bus, id string) error {
	hosts, err := b.Unpark(ctx, id)
	for _, host := range hosts {
		err = errors.Join(err, callOn(ctx, b.Hosts(), host))
	}
	return err
}

func callOnAll(ctx context.Context, b *bus.Bus, hosts map[string]bool) error {
	for host := range hosts {
		if err := callOn(ctx, b.Hosts(), host); err != nil {
			return err
		}
	}
	return nil
}

// Report is a source together with how it does.
type Report struct {
	Source
	Status
	State    string    `json:"state"` // active, paused, failing, silent or unreadable
	NextPoll time.Time `json:"next_poll,omitzero"`
	Parked   uint64    `json:"parked,omitempty"` // URLs that lie aside: until it is resumed, or their dead letters have room
}

// Reports returns all sources by id.
func Reports(ctx context.Context, b *bus.Bus) ([]Report, error) {
	ids, err := b.Sources(ctx)
	if err != nil {
		return nil, err
	}
	parked, err := b.Parked(ctx)
	if err != nil {
		return nil, err
	}
	states, err := statuses(ctx, b, "")
	if err != nil {
		return nil, err
	}
	reports := make([]Report, 0, len(ids))
	for _, id := range ids {
		s, err := readScope(ctx, b, id)
		if errors.Is(err, bus.ErrNotFound) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		status := states[id].sum()
		report := Report{Source: s.Source, Status: status, State: status.state(s), Parked: parked[id]}
		if !s.Paused {
			report.NextPoll = status.nextPoll()
		}
		reports = append(reports, report)
	}
	slices.SortFunc(reports, func(a, b Report) int { return cmp.Compare(a.ID, b.ID) })
	return reports, nil
}

// NewCrawlID returns a new ID for what is begun now.
func NewCrawlID() string {
	var r [3]byte
	_, _ = rand.Read(r[:]) // never fails
	return time.Now().UTC().Format("20060102T150405Z-") + hex.EncodeToString(r[:])
}
