package demo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func serveLoad(t *testing.T, cfg LoadConfig) *Load {
	t.Helper()
	l, stop, err := ServeLoad(t.Context(), "127.0.0.1:0", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return l
}

func TestLoadHostsShowTheirArticlesAndLinkThemAll(t *testing.T) {
	l := serveLoad(t, LoadConfig{Hosts: 3, Articles: 62, Seed: 1})
	if len(l.Truth()) != 62 || len(l.URLs()) != 3 {
		t.Fatalf("%d articles at %v", len(l.Truth()), l.URLs())
	}
	var linked strings.Builder
	for _, s := range l.hosts {
		linked.Write(get(t, s.base+"/news-sitemap.xml", nil).body)
		for _, want := range s.Articles() {
			page := get(t, s.base+want.Path, nil)
			checkShows(t, page, want)
			for link := range strings.SplitSeq(string(page.body), `href="`) {
				if link, _, _ = strings.Cut(link, `"`); strings.HasPrefix(link, "/") {
					link = s.base + link
				}
				linked.WriteString(link + "<")
			}
		}
	}
	for _, a := range l.Truth() {
		if !strings.Contains(linked.String(), a.URL+"<") {
			t.Errorf("%s is linked from nowhere", a.URL)
		}
	}
}

func TestLoadIsTheSameForTheSameSeed(t *testing.T) {
	authorities := []string{"a.example:80", "a.example:81"}
	titles := func(seed uint64, now time.Time) (titles []string) {
		for _, a := range newLoad(LoadConfig{Hosts: 2, Articles: 400, Seed: seed}, authorities, now).Truth() {
			titles = append(titles, a.URL+" "+a.Title+" "+a.SHA256)
		}
		return titles
	}
	first := titles(7, time.Now())
	if diff := cmp.Diff(first, titles(7, time.Now().Add(time.Hour))); diff != "" {
		t.Errorf("another text an hour later:\n%s", diff)
	}
	if slices.Equal(first, titles(8, time.Now())) {
		t.Error("the same text for another seed")
	}
	slices.Sort(first)
	if n := len(slices.Compact(first)); n != 400 {
		t.Errorf("%d articles differ, want 400", n)
	}
}

// One host in four shows a second version of its articles once some time has
// passed since each was first asked for.
func TestLoadRevisesArticles(t *testing.T) {
	l := serveLoad(t, LoadConfig{Hosts: 2, Articles: 20, Seed: 1, Revise: 100 * time.Millisecond})
	for i, s := range l.hosts {
		marked := slices.IndexFunc(s.content.articles, func(a *article) bool { return !a.Undated })
		a, truth := s.content.articles[marked], s.Truth()[marked]
		first := get(t, s.base+a.Path, nil)
		time.Sleep(120 * time.Millisecond)
		later := get(t, s.base+a.Path, nil)
		if revised := i == 0; revised != (truth.Second != "") || revised == bytes.Equal(first.body, later.body) {
			t.Errorf("host %d: second version %q, the same page: %v", i, truth.Second, bytes.Equal(first.body, later.body))
		}
		if truth.Second != "" {
			checkShows(t, later, a.second.want())
		}
	}
}

// With Publish the articles appear one after the other: those that have not yet
// are neither linked nor there, and those that have link older ones alone.
func TestLoadPublishes(t *testing.T) {
	const every = time.Hour
	began := time.Now()
	l := newLoad(LoadConfig{Hosts: 2, Articles: 40, Seed: 1, Publish: every}, []string{"a.example:80", "a.example:81"}, began)
	for h, s := range l.hosts {
		for i, a := range s.content.articles {
			age := began.Add(every * time.Duration(h) / 2).Sub(a.Published)
			if want := every * time.Duration(i+feedItems-20); age != want {
				t.Errorf("host %d: article %d was published %s ago, want %s", h, i, age, want)
			}
			for _, linked := range s.content.rail(a) {
				if linked.Published.After(a.Published) {
					t.Errorf("host %d: article %d links one that appears %s later", h, i, linked.Published.Sub(a.Published))
				}
			}
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, a.Path, nil))
			if there := i >= 20-feedItems+h; there != (rec.Code == http.StatusOK) {
				t.Errorf("host %d: article %d: status %d", h, i, rec.Code)
			}
		}
		if n, want := len(s.content.shown()), feedItems-h; n != want {
			t.Errorf("host %d: %d articles are shown, want %d", h, n, want)
		}
	}
}

