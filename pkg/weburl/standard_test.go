package weburl

import (
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	whatwg "github.com/nlnwa/whatwg-url/url"
)

// TestStandard holds what the URL standard says and net/url does not.
func TestStandard(t *testing.T) {
	base, err := Parse("https://e.com/dir/page?x=1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ raw, want string }{ // want "" stands for a refusal
		// IPv4 in any number of parts and any base.
		{"http://127.1/", "http://127.0.0.1/"},
		{"http://0x7f.1/", "http://127.0.0.1/"},
		{"http://0x7F000001/", "http://127.0.0.1/"},
		{"http://2130706433/", "http://127.0.0.1/"},
		{"http://017700000001:8080/", "http://127.0.0.1:8080/"},
		{"http://0177.0.0.0x1/", "http://127.0.0.1/"},
		{"http://10.0.513/", "http://10.0.2.1/"},
		{"http://169.254.43518/", "http://169.254.169.254/"},
		{"http://0/", "http://0.0.0.0/"},
		{"http://127.0.0.1./", "http://127.0.0.1/"},
		{"http://１２７.１/", "http://127.0.0.1/"},
		{"http://%31%32%37.1/", "http://127.0.0.1/"},
		{"http://127。0。0。1/", "http://127.0.0.1/"},
		{"http://256.1.1.1/", ""},
		{"http://1.2.3.4.5/", ""},
		{"http://09.1/", ""},
		{"http://4294967296/", ""},
		{"http://a.0x1/", ""},
		{"http://1.2.3.4a/", "http://1.2.3.4a/"},
		// IPv6 in its shortest form.
		{"http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"},
		{"http://[1:0:0:2:0:0:0:3]/", "http://[1:0:0:2::3]/"},
		{"http://[0:0:0:0:0:0:0:1]:8080/", "http://[::1]:8080/"},
		{"http://[::1%25lo]/", ""},
		{"http://[::1/", ""},
		{"http://[1:2:3]/", ""},
		// Names: UTS 46, percent-encoding, what none may hold.
		{"https://ＥＸＡＭＰＬＥ.com/", "https://example.com/"},
		{"https://faß.example/", "https://xn--fa-hia.example/"},
		{"https://ex%61mple.com/", "https://example.com/"},
		{"https://%C3%BC.example/", "https://xn--tda.example/"},
		{"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"},
		{"https://XN--BCHER-KVA.example/", "https://xn--bcher-kva.example/"},
		{"https://日本語。jp/", "https://xn--wgv71a119e.jp/"},
		{"https://soft\u00adhyphen.example/", "https://softhyphen.example/"},
		{"https://xn--a.example/", ""},
		{"https://xn--/", ""},
		{"https://a\u200db.example/", ""},
		{"https://\u00ad/", ""},
		{"https://a b.example/", ""},
		{"https://a%2Fb.example/", ""},
		{"https://a%00b.example/", ""},
		{"https://a%zz.example/", ""},
		{"https://e.com%0Aevil.example/", ""},
		// Slashes: any number, either way.
		{"https:e.org", "https://e.com/dir/e.org"}, // the base's scheme: relative
		{"http:e.org", "http://e.org/"},
		{"https:////e.org/", "https://e.org/"},
		{`\\e.org\a`, "https://e.org/a"},
		{`/\e.org/a`, "https://e.org/a"},
		{`https:\e.org`, "https://e.com/e.org"},
		{"///e.org/a", "https://e.org/a"},
		{`https://e.org\@evil.example/`, "https://e.org/@evil.example/"},
		{"https://user:p%40ss@e.org/", "https://e.org/"},
		{"https://e.com@evil.example/", "https://evil.example/"},
		{"https://e.org:@evil.example/", "https://evil.example/"},
		// Ports.
		{"https://e.org:/", "https://e.org/"},
		{"https://e.org:000443/", "https://e.org/"},
		{"https://e.org:65535/", "https://e.org:65535/"},
		{"https://e.org:65536/", ""},
		{"https://e.org:8 0/", ""},
		{"https://e.org:-1/", ""},
		// White space and control characters.
		{"\x00\x1f https://e.org/ \n", "https://e.org/"},
		{"ht\ntps://e.\torg/\ra", "https://e.org/a"},
		{"https://e.org/a\x00b", "https://e.org/a%00b"},
		{"https://e.org/\u00a0", "https://e.org/%C2%A0"},
		// Percent-encode sets of paths and queries.
		{"https://e.org/!$&'()*+,-.:;=@[]_~", "https://e.org/!$&'()*+,-.:;=@[]_~"},
		{"https://e.org/\"<>^`{}", "https://e.org/%22%3C%3E%5E%60%7B%7D"},
		{"https://e.org/?!$&()*+,-./:;=@[]_~?^`{|}\\", "https://e.org/?!$&()*+,-./:;=@[]_~?^`{|}\\"},
		{"https://e.org/?\"<>'", "https://e.org/?%22%3C%3E%27"},
		{"https://e.org/%e4%zz%", "https://e.org/%e4%25zz%25"},
		{"https://e.org/a|b", "https://e.org/a%7Cb"},
		{"https://e.org/?%e4%zz%", "https://e.org/?%e4%zz%"},
		{"https://e.org/\xe4?\xe4", "https://e.org/%E4?%E4"},
		{"https://e.org/💩?💩", "https://e.org/%F0%9F%92%A9?%F0%9F%92%A9"},
		// Dot segments, plain, encoded and half encoded.
		{"..", "https://e.com/"},
		{".", "https://e.com/dir/"},
		{"./a/..", "https://e.com/dir/"},
		{"/a/%2e/b/.%2E/c", "https://e.com/a/c"},
		{"/a/..%2Fb", "https://e.com/a/..%2Fb"},
		{"/a/...", "https://e.com/a/..."},
		{"/../../a", "https://e.com/a"},
		{"/a//../b", "https://e.com/a/b"},
		// References.
		{"?", "https://e.com/dir/page?"},
		{"#f", "https://e.com/dir/page?x=1"},
		{"a:b", ""},
		{"./a:b", "https://e.com/dir/a:b"},
		{"data:text/html,x", ""},
		{"javascript:void(0)", ""},
		{"mailto:a@e.com", ""},
		{"file:///etc/passwd", ""},
		{"wss://e.com/", ""},
		{"blob:https://e.com/x", ""},
	} {
		u, err := Resolve(base, c.raw)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("Resolve(%q) = %s, want an error", c.raw, u)
		case c.want != "" && err != nil:
			t.Errorf("Resolve(%q): %v", c.raw, err)
		case c.want != "" && u.String() != c.want:
			t.Errorf("Resolve(%q) = %s, want %s", c.raw, u, c.want)
		}
	}
}

