package report_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pressmill/pkg/logging"
)

// midnight begins the day that is made up.
var midnight = time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)

// badDay writes the lines of a day on which much goes wrong: a source falls
// silent and two drift, a host refuses us, others fail, the store of a sink is
// away for an hour and a half, a parser is killed again and again, a receiver
// refuses a batch, and some lines are broken. They are the same every time.
type badDay struct {
	t    *testing.T
	w    io.Writer
	rand *rand.Rand
	n    int
}

type fieldsOf map[string]any

func writeBadDay(t *testing.T, w io.Writer) {
	t.Helper()
	d := &badDay{t: t, w: w, rand: rand.New(rand.NewPCG(1, 2))}
	d.processes()
	for i, name := range badSources() {
		d.source(i, name)
	}
	for minute := 0; minute < 24*60; minute += 5 {
		d.summaries(midnight.Add(time.Duration(minute) * time.Minute))
	}
	d.trouble()
}

func badSources() []string {
	return strings.Fields(`tidewick-courier brinebridge-news harbour-post valley-herald tin-times northmoor-gazette saltmarsh-echo
		quarry-lane-mail ferrow-daily ostwick-observer pennhollow-press dunmere-dispatch low-isle-ledger cairnmouth-chronicle
		elverton-standard foxcombe-record greywater-review hallowdale-post inchbarrow-news jessop-tribune`)
}

func (d *badDay) line(at time.Time, level, event, service, instance, stage string, fields fieldsOf) {
	d.t.Helper()
	if d.n++; d.n%1500 == 0 {
		fmt.Fprintf(d.w, "goroutine %d [running]:\n", d.n)
	}
	l := fieldsOf{
		logging.KeyTime: at.Format(time.RFC3339Nano), logging.KeyLevel: level, logging.KeyMessage: strings.ReplaceAll(event, ".", " "),
		"schema": "log/v1", logging.KeyService: service, "instance": instance, logging.KeyEvent: event,
	}
	if stage != "" {
		l[logging.KeyStage] = stage
	}
	maps.Copy(l, fields)
	b, err := json.Marshal(l)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.w.Write(append(b, '\n')); err != nil {
		d.t.Fatal(err)
	}
}

// ms is a duration that varies around a middle, as those of a network do.
func (d *badDay) ms(middle float64) float64 {
	return math.Round(middle*math.Exp(d.rand.NormFloat64()*0.7)*1000) / 1000
}

func pod(stage string, n int) string { return fmt.Sprintf("news-%s-6c9f%d-1", stage, n) }

func hours(h float64) time.Time { return midnight.Add(time.Duration(h * float64(time.Hour))) }

// processes start before midnight or in the morning; one parser dies seven times after six in the evening.
func (d *badDay) processes() {
	for n := range 2 {
		d.line(midnight, "info", logging.ServiceStart, "crawler", pod("crawler", n), "", fieldsOf{"version": "1.4.0"})
	}
	d.line(hours(9), "info", logging.ServiceStop, "crawler", pod("crawler", 1), "", fieldsOf{"reason": "terminated", "seconds": 32328})
	d.line(hours(9.02), "info", logging.ServiceStart, "crawler", pod("crawler", 2), "", fieldsOf{"version": "1.4.1"})
	d.line(midnight, "info", logging.ServiceStart, "parser", pod("parser", 0), "", nil)
	d.line(midnight, "info", logging.ServiceStart, "sink", pod("sink", 0), "", nil)
	d.line(hours(3), "info", logging.ServiceStart, "parser", pod("parser", 1), "", nil)
	for n := range 7 {
		d.line(hours(18+0.4*float64(n)), "info", logging.ServiceStart, "parser", pod("parser", 1), "", nil)
		d.line(hours(18.2+0.4*float64(n)), "info", logging.ParseRejected, "parser", pod("parser", 1), "parser", fieldsOf{
			"host": "www.tin-times.example", "source": "tin-times", "reason": "no_text", "took_ms": d.ms(30),
		})
	}
	d.line(hours(21.2), "error", logging.ServiceStop, "parser", pod("parser", 1), "", fieldsOf{"reason": "error", "error": "read rules: open /etc/pressmill/rules/tin.yaml: permission denied", "seconds": 3})
}

