package bus

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// AgainSubject is where a dead letter of a sink's partition goes when it is
// replayed: what a receiver did not take concerns no other sink.
func AgainSubject(sink string, partition int) string {
	return "again." + sink + "." + PartitionName(partition)
}

// Again is a dead letter of a sink that was replayed.
type Again struct {
	Seq  uint64
	Data []byte
}

// Again returns the oldest dead letter of a sink's partition that was replayed
// and not dropped since, or ErrNotFound.
func (b *Bus) Again(ctx context.Context, sink string, partition int) (Again, error) {
	st, err := b.stream(ctx, streamAgain)
	if err != nil {
		return Again{}, err
	}
	m, err := st.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(AgainSubject(sink, partition)))
	if err != nil {
		return Again{}, fmt.Errorf("read replayed dead letters of %s: %w", sink, classify(err))
	}
	return Again{Seq: m.Sequence, Data: m.Data}, nil
}

// DropAgain removes a dead letter that was replayed and worked on.
func (b *Bus) DropAgain(ctx context.Context, seq uint64) error {
	return b.deleteFrom(ctx, streamAgain, seq)
}
