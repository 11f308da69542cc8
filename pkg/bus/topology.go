package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamHosts    = "HOSTS"
	streamSinks    = "SINKS"
	streamFrontier = "FRONTIER"
	streamRevisits = "REVISITS"
	streamParked   = "PARKED"
	streamSeen     = "SEEN"
	streamPages    = "PAGES"
	streamArticles = "ARTICLES"
	streamDead     = "DLQ"
	streamAgain    = "AGAIN"

	consumerCrawler = "crawler"
	consumerParser  = "parser"
	consumerArchive = "archive"
	consumerSink    = "sink"

	bucketSources   = "sources"
	bucketStatus    = "source_status"
	bucketCoverage  = "source_coverage"
	bucketRobots    = "robots"
	bucketGroups    = "groups"
	bucketPositions = "positions"
	bucketCursors   = "cursors"

	// articlesWindow is how long the same version of an article is stored once:
	// longer than any revisit waits, so that one without news is no second copy.
	articlesWindow = 26 * time.Hour

	maxAckPending  = 20000
	maxMessageSize = 8 << 20
	leastDead      = 2 * maxMessageSize // with less room the largest letter might never be stored

	// ever is how long letters count that no age limit removes.
	ever = 100 * 365 * 24 * time.Hour
)

// streams is the one definition of the topology's streams.
func (c Config) streams() []jetstream.StreamConfig {
	turns := func(name, prefix, about string) jetstream.StreamConfig {
		return jetstream.StreamConfig{
			Name: name, Description: about,
			Subjects:  []string{prefix + ".*.turn", prefix + ".*.ready"},
			Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardOld,
			MaxMsgsPerSubject: 1, AllowMsgSchedules: true, AllowRollup: true, AllowDirect: true,
		}
	}
	// A letter's id counts for as long as the letter may be there: who dies before
	// it has noted that it stored one may begin again at any time.
	deadWindow := cmp.Or(c.DeadMaxAge, ever)
	streams := []jetstream.StreamConfig{
		turns(streamHosts, "host", "one turn per host: the right to fetch from it"),
		turns(streamSinks, "sink", "one turn per sink and partition: the right to write it"),
		{
			Name: streamFrontier, Description: "URLs that wait to be fetched",
			Subjects:  []string{"frontier.*.*"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
			MaxMsgsPerSubject: c.FrontierPerHost, MaxBytes: int64(c.FrontierMaxBytes), MaxAge: c.FrontierMaxAge,
			AllowDirect: true, Duplicates: 2 * time.Minute,
		},
		{
			Name: streamRevisits, Description: "articles to look at again, per host and delay",
			Subjects:  []string{"revisit.*.*"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
			MaxAge: articlesWindow, AllowDirect: true, Duplicates: 10 * time.Minute,
		},
		{
			Name: streamParked, Description: "URLs of paused sources",
			Subjects:  []string{"parked.*.*.*"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
			MaxBytes: int64(c.FrontierMaxBytes), MaxAge: c.FrontierMaxAge, AllowDirect: true,
		},
		{
			Name: streamSeen, Description: "fingerprints of known URLs per host and month",
			Subjects:  []string{"seen.*.*.*"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
			MaxAge: c.SeenMaxAge, AllowDirect: true, AllowRollup: true,
		},
		{
			Name: streamPages, Description: "fetched pages on their way to the parsers",
			Subjects:  []string{"pages.*"},
			Retention: jetstream.InterestPolicy, Discard: jetstream.DiscardNew,
			MaxBytes: int64(c.PagesMaxBytes), AllowDirect: true, Duplicates: 10 * time.Minute,
		},
		{
			Name: streamArticles, Description: "articles on their way to the sinks",
			Subjects:  []string{"articles.*.*"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
			MaxBytes: int64(c.ArticlesMaxBytes), AllowDirect: true, Compression: jetstream.NoCompression, // every partition would unpack every block again
			Duplicates: articlesWindow,
		},
		{
			Name: streamDead, Description: "dead letters of every stage",
			Subjects:  []string{"dlq.*.>"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
			MaxBytes: int64(c.DeadMaxBytes), MaxAge: c.DeadMaxAge, AllowDirect: true, Duplicates: deadWindow,
		},
		{
			Name: streamAgain, Description: "dead letters of sinks that were replayed",
			Subjects:  []string{"again.*.*"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
			MaxBytes: int64(c.DeadMaxBytes), MaxAge: c.DeadMaxAge, AllowDirect: true, Duplicates: deadWindow,
		},
	}
	for i := range streams {
		s := &streams[i]
		s.Storage, s.Replicas = jetstream.FileStorage, c.Replicas
		s.MaxMsgs, s.MaxMsgSize, s.MaxConsumers = -1, maxMessageSize, -1
		if s.MaxBytes == 0 {
			s.MaxBytes = -1
		}
		if s.MaxMsgsPerSubject == 0 {
			s.MaxMsgsPerSubject = -1
		}
		if s.Duplicates == 0 {
			s.Duplicates = 2 * time.Minute
		}
	}
	return streams
}

type consumer struct {
	stream string
	jetstream.ConsumerConfig
}

// consumers is the one definition of the topology's durable consumers. None
// has a delivery limit: what is delivered too often becomes a dead letter
// through the worker, never silently.
func (c Config) consumers() []consumer {
	durable := func(stream, name, filter string) consumer {
		return consumer{stream, jetstream.ConsumerConfig{
			Durable: name, FilterSubject: filter, AckPolicy: jetstream.AckExplicitPolicy,
			AckWait: c.AckWait, MaxDeliver: -1, MaxAckPending: maxAckPending, DeliverPolicy: jetstream.DeliverAllPolicy,
		}}
	}
	all := []consumer{
		durable(streamHosts, consumerCrawler, "host.*.ready"),
		durable(streamSinks, consumerSink, "sink.*.ready"),
		durable(streamPages, consumerParser, ""),
	}
	if c.Archive {
		archive := durable(streamPages, consumerArchive, "")
		archive.HeadersOnly, archive.AckPolicy = true, jetstream.AckAllPolicy
		all = append(all, archive)
	}
	return all
}

func (c Config) buckets() []jetstream.KeyValueConfig {
	return []jetstream.KeyValueConfig{
		{Bucket: bucketSources, Description: "sources to crawl", History: 1, Replicas: c.Replicas},
		{Bucket: bucketStatus, Description: "how each source does on each of its hosts", History: 1, Replicas: c.Replicas},
		{Bucket: bucketCoverage, Description: "what the articles of each source had, lately and usually", History: 1, Replicas: c.Replicas, TTL: 9 * 24 * time.Hour, MaxValueSize: 64 << 10},
		{Bucket: bucketRobots, Description: "robots.txt per host", History: 1, Replicas: c.Replicas, TTL: 25 * time.Hour, MaxValueSize: 1 << 20},
		{Bucket: bucketGroups, Description: "rates of requests to domains and addresses", History: 1, Replicas: c.Replicas, TTL: time.Hour},
		{Bucket: bucketPositions, Description: "mirror of the sinks' positions", History: 1, Replicas: c.Replicas},
		{Bucket: bucketCursors, Description: "where sinks go on whose output does not tell", History: 1, Replicas: c.Replicas},
	}
}

// Apply makes or updates the topology. It is idempotent.
func (b *Bus) Apply(ctx context.Context) error {
	for _, s := range b.cfg.streams() {
		if _, err := b.js.CreateOrUpdateStream(ctx, s); err != nil {
			return fmt.Errorf("apply stream %s: %w", s.Name, err)
		}
	}
	for _, c := range b.cfg.consumers() {
		if _, err := b.js.CreateOrUpdateConsumer(ctx, c.stream, c.ConsumerConfig); err != nil {
			return fmt.Errorf("apply consumer %s/%s: %w", c.stream, c.Durable, err)
		}
	}
	if !b.cfg.Archive { // it would hold pages for ever
		if err := b.js.DeleteConsumer(ctx, streamPages, consumerArchive); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("remove consumer %s/%s: %w", streamPages, consumerArchive, err)
		}
	}
	for _, k := range b.cfg.buckets() {
		if err := b.applyBucket(ctx, k); err != nil {
			return fmt.Errorf("apply bucket %s: %w", k.Bucket, err)
		}
	}
	return nil
}

// applyBucket makes or updates a bucket. One that lies in memory, as the rates
// once did, is made anew: no update leads from there into files, and a server
// that starts again forgets all of it, the bucket included.
func (b *Bus) applyBucket(ctx context.Context, k jetstream.KeyValueConfig) error {
	if st, err := b.js.Stream(ctx, bucketStream(k.Bucket)); err == nil && st.CachedInfo().Config.Storage == jetstream.MemoryStorage {
		if err := b.js.DeleteKeyValue(ctx, k.Bucket); err != nil {
			return err
		}
	}
	_, err := b.js.CreateOrUpdateKeyValue(ctx, k)
	return err
}

// Check compares the server's topology with the definition, as far as the role
// of the connection sees it, and returns one error that names every difference,
// or nil. A server that does not answer is no difference: it is asked nothing
// more.
func (b *Bus) Check(ctx context.Context) error {
	_, err := compare(ctx, b.parts())
	return err
}

// compare asks for all parts at the same time, and returns those that are not
// known to be right, with what differs or the first answer that did not come.
func compare(ctx context.Context, parts []part) (left []part, err error) {
	diffs, errs := make([][]error, len(parts)), make([]error, len(parts))
	var wg sync.WaitGroup
	for i, p := range parts {
		wg.Go(func() { diffs[i], errs[i] = p.compare(ctx) })
	}
	wg.Wait()
	var differ []error
	for i, p := range parts {
		switch {
		case errs[i] != nil && isAPI(errs[i]):
			diffs[i] = []error{fmt.Errorf("%s: %w", p.what, errs[i])}
		case errs[i] != nil:
			err = cmp.Or(err, fmt.Errorf("read the topology: %s: %w", p.what, errs[i]))
		}
		if errs[i] != nil || len(diffs[i]) > 0 {
			left = append(left, p)
		}
		differ = append(differ, diffs[i]...)
	}
	if err == nil && len(differ) > 0 {
		err = fmt.Errorf("the topology differs (run `pressmill topology apply`):\n%w", errors.Join(differ...))
	}
	return left, err
}

// part is a part of the topology, compared with what the server has.
type part struct {
	what    string
	compare func(context.Context) ([]error, error)
}

// parts is the topology, as far as the role of the connection sees it.
func (b *Bus) parts() (parts []part) {
	for _, want := range b.cfg.streams() {
		if !b.cfg.sees(b.role, want.Name) {
			continue
		}
		parts = append(parts, part{"stream " + want.Name, func(ctx context.Context) ([]error, error) {
			st, err := b.js.Stream(ctx, want.Name)
			if err != nil {
				return nil, err
			}
			return diffStream(want, st.CachedInfo().Config), nil
		}})
	}
	for _, want := range b.cfg.consumers() {
		if !b.cfg.checks(b.role, want.Durable) {
			continue
		}
		parts = append(parts, part{"consumer " + want.stream + "/" + want.Durable, func(ctx context.Context) ([]error, error) {
			c, err := b.js.Consumer(ctx, want.stream, want.Durable)
			if err != nil {
				return nil, err
			}
			return diffConsumer(want, c.CachedInfo().Config), nil
		}})
	}
	if !b.cfg.Archive && b.cfg.checks(b.role, consumerArchive) {
		parts = append(parts, part{"consumer " + streamPages + "/" + consumerArchive, b.lacksArchive})
	}
	for _, want := range b.cfg.buckets() {
		if !b.cfg.sees(b.role, bucketStream(want.Bucket)) {
			continue
		}
		parts = append(parts, part{"bucket " + want.Bucket, func(ctx context.Context) ([]error, error) {
			st, err := b.js.Stream(ctx, bucketStream(want.Bucket))
			if err != nil {
				return nil, err
			}
			return diffBucket(want, st.CachedInfo().Config), nil
		}})
	}
	return parts
}

// lacksArchive says that nobody holds pages for an archive that is off.
func (b *Bus) lacksArchive(ctx context.Context) ([]error, error) {
	_, err := b.js.Consumer(ctx, streamPages, consumerArchive)
	switch {
	case err == nil:
		return []error{fmt.Errorf("consumer %s/%s: is there although bus.archive is off", streamPages, consumerArchive)}, nil
	case isAPI(err):
		return nil, nil
	}
	return nil, err
}

// isAPI says whether an error is JetStream's answer.
func isAPI(err error) bool {
	js, ok := errors.AsType[jetstream.JetStreamError](err)
	return ok && js.APIError() != nil
}

func diffStream(want, got jetstream.StreamConfig) []error {
	d := differ{what: "stream " + want.Name}
	d.field("subjects", fmt.Sprint(got.Subjects), fmt.Sprint(want.Subjects))
	d.field("retention", got.Retention, want.Retention)
	d.field("discard", got.Discard, want.Discard)
	d.field("discard_new_per_subject", got.DiscardNewPerSubject, want.DiscardNewPerSubject)
	d.field("max_msgs_per_subject", got.MaxMsgsPerSubject, want.MaxMsgsPerSubject)
	d.field("max_bytes", got.MaxBytes, want.MaxBytes)
	d.field("max_age", got.MaxAge, want.MaxAge)
	d.field("max_msg_size", got.MaxMsgSize, want.MaxMsgSize)
	d.field("duplicate_window", got.Duplicates, want.Duplicates)
	d.field("num_replicas", got.Replicas, want.Replicas)
	d.field("allow_direct", got.AllowDirect, want.AllowDirect)
	d.field("allow_msg_schedules", got.AllowMsgSchedules, want.AllowMsgSchedules)
	d.field("allow_rollup_hdrs", got.AllowRollup, want.AllowRollup)
	d.field("compression", got.Compression, want.Compression)
	return d.errs
}

func diffConsumer(want consumer, got jetstream.ConsumerConfig) []error {
	d := differ{what: fmt.Sprintf("consumer %s/%s", want.stream, want.Durable)}
	d.field("filter_subject", got.FilterSubject, want.FilterSubject)
	d.field("ack_policy", got.AckPolicy, want.AckPolicy)
	d.field("ack_wait", got.AckWait, want.AckWait)
	d.field("max_deliver", got.MaxDeliver, want.MaxDeliver)
	d.field("headers_only", got.HeadersOnly, want.HeadersOnly)
	d.field("max_ack_pending", got.MaxAckPending, want.MaxAckPending)
	return d.errs
}

func diffBucket(want jetstream.KeyValueConfig, got jetstream.StreamConfig) []error {
	d := differ{what: "bucket " + want.Bucket}
	d.field("storage", got.Storage, want.Storage)
	d.field("history", got.MaxMsgsPerSubject, int64(want.History))
	d.field("ttl", got.MaxAge, want.TTL)
	d.field("num_replicas", got.Replicas, want.Replicas)
	return d.errs
}

type differ struct {
	what string
	errs []error
}

func (d *differ) field(name string, got, want any) {
	if got != want {
		d.errs = append(d.errs, fmt.Errorf("%s: %s is %v, want %v", d.what, name, got, want))
	}
}

// ReleaseTurns makes every turn that a dead worker still holds due at once. It
// may be called only by who knows that no worker lives: the owner of an
// embedded server, before its stages start.
func (b *Bus) ReleaseTurns(ctx context.Context) error {
	for _, c := range b.cfg.consumers() {
		if c.stream == streamPages {
			continue // its delivery counts find the pages that kill a process
		}
		if err := b.js.DeleteConsumer(ctx, c.stream, c.Durable); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("release turns of %s: %w", c.stream, err)
		}
		if _, err := b.js.CreateOrUpdateConsumer(ctx, c.stream, c.ConsumerConfig); err != nil {
			return fmt.Errorf("release turns of %s: %w", c.stream, err)
		}
	}
	return nil
}
