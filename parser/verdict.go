package parser

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"pressmill/pkg/news"
	"pressmill/pkg/urlshape"
)

// verdict weighs the grounds for and against a page being an article. Weights
// are in points; a page is an article unless those against outweigh the others.
// No single ground but the plainest decides: structured data is often copied to
// section fronts, and a story may well hold a dozen links to others.
type verdict struct {
	score   float32
	reason  string // what the heaviest ground against makes of the page
	worst   float32
	listed  int // headlines of other stories
	grounds []ground
}

// ground is one piece of evidence.
type ground struct {
	name   string
	points float32 // for an article; against one where they are negative
	reason string  // what a page is that is none, or ""
}

// add counts points for an article, or against one where they are negative. A
// page that is none is what the heaviest ground against it says; one that tells
// no more than a list does so only for want of a better.
func (v *verdict) add(points float32, name, reason string) {
	if points == 0 {
		return
	}
	v.score += points
	v.grounds = append(v.grounds, ground{name, points, reason})
	if points < v.worst && reason != "" && reason != ReasonSectionFront {
		v.worst, v.reason = points, reason
	}
}

// benefitOfDoubt is how many points against a page are not enough: a story lost
// costs more than a list among the articles.
const benefitOfDoubt = 0.6

func (v *verdict) article() bool { return v.score >= -benefitOfDoubt }

// String lists the grounds, with their points.
func (v *verdict) String() string {
	var b strings.Builder
	for i, g := range v.grounds {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %+.1f", g.name, g.points)
	}
	return b.String()
}

// weighUp gathers all grounds.
func (x *extraction) weighUp(s *survey) *verdict {
	v := &verdict{reason: ReasonSectionFront, grounds: make([]ground, 0, 16)}
	v.byData(x)
	v.byURL(x.shape)
	if p := x.shape.Page; (p == urlshape.About || p == urlshape.Account) && x.art.Published == nil {
		v.add(-1.5, "page on the site without a date", ReasonServicePage)
	}
	if x.shape.Page == urlshape.Unnamed && x.titledInURL() {
		v.add(1.5, "title in the URL", "")
	}
	v.byTitle(x)
	v.byText(s)
	v.byCards(s)
	v.listed = max(s.cards, s.heads, s.plain)
	return v
}

// byData counts what the page says of itself.
func (v *verdict) byData(x *extraction) {
	d := x.ldSorts()
	if d.own {
		v.add(3, "structured article", "")
		if x.ld.article.get("articleBody").Exists() {
			v.add(1, "structured text", "")
		}
	}
	if x.ld.article.is("VideoObject") || strings.HasPrefix(x.meta.get("og:type"), "video") {
		v.add(1.5, "structured video", "")
	}
	if len(x.posts) > 0 {
		v.add(2, "posts of a live blog", "")
	}
	switch x.meta.get("og:type") {
	case "article":
		v.add(2, "og:type article", "")
	case "website":
		v.add(-1, "og:type website", "")
	case "product", "product.item", "og:product":
		v.add(-2, "og:type product", ReasonProductPage)
	case "profile":
		v.add(-1.5, "og:type profile", ReasonAuthorPage)
	}
	switch src := x.art.Prov["published"].Src; {
	case src == "meta" || src == "jsonld" && d.own:
		v.add(1.5, "date in the data", "")
	case src != "" && src != "url":
		v.add(0.5, "date on the page", "")
	}
	if len(x.art.Authors) > 0 && (d.own || x.art.Prov["authors"].Src != "jsonld") || len(x.art.Agencies) > 0 {
		v.add(0.5, "byline", "")
	}
	for _, s := range d.against {
		v.add(s.points, s.name, s.reason)
	}
}

// urlGrounds are what a page's URL calls it.
var urlGrounds = map[urlshape.Page]ground{
	urlshape.Home:    {"URL of a front", -3, ReasonHomepage},
	urlshape.Search:  {"URL of a search", -5, ReasonSearchPage},
	urlshape.Tag:     {"URL of a topic", -3, ReasonTagPage},
	urlshape.Author:  {"URL of an author", -3, ReasonAuthorPage},
	urlshape.Section: {"URL of a section", -3, ReasonSectionFront},
	urlshape.Account: {"URL of an account page", -2.5, ReasonServicePage},
	urlshape.Legal:   {"URL of a legal page", -5, ReasonServicePage},
	urlshape.About:   {"URL of a page on the site", -2, ReasonServicePage},
	urlshape.Shop:    {"URL of a shop", -1, ReasonProductPage},
	urlshape.Forum:   {"URL of a forum", -1, ReasonForumThread},
}

