package parser

import (
	"strings"

	"pressmill/parser/walls"
	"pressmill/pkg/news"
)

// access says whether the text is free to read.
func (x *extraction) access() {
	if free, ok := x.free(); ok {
		x.art.Access = &news.Access{Free: &free}
	}
}

// free returns what the structured data or the meta elements say of the price:
// of the article, or else of a part of it, which is what readers pay for.
func (x *extraction) free() (free, ok bool) {
	if free, ok = freeValue(x.ld.field("isAccessibleForFree").String()); ok {
		return free, ok
	}
	for part := range x.ld.field("hasPart").items() {
		if free, ok = freeValue(part.get("isAccessibleForFree").String()); ok && !free {
			return free, ok
		}
	}
	if free, ok = freeValue(x.meta.get("isaccessibleforfree")); ok {
		return free, ok
	}
	switch strings.ToLower(x.meta.get("article:content_tier")) {
	case "free":
		return true, true
	case "locked":
		return false, true
	}
	return false, false
}

// freeValue reads a truth value in the ways in which pages write one.
func freeValue(s string) (free, ok bool) {
	switch strings.ToLower(s[strings.LastIndexByte(s, '/')+1:]) {
	case "true", "yes", "1":
		return true, true
	case "false", "no", "0":
		return false, true
	}
	return false, false
}

// The weights of texts that end at a paywall.
const (
	minTeaser = 220  // below: a stub
	maxTeaser = 2500 // above: the whole story, whatever is said below it
)

// paywalled says whether the text ends where one has to pay: what follows it
// says so, in so many words or in fewer where the data says that it is not free.
func (x *extraction) paywalled(weight float32) bool {
	if weight > maxTeaser || x.root < 0 {
		return false
	}
	need := 2
	if x.locked() {
		need = 1
	}
	var w textBuf
	w.b = make([]byte, 0, 2048)
	from := x.textEnd()
	if weight < minTeaser {
		from = x.root // the text may be what the wall says
	}
	x.tree.appendAll(&w, from, int32(len(x.tree.nodes)), 1500)
	return walls.Read(x.fold(w.String()))[walls.Paywall] >= need
}

// textEnd is the last block of the text, or where the container begins.
func (x *extraction) textEnd() int32 {
	if n := len(x.kept); n > 0 && x.kept[n-1].start > 0 {
		return x.kept[n-1].start
	}
	return x.root
}

// locked says whether the page's data says that its text is not free.
func (x *extraction) locked() bool {
	if a := x.art.Access; a != nil && a.Free != nil {
		return !*a.Free
	}
	switch strings.ToLower(x.meta.get("article:content_tier", "og:article:content_tier", "content_tier")) {
	case "locked", "metered", "premium", "paid", "subscriber":
		return true
	}
	return false
}

// judgePaywall rejects a stub, and marks a teaser as what it is.
func (x *extraction) judgePaywall() error {
	weight := x.textWeight()
	for _, lead := range x.lead {
		weight += weigh([]byte(lead))
	}
	if !x.paywalled(weight) {
		return nil
	}
	if weight < minTeaser {
		if a := x.art.Access; a != nil && a.Free != nil && *a.Free {
			return nil // a brief
		}
		return reject(ReasonPaywallStub)
	}
	x.art.Access = &news.Access{Free: new(false)}
	x.warn("text ends at a paywall")
	return nil
}
