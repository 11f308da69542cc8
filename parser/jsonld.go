package parser

import (
	"bytes"
	"encoding/json"
	"html"
	"strings"
)

// object is one JSON-LD node.
type object map[string]any

// maxObjects bounds how much of a page's structured data is read.
const maxObjects = 2000

// structured is a page's JSON-LD, flattened.
type structured struct {
	article object // the one that describes the page, or nil
	all     []object
	byID    map[string]object
}

func (t *tree) structured() structured {
	var s structured
	t.find(tagScript, func(i int32) {
		if !isLDType(t.attr(i, "type")) || i+1 >= t.nodes[i].stop {
			return
		}
		for _, v := range decodeLD(t.bytes(i + 1)) {
			s.flatten(v)
		}
	})
	s.pick()
	return s
}

func isLDType(typ string) bool {
	typ, _, _ = strings.Cut(strings.ToLower(typ), ";")
	return strings.TrimSpace(typ) == "application/ld+json"
}

// decodeLD reads JSON, once more after repairs when it is broken. It returns
// what could be read.
func decodeLD(b []byte) []any {
	if v, ok := decodeAll(b); ok {
		return v
	}
	fixed := repairJSON(b)
	v, ok := decodeAll(fixed)
	if !ok && bytes.Contains(b, []byte("&quot;")) {
		v, _ = decodeAll(repairJSON([]byte(html.UnescapeString(string(b)))))
	}
	return v
}

func decodeAll(b []byte) (out []any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(b))
	for d.More() {
		var v any
		if d.Decode(&v) != nil {
			return out, false
		}
		out = append(out, v)
	}
	return out, len(out) > 0
}

// repairJSON drops comments and CDATA marks outside of strings, escapes control
// characters inside of them, and drops trailing commas and semicolons.
func repairJSON(b []byte) []byte {
	out := make([]byte, 0, len(b)+16)
	inString := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case inString && c == '\\' && i+1 < len(b):
			if bytes.IndexByte([]byte(`"\/bfnrtu`), b[i+1]) < 0 {
				out = append(out, '\\')
				out = append(out, c)
				continue
			}
			out = append(out, c, b[i+1])
			i++
		case c == '"':
			inString = !inString
			out = append(out, c)
		case inString && c < 0x20:
			out = append(out, ' ')
		case inString:
			out = append(out, c)
		case c == '}' || c == ']':
			out = append(bytes.TrimRight(out, ", \t\r\n"), c)
		case c == '<' || c == '/' || c == '-' && !digitAt(b, i+1):
			i = skipComment(b, i)
		case c == ';':
		default:
			out = append(out, c)
		}
	}
	return out
}

func digitAt(b []byte, i int) bool { return i < len(b) && '0' <= b[i] && b[i] <= '9' }

// skipComment returns the last byte of what is no JSON at i.
func skipComment(b []byte, i int) int {
	for _, mark := range [][2]string{{"/*", "*/"}, {"<![CDATA[", ""}, {"<!--", ""}, {"-->", ""}, {"//<![CDATA[", ""}, {"//]]>", ""}, {"//", "\n"}} {
		if !bytes.HasPrefix(b[i:], []byte(mark[0])) {
			continue
		}
		end := i + len(mark[0])
		if mark[1] != "" {
			j := bytes.Index(b[end:], []byte(mark[1]))
			if j < 0 {
				return len(b)
			}
			end += j + len(mark[1])
		}
		return end - 1
	}
	return i
}

// flatten adds v and the objects inside it, breadth first.
func (s *structured) flatten(v any) {
	queue := []any{v}
	for len(queue) > 0 && len(s.all) < maxObjects {
		v, queue = queue[0], queue[1:]
		switch v := v.(type) {
		case []any:
			queue = append(queue, v...)
		case map[string]any:
			s.add(v)
			for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "hasPart", "video", "isPartOf"} {
				if x, ok := v[key]; ok {
					queue = append(queue, x)
				}
			}
		}
	}
}

func (s *structured) add(o object) {
	s.all = append(s.all, o)
	if id, ok := o["@id"].(string); ok && len(o) > 1 {
		if s.byID == nil {
			s.byID = make(map[string]object)
		}
		if old, ok := s.byID[id]; !ok || len(old) < len(o) {
			s.byID[id] = o
		}
	}
}

// types returns the types of an object without their namespaces.
func (o object) types() []string {
	var out []string
	for _, v := range list(o["@type"]) {
		if x, ok := v.(string); ok {
			out = append(out, x[strings.LastIndexAny(x, "/:#")+1:])
		}
	}
	return out
}

func (o object) is(types ...string) bool {
	for _, x := range o.types() {
		for _, y := range types {
			if strings.EqualFold(x, y) {
				return true
			}
		}
	}
	return false
}

func (o object) isArticle() bool {
	for _, x := range o.types() {
		if strings.HasSuffix(x, "Article") || x == "BlogPosting" || x == "LiveBlogPosting" || x == "Review" || x == "Report" {
			return true
		}
	}
	return false
}

// pick chooses the article of the page: the first with a headline, else a page
// that is dated.
func (s *structured) pick() {
	best := 0
	for _, o := range s.all {
		score := 0
		switch {
		case o.isArticle():
			score = 10
		case o.is("VideoObject"):
			score = 2
		case o.is("WebPage", "ItemPage", "MedicalWebPage"):
			score = 1
		default:
			continue
		}
		for _, key := range []string{"headline", "datePublished", "author", "articleBody"} {
			if o[key] != nil {
				score += 2
			}
		}
		if score > best && (score > 2 || o.isArticle()) {
			best, s.article = score, o
		}
	}
}

// list returns v as a list: itself, alone, or nothing.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// str returns the text of a string, of the first of a list, or of the name of
// an object, or "".
func str(v any) string {
	for range 4 {
		switch x := v.(type) {
		case string:
			return cleanText(x)
		case []any:
			if len(x) == 0 {
				return ""
			}
			v = x[0]
		case map[string]any:
			switch {
			case x["name"] != nil:
				v = x["name"]
			case x["@value"] != nil:
				v = x["@value"]
			case x["@id"] != nil:
				v = x["@id"]
			default:
				v = x["url"]
			}
		default:
			return ""
		}
	}
	return ""
}

// text returns the text of a key, or "".
func (o object) text(key string) string {
	if o == nil {
		return ""
	}
	return str(o[key])
}

// cleanText decodes entities, drops markup and collapses white space.
func cleanText(s string) string {
	for range 2 {
		if strings.IndexByte(s, '&') < 0 {
			break
		}
		s = html.UnescapeString(s)
	}
	if strings.IndexByte(s, '<') >= 0 {
		s = stripTags(s)
	}
	var w textBuf
	w.b = make([]byte, 0, len(s))
	w.writePlain(s)
	return w.String()
}

func stripTags(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 || i+1 >= len(s) {
			break
		}
		b.WriteString(s[:i])
		if c := s[i+1]; !isLetter(c) && c != '/' && c != '!' {
			b.WriteByte('<')
			s = s[i+1:]
			continue
		}
		j := strings.IndexByte(s[i:], '>')
		if j < 0 {
			s = ""
			break
		}
		b.WriteByte(' ')
		s = s[i+j+1:]
	}
	b.WriteString(s)
	return b.String()
}
