package sink

import (
	"fmt"
	"time"
)

const epochTime = "20060102150405"

// epoch names one unbroken chain of objects of a partition. Another one begins
// when the stream is no longer the one that the chain was read from, or when
// the format of the objects changes.
type epoch struct {
	created    int64 // Unix seconds, of the stream when the first epoch began
	generation int
}

func (e epoch) String() string {
	return fmt.Sprintf("e%sg%03d", time.Unix(e.created, 0).UTC().Format(epochTime), e.generation)
}

func parseEpoch(s string) (epoch, error) {
	var stamp string
	var e epoch
	if _, err := fmt.Sscanf(s, "e%14sg%d", &stamp, &e.generation); err != nil {
		return epoch{}, fmt.Errorf("parse epoch %q: %w", s, err)
	}
	t, err := time.Parse(epochTime, stamp)
	if err != nil {
		return epoch{}, fmt.Errorf("parse epoch %q: %w", s, err)
	}
	e.created = t.Unix()
	if e.String() != s {
		return epoch{}, fmt.Errorf("parse epoch %q: not in its one form", s)
	}
	return e, nil
}

// next returns the epoch after e on a stream that was made at created. It is
// above e in any case, so that the newest epoch is the highest one.
func (e epoch) next(created time.Time) epoch {
	if s := created.Unix(); s > e.created {
		return epoch{created: s}
	}
	return epoch{created: e.created, generation: e.generation + 1}
}

func (e epoch) less(o epoch) bool {
	if e.created != o.created {
		return e.created < o.created
	}
	return e.generation < o.generation
}

func (e epoch) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

func (e *epoch) UnmarshalText(text []byte) (err error) {
	*e, err = parseEpoch(string(text))
	return err
}
