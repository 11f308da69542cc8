package bus

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	shardSize  = 20_000 // fingerprints of one shard; a larger host gets more shards
	mergeAfter = 64     // deltas of one shard before they become one message

	seenMonth = "200601"
)

// Fingerprint returns the fingerprint of a URL's key.
func Fingerprint(key string) uint64 {
	sum := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint64(sum[:8])
}

// Seen is the set of known URLs of one host. It belongs to the holder of the
// host's turn and is not safe for concurrent use.
//
// It lies in the stream SEEN as one subject per month and shard, each a row of
// small messages of 8-byte fingerprints that are merged now and then. Writes
// are accepted only if nothing was written since the last read.
type Seen struct {
	b     *Bus
	token string
	set   map[uint64]struct{}
	last  uint64 // last sequence read or written

	month  string
	shard  int
	inHere []uint64 // fingerprints of the current month's last shard
	deltas int      // its messages
}

// Seen returns the empty set of a host; Refresh fills it.
func (b *Bus) Seen(host string) *Seen {
	return &Seen{b: b, token: HostToken(host), set: map[uint64]struct{}{}}
}

// Refresh reads what was written since the last read.
//
// A read of "what comes next on these subjects" walks through the stream up to
// its end where the subjects hold wildcards, so only the last write and the
// very first are asked for in that way. Those between lie in the order of their
// months and shards, and are read subject by subject.
func (s *Seen) Refresh(ctx context.Context) error {
	end, err := s.b.read.Last(ctx, streamSeen, s.subjects())
	for err == nil && s.last < end.Sequence {
		err = s.readNext(ctx, end)
	}
	if err = classify(err); err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("read seen URLs of %s: %w", s.token, err)
	}
	return nil
}

func (s *Seen) subjects() string { return "seen." + s.token + ".*.*" }

func (s *Seen) subject(month string, shard int) string {
	return fmt.Sprintf("seen.%s.%s.%d", s.token, month, shard)
}

// readNext reads the first message behind the last one read. end is the last
// that there is.
func (s *Seen) readNext(ctx context.Context, end *jetstream.RawStreamMsg) error {
	if s.last == 0 {
		return s.read(ctx, s.subjects())
	}
	until, _, err := parseSeen(end.Subject)
	if err != nil {
		return err
	}
	for month, shard := s.month, s.shard; month <= until; month, shard = monthAfter(month), 0 {
		for ; ; shard++ {
			subject := s.subject(month, shard)
			if err := s.read(ctx, subject); !errors.Is(err, jetstream.ErrMsgNotFound) {
				return err
			}
			if subject != s.subject(s.month, s.shard) {
				break
			}
		}
	}
	return s.read(ctx, s.subjects()) // the shards between are gone: too old
}

func (s *Seen) read(ctx context.Context, subject string) error {
	m, err := s.b.read.Next(ctx, streamSeen, s.last+1, subject)
	if err != nil {
		return err
	}
	month, shard, err := parseSeen(m.Subject)
	if err != nil {
		return err
	}
	s.last = m.Sequence
	s.merge(m, month, shard)
	return nil
}

func parseSeen(subject string) (month string, shard int, err error) {
	parts := strings.Split(subject, ".")
	if _, err = time.Parse(seenMonth, parts[2]); err == nil {
		shard, err = strconv.Atoi(parts[3])
	}
	if err != nil {
		return "", 0, fmt.Errorf("seen URLs on %s: %w", subject, err)
	}
	return parts[2], shard, nil
}

func monthAfter(month string) string {
	t, _ := time.Parse(seenMonth, month) // parseSeen has taken it, or Add made it
	return t.AddDate(0, 1, 0).Format(seenMonth)
}

func (s *Seen) merge(m *jetstream.RawStreamMsg, month string, shard int) {
	if month > s.month || (month == s.month && shard > s.shard) {
		s.month, s.shard, s.inHere, s.deltas = month, shard, nil, 0
	}
	current := month == s.month && shard == s.shard
	if current && m.Header.Get(jetstream.MsgRollup) != "" {
		s.inHere, s.deltas = nil, 0
	}
	for d := m.Data; len(d) >= 8; d = d[8:] {
		f := binary.BigEndian.Uint64(d)
		s.set[f] = struct{}{}
		if current {
			s.inHere = append(s.inHere, f)
		}
	}
	if current {
		s.deltas++
	}
}

// Has says whether a fingerprint is in the set.
func (s *Seen) Has(f uint64) bool {
	_, ok := s.set[f]
	return ok
}

// Last returns the sequence of the last write that the set knows of.
func (s *Seen) Last() uint64 { return s.last }

// Len returns the number of fingerprints.
func (s *Seen) Len() int { return len(s.set) }

// Add stores fingerprints. ErrConflict means that someone else wrote meanwhile:
// the turn was lost; the set must be dropped.
func (s *Seen) Add(ctx context.Context, fingerprints ...uint64) error {
	fresh := fingerprints[:0:0]
	for _, f := range fingerprints {
		if !s.Has(f) {
			fresh = append(fresh, f)
			s.set[f] = struct{}{}
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	month := time.Now().UTC().Format(seenMonth)
	if month > s.month {
		s.month, s.shard, s.inHere, s.deltas = month, 0, nil, 0
	} else if len(s.inHere)+len(fresh) > shardSize && len(s.inHere) > 0 {
		s.shard, s.inHere, s.deltas = s.shard+1, nil, 0
	}
	s.inHere = append(s.inHere, fresh...)
	msg := nats.NewMsg(s.subject(s.month, s.shard))
	msg.Data = encodeFingerprints(fresh)
	s.deltas++
	if s.deltas > mergeAfter {
		msg.Data = encodeFingerprints(s.inHere)
		msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
		s.deltas = 1
	}
	msg.Header.Set("Nats-Expected-Last-Subject-Sequence", strconv.FormatUint(s.last, 10))
	msg.Header.Set("Nats-Expected-Last-Subject-Sequence-Subject", s.subjects())
	ack, err := s.b.js.PublishMsg(ctx, msg)
	if err != nil {
		return fmt.Errorf("store seen URLs of %s: %w", s.token, classify(err))
	}
	s.last = ack.Sequence
	return nil
}

func encodeFingerprints(fs []uint64) []byte {
	data := make([]byte, 0, 8*len(fs))
	for _, f := range fs {
		data = binary.BigEndian.AppendUint64(data, f)
	}
	return data
}