// TestQuickIsThorough compares the two parsers on URLs that are plain but for
// a few places.
func TestQuickIsThorough(t *testing.T) {
	base, err := Parse("https://base.example:8080/dir/page;v=1?x=1")
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	parts := []string{
		"https://", "http://", "//", "/", "/", "/", "?", "&", "=", ":", ".", "..", "%2e", "%41", "%", "a", "b-c", "D", "_", "1", "80", ":80", ":443", ":8080",
		"e.com", "127.0.0.1", "0x7f", "xn--", "news", "2026/11/24", "index.html", "|", "^", "'", "\"", "[", "]", "{", "~", "!", "(", "\\", "@", ";", ",", "+", "ä", " ", "\t",
	}
	hits := 0
	for range 60_000 {
		raw := ""
		if rng.IntN(2) == 0 {
			raw = "https://e.com"
		}
		if rng.IntN(4) == 0 {
			raw = []string{"//e.com", "./", "../", "../../", "./../../../"}[rng.IntN(5)]
		}
		for range 1 + rng.IntN(7) {
			raw += parts[rng.IntN(len(parts))]
		}
		from := base
		if rng.IntN(4) == 0 {
			from = nil
		}
		if compare(t, from, strings.TrimLeft(raw, " \t")) {
			hits++
		}
	}
	if hits < 5_000 {
		t.Errorf("%d URLs were parsed quickly, want more", hits)
	}
}

