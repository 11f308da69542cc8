package sink

import (
	"context"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/turn"
)

// Partitions is the number of partitions of the articles on the bus.
const Partitions = bus.Partitions

// ErrNotFound says that there is no such message.
var ErrNotFound = bus.ErrNotFound

// ErrFenced says that a turn belongs to somebody else by now.
var ErrFenced = turn.ErrFenced

// StoredArticle is one article as the stream holds it.
type StoredArticle = bus.StoredArticle

// Bus is the stream of articles as the sink uses it; *bus.Bus is one.
type Bus interface {
	// ReadArticles returns at most n messages of a partition with a sequence
	// of at least from, in order. It waits up to wait for the first one and
	// returns none when there is none.
	ReadArticles(ctx context.Context, partition int, from uint64, n int, wait time.Duration) ([]StoredArticle, error)
	// ArticleAt returns the message at a sequence, or ErrNotFound.
	ArticleAt(ctx context.Context, seq uint64) (StoredArticle, error)
	// ArticleSince returns the sequence of the first message that was stored at
	// or after a time, and the one after the last if there is none.
	ArticleSince(ctx context.Context, t time.Time) (uint64, error)
	// ArticlesState returns when the stream was made and the sequences of its
	// first and last message.
	ArticlesState(ctx context.Context) (created time.Time, first, last uint64, err error)
	// LastArticle returns the last sequence of a partition, 0 if it has none.
	LastArticle(ctx context.Context, partition int) (uint64, error)
	// PutPosition mirrors how far a sink has come, for the purge and the lag.
	PutPosition(ctx context.Context, sink string, partition int, next uint64) error
}

// Turns is the queue of the right to work on one partition of one sink. Keys
// are "<sink>-p00" to "<sink>-p15".
type Turns interface {
	// Arm makes a turn unless there is one; it says whether it did.
	Arm(ctx context.Context, key string, state []byte, at time.Time) (bool, error)
	// Pull takes at most n turns that are due, waiting up to wait for the first.
	Pull(ctx context.Context, n int, wait time.Duration) ([]Turn, error)
}

// Turn is one turn that was pulled.
type Turn struct {
	Key        string
	State      []byte
	Deliveries int
	Holder
}

// Holder keeps a turn and gives it away.
type Holder interface {
	// Hold keeps the turn until stop is called.
	Hold(ctx context.Context) (stop func())
	// Check returns ErrFenced when somebody else has the turn.
	Check(ctx context.Context) error
	// HandOn gives the turn away with the time of the next one.
	HandOn(ctx context.Context, at time.Time, state []byte) error
	// Return gives the turn back as it was, so that it is delivered again soon.
	// It waits for a bus that is away, as long as ctx lasts.
	Return(ctx context.Context) error
}
