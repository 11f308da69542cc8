package weburl

import (
	"slices"
	"strings"
	"testing"
)

func TestKey(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"http://e.com/a", "https://e.com/a"},
		{"https://e.com/a#part", "https://e.com/a"},
		{"https://e.com/a?utm_source=x&b=2&a=1&fbclid=y", "https://e.com/a?a=1&b=2"},
		{"https://e.com/a?UTM_Source=x", "https://e.com/a"},
		{"https://e.com/a?b=2&b=1", "https://e.com/a?b=2&b=1"},
		{"https://e.com/a?c[]=2&a=0&c[]=1", "https://e.com/a?a=0&c[]=2&c[]=1"},
		{"https://e.com/a?", "https://e.com/a"},
		{"https://e.com/a?&&b", "https://e.com/a?b"},
		{"https://e.com/?p=1&/news/story", "https://e.com/?p=1&/news/story"}, // a path in disguise
		{"https://e.com/?story-12&b=1&a=2", "https://e.com/?story-12&b=1&a=2"},
		{"https://e.com/?=x&a=2", "https://e.com/?=x&a=2"},
		{"https://e.com/%7euser/%c3%a4", "https://e.com/~user/%C3%A4"},
		{"https://e.com/ä", "https://e.com/%C3%A4"},
		{"https://e.com/a%2fb", "https://e.com/a%2Fb"},
		{"https://e.com/?id=%41", "https://e.com/?id=A"},
		{"http://e.com:8080/", "https://e.com:8080/"},
		{"http://127.1/", "https://127.0.0.1/"},
		// What servers tell apart stays apart.
		{"https://e.com/A-Story/!5928990/", "https://e.com/A-Story/!5928990/"}, // reserved: as it is written
		{"https://e.com/A-Story/%215928990/", "https://e.com/A-Story/%215928990/"},
		{"https://www.e.com/a/", "https://www.e.com/a/"},
		{"https://e.com/index.html", "https://e.com/index.html"},
		{"https://e.com/A", "https://e.com/A"},
		{"https://e.com//a", "https://e.com//a"},
		{"https://e.com/a?b=", "https://e.com/a?b="},
		{"https://e.com/a?b=x+y", "https://e.com/a?b=x+y"},
		{"https://e.com/a?b=x%20y", "https://e.com/a?b=x%20y"},
	} {
		u, err := Parse(c.raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := Key(u); got != c.want {
			t.Errorf("Key(%s) = %s, want %s", c.raw, got, c.want)
		}
	}
}

func TestKeyDropsSessions(t *testing.T) {
	const id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	for _, c := range []struct{ raw, want string }{
		{"/a;JSESSIONID=12?x=1", "/a?x=1"},
		{"/a;jsessionid=12.node1/b", "/a/b"},
		{"/a;v=1;jsessionid=12;w=2", "/a;v=1;w=2"},
		{"/a;v=1", "/a;v=1"},
		{"/(S(lit3py55t21z5v55vlm25s55))/news/1.aspx", "/news/1.aspx"},
		{"/(X(1)S(short))/news", "/(X(1)S(short))/news"},
		{"/?PHPSESSID=1&a=1", "/?a=1"},
		{"/?jsessionid=x", "/"},
		{"/?sid=" + id, "/"},
		{"/?SID=" + id + "&id=1", "/?id=1"},
		{"/?session_id=Zx81kQw09pLm3nBv77Ty", "/"},
		{"/?sid=1234", "/?sid=1234"},
		{"/?sid=1234567890123456", "/?sid=1234567890123456"},                 // a number may be a story's
		{"/?sid=65f1c2d3a4b5c6d7e8f90a1b", "/?sid=65f1c2d3a4b5c6d7e8f90a1b"}, // so may an id of MongoDB
		{"/?sid=65f1c2d3a4b5c6d7e8f90a1", "/"},
		{"/?s=a-search-for-something", "/?s=a-search-for-something"},
		{"/?s=internationalization", "/?s=internationalization"},
		{"/?article=" + id, "/?article=" + id},
	} {
		u, err := Parse("https://e.com" + c.raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimPrefix(Key(u), "https://e.com"); got != c.want {
			t.Errorf("Key(%s) = %s, want %s", c.raw, got, c.want)
		}
	}
}

func TestTracking(t *testing.T) {
	for _, name := range []string{
		"utm_source", "UTM_Medium", "utm_anything", "utm-source", "amp;utm_term", "gclid", "gad_source", "srsltid", "fbclid", "igsh", "msclkid",
		"yclid", "twclid", "ttclid", "li_fat_id", "trkCampaign", "mc_cid", "mkt_tok", "_hsenc", "hsCtaTracking", "hsa_cam", "oly_enc_id",
		"vero_id", "_ga", "_gl", "guccounter", "ocid", "CMP", "smid", "ns_mchannel", "at_medium", "at_custom1", "xtor", "wt.mc_id", "wt_zmc",
		"pk_campaign", "mtm_kwd", "itm_source", "cm_mmc", "s_cid", "sfmc_id", "elqTrackId", "_branch_match_id", "dicbo", "tblci", "spm",
	} {
		if !isTracking(name) {
			t.Errorf("%s is taken for content", name)
		}
	}
	for _, name := range []string{
		"id", "p", "page", "q", "s", "cid", "aid", "article", "story", "ref", "source", "from", "partner", "campaign", "lang", "date", "year",
		"month", "day", "v", "t", "tag", "cat", "category", "section", "type", "print", "amp", "output", "pk", "pk_id", "mod", "feature", "at", "utm", "si", "",
	} {
		if isTracking(name) {
			t.Errorf("%s is taken for tracking", name)
		}
	}
	if n := len(tracking) + len(trackingPrefixes); n < 150 {
		t.Errorf("%d names and prefixes", n)
	}
	for name := range tracking {
		if name != strings.ToLower(name) {
			t.Errorf("%s is not in lower case and never found", name)
		}
		if slices.ContainsFunc(trackingPrefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			t.Errorf("%s is covered by a prefix", name)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	u, err := Parse("https://www.example.com/world/2026/11/24/some-article-title.html?ref=home&utm_source=x")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Key(u)
	}
}
