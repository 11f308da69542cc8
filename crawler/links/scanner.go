package links

import "bytes"

// tag is a start tag that matters here.
type tag int

const (
	tagOther tag = iota
	tagA
	tagArea
	tagBase
	tagLink
	tagMeta
	tagScript
)

// scanner walks over the start tags of a page as the tokenizer of the HTML
// standard (section 13.2.5) would, on bytes and without building anything.
type scanner struct {
	html []byte
	pos  int

	// Of the tag that next found:
	tag  tag
	text []byte // what a script holds

	attrs []attr
}

// attr is one attribute as written: its value is not unescaped.
type attr struct{ name, value []byte }

// next goes to the next start tag that matters and says whether there is one.
func (s *scanner) next() bool {
	for {
		at := bytes.IndexByte(s.html[s.pos:], '<')
		if at < 0 || s.pos+at+1 >= len(s.html) {
			return false
		}
		s.pos += at + 1
		switch c := s.html[s.pos]; {
		case isLetter(c):
			if s.startTag() {
				return true
			}
		case c == '!':
			s.markup()
		case c == '?':
			s.skipPast(">")
		case c == '/' && s.pos+1 < len(s.html) && isLetter(s.html[s.pos+1]):
			s.pos++
			s.name()
			s.skipAttributes()
		case c == '/':
			s.skipPast(">")
		}
	}
}

// startTag reads a start tag, and the text of elements whose text is no
// markup, and says whether the tag matters.
func (s *scanner) startTag() bool {
	name := s.name()
	s.tag = tagOf(name)
	if s.tag == tagOther {
		s.skipAttributes()
	} else {
		s.attributes()
	}
	switch {
	case s.tag == tagScript:
		s.text = s.rawText("script")
	case s.tag == tagOther:
		if raw := rawElement(name); raw != "" {
			s.rawText(raw)
		}
	}
	return s.tag != tagOther
}

func (s *scanner) name() []byte {
	rest := s.html[s.pos:]
	name := rest[:lengthTo(&endsTag, rest)]
	s.pos += len(name)
	return name
}

// markup skips a comment, a doctype or a bogus comment, from its "!".
func (s *scanner) markup() {
	rest := s.html[s.pos:]
	if !bytes.HasPrefix(rest, []byte("!--")) {
		s.skipPast(">")
		return
	}
	s.pos += len("!--")
	// "<!-->" and "<!--->" are whole comments.
	if rest = s.html[s.pos:]; bytes.HasPrefix(rest, []byte(">")) || bytes.HasPrefix(rest, []byte("->")) {
		s.skipPast(">")
		return
	}
	for {
		s.skipPast("--")
		if s.pos >= len(s.html) {
			return
		}
		switch rest = s.html[s.pos:]; {
		case rest[0] == '>':
			s.pos++
			return
		case bytes.HasPrefix(rest, []byte("!>")):
			s.pos += 2
			return
		}
		s.pos-- // "--->" ends a comment too
	}
}

func (s *scanner) skipPast(mark string) {
	at := bytes.Index(s.html[s.pos:], []byte(mark))
	if at < 0 {
		s.pos = len(s.html)
		return
	}
	s.pos += at + len(mark)
}

// attributes reads the attributes to the end of a tag. Of a link, it keeps
// those that matter.
func (s *scanner) attributes() {
	s.attrs = s.attrs[:0]
	html, pos := s.html, s.pos
	for pos < len(html) {
		if c := html[pos]; c == '>' {
			pos++
			break
		} else if isSpace(c) || c == '/' {
			pos++
			continue
		}
		name := html[pos:]
		name = name[:1+lengthTo(&endsName, name[1:])] // it may begin with "="
		pos += len(name)
		var value []byte
		if rest := html[pos:]; len(rest) > 2 && rest[0] == '=' && rest[1] == '"' { // as most are
			end := bytes.IndexByte(rest[2:], '"')
			if end < 0 {
				pos = len(html)
			} else {
				value = rest[2 : 2+end]
				pos += 2 + end + 1
			}
		} else {
			s.pos = pos
			value = s.assigned()
			pos = s.pos
		}
		if s.tag != tagA || matters(name) {
			s.attrs = append(s.attrs, attr{name, value})
		}
	}
	s.pos = pos
}

