package rules

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Selector picks elements of a page: those that one of its paths matches.
type Selector struct {
	Paths []Path
	text  string
}

// String is the selector as it was written.
func (s Selector) String() string { return s.text }

// Path is one alternative of a comma list.
type Path struct {
	Steps []Step // from the outermost element inwards; never empty
	Attr  string // what is read: this attribute, or the text where it is ""
}

// Step is what a selector wants of one element.
type Step struct {
	Child bool       // the element of the step before is the parent, not just any ancestor
	First bool       // the element is its parent's first
	Tag   string     // lower case; "" is any
	Attrs []AttrTest // those of .class and #id among them
}

// AttrTest is a condition on an attribute.
type AttrTest struct {
	Name  string // lower case
	Op    Op
	Value string
}

// Op compares an attribute's value with that of a test.
type Op byte

// The comparisons of attribute tests.
const (
	Exists   Op = iota // [name]
	Equals             // [name=value]
	Prefix             // [name^=value]
	Suffix             // [name$=value]
	Contains           // [name*=value]
	Word               // [name~=value]: one of the value's words
)

// Accepts says whether an attribute's value passes the test.
func (t *AttrTest) Accepts(value string) bool {
	switch t.Op {
	case Equals:
		return value == t.Value
	case Prefix:
		return strings.HasPrefix(value, t.Value)
	case Suffix:
		return strings.HasSuffix(value, t.Value)
	case Contains:
		return strings.Contains(value, t.Value)
	case Word:
		for word := range strings.FieldsSeq(value) {
			if word == t.Value {
				return true
			}
		}
		return false
	default:
		return true
	}
}

// ParseSelector compiles a selector. It is a subset of CSS: tag, *, .class,
// #id, [name], [name=value] with = ^= $= *= ~=, :first-child, descendants,
// children (>) and comma lists. Behind each alternative may stand @name: its
// value is that attribute, not the element's text.
func ParseSelector(text string) (Selector, error) {
	p := selectorParser{text: text}
	s := Selector{text: strings.TrimSpace(text)}
	for {
		path, err := p.path()
		if err != nil {
			return Selector{}, fmt.Errorf("selector %q: %w", s.text, err)
		}
		s.Paths = append(s.Paths, path)
		if !p.take(',') {
			return s, nil
		}
	}
}

// selectorParser reads a selector left to right.
type selectorParser struct {
	text string
	pos  int
}

// peek returns the byte at pos, or 0 at the end.
func (p *selectorParser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *selectorParser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.pos++
	return true
}

func (p *selectorParser) space() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n\f", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// path reads one alternative, up to a comma or the end.
func (p *selectorParser) path() (Path, error) {
	var path Path
	for {
		p.space()
		child := len(path.Steps) > 0 && p.take('>')
		p.space()
		if !child && len(path.Steps) > 0 && p.atEnd() {
			break
		}
		step, err := p.step()
		if err != nil {
			return path, err
		}
		step.Child = child
		path.Steps = append(path.Steps, step)
	}
	if !p.take('@') {
		return path, nil
	}
	var err error
	if path.Attr, err = p.name(); err != nil {
		return path, err
	}
	path.Attr = strings.ToLower(path.Attr)
	p.space()
	if p.pos < len(p.text) && p.peek() != ',' {
		return path, p.unexpected(p.pos)
	}
	return path, nil
}

// atEnd says whether the steps of a path end here.
func (p *selectorParser) atEnd() bool {
	return p.pos == len(p.text) || p.peek() == ',' || p.peek() == '@'
}

// step reads the conditions on one element.
func (p *selectorParser) step() (Step, error) {
	var s Step
	start := p.pos
	if !p.take('*') && isName(p.peek()) {
		name, err := p.name()
		if err != nil {
			return s, err
		}
		s.Tag = strings.ToLower(name)
	}
	for {
		var err error
		switch p.peek() {
		case '.':
			p.pos++
			test := AttrTest{Name: "class", Op: Word}
			test.Value, err = p.name()
			s.Attrs = append(s.Attrs, test)
		case '#':
			p.pos++
			test := AttrTest{Name: "id", Op: Equals}
			test.Value, err = p.name()
			s.Attrs = append(s.Attrs, test)
		case '[':
			p.pos++
			var test AttrTest
			test, err = p.attr()
			s.Attrs = append(s.Attrs, test)
		case ':':
			s.First, err = true, p.pseudo()
		default:
			if p.pos == start {
				return s, p.unexpected(p.pos)
			}
			return s, nil
		}
		if err != nil {
			return s, err
		}
	}
}

func (p *selectorParser) pseudo() error {
	p.pos++
	name, err := p.name()
	if err == nil && name != "first-child" {
		return fmt.Errorf(":%s is not known; of the pseudo-classes only :first-child is", name)
	}
	return err
}

// attr reads an attribute test behind its opening bracket.
func (p *selectorParser) attr() (t AttrTest, err error) {
	p.space()
	if t.Name, err = p.name(); err != nil {
		return t, err
	}
	t.Name = strings.ToLower(t.Name)
	p.space()
	if p.take(']') {
		return t, nil
	}
	t.Op = Equals
	if i := strings.IndexByte("^$*~", p.peek()); i >= 0 && p.peek() != 0 {
		t.Op = [...]Op{Prefix, Suffix, Contains, Word}[i]
		p.pos++
	}
	if !p.take('=') {
		return t, p.unexpected(p.pos)
	}
	p.space()
	if t.Value, err = p.value(); err != nil {
		return t, err
	}
	p.space()
	if !p.take(']') {
		return t, p.unexpected(p.pos)
	}
	if t.Value == "" && t.Op != Equals {
		return t, fmt.Errorf("[%s] compares with nothing, which never matches", t.Name)
	}
	return t, nil
}

// value reads a quoted value, or a bare one up to a bracket or space.
func (p *selectorParser) value() (string, error) {
	if q := p.peek(); q == '"' || q == '\'' {
		end := strings.IndexByte(p.text[p.pos+1:], q)
		if end < 0 {
			return "", fmt.Errorf("the quote at %d is not closed", p.pos+1)
		}
		v := p.text[p.pos+1 : p.pos+1+end]
		p.pos += end + 2
		return v, nil
	}
	end := strings.IndexAny(p.text[p.pos:], "] \t\r\n\f\"'")
	switch {
	case end < 0:
		end = len(p.text) - p.pos
	case end == 0:
		return "", p.unexpected(p.pos)
	}
	v := p.text[p.pos : p.pos+end]
	p.pos += end
	return v, nil
}

// name reads a name; a backslash takes the byte behind it as it is, for classes
// such as "md:w-1/2".
func (p *selectorParser) name() (string, error) {
	var b strings.Builder
	for {
		switch c := p.peek(); {
		case c == '\\' && p.pos+1 < len(p.text):
			b.WriteByte(p.text[p.pos+1])
			p.pos += 2
		case isName(c):
			b.WriteByte(c)
			p.pos++
		case b.Len() == 0:
			return "", p.unexpected(p.pos)
		default:
			return b.String(), nil
		}
	}
}

func isName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c >= utf8.RuneSelf
}

// unexpected is the fault of what stands at pos.
func (p *selectorParser) unexpected(pos int) error {
	if pos >= len(p.text) {
		return errors.New("ends too early")
	}
	r, _ := utf8.DecodeRuneInString(p.text[pos:])
	return fmt.Errorf("unexpected %q at %d", r, pos+1)
}
