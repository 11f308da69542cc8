package parser

import (
	"bytes"
	"html"
	"net/url"
	"sort"
	"strings"

	"pressmill/parser/bylines"
	"pressmill/parser/jsonld"
	"pressmill/pkg/news"
	"pressmill/pkg/urlshape"
	"pressmill/pkg/weburl"
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
	var looked tries
	for _, i := range among(t.all(tagImg), from, to) {
		if len(x.art.Images) >= maxImages || !looked.more(maxTries) {
			break
		}
		if (i < last || t.nodes[i].flags&inLink == 0) && x.ownImage(i) {
			x.addImage(i, i < first)
		}
	}
	x.leadImage()
	x.ruledImage()
}

// textSpan returns the nodes where the first and the last block of running text
// begin. A first block that looks otherwise than the next and opens as the page
// describes itself is the standfirst.
func (x *extraction) textSpan() (first, last int32) {
	first, last = -1, int32(len(x.tree.nodes))
	var lead *block
	for i := range x.raw {
		b := &x.raw[i]
		if !b.inside || !b.run {
			continue
		}
		switch {
		case first < 0:
			first, lead = b.start, b
		case lead != nil:
			if x.tree.sign(lead.node) != x.tree.sign(b.node) && describes(lead.folded, x.descriptions()) {
				first = b.start
			}
			lead = nil
		}
		last = b.start
	}
	return max(first, x.root), last
}

// ownImage says whether an image belongs to the article: not in furniture and no
// link to another story.
func (x *extraction) ownImage(i int32) bool {
	t := x.tree
	figure := false
	for j := i; j >= 0; j = t.nodes[j].parent {
		n := &t.nodes[j]
		if n.tag == tagFigure || n.flags&captionMark != 0 {
			figure = true
		}
		if n.tag == tagNav || n.tag == tagFooter || n.tag == tagAside || n.tag == tagForm && n.flags&dropped != 0 ||
			n.flags&(relatedMark|commentMark|hidden) != 0 && n.flags&dropped != 0 || n.flags&bylineMark != 0 ||
			n.flags&junk != 0 && n.flags&dropped != 0 && !figure || n.tag == tagA && x.isTeaserLink(j) {
			return false
		}
		if j == x.root {
			break
		}
	}
	return true
}

// teaserText is the weight from which text beside an image in a link makes it a
// teaser of another story.
const teaserText = 15

// isTeaserLink says whether an image in link i is that of a teaser. Links may
// hold many images, and other links.
func (x *extraction) isTeaserLink(i int32) bool {
	teaser, known := x.teasers[i]
	if !known {
		if x.teasers == nil {
			x.teasers = make(map[int32]bool)
		}
		teaser = x.tree.linkText(i) >= teaserText
		x.teasers[i] = teaser
	}
	return teaser
}

// maxTeaserNodes is how many nodes of a link are looked through for text.
const maxTeaserNodes = 300

// linkText returns the weight of the text in a link, captions left out.
func (t *tree) linkText(i int32) (w float32) {
	for j := i + 1; j < min(t.nodes[i].stop, i+maxTeaserNodes); j++ {
		n := &t.nodes[j]
		switch {
		case n.tag == tagFigcaption, n.flags&captionMark != 0, n.tag.is(traitNoText):
			j = n.stop - 1
		case n.tag == tagNone:
			w += weigh(t.bytes(j))
		}
	}
	return w
}

func (x *extraction) addImage(i int32, early bool) {
	t := x.tree
	p := t.picture(i)
	if p.furniture() {
		return
	}
	im := news.Image{Role: "inline", Alt: cleanText(t.store.keep(p.alt)), URL: x.imageURL(p.source())}
	spare := t.nodes[t.nodes[i].parent].tag == tagNoscript // what shows without scripts
	if n := len(x.art.Images); spare && n > 0 && i-x.imageNode < spareGap {
		if old := &x.art.Images[n-1]; old.URL == "" {
			old.URL = im.URL
		}
		return
	}
	im.Caption, im.Credit = x.captionOf(i)
	apart := im.Caption != "" // the text is without it
	if !apart {
		im.Caption = x.captionBehind(i, im.Alt)
	}
	if (im.URL == "" || spare) && im.Alt == "" && im.Caption == "" || x.hasImage(&im, i) || im.Caption == "" && (early && bylines.Name(im.Alt) || x.isTeaser(i)) {
		return
	}
	if early && len(x.art.Images) == 0 {
		im.Role = "lead"
	}
	if !apart {
		x.notText(im.Caption, im.Alt)
	}
	readCredit(&im)
	x.art.Images = append(x.art.Images, im)
	x.imageNode = i
}

