package parser

import (
	"bytes"
	"strings"

	"pressmill/parser/walls"
)

// Walls are told by what they say, in proportion to how much they say: a page
// of one sentence needs one phrase, one of four paragraphs three. What is read
// is what would become the article, and the whole page where that is small.

// The weights up to which a page is looked at.
const (
	wallTitled = 4000 // when its title alone says what it is
	wallText   = 2500 // of the text that would become the article
	wallPage   = 1600 // of the whole page
)

// wallReasons are the walls' reasons, in the order in which they are asked for,
// with the hits that each needs beyond the others.
var wallReasons = []struct {
	kind   walls.Kind
	reason string
	more   int
}{
	{walls.Bot, ReasonBotWall, 0},
	{walls.Missing, ReasonSoft404, 0},
	{walls.Parked, ReasonParkedDomain, 0},
	{walls.Consent, ReasonConsentWall, 1},
	{walls.Login, ReasonLoginWall, 1},
}

// wall names what stands in the article's place, or "".
func (x *extraction) wall(s *survey, weight float32) string {
	claims := x.claimsArticle()
	if weight < wallTitled && !claims {
		if reason := x.titledWall(weight); reason != "" {
			return reason
		}
	}
	small := s.body < wallPage
	if weight > wallText || !small && weight < minText || claims && weight >= minText {
		return ""
	}
	if claims || weight < minText {
		return x.emptyWall(s, claims)
	}
	if small && weight < 400 && x.challenged() {
		return ReasonBotWall
	}
	h := x.readText()
	if small {
		page := x.readPage()
		page[walls.Consent] = h[walls.Consent] // a dialog in front of a story makes it no wall
		if weight >= besideForm && h[walls.Login] == 0 {
			page[walls.Login] = 0 // nor does a form beside it
		}
		return wallOf(page, s.body)
	}
	return wallOf(h, weight)
}

// wallOf returns the wall that a text of this weight with these hits is.
func wallOf(h walls.Hits, weight float32) string {
	need := 1
	for _, step := range []float32{200, 400, 800, 1600} {
		if weight >= step {
			need++
		}
	}
	for _, w := range wallReasons {
		if h[w.kind] >= need+w.more {
			return w.reason
		}
	}
	if h[walls.Script] > 0 && weight < 250 {
		return ReasonNeedsScript
	}
	return ""
}

// claimsArticle says whether the page's data describes an article in so many
// words that its text is believed whatever it says.
func (x *extraction) claimsArticle() bool {
	src := x.art.Prov["published"].Src
	dated := src == "jsonld" || src == "meta"
	return dated && (x.ld.article.isArticle() || x.meta.get("og:type") == "article")
}

// besideForm is the weight of text from which a form for a login stands beside a
// story.
const besideForm = 150

// briefWall is the weight of text below which a title that is a wall's needs no
// other word for it.
const briefWall = 250

// titledWall is for pages whose whole title is a wall's. Headlines may say the same,
// as "How it works" does, so the text has to say more of the kind, unless it is
// short and the title says nothing else.
func (x *extraction) titledWall(weight float32) string {
	if host := x.url.Hostname(); strings.HasPrefix(host, "consent.") {
		return ReasonConsentWall
	}
	if strings.Contains(x.art.Title, "{{") {
		return ReasonNeedsScript
	}
	for _, title := range []string{x.art.Title, x.meta.title} {
		folded := x.fold(title)
		kind, ok := walls.Whole(folded, 10)
		if !ok {
			continue
		}
		_, bare := walls.Whole(strings.Trim(folded, "0123456789 "), 0)
		if !(bare && weight < briefWall) && walls.Read(folded + " " + x.foldedText())[kind] <= walls.Read(folded)[kind] {
			continue
		}
		for _, w := range wallReasons {
			if w.kind == kind {
				return w.reason
			}
		}
	}
	return ""
}

// emptyWall is for pages without text of their own.
func (x *extraction) emptyWall(s *survey, claims bool) string {
	if !claims && x.challenged() {
		return ReasonBotWall
	}
	h := x.readPage()
	if claims {
		if h[walls.Script] == 0 {
			return ""
		}
		return ReasonNeedsScript
	}
	if reason := wallOf(h, s.body); reason != "" {
		return reason
	}
	if s.body < 100 && s.scripts > 1 && s.players == 0 {
		return ReasonNeedsScript
	}
	return ""
}

// maxRead bounds what is read of a page, in bytes.
const maxRead = 8000

// readText reads what would become the article.
func (x *extraction) readText() walls.Hits { return walls.Read(x.foldedText()) }

// foldedText returns the beginning of what would become the article, folded.
func (x *extraction) foldedText() string {
	var w textBuf
	for i := range x.kept {
		if w.space(); len(w.b) < maxRead {
			text := x.kept[i].text
			w.b = append(w.b, text[:min(len(text), maxRead)]...)
		}
	}
	return x.fold(w.String())
}

// readPage reads the whole page, with what it says to browsers without scripts.
func (x *extraction) readPage() walls.Hits {
	var w textBuf
	x.tree.appendAll(&w, 0, int32(len(x.tree.nodes)), maxRead)
	return walls.Read(x.fold(w.String()))
}

// appendAll appends the text of nodes from up to to, dialogs, forms and what
// stands for scripts included, up to about a limit in bytes.
func (t *tree) appendAll(w *textBuf, from, to int32, limit int) {
	for i := from; i < to && len(w.b) < limit; {
		n := &t.nodes[i]
		if n.flags&spaced != 0 {
			w.space()
		}
		switch {
		case n.tag == tagNone:
			w.write(t.src[n.start:min(n.end, n.start+int32(4*limit))])
		case n.flags&hidden != 0 || n.tag.is(traitRaw) && n.tag != tagTitle || n.tag == tagTemplate || n.tag == tagSVG || n.tag == tagNav || n.tag == tagFooter:
			i = n.stop
			w.space()
			continue
		case n.tag.is(traitBlock) || n.tag == tagBr || n.tag == tagButton || n.tag == tagInput:
			w.space()
		}
		i++
	}
}

// challenges are marks that challenges of several vendors leave in their pages
// and ordinary pages do not, however they are guarded.
var challenges = [][]byte{
	[]byte("_cf_chl_opt"), []byte("cf-chl-"), []byte("_Incapsula_Resource"), []byte("px-captcha"), []byte("captcha-delivery.com"),
	[]byte("/_sec/cp_challenge"), []byte("sec-if-cpt"), []byte("bm-verify"), []byte("AwsWafIntegration"), []byte("awsWafCookieDomainList"), []byte("KPSDK"),
	[]byte("/TSPD/"), []byte("ddos-guard/js-challenge"), []byte("sucuri_cloudproxy_js"), []byte("distil_r_captcha"), []byte("/_Incapsula"), []byte("geetest_captcha"),
	[]byte("slowAES.decrypt"), []byte("sgcaptcha"),
}

// maxChallenge is the size in bytes of the pages that are searched for marks:
// challenges are small.
const maxChallenge = 256 << 10

func (x *extraction) challenged() bool {
	src := x.tree.src
	if len(src) > maxChallenge {
		return false
	}
	for _, mark := range challenges {
		if bytes.Contains(src, mark) {
			return true
		}
	}
	return false
}
