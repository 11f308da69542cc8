package backfill

import (
	"net/url"
	"testing"
	"time"
)

func day(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s+"T12:00:00Z")
	if err != nil {
		panic(err)
	}
	return t
}

func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse("https://e.com" + s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestHolds(t *testing.T) {
	may := Days{"2024-05-01", "2024-05-31"}
	for _, c := range []struct {
		path, published, modified string
		want                      bool
	}{
		{"/x", "2024-05-01", "2025-01-01", true}, // the date of publication goes before all others
		{"/2024/05/03/x", "2024-06-01", "", false},
		{"/2024/05/03/x", "", "2025-01-01", true}, // and the address before the last change
		{"/2024/04/30/x", "", "2024-05-03", false},
		{"/2024/5/3/x", "", "", true},
		{"/2024/may/3/x", "", "", true},
		{"/2024/apr/30/x", "", "", false},
		{"/x-2024-05-31.html", "", "", true},
		{"/20240601/x", "", "", false},
		{"/2024/05/x", "", "", true},
		{"/2024/x", "", "", true},
		{"/2023/x", "", "", false},
		{"/x-a120240601b", "", "2024-05-31", true}, // no date, but a number
		{"/2024/13/45/x", "", "2024-05-02", true},
		{"/x", "", "2024-04-30", false},
		{"/x", "", "2024-05-31", true},
		{"/x", "", "", true},
	} {
		if got := may.Holds(address(t, c.path), day(c.published), day(c.modified)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	// A day is that of the zone in which it is written.
	late := time.Date(2024, 5, 31, 23, 0, 0, 0, time.FixedZone("", -5*3600))
	if !may.Holds(address(t, "/x"), late, time.Time{}) {
		t.Errorf("%s is no day of May", late)
	}
}

func TestMayHold(t *testing.T) {
	may := Days{"2024-05-10", "2024-05-20"}
	for _, c := range []struct {
		path, modified string
		want           bool
	}{
		{"/sitemap.xml", "", true},
		{"/sitemap-7.xml.gz", "2024-05-09", true}, // it may be the tenth elsewhere
		{"/sitemap-7.xml.gz", "2024-05-08", false},
		{"/sitemap-7.xml.gz", "2026-01-01", true},
		{"/sitemap-2024-05.xml", "2026-01-01", true},
		{"/sitemap-2024-04.xml", "2026-01-01", false},
		{"/sitemap-202405.xml", "", true},
		{"/sitemap-202406.xml", "", false},
		{"/sitemap-20240515.xml", "", true},
		{"/sitemap-20240521.xml", "", false},
		{"/sitemap_2024.xml", "", true},
		{"/sitemap_2023.xml", "", false},
		{"/sitemaps/2024/may/sitemap.xml", "", true},
		{"/sitemaps/2024/june/sitemap.xml", "", false},
		{"/sitemap-2024-01-01-2024-06-30.xml", "", true},
		{"/sitemap-2024-06-01-2024-12-31.xml", "", false},
		{"/sitemap.xml?yyyy=2024&mm=05&dd=15", "", true},
		{"/sitemap.xml?yyyy=2024&mm=5&dd=1", "", false},
		{"/sitemap.xml?year=2023", "", false},
		{"/sitemap.xml?date=2024-05-12", "", true},
		{"/sitemap.xml?page=12", "", true},
		{"/sitemap-120240601.xml", "", true},
	} {
		if got := may.MayHold(address(t, c.path), day(c.modified)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestParse(t *testing.T) {
	if d, err := Parse("2024-05-01", "2024-05-01"); err != nil || d != (Days{"2024-05-01", "2024-05-01"}) {
		t.Errorf("%v, %v", d, err)
	}
	for _, c := range [][2]string{{"2024-05-02", "2024-05-01"}, {"2024-02-30", "2024-03-01"}, {"yesterday", "2024-03-01"}, {"2024-03-01", ""}} {
		if d, err := Parse(c[0], c[1]); err == nil {
			t.Errorf("%v: %v", c, d)
		}
	}
}
