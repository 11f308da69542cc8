// Package filter says which articles a sink takes.
package filter

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
	"golang.org/x/net/idna"

	"pressmill/pkg/news"
)

// Rules say which articles a sink takes: those that every list which is not
// empty takes. A list takes what one of its elements names, and what none of
// those that begin with "-" names; a list of such alone takes all the rest.
//
// Takedowns are asked for their source only: whoever has an article has to hear
// that it is gone.
type Rules struct {
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

	once     sync.Once
	compiled *compiled
	err      error
}

// Validate reports every fault of the filter, joined into one error, or nil.
func (r *Rules) Validate() error {
	if r == nil {
		return nil
	}
	r.once.Do(func() { r.compiled, r.err = r.compile() })
	return r.err
}

// Match says whether the sink takes an article, which is given as JSON:
// article/v1 or takedown/v1. An error says that it is no JSON. Without rules
// everything is taken, unseen. Match may be called at
// the same time from any goroutine; the lists must not change any more.
func (r *Rules) Match(article []byte) (bool, error) {
	if err := r.Validate(); err != nil {
		return false, err
	}
	if r == nil || r.compiled.empty {
		return true, nil
	}
	return r.compiled.match(article)
}

// compiled is rules made ready.
type compiled struct {
	empty            bool
	sources, domains choice
	languages, kinds choice
	keywords         *keywords // nil: none
}

var errJSON = errors.New("article is no JSON")

// choice is one list.
type choice struct{ wanted, unwanted []string }

// takes says whether the list takes what is(element) tells.
func (c choice) takes(is func(element string) bool) bool {
	return !slices.ContainsFunc(c.unwanted, is) && (len(c.wanted) == 0 || slices.ContainsFunc(c.wanted, is))
}

func (c choice) none() bool { return len(c.wanted)+len(c.unwanted) == 0 }

func (r *Rules) compile() (*compiled, error) {
	var errs []error
	list := func(name string, elements []string, normalise func(string) (string, error)) (l choice) {
		for i, e := range elements {
			bare, out := strings.CutPrefix(strings.TrimSpace(e), "-")
			n, err := normalise(bare)
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("%s[%d]: %q %w", name, i, e, err))
			case out:
				l.unwanted = append(l.unwanted, n)
			default:
				l.wanted = append(l.wanted, n)
			}
		}
		return l
	}
	c := &compiled{
		sources: list("sources", r.Sources, normalSource), domains: list("domains", r.Domains, normalDomain),
		languages: list("languages", r.Languages, normalLanguage), kinds: list("kinds", r.Kinds, normalKind),
	}
	words := list("keywords", r.Keywords, normalKeyword)
	excluded := list("exclude", r.Exclude, normalKeyword)
	if len(excluded.unwanted) > 0 {
		errs = append(errs, errors.New(`exclude: its elements are left out as they are, without "-"`))
	}
	words.unwanted = append(words.unwanted, excluded.wanted...)
	if !words.none() {
		c.keywords = newKeywords(words)
	}
	c.empty = c.sources.none() && c.domains.none() && c.languages.none() && c.kinds.none() && c.keywords == nil
	return c, errors.Join(errs...)
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

// match asks the rules that decide soonest first.
func (c *compiled) match(article []byte) (bool, error) {
	if !gjson.ValidBytes(article) {
		return false, errJSON
	}
	a := gjson.GetManyBytes(article, "schema", "source.id", "source.domain", "url.final", "kind", "lang", "lang_declared")
	schema, id, domain, address, kind, lang, declared := a[0].Str, a[1].Str, a[2].Str, a[3].Str, a[4].Str, a[5].Str, a[6].Str
	if !c.sources.takes(func(e string) bool { return id == e || below(domain, e) }) {
		return false, nil
	}
	if schema == news.TakedownSchema {
		return true, nil
	}
	tag := strings.ToLower(strings.ReplaceAll(cmp.Or(lang, declared), "_", "-"))
	host := hostOf(address)
	return c.domains.takes(func(e string) bool { return below(host, e) }) &&
		c.kinds.takes(func(e string) bool { return kind == e }) &&
		c.languages.takes(func(e string) bool { return tag == e || strings.HasPrefix(tag, e+"-") }) &&
		(c.keywords == nil || c.takesText(article)), nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// below says whether a host is a domain or lies below it.
func below(host, domain string) bool {
	rest, ok := strings.CutSuffix(host, domain)
	return ok && (rest == "" || rest[len(rest)-1] == '.')
}

// takesText asks the keywords.
func (c *compiled) takesText(article []byte) bool {
	buf := foldBuffers.Get().(*foldBuffer)
	defer foldBuffers.Put(buf)
	buf.folded = buf.folded[:0]
	a := gjson.GetManyBytes(article, "title", "summary.by", "summary.text", "body.text")
	buf.add(a[0].Str)
	if a[1].Str == "standfirst" {
		buf.add(a[2].Str)
	}
	buf.add(a[3].Str)
	return c.keywords.take(buf.folded)
}
