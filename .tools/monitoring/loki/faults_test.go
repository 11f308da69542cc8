package loki

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"time"
)

// every puts a line each so often, from so long ago until now.
func every(gap, since time.Duration, add func(d *day, ago time.Duration)) func(*day) {
	return func(d *day) {
		for ago := since; ago >= 0; ago -= gap {
			add(d, ago)
		}
	}
}

// once puts a line into the day.
func once(ago time.Duration, service, event string, f fields) func(*day) {
	return func(d *day) { d.add(ago, service, event, f) }
}

func faults() map[string]fault {
	all := map[string]fault{
		"calm": {},
		// More hosts and sources than a query of Loki may return by default.
		"many-sites": {func(d *day) {
			for i := range 700 {
				d.add(time.Duration(i)*time.Second, "crawler", "fetch.done", fields{"host": fmt.Sprintf("h%d.example", i), "source": fmt.Sprintf("s%d", i)})
			}
		}, nil},
		"nothing-published": {func(d *day) {
			d.drop(90*time.Minute, "", "parse.done", "article.published", "article.written", "segment.committed", "source.coverage")
		}, []string{"PressmillNoArticles"}},
		"sink-stopped": {func(d *day) {
			d.drop(40*time.Minute, "", "article.written", "segment.committed")
		}, []string{"PressmillSinkNotCommitting"}},
		"store-away": {func(d *day) {
			d.drop(40*time.Minute, "", "article.written", "segment.committed")
			d.add(39*time.Minute, "sink", "backpressure.on", fields{"level": "warn", "sink": "articles", "reason": "store", "error": "no space"})
		}, []string{"PressmillBackpressure", "PressmillSinkNotCommitting"}},
		"parsers-too-slow": {func(d *day) {
			d.drop(time.Hour, `"stage":"parser"`, "stage.summary")
			for ago := time.Hour; ago >= 0; ago -= 30 * time.Second {
				d.summary(ago, "parser", int(400*math.Pow(2, (time.Hour-ago).Minutes()/15)))
			}
		}, []string{"PressmillLagGrows"}},
		"long-queue": {func(d *day) {
			d.replace(40*time.Minute, "parse.done", `"waited_ms":12.5`, `"waited_ms":900000.125`)
		}, []string{"PressmillWaitsLong"}},
		"dead-letters": {every(4*time.Minute, 30*time.Minute, func(d *day, ago time.Duration) {
			d.add(ago, "crawler", "deadletter.published", fields{"level": "error", "reason": "timeout", "error": "gave up"})
		}), []string{"PressmillDeadLetters"}},
		"dead-letters-full": {every(time.Minute, quarter, func(d *day, ago time.Duration) {
			d.add(ago, "parser", "deadletter.refused", fields{"level": "warn", "reason": "extract", "error": "broken"})
		}), []string{"PressmillDeadLettersFull"}},
		"aside-full": {every(time.Minute, quarter, func(d *day, ago time.Duration) {
			d.add(ago, "crawler", "parked.refused", fields{"level": "warn", "host": "www.harbour.example", "source": "harbour"})
		}), []string{"PressmillAsideFull"}},
		"gap":   {once(10*time.Minute, "sink", "segment.gap", fields{"level": "warn", "sink": "articles", "partition": 3, "first": 5, "last": 9}), []string{"PressmillSegmentGap"}},
		"epoch": {once(10*time.Minute, "sink", "epoch.begun", fields{"level": "warn", "sink": "articles", "partition": 3, "reason": "stream"}), []string{"PressmillEpochBegun"}},
		"parsers-behind": {
			once(20*time.Minute, "crawler", "backpressure.on", fields{"level": "warn"}), []string{"PressmillBackpressure"},
		},
		"receiver-down": {once(quarter, "sink", "receiver.down", fields{"level": "warn", "sink": "desk", "error": "refused"}), []string{"PressmillReceiverDown"}},
		"receiver-gone": {once(quarter, "sink", "receiver.gone", fields{"level": "error", "sink": "desk"}), []string{"PressmillReceiverDown"}},
		"nats-lost":     {once(5*time.Minute, "parser", "nats.disconnected", fields{"level": "warn", "error": "EOF"}), []string{"PressmillNatsLost"}},
		"nats-waiting": {every(10*time.Second, quarter, func(d *day, ago time.Duration) {
			d.add(ago, "sink", "nats.waiting", fields{"level": "warn", "error": "no servers"})
		}), []string{"PressmillNatsWaiting"}},
		"nats-denied": {once(5*time.Minute, "parser", "nats.denied", fields{"level": "error", "subject": "pages.>"}), []string{"PressmillNatsDenied"}},
		"crashing-pod": {every(4*time.Minute, 20*time.Minute, func(d *day, ago time.Duration) {
			d.add(ago, "parser", "service.start", fields{"version": "1.2.3"})
		}), []string{"PressmillCrashLoop"}},
		"crashing-process": {every(4*time.Minute, 20*time.Minute, func(d *day, ago time.Duration) {
			d.add(ago, "parser", "service.start", fields{"instance": fmt.Sprintf("box-2-%d", 4000+int(ago.Minutes()))})
		}), []string{"PressmillCrashLoop"}},
		"contact-missing": {once(5*time.Hour, "crawler", "contact.missing", fields{"level": "warn"}), []string{"PressmillContactMissing"}},
		"log-lost":        {once(10*time.Minute, "parser", "log.lost", fields{"level": "error", "lines": 12, "seconds": 3, "error": "no space"}), []string{"PressmillLinesLost"}},
		"host-dropped":    {once(30*time.Hour, "crawler", "host.dropped", fields{"level": "error", "host": "gone.example", "reason": "dns"}), []string{"PressmillHostDropped"}},
		"source-silent":   {once(30*time.Hour, "crawler", "source.silent", fields{"level": "warn", "source": "tidewick"}), []string{"PressmillSourceSilent"}},
		"source-drift":    {once(30*time.Hour, "parser", "source.drift", fields{"level": "warn", "source": "tidewick", "field": "author"}), []string{"PressmillSourceDrift"}},
		"source-stopped": {func(d *day) {
			d.drop(26*time.Hour, `"source":"harbour"`, "source.coverage")
		}, []string{"PressmillNoArticlesFromSource"}},
	}
	maps.Copy(all, sites())
	return all
}

