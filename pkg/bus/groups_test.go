package bus_test

import (
	"sync"
	"testing"

	"pressmill/pkg/bus"
)

// What several workers change at the same time is changed by each.
func TestGroupIsChangedByOneAtATime(t *testing.T) {
	t.Parallel()
	b := open(t, nil)
	type state struct{ N int }
	const workers, changes = 6, 20
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range changes {
				if _, err := bus.UpdateGroup(t.Context(), b, "domain a.example:1", func(s *state) { s.N++ }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := bus.UpdateGroup(t.Context(), b, "domain a.example:1", func(*state) {})
	must(t, err)
	if got.N != workers*changes {
		t.Errorf("%d changes, want %d", got.N, workers*changes)
	}
	if other, err := bus.UpdateGroup(t.Context(), b, "domain a.example:2", func(*state) {}); err != nil || other.N != 0 {
		t.Errorf("another group: %+v, %v", other, err)
	}
}
