package loki

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// line is one line as it is pushed.
type line struct {
	at                         time.Time
	service, event, page, text string
}

// fields are those of a line beside the ones that every line has; they may replace these too.
type fields map[string]any

// day is the lines that a cluster has written until now.
type day struct {
	now   time.Time
	lines []line
}

const (
	// perSummary is how many items a stage passes on between two summaries.
	perSummary = 5
	// quarter and the like are how long ago something was.
	quarter = 15 * time.Minute
)

// add puts a line where it belongs in time.
func (d *day) add(ago time.Duration, service, event string, f fields) {
	at := d.now.Add(-ago)
	all := map[string]any{
		"ts": at.UTC().Format(time.RFC3339Nano), "level": "info", "msg": "words for people", "schema": "log/v1",
		"service": service, "instance": service + "-7f9c-1", "event": event,
	}
	if service != "pressmill" {
		all["stage"] = service
	}
	maps.Copy(all, f)
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	page, _ := f["page_id"].(string)
	d.lines = append(d.lines, line{at, service, event, page, string(text)})
}

// drop removes the lines of some events since a moment, those alone that hold some text.
func (d *day) drop(since time.Duration, holding string, events ...string) {
	d.lines = slices.DeleteFunc(d.lines, func(l line) bool {
		return l.at.After(d.now.Add(-since)) && slices.Contains(events, l.event) && strings.Contains(l.text, holding)
	})
}

// replace changes the text of lines of an event since a moment.
func (d *day) replace(since time.Duration, event, old, replacement string) {
	for i, l := range d.lines {
		if l.event == event && l.at.After(d.now.Add(-since)) {
			d.lines[i].text = strings.ReplaceAll(l.text, old, replacement)
		}
	}
}

// calm is a day that went well: what happened was over soon.
func calm(now time.Time) *day {
	d := &day{now: now}
	for ago := 8 * 24 * time.Hour; ago > 4*time.Hour; ago -= time.Hour {
		d.coverage(ago, 36)
	}
	for ago := 4 * time.Hour; ago >= 0; ago -= 10 * time.Minute {
		d.coverage(ago, 6)
	}
	for ago := 3 * time.Hour; ago >= 0; ago -= 30 * time.Second {
		for _, stage := range []string{"crawler", "parser", "sink"} {
			d.summary(ago, stage, 20)
		}
	}
	for i := range 3 * 180 {
		d.page(time.Duration(i)*20*time.Second, fmt.Sprintf("page-%d", i), []string{"tidewick", "harbour"}[i%2])
	}
	d.passing()
	return d
}

func (d *day) coverage(ago time.Duration, articles int) {
	for _, source := range []string{"tidewick", "harbour"} {
		d.add(ago, "parser", "source.coverage", fields{
			"source": source, "seconds": 600, "articles": articles, "words_p50": 410,
			"with": fields{"title": articles, "author": articles - 1, "date": articles, "image": articles - 2, "body": articles},
		})
	}
}

func (d *day) summary(ago time.Duration, stage string, lag int) {
	interval := fields{"seconds": 30, "in": perSummary + 1, "out": perSummary, "failed": 0, "skipped": 1, "p50_ms": 30.5, "p95_ms": 120.25, "p99_ms": 300}
	d.add(ago, stage, "stage.summary", fields{
		"seconds": 90000, "in": 18000, "out": 15000, "failed": 10, "skipped": 2990, "p50_ms": 31, "p95_ms": 118, "p99_ms": 290,
		"rate_in": 0.2, "rate": 0.167, "in_flight": 2, "lag": lag, "rss_bytes": 41_000_000, "interval": interval,
	})
}

