package run

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/logging"
	"pressmill/pkg/worker"
)

// counts renders counts by reason, the most frequent first, behind a label, or
// "" if there are none.
func counts(label string, by map[string]int64) string {
	if len(by) == 0 {
		return ""
	}
	reasons := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		if by[a] != by[b] {
			return int(by[b] - by[a])
		}
		return strings.Compare(a, b)
	})
	parts := make([]string, len(reasons))
	for i, r := range reasons {
		parts[i] = fmt.Sprintf("%d %s", by[r], r)
	}
	return label + " " + strings.Join(parts, ", ")
}

// aboveProgress writes each line in the place of the progress line, which comes
// again below it.
type aboveProgress struct{ io.Writer }

func (w aboveProgress) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(append([]byte(terminal.ClearLine), p...))
	return max(0, n-len(terminal.ClearLine)), err
}

// progress shows how the run goes: one line that renews itself on a terminal,
// a log line every ten seconds otherwise.
func (p *pipeline) progress(ctx context.Context, env *worker.Env) {
	every := 10 * time.Second
	if env.Terminal {
		every = 500 * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if env.Terminal {
				fmt.Fprint(env.Stderr, terminal.ClearLine)
			}
			return
		case <-tick.C:
		}
		st, err := p.bus.State(ctx)
		if err != nil {
			continue
		}
		crawl, parse := p.stages[0].Snapshot(), p.stages[1].Snapshot()
		var written int64
		stats := p.sink.Stats()
		for _, c := range p.sinks {
			if !c.Archives() {
				written += stats[c.Name].Articles
			}
		}
		rate := float64(crawl.Out) / time.Since(p.begun).Seconds()
		if env.Terminal {
			fmt.Fprintf(env.Stderr, "%s  fetched %d  waiting %d  articles %d  written %d  hosts %d  %.1f pages/s  errors %d",
				time.Since(p.begun).Round(time.Second), crawl.Out, st.Frontier, parse.Out, written, st.Hosts, rate, crawl.Failed+parse.Failed)
			continue
		}
		p.log.Info("progress", logging.Event(logging.RunProgress), zap.Int64(logging.KeyFetched, crawl.Out), zap.Uint64(logging.KeyWaiting, st.Frontier),
			zap.Int64(logging.KeyArticles, parse.Out), zap.Int64(logging.KeyWritten, written), zap.Uint64(logging.KeyHosts, st.Hosts),
			zap.Float64(logging.KeyPagesPerSecond, rate), zap.Int64(logging.KeyErrors, crawl.Failed+parse.Failed))
	}
}
