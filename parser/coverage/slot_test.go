package coverage_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/parser/coverage"
)

func TestSlotIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := coverage.Slot{At: 492_000, Odd: 0b101, Counts: coverage.Counts{
		Articles: 7, Tried: 9, With: [6]int{1, 2, 3, 4, 5, 6}, Starts: [6]int{7, 8, 9, 10, 11, 12}, Longest: [6]int{13, 14}, Lengths: coverage.Lengths{0, 5, 2},
	}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got coverage.Slot
	if err := json.Unmarshal(text, &got); err != nil || !cmp.Equal(want, got) {
		t.Errorf("%s read as %+v, %v", text, got, err)
	}
}

func TestSlotOfAnotherVersion(t *testing.T) {
	t.Parallel()
	var s coverage.Slot
	if err := s.UnmarshalText([]byte("492000 0 7 9 8 1 2 3 4 5 6 98 99 0 2 3 4 1 5 77 78")); err != nil {
		t.Fatal(err)
	}
	if want := (coverage.Slot{At: 492_000, Counts: coverage.Counts{Articles: 7, Tried: 9, With: [6]int{1, 2, 3, 4, 5, 6}, Longest: [6]int{3, 4}, Lengths: coverage.Lengths{5}}}); !cmp.Equal(want, s) {
		t.Error(cmp.Diff(want, s))
	}
}

func FuzzSlot(f *testing.F) {
	for _, text := range []string{"", "1", "492000 0 7 9 0 0 0 0", "1 2 3 4 -1", "1 0 1 1 99999999999999999999 1", "1 0 1 1 999999999999 1", "1 x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s, again coverage.Slot
		if s.UnmarshalText([]byte(text)) != nil {
			return
		}
		data, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := again.UnmarshalText(data); err != nil || !cmp.Equal(s, again) {
			t.Errorf("%q read as %+v, written as %q", text, s, data)
		}
	})
}
