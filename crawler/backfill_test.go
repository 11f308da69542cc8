package crawler

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pressmill/crawler/backfill"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
)

// archive is a site that lists articles of several years in its sitemaps.
func archive(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	entry := func(kind, path, more string) string {
		return fmt.Sprintf("<%s><loc>%s%s</loc>%s</%[1]s>", kind, s.URL, path, more)
	}
	urls := func(entries ...string) string { return "<urlset>" + strings.Join(entries, "") + "</urlset>" }
	mod := func(day string) string { return "<lastmod>" + day + "</lastmod>" }
	s.on("/robots.txt", text("text/plain", "User-agent: *\nDisallow: /closed\nSitemap: "+s.URL+"/index.xml\nSitemap: "+s.URL+"/map-2023.xml\n"))
	s.on("/index.xml", text("application/xml", "<sitemapindex>"+
		entry("sitemap", "/map-2024-04.xml", mod("2026-01-01"))+
		entry("sitemap", "/map-2024-05.xml", mod("2026-01-01"))+
		entry("sitemap", "/early.xml", mod("2024-01-01"))+
		entry("sitemap", "/index.xml", "")+ // it lists itself
		entry("sitemap", "/late.xml", mod("2026-01-01"))+"</sitemapindex>"))
	s.on("/map-2024-05.xml", text("application/xml", urls(
		entry("url", "/2024/05/10/in", mod("2026-01-01")),
		entry("url", "/2024/05/09/out", ""),
		entry("url", "/2024/05/11/closed", ""),
		entry("url", "/closed/2024/05/12", ""))))
	s.on("/late.xml", text("application/xml", urls(
		entry("url", "/modified-in", mod("2024-05-20T23:00:00-05:00")),
		entry("url", "/modified-out", mod("2024-05-21")),
		entry("url", "/published-in", mod("2026-01-01")+"<news:news><news:publication_date>2024-05-15</news:publication_date></news:news>"),
		entry("url", "/published-out", mod("2024-05-15")+"<news:news><news:publication_date>2022-05-15</news:publication_date></news:news>"),
		entry("url", "/2024/05/10/in", ""))))
	for _, path := range []string{"/", "/2024/05/10/in", "/2024/05/09/out", "/2024/05/11/closed", "/closed/2024/05/12", "/modified-in", "/modified-out", "/published-in", "/published-out", "/linked"} {
		s.on(path, page("/linked-from"+path))
	}
	return s
}

func TestBackfill(t *testing.T) {
	t.Parallel()
	s, r := archive(t), newRig(t, patience)
	src := Source{ID: "x", Seeds: []string{s.URL + "/"}, Depth: 1, Deny: []string{`/closed$`}}
	must(t, src.Normalise())
	putSource(t, r.Bus, src.ID, src)
	days, err := backfill.Parse("2024-05-10", "2024-05-20")
	must(t, err)
	want := []string{"/2024/05/10/in", "/modified-in", "/published-in"}
	for _, crawlID := range []string{"first", "again"} {
		hosts, err := Backfill(t.Context(), r.Bus, "x", days, crawlID)
		must(t, err)
		same(t, "hosts", hosts, []string{s.host()})
		if s.asked("/index.xml") > 0 && crawlID == "first" {
			t.Error("fetched by whom it is no business of")
		}
		r.crawl(t)
		same(t, crawlID+": pages", r.urls(s), want)
	}
	for path, n := range map[string]int{
		"/index.xml": 2, "/map-2024-05.xml": 2, "/late.xml": 2, "/sitemap.xml": 2, "/robots.txt": 1,
		"/map-2023.xml": 0, "/map-2024-04.xml": 0, "/early.xml": 0, "/": 0, "/modified-in": 1,
	} {
		if got := s.asked(path); got != n {
			t.Errorf("%s was asked for %d times, want %d", path, got, n)
		}
	}
	s.keepsGap(t, delay)
}

// What a back-fill brings comes after all else, and neither it nor its
// sitemaps are looked at again.
func TestBackfillIsDoneOnce(t *testing.T) {
	t.Parallel()
	s, r := archive(t), newRig(t, patience)
	r.cfg.Once = false
	for _, path := range []string{"/a", "/b"} {
		s.on(path, page())
	}
	src := Source{ID: "x", Seeds: []string{s.URL + "/feed"}, Deny: []string{`/closed$`}}
	s.on("/feed", feed(s.URL+"/a", s.URL+"/b"))
	must(t, src.Normalise())
	putSource(t, r.Bus, src.ID, src)
	days, err := backfill.Parse("2024-05-10", "2024-05-20")
	must(t, err)
	_, err = Backfill(t.Context(), r.Bus, "x", days, "c")
	must(t, err)
	r.enqueue(t, "d", src)
	stop := r.start(t)
	eventually(t, 20*time.Second, "all pages are out", func() bool { return len(r.pages()) == 5 && r.state(t).Frontier == 0 })
	stop()
	pages := r.pages()
	for i, p := range pages {
		if feed := strings.HasSuffix(p.FinalURL, "/a") || strings.HasSuffix(p.FinalURL, "/b"); feed != (i < 2) {
			t.Errorf("page %d is %s", i, p.FinalURL)
		}
	}
	for _, e := range r.logs.FilterField(logging.Event(logging.SourcePoll)).All() {
		if url := fmt.Sprint(e.ContextMap()[logging.KeyURL]); url != s.URL+"/feed" {
			t.Errorf("polled: %s", url)
		}
	}
}

func TestBackfillOfAnUnknownSource(t *testing.T) {
	t.Parallel()
	r := newRig(t, patience)
	if _, err := Backfill(t.Context(), r.Bus, "none", backfill.Days{}, "c"); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// A page instead of a sitemap is no article of the back-fill.
func TestBackfillTakesNoPageForASitemap(t *testing.T) {
	t.Parallel()
	s, r := newSite(t), newRig(t, patience)
	s.on("/sitemap.xml", page("/x"))
	src := Source{ID: "x", Seeds: []string{s.URL + "/"}}
	must(t, src.Normalise())
	putSource(t, r.Bus, src.ID, src)
	_, err := Backfill(t.Context(), r.Bus, "x", backfill.Days{From: "2024-05-10", To: "2024-05-20"}, "c")
	must(t, err)
	r.crawl(t)
	same(t, "pages", r.urls(s), []string{})
	same(t, "reasons", r.reasons(logging.FetchSkipped, s.URL+"/sitemap.xml"), []string{"no_feed"})
}
