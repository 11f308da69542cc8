// Package markup reads XML as it is found in the wild. Its Scanner fails on
// nothing but the end of its input: what is broken is read as it was most
// likely meant. It declares no entities and looks nothing up, so no document
// unfolds to more than its length, and its memory is bounded, however long
// the document or one piece of it is.
package markup

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

const (
	bufferSize = 64 << 10 // also the longest tag
	maxText    = 16 << 10 // of one text; the rest is dropped
	maxNames   = 512      // that are remembered; others are made anew
)

// Kind tells tokens apart.
type Kind uint8

// The kinds of tokens.
const (
	Text Kind = iota + 1
	Start
	End
)

// Token is a start tag, an end tag or a text of a document. It is valid until
// the next call of Next.
type Token struct {
	Kind Kind
	// Space and Name are the prefix and the local part of an element's name,
	// in lower case.
	Space, Name string
	// Empty says that a start tag is its element's end too.
	Empty bool
	// Text is a text without references, CDATA or not, in UTF-8, cut at
	// 16 KiB. The text of an element may come in several tokens.
	Text []byte

	attributes []byte
}

// Scanner reads tokens. Comments, instructions and document types are skipped.
type Scanner struct {
	r     *bufio.Reader
	text  []byte
	names map[string]name
	open  []byte // name of the last start tag as written
	inTag bool   // a "<" was read
}

type name struct{ space, local string }

// NewScanner returns a scanner of a document in UTF-8 (see UTF8).
func NewScanner(r io.Reader) *Scanner {
	return &Scanner{r: bufio.NewReaderSize(r, bufferSize), names: map[string]name{}}
}

// Next returns the next token. At the end it returns io.EOF, within a tag or a
// comment io.ErrUnexpectedEOF, and what the reader fails with as it is.
func (s *Scanner) Next() (Token, error) {
	for {
		if !s.inTag {
			if err := s.readText(); err != nil && len(s.text) == 0 {
				return Token{}, err
			}
			if len(s.text) > 0 {
				return s.textToken(), nil
			}
		}
		s.inTag = false
		token, err := s.markup()
		if err != nil || token.Kind != 0 {
			return token, err
		}
	}
}

// readText reads up to the next "<" and through it.
func (s *Scanner) readText() error {
	s.text = s.text[:0]
	for {
		chunk, err := s.r.ReadSlice('<')
		if err == nil {
			s.inTag, chunk = true, chunk[:len(chunk)-1]
		}
		s.keep(chunk)
		if err != bufio.ErrBufferFull { //nolint:errorlint // bufio returns it as it is
			return err
		}
	}
}

func (s *Scanner) keep(chunk []byte) {
	s.text = append(s.text, chunk[:min(len(chunk), maxText-len(s.text))]...)
}

func (s *Scanner) textToken() Token {
	text := bytes.TrimSuffix(s.text, []byte("]]>")) // the end of a CDATA within another
	return Token{Kind: Text, Text: clean(unescape(text))}
}

// markup reads what follows a "<". What is no token has no kind.
func (s *Scanner) markup() (Token, error) {
	head, err := s.r.Peek(len("![CDATA["))
	if len(head) == 0 {
		return Token{}, unexpected(err)
	}
	switch {
	case string(head) == "![CDATA[":
		return s.cdata()
	case bytes.HasPrefix(head, []byte("!--")):
		return Token{}, s.skip("-->")
	case head[0] == '!':
		return Token{}, s.doctype()
	case head[0] == '?':
		return Token{}, s.skip(">")
	case head[0] == '/', isLetter(head[0]):
		return s.tag()
	}
	s.text = append(s.text[:0], '<') // it was meant as such
	return Token{Kind: Text, Text: s.text}, nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }

func unexpected(err error) error {
	if err == io.EOF { //nolint:errorlint // readers return it as it is
		return io.ErrUnexpectedEOF
	}
	return err
}

// skip reads through a mark.
func (s *Scanner) skip(mark string) error {
	for {
		window, err := s.r.Peek(max(s.r.Buffered(), len(mark)))
		if at := bytes.Index(window, []byte(mark)); at >= 0 {
			return s.discard(at + len(mark))
		}
		if err != nil {
			return unexpected(err)
		}
		if err := s.discard(len(window) - len(mark) + 1); err != nil {
			return err
		}
	}
}

func (s *Scanner) discard(n int) error {
	_, err := s.r.Discard(n)
	return err
}

// doctype skips a document type with its internal subset.
func (s *Scanner) doctype() error {
	end, _, err := s.find(func(window []byte, _ bool) int { return bytes.IndexAny(window, "[>") })
	if err != nil || end[len(end)-1] == '>' {
		return err
	}
	if err := s.skip("]"); err != nil {
		return err
	}
	return s.skip(">")
}

