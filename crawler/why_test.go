package crawler

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pressmill/crawler/traps"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

func (r *rig) why(t *testing.T, url string) *Why {
	t.Helper()
	w, err := Explain(t.Context(), r.Bus, r.cfg, url)
	must(t, err)
	if _, err := json.Marshal(w); err != nil {
		t.Errorf("%s: %v", url, err)
	}
	return w
}

// says checks verdict and reason, and that the text has all parts.
func (w *Why) says(t *testing.T, verdict, reason string, parts ...string) {
	t.Helper()
	if w.Verdict != verdict || w.Reason != reason {
		t.Errorf("%s: %s, %q; want %s, %q\n%s", w.URL, w.Verdict, w.Reason, verdict, reason, w)
	}
	for _, p := range parts {
		if !strings.Contains(w.String(), p) {
			t.Errorf("%s: nothing of %q in\n%s", w.URL, p, w)
		}
	}
}

func TestWhyOfWhatIsOver(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.Delay, r.cfg.PatternBudget, r.cfg.Attempts = time.Millisecond, 6, 2
	s.on("/robots.txt", text("text/plain", "# our rules\r\nUser-agent: other\r\nUser-agent: testbot\r\n\r\nDisallow: /private\r\nAllow: /\r\n"))
	filters := []string{}
	for i := range 8 {
		filters = append(filters, fmt.Sprintf("/filter?a=%d", i))
	}
	s.on("/", page(append(filters, "/story-of-the-day", "/plain-page-of-text", "/private/letter", "/deny/this", "/missing-page-of-ours", "/to-another-page",
		"/a/a/a/a/a", "/"+strings.Repeat("x", 1100), "/broken-page-of-ours", "/new-address")...))
	s.on("/story-of-the-day", twin("amphtml", "/amp/story-of-the-day"))
	for _, p := range []string{"/plain-page-of-text", "/filter", "/new-address"} {
		s.on(p, page())
	}
	s.on("/to-another-page", redirect("/new-address"))
	s.on("/broken-page-of-ours", status(http.StatusInternalServerError))
	s.on("/old", page())
	s.on("/feed", text("application/rss+xml", strings.Replace(rss(s.URL+"/old"), "<link>", "<pubDate>Mon, 02 Jan 2006 15:04:05 GMT</pubDate><link>", 1)))
	r.enqueue(t, "c1", Source{ID: "paper", Seeds: []string{s.URL + "/", s.URL + "/feed"}, Depth: 1, Deny: []string{"/deny/"}})
	r.crawl(t)
	for path, want := range map[string][]string{
		"/":                              {"fetched", "page", "a seed of it"},
		"/feed":                          {"fetched", "feed"},
		"/story-of-the-day?utm_source=x": {"fetched", "article", "taken for an article", time.Now().UTC().Format("2006-01"), "/story-of-the-day\n"},
		"/plain-page-of-text":            {"fetched", "page", "allowed by line 6, \"Allow: /\""},
		"/amp/story-of-the-day":          {"skipped", "twin"},
		"/private/letter":                {"skipped", "robots", "forbidden by line 5, \"Disallow: /private\", of the group \"User-agent: other, User-agent: testbot\""},
		"/missing-page-of-ours":          {"failed", "http_404", "404 Not Found"},
		"/to-another-page":               {"fetched", "redirect"},
		"/a/a/a/a/a":                     {"skipped", traps.Path},
		"/" + strings.Repeat("x", 1100):  {"skipped", traps.Length},
		"/filter?a=7":                    {"skipped", traps.Pattern, "found again on another day"},
		"/old":                           {"skipped", "age"},
		"/deny/this":                     {"unknown", "scope", "kept out by the pattern \"/deny/\""},
		"/never-heard-of":                {"unknown", "", "name it as a seed of the source paper"},
		"/private/unheard-of":            {"unknown", "robots"},
	} {
		r.why(t, s.URL+path).says(t, want[0], want[1], want[2:]...)
	}

	w := r.why(t, s.URL+"/broken-page-of-ours")
	letters := r.letters(t)
	if len(letters) != 1 {
		t.Fatalf("dead letters: %+v", letters)
	}
	w.says(t, "failed", "http_500", fmt.Sprintf("`pressmill deadletters replay %d`", letters[0].Seq))

	r.why(t, "https://nobody.example/x").says(t, "unknown", "", "none covers it", "not fetched yet", "no turn", "add a source of its domain")
	if _, err := Explain(t.Context(), r.Bus, r.cfg, "ftp://x.example/"); err == nil {
		t.Error("ftp: no error")
	}
}

func TestWhyOfWhatWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	const host = "paper.example"
	putSource(t, r.Bus, "paper", Source{ID: "paper", Domain: host, Seeds: []string{"https://paper.example/"}, Depth: 1, Allow: []string{"/news/"}})
	push := func(priority int, path string, attempts int) {
		t.Helper()
		must(t, r.Push(t.Context(), host, priority, bus.FrontierURL{
			URL: "https://paper.example" + path, Source: "paper", Attempts: attempts, Found: time.Now(),
		}, ""))
	}
	push(bus.PriorityNear, "/news/first-link", 0)
	push(bus.PriorityNear, "/news/second-link", 2)
	push(bus.PriorityNear, "/about", 0)
	push(bus.PriorityFeed, "/news/older-item", 0)
	push(bus.PriorityFeed, "/news/newer-item", 0)
	push(bus.PrioritySeed, "/", 0)
	for path, ahead := range map[string]int{"/": 0, "/news/newer-item": 1, "/news/older-item": 2, "/news/first-link": 3, "/news/second-link": 4} {
		w := r.why(t, "https://paper.example"+path)
		w.says(t, "waiting", "", "it will be fetched when it is its turn")
		if w.Waiting.Ahead != ahead {
			t.Errorf("%s: %d URLs come before it, want %d", path, w.Waiting.Ahead, ahead)
		}
	}
	r.why(t, "http://paper.example/news/second-link#part").says(t, "waiting", "", "failed attempts: 2", "as a link or entry of a sitemap")
	r.why(t, "https://paper.example/about").says(t, "waiting", "scope", "no pattern of allow matches", "taken and not fetched")
	paused := Source{ID: "other", Domain: host, Paused: true}
	putSource(t, r.Bus, "other", paused)
	push(bus.PriorityFar, "/parked", 0)
	parked, err := r.Next(t.Context(), host, bus.Taken{}, bus.PriorityFar)
	must(t, err)
	parked.Source = "other"
	must(t, r.Park(t.Context(), host, parked, time.Time{}))
	r.why(t, "https://paper.example/parked").says(t, "waiting", "source_paused", "other: paused", "`pressmill sources resume other`")
	putSource(t, r.Bus, "other", Source{ID: "other", Domain: host})
	r.why(t, "https://paper.example/parked").says(t, "waiting", "", "it lies aside")
	must(t, r.RemoveSource(t.Context(), "other"))
	must(t, r.PutRobots(t.Context(), host, robotsEntry{Verdict: "disallow", Expires: time.Now().Add(time.Hour)}))
	r.why(t, "https://paper.example/news/first-link").says(t, "waiting", "robots_unreachable", "could not be fetched, so nothing may be")
}

