package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pressmill/pkg/bus/turn"
)

// The errors that callers act on.
var (
	// ErrNotFound says that there is no such message or key.
	ErrNotFound = errors.New("not found")
	// ErrFull says that a stream or a subject's share of it is full; the
	// message was not stored.
	ErrFull = errors.New("stream is full")
	// ErrDeadFull says that the stream of dead letters is full. It is no ErrFull:
	// what was to become a dead letter stays where it is, and is tried again.
	ErrDeadFull = errors.New("the stream of dead letters is full")
	// ErrUnreadable says that what is stored under a key is not what is to be
	// read from there: its bytes are broken, or a later version wrote it.
	ErrUnreadable = errors.New("cannot be read")
	// ErrConflict says that another writer was faster; read again.
	ErrConflict = errors.New("changed by another writer")
)

// PermanentError says that a message can never be worked on.
type PermanentError struct {
	Reason string // a short stable word for logs and counts
	Err    error
}

// Permanent returns an error that puts a message among the dead letters.
func Permanent(reason string, err error) error { return &PermanentError{Reason: reason, Err: err} }

func (e *PermanentError) Error() string { return fmt.Sprintf("%s: %v", e.Reason, e.Err) }

// Unwrap returns the cause.
func (e *PermanentError) Unwrap() error { return e.Err }

const codeStoreFailed = 10077

// classify maps the errors of JetStream to those of this package.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrKeyNotFound) {
		return ErrNotFound
	}
	if turn.LostRace(err) {
		return ErrConflict
	}
	if api, ok := errors.AsType[*jetstream.APIError](err); ok && api.ErrorCode == codeStoreFailed && strings.Contains(api.Description, "maximum") {
		return fmt.Errorf("%w: %s", ErrFull, api.Description)
	}
	if strings.Contains(err.Error(), "maximum bytes exceeded") || strings.Contains(err.Error(), "maximum messages per subject exceeded") || strings.Contains(err.Error(), "maximum messages exceeded") {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// IsTransient says whether an error is that of servers which fail, or have no
// leader yet, so that the same call may be answered a moment later.
func IsTransient(err error) bool {
	for _, transient := range []error{
		nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionReconnecting,
		jetstream.ErrNoStreamResponse, context.DeadlineExceeded,
	} {
		if errors.Is(err, transient) {
			return true
		}
	}
	js, ok := errors.AsType[jetstream.JetStreamError](err)
	return ok && js.APIError() != nil && js.APIError().Code == 503 // temporarily unavailable, no leader, offline
}
