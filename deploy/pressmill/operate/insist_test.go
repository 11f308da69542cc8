package operate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pressmill/pkg/bus"
	"pressmill/pkg/worker"
)

func TestInsist(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		errs  []error // of the attempts, the last of which counts
		tries int
		told  string
	}{
		"done at once":       {[]error{nil}, 1, ""},
		"an election":        {[]error{fmt.Errorf("put: %w", context.DeadlineExceeded), context.DeadlineExceeded, nil}, 3, "apply: trying again"},
		"no matter of time":  {[]error{bus.ErrNotFound}, 1, ""},
		"another thing then": {[]error{context.DeadlineExceeded, bus.ErrConflict}, 2, "apply: trying again"},
	} {
		var said strings.Builder
		tries := 0
		err := insist(t.Context(), &worker.Env{Stderr: &said}, "apply", func() error { tries++; return c.errs[tries-1] })
		if want := c.errs[len(c.errs)-1]; !errors.Is(err, want) || tries != c.tries || !strings.HasPrefix(said.String(), c.told) || strings.Count(said.String(), "\n") > 1 {
			t.Errorf("%s: %v after %d attempts, told %q", name, err, tries, said.String())
		}
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := insist(ended, &worker.Env{}, "apply", ended.Err); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