// byURL counts what the URL is called and how it is built.
func (v *verdict) byURL(s urlshape.Shape) {
	g := urlGrounds[s.Page]
	v.add(g.points, g.name, g.reason)
	switch {
	case s.Page != urlshape.Unnamed:
	case s.Story():
		v.add(1.5, "URL of a story", "")
	case s.File || s.ID:
		v.add(0.5, "URL of a page", "")
	case s.Words <= 2:
		v.add(-0.5, "short URL", "")
	}
	if s.Number > 1 {
		v.add(-1.5, "URL of a further page", ReasonSectionFront)
	}
}

// How many words of a title, and of how many bytes, a URL has to hold to be that of
// a story: names of sections and topics are shorter.
const (
	wordsInURL   = 4
	leastWordURL = 3
)

// titledInURL says whether the URL is made of the title.
func (x *extraction) titledInURL() bool {
	path := x.fold(x.url.Path)
	n := 0
	for w := range strings.FieldsSeq(x.fold(x.art.Title)) {
		if len(w) >= leastWordURL && holdsWords(path, w) {
			n++
		}
	}
	return n >= wordsInURL
}

// byTitle counts a title that names the site or a section, not a story.
func (v *verdict) byTitle(x *extraction) {
	switch n := utf8.RuneCountInString(x.art.Title); {
	case x.art.Title == "":
	case x.isSite(x.art.Title) || x.isSite(x.meta.title) || x.isSite(x.meta.get("og:title")):
		v.add(-1.5, "titled as the site", ReasonHomepage)
	case strings.IndexByte(x.art.Title, ' ') < 0 && n < 24 && weigh([]byte(x.art.Title)) < 24:
		v.add(-0.5, "title of one word", "")
	}
}

// byText counts running text: the longest stretch that no headline of another
// story breaks.
func (v *verdict) byText(s *survey) {
	switch {
	case s.stretch >= 2500:
		v.add(4, "very long text", "")
	case s.stretch >= 1200:
		v.add(3, "long text", "")
	case s.stretch >= 600:
		v.add(2, "text", "")
	case s.stretch >= 250:
		v.add(1, "short text", "")
	case s.stretch < 80:
		v.add(-1, "hardly any text", "")
	case s.stretch < 150:
		v.add(-0.5, "very short text", "")
	}
	if s.body > 0 && s.link > 0.5*s.body {
		v.add(-1, "more links than text", ReasonSectionFront)
	}
}

// byCards counts headlines of other stories, in the text and on the page. They
// tell a list by how evenly they break the text: a list's longest stretch is
// one excerpt of many.
func (v *verdict) byCards(s *survey) {
	if s.heads >= 3 {
		broken := max(0, 1-s.stretch/max(s.text, 1))
		long := s.text / float32(s.heads+1) / 1000 // excerpts are shorter than a story's parts
		v.add(-min(4, 0.5*float32(s.heads))*broken*max(0.3, min(1, 1.2-long)), "headlines between the texts", ReasonSectionFront)
		if s.intro < 100 {
			v.add(-1.5*broken, "begins with a headline", ReasonSectionFront)
		}
	}
	if s.between >= minBetween {
		v.add(-3, "headlines between title and text", ReasonSectionFront)
	}
	rate := s.stretch / float32(max(1, s.cards))
	switch {
	case s.heads == 0 && s.cards+s.plain < 4:
		v.add(1.5, "no other headlines", "")
	case s.cards >= 4 && rate < 20:
		v.add(-2.5, "a page of headlines", ReasonSectionFront)
	case s.cards >= 4 && rate < 60:
		v.add(-1, "many headlines", ReasonSectionFront)
	}
}

// survey is what the page's text and headlines amount to.
type survey struct {
	text    float32 // of the blocks in the text
	stretch float32 // the most of it that no headline breaks
	intro   float32 // of it above the first headline
	heads   int     // headlines of other stories between its blocks
	cards   int     // on the page, outside navigation
	plain   int     // links that may be such
	between int     // headlines of other stories between title and text
	body    float32 // all visible text outside navigation
	link    float32 // of that in links
	scripts int
	players int // of videos
	audios  int
	figures int // with or without captions
}

func (x *extraction) survey() survey {
	var s survey
	x.measureText(&s)
	x.tree.measurePage(&s)
	if s.cards >= minBetween {
		s.between = x.headlinesAbove()
	}
	return s
}

// minBetween is how many headlines between a title and its text tell a list.
const minBetween = 4

// headlinesAbove counts the headlines of other stories that stand between the
// title and the text. A list may end in a text on its subject; a story's text
// follows its title.
func (x *extraction) headlinesAbove() int {
	title := x.titleNode()
	if title < 0 || len(x.kept) == 0 || x.fold(x.tree.text(title)) != x.fold(x.art.Title) {
		return 0
	}
	return x.tree.countCards(title+1, x.kept[0].start)
}

