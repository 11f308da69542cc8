package bus

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// DeliverAndForget takes the next page n times without an answer, as workers
// do that die of it.
func DeliverAndForget(t *testing.T, b *Bus, n int) {
	t.Helper()
	cons, err := b.js.Consumer(t.Context(), streamPages, consumerParser)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		batch, err := cons.Fetch(1, jetstream.FetchMaxWait(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for range batch.Messages() {
			got++
		}
		if got != 1 {
			t.Fatalf("delivered %d pages, want 1", got)
		}
	}
}

// DeleteArticle removes one article from its stream.
func DeleteArticle(t *testing.T, b *Bus, seq uint64) {
	t.Helper()
	if err := b.deleteFrom(t.Context(), streamArticles, seq); err != nil {
		t.Error(err)
	}
}

// PurgeArticles removes the articles of a partition below a sequence.
func PurgeArticles(t *testing.T, b *Bus, partition int, below uint64) {
	t.Helper()
	st, err := b.js.Stream(t.Context(), streamArticles)
	if err == nil {
		err = st.Purge(t.Context(), jetstream.WithPurgeSubject("articles."+PartitionName(partition)+".*"), jetstream.WithPurgeSequence(below))
	}
	if err != nil {
		t.Error(err)
	}
}

// TrimBefore is TrimArticles of what is older than a time.
func TrimBefore(t *testing.T, b *Bus, old time.Time) (removed uint64) {
	t.Helper()
	removed, err := b.trim(t.Context(), old)
	if err != nil {
		t.Error(err)
	}
	return removed
}

// CountRequests returns how many requests JetStream has had since, when it is
// called.
func CountRequests(t *testing.T, b *Bus) func() int {
	t.Helper()
	var n atomic.Int64
	sub, err := b.nc.Subscribe("$JS.API.>", func(*nats.Msg) { n.Add(1) })
	if err == nil {
		err = b.nc.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() int { _ = sub.Unsubscribe(); return int(n.Load()) }
}

// DeletePage removes one page from its stream.
func DeletePage(t *testing.T, b *Bus, seq uint64) {
	t.Helper()
	if err := b.deleteFrom(t.Context(), streamPages, seq); err != nil {
		t.Error(err)
	}
}

// ChangeBucket gives the bucket of cursors a longer history.
func ChangeBucket(t *testing.T, b *Bus) {
	t.Helper()
	if _, err := b.js.UpdateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: bucketCursors, History: 5}); err != nil {
		t.Fatal(err)
	}
}

// PutSeen stores one fingerprint for a host, in a month and shard.
func PutSeen(t testing.TB, b *Bus, host, month string, shard int, f uint64) {
	t.Helper()
	s := b.Seen(host)
	if _, err := b.js.PublishAsync(s.subject(month, shard), encodeFingerprints([]uint64{f})); err != nil {
		t.Fatal(err)
	}
}

// ExpireSeen removes a shard of a host, as its age does.
func ExpireSeen(t testing.TB, b *Bus, host, month string, shard int) {
	t.Helper()
	st, err := b.stream(t.Context(), streamSeen)
	if err == nil {
		err = st.Purge(t.Context(), jetstream.WithPurgeSubject(b.Seen(host).subject(month, shard)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Flush waits until all that was put is stored.
func Flush(b *Bus) { <-b.js.PublishAsyncComplete() }

// Unused returns the streams, buckets and consumers that no worker uses, and the
// streams that one uses and the topology lacks.
func Unused(cfg Config) (names []string) {
	users := map[string]int{}
	for _, r := range Roles() {
		for name := range cfg.uses(r) {
			users[name]++
		}
	}
	for _, s := range cfg.stored() {
		if users[s.name] == 0 {
			names = append(names, s.name)
		}
		delete(users, s.name)
	}
	for name := range users {
		names = append(names, name)
	}
	for _, c := range cfg.consumers() {
		if !slices.ContainsFunc(Roles(), func(r Role) bool { return r.pulls(c.Durable) }) {
			names = append(names, c.stream+"/"+c.Durable)
		}
	}
	return names
}

// DeadWindow returns for how long the stream of dead letters knows what it had.
func DeadWindow(t *testing.T, b *Bus) time.Duration {
	t.Helper()
	st, err := b.js.Stream(t.Context(), streamDead)
	if err != nil {
		t.Fatal(err)
	}
	return st.CachedInfo().Config.Duplicates
}

// Unbound gives the streams of dead letters the settings that they had before
// they had a bound, and knew for two minutes what they had.
func Unbound(t *testing.T, b *Bus) {
	t.Helper()
	for _, name := range []string{streamDead, streamAgain} {
		st, err := b.js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := st.CachedInfo().Config
		cfg.Discard, cfg.MaxBytes, cfg.Duplicates = jetstream.DiscardOld, -1, 2*time.Minute
		if _, err := b.js.UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
}
