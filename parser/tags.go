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
	tagNoscript
	tagObject
	tagOL
	tagOptgroup
	tagOption
	tagP
	tagParam
	tagPicture
	tagPre
	tagQ
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
	tagCount
)

// What the engine knows of an element.
type tagTrait uint16

const (
	traitBlock    tagTrait = 1 << iota // starts and ends a line
	traitVoid                          // has no end tag
	traitRaw                           // its content is text, not markup
	traitNoText                        // nothing in it is ever visible text
	traitHeading                       // h1 to h6
	traitClosesP                       // its start ends an open p
	traitBoundary                      // implied ends never cross it
	traitHead                          // may stand in head
	traitJunk                          // furniture by its name alone
)

const blockP = traitBlock | traitClosesP

type tagEntry struct {
	name   string
	traits tagTrait
}

var tagEntries = [tagCount]tagEntry{
	tagOther: {"", 0}, tagCustom: {"", traitBlock},
	tagA: {"a", 0}, tagAbbr: {"abbr", 0}, tagAddress: {"address", blockP}, tagArea: {"area", traitVoid},
	tagArticle: {"article", blockP}, tagAside: {"aside", blockP | traitJunk},
	tagAudio: {"audio", traitBlock | traitNoText}, tagB: {"b", 0},
	tagBase: {"base", traitVoid | traitHead}, tagBlockquote: {"blockquote", blockP}, tagBody: {"body", traitBlock},
	tagBr: {"br", traitVoid}, tagButton: {"button", traitBoundary | traitJunk}, tagCanvas: {"canvas", traitNoText},
	tagCaption: {"caption", traitBlock | traitBoundary}, tagCenter: {"center", blockP}, tagCite: {"cite", 0},
	tagCode: {"code", 0}, tagCol: {"col", traitVoid}, tagDD: {"dd", blockP}, tagDetails: {"details", blockP},
	tagDialog: {"dialog", blockP | traitJunk}, tagDiv: {"div", blockP}, tagDL: {"dl", blockP}, tagDT: {"dt", blockP},
	tagEm: {"em", 0}, tagEmbed: {"embed", traitVoid}, tagFieldset: {"fieldset", blockP},
	tagFigcaption: {"figcaption", blockP | traitJunk}, tagFigure: {"figure", blockP | traitJunk}, tagFont: {"font", 0},
	tagFooter: {"footer", blockP | traitJunk}, tagForm: {"form", blockP | traitJunk},
	tagH1: {"h1", blockP | traitHeading}, tagH2: {"h2", blockP | traitHeading}, tagH3: {"h3", blockP | traitHeading},
	tagH4: {"h4", blockP | traitHeading}, tagH5: {"h5", blockP | traitHeading}, tagH6: {"h6", blockP | traitHeading},
	tagHead: {"head", traitBlock}, tagHeader: {"header", blockP}, tagHgroup: {"hgroup", blockP},
	tagHR: {"hr", blockP | traitVoid}, tagHTML: {"html", traitBlock}, tagI: {"i", 0},
	tagIframe: {"iframe", traitRaw | traitNoText}, tagImg: {"img", traitVoid}, tagInput: {"input", traitVoid},
	tagLabel: {"label", 0}, tagLI: {"li", blockP}, tagLink: {"link", traitVoid | traitHead},
	tagMain: {"main", blockP}, tagMath: {"math", traitNoText}, tagMenu: {"menu", blockP | traitJunk},
	tagMeta: {"meta", traitVoid | traitHead}, tagNav: {"nav", blockP | traitJunk},
	tagNoscript: {"noscript", traitHead | traitNoText}, tagObject: {"object", traitBoundary | traitNoText},
	tagOL: {"ol", blockP}, tagOptgroup: {"optgroup", traitBlock}, tagOption: {"option", traitBlock}, tagP: {"p", blockP},
	tagParam: {"param", traitVoid}, tagPicture: {"picture", 0}, tagPre: {"pre", blockP}, tagQ: {"q", 0},
	tagRP: {"rp", traitNoText}, tagRT: {"rt", traitNoText}, tagScript: {"script", traitRaw | traitNoText | traitHead},
	tagSection: {"section", blockP}, tagSelect: {"select", traitNoText | traitBoundary}, tagSmall: {"small", 0},
	tagSource: {"source", traitVoid}, tagSpan: {"span", 0}, tagStrong: {"strong", 0},
	tagStyle: {"style", traitRaw | traitNoText | traitHead}, tagSub: {"sub", 0}, tagSummary: {"summary", blockP},
	tagSup: {"sup", 0}, tagSVG: {"svg", traitNoText}, tagTable: {"table", blockP | traitBoundary},
	tagTbody: {"tbody", traitBlock}, tagTD: {"td", traitBlock | traitBoundary},
	tagTemplate: {"template", traitNoText | traitHead | traitBoundary}, tagTextarea: {"textarea", traitRaw | traitNoText},
	tagTfoot: {"tfoot", traitBlock}, tagTH: {"th", traitBlock | traitBoundary}, tagThead: {"thead", traitBlock},
	tagTime: {"time", 0}, tagTitle: {"title", traitRaw | traitNoText | traitHead}, tagTR: {"tr", traitBlock},
	tagTrack: {"track", traitVoid}, tagU: {"u", 0}, tagUL: {"ul", blockP}, tagVideo: {"video", traitBlock | traitNoText},
	tagWBR: {"wbr", traitVoid},
}

var tagByName = func() map[string]tag {
	m := make(map[string]tag, tagCount)
	for t, e := range tagEntries {
		if e.name != "" {
			m[e.name] = tag(t)
		}
	}
	return m
}()

func (t tag) is(x tagTrait) bool { return tagEntries[t].traits&x != 0 }

// lookupTag returns the tag of a name in any case.
func lookupTag(name []byte) tag {
	if len(name) > 10 {
		return longTag(name)
	}
	var low [10]byte
	for i, c := range name {
		low[i] = lower(c)
	}
	if t, ok := tagByName[string(low[:len(name)])]; ok {
		return t
	}
	return longTag(name)
}

func longTag(name []byte) tag {
	if bytes.IndexByte(name, '-') >= 0 {
		return tagCustom
	}
	return tagOther
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

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
