package crawler

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
	"pressmill/pkg/logging"
)

// soon are revisits for tests; the first comes late enough for a test to do
// something before it.
func soon() []time.Duration { return []time.Duration{time.Second, 2 * time.Second, 3 * time.Second} }

// ever is a rig whose crawlers poll rarely and look at articles again soon.
func ever(t *testing.T) *rig {
	r := newRig(t, patience)
	r.cfg.Once, r.cfg.Poll, r.cfg.Revisit = false, time.Hour, soon()
	return r
}

// looked waits until the site has been asked for a path n times and no revisit
// is left.
func (r *rig) looked(t *testing.T, s *site, path string, n int) {
	t.Helper()
	eventually(t, time.Minute, fmt.Sprintf("%d requests for %s, no revisits left", n, path), func() bool {
		return s.asked(path) >= n && r.state(t).Revisits == 0
	})
}

func (r *rig) kinds(url string) []string {
	var kinds []string
	for _, e := range r.logs.All() {
		if m := e.ContextMap(); m[logging.KeyEvent] == logging.FetchDone && m[logging.KeyURL] == url {
			kinds = append(kinds, fmt.Sprint(m[logging.KeyKind]))
		}
	}
	return kinds
}

func TestArticlesAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	r, s := ever(t), newSite(t)
	var mu sync.Mutex
	conditions := []string{}
	s.on("/tagged", func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		conditions = append(conditions, req.Header.Get("If-None-Match")+" "+req.Header.Get("If-Modified-Since"))
		mu.Unlock()
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Tue, 03 Nov 2026 10:00:00 GMT")
		if req.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		page()(w, req)
	})
	s.on("/same", page())
	var n atomic.Int64
	s.on("/changes", func(w http.ResponseWriter, req *http.Request) {
		page(fmt.Sprintf("/%d", min(n.Add(1), 2)))(w, req) // once
	})
	s.on("/feed", feed(s.URL+"/tagged", s.URL+"/same", s.URL+"/changes"))
	began := time.Now()
	r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{s.URL + "/feed"}})
	stop := r.start(t)
	eventually(t, 10*time.Second, "revisits", func() bool { return r.state(t).Revisits > 0 })
	for _, p := range []string{"/tagged", "/same", "/changes"} {
		r.looked(t, s, p, 4)
	}
	stop()
	for _, p := range []string{"/tagged", "/same", "/changes"} {
		if got := s.asked(p); got != 4 {
			t.Errorf("%s was asked for %d times, want 4", p, got)
		}
	}
	if took := time.Since(began); took < 3*time.Second {
		t.Errorf("the last look came after %s", took)
	}
	same(t, "pages", r.urls(s), []string{"/changes", "/changes", "/same", "/tagged"})
	ids := map[string]bool{}
	for _, p := range r.pages() {
		ids[p.PageID] = true
		if p.Source.ID != "src" || p.CrawlID != "c1" || p.Status != http.StatusOK {
			t.Errorf("page %+v", p)
		}
	}
	if len(ids) != 4 {
		t.Errorf("4 pages have %d ids", len(ids))
	}
	const cond = `"1" Tue, 03 Nov 2026 10:00:00 GMT`
	same(t, "conditions", conditions, []string{" ", cond, cond, cond})
	same(t, "kinds", r.kinds(s.URL+"/changes"), []string{"article", "changed", "unchanged", "unchanged"})
	same(t, "kinds", r.kinds(s.URL+"/same"), []string{"article", "unchanged", "unchanged", "unchanged"})
	s.keepsGap(t, delay)
}

// The item's host has neither polls nor links, only revisits.
func TestHostWithOnlyRevisitsKeepsItsTurn(t *testing.T) {
	t.Parallel()
	r, s, other := ever(t), newSite(t), newSite(t)
	s.on("/feed", feed(other.URL+"/a"))
	other.on("/a", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}, Revisit: soon()[:1]})
	stop := r.start(t)
	r.looked(t, other, "/a", 2)
	eventually(t, 10*time.Second, "the turn of a host without anything to do given up", func() bool { return r.state(t).Hosts == 1 })
	stop()
	if n := other.asked("/a"); n != 2 {
		t.Errorf("asked for %d times, want 2: the source says one revisit", n)
	}
}

func TestSourceWithoutRevisits(t *testing.T) {
	t.Parallel()
	r, s := ever(t), newSite(t)
	s.on("/feed", feed(s.URL+"/a"))
	s.on("/a", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}, Revisit: []time.Duration{}})
	stop := r.start(t)
	eventually(t, 10*time.Second, "the item", func() bool { return s.asked("/a") == 1 })
	r.frontierless(t)
	stop()
	if n := r.state(t).Revisits; n != 0 {
		t.Errorf("%d revisits", n)
	}
}

