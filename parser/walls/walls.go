// Package walls knows what the pages say that stand in an article's place: that
// a machine is suspected, that consent, a login or money is asked for, that
// there is nothing here. It reads phrases of fourteen languages and more in folded text:
// lower-case letters and digits, words parted by single spaces.
package walls

import (
	"strings"
	"unicode/utf8"
)

// Kind is what stands in the way.
type Kind uint8

// The kinds of walls.
const (
	Bot     Kind = iota // a challenge or refusal for machines
	Missing             // an error in place of the page
	Consent             // consent to cookies or tracking
	Login               // a login
	Script              // a browser that runs scripts
	Paywall             // a subscription
	Parked              // a domain without a site
	kinds
)

// Hits counts the different phrases of every kind in a text.
type Hits [kinds]int

// Read returns what a folded text says.
func Read(folded string) (h Hits) {
	seen := make(map[*phrase]bool)
	for i := 0; i < len(folded); {
		for _, p := range at(folded, i) {
			if strings.HasPrefix(folded[i:], p.text) && !seen[p] {
				seen[p] = true
				h[p.kind]++
			}
		}
		i = next(folded, i)
	}
	return h
}

// Whole returns the kind of which a folded line says nothing but a phrase, with
// at most a few more bytes of other words, as a page's title does.
func Whole(folded string, spare int) (Kind, bool) {
	for i := 0; i < len(folded); i = next(folded, i) {
		for _, p := range at(folded, i) {
			if strings.HasPrefix(folded[i:], p.text) && len(folded)-len(p.text) <= spare {
				return p.kind, true
			}
		}
	}
	return 0, false
}

// phrase is one of the vocabulary; it stands at the beginning of a word.
type phrase struct {
	text string
	kind Kind
}

// at returns the phrases that may begin at i, and maybe others.
func at(s string, i int) []*phrase {
	if len(s)-i < keyLen {
		return nil
	}
	h := hash(s[i : i+keyLen])
	if starts[h/64]>>(h%64)&1 == 0 {
		return nil
	}
	return index[h%uint32(len(index))]
}

// next returns the place of the next word behind i, or of the next character in
// scripts that do not part words.
func next(s string, i int) int {
	if n := unspacedAt(s, i); n > 0 {
		return i + n
	}
	for i++; i < len(s); i++ {
		if s[i-1] == ' ' || unspacedAt(s, i) > 0 {
			return i
		}
	}
	return len(s)
}

// unspacedAt returns how many bytes the character at i has if it belongs to a script
// that does not part words, or else 0.
func unspacedAt(s string, i int) int {
	if s[i] < 0xe3 || s[i] > 0xed {
		return 0
	}
	if r, n := utf8.DecodeRuneInString(s[i:]); unspaced(r) {
		return n
	}
	return 0
}

func unspaced(r rune) bool { return r >= 0x3000 && r < 0xac00 }

// keyLen is how many bytes of a phrase it is found by.
const keyLen = 3

// hashBits is how long hashes of keys are.
const hashBits = 15

// hash hashes a key.
func hash(k string) uint32 {
	return (uint32(k[0]) | uint32(k[1])<<8 | uint32(k[2])<<16) * 0x9e3779b1 >> (32 - hashBits)
}

// index holds the phrases by the ends of the hashes of their keys, and starts has
// bits for these hashes. Hardly any other text has them.
var index, starts = buildIndex()

func buildIndex() (index [1 << 10][]*phrase, starts [1 << hashBits / 64]uint64) {
	for kind, list := range phrases {
		for text := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(list), "\n", "|"), "|") {
			if text = strings.TrimSpace(text); text != "" {
				h := hash(text[:keyLen])
				starts[h/64] |= 1 << (h % 64)
				index[h%uint32(len(index))] = append(index[h%uint32(len(index))], &phrase{text, kind})
			}
		}
	}
	return index, starts
}
