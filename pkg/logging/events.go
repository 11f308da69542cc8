package logging

// This file is the catalogue: all that is ever logged is named here, and what
// the comments say is what operators read, in deploy/LOGS.md. The last line of
// an event's comment tells its stages (process: a line that belongs to none),
// its levels and its fields; fields with a ? are there only where they are
// known or make sense, and those that every line has are not listed. Before it
// may stand a line with what the event's reason may be (NNN: a number). The
// last line of a field's comment tells its type (one of the Type constants)
// and, where it has one, its unit. After a change: go generate ./pkg/logging

//go:generate go test -run ^TestCatalogueIsGenerated$ . -update

// Events of the whole process.
const (
	// ServiceStart is the first line of a process: what runs, on what Go, with how many threads and how much memory.
	// Stage: process. Level: info. Fields: version, go, pid, gomaxprocs, memory_limit_bytes.
	ServiceStart = "service.start"
	// ServiceReady says that the process does its work from now on.
	// Stage: process. Level: info. Fields: none.
	ServiceReady = "service.ready"
	// ServiceStop is the last line of a process: why it stopped, how long it ran, the error if there is one.
	// Stage: process. Level: info, error. Fields: reason, seconds, error?.
	ServiceStop = "service.stop"
	// ConfigEffective shows the configuration after defaults, redacted; at error, why it cannot be shown. Of sources, and of the seeds
	// of each, it has at most a hundred: left_out in it tells how many more there are.
	// Stage: process. Level: info, error. Fields: config?, error?.
	ConfigEffective = "config.effective"
	// LogLevel says that a signal changed the level of the log while the process ran.
	// Stage: process. Level: info. Fields: from, to.
	LogLevel = "log.level"
	// LogLost says, when the file of the log can be written again, how many lines were lost since it could not (seconds), and why.
	// Stage: process. Level: error. Fields: lines, seconds, error.
	LogLost = "log.lost"
	// LibraryLog is what a library writes to the standard logger, such as net/http about an odd server.
	// Stage: process. Level: debug. Fields: none.
	LibraryLog = "library.log"
	// SourceRests is one source that an earlier `pressmill run` on the same data named and this one does not: its URLs wait, and
	// nothing of it is fetched, until a run names it again or `pressmill sources resume`.
	// Stage: process. Level: warn. Fields: source.
	SourceRests = "source.rests"
	// RunProgress says every ten seconds how a run goes where no terminal shows it.
	// Stage: process. Level: info. Fields: fetched, waiting, articles, written, hosts, pages_per_second, errors.
	RunProgress = "run.progress"
	// RunSummary holds the totals of a run of the whole pipeline, at its end.
	// Stage: process. Level: info. Fields: requests, fetched, articles, written, errors, seconds.
	RunSummary = "run.summary"

	// StageSummary holds the exact counters of a stage in this process since it began, every 30 s and at its end (final).
	// Of the items of every stage, at every moment: in = out + failed + skipped + again + in_flight. The last summaries of
	// all processes can be added up, and come to the lines of single items:
	//
	// In the crawler an item is a URL that was taken up. out: its fetch.done, by kind (out_by), but for the kinds twin and
	// withheld, which are skipped; page.published = out_by article + page + changed + gone, if no worker was lost and no turn
	// taken over. failed: fetch.failed at error, each with a dead letter unless a later try could not help. skipped:
	// fetch.skipped, and fetch.done of the kinds twin and withheld. again: fetch.failed at warn, and what a worker left where
	// it was because it had to stop (stop), lost the turn (fenced) or the bus (bus), or found no room for its dead letter
	// (dead_letters), without a line. left_out counts links and entries that were found and not put into the frontier; they
	// are no items. requests is every request sent, robots.txt and redirects included: what the servers have in their logs.
	//
	// In the parser an item is a delivery of a page. out: article.published and takedown.published. failed:
	// deadletter.published. skipped: parse.rejected and article.duplicate (duplicate). again: parse.failed. A page whose dead
	// letter finds no room (dead_letters) is again once for each worker that parses it; its other deliveries are no items until
	// the letter is stored.
	//
	// In the sink an item is an article for one sink, a takedown among them, or a page for an archive, counted when it is
	// done with. out: article.written and page.archived. failed: article.rejected (invalid_json) and article.refused
	// (rejected). skipped: article.skipped.
	//
	// What a process has counted since its last summary is lost if it is killed (kill -9, out of memory): its lines are
	// there, its final summary is not.
	// Stage: crawler, parser, sink. Level: info. Fields: seconds, in, out, out_by?, failed, failed_by?, skipped, skipped_by?, again, again_by?, left_out?, left_out_by?, requests?, p50_ms?, p95_ms?, p99_ms?, rate_in, rate, in_flight, lag?, rss_bytes?, heap_bytes?, goroutines?, interval, final?.
	StageSummary = "stage.summary"
)

