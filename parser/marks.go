package parser

import (
	"bytes"
	"strings"
)

// mark is what the engine knows of one element.
type mark uint32

const (
	junk        mark = 1 << iota // furniture by its name
	dropped                      // furniture for sure: not in the text
	bodyMark                     // named as the body of an article
	leadMark                     // named as a standfirst
	bylineMark                   // named as a byline
	dateMark                     // named as a date
	captionMark                  // named as a caption or credit
	relatedMark                  // named as links to other stories
	commentMark                  // named as readers' comments
	factMark                     // named as a fact box
	tagsMark                     // named as topics
	hidden                       // not shown
	inLink                       // inside a link
	inJunk                       // inside furniture
	notLink                      // an a element that is no link
	longText                     // a block of running text
	titleMark                    // named as a title
	evidence                     // its text is in the structured data
	liveMark                     // named as a live blog's post
	consentMark                  // named as a consent dialog
	unseenMark                   // for screen readers alone
	embedMark                    // named as a post of a social network
	ruleDrop                     // a site rule drops it
	ruleKeep                     // a site rule keeps it
	kickerMark                   // named as a kicker
	saysTitle                    // a text of it is the page's title
	linksTitle                   // one in a link is
	spaced                       // white space stands in front of it
)

// wordFlags are the meanings of words in class, id, itemprop, role and the like.
var wordFlags = buildWords(map[mark]string{
	junk: `nav navi navbar navigation menu menubar submenu breadcrumb breadcrumbs footer foot footnav sidebar sidebars aside rail
		widget widgets advert adverts advertisement advertising ads adbox adslot adsense banner banners sponsor sponsored
		popup modal overlay toolbar toolbox tools masthead topbar
		share sharing shares sharebar sharebuttons social socials sociallinks socialmedia sharedaddy addthis addtoany
		newsletter newsletters subscribe subscription subscriptions signup login signin
		pagination pager paging skip skiplink skiplinks print printer toc
		promo promos promobox promotion teaser teasers teaserlist outbrain taboola plista
		copyright legal disclaimer colophon rating ratings poll quiz vote votes survey player
		hovercard tooltip flyout dropdown  ticker marquee impressum
		jumplinks noprint donate donation donations feedback correction corrections shop bookmark bookmarks favorite
		authorinfo
		authorbox authorbio bio biography aboutauthor`,
	relatedMark: `related relatedposts relatedarticles relatedcontent relatedstories recommend recommended recommendation recommendations
		recirc recirculation readmore morefrom morestories morenews readnext upnext trending popular mostread mostpopular
		topstories latest latestnews similar suggested suggestions crosslink crosslinks linklist seealso alsoread youmaylike`,
	commentMark: `comment comments commentlist commentform commentarea disqus respond leserkommentare kommentare kommentar commentaires
		comentarios reactions trackback trackbacks pingback replies`,
	tagsMark:    `tags taglist tagcloud posttags articletags keywords topics topiclist themen schlagworte categories catlinks`,
	captionMark: `caption captions figcaption imagecaption wpcaption credit credits photocredit imagecredit bildunterschrift legende legend bildnachweis`,
	bylineMark: `byline bylines author authors autor autoren auteur auteurs autore autores autori authorname articleauthor postauthor entryauthor authorlink authored
		verfasser redakteur writer writtenby journalist journaliste reporter columnist contributor contributors skribent forfatter kirjoittaja yazar muhabir penulis`,
	dateMark: `date dateline datetime timestamp pubdate publishdate publishedon published postdate datum articledate entrydate
		datepublished datemodified postmeta entrymeta metainfo
		updated lastupdated modified lastmodified dtupdated dtpublished postedon publishtime publicationdate publicationtime pubtime
		releasedate articletime fecha fechapublicacion creationdate createddate newsdate datepub`,
	leadMark: `standfirst dek deck subtitle subheadline subhead subheading untertitel vorspann lead leadtext leadparagraph chapo sapo chapeau
		teasertext articlelead articleintro intro introtext abstract anrisstext articlesummary excerpt synopsis bajada entradilla
		lede ingress manchet sommario occhiello preamble underline spot`,
	bodyMark: `articlebody articletext articlecontent entrycontent postcontent postbody posttext storybody storytext storycontent
		newsbody newstext newscontent articlebodycontent bodytext maintext textcontent contentbody bodycopy articlemain
		articlefulltext fulltext pagecontent blogpost blogentry articledetail storydetail richtext contenttext`,
	factMark: `factbox infobox faktenbox infokasten faktaruta`,
	unseenMark: `visuallyhidden hiddenvisually sronly sronlytext screenreader screenreadertext screenreaderonly offscreen assistivetext
		tooltiptext tooltipcontent`,
	titleMark: `headline title articletitle entrytitle posttitle pagetitle`,
	kickerMark: `kicker overline topline roofline dachzeile spitzmarke eyebrow toptitle overtitle uppertitle supertitle suptitle
		pretitle titleprefix headlineprefix surtitle surtitre supratitulo antetitulo volanta catchline overhead topictitle topiclabel
		subheading prehead preheading flag badge label section rubric rubrik ressort category`,
	liveMark: `liveblog liveblogpost livepost liveblogupdate`,
	consentMark: `cookie cookies cookiebar cookiebanner cookienotice cookieconsent gdpr consent onetrust didomi usercentrics cookielaw cookielawinfo
		cookiebot cookiefirst borlabs klaro trustarc privacyoverview privacymanager ccpa`,
	embedMark: `twittertweet instagrammedia tiktokembed fbpost blueskyembed mastodonembed`,
})

