package crawler

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
)

// live is a rig whose crawlers poll.
func live(t *testing.T, poll time.Duration) *rig {
	t.Helper()
	r := newRig(t, patience)
	r.cfg.Once, r.cfg.Poll = false, poll
	return r
}

func (r *rig) apply(t *testing.T, sources ...Source) Applied {
	t.Helper()
	done, err := Apply(t.Context(), r.Bus, sources, fmt.Sprint("c", time.Now().UnixNano()), Once)
	must(t, err)
	return done
}

func (r *rig) report(t *testing.T, id string) Report {
	t.Helper()
	all, err := Reports(t.Context(), r.Bus)
	must(t, err)
	i := slices.IndexFunc(all, func(r Report) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("no source %s among %d", id, len(all))
	}
	return all[i]
}

// Servers that choose a leader fail a step of a source; what is tried again is
// that source, and counts as what it is.
func TestApplyGoesOnWithTheSourceThatFailed(t *testing.T) {
	t.Parallel()
	r := live(t, time.Hour)
	one := Source{ID: "one", Seeds: []string{"https://h.example/feed"}}
	two := Source{ID: "two", Seeds: []string{"https://h.example/other"}}
	tries := map[string]int{}
	twice := func(id string, do func() error) error {
		for range 2 {
			tries[id]++
			if err := do(); err != nil {
				return err
			}
		}
		return nil
	}
	for _, want := range []Applied{{Added: 2}, {Changed: 1, Unchanged: 1}, {Unchanged: 2}} {
		got, err := Apply(t.Context(), r.Bus, []Source{one, two}, "c1", twice)
		must(t, err)
		same(t, "applied", got, want)
		one.Seeds = []string{"https://h.example/feed", "https://h.example/more"}
	}
	same(t, "tries", tries, map[string]int{"one": 6, "two": 6})
	if n := r.state(t).Frontier; n != 3 {
		t.Errorf("%d seeds wait, want each once", n)
	}
}

func TestMoreSeedsThanCanBePolledAreRefused(t *testing.T) {
	t.Parallel()
	r := live(t, time.Hour)
	many := Source{ID: "many", Seeds: []string{"https://other.example/"}}
	for i := range maxSeeds + 1 {
		many.Seeds = append(many.Seeds, fmt.Sprintf("https://h.example/%d", i))
	}
	_, err := Apply(t.Context(), r.Bus, []Source{many}, "c1", Once)
	if err == nil || !strings.Contains(err.Error(), "10001 seeds on h.example") || !strings.Contains(err.Error(), "lists") {
		t.Errorf("%v, want it to name the host and what to do", err)
	}
	if ids, err := r.Sources(t.Context()); err != nil || len(ids) > 0 {
		t.Errorf("%v, %v; want nothing stored", ids, err)
	}
	must(t, many.Normalise()) // seeds that are fetched once may be more
	for i := range many.Seeds {
		many.Seeds[i] += strings.Repeat("x", 800)
	}
	if err := many.Normalise(); err == nil || !strings.Contains(err.Error(), "lists") {
		t.Errorf("%v, want a definition that fits into a message", err)
	}
}

