package parser

import (
	"bytes"
	"hash/maphash"
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
	factMark:   `factbox infobox faktenbox infokasten faktaruta`,
	unseenMark: `visuallyhidden hiddenvisually sronly sronlytext screenreader screenreadertext screenreaderonly offscreen assistivetext`,
	titleMark:  `headline title articletitle entrytitle posttitle pagetitle`,
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

// wordShapes has a bit for the length of each word in wordFlags, by its first and
// last letter. Few other words have the shape of one of them.
var wordShapes = buildWordShapes()

func buildWordShapes() (shapes [26][26]uint32) {
	for w := range wordFlags {
		shapes[w[0]-'a'][w[len(w)-1]-'a'] |= 1 << len(w)
	}
	return shapes
}

// flagsOf returns the meanings of a word of lower-case ASCII letters.
func flagsOf(word []byte) mark {
	n := len(word)
	if n >= 32 || wordShapes[word[0]-'a'][word[n-1]-'a']&(1<<n) == 0 {
		return 0
	}
	return wordFlags[string(word)]
}

// maxWords is how much of an attribute's value is read, in bytes.
const maxWords = 512

// groupMeans says of groups of words that begin so what their words can mean: the
// topics of a page, as in "category-cookies", and the parts of page builders have
// names that mean nothing else, and states, as in "has-sidebar", tell nothing.
var groupMeans = []struct {
	prefix string
	mask   mark
}{
	{"category-", tagsMark},
	{"tag-", tagsMark},
	{"elementor-", bodyMark},
	{"has-", 0},
	{"is-", 0},
	{"no-", 0},
	{"not-", 0},
	{"with-", 0},
}

// wordsOf returns the meanings of an attribute's words: single ones, and pairs
// of neighbours joined ("article-body", "articleBody").
func wordsOf(value []byte) mark {
	var f, before mark // of all words, and of those in front of this group
	group := 0         // where it begins
	end := func(i int) {
		if f != before {
			for _, g := range groupMeans {
				if bytes.HasPrefix(value[group:i], []byte(g.prefix)) {
					f = before | f&g.mask
				}
			}
		}
		before, group = f, i+1
	}
	var buf [64]byte          // the letters of the word before and of this
	prev, from, to := 0, 0, 0 // where they begin and end
	flush := func() {
		if from == to {
			return
		}
		f |= flagsOf(buf[from:to])
		if prev < from {
			f |= flagsOf(buf[prev:to])
		}
		if prev = from; to > len(buf)/2 { // keep this word, and room for the next
			to = copy(buf[:], buf[from:to])
			prev = 0
		}
		from = to
	}
	for i, c := range value {
		switch {
		case 'A' <= c && c <= 'Z':
			if i > 0 && 'a' <= value[i-1] && value[i-1] <= 'z' {
				flush()
			}
			c += 'a' - 'A'
		case isSpace(c):
			flush()
			end(i)
			prev = from
			continue
		case c < 'a' || c > 'z':
			flush()
			continue
		}
		if to < len(buf) {
			buf[to] = c
			to++
		}
	}
	flush()
	end(len(value))
	return f
}

// markOf reads the attributes of an element once.
func (t *tree) markOf(i int32) mark {
	var f mark
	for a := (attrs{b: t.bytes(i)}); a.next(); {
		if len(a.name) >= len(wordAttrs) {
			continue
		}
		for _, name := range wordAttrs[len(a.name)] {
			if equalFold(a.name, name) {
				f |= t.words.flags(a.val)
			}
		}
		switch {
		case equalFold(a.name, "rel") && equalFold(a.val, "author"):
			f |= bylineMark
		case equalFold(a.name, "hidden"):
			f |= hidden
		case equalFold(a.name, "aria-hidden") && equalFold(a.val, "true"):
			f |= hidden
		case equalFold(a.name, "style"):
			f |= styleFlags(a.val)
		}
	}
	return f
}

// wordAttrs are the attributes whose words say what an element is, by length.
var wordAttrs = [...][]string{
	2: {"id"}, 4: {"role"}, 5: {"class"}, 7: {"data-qa"}, 8: {"itemprop", "property"}, 11: {"data-testid", "data-module"}, 14: {"data-component"},
}

// wordMemo remembers the meanings of attribute values, which repeat within a
// page and from page to page. A later value may take the place of an earlier.
type wordMemo struct {
	seed  maphash.Seed
	slots [4096]struct {
		hash  uint64
		flags mark
	}
}

func newWordMemo() *wordMemo { return &wordMemo{seed: maphash.MakeSeed()} }

// flags returns the meanings of the words of a value.
func (m *wordMemo) flags(val []byte) mark {
	h := maphash.Bytes(m.seed, val)
	slot := &m.slots[h%uint64(len(m.slots))]
	if slot.hash != h {
		slot.hash, slot.flags = h, wordsOf(val[:min(len(val), maxWords)])
	}
	return slot.flags
}

func styleFlags(val []byte) mark {
	i := indexFold(val, "display")
	if i < 0 {
		return 0
	}
	if rest := val[i:]; indexFold(rest[:min(len(rest), 16)], "none") > 0 {
		return hidden
	}
	return 0
}
