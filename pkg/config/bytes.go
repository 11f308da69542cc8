package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Bytes is a size. In the file it is a number with a unit: B, KB, MB, GB, TB
// are powers of 1000; KiB, MiB, GiB, TiB are powers of 1024; case and a space
// before the unit do not matter, and a number alone is bytes.
type Bytes int64

// The units, larger ones first.
const (
	TiB Bytes = 1 << 40
	GiB Bytes = 1 << 30
	MiB Bytes = 1 << 20
	KiB Bytes = 1 << 10
	TB  Bytes = 1e12
	GB  Bytes = 1e9
	MB  Bytes = 1e6
	KB  Bytes = 1e3
)

// ParseBytes reads a size such as "6MB" or "1.5 GiB".
func ParseBytes(s string) (Bytes, error) {
	text := strings.TrimSpace(s)
	split := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if split < 0 {
		split = len(text)
	}
	unit, known := unitOf(strings.ToLower(strings.TrimSpace(text[split:])))
	number, err := strconv.ParseFloat(text[:split], 64)
	if err != nil || !known {
		return 0, fmt.Errorf("%q is not a size such as 512KiB or 6MB", s)
	}
	size := number * float64(unit)
	if size >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is larger than a size can be", s)
	}
	return Bytes(math.Round(size)), nil
}

func unitOf(name string) (Bytes, bool) {
	switch name {
	case "", "b":
		return 1, true
	case "kb":
		return KB, true
	case "mb":
		return MB, true
	case "gb":
		return GB, true
	case "tb":
		return TB, true
	case "kib":
		return KiB, true
	case "mib":
		return MiB, true
	case "gib":
		return GiB, true
	case "tib":
		return TiB, true
	}
	return 0, false
}

// String is the size in the largest unit that divides it, so that ParseBytes
// gives the same size back.
func (b Bytes) String() string {
	units := []struct {
		size Bytes
		name string
	}{{TiB, "TiB"}, {TB, "TB"}, {GiB, "GiB"}, {GB, "GB"}, {MiB, "MiB"}, {MB, "MB"}, {KiB, "KiB"}, {KB, "KB"}}
	for _, u := range units {
		if b != 0 && b%u.size == 0 {
			return strconv.FormatInt(int64(b/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10) + "B"
}

// UnmarshalYAML reads a size from the file.
func (b *Bytes) UnmarshalYAML(n *yaml.Node) error {
	size, err := ParseBytes(n.Value)
	if err != nil {
		return err
	}
	*b = size
	return nil
}

// MarshalYAML writes a size as String does.
func (b Bytes) MarshalYAML() (any, error) { return b.String(), nil }

// UnmarshalText reads a size from a flag or from JSON.
func (b *Bytes) UnmarshalText(text []byte) error {
	size, err := ParseBytes(string(text))
	if err != nil {
		return err
	}
	*b = size
	return nil
}

// MarshalText writes a size as String does.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// Set reads a size from a flag (flag.Value).
func (b *Bytes) Set(s string) error { return b.UnmarshalText([]byte(s)) }
