package parser

import (
	"hash/fnv"
	"unicode"
)

// simhash returns the 64-bit simhash of a text's word 3-shingles; texts of
// scripts without word spaces are cut to runes.
func simhash(text string) uint64 {
	words := shingleWords(text)
	var sum [64]int32
	if len(words) == 0 {
		return 0
	}
	for i := 0; i == 0 || i+3 <= len(words); i++ {
		h := fnv.New64a()
		for _, w := range words[i:min(i+3, len(words))] {
			h.Write([]byte(w))
			h.Write([]byte{' '})
		}
		for v, k := h.Sum64(), 0; k < 64; k++ {
			sum[k] += int32(v>>k&1)*2 - 1
		}
	}
	var out uint64
	for k, s := range sum {
		if s > 0 {
			out |= 1 << k
		}
	}
	return out
}

func shingleWords(text string) []string {
	var out []string
	start := -1
	for i, r := range text {
		word := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
		if !word || isCJK(r) {
			if start >= 0 {
				out = append(out, text[start:i])
				start = -1
			}
			if isCJK(r) {
				out = append(out, string(r))
			}
			continue
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		out = append(out, text[start:])
	}
	return out
}

// isCJK says whether r belongs to a script that writes without word spaces.
func isCJK(r rune) bool {
	return r >= 0x0e00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Myanmar)
}
