package parser

import (
	"unicode"
	"unicode/utf8"
)

// fingerprint returns the 64-bit simhash of a text's word 3-shingles, and how
// many words the text has. Each rune of a script without word spaces is a word.
func fingerprint(text string) (simhash uint64, words int) {
	var sums bitSums
	var last [3]uint64
	eachWordHash(text, func(h uint64) {
		last[0], last[1], last[2] = last[1], last[2], h
		if words++; words >= len(last) {
			sums.add(shingle(last))
		}
	})
	if 0 < words && words < len(last) {
		sums.add(shingle(last))
	}
	return sums.majority(), words
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

// eachWordHash calls fn with the FNV-1a hash of every word.
func eachWordHash(text string, fn func(uint64)) {
	h := uint64(fnvOffset)
	end := func() {
		if h != fnvOffset {
			fn(h)
			h = fnvOffset
		}
	}
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if foldedRunes[c] != 0 {
				h = (h ^ uint64(c)) * fnvPrime
			} else {
				end()
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		word := isWordRune(r)
		alone := word && isSpaceless(r)
		if !word || alone {
			end()
		}
		if word {
			for _, c := range []byte(text[i : i+size]) {
				h = (h ^ uint64(c)) * fnvPrime
			}
		}
		if alone {
			end()
		}
		i += size
	}
	end()
}

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
