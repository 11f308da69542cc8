package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"pressmill/pkg/logging"
	"pressmill/pkg/news"
)

// PublishArticle stores an article for the sinks; host is the host of its
// final URL. The same version within the stream's dedup window is stored once.
// While the stream is full it waits, so that a stopped sink holds the parsers.
func (b *Bus) PublishArticle(ctx context.Context, host string, a *news.Article) (Receipt, error) {
	return b.publishArticle(ctx, host, a.MsgID(), a)
}

// PublishTakedown stores, as PublishArticle does, that an article's page is
// gone; host is that of the article.
func (b *Bus) PublishTakedown(ctx context.Context, host string, t *news.Takedown) (Receipt, error) {
	return b.publishArticle(ctx, host, t.MsgID(), t)
}

func (b *Bus) publishArticle(ctx context.Context, host, msgID string, v any) (Receipt, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return Receipt{}, Permanent("bad_article", err)
	}
	partition := Partition(host)
	subject := "articles." + PartitionName(partition) + "." + HostToken(host)
	for waiting := false; ; {
		ack, err := b.js.Publish(ctx, subject, data, jetstream.WithMsgID(msgID))
		err = classify(err)
		if err == nil || !errors.Is(err, ErrFull) || ctx.Err() != nil {
			if waiting {
				b.crowd.leave(b.log, err == nil)
			}
			if err != nil {
				return Receipt{}, fmt.Errorf("publish article %s: %w", msgID, err)
			}
			return Receipt{Seq: ack.Sequence, New: !ack.Duplicate, Partition: partition}, nil
		}
		if !waiting {
			waiting = true
			b.crowd.join(b.log)
		}
		pause(ctx, 500*time.Millisecond)
	}
}

// crowd is the articles that wait for room in their stream. It is told when the
// first begins to wait and when the last one has got in, not in between. Its zero
// value is ready.
type crowd struct {
	mu      sync.Mutex
	waiting int
	since   time.Time
}

func (c *crowd) join(log *zap.Logger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting++; c.waiting == 1 {
		c.since = time.Now()
		log.Warn("the stream of articles is full; waiting for the sinks", logging.Event(logging.BackpressureOn), logging.StageName(string(RoleParser)))
	}
}

// leave says whether there was room: who gives up knows nothing of that.
func (c *crowd) leave(log *zap.Logger, room bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting--; c.waiting == 0 && room {
		log.Info("the stream of articles has room again", logging.Event(logging.BackpressureOff), logging.StageName(string(RoleParser)),
			zap.Duration(logging.KeyAfter, time.Since(c.since)))
	}
}

// StoredArticle is an article, or the takedown of one, as it lies in its stream.
type StoredArticle struct {
	Seq   uint64
	Time  time.Time // the stream's
	MsgID string    // id.rev, or that of a takedown (news.IsTakedown)
	Data  []byte    // JSON, article/v1 or takedown/v1
	// Page is set where the message is a page: its ids, final URL and source.
	Page *news.Page `json:"-"`
}

func storedArticle(m *jetstream.RawStreamMsg) StoredArticle {
	return StoredArticle{Seq: m.Sequence, Time: m.Time, MsgID: m.Header.Get(jetstream.MsgIDHeader), Data: m.Data}
}

// ReadArticles returns the articles of a partition from a sequence on, in
// order, at most limit of them, and no more after the one that reaches 8 MiB. It
// waits up to wait for the first; none by then is no error: the partition had
// none at a moment of the call, as the stream's leader says.
func (b *Bus) ReadArticles(ctx context.Context, partition int, from uint64, limit int, wait time.Duration) ([]StoredArticle, error) {
	msgs, err := b.readFrom(ctx, streamArticles, "articles."+PartitionName(partition)+".*", from, limit, wait)
	if err != nil {
		return nil, fmt.Errorf("read articles of %s: %w", PartitionName(partition), err)
	}
	out := make([]StoredArticle, len(msgs))
	for i, m := range msgs {
		out[i] = StoredArticle{Seq: m.Seq, Time: m.Time, MsgID: m.MsgID, Data: m.Data}
	}
	return out, nil
}

