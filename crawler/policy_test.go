package crawler

import (
	"net/http"
	"slices"
	"testing"

	"pressmill/crawler/usage"
	"pressmill/pkg/logging"
)

// asking is a page with an article's head, a link, and what it asks for in its
// header and a meta element.
func asking(header, value, meta string) http.HandlerFunc {
	body := `<!doctype html><html><head><title>t</title><meta property="og:type" content="article">` + meta + `</head><body><a href="/linked">l</a></body></html>`
	return func(w http.ResponseWriter, req *http.Request) {
		if header != "" {
			w.Header().Set(header, value)
		}
		text("text/html", body)(w, req)
	}
}

func TestWhatPagesAskForIsObeyedByPolicy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		obey    []string
		page    http.HandlerFunc
		reason  string
		follows bool
	}{
		"noindex by default":    {[]string{"nofollow"}, asking("X-Robots-Tag", "noindex", ""), "", true},
		"noindex in the header": {[]string{"noindex"}, asking("X-Robots-Tag", "noindex", ""), "noindex", true},
		"noindex for another":   {[]string{"noindex"}, asking("X-Robots-Tag", "googlebot: noindex", ""), "", true},
		"noindex for us":        {[]string{"noindex"}, asking("X-Robots-Tag", "testbot: noindex", ""), "noindex", true},
		"unavailable_after":     {[]string{"noindex"}, asking("X-Robots-Tag", "unavailable_after: 2001-01-01", ""), "noindex", true},
		"none":                  {[]string{"nofollow", "noindex"}, asking("", "", `<meta name=robots content=none>`), "noindex", false},
		"nofollow":              {[]string{"nofollow"}, asking("X-Robots-Tag", "nofollow", ""), "", false},
		"nofollow in a meta":    {[]string{"nofollow"}, asking("", "", `<meta name=TestBot content=nofollow>`), "", false},
		"nofollow not obeyed":   {nil, asking("X-Robots-Tag", "nofollow", ""), "", true},
		"noarchive":             {[]string{"noarchive"}, asking("", "", `<meta name=robots content="noarchive">`), "noarchive", true},
		"noai":                  {[]string{"noai"}, asking("", "", `<meta name=robots content="noai, noimageai">`), "noai", true},
		"tdm in the header":     {[]string{"tdm"}, asking("tdm-reservation", "1", ""), "tdm", true},
		"tdm in a meta":         {[]string{"tdm"}, asking("", "", `<meta name="tdm-reservation" content="1">`), "tdm", true},
		"tdm by default":        {[]string{"nofollow"}, asking("tdm-reservation", "1", ""), "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := newRig(t, patience), newSite(t)
			r.cfg.Obey = c.obey
			s.on("/a", c.page)
			s.on("/linked", page())
			r.enqueue(t, "c1", Source{Seeds: []string{s.URL + "/a"}, Depth: 1})
			r.crawl(t)
			if got := slices.Contains(r.urls(s), "/a"); got != (c.reason == "") {
				t.Errorf("published: %v", got)
			}
			if got := s.asked("/linked") == 1; got != c.follows {
				t.Errorf("the link was followed: %v", got)
			}
			var withheld []string
			if c.reason != "" {
				withheld = []string{c.reason}
				if n := r.stage.Snapshot().SkippedBy[c.reason]; n != 1 {
					t.Errorf("%d counted as %s", n, c.reason)
				}
			}
			same(t, "withheld", r.reasons(logging.PageWithheld, s.URL+"/a"), withheld)
			if c.reason == "" && len(r.page(t, s.URL+"/a").Header) == 0 {
				t.Error("the parser cannot record what the header asks for")
			}
		})
	}
}

// The file of reservations is asked for only by those who obey it, once, after
// robots.txt and at the host's gap.
func TestReservationsOfASite(t *testing.T) {
	t.Parallel()
	for name, obey := range map[string][]string{"obeyed": {"tdm"}, "not obeyed": {"nofollow"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := newRig(t, patience), newSite(t)
			r.cfg.Obey = obey
			s.on(usage.TDMFile, text("application/json", `[{"location":"/free/","tdm-reservation":0},{"location":"/","tdm-reservation":1}]`))
			s.on("/free/a", page())
			s.on("/b", page())
			s.on("/c", asking("tdm-reservation", "0", ""))
			want, asked := []string{"/b", "/c", "/free/a"}, 0
			if name == "obeyed" {
				want, asked = []string{"/c", "/free/a"}, 1
			}
			for _, crawl := range []string{"c1", "c2"} {
				r.enqueue(t, crawl, Source{Seeds: []string{s.URL + "/free/a", s.URL + "/b", s.URL + "/c"}})
				r.crawl(t) // the second one knows it from the bus
			}
			got := slices.Compact(r.urls(s))
			same(t, "pages", got, want)
			if n := s.asked(usage.TDMFile); n != asked {
				t.Errorf("the file was asked for %d times, want %d", n, asked)
			}
			s.keepsGap(t, delay)
		})
	}
}
