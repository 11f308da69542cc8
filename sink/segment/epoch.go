package segment

import (
	"fmt"
	"time"
)

const epochTime = "20060102150405"

// Epoch names one unbroken chain of objects of a partition. Another one begins
// when the stream is no longer the one that the chain was read from, or when
// the shape of the objects changes. The zero value is before all others.
type Epoch struct {
	created    int64 // Unix seconds, of the stream when the first epoch began
	generation int
}

func (e Epoch) String() string {
	return fmt.Sprintf("e%sg%03d", time.Unix(e.created, 0).UTC().Format(epochTime), e.generation)
}

// ParseEpoch parses what String returns.
func ParseEpoch(s string) (Epoch, error) {
	var stamp string
	var e Epoch
	if _, err := fmt.Sscanf(s, "e%14sg%d", &stamp, &e.generation); err != nil {
		return Epoch{}, fmt.Errorf("parse epoch %q: %w", s, err)
	}
	t, err := time.Parse(epochTime, stamp)
	if err != nil {
		return Epoch{}, fmt.Errorf("parse epoch %q: %w", s, err)
	}
	e.created = t.Unix()
	if e.String() != s {
		return Epoch{}, fmt.Errorf("parse epoch %q: not in its one form", s)
	}
	return e, nil
}

// Next returns the epoch after e on a stream that was made at created. It is
// above e in any case, so that the newest epoch is the highest one.
func (e Epoch) Next(created time.Time) Epoch {
	if s := created.Unix(); s > e.created {
		return Epoch{created: s}
	}
	return Epoch{created: e.created, generation: e.generation + 1}
}

// Less says whether e is an earlier epoch than o.
func (e Epoch) Less(o Epoch) bool {
	if e.created != o.created {
		return e.created < o.created
	}
	return e.generation < o.generation
}

// MarshalText is String.
func (e Epoch) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText is ParseEpoch.
func (e *Epoch) UnmarshalText(text []byte) (err error) {
	*e, err = ParseEpoch(string(text))
	return err
}
