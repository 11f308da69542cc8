package bus_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/bus"
)

// TestCoverageIsAddedUpByAll has several connections add to the same sources at
// once: nothing that one adds is lost to another.
func TestCoverageIsAddedUpByAll(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	const workers, times = 4, 25
	sources := []string{"paper", "Zeitung mit Übergröße", "news.example:8080"}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range times * len(sources) {
				if _, err := bus.UpdateCoverage(ctx, b, sources[i%len(sources)], func(n *int) { *n++ }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	want := map[string]int{}
	for _, s := range sources {
		want[s] = workers * times
	}
	got, err := bus.Coverage[int](ctx, b)
	must(t, err)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("sums (-want +got):\n%s", d)
	}
}

// TestAllCoverageIsRead reads more sources than one answer holds.
func TestAllCoverageIsRead(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	want := map[string]int{}
	for i := range 600 {
		source := fmt.Sprint("s", i)
		want[source] = i
		_, err := bus.UpdateCoverage(ctx, b, source, func(n *int) { *n = i })
		must(t, err)
	}
	got, err := bus.Coverage[int](ctx, b)
	must(t, err)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("sources (-want +got):\n%s", d)
	}
}
