package weburl

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPlainAgrees compares the short cuts with the long way.
func TestPlainAgrees(t *testing.T) {
	for ref, want := range map[string]bool{
		"/": true, "/a/b-c_d.html": true, "/a/~b:c@d,e=f&g+h$": true, "/a?b=c&d=/e:f": true, "http://e.com:8080/a": true,
		"": false, "a": false, "//e.com/a": false, "/a//b": false, "/a/../b": false, "/a/.b": false, "/%41": false, "/a b": false,
		"/a?": false, "/a?b%20c": false, "/a?b'c": false, "/a#b": false, "/\u00e9": false, "/a;b": false, "/(a)": false,
		"http://e.com:8080": false, "http://e.com:80801/a": false, "http://e.com/a": false, "https://e.com:8080/a": false, "mailto:a": false,
	} {
		if got := checkPlain(t, "http://e.com:8080/x/y?z", ref); got != want {
			t.Errorf("%q is plain: %v, want %v", ref, got, want)
		}
	}
}

func FuzzPlainAgrees(f *testing.F) {
	f.Add("https://example.org/", "/a/b?c=d")
	f.Add("https://example.org/x/", "https://example.org/a:b@c/$")
	f.Fuzz(func(t *testing.T, base, ref string) { checkPlain(t, base, ref) })
}

func checkPlain(t *testing.T, base, ref string) bool {
	t.Helper()
	b, err := Parse(base)
	if err != nil {
		return false
	}
	got, ok := resolvePlain(b, ref)
	if !ok {
		return false
	}
	want, err := resolve(b, ref)
	if err != nil {
		t.Fatalf("%q on %q is refused: %v", ref, base, err)
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(url.Userinfo{})); d != "" {
		t.Errorf("%q on %q (-long way +short cut):\n%s", ref, base, d)
	}
	if got, want := Key(got), key(want); got != want {
		t.Errorf("key of %q: %q, the long way is %q", ref, got, want)
	}
	return true
}
