package jsonld

import "bytes"

// reader walks over one script. It knows no errors: what makes no sense is
// passed over, and what was read before the end counts.
type reader struct {
	*Document
	pos, end int
	key      [2]int32 // the key whose value comes next
	keyed    bool
	skipped  int    // how many values that are too deep are open
	quote    string // what a quote is written as, mostly `"`
}

// Read reads the values of the script src[from:to] and returns them as an
// array. It is lenient: commas, semicolons, comments and the marks that hide
// scripts from old browsers may stand anywhere between values, strings may hold
// line breaks, unknown escapes and quotes that are not escaped, quotes may be
// written as character references, and the end may be missing.
func (d *Document) Read(from, to int) Value {
	r := reader{Document: d, pos: from, end: to, quote: quoteOf(d.src[from:to])}
	root := r.add(Array, from, from)
	d.open = append(d.open[:0], root)
	for r.pos < r.end && len(d.nodes) < maxValues {
		r.token()
	}
	for len(d.open) > 0 {
		r.pop()
	}
	return Value{d, root}
}

// quoteOf returns what the first quote in a script is written as.
func quoteOf(script []byte) string {
	i := bytes.IndexAny(script[:min(len(script), 256)], `"&`)
	if i < 0 || script[i] == '"' {
		return `"`
	}
	for _, q := range []string{"&quot;", "&#34;", "&#034;", "&#x22;"} {
		if bytes.HasPrefix(script[i:], []byte(q)) {
			return q
		}
	}
	return `"`
}

// token reads what is at pos and always moves on.
func (r *reader) token() {
	switch c := r.src[r.pos]; c {
	case ' ', '\n', '\r', '\t', ';', ':', '>':
		r.pos++
	case ',':
		r.pos++
		r.keyed = false
	case '{':
		r.push(Object)
	case '[':
		r.push(Array)
	case '}':
		r.close(Object)
	case ']':
		r.close(Array)
	case '/':
		r.comment()
	case '<':
		r.mark()
	case '\'':
		r.quoted("'")
	default:
		if r.at(r.pos, r.quote) {
			r.quoted(r.quote)
		} else {
			r.word()
		}
	}
}

func (r *reader) at(i int, s string) bool {
	return i+len(s) <= r.end && string(r.src[i:i+len(s)]) == s
}

// comment passes over a comment; of "//" in front of a mark only over itself.
func (r *reader) comment() {
	rest := r.src[r.pos:r.end]
	mark := ""
	switch {
	case r.at(r.pos, "/*"):
		mark = "*/"
	case r.at(r.pos, "//") && !r.at(r.pos, "//<") && !r.at(r.pos, "//]]"):
		mark = "\n"
	default:
		r.pos++
		return
	}
	if i := bytes.Index(rest[2:], []byte(mark)); i >= 0 {
		r.pos += 2 + i + len(mark)
		return
	}
	r.pos = r.end
}

func (r *reader) mark() {
	for _, m := range []string{"<!--", "<![CDATA["} {
		if r.at(r.pos, m) {
			r.pos += len(m)
			return
		}
	}
	r.pos++
}

// add adds a value to the innermost open array or object; a value in an object
// has the key that was read last.
func (r *reader) add(kind Kind, from, to int) int32 {
	i := int32(len(r.nodes))
	n := node{kind: kind, next: i + 1, from: int32(from), to: int32(to)}
	if r.keyed {
		n.keyFrom, n.keyTo = r.key[0], r.key[1]
		r.keyed = false
	}
	r.nodes = append(r.nodes, n)
	return i
}

func (r *reader) top() Kind { return r.nodes[r.open[len(r.open)-1]].kind }

// wantsKey says whether the next string is a key.
func (r *reader) wantsKey() bool { return r.top() == Object && !r.keyed }

func (r *reader) push(kind Kind) {
	r.pos++
	if r.skipped > 0 || len(r.open) >= maxDepth {
		r.skipped++
		return
	}
	r.open = append(r.open, r.add(kind, r.pos, r.pos))
	r.keyed = false
}

func (r *reader) pop() {
	i := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	r.nodes[i].next = int32(len(r.nodes))
}

// close ends the innermost value of the kind and all that is open in it.
func (r *reader) close(kind Kind) {
	r.pos++
	if r.skipped > 0 {
		if r.skipped--; r.skipped == 0 {
			r.keyed = false
		}
		return
	}
	r.keyed = false
	for i := len(r.open) - 1; i > 0; i-- {
		if r.nodes[r.open[i]].kind == kind {
			for len(r.open) > i {
				r.pop()
			}
			return
		}
	}
}

