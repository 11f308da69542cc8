package monitoring

import (
	"fmt"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/common"
)

// events selects the lines of these events, in the namespaces that are chosen.
func events(names ...string) string {
	if len(names) == 1 {
		return fmt.Sprintf(`{app="pressmill", namespace=~"$namespace", event=%q}`, names[0])
	}
	return fmt.Sprintf(`{app="pressmill", namespace=~"$namespace", event=~%q}`, strings.Join(names, "|"))
}

// summary selects summaries of the chosen stages that tell a value.
func summary(value string) string {
	return events("stage.summary") + fmt.Sprintf(` | json stage="stage", instance="instance", n=%q | stage=~"$stage" | n!="" | unwrap n`, value)
}

// ofSite selects the lines of these events that belong to the chosen sources and hosts.
func ofSite(fields string, names ...string) string {
	return events(names...) + ` | json source="source", host="host"` + fields + ` | source=~"$source" | host=~"$host"`
}

func rows() []row {
	return []row{overview(), crawl(), parse(), sink(), sources(), failures(), instances(), search()}
}

func overview() row {
	total := func(stage string) query {
		return query{expr: `sum(sum_over_time(` + events("stage.summary") + ` | json stage="stage", n="interval.out" | stage="` + stage + `" | unwrap n [$__range]))`}
	}
	return row{"Overview", []panel{
		figure("Pages fetched", "In the time above, by the summaries of all crawlers.", 0, total("crawler")),
		figure("Articles", "That the parsers passed on.", 0, total("parser")),
		figure("Articles written", "By all sinks: with two sinks every article counts twice.", 0, total("sink")),
		figure("Sources with articles", "", 0, query{expr: `count(sum by (source) (sum_over_time(` +
			events("source.coverage") + ` | json source="source", n="articles" | unwrap n [$__range])))`}),
		figure("Dead letters", "pressmill deadletters list shows them.", 1, query{expr: `sum(count_over_time(` +
			events("deadletter.published") + ` [$__range]))`}),
		figure("Starts of processes", "More than were meant are crashes.", 0, query{expr: `sum(count_over_time(` +
			events("service.start") + ` [$__range]))`}),
		lines("Throughput", "Items a second that each stage passed on, exact over any time.", perSecond, half,
			query{`sum by (stage) (rate(` + summary("interval.out") + ` [$__auto]))`, "{{stage}}"}),
		lines("Lag", "Items that wait in front of each stage; of the sinks, that of the one furthest behind.", count, half,
			query{`max by (stage) (max_over_time(` + summary("lag") + ` [$__auto]))`, "{{stage}}"}),
		lines("Time of the work itself, 95 of 100", "The worst process of each stage.", millis, half,
			query{`max by (stage) (max_over_time(` + summary("interval.p95_ms") + ` [$__auto]))`, "{{stage}}"}),
		lines("Time in the queue before it, 95 of 100", "From a page's publishing to its parsing, and from an article's to the object.", millis, half,
			query{`quantile_over_time(0.95, ` + events("parse.done", "parse.rejected", "article.written") +
				` | json stage="stage", n="waited_ms" | stage=~"$stage" | n!="" | unwrap n [$__auto]) by (stage)`, "{{stage}}"}),
		stack("Given up and left out", "By stage; the reasons are in the rows below.", perSecond, half,
			query{`sum by (stage) (rate(` + summary("interval.failed") + ` [$__auto]))`, "{{stage}} failed"},
			query{`sum by (stage) (rate(` + summary("interval.skipped") + ` [$__auto]))`, "{{stage}} skipped"}),
		stack("Warnings and errors", "Lines, by event.", count, half,
			query{`sum by (event) (count_over_time({app="pressmill", namespace=~"$namespace"} |~ "\"level\":\"(warn|error)\"" [$__auto]))`, "{{event}}"}),
	}}
}

