package parser

import "bytes"

// tag is an element's name; all names that the engine has no rule for are
// tagOther, those with a hyphen tagCustom.
type tag uint8

const (
	tagNone tag = iota // a text node
	tagOther
	tagCustom
	tagA
	tagAbbr
	tagAddress
	tagArea
	tagArticle
	tagAside
	tagAudio
	tagB
	tagBase
	tagBlockquote
	tagBody
	tagBr
	tagButton
	tagCanvas
	tagCaption
	tagCenter
	tagCite
	tagCode
	tagCol
	tagColgroup
	tagDatalist
	tagDD
	tagDetails
	tagDialog
	tagDiv
	tagDL
	tagDT
	tagEm
	tagEmbed
	tagFieldset
	tagFigcaption
	tagFigure
	tagFont
	tagFooter
	tagForeignObject
	tagForm
	tagH1
	tagH2
	tagH3
	tagH4
	tagH5
	tagH6
	tagHead
	tagHeader
	tagHgroup
	tagHR
	tagHTML
	tagI
	tagIframe
	tagImg
	tagInput
	tagLabel
	tagLI
	tagLink
	tagMain
	tagMath
	tagMenu
	tagMeta
	tagNav
	tagNoembed
	tagNoframes
	tagNoscript
	tagObject
	tagOL
	tagOptgroup
	tagOption
	tagP
	tagParam
	tagPicture
	tagPlaintext
	tagPre
	tagQ
	tagRB
	tagRP
	tagRT
	tagScript
	tagSection
	tagSelect
	tagSmall
	tagSource
	tagSpan
	tagStrong
	tagStyle
	tagSub
	tagSummary
	tagSup
	tagSVG
	tagTable
	tagTbody
	tagTD
	tagTemplate
	tagTextarea
	tagTfoot
	tagTH
	tagThead
	tagTime
	tagTitle
	tagTR
	tagTrack
	tagU
	tagUL
	tagVideo
	tagWBR
	tagXMP
	tagCount
)

// tagTrait is what the engine knows of a tag.
type tagTrait uint16

const (
	traitBlock      tagTrait = 1 << iota // starts and ends a line
	traitVoid                            // has no end tag
	traitRaw                             // its content is text, not markup
	traitNoText                          // nothing in it is ever visible text
	traitHeading                         // h1 to h6
	traitClosesP                         // its start ends an open p
	traitHead                            // may stand in head
	traitJunk                            // furniture by its name alone
	traitSpecial                         // no end tag of an inline element crosses it
	traitBoundary                        // no end tag but those of tables crosses it
	traitList                            // nor does that of li
	traitButton                          // nor that of p
	traitTableScope                      // no end tag of a part of a table crosses it
	traitBreaksOut                       // its start ends an open svg or math
	traitListed                          // the tree lists its elements
)

const blockP = traitBlock | traitClosesP | traitSpecial

type tagEntry struct {
	name   string
	traits tagTrait
}

