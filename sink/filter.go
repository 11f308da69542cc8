package sink

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/idna"

	"pressmill/pkg/news"
)

// Filter says which articles a sink takes: those that every list which is not
// empty takes. A list takes what one of its elements names, and what none of
// those that begin with "-" names; a list of such alone takes all the rest.
//
// Takedowns are asked for their source only: whoever has an article has to hear
// that it is gone.
type Filter struct {
	// Sources are ids of sources, or domains, which stand for the sources of
	// what lies below them too.
	Sources []string `yaml:"sources"`
	// Domains are those of the article's own address, subdomains included. It may
	// lie elsewhere than its source.
	Domains []string `yaml:"domains"`
	// Languages are BCP 47 tags: en is also en-GB. The language that was detected
	// counts, or else the one that the page declares. An unknown one is none of
	// them.
	Languages []string `yaml:"languages"`
	Kinds     []string `yaml:"kinds"`
	// Keywords are words and phrases of the title, the standfirst or the body.
	// Case, accents, punctuation and the width of characters make no difference.
	// Words match as a whole; in scripts that write no spaces, and in Korean,
	// which writes particles onto words, anywhere.
	Keywords []string `yaml:"keywords"`
	// Exclude are keywords of articles that are left out.
	Exclude []string `yaml:"exclude"`

	once  sync.Once
	rules *rules
	err   error
}

// Validate reports every fault of the filter, joined into one error, or nil.
func (f *Filter) Validate() error {
	if f == nil {
		return nil
	}
	f.once.Do(func() { f.rules, f.err = f.compile() })
	return f.err
}

// Match says whether the sink takes an article, which is given as one JSON
// object: article/v1 or takedown/v1. It reads no further than it has to, so that
// an error, which is one of JSON, says that this is no article, but nil does
// not say that it is one. A nil filter takes everything. Match may be called at
// the same time from any goroutine; the lists must not change any more.
func (f *Filter) Match(article []byte) (bool, error) {
	if err := f.Validate(); err != nil {
		return false, err
	}
	if f == nil || f.rules.empty {
		return true, nil
	}
	return f.rules.match(article)
}

// rules is a filter made ready.
type rules struct {
	empty            bool
	sources, domains choice
	languages, kinds choice
	keywords         *keywords // nil: none
}

// choice is one list.
type choice struct{ wanted, unwanted []string }

// takes says whether the list takes what is(element) tells.
func (c choice) takes(is func(element string) bool) bool {
	return !slices.ContainsFunc(c.unwanted, is) && (len(c.wanted) == 0 || slices.ContainsFunc(c.wanted, is))
}

func (c choice) none() bool { return len(c.wanted)+len(c.unwanted) == 0 }

func (f *Filter) compile() (*rules, error) {
	var errs []error
	list := func(name string, elements []string, normalise func(string) (string, error)) (c choice) {
		for i, e := range elements {
			bare, out := strings.CutPrefix(strings.TrimSpace(e), "-")
			n, err := normalise(bare)
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("%s[%d]: %q %w", name, i, e, err))
			case out:
				c.unwanted = append(c.unwanted, n)
			default:
				c.wanted = append(c.wanted, n)
			}
		}
		return c
	}
	r := &rules{
		sources: list("sources", f.Sources, normalSource), domains: list("domains", f.Domains, normalDomain),
		languages: list("languages", f.Languages, normalLanguage), kinds: list("kinds", f.Kinds, normalKind),
	}
	words := list("keywords", f.Keywords, normalKeyword)
	excluded := list("exclude", f.Exclude, normalKeyword)
	if len(excluded.unwanted) > 0 {
		errs = append(errs, errors.New(`exclude: its elements are left out as they are, without "-"`))
	}
	words.unwanted = append(words.unwanted, excluded.wanted...)
	if !words.none() {
		r.keywords = newKeywords(words)
	}
	r.empty = r.sources.none() && r.domains.none() && r.languages.none() && r.kinds.none() && r.keywords == nil
	return r, errors.Join(errs...)
}

func normalSource(s string) (string, error) {
	if s == "" || strings.ContainsAny(s, " /:@*") {
		return "", errors.New("is neither the id of a source nor a domain")
	}
	if domain, err := normalDomain(s); err == nil {
		return domain, nil
	}
	return s, nil
}

func normalDomain(s string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil || ascii == "" || strings.ContainsAny(ascii, " /:@*") {
		return "", errors.New("is no domain such as example.org")
	}
	return ascii, nil
}

func normalLanguage(s string) (string, error) {
	tag := strings.ToLower(strings.ReplaceAll(s, "_", "-"))
	for i, part := range strings.Split(tag, "-") {
		letters := strings.Trim(part, "abcdefghijklmnopqrstuvwxyz") == ""
		if i == 0 && (!letters || len(part) < 2 || len(part) > 3) || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || part == "" || len(part) > 8 {
			return "", errors.New("is no language such as en or pt-BR")
		}
	}
	return tag, nil
}

func normalKind(s string) (string, error) {
	kinds := []string{
		string(news.KindNews), string(news.KindOpinion), string(news.KindLiveblog),
		string(news.KindGallery), string(news.KindVideo), string(news.KindUnknown),
	}
	if !slices.Contains(kinds, s) {
		return "", fmt.Errorf("is none of %s", strings.Join(kinds, ", "))
	}
	return s, nil
}