// compare says whether the reference was parsed quickly, and checks that the
// result is that of the standard's parser.
func compare(t *testing.T, base *url.URL, raw string) bool {
	t.Helper()
	q, ok := quick(base, raw)
	if !ok {
		return false
	}
	want, err := thorough(base, raw+"#") // white space before a fragment counts
	if err != nil {
		t.Fatalf("quick(%v, %q) = %s, thorough: %v", base, raw, q, err)
	}
	if q.String() != want.String() || q.Host != want.Host || q.Path != want.Path || q.RawQuery != want.RawQuery {
		t.Fatalf("quick(%v, %q) = %s, thorough %s", base, raw, q, want)
	}
	return true
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"http://e.com/a/../b?x=%zz#f", `https:\\E.com\%2e%2e\x`, "http://[::1]:80/", "https://ä.example/ä?ä",
		"http://a:b@c_d.e:0443/;jsessionid=1?utm_x&b", "//x", "http://e.com/?q=\x80 '", "http://e.com/%41%2f%e4",
		"http://0x7f.1/", "http://1.-1/", "http://%31.2/", "//[1::2]:0/", "http://xn--bcher-kva/", "?", "", "/a|b^c",
		"/(S(0123456789abcdefghijklmn))/a;sid=1;jsessionid=2?sid=0123456789abcdef", "?b&a=1", "?b=1&a=1",
		"//e.org:80", "//e.org?a", "../../a", "./..//a?../", ".//./x", "../..", "././",
	} {
		f.Add(s)
	}
	base, err := Parse("https://base.example/dir/page?x=1")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, b := range []*url.URL{nil, base} {
			written, _, _ := strings.Cut(strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' }), "#")
			compare(t, b, written)
			if u, err := Resolve(b, raw); err == nil {
				checkStable(t, u)
				checkStandard(t, b, raw, u)
			}
		}
	})
}

// checkStandard checks that u is what the standard's parser says, but for the
// differences that Parse names.
func checkStandard(t *testing.T, base *url.URL, raw string, u *url.URL) {
	t.Helper()
	from := ""
	if base != nil {
		from = base.String()
	}
	w, err := parser.ParseRef(from, encodeInvalid(raw))
	if err != nil {
		t.Fatalf("Resolve(%v, %q) = %s, the standard: %v", base, raw, u, err)
	}
	w.SetUsername("")
	w.SetPassword("")
	want := strings.Replace(w.Href(true), w.Hostname(), strings.TrimSuffix(w.Hostname(), "."), 1)
	if got := u.String(); got != want && got != strings.Replace(want, w.Pathname(), encodeStray(w.Pathname()), 1) {
		t.Fatalf("Resolve(%v, %q) = %s, the standard: %s", base, raw, got, want)
	}
}

// checkStable checks what holds of every URL that Parse returns.
func checkStable(t *testing.T, u *url.URL) {
	t.Helper()
	text := u.String()
	again, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	if again.String() != text {
		t.Fatalf("Parse(%q) = %q", text, again)
	}
	if len(text) > MaxLength || u.User != nil || u.Fragment != "" || !strings.HasPrefix(u.Path, "/") {
		t.Fatalf("%q breaks the contract", text)
	}
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7f {
			t.Fatalf("%q holds byte %#x", text, text[i])
		}
	}
	key := Key(u)
	k, err := Parse(key)
	if err != nil {
		if errors.Is(err, ErrTooLong) {
			return // "https" is longer than "http"
		}
		t.Fatalf("Parse(Key) = %q: %v", key, err)
	}
	if Key(k) != key {
		t.Fatalf("Key(%q) = %q", key, Key(k))
	}
}

func BenchmarkParse(b *testing.B) {
	const plain = "https://www.example.com/world/2026/11/24/some-article-title.html?ref=home"
	base, err := Parse(plain)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, raw string }{
		{"plain", plain},
		{"reference", "/world/2026/11/24/some-article-title.html"},
		{"encoded", "/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1/2026/11/24/%D8%B9%D9%86%D9%88%D8%A7%D9%86"},
		{"odd", "/أخبار/2026/11/24/عنوان"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Resolve(base, c.raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("net-url", func(b *testing.B) {
		for b.Loop() {
			if _, err := url.Parse(plain); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("whatwg", func(b *testing.B) {
		for b.Loop() {
			if _, err := whatwg.Parse(plain); err != nil {
				b.Fatal(err)
			}
		}
	})
}
