package dates

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folded maps letters to the form in which words are looked up; 0 drops them.
var folded = buildFolded()

func buildFolded() map[rune]rune {
	m := map[rune]rune{
		'ø': 'o', 'Ø': 'o', 'đ': 'd', 'Đ': 'd', 'ł': 'l', 'Ł': 'l', 'ı': 'i', 'İ': 'i', 'ς': 'σ', 'º': 'o', 'ª': 'a',
		'أ': 'ا', 'إ': 'ا', 'آ': 'ا', 'ٱ': 'ا', 'ی': 'ي', 'ى': 'ي', 'ک': 'ك', 'ة': 'ه', 'ـ': 0,
		'\u093c': 0, '\u09bc': 0, '\u09df': '\u09af',
	}
	for _, span := range [][2]rune{{0xc0, 0x24f}, {0x386, 0x3ce}, {0x1e00, 0x1eff}} {
		for r := span[0]; r <= span[1]; r++ {
			if _, ok := m[r]; ok {
				continue
			}
			if base := []rune(norm.NFD.String(string(r))); base[0] != r {
				m[r] = unicode.ToLower(base[0])
			}
		}
	}
	for _, span := range [][2]rune{{0x300, 0x36f}, {0x64b, 0x65f}} { // combining marks of Latin, vowels of Arabic
		for r := span[0]; r <= span[1]; r++ {
			m[r] = 0
		}
	}
	return m
}
