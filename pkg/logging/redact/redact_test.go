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

// letters are what the keys of services are made of.
const letters = "aB3dE5gH1jK7mN9pQ2sT4vW6xY8zA0cD5fG3hJ1kL"

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
	"//user:p@example.org/a?b=c":                                    "//REDACTED@example.org/a?b=c",
	"//example.org/@user?mail=a@b.c":                                "//example.org/@user?mail=a@b.c",
	"https://example.org/?token[]=ab&user[password]=cd&tags[]=e":    "https://example.org/?token[]=REDACTED&user[password]=REDACTED&tags[]=e",
	"https://example.org/?token%5B%5D=ab":                           "https://example.org/?token%5B%5D=REDACTED",
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
		"dial //u:p@h:4222: refused":                                                                   "dial //REDACTED@h:4222: refused",
		"posted token[]=abc to /login?user[password]=def":                                              "posted token[]=REDACTED to /login?user[password]=REDACTED",
		"login: user: admin, password: hunter2, realm: news":                                           "login: user: admin, password: REDACTED, realm: news",
		"user: admin\n  password: correct\nhost: h":                                                    "user: admin\n  password: REDACTED\nhost: h",
		"password = hunter":                                                                            "password = REDACTED",
		"secret=abc":                                                                                   "secret=REDACTED",
		"token: file:/run/token1, password: env:P4SSW0RD, secret: /run/s3cret":                         "token: file:/run/token1, password: env:P4SSW0RD, secret: /run/s3cret",
		"pushed with ghp_" + letters[:36] + ".":                                                        "pushed with REDACTED.",
		"github_pat_" + letters[:40] + " is used":                                                      "REDACTED is used",
		"AKIAIOSFODNN7EXAMPLE":                                                                         "REDACTED",
		"https://maps.example.org/js?v=3&client=AIza" + letters[:35]:                                   "https://maps.example.org/js?v=3&client=REDACTED",
		"hook xoxb-123456789012-" + letters[:24] + " failed":                                           "hook REDACTED failed",
		"header=Bearer%20" + jwt + "%3B":                                                               "header=Bearer%20REDACTED%3B",
		"-----BEGIN RSA PRIVATE KEY-----\\nMIGH\\n-----END RSA PRIVATE KEY-----\\n":                    "-----BEGIN RSA PRIVATE KEY-----REDACTED-----END RSA PRIVATE KEY-----\\n",
		"-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\nnext":                           "-----BEGIN PRIVATE KEY-----REDACTED-----END PRIVATE KEY-----\nnext",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw is no secret of 24 bytes":                              "whsec_REDACTED is no secret of 24 bytes",
	}
	for raw, want := range tests {
		if got := Text(raw); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", raw, got, want)
		}
	}
}

// TestNews has titles, sentences and addresses as news have them, with the words
// and letters that secrets come with: they stay as they are.
func TestNews(t *testing.T) {
	for _, line := range []string{
		"The password: why 123456 is still the most popular one",
		"Secret: how a village hid its gold for 80 years",
		"Access token: a museum's brass coins open every door again",
		"Bearer of bad news: council cuts 12 bus lines",
		"Basic income: 2026 trial ends, and what 1,200 people did with it",
		"Opinion: Authorization is not authentication",
		"Cookie recipes = comfort, says the baker of Tidewick",
		"Key: red means closed, green means open",
		"ASIA PACIFIC: AKIAK AND OTHER TOWNS BRACE FOR ICE",
		"Trade secrets: court orders maker to pay $20m",
		"Minister's signature: three pages, one word",
		"A+B=C: the algebra of coalitions @ the fair",
		"Ghp_ou? The typo that stopped a port",
		"Sport: SV Seefeld 3:1, SCHALKE 04 - SUNDERLAND 2:2",
		"https://www.example.org/2026/11/28/asia-pacific-key-token-secret-password-manager-tested",
		"https://www.example.org/news/article-1234567890.html?utm_source=feed&keyword=password&page=2#comments",
		"https://www.example.org/a_b_c/xoxo-gossip-columnist-returns-after-ten-years",
		"https://example.org/story;id=12?ref=//cdn.example.org/x",
		"//cdn.example.org/img/2026/photo@2x.jpg",
		"https://example.org/@editor/4711: redirected to https://example.org/en/@editor/4711",
		"https://sk.example.org/sk_life_of_a_town/eyJafjallajokull-ten-years-on.html",
		"feed: XML syntax error on line 12: invalid character entity &token;",
		"parse token: unexpected end of JSON input",
		"articles[0].title = \"Old ferry pier\"",
	} {
		if got := Text(line); got != line {
			t.Errorf("%s\nbecame %s", line, got)
		}
	}
}

// TestTwice has texts of which a second pass once took away more.
func TestTwice(t *testing.T) {
	for _, raw := range []string{"://?sig=0#'0", "00000:// =00000", "a://?sig=x'&key=y'z", "Cookie: token=a\"b"} {
		if once := Text(raw); Text(once) != once {
			t.Errorf("%s became %s, then %s", raw, once, Text(once))
		}
	}
}

// TestLongTexts ends only if long texts cost no more than many short ones.
func TestLongTexts(t *testing.T) {
	for _, s := range []string{"]=", "(//", "(//u@", "://", "://u:p@", "ghp_", "eyJ.", "whsec_", "password: ", "token[", "=//", "a=&", "Basic ", "x:y"} {
		long := strings.Repeat(s, 1<<18/len(s)) + "@= :"
		if once := Text(long); Text(once) != once {
			t.Errorf("%q, many times: redacting it twice takes away more", s)
		}
	}
}

// TestErrors takes errors as libraries make them.
func TestErrors(t *testing.T) {
	_, parse := url.Parse(strings.Join([]string{"nats://user:hunter2 ", "host"}, "@"))
	_, get := http.Get("http://user:hunter2@127.0.0.1:1/?sig=hunter2") // there is no answer
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
	"dial //u:%s@h: refused", "/a?token[]=%s&user[password]=%s", "\npassword: %s\n", "with secret = %s",
}

// Whatever surrounds it, no secret survives, and to redact twice is to redact once.
func FuzzText(f *testing.F) {
	f.Add("see ", "hunter2hunter2", " there", uint8(0))
	for raw := range urlTests {
		f.Add(raw, "s3cr3tS3CR3T", raw, uint8(len(raw)))
	}
	f.Add("://?sig=0#'0", "00000000", "", uint8(0))
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
		for _, trigger := range []string{"eyJ", "S", "whsec", "PRIVATE", "gh", "sk_", "AKIA", "AIza", "xox", "pat_"} {
			s = strings.ReplaceAll(s, trigger, "")
			if strings.Contains(s, trigger) {
				return // of what was around it
			}
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
