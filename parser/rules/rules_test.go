package rules

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/config"
	"pressmill/pkg/weburl"
)

func TestParseSelector(t *testing.T) {
	class := func(v string) AttrTest { return AttrTest{"class", Word, v} }
	for text, want := range map[string][]Path{
		"h1":              {{Steps: []Step{{Tag: "h1"}}}},
		" DIV.a.b#C ":     {{Steps: []Step{{Tag: "div", Attrs: []AttrTest{class("a"), class("b"), {"id", Equals, "C"}}}}}},
		"a b > c":         {{Steps: []Step{{Tag: "a"}, {Tag: "b"}, {Tag: "c", Child: true}}}},
		"a>b":             {{Steps: []Step{{Tag: "a"}, {Tag: "b", Child: true}}}},
		"*:first-child":   {{Steps: []Step{{First: true}}}},
		":first-child":    {{Steps: []Step{{First: true}}}},
		"a, .b@href , c":  {{Steps: []Step{{Tag: "a"}}}, {Steps: []Step{{Attrs: []AttrTest{class("b")}}}, Attr: "href"}, {Steps: []Step{{Tag: "c"}}}},
		"[hidden]":        {{Steps: []Step{{Attrs: []AttrTest{{"hidden", Exists, ""}}}}}},
		"[a=b][c^='d e']": {{Steps: []Step{{Attrs: []AttrTest{{"a", Equals, "b"}, {"c", Prefix, "d e"}}}}}},
		`[a$="]"]`:        {{Steps: []Step{{Attrs: []AttrTest{{"a", Suffix, "]"}}}}}},
		"[ A *= b ]":      {{Steps: []Step{{Attrs: []AttrTest{{"a", Contains, "b"}}}}}},
		"[a~=b] @Content": {{Steps: []Step{{Attrs: []AttrTest{{"a", Word, "b"}}}}, Attr: "content"}},
		`.md\:w-1\/2`:     {{Steps: []Step{{Attrs: []AttrTest{class("md:w-1/2")}}}}},
		"my-box.größe":    {{Steps: []Step{{Tag: "my-box", Attrs: []AttrTest{class("größe")}}}}},
	} {
		s, err := ParseSelector(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if d := cmp.Diff(want, s.Paths); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
}

func TestParseSelectorFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":             `selector "": ends too early`,
		"a,":           "ends too early",
		"a >":          "ends too early",
		"> a":          `unexpected '>' at 1`,
		"a > > b":      `unexpected '>' at 5`,
		"a + b":        `unexpected '+' at 3`,
		"a..b":         `unexpected '.' at 3`,
		"[a":           "ends too early",
		"[a=]":         `unexpected ']' at 4`,
		"[a='b]":       "the quote at 4 is not closed",
		"[a|=b]":       `unexpected '|' at 3`,
		"[a^='']":      "[a] compares with nothing, which never matches",
		"a:hover":      ":hover is not known; of the pseudo-classes only :first-child is",
		"@content":     `unexpected '@' at 1`,
		"a@":           "ends too early",
		"a@b c":        `unexpected 'c' at 5`,
		"meta[name=x":  "ends too early",
		"a[href=x y]":  `unexpected 'y' at 10`,
		"p é > (b)":    `unexpected '(' at 8`,
		"a:not(.b)":    ":not is not known",
		`.a\`:          `unexpected '\\' at 3`,
		"div\x00.a":    `unexpected '\x00' at 4`,
		"a@href@title": `unexpected '@' at 7`,
	} {
		if _, err := ParseSelector(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestAccepts(t *testing.T) {
	const value = "story main-text"
	for _, c := range []struct {
		op    Op
		value string
		want  bool
	}{
		{Exists, "", true},
		{Equals, value, true},
		{Equals, "story", false},
		{Prefix, "sto", true},
		{Prefix, "main", false},
		{Suffix, "text", true},
		{Suffix, "story", false},
		{Contains, "y m", true},
		{Contains, "my", false},
		{Word, "main-text", true},
		{Word, "main", false},
	} {
		if got := (&AttrTest{Op: c.op, Value: c.value}).Accepts(value); got != c.want {
			t.Errorf("%d %q: %v", c.op, c.value, got)
		}
	}
}

func TestFind(t *testing.T) {
	set, err := Parse("s.yaml", []byte(`
- {domain: Example.com, zone: Europe/Berlin}
- {domain: example.com, path: /live/*, body: .posts}
- {domain: example.com, path: /live/*/archive, body: .old}
- {domain: sport.example.com}
- {domain: münchen.example}
- {domain: escaped.example, path: /caf%C3%A9/*}
`))
	if err != nil {
		t.Fatal(err)
	}
	if set.Len() != 6 {
		t.Errorf("%d rules", set.Len())
	}
	for url, want := range map[string]string{
		"https://example.com/a":                  "s.yaml#example.com",
		"https://www.example.com:8080/a?b":       "s.yaml#example.com",
		"https://www.example.com/live/1":         "s.yaml#example.com/live/*",
		"https://www.example.com/live/1/archive": "s.yaml#example.com/live/*/archive",
		"https://sport.example.com/live/1":       "s.yaml#sport.example.com",
		"https://escaped.example/café/1":         "s.yaml#escaped.example/café/*",
		"https://escaped.example/caf%c3%a9/1":    "s.yaml#escaped.example/café/*",
		"https://MÜNCHEN.example/":               "s.yaml#xn--mnchen-3ya.example",
		"https://notexample.com/":                "",
		"https://com/":                           "",
	} {
		u, err := weburl.Parse(url)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if s := set.Find(u); s != nil {
			got = s.Name
		}
		if got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
		if (*Set)(nil).Find(u) != nil {
			t.Error("no set must have no rules")
		}
	}
}

func TestMatchPath(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/a", "/a", true},
		{"/a", "/ab", false},
		{"/a*", "/ab/c", true},
		{"/*/b", "/a/x/b", true},
		{"/*/b", "/b", false},
		{"/*a*a", "/ab", false},
		{"/*a*a", "/aa", true},
		{"/*.html", "/x/y.html", true},
		{"/*.html", "/x/y.htm", false},
	} {
		if got := matchPath(c.pattern, c.path); got != c.want {
			t.Errorf("%s of %s: %v", c.pattern, c.path, got)
		}
	}
}

