package links

import "bytes"

const (
	proseParagraphs = 3   // that an article has at least
	proseLength     = 100 // of each, in bytes of text outside of links
)

// HasProse says whether a page has several paragraphs of text that is no link,
// as articles have and lists, calendars and filters do not.
func HasProse(html []byte) bool {
	paragraphs, length := 0, 0
	inParagraph, inLink := false, false
	for len(html) > 0 {
		text, rest, _ := bytes.Cut(html, []byte("<"))
		if inParagraph && !inLink {
			length += len(bytes.TrimSpace(text))
		}
		tag, rest, _ := bytes.Cut(rest, []byte(">"))
		html = rest
		switch name, _, _ := bytes.Cut(tag, []byte(" ")); {
		case equalFold(name, "p"), equalFold(name, "/p"):
			if length >= proseLength {
				paragraphs++
			}
			inParagraph, inLink, length = name[0] != '/', false, 0
		case equalFold(name, "a"):
			inLink = true
		case equalFold(name, "/a"):
			inLink = false
		}
		if paragraphs == proseParagraphs {
			return true
		}
	}
	return false
}