// Events of the crawler: from a URL to a page on the bus.
const (
	// ContactMissing says at the start that no crawler.contact is set, what follows from it, and how to set one.
	// Stage: crawler. Level: warn. Fields: none.
	ContactMissing = "contact.missing"
	// FetchDone is one URL that was fetched. Its kind says what became of it: article, page, feed, sitemap, changed (an
	// article with another body than before) and gone are passed on; redirect leads to another URL; unchanged and missing (a
	// 404 that is asked for once more) are looked at again; twin is had under another address; withheld asks not to be passed on.
	// Reasons: noindex, noarchive, noai, tdm.
	// Stage: crawler. Level: info. Fields: host, url.full, crawl_id, page_id, source, attempt, found_by, from_page_id?, kind, reason?, status, bytes, truncated, took_ms, waited_ms, turn_waited_ms.
	FetchDone = "fetch.done"
	// FetchFailed is one fetch that brought nothing: at warn it will be tried again, at error it is given up. A feed or
	// sitemap that could not be read to its end is one, whatever was taken from it (entries).
	// Reasons: timeout, dns, refused, reset, tls, proxy, decode, protocol, network, canceled, empty, http_NNN, robots_unreachable, credentials, redirect, blocked, bad_feed, bad_sitemap, bad_message, host_dropped.
	// Stage: crawler. Level: warn, error. Fields: host, url.full, crawl_id, page_id, source, attempt, found_by, from_page_id?, reason, status?, backoff_ms?, entries?, took_ms?, waited_ms, turn_waited_ms, error.
	FetchFailed = "fetch.failed"
	// FetchSkipped is one URL that was not fetched, by rule, or that led to nothing that was looked for (no_feed).
	// Reasons: robots, seen, age, scope, twin, late, paused, source_removed, bad_url, no_feed, trap_length, trap_path, trap_pattern, budget, and those of fetch.failed.
	// Stage: crawler. Level: info. Fields: host, url.full, crawl_id, page_id, source, attempt, found_by, from_page_id?, reason, took_ms?, waited_ms, turn_waited_ms.
	FetchSkipped = "fetch.skipped"
	// PagePublished is one page acknowledged by the bus. duplicate: the bus had it already, from a worker that was lost
	// before it could say so; seq is that one's.
	// Stage: crawler. Level: info. Fields: host, url.full, crawl_id, page_id, source, seq, bytes, took_ms, duplicate?.
	PagePublished = "page.published"
	// PageGone is one article's page that is not there any more when it is looked at again.
	// Stage: crawler. Level: warn. Fields: host, url.full, crawl_id, page_id, source, from_page_id?, status.
	PageGone = "page.gone"
	// PageWithheld is one page that was fetched and not passed on, because it asks for that.
	// Reasons: noindex, noarchive, noai, tdm.
	// Stage: crawler. Level: info. Fields: host, url.full, crawl_id, page_id, source, reason.
	PageWithheld = "page.withheld"
	// RobotsFetched is one robots.txt read, with the verdict for the host, and the page that it was asked for.
	// Stage: crawler. Level: info. Fields: host, crawl_id, page_id, verdict, status, reason, took_ms.
	RobotsFetched = "robots.fetched"
	// SourcePoll is one look at a feed, a sitemap or a front page, with the number of new items.
	// Stage: crawler. Level: info. Fields: host, url.full, crawl_id, page_id, source, kind, new, every_ms, next.
	SourcePoll = "source.poll"
	// SourceSilent says that a source brought nothing for three times its usual gap; once per silence.
	// Stage: crawler. Level: warn. Fields: host, source, last_news, usual_gap_ms.
	SourceSilent = "source.silent"
	// SourceBack says that a source which was silent brings news again.
	// Stage: crawler. Level: info. Fields: host, source.
	SourceBack = "source.back"
	// SourceUnreadable says that what is stored of a source cannot be read, as its bytes are broken or a later version wrote it. The
	// source counts as paused until it can be; once per worker. `pressmill sources apply` writes it anew.
	// Stage: crawler. Level: error. Fields: source, error.
	SourceUnreadable = "source.unreadable"
	// PollDropped is one feed or sitemap that the crawler found by itself and looks at no more; at warn (turn_full) it is one for which
	// the turn of its host has no room, a seed too: name fewer seeds on that host, such as the feeds or sitemaps that list the others.
	// Reasons: too_many, turn_full, robots, no_feed, and those of fetch.failed.
	// Stage: crawler. Level: info, warn. Fields: host, url.full, source, reason, last_news?.
	PollDropped = "poll.dropped"
	// HostFenced says that another worker holds the host now, so this one let it go.
	// Stage: crawler. Level: warn, error. Fields: host?, error.
	HostFenced = "host.fenced"
	// HostDelayed says that a host gets its next turn later than planned.
	// Stage: crawler. Level: debug, info, warn. Fields: host, url.full?, crawl_id?, page_id?, source?, reason?, error?.
	HostDelayed = "host.delayed"
	// HostDropped says that a host failed for so long that what waits of it becomes dead letters; it is asked once a day.
	// Reasons: those of fetch.failed.
	// Stage: crawler. Level: error. Fields: host, reason, failures, since, error.
	HostDropped = "host.dropped"
	// HostRecovered says that a host that was dropped answers again.
	// Stage: crawler. Level: info. Fields: host, dropped.
	HostRecovered = "host.recovered"
	// ParkedRefused says, every ten seconds while there is no room for URLs that are to lie aside (bus.frontier_max_bytes),
	// since their source is paused or cannot be read or they wait to become dead letters, of whom one of them is. Nothing is
	// lost: they wait in the frontier for the next day, or where they are in a crawl that shall end.
	// Stage: crawler. Level: warn. Fields: host, source.
	ParkedRefused = "parked.refused"
	// JanitorArmed says that hosts without a turn were given one, or that turns were
	// woken which slept although URLs wait, and how many.
	// Stage: crawler. Level: info. Fields: hosts.
	JanitorArmed = "janitor.armed"
)

