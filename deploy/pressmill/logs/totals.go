package logs

// The stages in the order of the flow.
const (
	Crawler = iota
	Parser
	SinkStage
	Stages
)

// StageNames are the values of the field stage.
var StageNames = [Stages]string{"crawler", "parser", "sink"}

// keepSources and keepHosts are how many of them are told apart; there may be
// twice as many before those with the fewest lines are put together.
const (
	keepSources = 1000
	keepHosts   = 1000
)

// Totals is what lines add up to by themselves, whatever their order. It is
// exact but for the names that Top puts together.
type Totals struct {
	Lines   int64
	From    int64 // when the earliest line was written, in nanoseconds since 1970; 0 without lines
	To      int64 // when the latest was
	Levels  [4]int64
	Events  Reasons
	Stages  [Stages]StageTotals
	Sources Top[SourceTotals]
	Hosts   Top[HostTotals]
}

// StageTotals counts the items of a stage by their lines. A crawler's items are
// requests, a parser's pages, a sink's articles.
type StageTotals struct {
	Lines int64
	Last  int64 // when its last line was written, in nanoseconds since 1970; 0: none
	// In is what was taken up: requests that were answered or not, pages, articles written.
	In int64
	// Out is what was passed on: pages, feeds and sitemaps that were used, articles
	// published, articles in committed objects. It is what the stage's summaries call out.
	Out int64
	// Failed is what was given up, Retried what will be tried again, Skipped what
	// was left out by rule, or was no article; each with its reasons.
	Failed, Retried, Skipped       int64
	FailedBy, RetriedBy, SkippedBy Reasons
	// Dead is the dead letters, by reason.
	Dead   int64
	DeadBy Reasons
	// Statuses counts the answers of a crawler by HTTP status.
	Statuses Reasons
	Kinds    Reasons // what was fetched, or the kinds of articles
	Bytes    int64
	// Took is the work on one item, Waited the time in the queue before it, in milliseconds.
	Took, Waited Histogram
	// Written is a sink's articles by lines of their own, Objects its objects and deliveries.
	Written, Objects int64
}

func (s *StageTotals) merge(o *StageTotals) {
	s.Lines += o.Lines
	s.Last = max(s.Last, o.Last)
	s.In += o.In
	s.Out += o.Out
	s.Failed += o.Failed
	s.Retried += o.Retried
	s.Skipped += o.Skipped
	s.FailedBy.merge(o.FailedBy)
	s.RetriedBy.merge(o.RetriedBy)
	s.SkippedBy.merge(o.SkippedBy)
	s.Dead += o.Dead
	s.DeadBy.merge(o.DeadBy)
	s.Statuses.merge(o.Statuses)
	s.Kinds.merge(o.Kinds)
	s.Bytes += o.Bytes
	s.Took.Merge(&o.Took)
	s.Waited.Merge(&o.Waited)
	s.Written += o.Written
	s.Objects += o.Objects
}

// SourceTotals is what became of one source.
type SourceTotals struct {
	Fetched, Failed, Retried, Skipped  int64
	FailedBy                           Reasons
	Parsed, NoArticle, Articles, Wrote int64
	RejectedBy                         Reasons
	Polls, New                         int64 // looks at its feeds, and the URLs that they brought
	Dead                               int64
	LastFetch, LastArticle, LastPoll   int64 // nanoseconds since 1970; 0: none
	Took                               Histogram
	Waited                             Histogram // of its pages and articles, in all queues
	Coverage                           Coverage
}

func (s *SourceTotals) merge(o *SourceTotals) {
	s.Fetched += o.Fetched
	s.Failed += o.Failed
	s.Retried += o.Retried
	s.Skipped += o.Skipped
	s.FailedBy.merge(o.FailedBy)
	s.Parsed += o.Parsed
	s.NoArticle += o.NoArticle
	s.Articles += o.Articles
	s.Wrote += o.Wrote
	s.RejectedBy.merge(o.RejectedBy)
	s.Polls += o.Polls
	s.New += o.New
	s.Dead += o.Dead
	s.LastFetch = max(s.LastFetch, o.LastFetch)
	s.LastArticle = max(s.LastArticle, o.LastArticle)
	s.LastPoll = max(s.LastPoll, o.LastPoll)
	s.Took.Merge(&o.Took)
	s.Waited.Merge(&o.Waited)
	s.Coverage.merge(&o.Coverage)
}

// Coverage is how many of a source's articles have what an article should have,
// as told by source.coverage. Its lines hold counts, so that all of them add up.
type Coverage struct {
	Articles int64
	With     [CoverageFields]int64 // by CoverageNames
	// Words is the medians of the lines, each for as many articles as its line.
	Words Histogram
}

// CoverageFields is the number of fields of an article that are looked at.
const CoverageFields = 5

// CoverageNames are the members of the field with.
var CoverageNames = [CoverageFields]string{"title", "author", "date", "image", "body"}

// Share is the share of the articles that have the field CoverageNames[i]; 0 without articles.
func (c *Coverage) Share(i int) float64 {
	if c.Articles == 0 {
		return 0
	}
	return float64(c.With[i]) / float64(c.Articles)
}

func (c *Coverage) merge(o *Coverage) {
	c.Articles += o.Articles
	for i, n := range o.With {
		c.With[i] += n
	}
	c.Words.Merge(&o.Words)
}

// HostTotals is what became of one host.
type HostTotals struct {
	Fetched, Failed, Retried, Skipped int64
	FailedBy                          Reasons // given up or to be tried again
	Refused                           int64   // answers 403 and 429
	Articles                          int64
	Bytes                             int64
	Last                              int64 // when it was asked last, in nanoseconds since 1970
	Took                              Histogram
}

func (h *HostTotals) merge(o *HostTotals) {
	h.Fetched += o.Fetched
	h.Failed += o.Failed
	h.Retried += o.Retried
	h.Skipped += o.Skipped
	h.FailedBy.merge(o.FailedBy)
	h.Refused += o.Refused
	h.Articles += o.Articles
	h.Bytes += o.Bytes
	h.Last = max(h.Last, o.Last)
	h.Took.Merge(&o.Took)
}

// NewTotals returns totals of nothing.
func NewTotals() *Totals {
	return &Totals{
		Sources: newTop(keepSources, (*SourceTotals).merge),
		Hosts:   newTop(keepHosts, (*HostTotals).merge),
	}
}

// Merge adds what other totals hold.
func (t *Totals) Merge(o *Totals) {
	if o.Lines == 0 {
		return
	}
	if t.Lines == 0 || o.From < t.From {
		t.From = o.From
	}
	t.To = max(t.To, o.To)
	t.Lines += o.Lines
	for i, n := range o.Levels {
		t.Levels[i] += n
	}
	t.Events.merge(o.Events)
	for i := range t.Stages {
		t.Stages[i].merge(&o.Stages[i])
	}
	t.Sources.add(&o.Sources)
	t.Hosts.add(&o.Hosts)
}