// notText keeps lines that say what an image shows out of the text.
func (x *extraction) notText(lines ...string) {
	for _, s := range lines {
		if f := x.fold(s); f != "" {
			x.captions[f] = true
		}
	}
}

// spareGap is how many nodes behind an image its spare for pages without scripts
// may come.
const spareGap = 8

// hasImage says whether an image is taken already, maybe in another size: then
// it says the same and stands close, or has the same caption.
func (x *extraction) hasImage(im *news.Image, i int32) bool {
	for k := range x.art.Images {
		old := &x.art.Images[k]
		last := k == len(x.art.Images)-1 && i-x.imageNode < 2*spareGap
		if old.URL == im.URL && im.URL != "" || im.Alt != "" && old.Alt == im.Alt && old.Caption == im.Caption && (im.Caption != "" || last) {
			return true
		}
	}
	return false
}

// isTeaser says whether an image without a caption is a link to another page of
// the site: not to a larger version, nor to a page that shows it.
func (x *extraction) isTeaser(i int32) bool {
	t := x.tree
	for up := 0; i >= 0 && up < 5 && t.nodes[i].tag != tagA; up++ {
		i = t.nodes[i].parent
	}
	if i < 0 || t.nodes[i].tag != tagA {
		return false
	}
	u, err := weburl.Resolve(x.base, t.attr(i, "href"))
	if err != nil || !weburl.SameSite(u, x.url) || urlshape.IsRoot(u) || u.Path == x.url.Path {
		return false
	}
	dot := strings.LastIndexByte(u.Path, '.')
	ext := strings.ToLower(u.Path[dot+1:])
	shows := dot >= 0 && (strings.HasPrefix(ext, "jp") || ext == "png" || ext == "gif" || ext == "webp" || ext == "avif")
	for _, w := range []string{"attachment", "galler", "image", "photo", "foto", "bild", "media"} {
		shows = shows || strings.Contains(u.Path, w) || strings.Contains(u.RawQuery, w)
	}
	return !shows
}

func (x *extraction) imageURL(src string) string {
	u, err := weburl.Resolve(x.base, src)
	if src == "" || err != nil {
		return ""
	}
	return u.String()
}

// picture is what the attributes of an image say, read once.
type picture struct {
	src, lazy, set []byte // lazy is where a script loads it from, set a srcset
	alt            []byte
	names          []byte // class
	small          bool
}

// maxSources is how many nodes of a picture are looked at.
const maxSources = 64

// picture reads an img element and the sources of the picture around it.
func (t *tree) picture(i int32) picture {
	p := t.pictureAttrs(i)
	parent := t.nodes[i].parent
	if len(p.set) > 0 || t.nodes[parent].tag != tagPicture {
		return p
	}
	for j := parent + 1; j < min(t.nodes[parent].stop, parent+maxSources); j++ {
		if t.nodes[j].tag == tagSource {
			if s := t.pictureAttrs(j); len(s.set) > len(p.set) {
				p.set = s.set
			}
		}
	}
	return p
}

func (t *tree) pictureAttrs(i int32) picture {
	var p picture
	for a := (attrs{b: t.bytes(i)}); a.next(); {
		switch {
		case equalFold(a.name, "src"):
			p.src = a.val
		case equalFold(a.name, "alt"):
			p.alt = a.val
		case equalFold(a.name, "class"):
			p.names = a.val
		case equalFold(a.name, "width"), equalFold(a.name, "height"):
			p.small = p.small || isSmall(a.val)
		case equalFold(a.name, "srcset"), indexFold(a.name, "srcset") > 0:
			if len(a.val) > len(p.set) && !bytes.HasPrefix(a.val, []byte("data:")) {
				p.set = a.val
			}
		case isLazyName(a.name) && len(p.lazy) == 0 && isPath(a.val):
			p.lazy = a.val
		}
	}
	return p
}

