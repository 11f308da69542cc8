package fetch

import (
	"context"
	"io"
	"net/http"
	"time"
)

// headSize is how much of a body a Taker sees.
const headSize = 4 << 10

// leastRate is how many decoded bytes a second a stream has to bring on
// average, beyond its first Timeout.
const leastRate = 16 << 10

// Taker looks at a response with the beginning of its decoded body, and may
// take the body over: it then returns what reads it, to its end or not, while
// it comes from the wire. Such a body is capped at Options.MaxStream instead
// of MaxBody, and has Options.StreamTimeout. The response that the Transport
// returns has no body then. Whatever the reader returns is the Transport's
// error, unless the wire failed or the body could not be decoded: that goes
// before. A reader sees a body that is cut at its cap fail.
type Taker func(resp *http.Response, head []byte) (read func(body io.Reader) error)

type takerKey struct{}

// WithTaker returns a context whose requests show their bodies to a Taker.
func WithTaker(ctx context.Context, take Taker) context.Context {
	return context.WithValue(ctx, takerKey{}, take)
}

// take is a Taker that knows its response.
type take func(head []byte) (read func(body io.Reader) error)

// takerOf returns what may take over the body of a response, or nil.
func takerOf(ctx context.Context, resp *http.Response) take {
	take, _ := ctx.Value(takerKey{}).(Taker)
	if take == nil {
		return nil
	}
	return func(head []byte) func(io.Reader) error { return take(resp, head) }
}

// stream is the decoded body that a Taker reads.
type stream struct {
	r    io.Reader
	keep func(read int64) // called with the bytes read so far
	read int64
	err  error // what r failed with, but io.EOF
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read += int64(n)
	s.keep(s.read)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// deadline cancels a context with context.DeadlineExceeded as its cause. It
// can be put off.
type deadline struct {
	first, last time.Time // when it is up if it is not put off, and at the latest
	timer       *time.Timer
	cancel      context.CancelCauseFunc
}

// withDeadline returns a context that ends after a timeout, and later if it is
// put off, but not after longest.
func withDeadline(parent context.Context, timeout, longest time.Duration) (context.Context, *deadline) {
	ctx, cancel := context.WithCancelCause(parent)
	now := time.Now()
	return ctx, &deadline{
		first: now.Add(timeout), last: now.Add(max(timeout, longest)), cancel: cancel,
		timer: time.AfterFunc(timeout, func() { cancel(context.DeadlineExceeded) }),
	}
}

// putOff grants a stream the time that it may take for what it has brought.
func (d *deadline) putOff(read int64) {
	till := d.first.Add(time.Duration(read) * time.Second / leastRate)
	if till.After(d.last) {
		till = d.last
	}
	d.timer.Reset(time.Until(till))
}

func (d *deadline) stop() {
	d.timer.Stop()
	d.cancel(nil)
}

// causeOf returns why a request under a deadline failed.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && ctx.Err() != nil {
		return cause
	}
	return err
}
