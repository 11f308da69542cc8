// Package sink turns articles into objects. It reads the partitions of the
// articles from the bus and writes every one of them, once, to each configured
// store, as batches in a format.
//
// Where a partition goes on is said by its last object, not by
// acknowledgements. The key of an object is a function of the epoch, the
// partition and the position at which its messages begin, and objects are
// created only where there is none. Of several workers at one position one
// wins, whatever the others would have cut, and all go on after its object: a
// crash, a frozen twin or a restart loses nothing and doubles nothing.
//
// # Files
//
//   - sink.go: [Sink]; turns are pulled, worked on and handed on.
//   - drain.go: one turn: resolve the position, collect a batch, commit it as an
//     object, follow where another was first.
//   - batch.go: what is collected, and what of it makes no object and is carried on.
//   - position.go: where a partition goes on, from the turn, from what this process
//     saw, or from the store.
//   - overlap.go: another stream or another shape of objects: a new epoch, and what
//     it skips. from.go: where a sink without objects begins.
//   - output.go: one sink: its store, counters, log lines. lines.go: a line for each
//     article.
//   - spool.go: how much a process collects; pressure.go: what a sink waits for,
//     told once; beat.go: a sign of life with every step of a store.
//   - archives.go: a sink of pages instead of articles (format warc).
//   - courier.go, hookconfig.go: a sink that is a webhook; cursor.go: its positions,
//     which no object tells.
//   - bus.go: what a sink needs of the bus; onbus.go: that of the real one.
//   - config.go: the section sinks; program.go, command.go: the binary.
//   - trim.go: room in the stream of articles.
//
// Below: store (files and buckets by URL), segment (keys, metadata and formats of
// objects, reading back), table (Parquet and CSV), warc and archive (pages as WARC
// files), webhook (signed delivery), filter, articles (looking for what was
// written), upkeep (merging objects, deleting articles).
//
// # The path of one article
//
//  1. [Sink.Run] arms a turn for each sink and partition and pulls those that are
//     due; [Sink.serve] works on one.
//  2. [output.resolve] finds the [position]: the turn's state is a hint, the last
//     object is the truth. [output.settle] begins a new epoch where the stream or
//     the shape of objects is another one.
//  3. [drain.step] looks for a gap ([position.gapBefore]) and calls [drain.collect],
//     which reads articles from the position on ([Bus]) until the batch is full, old
//     enough, or its day is over. [drain.add] says of each whether it is written,
//     skipped (an earlier epoch has it), filtered, deleted, or no JSON.
//  4. [drain.commit] makes sure of the turn ([Holder.Check]), names the object
//     ([segment.NewKey]), and creates it ([segment.Put]), in one request. On
//     [store.ErrExists] its metadata are read: ours, and it goes on; another's,
//     and [drain.follow] goes on behind that object, and the batch is void.
//  5. Lines and counters come after the object. [drain.mirror] tells the bus, for
//     lag and for [Trim].
//  6. [Sink.serve] hands the turn on with the position as its state.
//
// A webhook takes the same turns, with [courier] in the place of commit: its
// position is a cursor on the bus, written before and after each request.
//
// # What holds
//
//   - Nothing is acknowledged. An article counts as written when its object is in
//     the store; after any crash the position is derived from there.
//   - The key holds epoch, partition and position, and nothing that two workers
//     could see differently. Objects are created, never overwritten.
//   - The newest object of a partition is never moved or removed: it is the position.
//     upkeep keeps to that as well.
//   - What a reader may rely on within an epoch is its shape ([Config] and
//     [segment.Format.Shape]). Who changes what objects look like changes the shape,
//     so that a new epoch begins.
//   - Only [bus.Bus.TrimArticles] removes articles from the stream, and only what all
//     registered sinks have mirrored.
//   - A store that is away is no error to end on: it is told once ([pressure]), and
//     tried again later and later.
//   - What is collected is bounded by the spool, whatever comes.
//
// # Where changes go
//
// A format: a [segment.Kind] in sink/segment, in [segment.Format.Validate],
// [segment.Format.Ext], [segment.Format.Shape] and [segment.FormatOf], and its
// media type in sink/store/url.go; one that is text rendered from lines goes
// into [segment.Format.render] and segment's parse, and gets compression and
// metadata as CSV does; one that holds its metadata itself goes into
// [segment.Put], [segment.Get] and [segment.GetMeta], as Parquet does.
// Readers get JSON lines back, whatever the format: articles, upkeep and epochs
// that skip all rely on it. Encoding and decoding belong into a package such as
// table, with a fuzz target for what reads. The lists of cases are tableFormats
// (TestPutAndGetTables and others of sink/segment) and tableConfigs
// (TestTablesDrainOnce and others).
//
// A store: a scheme in sink/store/url.go and a [store.Store] whose Create is atomic
// and create-only; sink/store/storetest and `make conformance` say whether it is.
//
// A key of a sink: [Config], [Config.Defaults], [Config.Validate], deploy/config.yaml,
// and the chart's schema, which `go test ./deploy/pressmill -run Chart -update`
// writes. What decides which articles are written goes into package filter, or into
// [drain.add] if it needs the position.
//
// A column: see package parser, "A field of the article".
//
// # Trying it
//
// `go test ./sink/...` takes a minute. fake_test.go is a bus whose faults are
// steered, for the order of steps (TestKilledAfterUploadAndFrozenTwin,
// TestCompetingSinks); onbus_test.go and faults_test.go use real ones. `make
// conformance` has real servers of S3, GCS and Azure that fail.
//
// To see it: `make demo` lists what was written; `bin/sink cat URL` prints a store's
// articles after checking every object; `bin/pressmill articles -out URL` looks into
// it.
package sink
