package parser

import (
	"unicode"
	"unicode/utf8"
)

// fingerprint returns the 64-bit simhash of a text's word 3-shingles, and how
// many words the text has. Each rune of a script without word spaces is a word.
func fingerprint(text string) (simhash uint64, words int) {
	var s shingles
	h := uint64(fnvOffset) // FNV-1a of the word so far
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if foldedRunes[c] != 0 {
				h = (h ^ uint64(c)) * fnvPrime
			} else {
				s.end(h)
				h = fnvOffset
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		word := isWordRune(r)
		alone := word && isSpaceless(r)
		if !word || alone {
			s.end(h)
			h = fnvOffset
		}
		if word {
			for _, c := range []byte(text[i : i+size]) {
				h = (h ^ uint64(c)) * fnvPrime
			}
		}
		if alone {
			s.end(h)
			h = fnvOffset
		}
		i += size
	}
	s.end(h)
	if 0 < s.words && s.words < len(s.last) {
		s.sums.add(shingle(s.last))
	}
	return s.sums.majority(), s.words
}

// shingles adds up the shingles of a text, word by word.
type shingles struct {
	sums  bitSums
	last  [3]uint64 // hashes of words
	words int
}

// end takes the hash of a word, if that has letters.
func (s *shingles) end(h uint64) {
	if h == fnvOffset {
		return
	}
	s.last[0], s.last[1], s.last[2] = s.last[1], s.last[2], h
	if s.words++; s.words >= len(s.last) {
		s.sums.add(shingle(s.last))
	}
}

// shingle joins the hashes of neighbouring words.
func shingle(words [3]uint64) uint64 {
	h := uint64(fnvOffset)
	for _, w := range words {
		h = (h ^ w) * fnvPrime
		h ^= h >> 32
	}
	return h
}

// The parameters of FNV-1a with 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// isSpaceless says whether r belongs to a script that writes without word spaces.
func isSpaceless(r rune) bool {
	return isIdeograph(r) || r >= 0x0e00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Myanmar)
}

// bitSums counts how often each bit was set.
type bitSums struct {
	counts [64]int
	lanes  [8]uint64 // lane k counts bits k, 8+k, 16+k... in a byte each
	added  int
}

func (s *bitSums) add(v uint64) {
	for k := range s.lanes {
		s.lanes[k] += v >> k & 0x0101010101010101
	}
	if s.added++; s.added%255 == 0 {
		s.spill()
	}
}

// spill empties the lanes into the counts, before a byte of them overflows.
func (s *bitSums) spill() {
	for i := range s.counts {
		s.counts[i] += int(s.lanes[i%8] >> (i &^ 7) & 0xff)
	}
	s.lanes = [8]uint64{}
}

// majority has the bits that were set more often than not.
func (s *bitSums) majority() (v uint64) {
	s.spill()
	for i, n := range s.counts {
		if 2*n > s.added {
			v |= 1 << i
		}
	}
	return v
}