func TestPausedSourceWaitsAndOthersOfItsHostGoOn(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Hour), newSite(t)
	var urls []string
	for i := range 6 {
		s.on(fmt.Sprintf("/p%d", i), page())
		urls = append(urls, fmt.Sprintf("%s/p%d", s.URL, i))
	}
	s.on("/feed", feed(urls...))
	s.on("/other", feed(s.URL+"/q"))
	s.on("/q", page())
	paused := Source{ID: "paused", Seeds: []string{s.URL + "/feed"}}
	r.apply(t, paused)
	must(t, Pause(t.Context(), r.Bus, "paused"))
	r.apply(t, Source{ID: "other", Seeds: []string{s.URL + "/other"}})
	stop := r.start(t)
	eventually(t, 20*time.Second, "the other source", func() bool { return s.asked("/q") == 1 })
	r.frontierless(t)
	same(t, "requests", s.paths(), []string{"/robots.txt", "/other", "/q"})
	if got := r.report(t, "paused"); got.State != "paused" || got.Parked != 1 {
		t.Errorf("state %s, %d URLs parked; want paused and its seed", got.State, got.Parked)
	}

	must(t, Resume(t.Context(), r.Bus, "paused"))
	eventually(t, 20*time.Second, "some of its items", func() bool { return s.asked("/p5")+s.asked("/p0") > 0 })
	must(t, Pause(t.Context(), r.Bus, "paused"))
	eventually(t, 20*time.Second, "an empty frontier", func() bool { return r.state(t).Frontier == 0 })
	stop()
	fetched := len(s.log())
	// What is left is polls an hour away: the turn sleeps and nothing goes round.
	if changed, err := r.Hosts().Wake(t.Context(), bus.HostToken(s.host())); err != nil || !changed {
		t.Errorf("the turn of a host whose source is paused does not sleep: %v", err)
	}
	if got := r.apply(t, paused); !slices.Equal(got.Paused, []string{"paused"}) {
		t.Errorf("applied again: %+v, want it to stay paused", got)
	}
	r.start(t)
	time.Sleep(3 * delay)
	if n := len(s.log()); n != fetched {
		t.Errorf("%d requests while paused: %v", n-fetched, s.paths())
	}
	must(t, Resume(t.Context(), r.Bus, "paused"))
	eventually(t, 20*time.Second, "all items", func() bool { return len(r.pages()) == 7 })
	s.keepsGap(t, delay)
}

// Whoever pauses a source and whoever applies it at the same moment both have
// their way.
func TestPauseAndApplyAtOnce(t *testing.T) {
	t.Parallel()
	r := live(t, time.Hour)
	src := Source{ID: "s", Seeds: []string{"https://h.example/feed"}}
	r.apply(t, src)
	for i := range 50 {
		must(t, Resume(t.Context(), r.Bus, "s"))
		src.Name = fmt.Sprint("name ", i)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := Pause(t.Context(), r.Bus, "s"); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := Apply(t.Context(), r.Bus, []Source{src}, "c1", Once); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if got := r.report(t, "s"); !got.Paused || got.Name != src.Name {
			t.Fatalf("round %d: paused %t, %q; want it paused, and %q", i, got.Paused, got.Name, src.Name)
		}
	}
	must(t, Remove(t.Context(), r.Bus, "s"))
	r.apply(t, src)
	if err := Pause(t.Context(), r.Bus, "none"); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("pause what is not there: %v", err)
	}
}

// A later version, or a fault, may store what this one cannot read: that source
// rests, and the others of its host go on.
func TestUnreadableSourceRestsAlone(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	for _, path := range []string{"/good", "/bad"} {
		s.on(path, feed(s.URL+path+"/item"))
		s.on(path+"/item", page())
	}
	s.on("/more", page())
	bad := Source{ID: "bad", Seeds: []string{s.URL + "/bad"}}
	r.apply(t, Source{ID: "good", Seeds: []string{s.URL + "/good"}}, bad)
	r.start(t)
	eventually(t, 20*time.Second, "both sources", func() bool { return s.asked("/good/item")+s.asked("/bad/item") == 2 })

	putSource(t, r.Bus, "bad", map[string]any{"id": "bad", "seeds": map[string]string{"url": s.URL + "/bad"}})
	eventually(t, 20*time.Second, "it is told", func() bool { return r.events(logging.SourceUnreadable) > 0 })
	must(t, r.Push(t.Context(), s.host(), bus.PrioritySeed, bus.FrontierURL{URL: s.URL + "/more", Source: "bad", Seed: true}, ""))
	eventually(t, 20*time.Second, "its URL waits aside", func() bool { return r.report(t, "bad").Parked == 1 })
	good, before := s.asked("/good"), s.asked("/bad")
	eventually(t, 40*time.Second, "the other source is polled", func() bool { return s.asked("/good") >= good+2 })
	if got := r.report(t, "bad"); got.State != "unreadable" || len(got.Polls) != 1 || s.asked("/bad") > before {
		t.Errorf("state %s, %d polls, asked for %d times more; want it to rest", got.State, len(got.Polls), s.asked("/bad")-before)
	}
	if r.events(logging.SourceUnreadable) != 1 || r.events(logging.HostDelayed) > 0 {
		t.Errorf("%d lines about the source, %d about its host; want one and none", r.events(logging.SourceUnreadable), r.events(logging.HostDelayed))
	}
	must(t, unparkResumed(t.Context(), r.Bus))
	if got := r.report(t, "bad"); got.Parked != 1 {
		t.Errorf("%d URLs wait aside, want 1", got.Parked)
	}

	if got := r.apply(t, bad); got.Changed != 1 {
		t.Errorf("applied anew: %+v", got)
	}
	must(t, unparkResumed(t.Context(), r.Bus))
	eventually(t, 20*time.Second, "the source is back", func() bool { return s.asked("/bad") > before && s.asked("/more") == 1 })
	putSource(t, r.Bus, "bad", "nonsense")
	must(t, Remove(t.Context(), r.Bus, "bad"))
}

