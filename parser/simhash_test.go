package parser

import (
	"hash/fnv"
	"math/bits"
	"strings"
	"testing"
)

func TestFingerprint(t *testing.T) {
	text := strings.Repeat("The old ferry pier reopens after three years of repairs, the council said. ", 3) +
		"Boats of the harbour company will call there twice a day from May until the end of October."
	hash, words := fingerprint(text)
	if words != 57 {
		t.Errorf("%d words, want 57", words)
	}
	if edited, _ := fingerprint(strings.Replace(text, "twice", "once", 1)); bits.OnesCount64(hash^edited) > 12 {
		t.Errorf("one word changes %d bits", bits.OnesCount64(hash^edited))
	}
	if other, _ := fingerprint("Rain is expected in the hills tomorrow, and frost in the valleys in the second half of the night."); bits.OnesCount64(hash^other) < 16 {
		t.Errorf("another text differs in %d bits only", bits.OnesCount64(hash^other))
	}
	if _, words := fingerprint("渡し船 no. 3"); words != 5 {
		t.Errorf("%d words in Japanese with a number, want 5", words)
	}
	if hash, words := fingerprint(" - "); hash != 0 || words != 0 {
		t.Errorf("a text without words has the hash %x of %d words", hash, words)
	}
}

// Texts of any length have the shingles that their words make, however many are
// read at once.
func TestFingerprintOfLongTexts(t *testing.T) {
	var list []string
	for i := range 2000 {
		list = append(list, []string{"ferry", "Brücke", "by", "3", "reopens", "pier"}[i*i%53%6])
		var want bitSums
		for k := 2; k < len(list); k++ {
			want.add(shingle(fnv1a(list[k-2]), fnv1a(list[k-1]), fnv1a(list[k])))
		}
		if i < 2 || i > 20 && i%211 > 1 {
			continue
		}
		hash, words := fingerprint(strings.Join(list, " - "))
		if hash != want.majority() || words != len(list) {
			t.Errorf("hash %x of %d words, want %x of %d", hash, words, want.majority(), len(list))
		}
	}
}

func fnv1a(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// The lanes that count bits are emptied before they overflow.
func TestBitSumsOfLongTexts(t *testing.T) {
	var sums bitSums
	for i := range 1000 {
		if i%10 < 6 {
			sums.add(1<<63 | 1)
		} else {
			sums.add(1 << 8)
		}
	}
	if got, want := sums.majority(), uint64(1<<63|1); got != want {
		t.Errorf("majority %x, want %x", got, want)
	}
}