// smallest is the width or height below which an image is an icon.
const smallest = 100

func isSmall(val []byte) bool {
	n := 0
	for _, c := range val {
		if c < '0' || c > '9' {
			if c == '%' || c == 'e' { // percent or em
				return false
			}
			break
		}
		n = min(n*10+int(c-'0'), smallest)
	}
	return n > 0 && n < smallest
}

// lazyNames are the attributes from which scripts load images.
var lazyNames = []string{"data-src", "data-original", "data-lazy-src", "data-lazy", "data-url", "data-image", "data-full-src", "data-large-file", "data-orig-file", "data-hi-res-src", "data-echo", "data-img-src"}

func isLazyName(name []byte) bool {
	if len(name) < 8 || !equalFold(name[:5], "data-") {
		return false
	}
	for _, s := range lazyNames {
		if equalFold(name, s) {
			return true
		}
	}
	return false
}

// isPath says whether a value is an address, not a template for one.
func isPath(val []byte) bool {
	return len(val) > 4 && bytes.IndexByte(val, '{') < 0 && (bytes.IndexByte(val, '/') >= 0 || bytes.IndexByte(val, '.') > 0)
}

// imageSource returns where an image is loaded from, lazily or not.
func (t *tree) imageSource(i int32) string {
	p := t.picture(i)
	return p.source()
}

// source returns the address of the largest version of the image, or "".
func (p *picture) source() string {
	if s := largest(p.set); s != nil {
		return html.UnescapeString(strings.TrimSpace(string(s)))
	}
	for _, s := range [][]byte{p.lazy, p.src} {
		if len(s) > 0 && !bytes.HasPrefix(s, []byte("data:")) && isPath(s) {
			return html.UnescapeString(strings.TrimSpace(string(s)))
		}
	}
	return ""
}

// largest returns the address of the widest or densest candidate of a srcset.
func largest(set []byte) (best []byte) {
	top := -1.0
	for len(set) > 0 {
		set = bytes.TrimLeft(set, ", \t\r\n\f")
		end := bytes.IndexAny(set, " \t\r\n\f")
		if end < 0 {
			end = len(set)
		}
		addr, size := set[:end], 0.0
		set = set[end:]
		if trimmed := bytes.TrimRight(addr, ","); len(trimmed) < len(addr) {
			addr = trimmed
		} else {
			descr := set
			if comma := bytes.IndexByte(set, ','); comma >= 0 {
				descr, set = set[:comma], set[comma+1:]
			} else {
				set = nil
			}
			size = descriptor(bytes.TrimSpace(descr))
		}
		if size > top && isPath(addr) && !bytes.HasPrefix(addr, []byte("data:")) {
			best, top = addr, size
		}
	}
	return best
}

// descriptor reads the number of a candidate's width or density.
func descriptor(b []byte) float64 {
	v, unit := 0.0, 1.0
	point := false
	for _, c := range b {
		switch {
		case c == '.' && !point:
			point = true
		case c < '0' || c > '9':
			return v * unit
		default:
			v = v*10 + float64(c-'0')
			if point {
				unit /= 10
			}
		}
	}
	return v * unit
}

// furnitureNames are parts of names of images that belong to the page, not to
// the story.
var furnitureNames = []string{"logo", "avatar", "icon", "emoji", "gravatar", "sprite", "pixel", "badge", "spacer", "blank.", "1x1", "placeholder", "tracking", "doubleclick", "button", "loading.", "loader", "banner"}

// furniture says whether an image is too small or named as no picture.
func (p *picture) furniture() bool {
	src := p.src
	if len(p.lazy) > 0 {
		src = p.lazy
	} else if len(p.set) > 0 {
		src = largest(p.set)
	}
	drawn := len(src) > 4 && equalFold(src[len(src)-4:], ".svg") && len(p.alt) == 0
	return p.small || drawn || isFurnitureName(p.names) || equalFold(p.alt, "logo") || isFurnitureURL(src)
}