func TestWhyOfTheNextTurn(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	in := func(d time.Duration) time.Time { return time.Now().Add(d).UTC() }
	for name, c := range map[string]struct {
		state hostState
		due   time.Time
		want  string
	}{
		"now.example":     {hostState{}, time.Time{}, "due now"},
		"gap.example":     {hostState{Gap: time.Hour, NotBefore: in(time.Hour)}, in(time.Hour), "the gap between requests is 1h0m0s"},
		"asked.example":   {hostState{Gap: time.Second, NotBefore: in(time.Hour)}, in(time.Hour), "Retry-After"},
		"slow.example":    {hostState{Gap: time.Minute, Slow: time.Minute, NotBefore: in(time.Hour)}, in(time.Hour), "the gap is 1m0s"},
		"failing.example": {hostState{Failures: 3, FailingSince: in(-time.Hour), NotBefore: in(time.Hour)}, in(time.Hour), "failed 3 times since"},
		"dropped.example": {hostState{Dropped: in(-time.Hour), FailingSince: in(-48 * time.Hour), NotBefore: in(time.Hour)}, in(time.Hour), "given up"},
		"polled.example":  {hostState{Polls: []poll{{URL: "https://polled.example/feed", Due: in(time.Hour)}}}, in(time.Hour), "nothing is to be asked for before"},
	} {
		// A turn that is handed on tells its not-before time; the others are armed.
		_, err := r.Hosts().Arm(t.Context(), bus.HostToken(name), encode(c.state), time.Time{})
		must(t, err)
		if !c.due.IsZero() {
			turns, err := r.Hosts().Pull(t.Context(), 1, 5*time.Second)
			must(t, err)
			must(t, turns[0].HandOn(t.Context(), c.due, c.state.NotBefore, encode(c.state)))
		}
		if w := r.why(t, "https://"+name+"/x"); !strings.Contains(w.Turn.String(), c.want) {
			t.Errorf("%s: nothing of %q in %q", name, c.want, w.Turn)
		}
		if c.due.IsZero() { // out of the way of the next pull
			turns, err := r.Hosts().Pull(t.Context(), 1, 5*time.Second)
			must(t, err)
			must(t, turns[0].Finish(t.Context()))
		}
	}
	r.why(t, "https://polled.example/feed").says(t, "polled", "", "looked at again from")
	putSource(t, r.Bus, "p", Source{ID: "p", Domain: "polled.example", Paused: true})
	r.why(t, "https://polled.example/feed").says(t, "polled", "", "when its source is paused no more: `pressmill sources resume p`")
}

// An article that is looked at again, and a trap, as the turn knows them.
func TestWhyReadsRevisitsAndCounters(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	const url = "https://paper.example/news/a-story-of-today"
	look := bus.Revisit{First: time.Now(), Due: time.Now().Add(time.Hour), Delay: time.Hour, Page: "p"}
	must(t, r.PushRevisit(t.Context(), "paper.example", bus.FrontierURL{URL: url, Source: "paper", Revisit: &look}, "m"))
	seen := r.Seen("paper.example")
	must(t, seen.Add(t.Context(), bus.Fingerprint(url), outcomeMark("article", url)))
	w := r.why(t, url)
	w.says(t, "fetched", "article", "looked at again from")
	if w.Revisit == nil || w.Revisit.Unix() != look.Due.Unix() {
		t.Errorf("revisit at %v, want %v", w.Revisit, look.Due)
	}

	v := &visit{}
	v.state.Traps.NewDay(time.Now())
	v.state.Traps.Pages = 7
	for range r.cfg.PatternBudget {
		v.state.Traps.Asked(traps.KindOf(parsed(t, "https://paper.example/calendar/1")))
	}
	_, err := r.Hosts().Arm(t.Context(), bus.HostToken("paper.example"), encode(v.state), time.Time{})
	must(t, err)
	r.why(t, "https://paper.example/calendar/2").says(t, "unknown", traps.Pattern, "pattern /calendar/0: 200 of 200", "pages today: 7 of 50000")

	must(t, seen.Add(t.Context(), bus.Fingerprint("https://paper.example/lost")))
	r.why(t, "https://paper.example/lost").says(t, "found", "", "does not wait any more")
}

func parsed(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := weburl.Parse(raw)
	must(t, err)
	return u
}

func TestWhyOfAnAddressThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	r, s := newRig(t, patience), newSite(t)
	r.cfg.AllowPrivate = nil
	r.enqueue(t, "c1", Source{ID: "inside", Seeds: []string{s.URL + "/a"}})
	r.crawl(t)
	r.why(t, s.URL+"/a").says(t, "failed", "blocked", "not public; see allow_private")
}
