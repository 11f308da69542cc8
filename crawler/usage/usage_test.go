package usage

import (
	"iter"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// metas are names and contents in turn.
func metas(pairs ...string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for pair := range slices.Chunk(pairs, 2) {
			if !yield(pair[0], pair[1]) {
				return
			}
		}
	}
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name  string
		tags  []string
		metas []string
		want  Signals
	}{
		{"nothing", nil, nil, 0},
		{"what allows", []string{"all, index, follow, max-snippet:50"}, []string{"robots", "index,follow"}, 0},
		{"meta", nil, []string{"ROBOTS", "NOINDEX, NoFollow"}, NoIndex | NoFollow},
		{"none", nil, []string{"robots", "none"}, NoIndex | NoFollow},
		{"blanks for commas", nil, []string{"robots", "noarchive noai"}, NoArchive | NoAI},
		{"more than one element", nil, []string{"robots", "noindex", "description", "noarchive", "robots", "nofollow"}, NoIndex | NoFollow},
		{"meta for this robot", nil, []string{"Pressmill", "noindex"}, NoIndex},
		{"meta for another", nil, []string{"googlebot", "noindex"}, 0},
		{"header", []string{"noindex, nofollow"}, nil, NoIndex | NoFollow},
		{"two headers", []string{"noindex", "noarchive"}, nil, NoIndex | NoArchive},
		{"header for this robot", []string{"pressmill: noindex, nofollow"}, nil, NoIndex | NoFollow},
		{"header for another", []string{"googlebot: noindex, nofollow"}, nil, 0},
		{"header for all", []string{"*: noindex"}, nil, NoIndex},
		{"headers joined on the way", []string{"noarchive, googlebot: noindex, pressmill: nofollow"}, nil, NoArchive | NoFollow},
		{"no robot's name", []string{"max-snippet: 50, noindex", "max-image-preview:none, noai"}, nil, NoIndex | NoAI},
		{"a name with blanks", []string{"some bot: noindex"}, nil, 0},
		{"passed", []string{"unavailable_after: 25 Jun 2010 15:00:00 PST"}, nil, NoIndex},
		{"passed, with commas", []string{"noarchive, Unavailable_After: Friday, 25-Jun-10 15:00:00 PST"}, nil, NoArchive | NoIndex},
		{"passed, for this robot", []string{"pressmill: unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT"}, nil, NoIndex},
		{"passed, for another", []string{"otherbot: unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT"}, nil, 0},
		{"not yet", []string{"unavailable_after: 2031-01-01"}, nil, 0},
		{"passed, in a meta", nil, []string{"robots", "nofollow, unavailable_after: 2020-09-21T10:00:00+02:00"}, NoFollow | NoIndex},
		{"unreadable date", []string{"unavailable_after: soon"}, nil, 0},
		{"reserved", nil, []string{"tdm-reservation", "1"}, TDM},
		{"not reserved", nil, []string{"tdm-reservation", "0"}, 0},
		{"broken", []string{":", ",,:", "a:", " , noindex ,"}, []string{"robots", " ,, "}, NoIndex},
	} {
		if got := Read(http.Header{"X-Robots-Tag": c.tags}, metas(c.metas...), "pressmill", now, false); got != c.want {
			t.Errorf("%s: %05b, want %05b", c.name, got, c.want)
		}
	}
}

func TestReservationInHeaderPageAndSite(t *testing.T) {
	for _, c := range []struct {
		header, page string
		site         bool
		want         Signals
	}{
		{"1", "", false, TDM}, {"1", "0", false, TDM}, {"0", "1", true, 0}, {"", "1", false, TDM}, {"", "0", true, 0}, {"", "", true, TDM}, {"", "", false, 0},
	} {
		h := http.Header{}
		if c.header != "" {
			h.Set("tdm-reservation", c.header)
		}
		if got := Read(h, metas("tdm-reservation", c.page), "x", now, c.site); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestParseAndFirst(t *testing.T) {
	s, err := Parse([]string{"tdm", "noai"})
	if err != nil || s != TDM|NoAI || s.First() != "noai" || (s&TDM).First() != "tdm" || Signals(0).First() != "" {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := Parse([]string{"nosnippet"}); err == nil {
		t.Error("an unknown signal is taken")
	}
}

func TestReservations(t *testing.T) {
	all := ParseReservations([]byte(`[
		{"location": "/free/*", "tdm-reservation": 0},
		{"location": "/*.pdf$", "tdm-reservation": 1, "tdm-policy": "https://e.com/p.json"},
		{"location": "/text", "tdm-reservation": "1"},
		{"location": "/*/deep/", "tdm-reservation": 1}]`))
	for path, want := range map[string]bool{
		"/free/a.pdf": false, "/a.pdf": true, "/a.pdf.html": false, "/text/a": true, "/x/deep/a": true, "/": false, "/deep": false,
	} {
		if got := all.Reserved(&url.URL{Path: path}); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	for _, body := range []string{"", "{}", "<html>", `{"location":"/"}`, `[1]`, `[{"location":3}]`} {
		if ParseReservations([]byte(body)).Reserved(&url.URL{Path: "/"}) {
			t.Errorf("%q reserves something", body)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("pressmill: noindex, unavailable_after: x, y", "none nofollow", `[{"location":"/*a$","tdm-reservation":1}]`)
	f.Fuzz(func(t *testing.T, tag, content, file string) {
		h := http.Header{"X-Robots-Tag": {tag}}
		s := Read(h, metas("robots", content), "pressmill", now, false)
		if s&TDM != 0 || s != Read(h, metas("robots", content), "PRESSMILL", now, false) {
			t.Errorf("%q, %q: %v", tag, content, s)
		}
		ParseReservations([]byte(file)).Reserved(&url.URL{Path: "/a/" + tag})
	})
}
