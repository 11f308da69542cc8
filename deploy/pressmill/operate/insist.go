package operate

import (
	"context"
	"fmt"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/worker"
)

// insistFor is how long servers without a leader are waited for: an election
// takes a few seconds.
const insistFor = 30 * time.Second

// insist does something on the bus that may be done twice, again and again while
// its servers fail or elect a leader, and says so once on standard error. After
// insistFor it returns the last error.
func insist(ctx context.Context, env *worker.Env, what string, do func() error) error {
	told := false
	for begun := time.Now(); ; {
		err := do()
		if err == nil || ctx.Err() != nil || !bus.IsTransient(err) || time.Since(begun) >= insistFor {
			return err
		}
		if !told {
			told = true
			fmt.Fprintf(env.Stderr, "%s: trying again for up to %s: %v\n", what, insistFor, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}
