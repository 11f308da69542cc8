package robots

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestGoogleSuite runs every case of Google's parser.
func TestGoogleSuite(t *testing.T) {
	data, err := os.ReadFile("testdata/robots-google.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Test, Robots, UA, URL string
		Want                  bool
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 145 {
		t.Fatalf("%d cases, want 145", len(cases))
	}
	for _, c := range cases {
		u, err := url.Parse(latin1(c.URL))
		if err != nil {
			t.Fatal(err)
		}
		if got := Parse([]byte(latin1(c.Robots)), c.UA).Allowed(u); got != c.Want {
			t.Errorf("%s: Allowed(%q) as %q = %v, want %v, of\n%.300s", c.Test, c.URL, c.UA, got, c.Want, c.Robots)
		}
	}
}

func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		name, robots, path string
		want               bool
	}{
		{"empty", "", "/x", true},
		{"robots.txt itself", "User-agent: *\nDisallow: /", "/robots.txt", true},
		{"robots.txt with a query", "User-agent: *\nDisallow: /", "/robots.txt?x", false},
		{"BOM", "\ufeffUser-agent: *\nDisallow: /", "/x", false},
		{"CR line ends", "User-agent: *\rDisallow: /x\rAllow: /x/y", "/x/z", false},
		{"CR LF line ends", "User-agent: *\r\n\r\nDisallow: /x\r\n", "/x", false},
		{"own group hides *", "User-agent: *\nDisallow: /\nUser-agent: pressmill\nDisallow: /a", "/b", true},
		{"version after the token", "User-agent: Pressmill/1.0\nDisallow: /", "/b", false},
		{"another agent that begins alike", "User-agent: pressmill-images\nDisallow: /", "/b", true},
		{"own groups merge", "User-agent: pressmill\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: pressmill\nDisallow: /b", "/a", false},
		{"groups for * merge", "User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: *\nDisallow: /b", "/b", false},
		{"crawl-delay closes no group", "User-agent: pressmill\nCrawl-delay: 5\nUser-agent: x\nDisallow: /a", "/a", false},
		{"sitemap closes no group", "User-agent: pressmill\nSitemap: https://e.com/s\nUser-agent: x\nDisallow: /a", "/a", false},
		{"rules before a group", "Disallow: /\nUser-agent: *\nDisallow: /a", "/b", true},
		{"allow wins a tie", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", true},
		{"longest wins", "User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", false},
		{"query", "User-agent: *\nDisallow: /*?print=", "/a?print=1", false},
		{"empty disallow", "User-agent: *\nDisallow:", "/a", true},
		{"stars", "User-agent: *\nDisallow: /a*b**c$", "/a-b-c-c", false},
		{"star then end", "User-agent: *\nDisallow: /*.pdf$", "/x.pdf.pdf", false},
		{"dollar within", "User-agent: *\nDisallow: /a$b", "/a$b", false},
		{"UTF-8 pattern", "User-agent: *\nDisallow: /früh", "/fr%C3%BCh/x", false},
		{"lower-case escapes", "User-agent: *\nDisallow: /fr%c3%bch", "/fr%C3%BCh", false},
		{"escaped letters are those letters", "User-agent: *\nDisallow: /%61dmin", "/admin", false},
		{"escaped letters of the URL", "User-agent: *\nDisallow: /admin", "/%61dmin", false},
		{"escaped slash is no slash", "User-agent: *\nDisallow: /a/b", "/a%2Fb", true},
		{"HTML", "<html><body>User-agent: *<br>Disallow: /</body></html>", "/a", true},
		{"misspelt", "User agent: *\nDissallow: /a", "/a", false},
		{"beyond 500 KiB", strings.Repeat("#\n", MaxSize/2) + "User-agent: *\nDisallow: /", "/a", true},
	} {
		u, err := url.Parse("https://e.com" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := Parse([]byte(c.robots), "pressmill").Allowed(u); got != c.want {
			t.Errorf("%s: Allowed(%s) = %v, want %v", c.name, c.path, got, c.want)
		}
	}
}

func TestAllAndNone(t *testing.T) {
	page, own := &url.URL{Path: "/x"}, &url.URL{Path: "/robots.txt"}
	for _, c := range []struct {
		rules     *Rules
		page, own bool
	}{{AllowAll(), true, true}, {DisallowAll(), false, true}} {
		if c.rules.Allowed(page) != c.page || c.rules.Allowed(own) != c.own {
			t.Errorf("Allowed = %v, %v, want %v, %v", c.rules.Allowed(page), c.rules.Allowed(own), c.page, c.own)
		}
	}
}

func TestCrawlDelay(t *testing.T) {
	for _, c := range []struct {
		robots string
		want   time.Duration
		ok     bool
	}{
		{"User-agent: *\nDisallow: /", 0, false},
		{"User-agent: *\nCrawl-delay: 10 # seconds", 10 * time.Second, true},
		{"User-agent: *\nCrawl-delay: 0.5", 500 * time.Millisecond, true},
		{"User-agent: *\nCrawl-delay: 0", 0, true},
		{"User-agent: *\nCrawl-delay: -1", 0, false},
		{"User-agent: *\nCrawl-delay: NaN", 0, false},
		{"User-agent: *\nCrawl-delay: 1e300", 24 * time.Hour, true},
		{"User-agent: *\nCrawl-delay: soon", 0, false},
		{"User-agent: *\nCrawl-delay: 5\nUser-agent: pressmill\nCrawl-delay: 2", 2 * time.Second, true},
		{"User-agent: *\nCrawl-delay: 5\nDisallow: /a\nUser-agent: pressmill\nDisallow: /a", 0, false},
		{"User-agent: pressmill\nCrawl-delay: 2\nUser-agent: x\nDisallow: /\nUser-agent: pressmill\nCrawl-delay: 3\nCrawl-delay: 1", 3 * time.Second, true},
	} {
		if got, ok := Parse([]byte(c.robots), "pressmill").CrawlDelay(); got != c.want || ok != c.ok {
			t.Errorf("CrawlDelay of %q = %v, %v, want %v, %v", c.robots, got, ok, c.want, c.ok)
		}
	}
}

func TestSitemaps(t *testing.T) {
	robots := "Sitemap: https://e.com/a.xml\nUser-agent: x\nsitemap:https://e.com/b.xml # news\nDisallow: /\nSITEMAP: https://e.com/a.xml\nSitemap:\n"
	want := []string{"https://e.com/a.xml", "https://e.com/b.xml"}
	if diff := cmp.Diff(want, Parse([]byte(robots), "pressmill").Sitemaps()); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("User-agent: *\nDisallow: /*a$\nAllow: /%61\nCrawl-delay: 1"), "/a?b")
	f.Add([]byte("\ufeffuser agent: pressmill\rdisallow /\x00"), "/%zz")
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		r := Parse(body, "pressmill")
		u := &url.URL{Path: path, RawPath: path}
		r.Allowed(u)
		if !r.Allowed(&url.URL{Path: "/robots.txt"}) {
			t.Fatal("/robots.txt is not allowed")
		}
		if d, _ := r.CrawlDelay(); d < 0 || d > maxDelay {
			t.Fatalf("CrawlDelay = %v", d)
		}
	})
}