// TestFaults wants every fault at once, with its line.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"every fault": {`
- domain: a.example/x
  titel: h1
  body: [".a >", p@class, {b: c}]
  zone: Berlin
- path: live
  drop: []
  quux: 1
- domain: b.example
  lang: klingonisch-tlh
  title: a
  title: b
  image: [img]
- domain: c.example
  zone: [UTC]
- domain: c.example
- just text
`, `s.yaml:2: domain: "a.example/x" is no domain such as example.com
s.yaml:3: unknown key titel; did you mean title?
s.yaml:4: body: selector ".a >": ends too early
s.yaml:4: body: selector "p@class": body wants elements, not an attribute (@)
s.yaml:4: body: must be a selector or a list of selectors
s.yaml:5: zone: "Berlin" is no IANA time zone such as Europe/Berlin
s.yaml:6: path: a path begins with /
s.yaml:7: drop: is empty
s.yaml:8: unknown key quux; known are domain, path, title, standfirst, body, authors, published, modified, section, tags, image, drop, keep, zone, lang
s.yaml:6: domain: is missing
s.yaml:10: lang: "klingonisch-tlh" is no language such as de or pt-BR
s.yaml:12: key title stands twice, first in line 11
s.yaml:15: zone: must be one value
s.yaml:16: c.example has a rule already, at s.yaml:14
s.yaml:17: a site must be a mapping of keys to values`},
		"query":      {"domain: a.example\npath: /news?id=*", "s.yaml:2: path: a path ends in front of ? and #"},
		"escapes":    {"domain: a.example\npath: /100%/*", `s.yaml:2: path: "/100%/*" is no path: invalid URL escape "%/*"`},
		"syntax":     {"domain: [", "s.yaml:"},
		"documents":  {"domain: a.example\n---\ndomain: b.example\n", "s.yaml:2: a second document begins; write several sites as a list"},
		"plain text": {"hello", "s.yaml:1: a site must be a mapping of keys to values"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("s.yaml", []byte(c.text))
			if !errors.Is(err, config.ErrInvalid) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	if set, err := Load(""); set != nil || err != nil {
		t.Errorf("no folder: %v, %v", set, err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": "domain: a.example", "b.yml": "# nothing", "c.txt": "no: rule", "d.yaml": "- domain: d.example"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if set, err := Load(dir); err != nil || set.Len() != 2 {
		t.Errorf("%v, %v", set, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "e.yaml"), []byte("domain: a.example"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "e.yaml:1: a.example has a rule already, at "+filepath.Join(dir, "a.yaml")+":1") {
		t.Errorf("twice in two files: %v", err)
	}
	if _, err := Load(dir + "/absent"); !errors.Is(err, config.ErrInvalid) {
		t.Errorf("absent folder: %v", err)
	}
}

// TestExample wants the example to hold every key.
func TestExample(t *testing.T) {
	const file = "../../deploy/rules/example.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set, err := Load(filepath.Dir(file))
	if err != nil || set.Len() != 2 {
		t.Fatalf("%d rules, %v", set.Len(), err)
	}
	for _, key := range keys {
		if !strings.Contains(string(data), " "+key+": ") {
			t.Errorf("no key %s in the example", key)
		}
	}
}

func FuzzSelector(f *testing.F) {
	for _, s := range []string{"div.a > p:first-child, #b[c^='d']@e", `[a="b`, ">", `\`, "*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSelector(text)
		if err != nil {
			return
		}
		for _, p := range s.Paths {
			if len(p.Steps) == 0 {
				t.Errorf("%q has an alternative without steps", text)
			}
		}
	})
}

// FuzzParse: whatever a file of rules holds, it is rules or invalid.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile("../../deploy/rules/example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte("- &a {domain: example.com, body: [.text, *b]}\n- *a"))
	f.Add([]byte("domain: example.com\nzone: ../../etc/passwd\nlang: x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := Parse("site.yaml", data)
		if err != nil && !errors.Is(err, config.ErrInvalid) {
			t.Errorf("%q: %v is not ErrInvalid", data, err)
		}
		if err == nil {
			u, _ := weburl.Parse("https://example.com/a")
			set.Find(u)
		}
	})
}