// source writes what happens to one source.
func (d *badDay) source(i int, name string) {
	host := "www." + name + ".example"
	for hour := range 24 {
		busy := 1 + 3*math.Sin(math.Pi*float64(hour)/24)
		articles := int(busy * (1 + 4/float64(1+i/2)))
		if name == "harbour-post" && hour >= 10 {
			articles = 0
		}
		for range articles {
			d.page(hours(float64(hour)+0.001+0.99*d.rand.Float64()), i, name, host)
		}
		with := fieldsOf{"title": articles, "author": articles - i%3, "date": articles, "image": articles * 9 / 10, "body": articles}
		if name == "valley-herald" && hour >= 14 {
			with["author"] = 0
		}
		if name == "tin-times" && hour >= 12 {
			with["body"], with["image"] = articles/4, articles/3
		}
		if articles > 0 {
			d.line(hours(float64(hour)+0.95), "info", logging.SourceCoverage, "parser", pod("parser", 0), "parser", fieldsOf{
				"source": name, "seconds": 3600, "articles": articles, "with": with, "words_p50": 300 + 20*i,
			})
		}
	}
}

// page writes the lines of one page, from its fetch to its object.
func (d *badDay) page(at time.Time, i int, source, host string) {
	of := fieldsOf{"host": host, "source": source, "crawl_id": "20261127T000112Z-1f", "page_id": fmt.Sprintf("%016x", d.rand.Uint64()), "url.full": "https://" + host + "/story-" + fmt.Sprint(d.n)}
	with := func(more fieldsOf) fieldsOf {
		all := maps.Clone(of)
		maps.Copy(all, more)
		return all
	}
	worker := pod("crawler", 0)
	late := at.Sub(midnight).Hours()
	took := d.ms(120 + 60*float64(i%7))
	if source == "jessop-tribune" {
		took *= 25
	}
	switch chance := d.rand.Float64(); {
	case source == "brinebridge-news" && late > 13 && chance < 0.7:
		d.line(at, "warn", logging.FetchFailed, "crawler", worker, "crawler", with(fieldsOf{"reason": "http_429", "attempt": 1, "took_ms": took, "error": "Too Many Requests"}))
		d.line(at.Add(time.Minute), "error", logging.FetchFailed, "crawler", worker, "crawler", with(fieldsOf{"reason": "http_403", "took_ms": took, "error": "Forbidden"}))
		return
	case source == "ferrow-daily" && chance < 0.5:
		d.line(at, "error", logging.FetchFailed, "crawler", worker, "crawler", with(fieldsOf{"reason": "timeout", "took_ms": 30000, "error": "deadline exceeded"}))
		d.line(at, "error", logging.DeadLetter, "crawler", worker, "crawler", with(fieldsOf{"reason": "timeout", "error": "fetch: deadline exceeded"}))
		return
	case chance < 0.02:
		d.line(at, "error", logging.FetchFailed, "crawler", worker, "crawler", with(fieldsOf{"reason": "http_404", "took_ms": took, "error": "Not Found"}))
		return
	case chance < 0.05:
		d.line(at, "warn", logging.FetchFailed, "crawler", worker, "crawler", with(fieldsOf{"reason": "http_503", "attempt": 1, "took_ms": took, "error": "Service Unavailable"}))
	case chance < 0.1:
		d.line(at, "info", logging.FetchSkipped, "crawler", worker, "crawler", with(fieldsOf{"reason": []string{"robots", "age", "scope"}[d.n%3]}))
	}
	d.line(at, "info", logging.FetchDone, "crawler", worker, "crawler", with(fieldsOf{"status": 200, "bytes": 48211, "took_ms": took, "waited_ms": d.ms(4000)}))
	d.line(at, "info", logging.PagePublished, "crawler", worker, "crawler", with(fieldsOf{"bytes": 9120}))
	queue := 40.0
	if late > 18 {
		queue *= 1 + 40*(late-18)
	}
	at = at.Add(2 * time.Second)
	if d.rand.Float64() < 0.15 {
		reason := []string{"section_front", "paywall_stub", "tag_page", "section_front", "video_page"}[d.n%5]
		d.line(at, "info", logging.ParseRejected, "parser", pod("parser", 0), "parser", with(fieldsOf{"reason": reason, "took_ms": d.ms(3), "waited_ms": d.ms(queue)}))
		return
	}
	d.line(at, "info", logging.ParseDone, "parser", pod("parser", 0), "parser", with(fieldsOf{"article_id": "a", "rev": "b", "kind": "news", "words": 400, "took_ms": d.ms(5), "waited_ms": d.ms(queue)}))
	d.line(at, "info", logging.ArticlePublished, "parser", pod("parser", 0), "parser", with(fieldsOf{"article_id": "a", "rev": "b"}))
	waited := d.ms(20_000)
	if written := at.Sub(midnight).Hours(); written > 15.2 && written < 16.7 {
		waited += (16.7 - written) * 3.6e6
	}
	d.line(at.Add(time.Duration(waited)*time.Millisecond), "info", "article.written", "sink", pod("sink", 0), "sink", with(fieldsOf{
		"sink": "articles", "kind": "article", "key": "k", "partition": i % 16, "seq": d.n, "waited_ms": waited,
	}))
}