func crawl() row {
	fetches := []string{"fetch.done", "fetch.failed", "fetch.skipped"}
	return row{"Crawl", []panel{
		stack("Outcomes", "", perSecond, third,
			query{`sum by (event) (rate(` + ofSite("", fetches...) + ` [$__auto]))`, "{{event}}"}),
		stack("Failures by reason", "", perSecond, third,
			query{`sum by (reason) (rate(` + ofSite(`, reason="reason"`, "fetch.failed") + ` [$__auto]))`, "{{reason}}"}),
		stack("Skipped by reason", "", perSecond, third,
			query{`sum by (reason) (rate(` + ofSite(`, reason="reason"`, "fetch.skipped") + ` [$__auto]))`, "{{reason}}"}),
		lines("403 and 429, share of requests", "Above a tenth a site wants us slower, or not at all.", share, third,
			query{`sum(count_over_time(` + ofSite(`, reason="reason"`, "fetch.failed") + ` | reason=~"http_403|http_429" [$__auto])) / sum(count_over_time(` +
				ofSite("", "fetch.done", "fetch.failed") + ` [$__auto]))`, "share"}),
		lines("Duration of a fetch", "", millis, third,
			query{`quantile_over_time(0.5, ` + ofSite(`, n="took_ms"`, "fetch.done") + ` | n!="" | unwrap n [$__auto]) by ()`, "median"},
			query{`quantile_over_time(0.95, ` + ofSite(`, n="took_ms"`, "fetch.done") + ` | n!="" | unwrap n [$__auto]) by ()`, "95 of 100"}),
		lines("Bytes fetched", "Decoded, a second.", "Bps", third,
			query{`sum(rate(` + ofSite(`, n="bytes"`, "fetch.done") + ` | n!="" | unwrap n [$__auto]))`, "bytes"}),
		ranking("Slowest hosts", "Median duration of a fetch.", millis, third,
			query{`topk(15, quantile_over_time(0.5, ` + ofSite(`, n="took_ms"`, "fetch.done") + ` | n!="" | unwrap n [$__range]) by (host))`, "{{host}}"}),
		ranking("Hosts with most failures", "", count, third,
			query{`topk(15, sum by (host, reason) (count_over_time(` + ofSite(`, reason="reason"`, "fetch.failed") + ` [$__range])))`, "{{host}} {{reason}}"}),
		ranking("Busiest hosts", "Pages fetched.", count, third,
			query{`topk(15, sum by (host) (count_over_time(` + ofSite("", "fetch.done") + ` [$__range])))`, "{{host}}"}),
		listing("Hosts given up, back, and held", "", common.LogsSortOrderDescending,
			events("host.dropped", "host.recovered", "poll.dropped", "backpressure.on", "backpressure.off")+` | json host="host" | host=~"$host"`),
	}}
}

func parse() row {
	return row{"Parse", []panel{
		stack("Outcomes", "", perSecond, third,
			query{`sum by (event) (rate(` + ofSite("", "parse.done", "parse.rejected", "parse.failed") + ` [$__auto]))`, "{{event}}"}),
		stack("Rejected by reason", "Why a page is no article.", perSecond, third,
			query{`sum by (reason) (rate(` + ofSite(`, reason="reason"`, "parse.rejected") + ` [$__auto]))`, "{{reason}}"}),
		lines("Duration of a parse", "", millis, third,
			query{`quantile_over_time(0.5, ` + ofSite(`, n="took_ms"`, "parse.done") + ` | n!="" | unwrap n [$__auto]) by ()`, "median"},
			query{`quantile_over_time(0.95, ` + ofSite(`, n="took_ms"`, "parse.done") + ` | n!="" | unwrap n [$__auto]) by ()`, "95 of 100"}),
		lines("Time of a page in the queue", "", millis, third,
			query{`quantile_over_time(0.5, ` + ofSite(`, n="waited_ms"`, "parse.done", "parse.rejected") + ` | n!="" | unwrap n [$__auto]) by ()`, "median"},
			query{`quantile_over_time(0.95, ` + ofSite(`, n="waited_ms"`, "parse.done", "parse.rejected") + ` | n!="" | unwrap n [$__auto]) by ()`, "95 of 100"}),
		ranking("Slowest hosts", "Median duration of a parse.", millis, third,
			query{`topk(15, quantile_over_time(0.5, ` + ofSite(`, n="took_ms"`, "parse.done") + ` | n!="" | unwrap n [$__range]) by (host))`, "{{host}}"}),
		ranking("Hosts with most rejected pages", "", count, third,
			query{`topk(15, sum by (host, reason) (count_over_time(` + ofSite(`, reason="reason"`, "parse.rejected") + ` [$__range])))`, "{{host}} {{reason}}"}),
	}}
}

