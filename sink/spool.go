package sink

import (
	"context"
	"errors"
	"sync"
	"time"

	"pressmill/pkg/config"
)

const (
	minSpool = config.MiB
	// readBytes is about how much one read returns; the first knows no sizes.
	readBytes = 1 << 20
	firstRead = 8
	// spoolPatience is how long a small batch waits for room before it is
	// committed, so that the larger ones go first.
	spoolPatience = time.Second
	// spoolSilence is how long a partition waits for room before it is told.
	spoolSilence = 5 * time.Second
)

var errSpoolFull = errors.New("spool.max_bytes is used up by batches that are being written")

// spool bounds the bytes of the batches that the partitions of a sink hold. It
// is looked at before each read: what one read of each partition brings comes on
// top. The nil spool has no bound.
type spool struct {
	limit int64

	mu    sync.Mutex
	used  int64
	peak  int64
	freed chan struct{} // closed and replaced when there is room again
}

func newSpool(limit int64) *spool {
	if limit <= 0 {
		return nil
	}
	return &spool{limit: limit, freed: make(chan struct{})}
}

// grow notes that a batch holds more.
func (s *spool) grow(n int64) {
	if s == nil || n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used += n
	s.peak = max(s.peak, s.used)
}

// give gives back what a batch has held.
func (s *spool) give(n int64) {
	if s == nil || n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used -= n; s.used < s.limit {
		close(s.freed)
		s.freed = make(chan struct{})
	}
}

// full returns a channel that is closed when there may be room, nil if there is.
func (s *spool) full() <-chan struct{} {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used < s.limit {
		return nil
	}
	return s.freed
}

// room waits until a batch may grow. It returns false when the batch is to be
// committed as it is, or ctx has ended.
func (d *drain) room(ctx context.Context, b *batch) bool {
	freed := d.spool.full()
	if freed == nil {
		return true
	}
	if b.held >= d.spool.limit/Partitions {
		return false
	}
	silence := time.NewTimer(spoolSilence)
	defer silence.Stop()
	var patience <-chan time.Time
	if b.written() > 0 {
		patience = time.After(spoolPatience)
	}
	for ; freed != nil; freed = d.spool.full() {
		select {
		case <-ctx.Done():
			return false
		case <-patience:
			return false
		case <-silence.C:
			d.pressure.on(d.part, reasonSpool, errSpoolFull)
			defer d.pressure.off(d.part, reasonSpool)
		case <-freed:
		}
		d.opt.Beat()
	}
	return true
}

// readSize is how many messages to ask for, by the size of those before.
func (b *batch) readSize() int {
	if b.read == 0 {
		return firstRead
	}
	return int(max(1, min(readSize, readBytes/max(1, b.readBytes/int64(b.read)))))
}