// summaries writes those of all stages, and the objects of five minutes.
func (d *badDay) summaries(at time.Time) {
	h := at.Sub(midnight).Hours()
	away := h > 15.2 && h < 16.7
	lag := map[string]float64{"crawler": 3, "parser": 12 + max(0, 900*(h-18)), "sink": 20}
	if away {
		lag["sink"] = 20 + 4000*(h-15.2)
	}
	for _, stage := range []string{"crawler", "parser", "sink"} {
		d.line(at, "info", logging.StageSummary, stage, pod(stage, 0), stage, fieldsOf{
			"seconds": 300, "in": 0, "out": 0, "failed": 0, "skipped": 0, "lag": math.Round(lag[stage] + 5*d.rand.Float64()), "rss_bytes": 61 << 20,
			"interval": fieldsOf{"seconds": 300, "in": 0, "out": 0},
		})
	}
	for _, stage := range []string{"crawler", "parser"} {
		name := second(stage, h)
		if name == "" {
			continue
		}
		d.line(at, "info", logging.StageSummary, stage, name, stage, fieldsOf{"seconds": 300, "in": 0, "out": 0, "failed": 0, "skipped": 0})
	}
	if away {
		return
	}
	n := 3 + int(8*math.Sin(math.Pi*h/24))
	d.line(at, "info", logging.SegmentCommitted, "sink", pod("sink", 0), "sink", fieldsOf{
		"sink": "articles", "partition": 3, "key": "articles/x", "first": 1, "last": n, "articles": n, "skipped": 0, "rejected": 0, "bytes": 3800 * n, "took_ms": d.ms(80),
	})
	if at.Minute()%15 == 0 {
		d.line(at, "info", logging.DeliveryDone, "sink", pod("sink", 0), "sink", fieldsOf{"sink": "desk", "partition": 3, "key": "x", "articles": n, "bytes": 9000 * n, "took_ms": d.ms(300)})
	}
}

// second is the other worker of a stage, if there is one at that hour.
func second(stage string, hour float64) string {
	switch {
	case stage == "crawler" && hour < 9:
		return pod(stage, 1)
	case stage == "crawler" && hour > 9.1:
		return pod(stage, 2)
	case stage == "parser" && hour > 3 && hour < 17.9:
		return pod(stage, 1)
	}
	return ""
}