func buildWords(lists map[mark]string) map[string]mark {
	m := make(map[string]mark)
	for f, list := range lists {
		for w := range strings.FieldsSeq(list) {
			m[w] |= f
		}
	}
	return m
}

// meaning is what a word in a name says of the element.
type meaning struct {
	word  string
	flags mark
}

// meanings holds the words of wordFlags by their first and last letter.
var meanings = buildMeanings()

func buildMeanings() (table [26][26][]meaning) {
	for w, f := range wordFlags {
		list := &table[w[0]-'a'][w[len(w)-1]-'a']
		*list = append(*list, meaning{w, f})
	}
	return table
}

// wordShapes has a bit for the length of each of the meanings, by what letters
// have in common in both cases. Few other words have the shape of one of them.
var wordShapes = buildWordShapes()

func buildWordShapes() (shapes [32][32]uint32) {
	for w := range wordFlags {
		shapes[w[0]%32][w[len(w)-1]%32] |= 1 << len(w)
	}
	return shapes
}

// mayMean says whether a word of n bytes, from its first to its last letter, has
// the shape of one that means something.
func mayMean(first, last byte, n int) bool {
	return wordShapes[first%32][last%32]>>n&1 != 0
}

// flagsOf returns the meanings of a word of ASCII letters in any case, which
// stands in two pieces. The first may be empty.
func flagsOf(head, tail []byte) mark {
	first := tail[0]
	if len(head) > 0 {
		first = head[0]
	}
	for _, m := range meanings[(first|0x20)-'a'][(tail[len(tail)-1]|0x20)-'a'] {
		if len(m.word) == len(head)+len(tail) && equalFold(head, m.word[:len(head)]) && equalFold(tail, m.word[len(head):]) {
			return m.flags
		}
	}
	return 0
}

// maxWords is how much of an attribute's value is read, in bytes.
const maxWords = 512

// wordsOf returns the meanings of an attribute's words: single ones, and pairs
// of neighbours joined ("article-body", "articleBody").
func wordsOf(value []byte) mark {
	var f, before mark // of all words, and of those in front of this group
	var last []byte    // the word before in this group
	group := 0         // where it begins
	for i := 0; i < len(value); {
		switch nameBytes[value[i]] {
		case byteOther:
			i++
			continue
		case byteSpace:
			if f != before {
				f = meant(value[group:i], f, before)
			}
			i++
			before, group, last = f, i, nil
			continue
		}
		from := i
		for i < len(value) && nameBytes[value[i]] == byteUpper {
			i++
		}
		for i < len(value) && nameBytes[value[i]] == byteLower {
			i++
		}
		word := value[from:i]
		end := word[len(word)-1]
		if mayMean(word[0], end, len(word)) {
			f |= flagsOf(nil, word)
		}
		if len(last) > 0 && mayMean(last[0], end, len(last)+len(word)) {
			f |= flagsOf(last, word)
		}
		last = word
	}
	if f != before {
		f = meant(value[group:], f, before)
	}
	return f
}

