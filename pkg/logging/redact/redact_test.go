package redact

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJwcmVzc21pbGwifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"

var urlTests = map[string]string{
	"https://example.org/a?b=c#d":                                   "https://example.org/a?b=c#d",
	"https://u:p@example.org/":                                      "https://REDACTED@example.org/",
	"https://example.org/?X-Amz-Signature=ab&a=1":                   "https://example.org/?X-Amz-Signature=REDACTED&a=1",
	"https://example.org/?%74oken=ab":                               "https://example.org/?%74oken=REDACTED",
	"https://example.org/#access_token=ab&state=1":                  "https://example.org/#access_token=REDACTED&state=1",
	"nats://u:p@h1:4222,nats://u:p@h2:4222":                         "nats://REDACTED@h1:4222,nats://REDACTED@h2:4222",
	"nats://token@h1:4222,h2:4222":                                  "nats://REDACTED@h1:4222,h2:4222",
	"http://u:p%@example.org/x?key=s%zz":                            "http://REDACTED@example.org/x?key=REDACTED",
	"http://u:p?#@example.org/x":                                    "http://REDACTED@example.org/x",
	"https://example.org?mail=a@b.c&auth=1":                         "https://example.org?mail=a@b.c&auth=REDACTED",
	"https://example.org//@user/a%20b?q=a+b":                        "https://example.org//@user/a%20b?q=a+b",
	"::not a url?token=abc":                                         "::not a url?token=REDACTED",
	"https://example.org/?keyword=x&tokens=2&monkey=":               "https://example.org/?keyword=x&tokens=2&monkey=",
	"https://b.blob.core.windows.net/c?sv=2024&sp=rl&sig=a%2Bb%3D":  "https://b.blob.core.windows.net/c?sv=2024&sp=rl&sig=REDACTED",
	"nats://u:p/w@h:4222":                                           "nats://REDACTED@h:4222",
	"https://example.org:8080/@user":                                "https://example.org:8080/@user",
	"https://a.org/login?next=https%3A%2F%2Fb.org%2F%3Ftoken%3Dabc": "https://a.org/login?next=https%3A%2F%2Fb.org%2F%3Ftoken%3DREDACTED",
	"https://storage.googleapis.com/b/o?X-Goog-Credential=a%40b":    "https://storage.googleapis.com/b/o?X-Goog-Credential=REDACTED",
}

func TestURL(t *testing.T) {
	for raw, want := range urlTests {
		if got := URL(raw); got != want {
			t.Errorf("%s became %s, want %s", raw, got, want)
		}
		if got := Text(raw); got != want {
			t.Errorf("as a text, %s became %s, want %s", raw, got, want)
		}
	}
}