func sink() row {
	return row{"Sink", []panel{
		lines("Articles in objects and deliveries", "", perSecond, third,
			query{`sum by (sink) (rate(` + events("segment.committed", "delivery.done") + ` | json sink="sink", n="articles" | n!="" | unwrap n [$__auto]))`, "{{sink}}"}),
		lines("Objects and deliveries", "", count, third,
			query{`sum by (sink) (count_over_time(` + events("segment.committed", "delivery.done") + ` | json sink="sink" [$__auto]))`, "{{sink}}"}),
		lines("Bytes written", "A second, as stored.", "Bps", third,
			query{`sum by (sink) (rate(` + events("segment.committed", "delivery.done") + ` | json sink="sink", n="bytes" | n!="" | unwrap n [$__auto]))`, "{{sink}}"}),
		lines("Time from article to object, 95 of 100", "", millis, third,
			query{`quantile_over_time(0.95, ` + events("article.written") + ` | json sink="sink", n="waited_ms" | n!="" | unwrap n [$__auto]) by (sink)`, "{{sink}}"}),
		lines("Duration of a write, 95 of 100", "", millis, third,
			query{`quantile_over_time(0.95, ` + events("segment.committed", "delivery.done") + ` | json sink="sink", n="took_ms" | n!="" | unwrap n [$__auto]) by (sink)`, "{{sink}}"}),
		stack("Conflicts, gaps, refusals", "Conflicts are two writers that met, and harmless; gaps are articles that no sink has.", count, third,
			query{`sum by (event, sink) (count_over_time(` + events("segment.conflict", "segment.gap", "epoch.begun", "delivery.rejected", "article.rejected", "receiver.down") +
				` | json sink="sink" [$__auto]))`, "{{event}} {{sink}}"}),
		listing("What sinks wait for", "", common.LogsSortOrderDescending,
			events("backpressure.on", "backpressure.off", "receiver.down", "receiver.up", "receiver.gone", "partition.delayed", "segment.gap", "epoch.begun")),
	}}
}

func sources() row {
	sum := func(count, window string) string {
		return `sum(sum_over_time(` + events("source.coverage") + fmt.Sprintf(` | json source="source", n=%q`, count) + ` | source=~"$source" | n!="" | unwrap n ` + window + `))`
	}
	covered := make([]query, 0, 5)
	for _, field := range []string{"title", "author", "date", "image", "body"} {
		covered = append(covered, query{sum("with."+field, "[$__auto]") + " / " + sum("articles", "[$__auto]"), field})
	}
	coverage := lines("Articles with this field", "Of the chosen sources. A field that falls is a redesign, or a rule that is missing.", share, half, covered...)
	return row{"Sources and coverage", []panel{
		coverage,
		ranking("Articles by source", "", count, quarter,
			query{`topk(15, sum by (source) (sum_over_time(` + events("source.coverage") +
				` | json source="source", n="articles" | source=~"$source" | unwrap n [$__range])))`, "{{source}}"}),
		ranking("New URLs by source", "Found by polls of seeds, feeds and sitemaps.", count, quarter,
			query{`topk(15, sum by (source) (sum_over_time(` + events("source.poll") +
				` | json source="source", n="new" | source=~"$source" | n!="" | unwrap n [$__range])))`, "{{source}}"}),
		lines("Words of an article", "Median of the medians that parsers tell.", count, half,
			query{`quantile_over_time(0.5, ` + events("source.coverage") + ` | json source="source", n="words_p50" | source=~"$source" | n!="" | unwrap n [$__auto]) by ()`, "words"}),
		stack("Articles published", "By event: takedowns are articles whose page is gone.", count, half,
			query{`sum by (event) (count_over_time(` + ofSite("", "article.published", "takedown.published", "page.gone", "page.withheld") + ` [$__auto]))`, "{{event}}"}),
		listing("Silent, back, drifting, steady", "", common.LogsSortOrderDescending,
			events("source.silent", "source.back", "source.drift", "source.steady")+` | json source="source" | source=~"$source"`),
	}}
}