// Events of the parser: from a page to an article on the bus.
const (
	// ParseDone is one page made into an article.
	// Stage: parser. Level: info. Fields: host, url.full, crawl_id, page_id, source, article_id, rev, kind, words, took_ms, waited_ms, seq.
	ParseDone = "parse.done"
	// ParseRejected is one page that holds no article.
	// Reasons: not_html, error_page, no_text, no_title, soft_404, parked_domain, needs_script, bot_wall, consent_wall, login_wall, paywall_stub, homepage, section_front, tag_page, author_page, search_page, service_page, product_page, forum_thread, video_page, audio_page, gallery_page.
	// Stage: parser. Level: info. Fields: host, url.full, crawl_id, page_id, source, reason, took_ms, waited_ms, seq.
	ParseRejected = "parse.rejected"
	// ParseFailed is one page that a worker could not finish, as when the bus was away; it is delivered again.
	// Stage: parser. Level: warn. Fields: host?, url.full?, crawl_id?, page_id?, source?, backoff_ms, seq, error.
	ParseFailed = "parse.failed"
	// ArticlePublished is one article acknowledged by the bus.
	// Stage: parser. Level: info. Fields: host, url.full, crawl_id, page_id, source, article_id, rev, partition, seq, took_ms.
	ArticlePublished = "article.published"
	// TakedownPublished is one takedown acknowledged by the bus: an article's page is gone.
	// Stage: parser. Level: info. Fields: host, url.full, crawl_id, page_id, source, article_id, status, partition, seq, took_ms, waited_ms.
	TakedownPublished = "takedown.published"
	// ArticleDuplicate is one article, or takedown, that the bus had already in this version, from another page or from
	// a worker that was lost before it could say so: seq is that one's, and nothing was stored.
	// Stage: parser. Level: info. Fields: host, url.full, crawl_id, page_id, source, article_id, rev?, partition, seq.
	ArticleDuplicate = "article.duplicate"
	// SourceCoverage counts, for a source, the articles that this process made since its line before, and those that have
	// each field; every ten minutes and at the end, only for sources with articles. Lines of all processes can be summed.
	// Stage: parser. Level: info. Fields: source, seconds, articles, with, words_p50.
	SourceCoverage = "source.coverage"
	// SourceDrift says that the articles of a source's last day differ in a field from its own week before, or that none of
	// the last ones has it; once per drift.
	// Stage: parser. Level: warn. Fields: source, field, share, usual, articles, usual_articles.
	SourceDrift = "source.drift"
	// SourceSteady says that a drift is over: the source is as it was (reason: back), or has been so for a week that it is
	// taken as usual (reason: usual).
	// Stage: parser. Level: info. Fields: source, field, reason, share, usual, articles, usual_articles.
	SourceSteady = "source.steady"
)