// matters says whether an attribute of a link may matter.
func matters(name []byte) bool {
	return len(name) == 4 && name[0]|0x20 == 'h' || len(name) == 3 && name[0]|0x20 == 'r'
}

// skipAttributes goes to where attributes would, and keeps none.
func (s *scanner) skipAttributes() {
	html, pos := s.html, s.pos
	named := false // what a "=" follows is the name of an attribute
	for pos < len(html) {
		c := html[pos]
		pos++
		switch {
		case c == '>':
			s.pos = pos
			return
		case c == '=' && named:
			s.pos = pos
			s.space()
			s.value()
			pos, named = s.pos, false
		case c == '/':
			named = false
		case !isSpace(c):
			named = true
			pos += lengthTo(&endsName, html[pos:])
		}
	}
	s.pos = pos
}

// assigned reads the value that follows the name of an attribute, if one does.
func (s *scanner) assigned() []byte {
	s.space()
	if s.pos >= len(s.html) || s.html[s.pos] != '=' {
		return nil
	}
	s.pos++
	s.space()
	return s.value()
}

func (s *scanner) value() []byte {
	if s.pos >= len(s.html) {
		return nil
	}
	start := s.pos
	if quote := s.html[s.pos]; quote == '"' || quote == '\'' {
		start++
		s.pos++
		end := bytes.IndexByte(s.html[start:], quote)
		if end < 0 {
			s.pos = len(s.html)
			return nil // an unclosed quote swallows the page: no tag
		}
		s.pos = start + end + 1
		return s.html[start : start+end]
	}
	for s.pos < len(s.html) && !isSpace(s.html[s.pos]) && s.html[s.pos] != '>' {
		s.pos++
	}
	return s.html[start:s.pos]
}

func (s *scanner) space() {
	for s.pos < len(s.html) && isSpace(s.html[s.pos]) {
		s.pos++
	}
}

// rawText skips to the end tag of the element and returns what it skipped.
func (s *scanner) rawText(name string) []byte {
	start := s.pos
	for {
		at := bytes.Index(s.html[s.pos:], []byte("</"))
		if at < 0 {
			s.pos = len(s.html)
			return s.html[start:]
		}
		s.pos += at + 2
		rest := s.html[s.pos:]
		if len(rest) >= len(name) && equalFold(rest[:len(name)], name) &&
			(len(rest) == len(name) || isSpace(rest[len(name)]) || rest[len(name)] == '>' || rest[len(name)] == '/') {
			end := s.pos - 2
			s.skipAttributes()
			return s.html[start:end]
		}
	}
}

// attr returns the trimmed value of the first attribute of this name, as
// written, and whether there is one.
func (s *scanner) attr(name string) ([]byte, bool) {
	for i := range s.attrs {
		if a := &s.attrs[i]; equalFold(a.name, name) {
			return bytes.TrimSpace(a.value), true
		}
	}
	return nil, false
}

func tagOf(name []byte) tag {
	switch len(name) {
	case 1:
		if name[0]|0x20 == 'a' {
			return tagA
		}
	case 4:
		switch {
		case equalFold(name, "area"):
			return tagArea
		case equalFold(name, "base"):
			return tagBase
		case equalFold(name, "link"):
			return tagLink
		case equalFold(name, "meta"):
			return tagMeta
		}
	case 6:
		if equalFold(name, "script") {
			return tagScript
		}
	}
	return tagOther
}

// rawElements are the elements, but for script, whose content is text.
// noscript is none: what it holds is for who runs no scripts.
var rawElements = []string{"style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"}

// rawElement returns the name of an element whose content is text, or "".
func rawElement(name []byte) string {
	for _, raw := range rawElements {
		if name[0]|0x20 == raw[0] && equalFold(name, raw) {
			return raw
		}
	}
	return ""
}

// The bytes that end the name of a tag and that of an attribute.
var (
	endsTag  = buildSet(" \n\t\r\f/>")
	endsName = buildSet(" \n\t\r\f/>=")
)

func buildSet(of string) (set [256]bool) {
	for i := range len(of) {
		set[of[i]] = true
	}
	return set
}

// lengthTo returns how many bytes come before the first one of the set.
func lengthTo(set *[256]bool, b []byte) int {
	for i, c := range b {
		if set[c] {
			return i
		}
	}
	return len(b)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}
