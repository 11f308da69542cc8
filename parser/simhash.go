package parser

import (
	"unicode"
	"unicode/utf8"
)

// fingerprint returns the 64-bit simhash of a text's word 3-shingles, and how
// many words the text has. Each rune of a script without word spaces is a word.
func fingerprint(text string) (simhash uint64, words int) {
	s := shingles{n: 2}
	h := uint64(fnvOffset) // FNV-1a of the word so far
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i, h = s.ascii(text, i, h)
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
	s.sum()
	if s.words == 1 || s.words == 2 { // which make one shingle
		s.sums.add(shingle(0, s.last[0], s.last[1]))
	}
	return s.sums.majority(), s.words
}

// shingles adds up the shingles of a text.
type shingles struct {
	sums  bitSums
	words int         // that are added up
	last  [256]uint64 // hashes: of the two words before, 0 for none, and of those to be added up
	n     int         // how many these are
}

// ascii reads a text from i on up to a character that is not ASCII, or for as
// long as there is room for words. It takes and returns the hash of the word so
// far. No branch depends on where words end, since none could be predicted.
func (s *shingles) ascii(text string, i int, h uint64) (int, uint64) {
	if s.n == len(s.last) {
		s.sum()
	}
	n := uint(s.n)
	for ; i < len(text) && text[i] < utf8.RuneSelf && n < uint(len(s.last)); i++ {
		s.last[n] = h
		gap := oneIf(foldedRunes[text[i]] == 0)
		n += uint(gap & oneIf(h != fnvOffset))
		if h = (h ^ uint64(text[i])) * fnvPrime; gap != 0 {
			h = fnvOffset
		}
	}
	s.n = int(n)
	return i, h
}

// end takes the hash of a word, if that has letters.
func (s *shingles) end(h uint64) {
	if h == fnvOffset {
		return
	}
	if s.n == len(s.last) {
		s.sum()
	}
	s.last[s.n] = h
	s.n++
}

// sum adds up the words that were read.
func (s *shingles) sum() {
	for k := 2; k < s.n; k++ {
		if s.words++; s.words > 2 {
			s.sums.add(shingle(s.last[k-2], s.last[k-1], s.last[k]))
		}
	}
	s.n = copy(s.last[:], s.last[s.n-2:s.n])
}

// shingle joins the hashes of three neighbouring words.
func shingle(a, b, c uint64) uint64 { return join(join(join(fnvOffset, a), b), c) }

func join(h, word uint64) uint64 {
	h = (h ^ word) * fnvPrime
	return h ^ h>>32
}

// The parameters of FNV-1a with 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// isSpaceless says whether r belongs to a script that writes without word spaces.
func isSpaceless(r rune) bool {
	return isIdeograph(r) || r >= 0x0e00 && !isHangul(r) && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Myanmar)
}

// bitSums counts how often each bit was set.
type bitSums struct {
	counts [64]int
	lanes  [8]uint64 // lane k counts bits k, 8+k, 16+k... in a byte each
	added  int
}

func (s *bitSums) add(v uint64) {
	for k := range s.lanes {
		s.lanes[k] += v & eightOnes
		v >>= 1
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