func isFurnitureURL(src []byte) bool {
	if q := bytes.IndexAny(src, "?#"); q >= 0 {
		src = src[:q]
	}
	file := src[bytes.LastIndexByte(src, '/')+1:]
	return isFurnitureName(file) || bytes.Contains(src, []byte("/author")) || bytes.Contains(src, []byte("/avatars/"))
}

func isFurnitureName(name []byte) bool {
	for i, c := range name {
		for _, s := range furnitureByLetter[lower(c)] {
			if i+len(s) <= len(name) && equalFold(name[i:i+len(s)], s) && !inOtherWord(name, i) {
				return true
			}
		}
	}
	return false
}

// otherWords hold the name of furniture by chance, behind so many letters:
// semiconductors, a catálogo, a badger.
var otherWords = []struct {
	word string
	at   int
}{{"silicon", 3}, {"semicon", 3}, {"lexicon", 3}, {"rubicon", 3}, {"iconic", 0}, {"iconoc", 0}, {"alogo", 1}, {"ologo", 1}, {"badger", 0}}

// inOtherWord says whether what stands at i is a part of one of otherWords.
func inOtherWord(name []byte, i int) bool {
	for _, o := range otherWords {
		if from := i - o.at; from >= 0 && from+len(o.word) <= len(name) && equalFold(name[from:from+len(o.word)], o.word) {
			return true
		}
	}
	return false
}

// furnitureByLetter holds them by the byte that they begin with.
var furnitureByLetter = buildFurnitureByLetter()

func buildFurnitureByLetter() (table [256][]string) {
	for _, s := range furnitureNames {
		table[s[0]] = append(table[s[0]], s)
	}
	return table
}

// A caption has at most maxCaption bytes, and the figure of an image that shows
// no more than it has maxFigure bytes, with its tags.
const (
	maxCaption = 1000
	maxFigure  = 64 << 10
)