// countCards counts the headlines of other stories between two nodes.
func (t *tree) countCards(from, to int32) (n int) {
	for i := from; i < to; i++ {
		if t.isCard(i) {
			n++
		}
	}
	return n
}

// isCard says whether an element is the headline of another story, and marked
// as one.
func (t *tree) isCard(i int32) bool {
	n := &t.nodes[i]
	return n.own > headingWeight && n.link >= 0.8*n.own && (n.tag.is(traitHeading) || n.flags&titleMark != 0)
}

// measureText finds the stretches between headlines of other stories. Text that
// stands nowhere on the page, being from its data, is one stretch.
func (x *extraction) measureText(s *survey) {
	more := x.moreLink()
	var run float32
	next := 0
	for i := range x.kept {
		b, heads := &x.kept[i], 0
		for ; next < len(x.raw) && x.raw[next].start <= b.start; next++ {
			if x.isHeadlineLink(&x.raw[next], more) {
				heads++
			}
		}
		if heads == 0 && i > 0 && !b.inside { // outside the container short blocks are no raw ones
			heads = x.tree.countCards(x.kept[i-1].start, b.start)
		}
		if heads > 0 {
			if s.heads == 0 {
				s.intro = s.text
			}
			s.heads += heads
			run = 0
		}
		if b.t == news.BlockHeading || b.link > 0.5*b.weight {
			continue
		}
		run += b.weight
		s.text += b.weight
		s.stretch = max(s.stretch, run)
	}
	for ; next < len(x.raw); next++ {
		if x.isHeadlineLink(&x.raw[next], more) {
			s.heads++
		}
	}
}

// The least weights of a headline: of one that is marked as such, and of a link
// that is not.
const (
	headingWeight  = 12
	headlineWeight = 20
	datedWeight    = 20 // of what may stand beside it: a date, a section
)

// isHeadlineLink says whether a block is the headline of another story of the
// site, begins with one, or leads on to one.
func (x *extraction) isHeadlineLink(b *block, more string) bool {
	switch {
	case !b.inside || x.leadsOff(x.tree.rawAttr(b.anchor, "href")):
		return false
	case b.linkOnly():
		return b.weight > headlineWeight || b.t == news.BlockHeading && b.weight > headingWeight || b.text == more
	case b.t == news.BlockHeading || b.link <= headlineWeight:
		return false
	}
	return b.led || b.weight-b.link < datedWeight
}

// leadsOff says whether a link leads to another site, or nowhere but to another
// place of the page: a story may list other sites' things one by one.
func (x *extraction) leadsOff(href []byte) bool {
	if bytes.HasPrefix(href, []byte("#")) {
		return true
	}
	_, rest, absolute := bytes.Cut(href, []byte("://"))
	host, _, _ := bytes.Cut(rest, []byte("/"))
	return absolute && !bytes.HasSuffix(host, []byte(x.domain))
}

// moreLink returns the text that most often is all of a short link of its own,
// as "Read more" below every excerpt; "" when none stands there three times.
func (x *extraction) moreLink() string {
	count := make(map[string]int)
	best, top := "", 2
	for i := range x.raw {
		b := &x.raw[i]
		if !b.inside || !b.linkOnly() || b.weight > headlineWeight || b.weight < 3 {
			continue
		}
		if count[b.text]++; count[b.text] > top {
			best, top = b.text, count[b.text]
		}
	}
	return best
}

// measurePage counts headlines and links over the whole page.
func (t *tree) measurePage(s *survey) {
	behind := int32(1) // what is passed over
	for _, i := range t.elems {
		n := &t.nodes[i]
		if i < behind {
			continue
		}
		if n.tag == tagNav || n.tag == tagFooter {
			behind = n.stop
			continue
		}
		if n.tag == tagFigure || n.tag.is(traitNoText) {
			s.countMedium(t, n)
		}
		if n.own == 0 {
			continue
		}
		s.body += n.own
		s.link += n.link
		switch {
		case t.isCard(i):
			s.cards++
		case n.own-n.link > datedWeight || n.link < 0.5*n.own:
		case n.own > headlineWeight:
			s.plain++
		}
	}
}

func (s *survey) countMedium(t *tree, n *node) {
	switch n.tag {
	case tagScript:
		s.scripts++
	case tagVideo:
		s.players++
	case tagAudio:
		s.audios++
	case tagFigure:
		s.figures++
	case tagIframe:
		if isPlayer(t.src[n.start:n.end]) {
			s.players++
		}
	}
}

// isPlayer says whether a frame's attributes look like those of a video.
func isPlayer(attributes []byte) bool {
	for _, word := range []string{"player", "video", "embed", "youtube", "vimeo"} {
		if bytes.Contains(attributes, []byte(word)) {
			return true
		}
	}
	return false
}