// ArticleAt returns the article at a sequence, or ErrNotFound.
func (b *Bus) ArticleAt(ctx context.Context, seq uint64) (StoredArticle, error) {
	st, err := b.stream(ctx, streamArticles)
	if err != nil {
		return StoredArticle{}, err
	}
	m, err := st.GetMsg(ctx, seq)
	if err != nil {
		return StoredArticle{}, classify(err)
	}
	return storedArticle(m), nil
}

// ArticleSince returns the sequence of the first article that was stored at or
// after a time, and the one after the last if there is none.
func (b *Bus) ArticleSince(ctx context.Context, t time.Time) (uint64, error) {
	_, _, last, err := b.ArticlesState(ctx) // before the question: one that comes in between is not left out
	if err != nil {
		return 0, err
	}
	m, err := b.read.Since(ctx, streamArticles, t, "articles.*.*")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return last + 1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find the articles since %s: %w", t.Format(time.RFC3339), err)
	}
	return m.Sequence, nil
}

// ArticlesState returns when the stream of articles was created and its first
// and last sequence.
func (b *Bus) ArticlesState(ctx context.Context) (created time.Time, first, last uint64, err error) {
	st, err := b.js.Stream(ctx, streamArticles)
	if err != nil {
		return time.Time{}, 0, 0, fmt.Errorf("read stream %s: %w", streamArticles, err)
	}
	info := st.CachedInfo()
	return info.Created, info.State.FirstSeq, info.State.LastSeq, nil
}

// LastArticle returns the last sequence of a partition, 0 if it has none.
func (b *Bus) LastArticle(ctx context.Context, partition int) (uint64, error) {
	m, err := b.read.Last(ctx, streamArticles, "articles."+PartitionName(partition)+".*")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read last article of %s: %w", PartitionName(partition), err)
	}
	return m.Sequence, nil
}

// PutPosition mirrors the position of a sink in a partition: the next sequence
// it will read. The truth is in the sink's objects; the mirror is for lag and for
// TrimArticles.
func (b *Bus) PutPosition(ctx context.Context, sink string, partition int, next uint64) error {
	kv, err := b.bucket(ctx, bucketPositions)
	if err != nil {
		return fmt.Errorf("put position: %w", err)
	}
	_, err = kv.PutString(ctx, sink+"."+PartitionName(partition), strconv.FormatUint(next, 10))
	return err
}

// Position returns the mirrored position of a sink in a partition, 0 if it has
// none.
func (b *Bus) Position(ctx context.Context, sink string, partition int) (uint64, error) {
	kv, err := b.bucket(ctx, bucketPositions)
	if err != nil {
		return 0, fmt.Errorf("read position: %w", err)
	}
	e, err := kv.Get(ctx, sink+"."+PartitionName(partition))
	if err = classify(err); errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(e.Value()), 10, 64)
}

// TrimArticles removes the oldest articles from their stream: those older than
// ArticlesReplay, and more while the stream is above 70 % of its bytes, but none
// that a registered sink has not committed, nor what came after such a one. A
// sink is registered once it has a mirrored position, until ForgetSink; one that
// has none in a partition has committed nothing of it. It returns the number of
// messages removed.
func (b *Bus) TrimArticles(ctx context.Context) (removed uint64, err error) {
	return b.trim(ctx, time.Now().Add(-b.cfg.ArticlesReplay))
}