// meant returns which of the meanings f a group of words can have, when those in
// front of it had others. The topics of a page, as in "category-cookies", and the
// parts of page builders have names that mean nothing else, and states, as in
// "has-sidebar", tell nothing.
func meant(group []byte, f, before mark) mark {
	first, _, _ := bytes.Cut(group, []byte("-"))
	if len(first) == len(group) {
		return f
	}
	switch string(first) {
	case "category", "tag":
		return before | f&tagsMark
	case "elementor":
		return before | f&bodyMark
	case "has", "is", "no", "not", "with":
		return before
	}
	return f
}

// The sorts of bytes that names consist of.
const (
	byteOther = iota
	byteSpace
	byteUpper
	byteLower
)

var nameBytes = buildNameBytes()

func buildNameBytes() (table [256]uint8) {
	for c := range 256 {
		switch b := byte(c); {
		case isSpace(b):
			table[c] = byteSpace
		case 'A' <= b && b <= 'Z':
			table[c] = byteUpper
		case 'a' <= b && b <= 'z':
			table[c] = byteLower
		}
	}
	return table
}

// attrKind is what an attribute's value tells of its element.
type attrKind uint8

const (
	attrWords attrKind = iota + 1 // by its words
	attrRole                      // the same, and whether it shows only when asked for
	attrRel
	attrHidden
	attrAria
	attrStyle
)

// markedAttrs are the attributes that tell what an element is, by the length of
// their names.
var markedAttrs = [...][]struct {
	name string
	kind attrKind
}{
	2: {{"id", attrWords}}, 3: {{"rel", attrRel}}, 4: {{"role", attrRole}}, 5: {{"class", attrWords}, {"style", attrStyle}},
	6: {{"hidden", attrHidden}}, 7: {{"data-qa", attrWords}}, 8: {{"itemprop", attrWords}, {"property", attrWords}},
	11: {{"aria-hidden", attrAria}, {"data-testid", attrWords}, {"data-module", attrWords}}, 14: {{"data-component", attrWords}},
}

// wordMemo remembers the meanings of the values of one page, which often repeat.
// A later value may take the place of an earlier.
type wordMemo [256]struct {
	value []byte
	flags mark
}

// wordsOf is the function of that name.
func (m *wordMemo) wordsOf(value []byte) mark {
	n := len(value)
	if n == 0 {
		return 0
	}
	slot := &m[uint8(n*31)^value[n-1]^value[n/2]*7]
	if !bytes.Equal(slot.value, value) {
		slot.value, slot.flags = value, wordsOf(value)
	}
	return slot.flags
}

// marksOf returns what an attribute says of its element.
func (m *wordMemo) marksOf(name, val []byte) mark {
	if len(name) >= len(markedAttrs) {
		return 0
	}
	for _, a := range markedAttrs[len(name)] {
		if equalFold(name, a.name) {
			return a.kind.marks(m, val)
		}
	}
	return 0
}

func (k attrKind) marks(m *wordMemo, val []byte) mark {
	switch k {
	case attrRole:
		if equalFold(val, "tooltip") {
			return hidden
		}
		return m.wordsOf(val[:min(len(val), maxWords)])
	case attrWords:
		return m.wordsOf(val[:min(len(val), maxWords)])
	case attrStyle:
		return styleFlags(val)
	case attrRel:
		if equalFold(val, "author") {
			return bylineMark
		}
	case attrAria:
		if equalFold(val, "true") {
			return hidden
		}
	case attrHidden:
		return hidden
	}
	return 0
}

func styleFlags(val []byte) mark {
	if i := indexFold(val, "display"); i >= 0 {
		if rest := val[i:]; indexFold(rest[:min(len(rest), 16)], "none") > 0 {
			return hidden
		}
	}
	if isClipped(val) {
		return unseenMark
	}
	return 0
}

// isClipped says whether a style clips an element to a pixel or less, which
// leaves its text to screen readers.
func isClipped(style []byte) bool {
	_, area, _ := bytes.Cut(style, []byte("rect("))
	area, _, ok := bytes.Cut(area, []byte(")"))
	if !ok || len(area) == 0 {
		return false
	}
	for edge := range bytes.FieldsFuncSeq(area, func(r rune) bool { return r == ' ' || r == ',' }) {
		if edge = bytes.TrimSuffix(edge, []byte("px")); len(edge) != 1 || edge[0] != '0' && edge[0] != '1' {
			return false
		}
	}
	return true
}
