package crawler

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pressmill/crawler/traps"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

// story is a page that calls itself an article.
func story(title string, links ...string) http.HandlerFunc {
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html><html><head><title>%s</title><meta property="og:type" content="article"></head><body><h1>%s</h1>`, title, title)
	for _, l := range links {
		fmt.Fprintf(&b, "<a href=%q>more</a>", l)
	}
	return text("text/html; charset=utf-8", b.String()+"</body></html>")
}

// endless serves a site that never ends: a calendar, filters that can be
// combined, a story under ever new sessions, paths that grow; and stories, one
// of which is found on the calendar only.
func endless(s *site, stories int) {
	s.rest = func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
		switch {
		case strings.HasPrefix(r.URL.Path, "/calendar/"):
			list := []string{fmt.Sprintf("/calendar/%d", n+1), fmt.Sprintf("/calendar/%d", n+2)}
			if n == 5 {
				list = append(list, "/news/story-of-the-calendar")
			}
			page(list...)(w, r)
		case r.URL.Path == "/shop":
			list := []string{}
			for _, f := range []string{"a", "b", "c", "d", "e", "f"} {
				q := r.URL.Query()
				q.Set(f, strconv.Itoa(len(q)))
				q.Set("n", strconv.Itoa(len(s.log())))
				list = append(list, "/shop?"+q.Encode())
			}
			page(list...)(w, r)
		case r.URL.Path == "/session":
			story("The same story", fmt.Sprintf("/session?visitor=%d", time.Now().UnixNano()))(w, r)
		case strings.HasPrefix(r.URL.Path, "/deep"):
			page(r.URL.Path+"/deep")(w, r)
		case strings.HasPrefix(r.URL.Path, "/news/"):
			var next []string
			if n > 0 && n < stories {
				next = append(next, fmt.Sprintf("/news/story-number/%d", n+1))
			}
			story("Story "+r.URL.Path, next...)(w, r)
		default:
			http.NotFound(w, r)
		}
	}
	s.on("/", page("/calendar/1", "/shop?a=1", "/session?visitor=0", "/deep", "/news/story-number/1", "/"+strings.Repeat("x", 1100)))
}

func TestTrapsEndAndStoriesArrive(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Delay, r.cfg.PatternBudget = time.Millisecond, 8
	const stories = 40
	endless(s, stories)
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/"}, Depth: 1000})
	r.crawl(t)
	got := r.urls(s)
	for i := range stories {
		if want := fmt.Sprintf("/news/story-number/%d", i+1); !slices.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	if !slices.Contains(got, "/news/story-of-the-calendar") {
		t.Error("the story of the calendar is missing")
	}
	asked := map[string]int{}
	for _, p := range s.paths() {
		asked[strings.Split(p, "/")[1]]++
	}
	for trap, most := range map[string]int{"calendar": 20, "shop": 24, "session": 12, "deep": 4} {
		if asked[trap] > most || asked[trap] == 0 {
			t.Errorf("%s was asked for %d times, want at most %d", trap, asked[trap], most)
		}
	}
	counted := r.stage.Snapshot()
	for _, reason := range []string{traps.Pattern, traps.Path, traps.Length} {
		if counted.LeftOutBy[reason]+counted.SkippedBy[reason] == 0 {
			t.Errorf("nothing was counted as %s: %+v", reason, counted)
		}
	}
}

// A trap does not end what a feed names, although it looks like the trap.
func TestItemsOfFeedsAreNoTraps(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Delay, r.cfg.PatternBudget = time.Millisecond, 5
	endless(s, 0)
	items := []string{s.URL + "/" + strings.Repeat("y", 1500), s.URL + "/a/a/a/a/a"}
	for i := range 20 {
		items = append(items, fmt.Sprintf("%s/calendar/%d?item", s.URL, 1000+i))
	}
	for _, path := range []string{"/" + strings.Repeat("y", 1500), "/a/a/a/a/a"} {
		s.on(path, page())
	}
	s.on("/feed", feed(items...))
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}})
	r.crawl(t)
	if n := len(r.pages()); n != len(items) {
		t.Errorf("%d pages of %d items", n, len(items))
	}
}

func TestBudgetOfPagesOfADay(t *testing.T) {
	t.Parallel()
	r, s, other := newRig(t, patience), newSite(t), newSite(t)
	r.cfg.Delay, r.cfg.PageBudget = time.Millisecond, 1000
	var links, items []string
	for i := range 30 {
		links = append(links, fmt.Sprintf("/link/%d", i))
		items = append(items, fmt.Sprintf("%s/item/%d", other.URL, i))
		s.on(links[i], page())
		other.on(fmt.Sprintf("/item/%d", i), page())
	}
	s.on("/", page(links...))
	s.on("/feed", feed(items...))
	src := Source{ID: "src", Seeds: []string{s.URL + "/", s.URL + "/feed"}, Depth: 1, PageBudget: new(20)}
	r.enqueue(t, "c1", src)
	r.crawl(t)
	count := func(s *site, prefix string) (n int) {
		for _, p := range s.paths() {
			if strings.HasPrefix(p, prefix) {
				n++
			}
		}
		return n
	}
	if got := [2]int{count(s, "/link/"), count(other, "/item/")}; got != [2]int{18, 20} {
		t.Errorf("%v links and items were fetched, want 18 and 20", got)
	}
	if n := r.stage.Snapshot(); n.LeftOutBy[traps.Budget] != 12 || n.SkippedBy[traps.Budget] != 10 {
		t.Errorf("%d left out and %d skipped, want 12 and 10", n.LeftOutBy[traps.Budget], n.SkippedBy[traps.Budget])
	}
	// On another day what was refused is found again and fetched.
	src.PageBudget = nil
	r.enqueue(t, "c2", src)
	r.crawl(t)
	if got := [2]int{count(s, "/link/"), count(other, "/item/")}; got != [2]int{30, 30} {
		t.Errorf("%v links and items were fetched in the end, want all", got)
	}
}

// What another host led to waits on the bus: there, nobody would tell it again.
func TestPagesTooManyForADayComeWithTheNext(t *testing.T) {
	t.Parallel()
	r, s, other := live(t, time.Hour), newSite(t), newSite(t)
	r.cfg.Revisit = nil
	var items []string
	for i := range 6 {
		items = append(items, fmt.Sprintf("%s/item/%d", other.URL, i))
		other.on(fmt.Sprintf("/item/%d", i), page())
	}
	s.on("/feed", feed(items...))
	r.apply(t, Source{ID: "src", Seeds: []string{s.URL + "/feed"}, PageBudget: new(2)})
	stop := r.start(t)
	eventually(t, 20*time.Second, "all are taken", func() bool { return r.stage.Snapshot().SkippedBy[traps.Budget] == 4 })
	key := bus.HostToken(other.host())
	eventually(t, 20*time.Second, "the turn of the next day", func() bool {
		turn, err := r.Hosts().Look(t.Context(), key)
		must(t, err)
		return turn.Due.Equal(time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour))
	})
	if woken, err := ArmWaiting(t.Context(), r.Bus); err != nil || woken > 0 {
		t.Errorf("%d hosts woken, %v; want them to sleep until then", woken, err)
	}
	stop()

	r.nextDay(t, other)
	r.start(t)
	eventually(t, 20*time.Second, "as many as the day may have", func() bool { return len(other.unguessed()) == 2*2+1 })
	eventually(t, 20*time.Second, "the others wait again", func() bool { return r.stage.Snapshot().SkippedBy[traps.Budget] == 4+2 })
	if n := r.state(t).Frontier; n != 2 {
		t.Errorf("%d URLs wait, want 2", n)
	}
}

// nextDay has it be long ago that the site's URLs were put off to the next day. No
// crawler may run, and no other turn be due.
func (r *rig) nextDay(t *testing.T, s *site) {
	t.Helper()
	const longAgo = "20201124"
	must(t, r.Waiting(t.Context(), s.host(), func(job bus.FrontierURL) bool {
		must(t, r.Delete(t.Context(), job.Seq))
		job.Later.Day = longAgo
		must(t, r.Push(t.Context(), s.host(), job.Priority, job, ""))
		return true
	}))
	_, err := r.Hosts().Wake(t.Context(), bus.HostToken(s.host()))
	must(t, err)
	turns, err := r.Hosts().Pull(t.Context(), 1, 5*time.Second)
	must(t, err)
	var state hostState
	must(t, json.Unmarshal(turns[0].State, &state))
	state.Traps.Day = longAgo
	must(t, turns[0].HandOn(t.Context(), time.Now(), time.Time{}, encode(state)))
}

func TestLimitsHoldForLinksOfOtherHosts(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	v := &visit{Crawler: &Crawler{cfg: r.cfg}, lane: &lane{host: "a.example"}}
	u, err := weburl.Parse("https://b.example/a/a/a/a/a")
	must(t, err)
	if got := v.refused(u, bus.PriorityNear, &scope{}); got != traps.Path {
		t.Errorf("refused for %q", got)
	}
	if got := v.refused(u, bus.PriorityFeed, &scope{}); got != "" {
		t.Errorf("an item of a feed is refused for %q", got)
	}
	if v.state.Traps.Pages != 0 {
		t.Error("pages of another host were counted")
	}
}