// find reads through the byte that at says of a window onto the input, and
// returns what was read. As long as at says -1 it is asked again with a longer
// window, up to the one that is the last: the buffer is full, or the input at
// its end. There is none then.
func (s *Scanner) find(at func(window []byte, last bool) int) (read []byte, ok bool, err error) {
	for n := max(s.r.Buffered(), 1); ; n = min(4*n, bufferSize) {
		window, err := s.r.Peek(n)
		last := err != nil || n == bufferSize
		if end := at(window, last); end >= 0 {
			return window[:end+1], true, s.discard(end + 1)
		}
		if last {
			return window, false, s.discardAll(window, err)
		}
	}
}

func (s *Scanner) discardAll(window []byte, cause error) error {
	if err := s.discard(len(window)); err != nil {
		return err
	}
	return unexpected(cause)
}

// cdata reads a CDATA section. One that is not closed ends with its element.
func (s *Scanner) cdata() (Token, error) {
	if err := s.discard(len("![CDATA[")); err != nil {
		return Token{}, err
	}
	closing := append([]byte("</"), s.open...)
	text, ok, err := s.find(func(window []byte, last bool) int { return cdataEnd(window, closing, last) })
	text = bytes.TrimSuffix(text, []byte("]]>"))
	s.text = append(s.text[:0], text[:min(len(text), maxText)]...)
	if !ok && err == nil { // it is long
		err = s.skip("]]>")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // the next token's
	}
	return Token{Kind: Text, Text: clean(s.text)}, err
}

// cdataEnd returns where the last byte of a CDATA section is, or -1. One that
// has no end, or only that of the next one, ends before its element's end tag.
func cdataEnd(window, closing []byte, last bool) int {
	end := bytes.Index(window, []byte("]]>"))
	within := window[:max(end, 0)]
	if end < 0 && last {
		within = window
	} else {
		within = within[:max(bytes.Index(within, []byte("<![CDATA[")), 0)]
	}
	if at := bytes.Index(within, closing); at > 0 {
		return at - 1
	}
	if end < 0 {
		return -1
	}
	return end + 2
}

// tag reads a start or end tag.
func (s *Scanner) tag() (Token, error) {
	raw, ok, err := s.find(tagEnd)
	if err == nil && !ok { // it is too long
		err = s.skip(">")
	}
	if err != nil || !ok {
		return Token{}, err
	}
	raw = bytes.TrimSuffix(raw, []byte(">"))
	token := Token{Kind: Start}
	if raw[0] == '/' {
		token.Kind, raw = End, raw[1:]
	}
	end := bytes.IndexAny(raw, " \t\r\n/")
	if end < 0 {
		end = len(raw)
	}
	n := s.name(raw[:end])
	token.Space, token.Name, token.attributes = n.space, n.local, raw[end:]
	if token.Kind == Start {
		token.Empty = bytes.HasSuffix(raw, []byte("/"))
		s.open = append(s.open[:0], raw[:end]...)
	}
	return token, nil
}

// tagEnd returns where a tag's ">" is, outside of quotes, or -1. A quote that
// is not closed before the next tag begins is none.
func tagEnd(window []byte, last bool) int {
	quote, first := byte(0), -1
	for i, c := range window {
		switch {
		case c == '>' && quote == 0:
			return i
		case c == '>' && first < 0:
			first = i
		case c == '<' && first >= 0:
			return first
		case c == quote:
			quote, first = 0, -1
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
	}
	if last {
		return first
	}
	return -1
}

func (s *Scanner) name(raw []byte) name {
	if n, ok := s.names[string(raw)]; ok {
		return n
	}
	space, local, ok := strings.Cut(strings.ToLower(string(raw)), ":")
	if !ok {
		space, local = "", space
	}
	n := name{space, local}
	if len(s.names) < maxNames {
		s.names[string(raw)] = n
	}
	return n
}

// Attributes calls yield with the name, in lower case, and the value of every
// attribute of a start tag until it returns false.
func (t Token) Attributes(yield func(name, value string) bool) {
	rest := t.attributes
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n/")
		if len(rest) == 0 {
			return
		}
		end := bytes.IndexAny(rest, "= \t\r\n")
		if end < 0 {
			end = len(rest)
		}
		key := strings.ToLower(string(rest[:end]))
		value := ""
		rest = bytes.TrimLeft(rest[end:], " \t\r\n")
		if len(rest) > 0 && rest[0] == '=' {
			value, rest = attributeValue(bytes.TrimLeft(rest[1:], " \t\r\n"))
		}
		if !yield(key, value) {
			return
		}
	}
}

func attributeValue(rest []byte) (value string, after []byte) {
	if len(rest) == 0 {
		return "", nil
	}
	var raw []byte
	if quote := rest[0]; quote == '"' || quote == '\'' {
		raw, after, _ = bytes.Cut(rest[1:], []byte{quote})
	} else {
		end := bytes.IndexAny(rest, " \t\r\n")
		if end < 0 {
			end = len(rest)
		}
		raw, after = rest[:end], rest[end:]
	}
	return string(clean(unescape(bytes.Clone(raw)))), after
}

// Attribute returns an attribute of a start tag, or "".
func (t Token) Attribute(name string) string {
	for key, value := range t.Attributes {
		if key == name {
			return value
		}
	}
	return ""
}
