package parser

import (
	"slices"
	"strings"
)

// storePiece is how many bytes a store allocates at once.
const storePiece = 4 << 10

// store makes the strings of one page: in few pieces of memory, since most of
// them are short and there are hundreds. Its strings are never overwritten and
// may outlive the page; each holds on to its piece.
type store struct {
	piece strings.Builder // whose String copies nothing
	buf   []byte          // for what is kept next
}

// keep returns a copy of b.
func (s *store) keep(b []byte) string {
	if len(b) >= storePiece/4 {
		return string(b)
	}
	if s.piece.Cap()-s.piece.Len() < len(b) {
		s.piece = strings.Builder{}
		s.piece.Grow(storePiece)
	}
	from := s.piece.Len()
	s.piece.Write(b)
	return s.piece.String()[from:]
}

// fold is the function of that name.
func (s *store) fold(text string) string {
	s.buf = appendFold(s.buf[:0], text)
	return s.keep(s.buf)
}

// joined returns a text folded, without its blanks.
func (s *store) joined(text string) string {
	s.buf = appendFold(s.buf[:0], text)
	return s.keep(slices.DeleteFunc(s.buf, func(c byte) bool { return c == ' ' }))
}

// forget lets go of the strings, for the next page.
func (s *store) forget() { s.piece = strings.Builder{} }

func (x *extraction) fold(s string) string { return x.tree.store.fold(s) }
