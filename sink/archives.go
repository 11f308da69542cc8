package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/sink/segment"
	"pressmill/sink/warc"
)

// A sink of the format warc archives pages in the place of articles. It is a
// sink like the others, with one partition: what it reads as articles are pages
// whose data are their records, and an object is followed by its index before
// the position moves on.

// Archives says whether the sink takes pages.
func (c Config) Archives() bool { return c.Format == segment.WARC }

// partitions returns how many partitions the sink's messages are in.
func (c Config) partitions() int {
	if c.Archives() {
		return 1
	}
	return Partitions
}

// archiveDefaults fills in what is unset and differs for an archive. Its
// objects are larger; pages wait for them in their stream.
func (c Config) archiveDefaults() Config {
	if c.Name == "" {
		c.Name = "archive"
	}
	if c.Prefix == "" {
		c.Prefix = "archive"
	}
	if c.Compression == "" {
		c.Compression = segment.Gzip
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 64 * config.MiB
	}
	if c.MaxAge == 0 {
		c.MaxAge = 5 * time.Minute
	}
	return c
}

// FitsBus says whether pages are held where an archive takes them, and only
// there, and whether there is room for those that wait.
func FitsBus(cfgs []Config, on bus.Config) error {
	i := slices.IndexFunc(cfgs, Config.Archives)
	switch {
	case i < 0 && on.Archive:
		return errors.New("bus.archive holds pages until they are archived, and no sink has the format warc")
	case i < 0:
		return nil
	case !on.Archive:
		return errors.New("a sink of the format warc needs bus.archive: true, which holds pages until they are archived")
	case cfgs[i].MaxBytes > on.PagesMaxBytes/2:
		return fmt.Errorf("sink %q: max_bytes: %v is more than half of bus.pages_max_bytes, where pages wait for their object", cfgs[i].Name, cfgs[i].MaxBytes)
	}
	return nil
}

// sourceOf returns the stream that a sink reads.
func sourceOf(b Bus, c Config) (Bus, error) {
	if !c.Archives() {
		return b, nil
	}
	p, ok := b.(interface{ Pages() Bus })
	if !ok {
		return nil, errors.New("there are no pages to archive here")
	}
	return p.Pages(), nil
}

// index stores the index of the object that a position stands behind, unless it
// is there. No writer goes on behind an archive's object before.
func (o *output) index(ctx context.Context, pos position) error {
	s := &o.parts[0]
	s.mu.Lock()
	done := s.indexed == pos.Key
	s.mu.Unlock()
	if !o.cfg.Archives() || pos.Key == "" || done {
		return nil
	}
	k, err := segment.ParseKey(pos.Key)
	if err != nil {
		return err
	}
	if err := segment.PutIndex(ctx, o.store, k); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexed = pos.Key
	return nil
}

// addPages adds the pages of an archive's object.
func (s skipSet) addPages(records []byte) error {
	entries, err := warc.IndexOf(warc.NewReader(bytes.NewReader(records)), "")
	if err != nil && !errors.Is(err, warc.ErrNotWARC) {
		return fmt.Errorf("read records: %w", err)
	}
	for _, e := range entries {
		s[hashID(e.CaptureID())] = struct{}{}
	}
	return nil
}
