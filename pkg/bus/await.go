package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"pressmill/pkg/logging"
)

const (
	tryEvery  = 500 * time.Millisecond // while something is waited for
	tellEvery = 10 * time.Second       // that it is
)

// Patience is how long, and how, what is not there yet is waited for.
type Patience struct {
	Until time.Time
	// Told is called after every attempt that failed, with why; it may be nil.
	Told func(error)
}

// Await connects as Connect does, and waits for servers that are not there
// yet. Those that are there and refuse the key, or with which no secure
// connection can be made, are not waited for, nor are keys and certificates that
// cannot be read.
func Await(ctx context.Context, cfg Config, name string, log *zap.Logger, p Patience, opts ...nats.Option) (b *Bus, err error) {
	if _, err := cfg.options(); err != nil {
		return nil, err
	}
	err = p.try(ctx, log, "waiting for NATS", func() (again bool, err error) {
		b, err = Connect(cfg, name, log, opts...)
		_, denied := errors.AsType[*DeniedError](err)
		return !denied && !isTLS(err) && !isType[*os.PathError](err), err
	})
	return b, err
}

// The time that a server has to answer what WaitReady asks: the first, and
// after attempts without an answer, each of which doubles it.
const (
	answersWithin    = time.Second
	answersAtLongest = 8 * time.Second
)

// WaitReady waits until the topology is there and right; when time is up it
// returns what differs. What was right once is not asked for again, so that
// servers that fail now and then do not have it begin anew each time; a
// connection on which nothing comes any more is left for another.
func (b *Bus) WaitReady(ctx context.Context, p Patience) error {
	left, within := b.parts(), answersWithin
	return p.try(ctx, b.log, "waiting for the topology", func() (again bool, err error) {
		attempt, stop := context.WithTimeout(ctx, within)
		defer stop()
		asked := len(left)
		left, err = compare(attempt, left)
		if len(left) == asked && attempt.Err() != nil && ctx.Err() == nil {
			b.leaveIfMute(within)
			within = min(2*within, answersAtLongest)
		}
		return true, err
	})
}

// leaveIfMute connects anew if the server does not answer within some time: one
// that is frozen, or cut off, is else taken for alive for two intervals of pings.
func (b *Bus) leaveIfMute(within time.Duration) {
	if b.nc.IsConnected() && b.nc.FlushTimeout(within) != nil {
		_ = b.nc.ForceReconnect() // closed: the next attempt says so
	}
}

// try does something until it succeeds, fails for good, or the patience is at
// its end; it then returns the last error, and ctx's cause when that has ended.
func (p Patience) try(ctx context.Context, log *zap.Logger, what string, do func() (again bool, err error)) error {
	var lines pace
	for {
		again, err := do()
		if ctx.Err() != nil && err != nil {
			return context.Cause(ctx)
		}
		if err == nil || !again || time.Now().After(p.Until) {
			return err
		}
		if lines.due() {
			log.Info(what, logging.Event(logging.NATSWaiting), zap.Error(err), zap.Duration(logging.KeyLeft, time.Until(p.Until)))
		}
		if p.Told != nil {
			p.Told(err)
		}
		pause(ctx, tryEvery)
	}
}

// pace keeps lines that say the same apart. Its zero value is ready.
type pace struct {
	mu   sync.Mutex
	last time.Time
}

// due says whether it is time for the next line.
func (p *pace) due() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.last) < tellEvery {
		return false
	}
	p.last = time.Now()
	return true
}

// explain says what may be done about an error of connecting.
func explain(url string, err error) error {
	hint := "is the server up, and bus.url right?"
	switch {
	case errors.Is(err, nats.ErrSecureConnWanted):
		hint = "bus.ca_file is set, but the server does not offer TLS"
	case isTLS(err):
		hint = "is bus.ca_file the authority of the server's certificate, is the name in bus.url one of the certificate's, and does the server ask for bus.cert_file?"
	case errors.Is(err, nats.ErrNkeysNotSupported):
		hint = "the server knows no nkeys: `pressmill bus authorization` prints its block accounts"
	case url == nats.DefaultURL:
		hint = "is the server up, and bus.url right? That of `pressmill run` answers with -listen 127.0.0.1:4222"
	}
	return fmt.Errorf("connect to NATS at %s: %w (%s)", logging.RedactURL(url), err, hint)
}
