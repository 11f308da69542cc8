package parser

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"pressmill/parser/bylines"
	"pressmill/parser/jsonld"
	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

var (
	// creditTail is a credit in brackets at the end of a caption.
	creditTail = regexp.MustCompile(`[\(\[]([^()\[\]]{2,80})[\)\]]\s*\.?\s*$`)
	// creditMark is a credit behind a word that says so.
	creditMark = regexp.MustCompile(`(?i)(?:photo(?:graph)?(?: by)?|foto|bild(?:quelle)?|image(?: credit)?|picture|credits?|quelle|source|crédit(?: photo)?|courtesy(?: of)?)\s*[:©]\s*([^|()]{2,60}?)\s*[\])]?\s*$|©\s*([^|()]{2,60}?)\s*[\])]?\s*$`)
	fileWord   = regexp.MustCompile(`(?i)\b(?:file(?: photo| picture| pic| image)?|archiv(?:bild|foto)?|archive|symbolbild|symbolfoto)\b\s*[:/,-]?\s*`)
	creditLead = regexp.MustCompile(`(?i)^(?:photo(?:graph)?(?: by)?|foto|bild|image|picture|credits?|source|quelle|via|©|by)\s*[:/]?\s*`)
)

// maxImages is how many images of one article are kept.
const maxImages = 30

// images gathers the article's images with their captions. It runs before the
// text is filtered, so that captions are known there.
func (x *extraction) images() {
	t := x.tree
	x.captions = make(map[string]bool)
	from, to := x.scope()
	first, last := x.textSpan()
	for i := from; i < to && len(x.art.Images) < maxImages; i++ {
		n := &t.nodes[i]
		if n.tag == tagImg && x.ownImage(i) && (i < last || n.flags&inLink == 0) {
			x.addImage(i, i < first)
		}
	}
	x.leadImage()
	x.ruledImage()
	for _, im := range x.art.Images {
		for _, s := range []string{im.Caption, im.Alt} {
			if f := fold(s); f != "" {
				x.captions[f] = true
			}
		}
	}
}

// textSpan returns the nodes where the first and the last block of running text
// begin.
func (x *extraction) textSpan() (first, last int32) {
	first, last = -1, int32(len(x.tree.nodes))
	for i := range x.raw {
		if b := &x.raw[i]; b.inside && b.run {
			if first < 0 {
				first = b.start
			}
			last = b.start
		}
	}
	return max(first, x.root), last
}

// ownImage says whether an image belongs to the article: not in furniture, not
// tiny, not a link to another story.
func (x *extraction) ownImage(i int32) bool {
	t := x.tree
	for _, dim := range []string{"width", "height"} {
		if v, err := strconv.Atoi(strings.TrimSuffix(t.attr(i, dim), "px")); err == nil && v > 0 && v < 100 {
			return false
		}
	}
	figure := false
	for j := i; j >= 0; j = t.nodes[j].parent {
		n := &t.nodes[j]
		if n.tag == tagFigure || n.flags&captionMark != 0 {
			figure = true
		}
		if n.tag == tagNav || n.tag == tagFooter || n.tag == tagAside || n.tag == tagNoscript || n.tag == tagForm && n.flags&dropped != 0 ||
			n.flags&(relatedMark|commentMark|hidden) != 0 && n.flags&dropped != 0 || n.flags&bylineMark != 0 ||
			n.flags&junk != 0 && n.flags&dropped != 0 && !figure {
			return false
		}
		if j == x.root {
			break
		}
	}
	return true
}

func (x *extraction) addImage(i int32, early bool) {
	t := x.tree
	src := t.imageSource(i)
	im := news.Image{Role: "inline", Alt: cleanText(t.attr(i, "alt"))}
	if u, err := weburl.Resolve(x.base, src); src != "" && err == nil {
		im.URL = u.String()
	}
	im.Caption, im.Credit = x.captionOf(i, im.Alt)
	if im.URL == "" && im.Alt == "" && im.Caption == "" {
		return
	}
	if early && len(x.art.Images) == 0 {
		im.Role = "lead"
	}
	for _, old := range x.art.Images {
		if old.URL == im.URL && im.URL != "" {
			return
		}
	}
	readCredit(&im)
	x.art.Images = append(x.art.Images, im)
}

// imageSource returns where an image is loaded from, lazily or not.
func (t *tree) imageSource(i int32) string {
	for _, key := range []string{"data-src", "data-original", "data-lazy-src", "src", "data-srcset", "srcset"} {
		v := t.attr(i, key)
		if strings.HasSuffix(key, "srcset") {
			v, _, _ = strings.Cut(strings.TrimSpace(v), " ")
		}
		if v != "" && !strings.HasPrefix(v, "data:") {
			return v
		}
	}
	return ""
}

// captionOf returns the caption and the credit that stand with an image: in its
// figure, or right behind it.
func (x *extraction) captionOf(img int32, alt string) (caption, credit string) {
	t := x.tree
	for p, up := t.nodes[img].parent, 0; p >= 0 && up < 5 && p != x.root; p, up = t.nodes[p].parent, up+1 {
		n := &t.nodes[p]
		if n.stop-p > 80 || n.full > 400 && n.tag != tagFigure {
			break
		}
		if c, cr := t.namedCaption(p); c != "" || cr != "" {
			return c, cr
		}
		if n.tag == tagFigure {
			return t.text(p), ""
		}
	}
	return x.captionBehind(img, alt), ""
}

