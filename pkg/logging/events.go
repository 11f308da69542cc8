package logging

import (
	"net/url"

	"go.uber.org/zap"
)

// The names of events: the stable value of the field "event".
const (
	ServiceStart    = "service.start"
	ServiceReady    = "service.ready"
	ServiceStop     = "service.stop"
	ConfigEffective = "config.effective"
	StageSummary    = "stage.summary"
	RunSummary      = "run.summary"

	FetchDone     = "fetch.done"
	FetchFailed   = "fetch.failed"
	FetchSkipped  = "fetch.skipped"
	PagePublished = "page.published"
	RobotsFetched = "robots.fetched"
	SourcePoll    = "source.poll"
	HostFenced    = "host.fenced"
	HostDelayed   = "host.delayed"

	ParseDone        = "parse.done"
	ParseRejected    = "parse.rejected"
	ArticlePublished = "article.published"

	SegmentCommitted = "segment.committed"
	SegmentConflict  = "segment.conflict"
	SegmentGap       = "segment.gap"
	EpochBegun       = "epoch.begun"

	DeadLetter       = "deadletter.published"
	BackpressureOn   = "backpressure.on"
	BackpressureOff  = "backpressure.off"
	NATSDisconnected = "nats.disconnected"
	NATSReconnected  = "nats.reconnected"
	NATSError        = "nats.error"
	JanitorArmed     = "janitor.armed"
)

// The names of fields.
const (
	KeyEvent   = "event"
	KeyStage   = "stage"
	KeyCrawlID = "crawl_id"
	KeyPageID  = "page_id"
	KeyHost    = "host"
	KeyURL     = "url.full"
	KeyReason  = "reason"
	KeySource  = "source"
)

// Event is the field that names a line.
func Event(name string) zap.Field { return zap.String(KeyEvent, name) }

// URL is the field url.full, with the userinfo and the values of signatures
// and tokens redacted.
func URL(raw string) zap.Field { return zap.String(KeyURL, RedactURL(raw)) }

// RedactURL replaces the userinfo and the values of query parameters that
// carry signatures or tokens by "REDACTED".
func RedactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || (u.User == nil && u.RawQuery == "") {
		return raw
	}
	if u.User != nil {
		u.User = url.User("REDACTED")
	}
	u.RawQuery = redactQuery(u.RawQuery)
	return u.String()
}