// Events of the sink: from an article to an object or a delivery.
const (
	// ArticleWritten is one article, or one takedown, in an object or in a batch that a receiver has taken. The worker whose
	// object it is writes the line after the object is there; one that finds an object of another says segment.conflict. So
	// there is one line per article and sink over all workers. A worker that is killed between the object and its lines
	// writes none: the next one says segment.conflict with the object's key, first and last. A receiver may get a batch twice
	// after a crash, with the same key, and has its lines once. A batch that was a dead letter has neither seq nor waited_ms.
	// Stage: sink. Level: info. Fields: host?, url.full?, crawl_id?, page_id?, source?, article_id?, rev?, kind, sink, key, partition, seq?, waited_ms?.
	ArticleWritten = "article.written"
	// ArticleSkipped is one article that a sink leaves out: takedown (it takes none), overlap (an earlier epoch wrote it),
	// filter, deleted, or archived (a page that comes out of an archive).
	// Reasons: takedown, overlap, filter, deleted, archived.
	// Stage: sink. Level: info. Fields: host?, url.full?, crawl_id?, page_id?, source?, article_id?, rev?, kind?, reason, sink, partition, seq, waited_ms?.
	ArticleSkipped = "article.skipped"
	// ArticleRefused is one article of a batch that a receiver does not take: it lies among the dead letters, with its
	// batch (key).
	// Reasons: http_NNN.
	// Stage: sink. Level: error. Fields: host?, url.full?, crawl_id?, page_id?, source?, article_id, rev?, kind, reason, sink, key, partition, seq?, waited_ms?.
	ArticleRefused = "article.refused"
	// PageArchived is one page in an object of an archive.
	// Stage: sink. Level: info. Fields: host?, url.full?, crawl_id?, page_id?, source?, sink, key, partition, seq, waited_ms.
	PageArchived = "page.archived"
	// ArticleRejected is one message that is no JSON and is left out of every object.
	// Stage: sink. Level: error. Fields: sink, partition, seq, msg_id, error.
	ArticleRejected = "article.rejected"
	// SegmentCommitted is one object written.
	// Stage: sink. Level: info. Fields: sink, partition, key, first, last, articles, skipped, rejected, bytes, took_ms?.
	SegmentCommitted = "segment.committed"
	// SegmentConflict is one object that another writer had written already; the sink goes on behind it. If no
	// segment.committed has its key, its writer was killed before it could say so, and its articles have no article.written.
	// Stage: sink. Level: info. Fields: sink, partition, key, writer, first, last, articles, next_seq.
	SegmentConflict = "segment.conflict"
	// SegmentGap says that articles were gone from the stream before a sink had read them: those of the partition
	// among the sequences from first to last, both included.
	// Stage: sink. Level: warn. Fields: sink, partition, first, last.
	SegmentGap = "segment.gap"
	// EpochBegun says that a sink counts positions anew, because the stream is not the one it knew (reason: stream), or its
	// objects are to have another format, layout or list of fields (reason: format).
	// Reasons: stream, format.
	// Stage: sink. Level: warn. Fields: sink, partition, reason, epoch, old_epoch, position.
	EpochBegun = "epoch.begun"
	// PartitionDelayed says that the work on a partition ended with an error and is tried again; at debug while
	// backpressure.on or deadletter.refused has told of it.
	// Stage: sink. Level: debug, warn. Fields: sink, partition, deliveries, error.
	PartitionDelayed = "partition.delayed"
	// PartitionFenced says that another worker holds the partition now, so this one let it go.
	// Stage: sink. Level: debug. Fields: turn.
	PartitionFenced = "partition.fenced"
	// SinkUnknown says that the bus has work for a sink which is not configured here; once per sink.
	// Stage: sink. Level: warn. Fields: sink, turn.
	SinkUnknown = "sink.unknown"
	// ArticlesTrimmed says that articles which every sink has were removed from their stream.
	// Stage: sink. Level: info. Fields: articles.
	ArticlesTrimmed = "articles.trimmed"

	// DeliveryDone is one batch that a receiver has taken; a replayed one has neither first nor last.
	// Stage: sink. Level: info. Fields: sink, partition, key, first?, last?, articles, filtered?, rejected?, bytes?, took_ms?.
	DeliveryDone = "delivery.done"
	// DeliveryRejected is one batch that a receiver does not take; it becomes a dead letter.
	// Stage: sink. Level: warn. Fields: sink, partition, key, articles, status, answer.
	DeliveryRejected = "delivery.rejected"
	// DeliveryChanged says that a batch which was on its way cannot be made again; its articles come with another key.
	// Stage: sink. Level: warn. Fields: sink, partition, key.
	DeliveryChanged = "delivery.changed"
	// ReceiverDown says that a sink waits because its receiver takes nothing, and why; once until receiver.up.
	// Stage: sink. Level: warn. Fields: sink, error.
	ReceiverDown = "receiver.down"
	// ReceiverUp says that a receiver takes batches again.
	// Stage: sink. Level: info. Fields: sink.
	ReceiverUp = "receiver.up"
	// ReceiverGone says that a receiver wants no more (410): the sink stops until the process starts again.
	// Stage: sink. Level: error. Fields: sink.
	ReceiverGone = "receiver.gone"
)