// FuzzMatches compares the matcher with one that tries everything.
func FuzzMatches(f *testing.F) {
	f.Add("/a*b$", "/a-b-b")
	f.Add("/*.php$", "/x.php?y")
	f.Add("a$b", "a$bc")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern) > 12 || len(path) > 24 {
			t.Skip()
		}
		if got, want := Match(pattern, path), slow(pattern, path); got != want {
			t.Fatalf("Match(%q, %q) = %v, want %v", pattern, path, got, want)
		}
	})
}

func slow(pattern, path string) bool {
	switch {
	case pattern == "":
		return true
	case pattern == "$":
		return path == ""
	case pattern[0] == '*':
		for i := range len(path) + 1 {
			if slow(pattern[1:], path[i:]) {
				return true
			}
		}
		return false
	}
	return path != "" && path[0] == pattern[0] && slow(pattern[1:], path[1:])
}

func BenchmarkAllowed(b *testing.B) {
	var robots bytes.Buffer
	robots.WriteString("User-agent: *\n")
	for range 200 {
		robots.WriteString("Disallow: /section/*/print$\nDisallow: /search?q=\n")
	}
	r, u := Parse(robots.Bytes(), "pressmill"), &url.URL{Path: "/section/2026/11/24/some-article-title.html"}
	for b.Loop() {
		r.Allowed(u)
	}
}
