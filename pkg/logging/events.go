package logging

import "go.uber.org/zap"

// The names of events: the stable value of the field "event".
const (
	// ServiceStart is the first line of a process: version, Go version, pid, GOMAXPROCS, memory limit.
	ServiceStart = "service.start"
	// ServiceReady says that the process does its work from now on.
	ServiceReady = "service.ready"
	// ServiceStop is the last line of a process: why it stopped (reason), how long it ran, the error if there is one.
	ServiceStop = "service.stop"
	// ConfigEffective shows the configuration after defaults, redacted.
	ConfigEffective = "config.effective"
	// StageSummary holds the exact counters of a stage, every 30 s and at the end (final).
	StageSummary = "stage.summary"
	// ArticlesTrimmed says that articles which every sink has were removed from their stream.
	ArticlesTrimmed = "articles.trimmed"
	// RunProgress says every ten seconds how a run goes where no terminal shows it.
	RunProgress = "run.progress"
	// RunSummary holds the totals of a run of the whole pipeline, at its end.
	RunSummary = "run.summary"

	// ContactMissing says at the start that no crawler.contact is set, what follows from it, and how to set one.
	ContactMissing = "contact.missing"
	// FetchDone is one page fetched.
	FetchDone = "fetch.done"
	// FetchFailed is one fetch that brought no page: at warn it will be retried, at error it is given up (reason).
	FetchFailed = "fetch.failed"
	// FetchSkipped is one URL that was not fetched, by rule (reason: robots, seen, age, scope, ...).
	FetchSkipped = "fetch.skipped"
	// PagePublished is one page acknowledged by the bus.
	PagePublished = "page.published"
	// PageGone is one article's page that is not there any more when it is looked at again (status).
	PageGone = "page.gone"
	// PageWithheld is one page that was fetched and not passed on, because it asks for that (reason: noindex, noarchive, noai, tdm).
	PageWithheld = "page.withheld"
	// RobotsFetched is one robots.txt read, with the verdict for the host.
	RobotsFetched = "robots.fetched"
	// SourcePoll is one look at a feed, a sitemap or a front page, with the number of new items.
	SourcePoll = "source.poll"
	// SourceSilent says that a source brought nothing for three times its usual gap; once per silence.
	SourceSilent = "source.silent"
	// SourceBack says that a source which was silent brings news again.
	SourceBack = "source.back"
	// PollDropped is one feed or sitemap that the crawler found by itself and looks at no more (reason).
	PollDropped = "poll.dropped"
	// HostFenced says that another worker holds the host now, so this one let it go.
	HostFenced = "host.fenced"
	// HostDelayed says that a host gets its next turn later than planned (reason: back-off, Retry-After, ...).
	HostDelayed = "host.delayed"
	// HostDropped says that a host failed for so long (since, failures) that what waits of it becomes dead letters; it is asked once a day.
	HostDropped = "host.dropped"
	// HostRecovered says that a host that was dropped answers again.
	HostRecovered = "host.recovered"

	// ParseDone is one page made into an article.
	ParseDone = "parse.done"
	// ParseRejected is one page that holds no article (reason).
	ParseRejected = "parse.rejected"
	// ArticlePublished is one article acknowledged by the bus.
	ArticlePublished = "article.published"
	// TakedownPublished is one takedown acknowledged by the bus: an article's page is gone.
	TakedownPublished = "takedown.published"

	// SegmentCommitted is one object written: key, first and last sequence, number of articles, bytes.
	SegmentCommitted = "segment.committed"
	// SegmentConflict is one object that another writer had written already: key, writer, next sequence; the sink goes on behind it.
	SegmentConflict = "segment.conflict"
	// SegmentGap says that articles were gone from the stream before a sink had read them: those of the partition
	// among the sequences from and to, both included.
	SegmentGap = "segment.gap"
	// DeliveryDone is one batch that a receiver has taken: key, first and last sequence, number of articles, bytes.
	DeliveryDone = "delivery.done"
	// DeliveryRejected is one batch that a receiver does not take (status, answer); it becomes a dead letter.
	DeliveryRejected = "delivery.rejected"
	// ReceiverDown says that a sink waits because its receiver takes nothing: why (error). Once until receiver.up.
	ReceiverDown = "receiver.down"
	// ReceiverUp says that a receiver takes batches again.
	ReceiverUp = "receiver.up"
	// ReceiverGone says that a receiver wants no more (410): the sink stops until the process starts again.
	ReceiverGone = "receiver.gone"
	// EpochBegun says that a sink counts positions anew, because the stream is not the one it knew.
	EpochBegun = "epoch.begun"

	// DeadLetter is one message given up and put aside, with the error (reason).
	DeadLetter = "deadletter.published"
	// BackpressureOn says that a stage waits because the stream that it writes to is full. A sink says why
	// (reason): store, which cannot be written (error), or spool, which is used up. It says so once until the
	// last of its partitions goes on.
	BackpressureOn = "backpressure.on"
	// BackpressureOff says that a stage which waited goes on; a sink says what it has waited for (reason), and how long (after).
	BackpressureOff = "backpressure.off"
	// NATSDisconnected says that the connection to the bus is lost.
	NATSDisconnected = "nats.disconnected"
	// NATSReconnected says that the connection to the bus is back.
	NATSReconnected = "nats.reconnected"
	// NATSWaiting says, every ten seconds, that the servers cannot be reached yet, or that their topology is not
	// right yet, and why (error).
	NATSWaiting = "nats.waiting"
	// NATSDenied says that the servers refuse a user something that it needs, which (subject) and what helps (error); the process stops.
	NATSDenied = "nats.denied"
	// NATSError is an asynchronous error of the bus, such as a subscriber that is too slow.
	NATSError = "nats.error"
	// JanitorArmed says that hosts without a turn were given one, and how many.
	JanitorArmed = "janitor.armed"
)