func TestPausedSourceIsNotPolled(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	s.on("/feed", feed(s.URL+"/a"))
	s.on("/a", page())
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/feed"}})
	r.start(t)
	eventually(t, 20*time.Second, "a second look", func() bool { return s.asked("/feed") >= 2 })
	must(t, Pause(t.Context(), r.Bus, "s"))
	time.Sleep(scopeTTL / 2)
	eventually(t, 20*time.Second, "no more looks", func() bool {
		n := s.asked("/feed")
		time.Sleep(2 * time.Second)
		return s.asked("/feed") == n
	})
	n := s.asked("/feed")
	must(t, Resume(t.Context(), r.Bus, "s"))
	eventually(t, 20*time.Second, "the next look", func() bool { return s.asked("/feed") > n })
}

func TestChangedSourcesAreFollowedAtOnce(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	for _, path := range []string{"/one", "/two", "/other"} {
		s.on(path, feed(s.URL+"/a"))
	}
	s.on("/a", page())
	if got := r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/one"}}, Source{ID: "t", Seeds: []string{s.URL + "/other"}}); got.Added != 2 {
		t.Errorf("applied: %+v", got)
	}
	r.start(t)
	eventually(t, 20*time.Second, "both are polled", func() bool { return s.asked("/one") >= 2 && s.asked("/other") >= 2 })
	if got := r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/one"}}); got.Unchanged != 1 {
		t.Errorf("applied as it was: %+v", got)
	}
	if got := r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/two"}}); got.Changed != 1 {
		t.Errorf("applied with another seed: %+v", got)
	}
	must(t, Remove(t.Context(), r.Bus, "t"))
	eventually(t, 20*time.Second, "the new seed is polled", func() bool { return s.asked("/two") >= 2 })
	eventually(t, 30*time.Second, "more looks, and none at what is gone", func() bool {
		gone, two := s.asked("/one")+s.asked("/other"), s.asked("/two")
		eventually(t, 20*time.Second, "more looks", func() bool { return s.asked("/two") >= two+2 })
		return s.asked("/one")+s.asked("/other") == gone
	})
	if got := r.report(t, "s"); got.State != "active" || len(got.Polls) != 1 || got.Polls[0].URL != s.URL+"/two" || got.LastSuccess.IsZero() || got.NextPoll.IsZero() {
		t.Errorf("report: %+v", got)
	}
	if err := Remove(t.Context(), r.Bus, "t"); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

