package parser

import (
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"
)

// fold brings text into the form in which titles and lines are compared: letters
// and digits in lower case, with one blank for whatever is between.
func fold(s string) string { return string(appendFold(make([]byte, 0, len(s)), s)) }

// foldsTo says whether a text is the folded one when it is folded.
func foldsTo(s, folded string) bool {
	var buf [128]byte
	return string(appendFold(buf[:0], s)) == folded
}

func appendFold(dst []byte, s string) []byte {
	from := len(dst)
	for i := 0; i < len(s); {
		dst = slices.Grow(dst, len(s)-i)
		n, free := len(dst), dst[:cap(dst)]
		last := byte(0) // what was written last, 0 for a blank
		if n > from && free[n-1] != ' ' {
			last = free[n-1]
		}
		for ; i < len(s) && s[i] < utf8.RuneSelf; i++ { // no branch depends on the letters
			c := byte(foldedRunes[s[i]])
			free[n] = c | ' ' // as every letter and digit has that bit
			n += oneIf(c|last != 0)
			last = c
		}
		dst = free[:n]
		for i < len(s) && s[i] >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			i += size
			switch c := foldRune(r); {
			case c != 0:
				dst = utf8.AppendRune(dst, c)
			case len(dst) > from && dst[len(dst)-1] != ' ':
				dst = append(dst, ' ')
			}
		}
	}
	if n := len(dst); n > from && dst[n-1] == ' ' {
		dst = dst[:n-1]
	}
	return dst
}

// foldRune returns a letter, a digit or a mark in lower case, and 0 for what is
// none of them.
func foldRune(r rune) rune {
	switch {
	case r < maxFolded:
		return rune(foldedRunes[r])
	case isCaseless(r):
		return r
	case isWordRune(r):
		return unicode.ToLower(r)
	}
	return 0
}

// maxFolded is the first character that takes three bytes in UTF-8.
const maxFolded = 0x800

// foldedRunes holds what foldRune returns for the characters of one or two bytes.
var foldedRunes = buildFoldedRunes()

func buildFoldedRunes() (table [maxFolded]uint16) {
	for r := range rune(maxFolded) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			table[r] = uint16(unicode.ToLower(r))
		}
	}
	return table
}

// isWordRune says whether r is part of a word: a letter, a digit or a mark.
func isWordRune(r rune) bool {
	switch {
	case r < maxFolded:
		return foldedRunes[r] != 0
	case 0x2000 <= r && r < 0x2070: // marks of punctuation
		return false
	}
	return isCaseless(r) || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// isIdeograph says whether r is one of the common Han characters.
func isIdeograph(r rune) bool { return 0x4e00 <= r && r <= 0x9fff }

// isCaseless says whether r is one of the letters without case that are most common:
// Han characters, kana and syllables of Hangul.
func isCaseless(r rune) bool {
	return isIdeograph(r) || isHangul(r) || 0x3041 <= r && r <= 0x3096 || 0x30a1 <= r && r <= 0x30fa
}

// isHangul says whether r is a syllable of Hangul.
func isHangul(r rune) bool { return 0xac00 <= r && r <= 0xd7a3 }

// oneIf is written so that it becomes no branch.
func oneIf(b bool) int {
	n := 0
	if b {
		n = 1
	}
	return n
}

// Words of eight bytes with their lowest and with their highest bits set.
const (
	eightOnes = 0x0101010101010101
	eightHigh = 0x80 * eightOnes
)

// holdsByte says whether one of the eight bytes of x is c.
func holdsByte(x uint64, c byte) bool {
	x ^= eightOnes * uint64(c)
	return (x-eightOnes)&^x&eightHigh != 0
}

// eightASCII says whether the first eight bytes of s are ASCII.
func eightASCII(s string) bool { return eightBytes(s)&eightHigh == 0 }

// eightBytes returns the first eight bytes of s, the first of them lowest.
func eightBytes(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// firstBytes returns the first eight bytes of s, the first of them lowest, with 0
// for those behind its end.
func firstBytes(s []byte) uint64 {
	if cap(s) < 8 {
		s = append(make([]byte, 0, 8), s...)
	}
	return binary.LittleEndian.Uint64(s[:8]) & (1<<(8*len(s)) - 1) // without what stands behind it in the page
}
