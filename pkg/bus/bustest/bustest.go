// Package bustest fills streams of a bus in tests, until there is no room for
// whatever is to be put there next.
package bustest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"pressmill/pkg/bus"
)

// FillDead stores dead letters of a parser until there is room for none.
func FillDead(tb testing.TB, b *bus.Bus) {
	tb.Helper()
	fill(tb, func(data []byte) error {
		d := bus.DeadLetter{Stage: string(bus.RoleParser), Key: "h", Subject: "pages.h", Reason: "extract", Data: data}
		return b.PublishDead(tb.Context(), d, fmt.Sprint(time.Now().UnixNano()))
	})
}

// FillParked sets URLs of a source aside until there is room for none.
func FillParked(tb testing.TB, b *bus.Bus, source string) {
	tb.Helper()
	const host = "full.example"
	ctx := tb.Context()
	fill(tb, func(data []byte) error {
		if err := b.Push(ctx, host, bus.PrioritySeed, bus.FrontierURL{URL: string(data), Source: source}, ""); err != nil {
			return err
		}
		u, err := b.Next(ctx, host, bus.Taken{}, bus.PrioritySeed)
		if err != nil {
			return err
		}
		return errors.Join(b.Park(ctx, host, u, time.Time{}), b.Delete(ctx, u.Seq))
	})
}

// fill stores what is smaller each time that there is no room for it.
func fill(tb testing.TB, store func(data []byte) error) {
	tb.Helper()
	for size := 256 << 10; size > 0; {
		switch err := store(bytes.Repeat([]byte{'x'}, size)); {
		case errors.Is(err, bus.ErrFull), errors.Is(err, bus.ErrDeadFull):
			size /= 2
		case err != nil:
			tb.Fatal(err)
		}
	}
}