func TestOnceLeavesRevisitsAlone(t *testing.T) {
	t.Parallel()
	r, s := ever(t), newSite(t)
	s.on("/feed", feed(s.URL+"/a"))
	s.on("/a", page())
	s.on("/b", page())
	src := Source{ID: "src", Seeds: []string{s.URL + "/feed"}}
	r.enqueue(t, "c1", src)
	stop := r.start(t)
	eventually(t, 10*time.Second, "a revisit", func() bool { return r.state(t).Revisits == 1 })
	stop()
	asked := s.asked("/a")

	s.on("/feed", feed(s.URL+"/a", s.URL+"/b"))
	r.cfg.Once = true
	time.Sleep(time.Second) // it is due
	r.enqueue(t, "c2", src)
	_, err := r.Hosts().Wake(t.Context(), bus.HostToken(s.host()))
	must(t, err)
	r.crawl(t)
	if s.asked("/b") != 1 || s.asked("/a") != asked {
		t.Errorf("/b was asked for %d times, want 1; /a %d times, want %d", s.asked("/b"), s.asked("/a"), asked)
	}
	if n := r.state(t).Revisits; n != 1 {
		t.Errorf("%d revisits after the run, want the one from before", n)
	}

	// The host has no turn now: a crawler that goes on finds its revisits.
	r.cfg.Once = false
	stop = r.start(t)
	r.looked(t, s, "/a", 4)
	stop()
}

func TestRevisitsObeyRobotsAndEndWithTheirSource(t *testing.T) {
	t.Parallel()
	for name, forbid := range map[string]func(r *rig, s *site){
		"robots": func(r *rig, s *site) {
			must(t, r.PutRobots(t.Context(), s.host(), robotsEntry{Verdict: "disallow", Expires: time.Now().Add(time.Hour)}))
		},
		"paused":         func(r *rig, _ *site) { must(t, Pause(t.Context(), r.Bus, "src")) },
		"source_removed": func(r *rig, _ *site) { must(t, r.RemoveSource(t.Context(), "src")) },
	} {
		r, s := ever(t), newSite(t)
		s.on("/feed", feed(s.URL+"/a"))
		s.on("/a", page())
		r.enqueue(t, "c1", Source{ID: "src", Seeds: []string{s.URL + "/feed"}})
		stop := r.start(t)
		eventually(t, 10*time.Second, "a revisit", func() bool { return r.state(t).Revisits == 1 })
		stop()
		asked := s.asked("/a")
		forbid(r, s)
		stop = r.start(t)
		r.looked(t, s, "/a", asked)
		stop()
		if n := s.asked("/a"); n != asked {
			t.Errorf("%s: asked for %d times more", name, n-asked)
		}
		same(t, "reasons", r.reasons(logging.FetchSkipped, s.URL+"/a"), []string{name})
	}
}

// A host that was dropped does not keep the revisits of a source that is gone.
func TestRevisitsOfADroppedHostEndWithTheirSource(t *testing.T) {
	t.Parallel()
	r, s := ever(t), newSite(t)
	state, err := json.Marshal(hostState{Dropped: time.Now()})
	must(t, err)
	_, err = r.Hosts().Arm(t.Context(), bus.HostToken(s.host()), state, time.Time{})
	must(t, err)
	look := &bus.Revisit{First: time.Now(), Page: "p", Delay: time.Second, Due: time.Now()}
	must(t, r.PushRevisit(t.Context(), s.host(), bus.FrontierURL{URL: s.URL + "/a", Source: "gone", Revisit: look}, "p"))
	stop := r.start(t)
	eventually(t, 5*time.Second, "no revisit is left", func() bool { return r.state(t).Revisits == 0 })
	stop()
	same(t, "reasons", r.reasons(logging.FetchSkipped, s.URL+"/a"), []string{"source_removed"})
}