// trouble writes what happens once.
func (d *badDay) trouble() {
	crawler, parser, sink := pod("crawler", 0), pod("parser", 0), pod("sink", 0)
	d.line(hours(15.2), "warn", logging.BackpressureOn, "sink", sink, "sink", fieldsOf{"sink": "articles", "reason": "store", "error": "write articles/ingest_date=2026-11-27/e1-p03.jsonl.zst: 503 Slow Down"})
	d.line(hours(16.7), "info", logging.BackpressureOff, "sink", sink, "sink", fieldsOf{"sink": "articles", "reason": "store", "after_ms": 5400000})
	d.line(hours(22.4), "warn", logging.BackpressureOn, "crawler", crawler, "crawler", fieldsOf{"host": "www.tidewick-courier.example"})
	d.line(hours(13), "warn", logging.SourceSilent, "crawler", crawler, "crawler", fieldsOf{"source": "harbour-post", "host": "www.harbour-post.example", "last_news": hours(9.9).Format(time.RFC3339), "usual_gap_ms": 1860000})
	d.line(hours(4), "warn", logging.SourceSilent, "crawler", crawler, "crawler", fieldsOf{"source": "low-isle-ledger", "host": "www.low-isle-ledger.example", "last_news": hours(-1).Format(time.RFC3339), "usual_gap_ms": 5400000})
	d.line(hours(5.5), "info", logging.SourceBack, "crawler", crawler, "crawler", fieldsOf{"source": "low-isle-ledger", "host": "www.low-isle-ledger.example"})
	d.line(hours(15), "warn", "source.drift", "parser", parser, "parser", fieldsOf{"source": "valley-herald", "field": "author", "share": 0.08, "usual": 0.97, "articles": 46, "usual_articles": 310})
	d.line(hours(14), "warn", "source.drift", "parser", parser, "parser", fieldsOf{"source": "tin-times", "field": "body", "share": 0.26, "usual": 1, "articles": 41, "usual_articles": 298})
	d.line(hours(14), "warn", "source.drift", "parser", parser, "parser", fieldsOf{"source": "tin-times", "field": "words", "share": 61, "usual": 388, "articles": 41, "usual_articles": 298})
	d.line(hours(6), "warn", "source.drift", "parser", parser, "parser", fieldsOf{"source": "elverton-standard", "field": "image", "share": 0.4, "usual": 0.9, "articles": 60, "usual_articles": 400})
	d.line(hours(11), "info", "source.steady", "parser", parser, "parser", fieldsOf{"source": "elverton-standard", "field": "image", "share": 0.9, "usual": 0.9, "articles": 60, "usual_articles": 400})
	d.line(hours(19.3), "error", logging.DeadLetter, "parser", parser, "parser", fieldsOf{"reason": "deliveries", "host": "www.tin-times.example", "url.full": "https://www.tin-times.example/huge", "error": "killed its worker five times"})
	d.line(hours(17), "warn", logging.DeliveryRejected, "sink", sink, "sink", fieldsOf{"sink": "desk", "partition": 2, "key": "k", "articles": 40, "status": 422, "answer": "no"})
	d.line(hours(17), "error", logging.DeadLetter, "sink", sink, "sink", fieldsOf{"reason": "http_422", "error": "desk does not take a batch of 40 articles"})
	d.line(hours(12), "warn", logging.NATSDisconnected, "crawler", crawler, "", fieldsOf{"error": "EOF"})
	d.line(hours(12.01), "info", logging.NATSReconnected, "crawler", crawler, "", fieldsOf{"server": "nats-1"})
	d.line(hours(8), "info", logging.SegmentConflict, "sink", sink, "sink", fieldsOf{"sink": "articles", "partition": 1, "key": "k", "writer": "w", "next_seq": 9})
	d.line(hours(20), "error", logging.HostDropped, "crawler", crawler, "crawler", fieldsOf{"host": "www.greywater-review.example", "reason": "dns", "failures": 90, "since": hours(-50).Format(time.RFC3339), "error": "no such host"})
}
