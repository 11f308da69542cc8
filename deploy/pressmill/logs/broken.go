package logs

import (
	"strings"
	"unicode"
)

// Broken is a way in which a line is none of ours.
type Broken uint8

// The kinds of broken lines.
const (
	// NotJSON has no JSON object: a panic, or what another program wrote.
	NotJSON Broken = iota
	// CutOff begins as an object and ends before it is over, as the last line
	// of a process that was killed may.
	CutOff
	// UnknownSchema is of a version that this program does not know.
	UnknownSchema
	// NoEvent is JSON without an event: another program's.
	NoEvent
	// NoTime has a time that cannot be read, or none.
	NoTime
	// TooLong is longer than MaxLine; it is skipped.
	TooLong
	// Unreadable is no line, but a file whose rest cannot be read, such as a
	// compressed one that was cut.
	Unreadable

	kinds
)

var brokenNames = [kinds]string{"not JSON", "cut off", "unknown schema version", "no event", "no time", "too long", "unreadable file"}

// String is the kind in words.
func (b Broken) String() string { return brokenNames[b] }

// Input counts what was read. Its zero value is nothing.
type Input struct {
	Bytes  int64        // after decompression
	Lines  int64        // blank ones left out, broken ones not
	Broken [kinds]Fault // by kind
}

// Fault is how many lines were broken in one way, and the beginning of the first.
type Fault struct {
	Lines   int64
	Example string
}

// maxExample is how much of a broken line is kept, in bytes.
const maxExample = 160

func (in *Input) spoilt(kind Broken, line []byte) {
	f := &in.Broken[kind]
	if f.Lines++; f.Example == "" {
		f.Example = excerpt(line)
	}
}

// Faults is the number of broken lines of all kinds.
func (in *Input) Faults() (n int64) {
	for _, f := range in.Broken {
		n += f.Lines
	}
	return n
}

// Add counts what another input counted, too.
func (in *Input) Add(other Input) {
	in.Bytes += other.Bytes
	in.Lines += other.Lines
	for kind, f := range other.Broken {
		in.Broken[kind].Lines += f.Lines
		if in.Broken[kind].Example == "" {
			in.Broken[kind].Example = f.Example
		}
	}
}

// excerpt is the beginning of a line that a terminal may show.
func excerpt(line []byte) string {
	cut := len(line) > maxExample
	s := strings.ToValidUTF8(string(line[:min(len(line), maxExample)]), "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
	if cut {
		s += "…"
	}
	return s
}
