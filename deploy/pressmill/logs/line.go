package logs

import (
	"bytes"
	"iter"
	"strconv"
	"time"
	"unsafe"
)

// Line is one log line. It and what its methods return without copying are
// valid until the function that was given it returns; Clone makes one that
// stays.
type Line struct {
	// Raw is the JSON object, without what was around it. Its keys are those of
	// the preset that it was written with.
	Raw []byte
	// At is when the line was written, in nanoseconds since 1970.
	At int64
	// Origin is what kubectl logs --prefix or Docker Compose named the writer,
	// as in "pod/news-crawler-0/crawler"; empty without them.
	Origin []byte

	have  uint64 // the fields that are there
	coded uint64 // those whose strings are to be decoded
	spans [fieldCount]span

	state   state
	channel byte   // of a wrapped line: from 1, the stream that its parts belong to
	inner   []byte // of a wrapped line: what was inside
}

type span struct{ from, to uint32 }

// state is what became of a line.
type state uint8

const (
	good state = iota
	blank
	part // the beginning of a line that its carrier cut into several
	bad  // the kinds of broken lines follow
)

// Clone returns a copy that stays valid.
func (l *Line) Clone() *Line {
	c := *l
	c.Raw, c.Origin, c.inner = bytes.Clone(l.Raw), bytes.Clone(l.Origin), nil
	return &c
}

// When is At as a time, in UTC.
func (l *Line) When() time.Time { return time.Unix(0, l.At).UTC() }

// Has says whether the line has a field, whatever its value.
func (l *Line) Has(f Field) bool { return l.have&(1<<f) != 0 }

// Value returns the JSON of a field, or nil.
func (l *Line) Value(f Field) []byte {
	if !l.Has(f) {
		return nil
	}
	return l.Raw[l.spans[f].from:l.spans[f].to]
}

// Bytes returns what a field that is a string says, or nil. It is not to be changed.
func (l *Line) Bytes(f Field) []byte {
	v := l.Value(f)
	if len(v) < 2 || v[0] != '"' {
		return nil
	}
	if l.coded&(1<<f) != 0 {
		return decode(v)
	}
	return v[1 : len(v)-1]
}

// Text is Bytes as a string of its own.
func (l *Line) Text(f Field) string { return string(l.Bytes(f)) }

// Is says whether a field is this string. It costs no memory.
func (l *Line) Is(f Field, text string) bool { return string(l.Bytes(f)) == text }

// Number returns a field that is a number.
func (l *Line) Number(f Field) (float64, bool) { return parseNumber(l.Value(f)) }

// Int returns a field that is a number, cut to a whole one; 0 if it is none.
func (l *Line) Int(f Field) int64 {
	n, ok := l.Number(f)
	if !ok {
		return 0
	}
	return int64(n)
}

// True says whether a field is true.
func (l *Line) True(f Field) bool { return string(l.Value(f)) == "true" }

// Severity is the level of a line.
type Severity uint8

// The levels, whatever a preset calls them.
const (
	Debug Severity = iota
	Info
	Warn
	Severe
)

// String is the name of a level in the default preset.
func (s Severity) String() string {
	return [...]string{"debug", "info", "warn", "error"}[s]
}

// Severity returns the level of the line: Info if it says none that is known.
func (l *Line) Severity() Severity {
	b := l.Bytes(Level)
	if len(b) == 0 {
		return Info
	}
	switch b[0] | 0x20 {
	case 'd', 't':
		return Debug
	case 'w':
		return Warn
	case 'e', 'f', 'c', 'p', 'a':
		return Severe
	}
	return Info
}

// Lookup returns the JSON of any field by its name in the default preset, or
// nil. It searches the line; for the fields that a Line knows, Value is faster.
func (l *Line) Lookup(name string) (found []byte) {
	for key, v := range l.All() {
		if key == name {
			found = v
		}
	}
	return found
}

// All returns every field in the order of the line: its name in the default
// preset, and its JSON.
func (l *Line) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for key, v := range members(l.Raw) {
			if !yield(canonical(key), v) {
				return
			}
		}
	}
}

// Inner reads a field that is an object, such as Interval, as a line of its
// own into one that is there: its fields are found by Value, Number and so on.
// It says whether there is such an object.
func (l *Line) Inner(f Field, into *Line) bool {
	v := l.Value(f)
	return len(v) > 0 && v[0] == '{' && into.object(v) > 0
}

// Counts returns the members of a field that is an object of numbers, such as
// FailedBy. Names may be kept.
func (l *Line) Counts(f Field) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for key, v := range members(l.Value(f)) {
			if n, ok := parseNumber(v); ok && !yield(key, n) {
				return
			}
		}
	}
}

// members walks over an object that was checked before; anything else has none.
func members(b []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if len(b) == 0 || b[0] != '{' {
			return
		}
		for i := space(b, 1); i < len(b) && b[i] == '"'; {
			end, coded := quoted(b, i)
			if end < 0 {
				return
			}
			key := b[i+1 : end-1]
			if coded {
				key = decode(b[i:end])
			}
			from := space(b, space(b, end)+1)
			to, _ := value(b, from, 0)
			if to < 0 || !yield(string(key), b[from:to]) {
				return
			}
			if i = space(b, to); i < len(b) && b[i] == ',' {
				i = space(b, i+1)
			}
		}
	}
}

// parseNumber reads a JSON number. Those of few digits, as nearly all are, are
// exact as a whole number divided by a power of ten: both fit a float64.
func parseNumber(b []byte) (float64, bool) {
	if len(b) == 0 || b[0] != '-' && b[0]-'0' > 9 {
		return 0, false
	}
	var whole int64
	decimals, point := 0, false
	for i, c := range b {
		switch {
		case c-'0' <= 9 && i < 16:
			whole = whole*10 + int64(c-'0')
			if point {
				decimals++
			}
		case c == '.' && !point:
			point = true
		case c == '-' && i == 0:
		default:
			n, err := strconv.ParseFloat(unsafe.String(&b[0], len(b)), 64) //nolint:gosec // it is read and forgotten
			return n, err == nil
		}
	}
	n := float64(whole)
	if b[0] == '-' {
		n = -n
	}
	return n / powers[decimals], true
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}
