// Package crawler turns URLs into pages. A worker takes turns of hosts from
// the bus; while it holds a host's turn it alone fetches from that host: the
// next URL of the host's frontier, no sooner than the host's gap allows and
// only what its robots.txt permits. Pages go to the parsers, links back into
// the frontier.
//
// A URL goes through these steps, each in the file of its name:
//
//   - source, catalog: sources are applied, paused and removed; their seeds go
//     into the frontier.
//   - crawler, visit: turns are pulled; a visit is one turn in work, an errand
//     one URL of it.
//   - order: which URL comes next on the host: polls and seeds, the newest
//     items, revisits, then sitemap entries and links.
//   - limits, traps: URLs that lead on for ever are left out.
//   - manners, backoff, groups: when the host may be asked again, when it is
//     given up, and how many hosts of one domain or address are asked at once.
//   - robots: what the host permits. policy: what the page itself asks for.
//   - lane, access: the request, through a Colly collector of the host, with
//     what its source gives along; package fetch does it.
//   - outcome: what the answer means. expand, sitemaps: what it leads to.
//   - twins: other addresses of the same story.
//   - polls, discover, status: feeds, sitemaps and front pages are looked at
//     again, and found; how the source does.
//   - revisit: articles are looked at again. backfill: days gone by.
//   - marks, why: what became of a URL is remembered, and told.
package crawler