func failures() row {
	return row{"Failures and dead letters", []panel{
		stack("Dead letters", "", count, half,
			query{`sum by (stage, reason) (count_over_time(` + events("deadletter.published") +
				` | json stage="stage", reason="reason" | stage=~"$stage" [$__auto]))`, "{{stage}} {{reason}}"}),
		stack("Given up at once or after the last try", "Fetches at level error.", count, half,
			query{`sum by (reason) (count_over_time(` + ofSite(`, reason="reason", level="level"`, "fetch.failed") + ` | level="error" [$__auto]))`, "{{reason}}"}),
		listing("Dead letters", "Those for which there is no room are among them, every ten seconds one.", common.LogsSortOrderDescending, events("deadletter.published", "deadletter.refused")+` | json stage="stage" | stage=~"$stage"`),
		listing("Errors", "", common.LogsSortOrderDescending, `{app="pressmill", namespace=~"$namespace"} |= "\"level\":\"error\""`),
	}}
}

func instances() row {
	return row{"Instances", []panel{
		lines("Memory", "Resident, of each process.", size, third,
			query{`max by (instance) (max_over_time(` + summary("rss_bytes") + ` [$__auto]))`, "{{instance}}"}),
		lines("Throughput", "Items a second that each process passed on.", perSecond, third,
			query{`sum by (instance, stage) (rate(` + summary("interval.out") + ` [$__auto]))`, "{{instance}} {{stage}}"}),
		lines("In flight", "", count, third,
			query{`sum by (instance, stage) (max_over_time(` + summary("in_flight") + ` [$__auto]) by (instance, stage))`, "{{instance}} {{stage}}"}),
		stack("Starts and ends", "", count, half,
			query{`sum by (event, service) (count_over_time(` + events("service.start", "service.ready", "service.stop") + ` [$__auto]))`, "{{service}} {{event}}"}),
		stack("The bus", "Connections lost, refusals, errors.", count, half,
			query{`sum by (event, service) (count_over_time(` + events("nats.waiting", "nats.disconnected", "nats.reconnected", "nats.denied", "nats.error") +
				` [$__auto]))`, "{{service}} {{event}}"}),
		listing("Lives of processes", "", common.LogsSortOrderDescending,
			events("service.start", "service.ready", "service.stop", "contact.missing", "log.level", "log.lost", "nats.disconnected", "nats.reconnected", "nats.denied")),
		listing("Lines that are not Pressmill's own", "What a crash leaves, and what is no JSON.", common.LogsSortOrderDescending,
			`{app="pressmill", namespace=~"$namespace", event="none"}`),
	}}
}

func search() row {
	return row{"One page", []panel{
		listing("The story of a page", "Its lines from the fetch to the object, oldest first. Put a page_id, a URL or words into the field at the top.",
			common.LogsSortOrderAscending, "{app=\"pressmill\", namespace=~\"$namespace\"} |= `$page`"),
	}}
}