// quoted reads the string that begins with the quote at pos.
func (r *reader) quoted(quote string) {
	from := r.pos + len(quote)
	to := r.stringEnd(from, quote)
	r.pos = min(to+len(quote), r.end)
	r.scalar(String, from, to)
}

// scalar takes a string or word as a key or a value.
func (r *reader) scalar(kind Kind, from, to int) {
	switch {
	case r.skipped > 0:
	case r.wantsKey():
		r.key, r.keyed = [2]int32{int32(from), int32(to)}, true
	default:
		r.add(kind, from, to)
	}
}

// stringEnd returns where the string that begins at from ends: at the first
// quote that is not escaped and has behind it what can follow a string.
func (r *reader) stringEnd(from int, quote string) int {
	for i := from; ; {
		j := r.index(i, quote)
		if j < 0 {
			return r.end
		}
		if !r.escaped(from, j) && (r.skipped > 0 || r.endsString(j+len(quote), quote)) {
			return j
		}
		i = j + len(quote)
	}
}

func (r *reader) index(i int, quote string) int {
	if j := bytes.Index(r.src[i:r.end], []byte(quote)); j >= 0 {
		return i + j
	}
	return -1
}

// escaped says whether an odd number of backslashes stands before i.
func (r *reader) escaped(from, i int) bool {
	n := 0
	for i-n > from && r.src[i-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

// endsString says whether the quote in front of i ends a string.
func (r *reader) endsString(i int, quote string) bool {
	i = r.skipSpace(i)
	if i >= r.end {
		return true
	}
	c := r.src[i]
	switch {
	case r.wantsKey():
		return c == ':'
	case c == '}' || c == ']' || c == '/' || c == '<' || c == ';':
		return true
	case c == ',':
		return r.followsComma(r.skipSpace(i+1), quote)
	}
	return r.top() == Object && r.memberAt(i, quote) // a comma is missing
}

// followsComma says whether what is at i can follow a comma in the innermost
// array or object.
func (r *reader) followsComma(i int, quote string) bool {
	if i >= r.end {
		return true
	}
	switch c := r.src[i]; {
	case c == '}' || c == ']' || c == ',' || c == '/' || c == '<':
		return true
	case r.top() == Object:
		return r.memberAt(i, quote)
	case c == '{' || c == '[' || c == '-' || '0' <= c && c <= '9':
		return true
	}
	return r.at(i, quote) || r.at(i, "true") || r.at(i, "false") || r.at(i, "null")
}

// maxKey is how far the end of a key is looked for.
const maxKey = 200

// memberAt says whether a key and a colon stand at i, or what may become that
// behind the end.
func (r *reader) memberAt(i int, quote string) bool {
	window := reader{Document: r.Document, end: min(i+maxKey, r.end)}
	switch {
	case window.at(i, quote):
	case window.at(i, "'"):
		quote = "'"
	default:
		from := i
		for i < window.end && !endsWord(r.src[i]) {
			i++
		}
		return i > from && r.colonAt(i)
	}
	from := i + len(quote)
	for j := from; ; {
		if j = window.index(j, quote); j < 0 {
			return true
		}
		if !r.escaped(from, j) {
			return r.colonAt(j + len(quote))
		}
		j += len(quote)
	}
}

func (r *reader) colonAt(i int) bool {
	i = r.skipSpace(i)
	return i >= r.end || r.src[i] == ':'
}

func (r *reader) skipSpace(i int) int {
	for i < r.end && (r.src[i] == ' ' || r.src[i] == '\n' || r.src[i] == '\r' || r.src[i] == '\t') {
		i++
	}
	return i
}

// word reads a number, a name of a value, or a key without quotes.
func (r *reader) word() {
	from := r.pos
	r.pos++
	for r.pos < r.end && !endsWord(r.src[r.pos]) {
		r.pos++
	}
	if kind := kindOfWord(r.src[from:r.pos]); kind != Absent || r.wantsKey() && r.at(r.skipSpace(r.pos), ":") {
		r.scalar(kind, from, r.pos)
	}
}

func endsWord(c byte) bool {
	switch c {
	case ' ', '\n', '\r', '\t', ',', ';', ':', '{', '}', '[', ']', '"', '/', '<', '>':
		return true
	}
	return false
}

func kindOfWord(w []byte) Kind {
	switch string(w) {
	case "true", "false":
		return Bool
	case "null":
		return Null
	}
	if c := w[0]; '0' <= c && c <= '9' || c == '-' && len(w) > 1 && w[1] != '-' {
		return Number
	}
	return Absent
}