var tagEntries = [tagCount]tagEntry{
	tagOther: {"", 0}, tagCustom: {"", traitBlock},
	tagA: {"a", traitListed}, tagAbbr: {"abbr", 0}, tagAddress: {"address", blockP}, tagArea: {"area", traitVoid},
	tagArticle: {"article", blockP}, tagAside: {"aside", blockP | traitJunk},
	tagAudio: {"audio", traitBlock | traitNoText}, tagB: {"b", traitBreaksOut},
	tagBase: {"base", traitVoid | traitHead | traitListed}, tagBlockquote: {"blockquote", blockP | traitBreaksOut}, tagBody: {"body", traitBlock | traitSpecial | traitBreaksOut},
	tagBr: {"br", traitVoid | traitBreaksOut}, tagButton: {"button", traitSpecial | traitButton | traitJunk}, tagCanvas: {"canvas", traitNoText},
	tagCaption: {"caption", traitBlock | traitSpecial | traitBoundary}, tagCenter: {"center", blockP | traitBreaksOut}, tagCite: {"cite", 0},
	tagCode: {"code", traitBreaksOut}, tagCol: {"col", traitVoid}, tagColgroup: {"colgroup", traitSpecial}, tagDatalist: {"datalist", traitNoText}, tagDD: {"dd", blockP | traitBreaksOut}, tagDetails: {"details", blockP},
	tagDialog: {"dialog", traitBlock | traitClosesP | traitJunk}, tagDiv: {"div", blockP | traitBreaksOut}, tagDL: {"dl", blockP | traitBreaksOut}, tagDT: {"dt", blockP | traitBreaksOut},
	tagEm: {"em", traitBreaksOut}, tagEmbed: {"embed", traitVoid | traitBreaksOut}, tagFieldset: {"fieldset", blockP},
	tagFigcaption: {"figcaption", blockP | traitJunk}, tagFigure: {"figure", blockP | traitJunk}, tagFont: {"font", 0},
	tagFooter: {"footer", blockP | traitJunk}, tagForeignObject: {"foreignobject", traitSpecial | traitBoundary}, tagForm: {"form", blockP | traitJunk | traitListed},
	tagH1: {"h1", blockP | traitHeading | traitBreaksOut | traitListed}, tagH2: {"h2", blockP | traitHeading | traitBreaksOut}, tagH3: {"h3", blockP | traitHeading | traitBreaksOut},
	tagH4: {"h4", blockP | traitHeading | traitBreaksOut}, tagH5: {"h5", blockP | traitHeading | traitBreaksOut}, tagH6: {"h6", blockP | traitHeading | traitBreaksOut},
	tagHead: {"head", traitBlock | traitSpecial | traitBreaksOut}, tagHeader: {"header", blockP}, tagHgroup: {"hgroup", blockP},
	tagHR: {"hr", blockP | traitVoid | traitBreaksOut}, tagHTML: {"html", traitBlock | traitSpecial | traitBoundary | traitTableScope | traitListed}, tagI: {"i", traitBreaksOut},
	tagIframe: {"iframe", traitRaw | traitNoText | traitListed}, tagImg: {"img", traitVoid | traitBreaksOut | traitListed}, tagInput: {"input", traitVoid},
	tagLabel: {"label", 0}, tagLI: {"li", blockP | traitBreaksOut}, tagLink: {"link", traitVoid | traitHead | traitListed},
	tagMain: {"main", blockP}, tagMath: {"math", traitNoText}, tagMenu: {"menu", blockP | traitJunk | traitBreaksOut},
	tagMeta: {"meta", traitVoid | traitHead | traitBreaksOut | traitListed}, tagNav: {"nav", blockP | traitJunk},
	tagNoembed: {"noembed", traitRaw | traitNoText | traitSpecial}, tagNoframes: {"noframes", traitRaw | traitNoText | traitHead | traitSpecial}, tagNoscript: {"noscript", traitHead | traitNoText | traitSpecial | traitBoundary | traitTableScope}, tagObject: {"object", traitSpecial | traitBoundary | traitNoText},
	tagOL: {"ol", blockP | traitList | traitBreaksOut}, tagOptgroup: {"optgroup", traitBlock}, tagOption: {"option", traitBlock}, tagP: {"p", blockP | traitBreaksOut},
	tagParam: {"param", traitVoid}, tagPicture: {"picture", 0}, tagPlaintext: {"plaintext", traitClosesP | traitSpecial | traitRaw}, tagPre: {"pre", blockP | traitBreaksOut}, tagQ: {"q", 0},
	tagRB: {"rb", 0}, tagRP: {"rp", traitNoText}, tagRT: {"rt", traitNoText}, tagScript: {"script", traitRaw | traitNoText | traitHead | traitListed},
	tagSection: {"section", blockP}, tagSelect: {"select", traitNoText | traitSpecial | traitBoundary}, tagSmall: {"small", traitBreaksOut},
	tagSource: {"source", traitVoid}, tagSpan: {"span", traitBreaksOut}, tagStrong: {"strong", traitBreaksOut},
	tagStyle: {"style", traitRaw | traitNoText | traitHead}, tagSub: {"sub", traitBreaksOut}, tagSummary: {"summary", blockP},
	tagSup: {"sup", traitBreaksOut}, tagSVG: {"svg", traitNoText}, tagTable: {"table", traitBlock | traitSpecial | traitBoundary | traitTableScope | traitBreaksOut},
	tagTbody: {"tbody", traitBlock | traitSpecial}, tagTD: {"td", traitBlock | traitSpecial | traitBoundary},
	tagTemplate: {"template", traitNoText | traitHead | traitSpecial | traitBoundary | traitTableScope}, tagTextarea: {"textarea", traitRaw | traitNoText},
	tagTfoot: {"tfoot", traitBlock | traitSpecial}, tagTH: {"th", traitBlock | traitSpecial | traitBoundary}, tagThead: {"thead", traitBlock | traitSpecial},
	tagTime: {"time", 0}, tagTitle: {"title", traitRaw | traitNoText | traitHead | traitListed}, tagTR: {"tr", traitBlock | traitSpecial},
	tagTrack: {"track", traitVoid}, tagU: {"u", traitBreaksOut}, tagUL: {"ul", blockP | traitList | traitBreaksOut}, tagVideo: {"video", traitBlock | traitNoText | traitListed},
	tagXMP: {"xmp", blockP | traitRaw}, tagWBR: {"wbr", traitVoid},
}

