package parser

import (
	"errors"
	"strings"

	"pressmill/pkg/news"
)

// ErrNotArticle says that a page is no article; every RejectError is one.
var ErrNotArticle = errors.New("page is no article")

// The reasons of a RejectError.
const (
	ReasonNotHTML      = "not_html"
	ReasonErrorPage    = "error_page"
	ReasonNoText       = "no_text"
	ReasonNoTitle      = "no_title"
	ReasonSectionFront = "section_front"
	ReasonTagPage      = "tag_page"
	ReasonConsentWall  = "consent_wall"
	ReasonBotWall      = "bot_wall"
)

// RejectError says why a page is no article. It is permanent: the same page is
// rejected again.
type RejectError struct{ Reason string }

func (e *RejectError) Error() string { return ErrNotArticle.Error() + ": " + e.Reason }

// Is makes every RejectError an ErrNotArticle.
func (e *RejectError) Is(target error) bool { return target == ErrNotArticle }

func reject(reason string) error { return &RejectError{Reason: reason} }

var botTitles = phrases(`just a moment|attention required|access denied|are you a robot|are you human|pardon our interruption|security check|checking your browser|verify you are human|request blocked|ddos protection|please verify`)

var consentTitles = phrases(`before you continue|cookie consent|privacy settings|datenschutzeinstellungen|zustimmung|consent`)

var errorTitles = phrases(`page not found|404 not found|not found|error 404|404 error|seite nicht gefunden|página no encontrada|page introuvable|service unavailable|internal server error|bad gateway`)

// wall names the wall that a page with little text is, or "".
func (x *extraction) wall() string {
	title := fold(x.meta.title)
	if x.textWeight() > 900 {
		return ""
	}
	for _, w := range []struct {
		reason string
		titles []string
	}{{ReasonBotWall, botTitles}, {ReasonErrorPage, errorTitles}, {ReasonConsentWall, consentTitles}} {
		for _, p := range w.titles {
			if strings.HasPrefix(title, p) || strings.HasSuffix(title, " "+p) {
				return w.reason
			}
		}
	}
	return ""
}

func (x *extraction) textWeight() (w float32) {
	for i := range x.kept {
		w += x.kept[i].weight
	}
	return w
}

// isList says whether the page is a list of teasers: many link headlines, no
// text of its own worth the name.
func (x *extraction) isList() bool {
	if x.ld.article.isArticle() && x.ld.article.get("articleBody").Exists() {
		return false
	}
	text, longest := float32(0), float32(0)
	for i := range x.kept {
		b := &x.kept[i]
		if b.t != news.BlockHeading && b.link < 0.5*b.weight {
			text += b.weight
			longest = max(longest, b.weight)
		}
	}
	evidence := x.ld.article.isArticle() || x.meta.get("og:type") == "article" || x.meta.get("article:published_time") != ""
	limit := 8
	if evidence {
		limit = 20
	} else if isRoot(x.url) {
		limit = 4
	}
	n := x.teasers()
	if !evidence && !x.dated() && x.meta.get("og:type") == "website" && (text < 120 || isRoot(x.url) && x.tree.cards() >= 4) {
		return true
	}
	if !evidence && !x.dated() && x.scattered(3) {
		return true
	}
	if n >= 3 && !evidence && longest < 220 && text < float32(n)*200 && !x.dated() {
		return true
	}
	if n >= limit && text < float32(n)*130 && (longest < 350 || x.scattered(5)) {
		return true
	}
	return !evidence && text < 300 && !x.dated() && x.tree.cards() >= 20
}

// dated says whether the page's data, not just its text, gives a date.
func (x *extraction) dated() bool {
	src := x.art.Prov["published"].Src
	return x.art.Published != nil && (src == "jsonld" || src == "meta")
}

// teasers counts the link headlines in the container.
func (x *extraction) teasers() int {
	n := 0
	for i := range x.raw {
		if b := &x.raw[i]; b.linkOnly() && b.weight > 20 || b.t == news.BlockListItem && b.led && b.link > 25 {
			n++
		}
	}
	return n
}

// cards counts the headings of the page that are links to other stories.
func (t *tree) cards() int {
	n := 0
	for i := range t.nodes {
		if h := &t.nodes[i]; h.tag.is(traitHeading) && h.own > 20 && h.link > 0.8*h.own {
			n++
		}
	}
	return n
}

// scattered says whether the container has at least that many link headlines,
// hardly more text blocks than those, and no text in front of the first.
func (x *extraction) scattered(least int) bool {
	heads, texts, first := 0, 0, int32(0)
	for i := range x.raw {
		if b := &x.raw[i]; b.t == news.BlockHeading && b.linkOnly() {
			if heads == 0 {
				first = b.start
			}
			heads++
		}
	}
	var before float32
	for i := range x.kept {
		b := &x.kept[i]
		if b.t == news.BlockHeading {
			continue
		}
		texts++
		if b.start < first {
			before += b.weight
		}
	}
	return heads >= least && texts <= 2*heads && before < 300
}

// listReason tells a tag page from other lists by its URL.
func (x *extraction) listReason() string {
	path := strings.ToLower(x.url.Path) + "/"
	if containsAny(path, "/tag/", "/tags/", "/topic/", "/topics/", "/thema/", "/themen/", "/schlagwort/", "/keyword", "/author/", "/autor/", "/category/", "/kategorie/", "/search") {
		return ReasonTagPage
	}
	return ReasonSectionFront
}