func TestText(t *testing.T) {
	header := http.Header{"Authorization": {"Bearer abc.def"}, "Accept": {"text/html"}, "Cookie": {"a=b; c=d"}}
	tests := map[string]string{
		"":                                                  "",
		"fetched":                                           "fetched",
		"a page of 12 KB":                                   "a page of 12 KB",
		"key=articles/e1-p03.jsonl.zst":                     "key=articles/e1-p03.jsonl.zst",
		"read token: unexpected end":                        "read token: unexpected end",
		"parse password: it is empty":                       "parse password: it is empty",
		"mail editor@example.org for details":               "mail editor@example.org for details",
		"a bearer of news, and basic research":              "a bearer of news, and basic research",
		"Basic authentication failed":                       "Basic authentication failed",
		"bearer authentication is refused":                  "bearer authentication is refused",
		"robots: https://example.org:8080/robots.txt: 404":  "robots: https://example.org:8080/robots.txt: 404",
		"see https://a.org/@user (and https://b.org/?q=1).": "see https://a.org/@user (and https://b.org/?q=1).",

		`Get "https://u:p@example.org/feed?token=abc&x=1": dial tcp: lookup example.org: no such host`: `Get "https://REDACTED@example.org/feed?token=REDACTED&x=1": dial tcp: lookup example.org: no such host`,
		`parse "nats://user:pa ss@h": net/url: invalid userinfo`:                                       `parse "nats://REDACTED@h": net/url: invalid userinfo`,
		`parse "nats://u:p\"w@h": invalid`:                                                             `parse "nats://REDACTED@h": invalid`,
		`{"error":"Get \"https://u:p@h/?sig=a\" failed","n":1}`:                                        `{"error":"Get \"https://REDACTED@h/?sig=REDACTED\" failed","n":1}`,
		"connect to nats://u:p@a:4222, nats://u:p@b:4222: refused":                                     "connect to nats://REDACTED@a:4222, nats://REDACTED@b:4222: refused",
		"moved to /feed?token=abc, which is elsewhere":                                                 "moved to /feed?token=REDACTED, which is elsewhere",
		"moved to https://h/a;jsessionid=ABC?b=c":                                                      "moved to https://h/a;jsessionid=REDACTED",
		"(https://h/?token=abc).":                                                                      "(https://h/?token=REDACTED).",
		"AccountName=news;AccountKey=a+b/c==;EndpointSuffix=core":                                      "AccountName=news;AccountKey=REDACTED;EndpointSuffix=core",
		"AWS_SECRET_ACCESS_KEY=abc AWS_ACCESS_KEY_ID=id":                                               "AWS_SECRET_ACCESS_KEY=REDACTED AWS_ACCESS_KEY_ID=id",
		"authorization=Bearer abcdef123 next":                                                          "authorization=REDACTED REDACTED next",
		`parse "nats://u:hun/ter2@h:4222": invalid port ":hun" after host`:                             `parse "nats://REDACTED@h:4222": invalid port ":REDACTED" after host`,
		"client_secret=abc access_token=def id=1":                                                      "client_secret=REDACTED access_token=REDACTED id=1",
		"Authorization: Bearer abc.def":                                                                "Authorization: REDACTED",
		"authorization: NATS user\nAccept: */*":                                                        "authorization: REDACTED\nAccept: */*",
		"Set-Cookie: sid=1; Path=/; HttpOnly\r\nServer: x":                                             "Set-Cookie: REDACTED\r\nServer: x",
		"sent Bearer abcdef0123456789, got 401":                                                        "sent Bearer REDACTED, got 401",
		"sent basic dXNlcjpwYXNzd29yZA==":                                                              "sent basic REDACTED",
		`{"password":"it's","user":"u"}`:                                                               `{"password":"REDACTED","user":"u"}`,
		`{\"api_key\": \"abc\"}`:                                                                       `{\"api_key\": \"REDACTED\"}`,
		"{User:u Password:hunter2 Token:abc}":                                                          "{User:u Password:REDACTED Token:REDACTED}",
		"GET http://h/ Cookie:[a=b]":                                                                   "GET http://h/ Cookie:[REDACTED]",
		fmt.Sprint(header):                                                                             "map[Accept:[text/html] Authorization:[REDACTED] Cookie:[REDACTED]]",
		"the token " + jwt + " is expired":                                                             "the token REDACTED is expired",
		"seed SUAGC3DQ5CBSHQHCGYQBQPVZBIYCJLZ3RCVZZTCWHQX2YIKQHTGGHFRDZM.":                             "seed REDACTED.",
		"-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\nnext":                           "-----BEGIN PRIVATE KEY-----REDACTED-----END PRIVATE KEY-----\nnext",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw is no secret of 24 bytes":                              "whsec_REDACTED is no secret of 24 bytes",
	}
	for raw, want := range tests {
		if got := Text(raw); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", raw, got, want)
		}
	}
}

// TestErrors takes errors as libraries make them.
func TestErrors(t *testing.T) {
	_, parse := url.Parse(strings.Join([]string{"nats://user:hunter2 ", "host"}, "@"))
	_, get := http.Get("http://user:hunter2@127.0.0.1:1/?sig=hunter2") //nolint:bodyclose,noctx // there is no answer
	joined := errors.Join(parse, get)
	for _, err := range []error{parse, get, joined, fmt.Errorf("fetch %q: %w", "https://h/?access_token=hunter2", joined)} {
		if err == nil || strings.Contains(Text(err.Error()), "hunter2") {
			t.Errorf("%v became %s", err, Text(err.Error()))
		}
	}
}

