// Package crawler turns URLs into pages. A worker takes turns of hosts from
// the bus; while it holds a host's turn it alone fetches from that host: the
// next URL of the host's frontier, no sooner than the host's gap allows and
// only what its robots.txt permits. Pages go to the parsers, links back into
// the frontier.
//
// # Files
//
// In the order in which they are best read; the first four are the skeleton,
// each of the others one question that a visit asks:
//
//   - source.go, catalog.go: [Source], and how sources are applied, paused and
//     removed; their seeds go into the frontier.
//   - crawler.go: [Crawler]; turns are pulled, the janitor heals.
//   - visit.go: a [visit] is one turn in work, an [errand] one URL of it.
//   - outcome.go: what the answer means, and that a page is published.
//   - order.go: which URL comes next on the host: polls and seeds, the newest
//     items, revisits, then sitemap entries and links.
//   - lane.go, lanes.go, access.go: the request, through a Colly collector of
//     the host, with what its source gives along.
//   - manners.go, backoff.go, groups.go: when the host may be asked again, when
//     it is given up, and how many hosts of one domain or address are asked at
//     once.
//   - robots.go: what the host permits. policy.go: what the page itself asks for.
//   - limits.go: URLs that lead on for ever are left out.
//   - expand.go, sitemaps.go: what a page, a feed or a sitemap leads to.
//   - twins.go: other addresses of the same story.
//   - polls.go, discover.go, status.go: feeds, sitemaps and front pages are
//     looked at again, and found; how the source does.
//   - revisit.go: articles are looked at again. backfill.go: days gone by.
//   - account.go: the counters and lines of the URL in work.
//   - marks.go, why.go, whytext.go: what became of a URL is remembered, and told.
//   - config.go, program.go: the section crawler; the binary.
//
// The packages below know nothing of the bus and are read when they are
// needed: fetch (the transport: guard, decoding, caps, proxies), robots, feeds,
// sitemap, markup, links, traps, cadence, groups, usage, backfill, opml.
//
// # The path of one URL
//
//  1. [Apply] stores the source and pushes its seeds ([bus.Bus.Push]); callOn
//     arms the turn of their host, or makes it due.
//  2. [Crawler.Run] pulls turns that are due, no more than it has free slots, and
//     starts [Crawler.visit] for each. The visit finds the [lane] of the host,
//     holds the turn, and reads [hostState], which is the turn's body.
//  3. [visit.run] waits for the gap or hands the turn on; [visit.next] says which
//     URL is next.
//  4. [visit.work] reads the URL and its source; [visit.unwanted] says why it is
//     not fetched, and [visit.skip] tells and removes it.
//  5. [visit.mayFetch] asks for the time that the host's groups leave
//     ([visit.reserve]), robots.txt ([visit.refreshRobots]) and the limits
//     ([visit.overLimit]), and makes sure of the turn ([turn.Turn.Check]).
//  6. [visit.fetch] calls [Crawler.get], the one way to a site: the lane's
//     collector, then [bodyTap], then [fetch.Transport]. A sitemap is read while it
//     comes ([sitemapStream]).
//  7. [visit.afterRequest] sets the gap from the end of the response.
//  8. [visit.settle] tells answers apart; a good one goes to [visit.accept]:
//     [visit.offer] publishes a page ([bus.Bus.StorePage]), [visit.expandPage] and
//     [visit.expandFeed] push what it leads to ([visit.pushAll]).
//  9. [visit.done] adds the URL to the set of seen URLs ([bus.Seen.Add]) and
//     deletes it from the frontier ([bus.Bus.Delete]).
//  10. [visit.handOn] makes the next turn ([turn.Turn.HandOn]), due when
//     [visit.nextDue] says, or gives the turn up ([turn.Turn.Finish]).
//
// # What holds
//
// The order is the safety: the page is on the bus before its links, its links
// before their fingerprints, all of it before the URL is deleted, and that
// before the turn is handed on. A crash between any two repeats a step. What is
// repeated has the same id ([pageID], the ids of pushes) and is stored once.
//
//   - Nobody asks a host without its turn. Between [turn.Turn.Check] and the wire
//     nothing waits, and [bodyTap] looks at the clock once more.
//   - Each request, robots.txt and redirects too, goes through [Crawler.get] and
//     is followed by [visit.afterRequest] or [visit.setGap].
//   - What correctness needs lies in [hostState] and on the bus. A [lane] is a
//     cache: any worker may take the next turn.
//   - A turn ends in [visit.handOn], or in [visit.giveBack] when something failed;
//     errors of a URL are no errors of the turn ([visit.fail], [visit.retry],
//     [visit.giveUp]). turn.ErrFenced and bus.ErrConflict end the visit at once:
//     somebody else has the host.
//   - A URL is counted in once and out once ([visit.takeUp], [visit.end]).
//   - A body lives until [response.free]; nobody may keep a part of it.
//   - Colly fetches and calls back. Its delays, robots, dedup, limits and retries
//     stay off ([Crawler.newCollector]).
//
// # Where changes go
//
// A new kind of seed, such as a list in another format: a package below with
// Sniff and Parse, a golden file and a fuzz target, as feeds; a case in
// [visit.accept], and an expand function in expand.go that hands [target]s to
// [visit.pushAll] and fills [listing]. It is then polled like any seed. What may
// be larger than crawler.max_body is read while it comes, in
// [sitemapStream.taker]. Its kind is an outcome ([outcomes] in whytext.go) and
// stands in the comment of the event fetch.done, the reason for which it could not
// be read in that of fetch.failed (pkg/logging/events.go; `go generate
// ./pkg/logging`). TestSeedsAreToldApartByContent is the pattern of a test.
//
// A key of a source: [Source], with its fault in [Source.Normalise] and, if it
// has to be compiled, a field of [scope]. A key of the section: [Config],
// [Defaults], [Config.Validate]. Both stand in deploy/config.yaml and in the
// chart's schema too, which `go test ./deploy/pressmill -run Chart -update`
// writes.
//
// A reason not to fetch: [visit.unwanted] if the URL or its past says so,
// [visit.overLimit] if others like it do. The word goes into the comment of
// the event fetch.skipped (pkg/logging/events.go; `go generate ./pkg/logging`),
// and [outcomes] in whytext.go says it to people.
//
// Something to remember of a host: a field of [hostState] with omitzero. Turns
// of older workers do not have it.
//
// A header field of requests: [Crawler.get] for all, access.go by source. A
// manner: [visit.setGap] and what it calls.
//
// # Trying it
//
// `go test ./crawler/...` takes a minute or two; rig_test.go has what most tests
// stand on: a real bus, a crawler, and sites that write down what they are
// asked ([site.keepsGap] is the test of manners). TestSeveralCrawlersShareABus is
// the test of turns, TestHostileSites of what sites send. `make failover` and
// `make chaos` take servers and workers away.
//
// To see it: `bin/pressmill run -listen 127.0.0.1:4222 URL 2>run.log`, and beside
// it `bin/pressmill why URL`, which says what the bus knows of a URL, and
// `bin/pressmill trace URL run.log`, which tells its story. `make demo` needs no
// internet.
package crawler
