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
// Where to look:
//
//	sink.go       Sink: turns are pulled, worked on and handed on
//	drain.go      one turn: resolve the position, collect a batch, commit it as an object, follow where another was first
//	batch.go      what is collected, and what of it makes no object and is carried on
//	position.go   where a partition goes on, from the turn, from what this process saw, or from the store
//	overlap.go    another stream or another shape of objects: a new epoch, and what it skips
//	from.go       where a sink without objects begins
//	output.go     one sink: its store, counters, log lines
//	spool.go      how much a process collects; pressure.go: what a sink waits for, told once
//	archives.go   a sink of pages instead of articles (format warc)
//	courier.go    a sink that is a webhook; cursor.go: its positions, which no object tells
//	bus.go        what a sink needs of the bus; onbus.go: that of the real one
//	config.go     the section sinks; program.go, command.go: the binary
//	trim.go       room in the stream of articles
//
// The packages below: store (files and buckets by URL), segment (keys, metadata
// and formats of objects, reading back), table (Parquet and CSV), warc and archive
// (pages as WARC files), webhook (signed delivery), filter, articles (looking
// for what was written), upkeep (merging objects, deleting articles).
package sink