// Events of what is given up, of what waits, and of the bus.
const (
	// DeadLetter is one message given up and put aside, with the error. duplicate: the letter was there already, from a worker
	// that was lost before it could say so.
	// Reasons: extract, invalid_article, takedown, bad_article, bad_message, bad_source, delivered_too_often, and those of fetch.failed.
	// Stage: crawler, parser, sink. Level: error. Fields: host?, url.full?, crawl_id?, page_id?, source?, reason, error, duplicate?.
	DeadLetter = "deadletter.published"
	// DeadLetterRefused says, every ten seconds while there is no room for dead letters, what one of them is about and what
	// helps. Nothing is lost: until the letter is stored, a page waits in its stream, and a batch of a webhook in front of its
	// partition; a URL lies aside and is tried again, and a dropped host keeps its own.
	// Reasons: those of deadletter.published.
	// Stage: crawler, parser, sink. Level: warn. Fields: host?, url.full?, crawl_id?, page_id?, source?, reason, error.
	DeadLetterRefused = "deadletter.refused"
	// DeadLetterDropped is one replayed dead letter that holds nothing to deliver.
	// Stage: sink. Level: error. Fields: sink, partition, key, error?.
	DeadLetterDropped = "deadletter.dropped"
	// BackpressureOn says that a stage waits because the stream that it writes to is full. A sink says why: store,
	// which cannot be written, or spool, which is used up. It says so once until the last of its partitions goes on,
	// a parser until the last of its articles has room.
	// Reasons: store, spool.
	// Stage: crawler, parser, sink. Level: warn. Fields: host?, sink?, reason?, error?.
	BackpressureOn = "backpressure.on"
	// BackpressureOff says that a stage which waited goes on; a sink says what it has waited for, and how long.
	// Reasons: store, spool.
	// Stage: crawler, parser, sink. Level: info. Fields: sink?, reason?, after_ms?.
	BackpressureOff = "backpressure.off"
	// NATSDisconnected says that the connection to the bus is lost.
	// Stage: process. Level: warn. Fields: error.
	NATSDisconnected = "nats.disconnected"
	// NATSReconnected says that the connection to the bus is back.
	// Stage: process. Level: info. Fields: server.
	NATSReconnected = "nats.reconnected"
	// NATSWaiting says, every ten seconds, that the servers cannot be reached yet, or that their topology is not
	// right yet, and why.
	// Stage: process. Level: info, warn. Fields: left_ms?, error.
	NATSWaiting = "nats.waiting"
	// NATSDenied says that the servers refuse a user something that it needs, and what helps; the process stops.
	// Stage: process. Level: error. Fields: user?, subject?, nats?, error.
	NATSDenied = "nats.denied"
	// NATSError is a call to the bus that failed and is made again, or an asynchronous error such as a subscriber that
	// is too slow.
	// Stage: process, crawler, parser, sink. Level: debug, warn, error. Fields: host?, source?, sink?, partition?, turn?, subject?, error.
	NATSError = "nats.error"
)

// Fields of every line.
const (
	// KeyTime is when the line was written: RFC 3339 with nanoseconds, UTC.
	// Type: time.
	KeyTime = "ts"
	// KeyLevel is debug (detail of one document), info, warn (will be tried again) or error (given up).
	// Type: string.
	KeyLevel = "level"
	// KeyMessage is the line in words, for people; it may change.
	// Type: string.
	KeyMessage = "msg"
	// KeySchema is the version of the catalogue that the line keeps to.
	// Type: string.
	KeySchema = "schema"
	// KeyService is the program that wrote the line.
	// Type: string.
	KeyService = "service"
	// KeyInstance is the process that wrote the line: its host's name (in a cluster the pod's), a hyphen, and its id.
	// Type: string.
	KeyInstance = "instance"
	// KeyEvent is the stable name of what happened, one of the events of this catalogue.
	// Type: string.
	KeyEvent = "event"
	// KeyStage is crawler, parser or sink.
	// Type: string.
	KeyStage = "stage"
)