func TestServeLoadTakesPortsInARow(t *testing.T) {
	for _, cfg := range []LoadConfig{{}, {Hosts: 2, Articles: 1}} {
		if _, _, err := ServeLoad(t.Context(), "127.0.0.1:0", cfg); err == nil {
			t.Errorf("%+v is no error", cfg)
		}
	}
	// A port near the end leaves no room for the second host.
	if _, _, err := ServeLoad(t.Context(), "127.0.0.1:65535", LoadConfig{Hosts: 2, Articles: 2}); err == nil {
		t.Error("a port above 65535 is no error")
	}
}

func TestFaults(t *testing.T) {
	start := time.Now()
	at := func(path string, from, to int) Request {
		return Request{Path: path, Start: start.Add(time.Duration(from) * time.Second), End: start.Add(time.Duration(to) * time.Second)}
	}
	for _, c := range []struct {
		name     string
		requests []Request
		want     []string
	}{
		{"polite", []Request{at("/robots.txt", 0, 1), at("/", 3, 4), at("/a", 6, 7)}, nil},
		{"no robots.txt", []Request{at("/", 0, 1), at("/robots.txt", 3, 4)}, []string{"robots /"}},
		{"too soon", []Request{at("/robots.txt", 0, 1), at("/", 2, 3)}, []string{"gap /"}},
		{"two at a time", []Request{at("/robots.txt", 0, 9), at("/a", 3, 4), at("/b", 6, 7)}, []string{"overlap /a", "overlap /b"}},
		{"recorded in another order", []Request{at("/", 3, 4), at("/robots.txt", 0, 1)}, nil},
		{"disallowed", []Request{at("/robots.txt", 0, 1), at("/private/x", 3, 4)}, []string{"disallowed /private/x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range (&Site{requests: c.requests}).Faults(2 * time.Second) {
				got = append(got, f.Kind+" "+f.Path)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecordTells(t *testing.T) {
	l := serveLoad(t, LoadConfig{Hosts: 2, Articles: 4, Seed: 1})
	srv := httptest.NewServer(Record(l))
	t.Cleanup(srv.Close)
	for _, url := range l.URLs() {
		get(t, url+"robots.txt", http.Header{"User-Agent": {"tester/1"}})
		get(t, url, nil)
	}
	if got := lines[Truth](t, srv.URL+"/_truth"); !slices.Equal(got, l.Truth()) {
		t.Errorf("truth: %+v", got)
	}
	requests := lines[Request](t, srv.URL+"/_requests")
	if len(requests) != 4 || requests[0].Path != "/robots.txt" || requests[0].Agent != "tester/1" || "http://"+requests[0].Host+"/" != l.URLs()[0] ||
		requests[0].Remote == "" || requests[0].Start.IsZero() {
		t.Errorf("requests: %+v", requests)
	}
	if got := lines[Fault](t, srv.URL+"/_faults?gap=1h"); len(got) != 2 || got[0].Kind != FaultGap || got[0].Before == nil {
		t.Errorf("faults: %+v", got)
	}
	if got := get(t, srv.URL+"/_faults", nil).status; got != http.StatusBadRequest {
		t.Errorf("faults without a gap: status %d", got)
	}
}

func lines[T any](t *testing.T, url string) (all []T) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(get(t, url, nil).body)))
	for {
		var line T
		if err := dec.Decode(&line); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
}
