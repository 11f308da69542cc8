package weburl

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"http://Example.COM", "http://example.com/"},
		{" https://e.com/a b\n", "https://e.com/a%20b"},
		{"HTTPS://e.com:443/x#frag", "https://e.com/x"},
		{"http://e.com:80/", "http://e.com/"},
		{"https://e.com:80/", "https://e.com:80/"},
		{"http://e.com:08080/", "http://e.com:8080/"},
		{"https://user:secret@e.com/", "https://e.com/"},
		{"https://e.com./a", "https://e.com/a"},
		{"https://bücher.example/ä?q=ä", "https://xn--bcher-kva.example/%C3%A4?q=%C3%A4"},
		{"https://BÜCHER.example/", "https://xn--bcher-kva.example/"},
		{"https://my_site.example.com/", "https://my_site.example.com/"},
		{"https://e.com/a/./b/../c", "https://e.com/a/c"},
		{"https://e.com/../../x", "https://e.com/x"},
		{"https://e.com/a%2Fb", "https://e.com/a%2Fb"},
		{"https://e.com/a/%2e%2E/b", "https://e.com/b"},
		{"https://e.com/100%", "https://e.com/100%25"},
		{"https://e.com/a%zz?b=%", "https://e.com/a%25zz?b=%"},
		{`https:\\e.com\a\b?c=\d`, `https://e.com/a/b?c=\d`},
		{"https://e.com/a\n\tb", "https://e.com/ab"},
		{"https://e.com/?q=a b\"<c>'", "https://e.com/?q=a%20b%22%3Cc%3E%27"},
		{"https://e.com?x=1", "https://e.com/?x=1"},
		{"http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"},
		{"http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"},
		{"https://e.com//a//b", "https://e.com//a//b"},
	} {
		u, err := Parse(c.raw)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.raw, err)
		} else if got := u.String(); got != c.want {
			t.Errorf("Parse(%q) = %s, want %s", c.raw, got, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want error // nil stands for any
	}{
		{"ftp://e.com/", ErrScheme},
		{"javascript:void(0)", ErrScheme},
		{"mailto:a@e.com", ErrScheme},
		{"/relative", ErrScheme},
		{"", ErrScheme},
		{"http://", ErrHost},
		{"http:", ErrHost},
		{"opaque:path", ErrScheme},
		{"http://a..b/", ErrHost},
		{"http://a<b/", nil},
		{"http://e.com:0/", ErrHost},
		{"http://e.com:99999/", ErrHost},
		{"http://e.com:x/", nil},
		{"http://[fe80::1%25eth0]/", ErrHost},
		{"http://" + strings.Repeat("a", 64) + ".com/", ErrHost},
		{"http://e.com/" + strings.Repeat("a", MaxLength), ErrTooLong},
		{"http://e.com/" + strings.Repeat("a", 10*MaxLength), ErrTooLong},
		{"http://e.com/?" + strings.Repeat("ä", MaxLength/5), ErrTooLong}, // when encoded
		{"http://e.com/" + strings.Repeat("a/", MaxLength/4), ErrTooLong},
		{`http://e.com/` + strings.Repeat(`\`, MaxLength/4), ErrTooLong},
		{"http://" + strings.Repeat("a@", MaxLength/4) + "e.com/", ErrTooLong},
	} {
		u, err := Parse(c.raw)
		if err == nil {
			t.Errorf("Parse(%.60q) = %v, want an error", c.raw, u)
		} else if c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("Parse(%.60q): %v, want %v", c.raw, err, c.want)
		}
	}
}

func TestResolve(t *testing.T) {
	base, err := Parse("https://e.com/news/today/index.html?x=1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ ref, want string }{
		{"story.html", "https://e.com/news/today/story.html"},
		{"../a", "https://e.com/news/a"},
		{"/b", "https://e.com/b"},
		{"//Other.com/c", "https://other.com/c"},
		{`\\other.com\c`, "https://other.com/c"},
		{"?page=2", "https://e.com/news/today/index.html?page=2"},
		{"", "https://e.com/news/today/index.html?x=1"},
		{"http://e.com/d", "http://e.com/d"},
		{" /a\nb ", "https://e.com/ab"},
	} {
		u, err := Resolve(base, c.ref)
		if err != nil {
			t.Errorf("Resolve(%q): %v", c.ref, err)
		} else if got := u.String(); got != c.want {
			t.Errorf("Resolve(%q) = %s, want %s", c.ref, got, c.want)
		}
	}
	if base.String() != "https://e.com/news/today/index.html?x=1" {
		t.Errorf("the base has become %s", base)
	}
	if u, err := Resolve(nil, "https://e.com/x"); err != nil || u.String() != "https://e.com/x" {
		t.Errorf("Resolve without a base = %v, %v", u, err)
	}
	if _, err := Resolve(nil, "/x"); !errors.Is(err, ErrScheme) {
		t.Errorf("Resolve(nil, /x): %v, want %v", err, ErrScheme)
	}
}

func TestDomain(t *testing.T) {
	for _, c := range []struct{ host, want string }{
		{"www.Example.co.uk", "example.co.uk"},
		{"a.b.example.com:8080", "example.com"},
		{"example.com.", "example.com"},
		{"blog.github.io", "blog.github.io"},
		{"127.0.0.1", "127.0.0.1"},
		{"127.0.0.1:8080", "127.0.0.1:8080"},
		{"[::1]:8080", "[::1]:8080"},
		{"localhost:8080", "localhost:8080"},
		{"com", "com"},
	} {
		if got := Domain(c.host); got != c.want {
			t.Errorf("Domain(%s) = %s, want %s", c.host, got, c.want)
		}
	}
}