func TestRevisitsWaitForItemsAndShareWithLinks(t *testing.T) {
	t.Parallel()
	r, s := ever(t), newSite(t)
	push := func(priority int, path string) {
		s.on(path, page())
		must(t, r.Push(t.Context(), s.host(), priority, bus.FrontierURL{URL: s.URL + path, Source: "src", Found: time.Now()}, ""))
	}
	putSource(t, r.Bus, "src", Source{ID: "src", Domain: s.host(), Seeds: []string{s.URL}, Revisit: []time.Duration{}})
	for i := range 3 {
		push(bus.PriorityNear, fmt.Sprintf("/link/%d", i))
		push(bus.PriorityFeed, fmt.Sprintf("/item/%d", i))
		path := fmt.Sprintf("/again/%d", i)
		s.on(path, page())
		look := &bus.Revisit{First: time.Now(), Page: path, Delay: time.Millisecond, Due: time.Now()}
		must(t, r.PushRevisit(t.Context(), s.host(), bus.FrontierURL{URL: s.URL + path, Source: "src", Revisit: look}, path))
	}
	stop := r.start(t) // the janitor arms the host
	r.looked(t, s, "/again/2", 1)
	r.frontierless(t)
	stop()
	same(t, "requests", s.paths(), []string{
		"/robots.txt", "/item/2", "/item/1", "/item/0",
		"/again/0", "/link/0", "/again/1", "/link/1", "/again/2", "/link/2",
	})
}

// A worker that pushed a revisit and died has not said so in the turn.
func TestRevisitOfADeadWorkerIsFound(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, time.Second), newSite(t)
	r.cfg.Once, r.cfg.Revisit = false, soon()[:1]
	s.on("/a", page())
	putSource(t, r.Bus, "src", Source{ID: "src", Domain: s.host(), Seeds: []string{s.URL}})
	token := bus.HostToken(s.host())
	_, err := r.Hosts().Arm(t.Context(), token, []byte(`{"revisits":{}}`), time.Time{})
	must(t, err)
	eventually(t, 5*time.Second, "a turn", func() bool {
		var turns []*turn.Turn
		turns, err = r.Hosts().Pull(t.Context(), 1, time.Second)
		return err == nil && len(turns) == 1
	})
	look := &bus.Revisit{First: time.Now(), Page: "p", Delay: time.Second, Due: time.Now()}
	for _, id := range []string{"once", "twice"} { // and it may have done so twice
		must(t, r.PushRevisit(t.Context(), s.host(), bus.FrontierURL{URL: s.URL + "/a", Source: "src", Revisit: look}, id))
	}
	stop := r.start(t)
	r.looked(t, s, "/a", 2)
	stop()
}

func TestRevisitThatFailsIsMadeUpByTheNext(t *testing.T) {
	t.Parallel()
	r, s := ever(t), newSite(t)
	s.on("/feed", feed(s.URL+"/a"))
	var n atomic.Int64
	s.on("/a", func(w http.ResponseWriter, req *http.Request) {
		switch n.Add(1) {
		case 2:
			w.WriteHeader(http.StatusInternalServerError)
		case 3:
			w.WriteHeader(http.StatusForbidden)
		case 4:
			page("/changed")(w, req)
		default:
			page()(w, req)
		}
	})
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}})
	stop := r.start(t)
	r.looked(t, s, "/a", 4)
	stop()
	same(t, "pages", r.urls(s), []string{"/a", "/a"})
	same(t, "reasons", r.reasons(logging.FetchFailed, s.URL+"/a"), []string{"http_500", "http_403"})
	if letters := r.letters(t); len(letters) != 0 {
		t.Errorf("dead letters: %+v", letters)
	}
}