// Fields by which one page is followed.
const (
	// KeyCrawlID names the run of the crawler that a page belongs to.
	// Type: string.
	KeyCrawlID = "crawl_id"
	// KeyPageID names one page on its way, from the moment its URL was found: all attempts to fetch it have the same one, and
	// all lines about it in all stages. A redirect's target, another look at an article and another poll of a feed have each
	// their own; from_page_id leads back.
	// Type: string.
	KeyPageID = "page_id"
	// KeyFromPage is the page_id of what led here: of the page with the link, the feed or sitemap with the entry, the
	// redirect, or the look before at the same article.
	// Type: string.
	KeyFromPage = "from_page_id"
	// KeyFoundBy is how a URL was found: seed, poll, revisit, redirect, feed (an item of a feed or a news sitemap), link
	// (or an entry of a sitemap), backfill; of feeds and sitemaps that nobody named: robots, html, index, guess, archive.
	// Type: string.
	KeyFoundBy = "found_by"
	// KeyHost is the host of the page, with its port if that is not the default.
	// Type: string.
	KeyHost = "host"
	// KeyURL is the URL, with its userinfo and signatures redacted.
	// Type: string.
	KeyURL = "url.full"
	// KeySource is the id of the configured source.
	// Type: string.
	KeySource = "source"
	// KeyArticleID names an article through all its revisions.
	// Type: string.
	KeyArticleID = "article_id"
	// KeyRev names one revision of an article.
	// Type: string.
	KeyRev = "rev"
	// KeySeq is the sequence of the message in its stream.
	// Type: integer.
	KeySeq = "seq"
	// KeyPartition is the partition of the articles' stream, from 0.
	// Type: integer.
	KeyPartition = "partition"
	// KeySink is the name of the configured sink.
	// Type: string.
	KeySink = "sink"
	// KeyKey is the key of an object, or of a batch for a receiver.
	// Type: string.
	KeyKey = "key"
	// KeyMsgID is the id by which the bus knows a message.
	// Type: string.
	KeyMsgID = "msg_id"
)

// Fields that say what became of something.
const (
	// KeyReason is why something failed, was skipped, waited or stopped: a word or two from a small set.
	// Type: string.
	KeyReason = "reason"
	// KeyError is the error in words.
	// Type: string.
	KeyError = "error"
	// KeyKind is what was fetched (see fetch.done), what a poll reads (feed, sitemap, page), what a page holds (the article's
	// kind), and what a sink has written (article, takedown).
	// Type: string.
	KeyKind = "kind"
	// KeyStatus is the status of an HTTP response.
	// Type: integer.
	KeyStatus = "status"
	// KeyAnswer is the beginning of what a receiver answered.
	// Type: string.
	KeyAnswer = "answer"
	// KeyTruncated says that a body was longer than max_body, and cut.
	// Type: boolean.
	KeyTruncated = "truncated"
	// KeyDuplicate says that the bus had the message already.
	// Type: boolean.
	KeyDuplicate = "duplicate"
	// KeyVerdict is what a robots.txt comes to for its host.
	// Type: string.
	KeyVerdict = "verdict"
	// KeyWriter is who wrote an object first.
	// Type: string.
	KeyWriter = "writer"
	// KeyTurn is the key of a turn: the work on one host, or on one partition of a sink.
	// Type: string.
	KeyTurn = "turn"
	// KeyFrom is the value before.
	// Type: string.
	KeyFrom = "from"
	// KeyTo is the value from now on.
	// Type: string.
	KeyTo = "to"
	// KeyFinal marks the last summary of a stage.
	// Type: boolean.
	KeyFinal = "final"
	// KeyFirst is the first sequence, included.
	// Type: integer.
	KeyFirst = "first"
	// KeyLast is the last sequence, included.
	// Type: integer.
	KeyLast = "last"
	// KeyNextSeq is the sequence at which a sink goes on.
	// Type: integer.
	KeyNextSeq = "next_seq"
	// KeyPosition is the sequence at which a sink begins.
	// Type: integer.
	KeyPosition = "position"
	// KeyEpoch names the stream that positions count in.
	// Type: string.
	KeyEpoch = "epoch"
	// KeyOldEpoch is the epoch before.
	// Type: string.
	KeyOldEpoch = "old_epoch"
)

