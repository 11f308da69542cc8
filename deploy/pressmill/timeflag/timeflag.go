// Package timeflag reads the times that commands take, as in -since.
package timeflag

import (
	"errors"
	"time"

	"pressmill/pkg/config"
)

// Flag is a flag.Value: a date, a time (RFC 3339) or an age such as 90m, 24h or 7d.
type Flag struct {
	At  time.Time
	End bool // of the day, for a date
}

// String is empty, so that no default is shown.
func (f *Flag) String() string { return "" }

// Set reads a value.
func (f *Flag) Set(s string) (err error) {
	if f.At, err = time.Parse(time.DateOnly, s); err == nil {
		if f.End {
			f.At = f.At.AddDate(0, 0, 1)
		}
		return nil
	}
	if f.At, err = time.Parse(time.RFC3339, s); err == nil {
		return nil
	}
	age, err := config.ParseDuration(s)
	if err != nil || age < 0 {
		return errors.New("want a date (2026-11-28), a time (2026-11-28T06:00:00Z) or an age (24h, 7d)")
	}
	f.At = time.Now().Add(-age)
	return nil
}
