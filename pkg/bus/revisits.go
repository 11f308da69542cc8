package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Revisit is what a URL that was fetched before is looked at again with.
type Revisit struct {
	First time.Time `json:"first"` // when it was fetched first
	Page  string    `json:"page"`  // the id of the page that came of it
	Step  int       `json:"step"`  // how many looks came before this one
	Due   time.Time `json:"due"`
	// Delay is the time from the push to Due. Those of one host with the same
	// delay are a class: they lie in the order in which they are due.
	Delay time.Duration `json:"delay"`

	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	Body         string `json:"body"`              // a hash of the body that was seen last
	Missing      int    `json:"missing,omitempty"` // 404 if the last look did not find the page
	// Canonical is what the page gave as its address, as written.
	Canonical string `json:"canonical,omitempty"`

	Seq uint64 `json:"-"` // its sequence in the stream
}

// PushRevisit stores that a URL, whose Revisit is set, is looked at again. Only
// the holder of the host's turn may call it. msgID is stored once within the
// stream's dedup window.
func (b *Bus) PushRevisit(ctx context.Context, host string, u FrontierURL, msgID string) error {
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	if _, err := b.js.Publish(ctx, revisitSubject(host, u.Revisit.Delay), data, jetstream.WithMsgID(msgID)); err != nil {
		return fmt.Errorf("push revisit of %s: %w", host, classify(err))
	}
	return nil
}

func revisitSubject(host string, delay time.Duration) string {
	return fmt.Sprintf("revisit.%s.%d", HostToken(host), delay.Milliseconds())
}

// FirstRevisit returns the revisit of a host's class that is due first, or
// ErrNotFound.
func (b *Bus) FirstRevisit(ctx context.Context, host string, delay time.Duration) (FrontierURL, error) {
	m, err := b.read.Next(ctx, streamRevisits, 1, revisitSubject(host, delay))
	if err = classify(err); err != nil {
		return FrontierURL{}, err
	}
	u := FrontierURL{Revisit: &Revisit{}}
	if err := json.Unmarshal(m.Data, &u); err != nil || u.Revisit == nil {
		u.Stored, u.Revisit = m.Time, &Revisit{Delay: delay, Seq: m.Sequence}
		return u, Permanent("bad_message", errors.Join(err, errors.New("no revisit")))
	}
	u.Revisit.Seq = m.Sequence
	return u, nil
}

// DeleteRevisit removes a revisit. That it is gone already is no error.
func (b *Bus) DeleteRevisit(ctx context.Context, seq uint64) error {
	return b.deleteFrom(ctx, streamRevisits, seq)
}

// RevisitClasses returns the classes of a host's revisits.
func (b *Bus) RevisitClasses(ctx context.Context, host string) ([]time.Duration, error) {
	subjects, err := b.subjects(ctx, streamRevisits, "revisit."+HostToken(host)+".*")
	if err != nil {
		return nil, err
	}
	var classes []time.Duration
	for subject := range subjects {
		ms, err := strconv.ParseInt(strings.Split(subject, ".")[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("revisits on %s: %w", subject, err)
		}
		classes = append(classes, time.Duration(ms)*time.Millisecond)
	}
	return classes, nil
}

// RevisitHosts returns the hosts that have revisits, with their number.
func (b *Bus) RevisitHosts(ctx context.Context) (map[string]uint64, error) {
	return b.hostsOf(ctx, streamRevisits, "revisit.>")
}