// captionOf returns the caption and the credit that stand with an image in
// elements of their own.
func (x *extraction) captionOf(img int32) (caption, credit string) {
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
			if t.extent(p) > maxFigure {
				break
			}
			return t.text(p), ""
		}
	}
	return "", ""
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
		if s == "" || len(s) > maxCaption {
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

// captionReach is how many nodes behind an image its caption may stand.
const captionReach = 32

// captionBehind returns the line right behind an image when it is centred, as the
// image is, or says much the same as the image's alternative text.
func (x *extraction) captionBehind(img int32, alt string) string {
	t := x.tree
	from := sort.Search(len(x.raw), func(i int) bool { return x.raw[i].start > img })
	if from < len(x.raw) && x.raw[from].node < img+captionReach && x.tree.isCentredCaption(&x.raw[from]) {
		return x.raw[from].text
	}
	if alt == "" {
		return ""
	}
	alt = x.fold(alt)
	title := x.fold(x.art.Title)
	says := func(folded string) bool { return folded != title && alike(alt, folded) }
	for i := from; i < len(x.raw) && x.raw[i].start < img+captionReach; i++ {
		if b := &x.raw[i]; b.weight < 400 && says(b.folded) {
			return b.text
		}
	}
	for j := img; j < int32(len(t.nodes)) && j < img+captionReach; j++ {
		n := &t.nodes[j]
		if n.tag == tagNone || n.own == 0 || n.own > 400 || n.tag == tagH1 {
			continue
		}
		if s := t.text(j); says(x.fold(s)) {
			return s
		}
	}
	return ""
}

// centredCaption is the weight up to which a centred line below an image is its
// caption.
const centredCaption = 120

// isCentredCaption says whether a line is centred and stands right behind an element
// that is nothing but an image.
func (t *tree) isCentredCaption(b *block) bool {
	if b.weight >= centredCaption || b.t != news.BlockParagraph {
		return false
	}
	i := b.node
	image := i - 1
	if image > 0 && t.nodes[image].tag == tagBr {
		image--
	}
	if image <= 0 || t.nodes[image].tag != tagImg {
		return false
	}
	p := t.nodes[i].parent
	for image > p && t.nodes[image].parent != p {
		image = t.nodes[image].parent
	}
	above := &t.nodes[image]
	return image > p && above.tag == t.nodes[i].tag && above.full == 0 && t.isCentred(i)
}

// isCentred says whether the attributes of an element centre its text.
func (t *tree) isCentred(i int32) bool {
	for a := (attrs{b: t.bytes(i)}); a.next(); {
		if (equalFold(a.name, "style") || equalFold(a.name, "align") || equalFold(a.name, "class")) && indexFold(a.val, "center") >= 0 {
			return true
		}
	}
	return false
}

// alikeShare is the share of the words of the longer of two texts that makes
// them alike.
const alikeShare = 0.7

// alike says whether two folded texts, of four words at least, say much the same.
func alike(a, b string) bool {
	na, nb := strings.Count(a, " ")+1, strings.Count(b, " ")+1
	least := alikeShare * float64(max(na, nb))
	if min(na, nb) < 4 || float64(min(na, nb)) < least {
		return false
	}
	in := make(map[string]bool, na)
	for w := range strings.SplitSeq(a, " ") {
		in[w] = true
	}
	n := 0
	for w := range strings.SplitSeq(b, " ") {
		if in[w] {
			n++
		}
	}
	return float64(n) >= least
}

// readCredit takes the credit out of the end of a caption, or of the alternative
// text; both stay as the page has them.
func readCredit(im *news.Image) {
	var c bylines.PhotoCredit
	if im.Credit != "" {
		c = bylines.Photo(im.Credit)
	} else if found, ok := bylines.CaptionCredit(im.Caption); ok {
		c = found
	} else if im.Caption == "" {
		c, _ = bylines.CaptionCredit(im.Alt)
	}
	im.Credit, im.Photographer = c.Credit, c.Photographer
	if c.File {
		im.FilePhoto = new(true)
	}
}

// leadImage makes the image that the page announces the lead when the article
// shows none.
func (x *extraction) leadImage() {
	for _, im := range x.art.Images {
		if im.Role == "lead" {
			return
		}
	}
	ld := x.ld.article.get("image")
	src := x.meta.get("og:image", "og:image:url", "twitter:image")
	if src == "" {
		src = x.ldImage(ld)
	}
	u, err := weburl.Resolve(x.base, src)
	if src == "" || err != nil || isFurnitureURL([]byte(u.Path)) {
		return
	}
	for i := range x.art.Images {
		if sameImage(x.art.Images[i].URL, u) {
			x.art.Images[i].Role = "lead"
			return
		}
	}
	im := news.Image{URL: u.String(), Role: "lead", Alt: x.meta.get("og:image:alt", "twitter:image:alt")}
	if ld = x.ld.resolve(ld.first()); ld.isObject() {
		im.Caption = ld.text("caption")
		for _, key := range []string{"creditText", "creator", "copyrightHolder"} {
			if im.Credit == "" {
				im.Credit = ld.text(key)
			}
		}
	}
	readCredit(&im)
	x.art.Images = append([]news.Image{im}, x.art.Images...)
}

// ldImage returns the address of an image of the structured data.
func (x *extraction) ldImage(o object) string {
	for range 3 {
		switch o = o.first(); o.Kind() {
		case jsonld.String:
			return o.String()
		case jsonld.Object:
			o = x.ld.resolve(o)
			if url := o.get("url"); url.Exists() {
				o = url
			} else {
				o = o.get("contentUrl")
			}
		default:
			return ""
		}
	}
	return ""
}

// sameImage says whether two addresses are of versions of one image: the file
// name is the same, or a part of it that looks like an identifier.
func sameImage(raw string, u *url.URL) bool {
	name := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	if len(name) > 6 && strings.Contains(raw, name) {
		return true
	}
	for part := range strings.FieldsFuncSeq(u.Path, func(r rune) bool { return strings.ContainsRune("/._~", r) }) {
		if len(part) >= minID && strings.ContainsAny(part, "0123456789") && strings.Contains(raw, part) {
			return true
		}
	}
	return false
}

// minID is how long a part of an address is that two images do not share by
// chance, in bytes.
const minID = 12