// Fields that tell times. Those that end in _ms are milliseconds with three decimals at most.
const (
	// KeyTook is how long the work itself took: the fetch, the parse, the writing of an object.
	// Type: number, milliseconds.
	KeyTook = "took_ms"
	// KeyWaited is how long something waited before the work: on fetch.* a URL since it entered the frontier, or was due; in
	// the parser a page since it was published; in the sink an article since it was published, until its object was written.
	// Where two clocks are compared it is never below 0.
	// Type: number, milliseconds.
	KeyWaited = "waited_ms"
	// KeyTurnWaited is the part of waited_ms, at its end, for which the host's turn was due already: no crawler was free.
	// Type: number, milliseconds.
	KeyTurnWaited = "turn_waited_ms"
	// KeyBackoff is the pause before the next attempt.
	// Type: number, milliseconds.
	KeyBackoff = "backoff_ms"
	// KeyAfter is how long a stage has waited.
	// Type: number, milliseconds.
	KeyAfter = "after_ms"
	// KeyLeft is how long it goes on being tried.
	// Type: number, milliseconds.
	KeyLeft = "left_ms"
	// KeyEvery is the time between two looks at a feed, sitemap or front page.
	// Type: number, milliseconds.
	KeyEvery = "every_ms"
	// KeyUsualGap is the usual time between two news of a source.
	// Type: number, milliseconds.
	KeyUsualGap = "usual_gap_ms"
	// KeyNext is when the next look is due.
	// Type: time.
	KeyNext = "next"
	// KeyLastNews is when something new came last.
	// Type: time.
	KeyLastNews = "last_news"
	// KeySince is when a host began to fail.
	// Type: time.
	KeySince = "since"
	// KeyDropped is when a host was dropped.
	// Type: time.
	KeyDropped = "dropped"
	// KeySeconds is the length of the interval, or the time since the start.
	// Type: number, seconds.
	KeySeconds = "seconds"
	// KeyP50 is the median latency.
	// Type: number, milliseconds.
	KeyP50 = "p50_ms"
	// KeyP95 is the latency that 95 of 100 items stay below.
	// Type: number, milliseconds.
	KeyP95 = "p95_ms"
	// KeyP99 is the latency that 99 of 100 items stay below.
	// Type: number, milliseconds.
	KeyP99 = "p99_ms"
)

// Fields that count.
const (
	// KeyIn counts the items that a stage took up; see stage.summary.
	// Type: integer.
	KeyIn = "in"
	// KeyOut counts the items that a stage passed on.
	// Type: integer.
	KeyOut = "out"
	// KeyOutBy is out by kind.
	// Type: counts.
	KeyOutBy = "out_by"
	// KeyFailed counts the items that a stage gave up.
	// Type: integer.
	KeyFailed = "failed"
	// KeyFailedBy is failed by reason.
	// Type: counts.
	KeyFailedBy = "failed_by"
	// KeySkipped counts the items that were left out by rule.
	// Type: integer.
	KeySkipped = "skipped"
	// KeySkippedBy is skipped by reason.
	// Type: counts.
	KeySkippedBy = "skipped_by"
	// KeyAgain counts the items that were put back, or left where they were: a stage takes them up again.
	// Type: integer.
	KeyAgain = "again"
	// KeyAgainBy is again by reason.
	// Type: counts.
	KeyAgainBy = "again_by"
	// KeyLeftOut counts what was found and never became an item, such as links beyond a limit.
	// Type: integer.
	KeyLeftOut = "left_out"
	// KeyLeftOutBy is left_out by reason.
	// Type: counts.
	KeyLeftOutBy = "left_out_by"
	// KeyInFlight is the number of items that a stage works on now.
	// Type: integer.
	KeyInFlight = "in_flight"
	// KeyLag is the number of items that wait in front of a stage.
	// Type: integer.
	KeyLag = "lag"
	// KeyRateIn is the number of items that came in during the interval.
	// Type: number, items per second.
	KeyRateIn = "rate_in"
	// KeyRate is the number of items that went out during the interval.
	// Type: number, items per second.
	KeyRate = "rate"
	// KeyInterval holds the counters since the summary before, and seconds.
	// Type: fields.
	KeyInterval = "interval"
	// KeyRSS is the memory of the process that is resident.
	// Type: integer, bytes.
	KeyRSS = "rss_bytes"
	// KeyHeap is what was reachable of the process's memory when its garbage was collected last.
	// Type: integer, bytes.
	KeyHeap = "heap_bytes"
	// KeyGoroutines is the number of goroutines of the process.
	// Type: integer.
	KeyGoroutines = "goroutines"
	// KeyBytes is the size of a body, an object or a batch.
	// Type: integer, bytes.
	KeyBytes = "bytes"
	// KeyWords is the number of words of an article's text.
	// Type: integer.
	KeyWords = "words"
	// KeyNew is how many URLs a look at a feed, sitemap or front page brought that were not known.
	// Type: integer.
	KeyNew = "new"
	// KeyEntries is how many entries of a sitemap could be read.
	// Type: integer.
	KeyEntries = "entries"
	// KeyAttempt is which attempt it was, from 1.
	// Type: integer.
	KeyAttempt = "attempt"
	// KeyDeliveries is how often the bus has handed out the same turn.
	// Type: integer.
	KeyDeliveries = "deliveries"
	// KeyFailures is how many requests to a host failed in a row.
	// Type: integer.
	KeyFailures = "failures"
	// KeyHosts is a number of hosts.
	// Type: integer.
	KeyHosts = "hosts"
	// KeyArticles is a number of articles.
	// Type: integer.
	KeyArticles = "articles"
	// KeyFiltered is how many articles a sink's filter left out.
	// Type: integer.
	KeyFiltered = "filtered"
	// KeyRejected is how many messages were no articles.
	// Type: integer.
	KeyRejected = "rejected"
	// KeyRequests is how many requests the crawler sent, robots.txt and redirects included.
	// Type: integer.
	KeyRequests = "requests"
	// KeyFetched is how many pages were fetched.
	// Type: integer.
	KeyFetched = "fetched"
	// KeyWritten is how many articles sinks have written.
	// Type: integer.
	KeyWritten = "written"
	// KeyLines counts lines of the log.
	// Type: integer.
	KeyLines = "lines"
	// KeyErrors is how many items were given up.
	// Type: integer.
	KeyErrors = "errors"
	// KeyWaiting is how many URLs wait in the frontier.
	// Type: integer.
	KeyWaiting = "waiting"
	// KeyPagesPerSecond is how many pages were fetched lately.
	// Type: number, pages per second.
	KeyPagesPerSecond = "pages_per_second"
)

