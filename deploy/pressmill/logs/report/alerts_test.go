package report_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/logging"
)

// event is a line, at an hour of a day.
type event struct {
	hour               float64
	level, name, stage string
	fields             fieldsOf
}

// TestAlerts has for each alert the lines that lead to it, and those that end it.
func TestAlerts(t *testing.T) {
	var (
		fetched  = event{1, "info", logging.FetchDone, "crawler", fieldsOf{"host": "a"}}
		article  = event{1, "info", logging.ArticlePublished, "parser", fieldsOf{"source": "a"}}
		object   = event{1, "info", logging.SegmentCommitted, "sink", fieldsOf{"sink": "s", "articles": 1}}
		later    = func(e event, hour float64) event { e.hour = hour; return e }
		sinkSays = func(hour float64, name string) event {
			return event{hour, "warn", name, "sink", fieldsOf{"sink": "s", "reason": "store", "error": "full"}}
		}
		failures = func(n int, reason string) (list []event) {
			for range n {
				list = append(list, event{1, "warn", logging.FetchFailed, "crawler", fieldsOf{"host": "a", "reason": reason}})
			}
			return list
		}
		summary = func(hour float64, lag int) event {
			return event{hour, "info", logging.StageSummary, "parser", fieldsOf{"out": 0, "failed": 0, "lag": lag}}
		}
	)
	for name, tt := range map[string]struct {
		lines []event
		want  []string // urgency and event
	}{
		"all is well":           {[]event{fetched, article, object}, nil},
		"articles stop":         {[]event{fetched, article, later(fetched, 4)}, []string{"act article.published"}},
		"articles go on":        {[]event{fetched, article, later(fetched, 4), later(article, 4)}, nil},
		"sinks stop":            {[]event{article, object, later(article, 2), later(article, 3)}, []string{"act segment.committed"}},
		"back-pressure":         {[]event{object, sinkSays(1, logging.BackpressureOn), later(object, 1.1)}, []string{"act backpressure.on"}},
		"back-pressure is over": {[]event{object, sinkSays(1, logging.BackpressureOn), sinkSays(1.1, logging.BackpressureOff)}, []string{"look backpressure.on"}},
		"a receiver":            {[]event{object, sinkSays(1, logging.ReceiverDown)}, []string{"act receiver.down"}},
		"a receiver is back":    {[]event{object, sinkSays(1, logging.ReceiverDown), sinkSays(1.1, logging.ReceiverUp)}, nil},
		"a receiver is gone":    {[]event{object, sinkSays(1, logging.ReceiverGone)}, []string{"act receiver.gone"}},
		"a gap":                 {[]event{object, sinkSays(1, logging.SegmentGap)}, []string{"act segment.gap"}},
		"an epoch":              {[]event{object, sinkSays(1, logging.EpochBegun)}, []string{"look epoch.begun"}},
		"denied":                {[]event{fetched, {1, "error", logging.NATSDenied, "", nil}}, []string{"act nats.denied"}},
		"the bus is away":       {[]event{fetched, {1, "warn", logging.NATSDisconnected, "", nil}}, []string{"act nats.disconnected"}},
		"the bus is waited for": {[]event{fetched, {1.1, "warn", logging.NATSWaiting, "", nil}}, []string{"act nats.waiting"}},
		"it was waited for":     {[]event{{1, "warn", logging.NATSWaiting, "", nil}, later(fetched, 1.1)}, nil},
		"silence":               {[]event{fetched, {1, "warn", logging.SourceSilent, "crawler", fieldsOf{"source": "a"}}}, []string{"act source.silent"}},
		"silence is over": {[]event{
			{1, "warn", logging.SourceSilent, "crawler", fieldsOf{"source": "a"}}, {1.1, "info", logging.SourceBack, "crawler", fieldsOf{"source": "a"}},
		}, nil},
		"refusals":     {append(failures(20, "http_429"), fetched), []string{"act fetch.failed http_403, http_429"}},
		"outages":      {append(failures(20, "timeout"), fetched), []string{"act fetch.failed"}},
		"few failures": {append(failures(5, "timeout"), fetched), nil},
		"no room for letters": {
			[]event{fetched, {1, "warn", logging.DeadLetterRefused, "parser", fieldsOf{"reason": "extract", "error": "broken"}}}, []string{"act deadletter.refused"},
		},
		"no room aside": {
			[]event{fetched, {1, "warn", logging.ParkedRefused, "crawler", fieldsOf{"host": "a", "source": "a"}}}, []string{"act parked.refused"},
		},
		"lag grows":          {[]event{summary(1, 10), summary(2, 5000)}, []string{"look stage.summary lag"}},
		"lag does not":       {[]event{summary(1, 4000), summary(2, 5000)}, nil},
		"a process vanishes": {[]event{summary(1, 0), {1, "info", logging.ServiceStart, "", nil}, later(event{1, "info", logging.ServiceStart, "", nil}, 2)}, []string{"look service.stop"}},
		"faults alone":       {failures(3, "timeout"), []string{"look level"}},
	} {
		t.Run(name, func(t *testing.T) {
			var lines bytes.Buffer
			d := &badDay{t: t, w: &lines, rand: rand.New(rand.NewPCG(1, 2))}
			for _, e := range tt.lines {
				d.line(hours(e.hour), e.level, e.name, "worker", "pod-0-1", e.stage, e.fields)
			}
			var got []string
			for _, a := range collect(t, lines.String(), nil).Verdict.Alerts {
				got = append(got, a.Urgency.String()+" "+a.Event)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
