package warc

import "testing"

func TestSURT(t *testing.T) {
	for raw, want := range map[string]string{
		"https://example.com/":                "com,example)/",
		"http://www.example.com":              "com,example)/",
		"https://www2.Example.COM/News/":      "com,example)/news",
		"https://wwwx.example.com/":           "com,example,wwwx)/",
		"https://www.com/a":                   "com,www)/a",
		"https://news.example.co.uk/a/b.html": "uk,co,example,news)/a/b.html",
		"https://example.com:443/a":           "com,example)/a",
		"http://example.com:8080/a":           "com,example:8080)/a",
		"https://user:secret@example.com/a":   "com,example)/a",
		"https://example.com/a?b=2&a=1&B=1":   "com,example)/a?a=1&b=1&b=2",
		"https://example.com/a?":              "com,example)/a",
		"https://example.com/a/?q=x#part":     "com,example)/a?q=x",
		"https://example.com/?q=x%20y":        "com,example)/?q=x%20y",
		"https://example.com/M%C3%BCnchen":    "com,example)/m%c3%bcnchen",
		"https://example.com/München":         "com,example)/m%c3%bcnchen",
		"http://127.0.0.1:8000/a":             "1,0,0,127:8000)/a",
		"http://[2001:DB8::1]/a":              "[2001:db8::1])/a",
		"http://[2001:db8::1]:81/a":           "[2001:db8::1]:81)/a",
		"https://bücher.example/":             "example,xn--bcher-kva)/",
		"https://www.xn--bcher-kva.example/":  "example,xn--bcher-kva)/",
		"https://日本語.jp/記事":                   "jp,xn--wgv71a119e)/%e8%a8%98%e4%ba%8b",
		"https://example.com/a b":             "com,example)/a%20b",
		"dns:Example.com":                     "dns:example.com",
		"urn:with space":                      "urn:with%20space",
		"":                                    "-",
	} {
		if got := SURT(raw); got != want {
			t.Errorf("SURT(%q) = %q, want %q", raw, got, want)
		}
	}
}