// A poll that is made again finds its interval and its counts where another
// worker left them.
func TestPollsOutliveTheirWorker(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Hour), newSite(t)
	s.on("/feed", feed(s.URL+"/a"))
	s.on("/a", page())
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/feed"}})
	stop := r.start(t)
	eventually(t, 20*time.Second, "the item", func() bool { return s.asked("/a") == 1 })
	r.frontierless(t)
	stop()
	r.start(t)
	_, err := r.Hosts().Wake(t.Context(), bus.HostToken(s.host()))
	must(t, err)
	time.Sleep(5 * delay)
	if n := s.asked("/feed"); n != 1 {
		t.Errorf("the feed was asked for %d times within its interval", n)
	}
	if got := r.report(t, "s"); got.Found != 1 || time.Until(got.NextPoll) < 50*time.Minute {
		t.Errorf("report: found %d, next poll %s", got.Found, got.NextPoll)
	}
}

func TestSeedThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	s.on("/feed", status(404))
	s.on("/a", page())
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/feed"}})
	r.start(t)
	eventually(t, 20*time.Second, "a second try", func() bool { return s.asked("/feed") >= 2 })
	eventually(t, 20*time.Second, "a report of it", func() bool { return r.report(t, "s").State == "failing" })
	if got := r.report(t, "s"); got.Failing() != 1 || got.Polls[0].Error != "http_404" || !got.LastSuccess.IsZero() {
		t.Errorf("report: %+v", got)
	}
	s.on("/feed", feed(s.URL+"/a"))
	eventually(t, 20*time.Second, "the item", func() bool { return s.asked("/a") == 1 })
	eventually(t, 20*time.Second, "a report of it", func() bool { return r.report(t, "s").State == "active" })
	if n := len(r.reasons(logging.SourcePoll, s.URL+"/feed")); n == 0 {
		t.Error("no line about the poll")
	}
}

func TestListsAreFetchedOnce(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	path := filepath.Join(t.TempDir(), "urls.txt")
	must(t, os.WriteFile(path, []byte("# mine\n"+s.URL+"/a\n\n  "+s.URL+"/b\n"+s.URL+"/a\n"), 0o600))
	s.on("/a", page("/never"))
	s.on("/b", page("/never"))
	src := Source{ID: "list", Domain: "example.org", Lists: []string{path}}
	for range 2 {
		r.apply(t, src)
		r.crawl(t)
	}
	same(t, "pages", r.urls(s), []string{"/a", "/b"})
	must(t, os.WriteFile(path, []byte("ftp://x.example/\n"), 0o600))
	if _, err := Apply(t.Context(), r.Bus, []Source{src}, "c", Once); err == nil {
		t.Error("no error about a line that is no URL")
	}
}

// A list that is named may point anywhere; each URL of it is fetched once.
func TestListOfURLsIsASeed(t *testing.T) {
	t.Parallel()
	r, s, other := live(t, time.Second), newSite(t), newSite(t)
	lines := "# picked by hand\n" + s.URL + "/a\n" + other.URL + "/b\n"
	s.on("/list", text("text/plain; charset=utf-8", lines))
	for _, site := range []*site{s, other} {
		for _, path := range []string{"/a", "/b", "/c"} {
			site.on(path, page("/never"))
		}
	}
	r.apply(t, Source{ID: "s", Seeds: []string{s.URL + "/list"}})
	r.start(t)
	eventually(t, 20*time.Second, "both", func() bool { return s.asked("/a") == 1 && other.asked("/b") == 1 })
	s.on("/list", text("text/plain", lines+other.URL+"/c\n"))
	eventually(t, 20*time.Second, "the new line", func() bool { return other.asked("/c") == 1 })
	if s.asked("/a") != 1 || other.asked("/b") != 1 || s.asked("/never")+other.asked("/never") != 0 {
		t.Errorf("requests: %v, %v", s.paths(), other.paths())
	}
}