// The names of fields. Durations are milliseconds, sizes are bytes.
const (
	// KeyTime is when the line was written: RFC 3339 with nanoseconds, UTC.
	KeyTime = "ts"
	// KeyLevel is debug (detail of one document), info, warn (will be retried) or error (given up).
	KeyLevel = "level"
	// KeyMessage is the line in words, for people; it may change.
	KeyMessage = "msg"
	// KeyService is the program that wrote the line.
	KeyService = "service"
	// KeyEvent is the stable name of what happened, one of the constants above.
	KeyEvent = "event"
	// KeyStage is crawler, parser or sink.
	KeyStage = "stage"
	// KeyCrawlID names the run of the crawler that a page belongs to.
	KeyCrawlID = "crawl_id"
	// KeyPageID names one fetch; with it a page is followed through all stages.
	KeyPageID = "page_id"
	// KeyHost is the host of the page, with its port if that is not the default.
	KeyHost = "host"
	// KeyURL is the URL, with its userinfo and signatures redacted.
	KeyURL = "url.full"
	// KeyNew is how many URLs a look at a feed, sitemap or front page brought that were not known.
	KeyNew = "new"
	// KeyReason is why something failed, was skipped, waited or stopped: a word or two from a small set.
	KeyReason = "reason"
	// KeySource is the id of the configured source.
	KeySource = "source"
	// KeyError is the error in words.
	KeyError = "error"
	// KeyIn counts the items that a stage took up.
	KeyIn = "in"
	// KeyOut counts the items that a stage passed on.
	KeyOut = "out"
	// KeyFailed counts the items that a stage gave up.
	KeyFailed = "failed"
	// KeyFailedBy is KeyFailed by reason.
	KeyFailedBy = "failed_by"
	// KeySkipped counts the items that a stage left out by rule.
	KeySkipped = "skipped"
	// KeySkippedBy is KeySkipped by reason.
	KeySkippedBy = "skipped_by"
	// KeyInFlight is the number of items that a stage works on now.
	KeyInFlight = "in_flight"
	// KeyLag is the number of items that wait in front of a stage.
	KeyLag = "lag"
	// KeyRateIn is the number of items per second that came in during the interval.
	KeyRateIn = "rate_in"
	// KeyRate is the number of items per second that went out during the interval.
	KeyRate = "rate"
	// KeyP50 is the median latency.
	KeyP50 = "p50_ms"
	// KeyP95 is the latency that 95 of 100 items stay below.
	KeyP95 = "p95_ms"
	// KeyP99 is the latency that 99 of 100 items stay below.
	KeyP99 = "p99_ms"
	// KeyInterval holds the counters since the summary before, and seconds.
	KeyInterval = "interval"
	// KeySeconds is the length of the interval or of the run.
	KeySeconds = "seconds"
	// KeyFinal marks the last summary of a stage.
	KeyFinal = "final"
	// KeyRSS is the memory of the process that is resident.
	KeyRSS = "rss_bytes"
)

// Event is the field that names a line.
func Event(name string) zap.Field { return zap.String(KeyEvent, name) }

// Reason is the field that says why.
func Reason(reason string) zap.Field { return zap.String(KeyReason, reason) }

// URL is the field url.full, with the userinfo and the values of signatures
// and tokens redacted.
func URL(raw string) zap.Field { return zap.String(KeyURL, RedactURL(raw)) }