func TestPageThatIsGoneEndsItsRevisits(t *testing.T) {
	t.Parallel()
	r, s := ever(t), newSite(t)
	then := func(answers ...http.HandlerFunc) http.HandlerFunc {
		var n atomic.Int64
		return func(w http.ResponseWriter, req *http.Request) {
			answers[min(int(n.Add(1)), len(answers))-1](w, req)
		}
	}
	s.on("/410", then(text("text/html", `<link rel=canonical href="https://known.example/as">`), status(http.StatusGone)))
	s.on("/twin", then(text("text/html", `<link rel=canonical href="/story">`), status(http.StatusGone)))
	s.on("/story", text("text/html", "a story"))
	s.on("/twin-too", then(text("text/html", `<link rel=canonical href="/story-too">`), status(http.StatusNotFound)))
	s.on("/news/pier-is-closed", then(text("text/html", `<link rel=canonical href="/news/">`), status(http.StatusNotFound)))
	s.on("/news/", page())
	s.on("/quay-is-closed", then(text("text/html", `<link rel=canonical href="/index.html">`), status(http.StatusGone)))
	s.on("/index.html", page())
	s.on("/404", then(page(), status(http.StatusNotFound)))
	s.on("/back", then(page(), status(http.StatusNotFound), page()))
	s.on("/moved", then(page(), redirect("/there")))
	s.on("/there", page())
	s.on("/feed", feed(s.URL+"/410", s.URL+"/404", s.URL+"/back", s.URL+"/moved", s.URL+"/twin", s.URL+"/twin-too", s.URL+"/news/pier-is-closed", s.URL+"/quay-is-closed"))
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}})
	stop := r.start(t)
	r.looked(t, s, "/there", 4)
	stop()
	want := map[string]int{"/410": 2, "/404": 3, "/back": 5, "/moved": 2, "/there": 4, "/twin": 2, "/story": 3, "/twin-too": 2, "/story-too": 1, "/news/": 0, "/index.html": 0}
	for p, n := range want {
		if got := s.asked(p); got != n {
			t.Errorf("%s was asked for %d times, want %d", p, got, n)
		}
	}
	var gone []string
	for _, e := range r.logs.All() {
		if m := e.ContextMap(); m[logging.KeyEvent] == logging.PageGone {
			gone = append(gone, strings.TrimPrefix(fmt.Sprint(m[logging.KeyURL]), s.URL))
		}
	}
	slices.Sort(gone)
	same(t, "gone", gone, []string{"/404", "/410", "/news/pier-is-closed", "/quay-is-closed", "/story-too"})
	bodies := map[string]int{}
	for _, p := range r.pages() {
		path := strings.TrimPrefix(p.FinalURL, s.URL)
		if !p.Gone {
			bodies[path]++
			continue
		}
		if want := map[string]int{"/404": 404, "/410": 410, "/story-too": 404, "/news/pier-is-closed": 404, "/quay-is-closed": 410}[path]; p.Status != want || len(p.Body) != 0 {
			t.Errorf("%s is gone with status %d and %d bytes", path, p.Status, len(p.Body))
		}
		if want := map[string]string{"/410": "https://known.example/as", "/story-too": "/story-too", "/news/pier-is-closed": "/news/", "/quay-is-closed": "/index.html"}[path]; p.Canonical != want {
			t.Errorf("%s is gone and was known as %q, want %q", path, p.Canonical, want)
		}
	}
	same(t, "pages with a body", bodies, map[string]int{"/410": 1, "/404": 1, "/back": 1, "/moved": 1, "/there": 1, "/twin": 1, "/story": 1, "/twin-too": 1, "/news/pier-is-closed": 1, "/quay-is-closed": 1})
}

// A host that could not be asked for long is not asked for what is an hour from
// being a second copy.
func TestRevisitThatIsLateIsLeftOut(t *testing.T) {
	t.Parallel()
	r, s := ever(t), newSite(t)
	putSource(t, r.Bus, "src", Source{ID: "src", Domain: s.host(), Seeds: []string{s.URL}})
	for path, age := range map[string]time.Duration{"/late": lastRevisit + time.Minute, "/last": lastRevisit - time.Minute} {
		s.on(path, page())
		look := &bus.Revisit{First: time.Now().Add(-age), Page: path, Step: 2, Delay: time.Second, Due: time.Now()}
		must(t, r.PushRevisit(t.Context(), s.host(), bus.FrontierURL{URL: s.URL + path, Source: "src", Dated: time.Now().AddDate(0, 0, -31), Revisit: look}, path))
	}
	stop := r.start(t)
	r.looked(t, s, "/last", 1)
	stop()
	same(t, "requests", s.paths(), []string{"/robots.txt", "/last"})
	same(t, "reasons", r.reasons(logging.FetchSkipped, s.URL+"/late"), []string{"late"})
}

// A page of a source with depth that says nothing of itself is an article if a
// feed lists it.
func TestWhatAFeedListsIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	r, s := ever(t), newSite(t)
	s.on("/feed", feed(s.URL+"/item"))
	s.on("/item", page("/link"))
	s.on("/link", page())
	r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/feed"}, Depth: 2, Revisit: soon()[:1]})
	stop := r.start(t)
	eventually(t, 10*time.Second, "the link", func() bool { return s.asked("/link") == 1 })
	r.looked(t, s, "/item", 2)
	stop()
	if n := s.asked("/link"); n != 1 {
		t.Errorf("the link was asked for %d times", n)
	}
}

func TestListOfRevisits(t *testing.T) {
	t.Parallel()
	for _, ok := range [][]time.Duration{nil, {}, soon(), Defaults().Revisit, {25 * time.Hour}} {
		if err := validRevisits(ok); err != nil {
			t.Errorf("%v: %v", ok, err)
		}
	}
	for _, bad := range [][]time.Duration{{0}, {-time.Hour}, {time.Hour, time.Hour}, {2 * time.Hour, time.Hour}, {26 * time.Hour}} {
		if err := validRevisits(bad); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}