// sites are faults of the world outside.
func sites() map[string]fault {
	refusal := func(host string) fields {
		return fields{"level": "warn", "host": host, "source": "harbour", "reason": "http_403", "error": "Forbidden"}
	}
	all := map[string]fault{
		"one-host-refuses": {every(3*time.Minute, time.Hour, func(d *day, ago time.Duration) {
			d.add(ago, "crawler", "fetch.failed", refusal("img.harbour.example"))
		}), []string{"PressmillHostRefuses"}},
		"many-hosts-refuse": {every(30*time.Second, 2*time.Hour, func(d *day, ago time.Duration) {
			d.add(ago, "crawler", "fetch.failed", refusal(fmt.Sprintf("h%d.harbour.example", int(ago.Seconds())/30%60)))
		}), []string{"PressmillSourceRefused"}},
		"walls": {every(time.Minute, 2*time.Hour, func(d *day, ago time.Duration) {
			d.add(ago, "parser", "parse.rejected", fields{"host": "www.harbour.example", "source": "harbour", "reason": "bot_wall", "took_ms": 1, "waited_ms": 9})
		}), []string{"PressmillSourceWalled"}},
	}
	for _, field := range []string{"author", "date", "image", "body"} {
		all["without-"+field] = fault{func(d *day) {
			for i, l := range d.lines {
				if l.event == "source.coverage" && l.at.After(d.now.Add(-200*time.Minute)) && strings.Contains(l.text, `"tidewick"`) {
					before, after, _ := strings.Cut(l.text, `"`+field+`":`)
					d.lines[i].text = before + `"` + field + `":0` + after[1:]
				}
			}
		}, []string{"PressmillCoverageDrop/" + field}}
	}
	return all
}