// features are the members of an article that rules look at, as raw JSON; nil
// is absent.
type features struct {
	schema, url, source, kind, lang, declared, title, summary, body []byte
}

// match collects the features in one pass. Articles have all but the standfirst
// in front of the body, which is most of them: there it stops, if what came
// before decides. Whatever the order, the result is the same.
func (r *rules) match(article []byte) (bool, error) {
	var f features
	var refused bool
	var failed error
	err := members(article, func(name, value []byte) bool {
		f.set(name, value)
		atBody := string(name) == "body" && f.head()
		if string(name) == "source" || atBody {
			var ok bool
			ok, failed = r.takesHead(&f, false)
			refused = !ok
		}
		return !refused && failed == nil && !(atBody && r.keywords == nil)
	})
	if err := errors.Join(err, failed); err != nil || refused {
		return false, err
	}
	if ok, err := r.takesHead(&f, true); !ok || err != nil || r.keywords == nil || f.takedown() {
		return ok, err
	}
	return r.takesText(&f)
}

func (f *features) set(name, value []byte) {
	switch string(name) {
	case "schema":
		f.schema = value
	case "url":
		f.url = value
	case "source":
		f.source = value
	case "kind":
		f.kind = value
	case "lang":
		f.lang = value
	case "lang_declared":
		f.declared = value
	case "title":
		f.title = value
	case "summary":
		f.summary = value
	case "body":
		f.body = value
	}
}

// head says whether what an article has in any case in front of its body is
// there.
func (f *features) head() bool {
	return f.schema != nil && f.url != nil && f.source != nil && f.kind != nil && f.title != nil
}

func (f *features) takedown() bool { return string(f.schema) == `"`+news.TakedownSchema+`"` }

// takesHead asks all rules but the keywords. Before the end of an article what
// is absent may still come, so that it decides nothing.
func (r *rules) takesHead(f *features, atEnd bool) (bool, error) {
	if ok, err := r.takesSource(f.source, atEnd); !ok || err != nil || f.schema == nil && !atEnd || f.takedown() {
		return ok, err
	}
	if ok, err := r.takesDomain(f.url, atEnd); !ok || err != nil {
		return ok, err
	}
	if ok, err := r.takesValue(r.kinds, f.kind, atEnd, func(kind, e string) bool { return kind == e }); !ok || err != nil {
		return ok, err
	}
	lang := f.lang
	if lang == nil {
		lang = f.declared
	}
	return r.takesValue(r.languages, lang, atEnd, func(tag, e string) bool {
		rest, ok := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), e)
		return ok && (rest == "" || rest[0] == '-')
	})
}

func (r *rules) takesSource(source []byte, atEnd bool) (bool, error) {
	if r.sources.none() || source == nil && !atEnd {
		return true, nil
	}
	id, err := memberText(source, "id")
	domain, err2 := memberText(source, "domain")
	if err := errors.Join(err, err2); err != nil {
		return false, err
	}
	return r.sources.takes(func(e string) bool { return id == e || below(domain, e) }), nil
}

func (r *rules) takesDomain(address []byte, atEnd bool) (bool, error) {
	if r.domains.none() || address == nil && !atEnd {
		return true, nil
	}
	final, err := memberText(address, "final")
	if err != nil {
		return false, err
	}
	host := ""
	if u, err := url.Parse(final); err == nil {
		host = u.Hostname()
	}
	return r.domains.takes(func(e string) bool { return below(host, e) }), nil
}

func (r *rules) takesValue(c choice, value []byte, atEnd bool, is func(value, element string) bool) (bool, error) {
	if c.none() || value == nil && !atEnd {
		return true, nil
	}
	text, err := appendText(nil, value)
	return err == nil && c.takes(func(e string) bool { return is(string(text), e) }), err
}

// below says whether a host is a domain or lies below it.
func below(host, domain string) bool {
	rest, ok := strings.CutSuffix(host, domain)
	return ok && (rest == "" || rest[len(rest)-1] == '.')
}

// takesText asks the keywords.
func (r *rules) takesText(f *features) (bool, error) {
	buf := foldBuffers.Get().(*foldBuffer)
	defer foldBuffers.Put(buf)
	buf.folded = buf.folded[:0]
	standfirst, text := []byte(nil), []byte(nil)
	err := members(f.summary, func(name, value []byte) bool {
		if string(name) == "text" {
			standfirst = value
		}
		return true
	})
	err2 := members(f.body, func(name, value []byte) bool {
		text = value
		return string(name) != "text"
	})
	if by, _ := memberText(f.summary, "by"); by != "standfirst" {
		standfirst = nil
	}
	for _, value := range [][]byte{f.title, standfirst, text} {
		if err == nil {
			err = buf.add(value)
		}
	}
	if err := errors.Join(err, err2); err != nil {
		return false, err
	}
	return r.keywords.take(buf.folded), nil
}

// memberText returns the string that an object has under a name, "" if none.
func memberText(object []byte, name string) (string, error) {
	var text []byte
	var failed error
	err := members(object, func(n, value []byte) bool {
		if string(n) == name && !bytes.Equal(value, []byte("null")) {
			text, failed = appendText(nil, value)
			return false
		}
		return true
	})
	return string(text), errors.Join(err, failed)
}