// namedCaption returns the texts of the first figcaption or named caption and
// credit in subtree p.
func (t *tree) namedCaption(p int32) (caption, credit string) {
	for j := p; j < t.nodes[p].stop; j++ {
		n := &t.nodes[j]
		if n.tag != tagFigcaption && (n.flags&captionMark == 0 || n.tag == tagNone || n.tag == tagFigure || n.tag == tagImg) {
			continue
		}
		if t.holds(j, tagImg) {
			continue
		}
		s := t.text(j)
		if s == "" || len(s) > 1000 {
			continue
		}
		switch {
		case caption == "" && n.tag != tagSmall && n.tag != tagCite && !t.isCreditNode(j):
			caption = s
		case credit == "" && t.isCreditNode(j):
			credit = s
		}
	}
	return caption, credit
}

func (t *tree) isCreditNode(i int32) bool {
	c := strings.ToLower(t.attr(i, "class") + " " + t.attr(i, "itemprop"))
	return (strings.Contains(c, "credit") || strings.Contains(c, "copyright")) && !strings.Contains(c, "caption")
}

// captionBehind returns the line right behind an image when it says much the
// same as the image's alternative text.
func (x *extraction) captionBehind(img int32, alt string) string {
	t := x.tree
	if alt == "" {
		return ""
	}
	for i := range x.raw {
		b := &x.raw[i]
		if b.start > img && b.start < img+40 && b.weight < 400 && overlap(fold(alt), fold(b.text)) >= 0.7 && fold(b.text) != fold(x.art.Title) {
			return b.text
		}
	}
	for j := img; j < int32(len(t.nodes)) && j < img+40; j++ {
		n := &t.nodes[j]
		if n.tag == tagNone || n.own == 0 || n.own > 400 || n.tag == tagH1 {
			continue
		}
		if s := t.text(j); overlap(fold(alt), fold(s)) >= 0.7 && fold(s) != fold(x.art.Title) {
			return s
		}
	}
	return ""
}

// overlap is the share of the words of the longer text that both have.
func overlap(a, b string) float64 {
	aw, bw := strings.Fields(a), strings.Fields(b)
	if len(aw) < 4 || len(bw) < 4 {
		return 0
	}
	in := make(map[string]bool, len(aw))
	for _, w := range aw {
		in[w] = true
	}
	n := 0
	for _, w := range bw {
		if in[w] {
			n++
		}
	}
	return float64(n) / float64(max(len(aw), len(bw)))
}

// readCredit takes the credit out of the end of a caption; the caption stays as
// the page has it.
func readCredit(im *news.Image) {
	raw := im.Credit
	if raw == "" {
		if m := creditMark.FindStringSubmatch(im.Caption); m != nil {
			raw = m[1] + m[2]
			if fileWord.MatchString(im.Caption[len(im.Caption)-min(len(im.Caption), len(m[0])+12):]) {
				im.FilePhoto = new(true)
			}
		} else if m := creditTail.FindStringSubmatch(im.Caption); m != nil && (strings.ContainsAny(m[1], "/:") || bylines.Agency(m[1]) != "" || fileWord.MatchString(m[1])) {
			raw = m[1]
		}
	}
	if raw == "" {
		return
	}
	if fileWord.MatchString(raw) {
		im.FilePhoto = new(true)
		raw = fileWord.ReplaceAllString(raw, "")
	}
	raw = strings.Trim(creditLead.ReplaceAllString(strings.TrimSpace(raw), ""), " :/|,()[]©")
	im.Credit, im.Photographer = splitCredit(raw)
}

// splitCredit reads "Name/Agency" or "Agency/Name"; placeholders are nobody.
func splitCredit(raw string) (credit, photographer string) {
	parts := strings.Split(raw, "/")
	var keep []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" && !bylines.Placeholder(p) {
			keep = append(keep, p)
		}
	}
	if len(keep) == 2 && bylines.Agency(keep[0]) == "" != (bylines.Agency(keep[1]) == "") {
		if bylines.Agency(keep[0]) == "" {
			keep[0], keep[1] = keep[1], keep[0]
		}
		return keep[0], keep[1]
	}
	return strings.Join(keep, "/"), ""
}

// leadImage makes the image that the page announces the lead when the article
// shows none.
func (x *extraction) leadImage() {
	for _, im := range x.art.Images {
		if im.Role == "lead" {
			return
		}
	}
	src := x.meta.get("og:image", "og:image:url", "twitter:image")
	if src == "" {
		src = ldImage(x.ld.article.get("image"))
	}
	u, err := weburl.Resolve(x.base, src)
	if src == "" || err != nil {
		return
	}
	for i := range x.art.Images {
		if sameImage(x.art.Images[i].URL, u) {
			x.art.Images[i].Role = "lead"
			return
		}
	}
	x.art.Images = append([]news.Image{{URL: u.String(), Role: "lead", Alt: x.meta.get("og:image:alt", "twitter:image:alt")}}, x.art.Images...)
}

func ldImage(o object) string {
	for range 3 {
		switch o.Kind() {
		case jsonld.String:
			return o.String()
		case jsonld.Array:
			o = o.first()
		default:
			o = o.get("url")
		}
	}
	return ""
}

// sameImage compares by file name.
func sameImage(raw string, u *url.URL) bool {
	i := strings.LastIndexByte(u.Path, '/')
	name := u.Path[i+1:]
	return len(name) > 6 && strings.Contains(raw, name)
}
