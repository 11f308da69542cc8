// Package bus is the only package that speaks NATS. It holds the topology
// (streams, consumers, key-value buckets) and typed ways to publish and consume
// what flows between the stages. Stage code sees messages and returns an
// error; that error is the whole protocol: nil acknowledges, [Permanent] puts
// the message among the dead letters, anything else has it delivered again.
//
// # The streams
//
//   - HOSTS, host.H.turn and host.H.ready: one turn per host ([Bus.Hosts]).
//   - FRONTIER, frontier.H.0 to 4: URLs that wait, by priority ([FrontierURL]).
//   - SEEN, seen.H.month.shard: fingerprints of known URLs ([Seen]).
//   - REVISITS, revisit.H.delay: articles to look at again ([Revisit]). PARKED:
//     URLs of sources that rest, and those for whose dead letters there is no room.
//   - PAGES, pages.H: fetched pages on their way to the parsers. They go when the
//     consumer parser, and the consumer archive if there is one, have them.
//   - ARTICLES, articles.p00 to p15.H: articles on their way to the sinks, which
//     read by position, so that any number of them may.
//   - SINKS: one turn per sink and partition ([Bus.SinkTurns]).
//   - DLQ, dlq.stage.key: dead letters. AGAIN: those of webhooks that are replayed.
//
// H is a host as one token ([HostToken]). The buckets are sources,
// source_status, source_coverage, robots, groups, positions and cursors.
//
// # Files
//
//   - topology.go: the one definition of all that, applied and compared.
//   - bus.go: [Config], [Connect]. await.go: what is not there yet is waited for.
//     denied.go: what the servers refuse. errors.go: the errors to act on.
//   - subject.go: host tokens and partitions.
//   - frontier.go, seen.go, revisits.go, sources.go, groups.go, store.go: what
//     crawlers keep on the bus.
//   - pages.go: pages are stored and consumed. archive.go: and read by archives.
//   - articles.go: articles are published, read by position, and trimmed when all
//     sinks have them. read.go: how a row of messages is read.
//   - sinks.go, cursors.go, again.go: what sinks keep on the bus.
//   - coverage.go: what the articles of sources have.
//   - dead.go: dead letters. lag.go, inspect.go: what waits, for people.
//   - access.go: what each role may do, as it follows from the topology.
//     authorization.go: the same as a configuration of a server.
//
// Below: turn (turns: arm, pull, hold, check, hand on), leader (reads of the
// stream's leader), direct (many messages in one read), keys (nkeys), embedded (a
// server in this process; for deploy/pressmill and tests only).
//
// # The path of one page and its article
//
//  1. A crawler calls [Bus.StorePage]. encodePage packs the body with S2; the
//     PageID and the body's checksum are the message's id, so that it is stored
//     once. [ErrFull] says that the stream is at its limit: the caller keeps its
//     turn and tries again, and pulls none while [Bus.PagesFull].
//  2. [Bus.ConsumePages] pulls no more pages than workers are free.
//     [pageConsumer.process] keeps each alive, and calls the handler.
//  3. The handler publishes what it made ([Bus.PublishArticle] waits while the
//     stream is full) and returns. nil: [pageConsumer.tell] acknowledges until the
//     server has answered. A [PermanentError], or more than five deliveries:
//     [Bus.PublishDead], then the same. Any other error: the page is delivered
//     again, later each time, from the third time on alone in its worker. So it is
//     if there is no room for its letter ([ErrDeadFull]), but not handled again.
//  4. A sink reads with [Bus.ReadArticles] from its position and acknowledges
//     nothing: its objects say how far it is. [Bus.PutPosition] mirrors that, and
//     [Bus.TrimArticles] removes the oldest that all registered sinks have.
//
// # What holds
//
//   - What leads on is stored before what led there is acknowledged or deleted.
//   - Ids of messages follow from what they are about, and windows of duplicates
//     are longer than a step may be repeated after. One writes none at random.
//   - Nothing is dropped silently: consumers have no limit of deliveries, streams of
//     work refuse what is new (DiscardNew) and never drop what is old. Who must not
//     wait gets [ErrFull].
//   - State that two may write (turns, [Seen], [UpdateGroup], sources, cursors) is written
//     with the sequence that was read last; who is late gets [ErrConflict] or
//     turn.ErrFenced and reads again.
//   - What decides something is read from the stream's leader ([leader.Reader]):
//     direct reads may be behind.
//   - A worker may do on the bus what uses says and no more; a refusal ends it
//     ([Bus.Guard]), since it would look like an answer that never comes.
//
// # Where changes go
//
// A new stream or bucket: a name and an entry in [Config.streams] or
// [Config.buckets]; who uses it, and how, in [Config.uses]; its limit, if it has
// one, in [Config], [Defaults], [Config.Validate] and deploy/config.yaml. Then a
// file with typed methods, whose callers see no subject. The permissions follow:
// TestRolesUseWhatTheyMay names those that nobody uses until work, in
// accessuse_test.go, calls the methods as each role that may, and `go test
// ./pkg/bus -run Examples -update` writes the examples in deploy/nats. Clusters get
// the stream from `pressmill topology apply`.
//
// A setting of a stream: [Config.streams], and [diffStream] if it is not compared
// yet. A consumer: [Config.consumers] and [Role.pulls].
//
// A field of a message: the type ([FrontierURL], [Revisit], or those of pkg/news),
// with omitempty or omitzero. Workers of two versions run side by side and old
// messages lie on the bus, so a field that is absent means what it was before.
// Another form of a message has to be told from the old one ([unpack]).
//
// # Trying it
//
// `go test ./pkg/bus/...` runs on real servers in the process and takes half a
// minute; `make failover` on three, one of which goes. bus_test.go begins with
// start, which gives a test its bus. TestErrorsAreTheProtocol and
// TestFrozenHolderIsFenced are the contracts of pages and of turns.
//
// To look at a running one: `bin/pressmill run -listen 127.0.0.1:4222`, and beside
// it `bin/pressmill topology check`, `bin/pressmill deadletters list`,
// `bin/pressmill sinks list`, or the `nats` program.
package bus
