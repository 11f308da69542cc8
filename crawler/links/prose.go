package links

import "bytes"

const (
	proseParagraphs = 3   // in a row, that an article has
	proseLength     = 100 // of each, in bytes of text outside of links
)

// HasProse says whether a page has several paragraphs in a row of text that is
// no link, as articles have. In lists, teasers stand between headings and
// links; calendars and filters have no paragraphs.
func HasProse(html []byte) bool {
	var p prose
	for len(html) > 0 && p.row < proseParagraphs {
		text, rest, _ := bytes.Cut(html, []byte("<"))
		if p.inside && !p.inLink {
			p.length += len(bytes.TrimSpace(text))
		}
		tag, rest, _ := bytes.Cut(rest, []byte(">"))
		html = rest
		name, _, _ := bytes.Cut(tag, []byte(" "))
		p.tag(string(bytes.ToLower(bytes.TrimSuffix(name, []byte("/")))))
	}
	return p.row >= proseParagraphs
}

// prose counts paragraphs that stand in a row.
type prose struct {
	row            int
	inside, inLink bool // of a paragraph, of a link
	length         int  // of the paragraph's text so far
	linked         bool // it has a link
}

func (p *prose) tag(name string) {
	switch name {
	case "p", "/p", "br":
		if p.length >= proseLength {
			p.row++
		} else if p.linked {
			p.row = 0
		}
		p.inside, p.inLink, p.linked, p.length = name != "/p", false, false, 0
	case "a":
		p.inLink, p.linked = true, true
		if !p.inside {
			p.row = 0
		}
	case "/a":
		p.inLink = false
	case "h1", "h2", "h3", "h4", "h5", "h6", "article", "li", "table":
		*p = prose{}
	}
}
