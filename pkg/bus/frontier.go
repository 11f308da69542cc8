package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pressmill/pkg/news"
)

// The priorities of URLs, read in this order.
const (
	PrioritySeed = 0 // seeds and polls
	PriorityFeed = 1 // items of feeds and news sitemaps
	PriorityNear = 2 // links of depth 1, entries of sitemaps
	PriorityFar  = 3 // deeper links
	priorities   = 4
)

// FrontierURL is a URL that waits to be fetched.
type FrontierURL struct {
	URL    string `json:"url"`
	Source string `json:"source"` // id
	Depth  int    `json:"depth"`  // links followed from the seed, feed item or sitemap entry
	// Seed marks a URL that was named: it is fetched even if its fingerprint
	// is known, unless it is an article.
	Seed bool `json:"seed,omitempty"`
	// Foreign marks a URL that was not pushed by its host's turn holder: the
	// holder asks the set of seen URLs when it takes it.
	Foreign  bool `json:"foreign,omitempty"`
	Attempts int  `json:"attempts,omitempty"` // failed fetches so far
	// Requested is the URL that was asked for first, and Trail the redirects
	// that led from there to here.
	Requested string     `json:"requested,omitempty"`
	Trail     []news.Hop `json:"trail,omitempty"`
	CrawlID   string     `json:"crawl_id,omitempty"`
	Found     time.Time  `json:"found,omitzero"`

	Seq      uint64 `json:"-"` // its sequence in the frontier
	Priority int    `json:"-"`
}

// Push puts a URL into its host's frontier. msgID, if not empty, is stored once
// within the stream's dedup window. ErrFull means that the URL was refused.
func (b *Bus) Push(ctx context.Context, host string, priority int, u FrontierURL, msgID string) error {
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	var opts []jetstream.PublishOpt
	if msgID != "" {
		opts = append(opts, jetstream.WithMsgID(msgID))
	}
	_, err = b.js.Publish(ctx, frontierSubject(host, priority), data, opts...)
	return classify(err)
}

func frontierSubject(host string, priority int) string {
	return fmt.Sprintf("frontier.%s.%d", HostToken(host), min(max(priority, 0), priorities-1))
}

// Next returns the URL of a host to fetch next, or ErrNotFound. after holds,
// by priority, sequences below which nothing is read any more.
func (b *Bus) Next(ctx context.Context, host string, after [4]uint64) (FrontierURL, error) {
	st, err := b.stream(ctx, streamFrontier)
	if err != nil {
		return FrontierURL{}, err
	}
	for p := range priorities {
		m, err := st.GetMsg(ctx, after[p]+1, jetstream.WithGetMsgSubject(frontierSubject(host, p)))
		if err = classify(err); errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return FrontierURL{}, fmt.Errorf("read frontier of %s: %w", host, err)
		}
		u := FrontierURL{Seq: m.Sequence, Priority: p}
		if err := json.Unmarshal(m.Data, &u); err != nil {
			return u, Permanent("bad_message", err)
		}
		return u, nil
	}
	return FrontierURL{}, ErrNotFound
}

// Delete removes a URL from the frontier. That it is gone already is no error.
func (b *Bus) Delete(ctx context.Context, seq uint64) error {
	st, err := b.stream(ctx, streamFrontier)
	if err != nil {
		return err
	}
	err = st.DeleteMsg(ctx, seq)
	// The client wraps the server's answer as text only (errors 10043, 10057).
	if err == nil || strings.Contains(err.Error(), "not found") || strings.Contains(err.Error(), "no message found") {
		return nil
	}
	return fmt.Errorf("delete from frontier: %w", err)
}

// WaitingHosts returns the hosts that have URLs in the frontier, with their
// number.
func (b *Bus) WaitingHosts(ctx context.Context) (map[string]uint64, error) {
	st, err := b.stream(ctx, streamFrontier)
	if err != nil {
		return nil, err
	}
	info, err := st.Info(ctx, jetstream.WithSubjectFilter("frontier.>"))
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", streamFrontier, err)
	}
	hosts := map[string]uint64{}
	for subject, n := range info.State.Subjects {
		token := strings.Split(subject, ".")[1]
		host, err := ParseHostToken(token)
		if err != nil {
			return nil, err
		}
		hosts[host] += n
	}
	return hosts, nil
}

// stream returns a handle that is asked for once per connection.
func (b *Bus) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	if st, ok := b.streams.Load(name); ok {
		return st.(jetstream.Stream), nil
	}
	st, err := b.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	b.streams.Store(name, st)
	return st, nil
}