// shortTags is a hash table of the tags whose names have at most eight letters,
// and longTags holds the others.
var (
	shortTags = buildShortTags()
	longTags  = buildLongTags()
)

// shortTag is a tag with the letters of its name, the first of them lowest. An
// empty place has none.
type shortTag struct {
	name uint64
	tag  tag
}

// findShortTag returns the place of a name, or the empty one that is free for it.
func findShortTag(table *[256]shortTag, name uint64) *shortTag {
	for i := name * 0x9e3779b97f4a7c15 >> 56; ; i++ { // few names share a place
		if e := &table[i%256]; e.name == name || e.name == 0 {
			return e
		}
	}
}

func buildShortTags() *[256]shortTag {
	table := new([256]shortTag)
	for t, e := range tagEntries {
		if n := len(e.name); 0 < n && n <= 8 {
			name := eightBytes(e.name + "\x00\x00\x00\x00\x00\x00\x00\x00")
			*findShortTag(table, name) = shortTag{name, tag(t)}
		}
	}
	return table
}

func buildLongTags() (list []tag) {
	for t, e := range tagEntries {
		if len(e.name) > 8 {
			list = append(list, tag(t))
		}
	}
	return list
}

// tagTraits holds the traits of the tags alone, which stay near the processor.
var tagTraits = buildTagTraits()

func buildTagTraits() (table [256]tagTrait) {
	for t, e := range tagEntries {
		table[t] = e.traits
	}
	return table
}

func (t tag) is(x tagTrait) bool { return tagTraits[t]&x != 0 }

// lookupTag returns the tag of a name in any case, which begins with a letter.
func lookupTag(name []byte) tag {
	if len(name) <= 8 {
		if e := findShortTag(shortTags, shortName(name)); e.name != 0 && len(tagEntries[e.tag].name) == len(name) {
			return e.tag
		}
	} else {
		for _, t := range longTags {
			if equalFold(name, tagEntries[t].name) {
				return t
			}
		}
	}
	if bytes.IndexByte(name, '-') >= 0 {
		return tagCustom
	}
	return tagOther
}

// shortName returns the letters of a name of at most eight as shortTag has them.
func shortName(name []byte) uint64 {
	x := firstBytes(name)
	return x | x&(0x40*eightOnes)>>1 // in lower case
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold compares with a lower-case ASCII string.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if lower(c) != s[i] {
			return false
		}
	}
	return true
}

func isSpace(c byte) bool { return c <= ' ' && spaces>>c&1 != 0 }

// spaces has the bits of the white space of HTML.
const spaces = 1<<' ' | 1<<'\n' | 1<<'\t' | 1<<'\r' | 1<<'\f'