// trim is TrimArticles with what is old named by a time. It cuts the stream at one
// sequence: to remove a partition alone, the server unpacks every block of the
// stream, and keeps them all in memory when partition follows partition.
func (b *Bus) trim(ctx context.Context, old time.Time) (removed uint64, err error) {
	st, err := b.js.Stream(ctx, streamArticles)
	if err != nil {
		return 0, fmt.Errorf("read stream %s: %w", streamArticles, err)
	}
	before := st.CachedInfo()
	until, err := b.ArticleSince(ctx, old)
	if err != nil {
		return 0, err
	}
	until = max(until, surplus(before.State, before.Config.MaxBytes/10*7))
	if until, err = b.heldFrom(ctx, before.State.FirstSeq, until); err != nil {
		return 0, err
	}
	if before.State.Msgs == 0 || until <= before.State.FirstSeq {
		return 0, nil
	}
	if err := st.Purge(ctx, jetstream.WithPurgeSequence(until)); err != nil {
		return 0, fmt.Errorf("trim articles: %w", err)
	}
	after, err := st.Info(ctx)
	if err != nil {
		return 0, err
	}
	stored := before.State.Msgs + after.State.LastSeq - before.State.LastSeq // with what came meanwhile
	return stored - min(stored, after.State.Msgs), nil
}

// heldFrom returns the sequence of the first article from one on that a sink has
// not committed, or until if there is none before that.
func (b *Bus) heldFrom(ctx context.Context, first, until uint64) (uint64, error) {
	if until <= first {
		return until, nil
	}
	committed, err := b.committed(ctx)
	if err != nil {
		return 0, err
	}
	for p, next := range committed {
		if next >= until {
			continue
		}
		held, err := b.firstArticle(ctx, p, max(next, first))
		if err != nil {
			return 0, fmt.Errorf("find what sinks have not of %s: %w", PartitionName(p), err)
		}
		until = min(until, held)
	}
	return until, nil
}

// firstArticle returns the sequence of a partition's first article from one on,
// and what no sequence reaches if it has none. Since what is below it may be
// removed, the server has to say so of its first and of its last.
func (b *Bus) firstArticle(ctx context.Context, partition int, from uint64) (uint64, error) {
	m, err := b.read.Next(ctx, streamArticles, from, "articles."+PartitionName(partition)+".*")
	if err == nil {
		return m.Sequence, nil
	}
	if !errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, err
	}
	last, err := b.LastArticle(ctx, partition)
	if err != nil {
		return 0, err
	}
	if last >= from {
		return from, nil
	}
	return math.MaxUint64, nil
}

// surplus returns the sequence before which as many bytes lie as a stream has
// beyond a limit, or somewhat more; 0 if it has not or the limit is none.
func surplus(s jetstream.StreamState, limit int64) uint64 {
	if limit <= 0 || s.Bytes <= uint64(limit) {
		return 0
	}
	share := float64(s.Bytes-uint64(limit)) / float64(s.Bytes)
	return s.FirstSeq + uint64(math.Ceil(share*float64(s.LastSeq+1-s.FirstSeq)))
}

// committed returns, by partition, the position that every registered sink has
// reached. One beyond the stream was reached in another, or before this one was
// restored: what the sink has of this one it says when it works again.
func (b *Bus) committed(ctx context.Context) (next [Partitions]uint64, err error) {
	keys, err := b.positions(ctx)
	if err != nil {
		return next, err
	}
	sinks := map[string]bool{}
	for _, key := range keys {
		sink, _, _ := strings.Cut(key, ".")
		sinks[sink] = true
	}
	reached := map[string][Partitions]uint64{}
	for sink := range sinks {
		var at [Partitions]uint64
		for p := range at {
			if at[p], err = b.Position(ctx, sink, p); err != nil {
				return next, err
			}
		}
		reached[sink] = at
	}
	_, _, last, err := b.ArticlesState(ctx) // after the positions: the stream grows
	if err != nil {
		return next, err
	}
	for p := range next {
		first := true
		for _, at := range reached {
			if at[p] > last+1 {
				at[p] = 0
			}
			if first || at[p] < next[p] {
				next[p], first = at[p], false
			}
		}
	}
	return next, nil
}