func TestTree(t *testing.T) {
	got := Tree(map[string]any{
		"url": "nats://u:p@h", "odd": "nats://u:p w@h", "level": "info", "n": 1,
		"headers": map[string]any{"X-Api-Key": "abc", "Authorization": "env:AUTH", "Accept-Language": "de"},
		"secrets": []any{"whsec_abc", "file:/run/secret"}, "proxy_auth": "u:p", "nkey_file": "/run/nkey", "password": "",
	})
	want := map[string]any{
		"url": "nats://REDACTED@h", "odd": "nats://REDACTED@h", "level": "info", "n": 1,
		"headers": map[string]any{"X-Api-Key": Mark, "Authorization": "env:AUTH", "Accept-Language": "de"},
		"secrets": []any{Mark, "file:/run/secret"}, "proxy_auth": Mark, "nkey_file": "/run/nkey", "password": "",
	}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// places are where secrets stand; %s is one.
var places = []string{
	"https://user:%s@example.org/a?b=1", "nats://%s@h1:4222,nats://u:%s@h2:4222", "https://h/?token=%s&x=1", "https://h/a#access_token=%s",
	`Get "https://u:%s@h/?sig=%s": refused`, "/feed?api_key=%s", "AccountKey=%s;x=1", "Authorization: Basic %s", "map[Cookie:[a=%s; b=%s]]",
	`{"client_secret":"%s"}`, "{Password:%s}", "sent Bearer %s to it", "https://h/login?next=%%2F%%3Ftoken%%3D%s",
}

// Whatever surrounds it, no secret survives, and to redact twice is to redact once.
func FuzzText(f *testing.F) {
	f.Add("see ", "hunter2hunter2", " there", uint8(0))
	for raw := range urlTests {
		f.Add(raw, "s3cr3tS3CR3T", raw, uint8(len(raw)))
	}
	f.Add("a \"b", "00000000", "' =:", uint8(8))
	f.Fuzz(func(t *testing.T, before, secret, behind string, place uint8) {
		for _, raw := range []string{before, before + secret + behind} {
			once := Text(raw)
			if twice := Text(once); once != twice {
				t.Errorf("%q: %q, then %q", raw, once, twice)
			}
			if url := URL(raw); URL(url) != url {
				t.Errorf("URL %q: %q, then %q", raw, url, URL(url))
			}
		}
		if len(secret) < 8 || strings.Trim(secret, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || strings.Contains(before+behind, secret) {
			return
		}
		switch secret { // words of sentences
		case "authentication", "authorization", "authorisation", "credentials":
			return
		}
		text := strings.ReplaceAll(places[int(place)%len(places)], "%s", secret)
		text = before + " " + strings.ReplaceAll(text, "%%", "%") + " " + behind
		if got := Text(text); strings.Contains(got, secret) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

// FuzzPlain has texts without anything that a secret comes with: they stay.
func FuzzPlain(f *testing.F) {
	f.Add("a page of https//example.org/ was read")
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.NewReplacer("=", "", ":", "", "@", "").Replace(s)
		for _, trigger := range []string{"earer", "asic", "EARER", "ASIC", "eyJ", "S", "whsec", "PRIVATE"} {
			s = strings.ReplaceAll(s, trigger, "")
		}
		if strings.Contains(strings.ToLower(s), "earer") || strings.Contains(strings.ToLower(s), "asic") {
			return
		}
		if got := Text(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func BenchmarkText(b *testing.B) {
	texts := map[string]string{
		"word":      "fetch.done",
		"id":        "0123456789abcdef0123456789abcdef",
		"URL":       "https://www.example.org/2026/11/28/old-ferry-pier-reopens-after-three-years-of-repairs",
		"parameter": "https://www.example.org/news/article?id=123456&page=2",
		"error":     `Get "https://www.example.org/feed": dial tcp 192.0.2.1:443: connect: connection refused`,
		"secret":    "nats://user:password@nats.example.org:4222",
	}
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Text(text)
			}
		})
	}
}
