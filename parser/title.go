package parser

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// candidate is one source's idea of the title.
type candidate struct {
	text   string
	src    string
	weight float64
}

// titleSeparators stand between a headline and the site's name.
var titleSeparators = []string{" | ", " - ", " – ", " — ", " :: ", " » ", " « ", " · ", " • ", " / ", " ‹ ", " › ", " ~ ", " * ", "ㅣ", "｜", " : ", " |", "| ", ": "}

// maxTitle is the longest title in runes.
const maxTitle = 400

// title chooses the title by vote: every source votes for what it says and for
// that without the site's name.
func (x *extraction) title() {
	if x.ruledTitle() {
		return
	}
	cands := x.titleCandidates()
	score := make(map[string]float64)
	for _, c := range cands {
		seen := map[string]bool{}
		for i, v := range x.titleVariants(c.text) {
			f := fold(v)
			if f == "" || seen[f] {
				continue
			}
			seen[f] = true
			w := c.weight
			switch {
			case i > 0 && strings.HasSuffix(c.text, ": "+v):
				w *= 0.3 // a kicker is part of the title unless most leave it out
			case i > 0:
				w *= 0.9
			}
			score[f] += w
		}
	}
	var best float64
	for _, c := range cands {
		for i, v := range x.titleVariants(c.text) {
			s := score[fold(v)]
			if x.isSite(v) {
				s *= 0.1
			}
			if i > 0 {
				s -= 0.05
			}
			if s > best+0.01 && utf8.RuneCountInString(v) <= maxTitle {
				best = s
				x.art.Title = v
				x.prov("title", c.src, min(1, 0.3+s/8))
			}
		}
	}
}

func (x *extraction) titleCandidates() []candidate {
	var out []candidate
	add := func(text, src string, w float64) {
		if hasLetter(text) {
			out = append(out, candidate{text, src, w})
		}
	}
	t := x.tree
	n := 0
	t.find(tagH1, func(i int32) {
		if n < 4 && t.nodes[i].flags&(hidden|relatedMark|commentMark) == 0 {
			w := 1.95
			if n > 0 {
				w = 1.4
			}
			add(t.text(i), "html", w)
			n++
		}
	})
	add(x.meta.get("og:title"), "opengraph", 2.05)
	add(x.ld.article.text("headline"), "jsonld", 2)
	add(x.meta.get("twitter:title", "parsely-title", "sailthru.title", "dc.title", "headline"), "meta", 0.6)
	add(x.meta.title, "html", 1.2)
	if n == 0 {
		add(x.namedTitle(), "html", 1.3)
	}
	return out
}

// namedTitle returns the text of the first h2 or named title outside furniture.
func (x *extraction) namedTitle() string {
	t := x.tree
	for i := range t.nodes {
		n := &t.nodes[i]
		if (n.tag == tagH2 || n.tag == tagH3 || n.flags&titleMark != 0) && n.tag != tagNone && n.flags&(dropped|inJunk|hidden) == 0 && n.stop-int32(i) < 20 {
			if s := t.text(int32(i)); s != "" {
				return s
			}
		}
	}
	return ""
}

// titleVariants returns a title as it is and then without leading or trailing
// parts; a cut part is never the longer one unless it names the site.
func (x *extraction) titleVariants(s string) []string {
	out := []string{s}
	for i := 0; i < len(out) && len(out) < 8; i++ {
		for _, v := range x.cuts(out[i]) {
			if !slices.Contains(out, v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// cuts returns a title without its last part and without its first.
func (x *extraction) cuts(s string) []string {
	var out []string
	for _, sep := range titleSeparators {
		weak := sep == ": " || sep == " : "
		if i := strings.LastIndex(s, sep); i > 0 {
			if head, tail := strings.TrimSpace(s[:i]), s[i+len(sep):]; x.isSite(tail) || len(tail) < len(head) && !weak {
				out = append(out, head)
			}
		}
		if i := strings.Index(s, sep); i > 0 {
			if head, tail := s[:i], strings.TrimSpace(s[i+len(sep):]); x.isSite(head) || len(head) < len(tail)*2/3 && sep != " - " {
				out = append(out, tail)
			}
		}
	}
	return out
}

// isSite says whether s names the site.
func (x *extraction) isSite(s string) bool {
	f := fold(s)
	if f == "" {
		return false
	}
	if slices.Contains(x.siteNames, f) {
		return true
	}
	joined := strings.ReplaceAll(f, " ", "")
	return joined == x.domainLabel || joined == x.domainJoined || len(x.domainLabel) >= 5 && strings.HasPrefix(joined, x.domainLabel) && len(joined) < 2*len(x.domainLabel)+4
}