// Two sources may name the same feed: each polls it, and its items are fetched
// once.
func TestTwoSourcesMayNameTheSameSeed(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	s.on("/feed", feed(s.URL+"/a"))
	s.on("/a", page())
	r.apply(t, Source{ID: "one", Seeds: []string{s.URL + "/feed"}}, Source{ID: "two", Seeds: []string{s.URL + "/feed"}})
	r.start(t)
	for _, id := range []string{"one", "two"} {
		eventually(t, 20*time.Second, "a poll of "+id, func() bool { return len(r.report(t, id).Polls) == 1 })
	}
	must(t, Remove(t.Context(), r.Bus, "one"))
	n := s.asked("/feed")
	eventually(t, 20*time.Second, "more polls of two", func() bool { return s.asked("/feed") >= n+2 })
	if got := s.asked("/a"); got != 1 {
		t.Errorf("the item was fetched %d times", got)
	}
}

// A crawl that shall end does not wait for a paused source.
func TestCrawlEndsAlthoughASourceIsPaused(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	s.on("/a", page())
	s.on("/b", page())
	src := Source{ID: "paused", Seeds: []string{s.URL + "/a"}}
	r.enqueue(t, "c1", src)
	must(t, Pause(t.Context(), r.Bus, "paused"))
	r.enqueue(t, "c1", Source{ID: "other", Seeds: []string{s.URL + "/b"}})
	r.crawl(t)
	same(t, "pages", r.urls(s), []string{"/b"})
	must(t, Resume(t.Context(), r.Bus, "paused"))
	r.crawl(t)
	same(t, "pages", r.urls(s), []string{"/a", "/b"})
}

func TestRemovedSourceIsForgottenAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	c, err := New(r.cfg, r.Bus, zap.NewNop(), r.stage)
	must(t, err)
	c.scopes.Add("gone", cachedScope{&scope{Source: Source{Paused: true}}, time.Now().Add(time.Hour)})
	for range 2 { // a URL of it is put aside by no one, so that it must not look paused
		if _, err := c.freshScope(t.Context(), "gone"); !errors.Is(err, bus.ErrNotFound) {
			t.Fatal(err)
		}
		if _, err := c.scope(t.Context(), "gone"); !errors.Is(err, bus.ErrNotFound) {
			t.Fatalf("it is still known: %v", err)
		}
	}
}

func TestOnlyWhatIsGivenIsCollected(t *testing.T) {
	t.Parallel()
	r, s := live(t, time.Second), newSite(t)
	s.on("/feed", feed(s.URL+"/a"))
	s.on("/a", page())
	s.on("/other", feed(s.URL+"/b"))
	s.on("/b", page())
	first := Source{ID: "first", Seeds: []string{s.URL + "/feed"}}
	other := Source{ID: "other", Seeds: []string{s.URL + "/other"}}
	applied := Source{ID: "applied", Seeds: []string{s.URL + "/applied"}}
	collect := func(sources ...Source) []string {
		t.Helper()
		rest, err := Collect(t.Context(), r.Bus, sources, NewCrawlID())
		must(t, err)
		return rest
	}
	r.apply(t, applied)
	same(t, "rest", collect(first), []string(nil))
	stop := r.start(t)
	eventually(t, 20*time.Second, "a second look", func() bool { return s.asked("/feed") >= 2 })
	stop()

	same(t, "rest", collect(other), []string{"first"})
	n := s.asked("/feed")
	stop = r.start(t)
	eventually(t, 20*time.Second, "three looks at the other", func() bool { return s.asked("/other") >= 3 })
	stop()
	same(t, "looks at what only the first run named", s.asked("/feed"), n)

	must(t, Pause(t.Context(), r.Bus, "other"))
	same(t, "rest", collect(first), []string(nil))
	stop = r.start(t)
	eventually(t, 20*time.Second, "looks again", func() bool { return s.asked("/feed") >= n+2 })
	stop()
	collect(other)
	reports, err := Reports(t.Context(), r.Bus)
	must(t, err)
	states := map[string]string{}
	for _, report := range reports {
		states[report.ID] = report.State
	}
	same(t, "states", states, map[string]string{"applied": "failing", "first": "paused", "other": "paused"})
}
