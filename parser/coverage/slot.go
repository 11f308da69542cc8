package coverage

import (
	"errors"
	"strconv"
)

// A slot is written as numbers between blanks, since most of what a record costs is
// to read its slots: At, Odd, Articles, Tried, With, Starts, Longest and Lengths,
// with how many there are before each of the last four.

// MarshalText writes a slot.
func (s Slot) MarshalText() ([]byte, error) {
	text := strconv.AppendInt(make([]byte, 0, 128), s.At, 10)
	put := func(n int) { text = strconv.AppendInt(append(text, ' '), int64(n), 10) }
	put(int(s.Odd))
	put(s.Articles)
	put(s.Tried)
	for _, list := range [][]int{s.With[:], s.Starts[:], s.Longest[:], s.Lengths} {
		put(len(list))
		for _, n := range list {
			put(n)
		}
	}
	return text, nil
}

// UnmarshalText reads a slot. Fields that it does not know are left out, and what
// stands behind the lengths.
func (s *Slot) UnmarshalText(text []byte) error {
	r := numbers{text: text}
	s.At, s.Odd = int64(r.next()), uint8(r.next()) // a bit a field, of which there are seven
	s.Articles, s.Tried = r.next(), r.next()
	for _, list := range [][]int{s.With[:], s.Starts[:], s.Longest[:]} {
		for i, n := 0, r.next(); i < n && r.err == nil; i++ {
			if v := r.next(); i < len(list) {
				list[i] = v
			}
		}
	}
	s.Lengths = make(Lengths, min(r.next(), maxBuckets))
	for i := range s.Lengths {
		s.Lengths[i] = r.next()
	}
	return r.err
}

// numbers reads numbers between blanks; after the first fault all are zero.
type numbers struct {
	text []byte
	err  error
}

var errSlot = errors.New("a slot ends early or holds something else than numbers")

func (r *numbers) next() int {
	n, i := 0, 0
	for i < len(r.text) && r.text[i] >= '0' && r.text[i] <= '9' {
		n = n*10 + int(r.text[i]-'0')
		i++
	}
	if i == 0 || i > 15 || i < len(r.text) && r.text[i] != ' ' {
		r.text, r.err = nil, errSlot
		return 0
	}
	r.text = r.text[min(i+1, len(r.text)):]
	return n
}
