package bus

import (
	"testing"
	"time"

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
		batch, err := cons.Fetch(1, jetstream.FetchMaxWait(5*time.Second))
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
		t.Fatal(err)
	}
}