// Fields of the quality of a source.
const (
	// KeyWith counts the articles that have a field: title, author, date, image and body.
	// Type: counts.
	KeyWith = "with"
	// KeyTitle is in "with": articles that have a title.
	// Type: integer.
	KeyTitle = "title"
	// KeyAuthor is in "with": articles that name an author.
	// Type: integer.
	KeyAuthor = "author"
	// KeyDate is in "with": articles that have a date.
	// Type: integer.
	KeyDate = "date"
	// KeyImage is in "with": articles that have an image.
	// Type: integer.
	KeyImage = "image"
	// KeyBody is in "with": articles whose text has 50 words or more.
	// Type: integer.
	KeyBody = "body"
	// KeyWordsP50 is the median number of words of the articles' texts.
	// Type: number.
	KeyWordsP50 = "words_p50"
	// KeyField is the field that drifts: title, author, date, image, body or words; or article, of which share counts
	// pages: of those that are articles or have the URL of a story, it is those that are articles.
	// Type: string.
	KeyField = "field"
	// KeyShare is the share of articles that have the field, 0 to 1, in the last day; for words their median.
	// Type: number.
	KeyShare = "share"
	// KeyUsual is the same in the week before.
	// Type: number.
	KeyUsual = "usual"
	// KeyUsualArticles is the number of articles of the week before.
	// Type: integer.
	KeyUsualArticles = "usual_articles"
)

// Fields of the process and of its bus.
const (
	// KeyVersion is the version of Pressmill.
	// Type: string.
	KeyVersion = "version"
	// KeyGo is the version of Go that it was built with.
	// Type: string.
	KeyGo = "go"
	// KeyPID is the id of the process.
	// Type: integer.
	KeyPID = "pid"
	// KeyGOMAXPROCS is how many threads run Go code at a time.
	// Type: integer.
	KeyGOMAXPROCS = "gomaxprocs"
	// KeyMemoryLimit is what Go's memory is kept below; the largest integer is no limit.
	// Type: integer, bytes.
	KeyMemoryLimit = "memory_limit_bytes"
	// KeyConfig is the configuration, by section.
	// Type: object.
	KeyConfig = "config"
	// KeyServer is the URL of the server of the bus, redacted.
	// Type: string.
	KeyServer = "server"
	// KeyUser is the user of the bus that was refused.
	// Type: string.
	KeyUser = "user"
	// KeySubject is the subject of the bus that it is about.
	// Type: string.
	KeySubject = "subject"
	// KeyNATS is the error as the server wrote it.
	// Type: string.
	KeyNATS = "nats"
)