// page is one page on its way.
func (d *day) page(ago time.Duration, id, source string) {
	of := func(more fields) fields {
		f := fields{
			"page_id": id, "crawl_id": "c1", "host": "www." + source + ".example", "source": source,
			"url.full": "https://www." + source + ".example/" + id,
		}
		maps.Copy(f, more)
		return f
	}
	d.add(ago, "crawler", "fetch.done", of(fields{"status": 200, "bytes": 90_000, "took_ms": 120.5, "waited_ms": 4_000_000}))
	d.add(ago, "parser", "parse.done", of(fields{"article_id": "a-" + id, "kind": "news", "words": 410, "took_ms": 3.125, "waited_ms": 12.5}))
	d.add(ago, "parser", "article.published", of(fields{"article_id": "a-" + id}))
	d.add(ago, "sink", "article.written", of(fields{"article_id": "a-" + id, "sink": "articles", "kind": "article", "partition": 3, "seq": 17, "waited_ms": 15_000}))
	if ago%time.Minute == 0 {
		d.add(ago, "sink", "segment.committed", fields{"sink": "articles", "partition": 3, "key": "articles/x", "articles": 3, "bytes": 9000, "took_ms": 4})
	}
	if ago%(20*time.Minute) == 0 {
		d.add(ago, "crawler", "fetch.failed", of(fields{"level": "warn", "reason": "http_403", "error": "Forbidden"}))
		d.add(ago, "crawler", "fetch.failed", of(fields{"level": "error", "reason": "timeout", "error": "too slow"}))
		d.add(ago, "crawler", "fetch.skipped", of(fields{"reason": "robots"}))
		d.add(ago, "parser", "parse.rejected", of(fields{"reason": "section_front", "took_ms": 2, "waited_ms": 20}))
		d.add(ago, "crawler", "source.poll", of(fields{"kind": "feed", "new": 3, "every_ms": 900_000}))
	}
}

// passing is trouble that ended by itself.
func (d *day) passing() {
	for _, service := range []string{"crawler", "parser", "sink"} {
		d.add(110*time.Minute, service, "service.stop", fields{"reason": "terminated", "seconds": 90000})
		d.add(109*time.Minute, service, "service.start", fields{"version": "1.2.3"})
		d.add(108*time.Minute, service, "nats.waiting", fields{"error": "no topology yet"})
		d.add(108*time.Minute, service, "service.ready", nil)
		d.add(70*time.Minute, service, "nats.disconnected", fields{"level": "warn", "error": "EOF"})
		d.add(69*time.Minute, service, "nats.reconnected", nil)
	}
	d.add(100*time.Minute, "crawler", "host.dropped", fields{"level": "error", "host": "old.example", "reason": "timeout"})
	d.add(95*time.Minute, "crawler", "host.recovered", fields{"host": "old.example"})
	d.add(90*time.Minute, "crawler", "source.silent", fields{"level": "warn", "source": "harbour"})
	d.add(80*time.Minute, "crawler", "source.back", fields{"source": "harbour"})
	d.add(85*time.Minute, "parser", "source.drift", fields{"level": "warn", "source": "harbour", "field": "image", "share": 0.2, "usual": 0.9})
	d.add(75*time.Minute, "parser", "source.steady", fields{"source": "harbour", "field": "image", "share": 0.9, "usual": 0.9})
	d.add(60*time.Minute, "crawler", "backpressure.on", fields{"level": "warn"})
	d.add(59*time.Minute, "crawler", "backpressure.off", nil)
	d.add(58*time.Minute, "sink", "backpressure.on", fields{"level": "warn", "sink": "articles", "reason": "store", "error": "timeout"})
	d.add(57*time.Minute, "sink", "backpressure.off", fields{"sink": "articles", "reason": "store", "after_ms": 60_000})
	d.add(56*time.Minute, "crawler", "backpressure.on", fields{"level": "warn", "host": "www.tidewick.example"}) // a turn that is held; no off
	d.add(55*time.Minute, "sink", "receiver.down", fields{"level": "warn", "sink": "desk", "error": "refused"})
	d.add(54*time.Minute, "sink", "receiver.up", fields{"sink": "desk"})
	d.add(50*time.Minute, "crawler", "deadletter.published", fields{"level": "error", "reason": "timeout", "error": "gave up"})
	d.add(45*time.Minute, "sink", "segment.conflict", fields{"sink": "articles", "partition": 3, "key": "articles/y"})
	d.add(35*time.Minute, "sink", "epoch.begun", fields{"level": "warn", "sink": "articles", "partition": 3, "reason": "format"})
	// A pod that went away while it had no connection, and one line that is not ours.
	d.add(40*time.Minute, "parser", "nats.disconnected", fields{"level": "warn", "instance": "parser-gone-1", "error": "EOF"})
	d.lines = append(d.lines, line{at: d.now.Add(-30 * time.Minute), service: "unknown", event: "none", text: "panic: runtime error"})
}

// fault is something that goes wrong on a calm day, and the alerts that it has
// to fire, in alphabetical order.
type fault struct {
	change func(*day)
	fires  []string
}

func (f fault) lines(now time.Time) []line {
	d := calm(now)
	if f.change != nil {
		f.change(d)
	}
	slices.SortStableFunc(d.lines, func(a, b line) int { return a.at.Compare(b.at) })
	return d.lines
}
