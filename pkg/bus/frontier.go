package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pressmill/pkg/news"
)

// The priorities of URLs. What was pushed first is read first, but for items of
// feeds, of which the last one is: they are news, and the newest counts most.
const (
	PrioritySeed = 0 // seeds and polls
	PriorityFeed = 1 // items of feeds and news sitemaps
	PriorityNear = 2 // links of depth 1, entries of sitemaps
	PriorityFar  = 3 // deeper links

	PriorityLater = 4 // what waits for another day, to go on as FrontierURL.Later says
	priorities    = 5
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
	// FoundBy says how the crawler found a seed that nobody named, such as
	// "robots" or "html"; "" if it was named.
	FoundBy string `json:"found_by,omitempty"`
	// Index is the sitemap index that was named or found, of a sitemap that it
	// lists.
	Index string `json:"index,omitempty"`
	// Requested is the URL that was asked for first, and Trail the redirects
	// that led from there to here.
	Requested string     `json:"requested,omitempty"`
	Trail     []news.Hop `json:"trail,omitempty"`
	// Backfill says of what days articles are fetched afterwards; their
	// sitemaps are seeds. nil: the URL is of today.
	Backfill *Days     `json:"backfill,omitempty"`
	CrawlID  string    `json:"crawl_id,omitempty"`
	Found    time.Time `json:"found,omitzero"`
	// From is the page id of what led here: the page with the link, the feed or
	// sitemap with the entry, the redirect; "" if there is none.
	From string `json:"from,omitempty"`
	// Dated is when the feed or sitemap that lists the URL says that it was
	// published or changed last; zero if it does not say.
	Dated time.Time `json:"dated,omitzero"`
	// Twin marks the other address of a page that was fetched: it is not fetched
	// but marked as had.
	Twin bool `json:"twin,omitempty"`
	// Via is the kind of URLs (crawler/traps) that the page is one of on which
	// this one was found.
	Via [2]uint32 `json:"via,omitzero"`
	// Later is set while the URL waits as one of PriorityLater.
	Later Later `json:"later,omitzero"`
	// Revisit is set if the URL was fetched before and is looked at again.
	Revisit *Revisit `json:"revisit,omitempty"`

	Seq      uint64    `json:"-"` // its sequence in the frontier
	Stored   time.Time `json:"-"` // when it was put there, by the stream's clock; not of a revisit that can be read
	Priority int       `json:"-"`
}

// Later says since when a URL waits for another day, and what it is then.
type Later struct {
	Day      string `json:"day"` // UTC, as 20261124
	Priority int    `json:"priority"`
}

// Days are two days, as 2026-11-24, and those between them.
type Days struct {
	From string `json:"from"`
	To   string `json:"to"`
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

// Queued is a URL on its way into its host's frontier, as Push takes it.
type Queued struct {
	Host     string
	Priority int
	URL      FrontierURL
	MsgID    string
}

// PushAll pushes URLs in order, sends them without waiting for each one's
// answer, and then waits for all. It returns the indexes of those that were
// refused for want of room. Any other error is the first one's that failed;
// which of the others were stored is then unknown, and their MsgID keeps a
// second push from doubling them.
func (b *Bus) PushAll(ctx context.Context, urls []Queued) (refused []int, err error) {
	var errs []error
	acks := make([]jetstream.PubAckFuture, len(urls))
	for i, q := range urls {
		if acks[i], err = b.pushAsync(q); err != nil {
			errs = append(errs, err)
			break
		}
	}
	for i, ack := range acks {
		if ack == nil {
			break
		}
		switch err := acked(ctx, ack); {
		case errors.Is(err, ErrFull):
			refused = append(refused, i)
		case err != nil:
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return refused, fmt.Errorf("push %d URLs: %w", len(urls), errs[0])
	}
	return refused, nil
}

func (b *Bus) pushAsync(q Queued) (jetstream.PubAckFuture, error) {
	data, err := json.Marshal(q.URL)
	if err != nil {
		return nil, err
	}
	opts := []jetstream.PublishOpt{jetstream.WithStallWait(asyncTimeout)}
	if q.MsgID != "" {
		opts = append(opts, jetstream.WithMsgID(q.MsgID))
	}
	return b.js.PublishAsync(frontierSubject(q.Host, q.Priority), data, opts...)
}

func acked(ctx context.Context, ack jetstream.PubAckFuture) error {
	select {
	case <-ack.Ok():
		return nil
	case err := <-ack.Err():
		return classify(err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func frontierSubject(host string, priority int) string {
	return fmt.Sprintf("frontier.%s.%d", HostToken(host), min(max(priority, 0), priorities-1))
}

// Taken is what the holder of a host's turn remembers of the URLs that it has
// removed from the frontier: a read that is behind must not bring one back.
type Taken struct {
	// After holds, by priority, the last sequence removed; nothing up to it is
	// read any more.
	After [priorities]uint64 `json:"after,omitzero"`
	// Items are the last sequences removed of PriorityFeed, which is read from
	// its end.
	Items []uint64 `json:"items,omitempty"`
}

// maxTaken bounds Taken.Items. Reads of that priority come from the stream's
// leader, which is behind for a moment only, when it has become the leader.
const maxTaken = 16

// Add notes that a URL was removed.
func (t *Taken) Add(u FrontierURL) {
	if u.Priority != PriorityFeed {
		t.After[u.Priority] = u.Seq
		return
	}
	t.Items = append(t.Items, u.Seq)
	t.Items = slices.Clone(t.Items[max(0, len(t.Items)-maxTaken):])
}

// Next returns the URL of a host to fetch next, of the first of the given
// priorities that has one, or ErrNotFound.
func (b *Bus) Next(ctx context.Context, host string, taken Taken, priorities ...int) (FrontierURL, error) {
	for _, p := range priorities {
		m, err := b.nextOf(ctx, host, p, taken)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return FrontierURL{}, fmt.Errorf("read frontier of %s: %w", host, err)
		}
		u := FrontierURL{Seq: m.Sequence, Stored: m.Time, Priority: p}
		if err := json.Unmarshal(m.Data, &u); err != nil {
			return u, Permanent("bad_message", err)
		}
		return u, nil
	}
	return FrontierURL{}, ErrNotFound
}

func (b *Bus) nextOf(ctx context.Context, host string, priority int, taken Taken) (*jetstream.RawStreamMsg, error) {
	subject := frontierSubject(host, priority)
	if priority == PriorityFeed {
		return b.lastItem(ctx, subject, taken)
	}
	m, err := b.read.Next(ctx, streamFrontier, taken.After[priority]+1, subject)
	return m, classify(err)
}

// lastItem returns the last message of a subject that was not taken before.
// One that was, and is there still, is removed once more.
func (b *Bus) lastItem(ctx context.Context, subject string, taken Taken) (*jetstream.RawStreamMsg, error) {
	for range len(taken.Items) + 1 {
		m, err := b.read.Last(ctx, streamFrontier, subject)
		if err != nil || !slices.Contains(taken.Items, m.Sequence) {
			return m, classify(err)
		}
		if err := b.Delete(ctx, m.Sequence); err != nil {
			return nil, err
		}
	}
	return nil, ErrNotFound
}

// Waits says whether a host has any URL in the frontier that need not wait for
// another day.
func (b *Bus) Waits(ctx context.Context, host string, taken Taken) (bool, error) {
	_, err := b.Next(ctx, host, taken, PriorityNear, PriorityFar, PrioritySeed, PriorityFeed)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if _, broken := errors.AsType[*PermanentError](err); broken {
		return true, nil
	}
	return err == nil, err
}

// Delete removes a URL from the frontier. That it is gone already is no error.
func (b *Bus) Delete(ctx context.Context, seq uint64) error {
	return b.deleteFrom(ctx, streamFrontier, seq)
}

func (b *Bus) deleteFrom(ctx context.Context, stream string, seq uint64) error {
	st, err := b.stream(ctx, stream)
	if err != nil {
		return err
	}
	err = st.DeleteMsg(ctx, seq)
	// The client wraps the server's answer as text only (errors 10043, 10057).
	if err == nil || strings.Contains(err.Error(), "not found") || strings.Contains(err.Error(), "no message found") {
		return nil
	}
	return fmt.Errorf("delete from stream %s: %w", stream, err)
}

// WaitingHosts returns the hosts that have URLs in the frontier, with the number
// of those that need not wait for another day.
func (b *Bus) WaitingHosts(ctx context.Context) (map[string]uint64, error) {
	return b.hostsOf(ctx, streamFrontier, "frontier.>")
}

// hostsOf counts a stream's messages by host, the second token of their
// subjects. What waits in the frontier for another day does not count.
func (b *Bus) hostsOf(ctx context.Context, stream, filter string) (map[string]uint64, error) {
	subjects, err := b.subjects(ctx, stream, filter)
	if err != nil {
		return nil, err
	}
	hosts := map[string]uint64{}
	for subject, n := range subjects {
		host, err := ParseHostToken(strings.Split(subject, ".")[1])
		if err != nil {
			return nil, err
		}
		if subject == frontierSubject(host, PriorityLater) {
			n = 0
		}
		hosts[host] += n
	}
	return hosts, nil
}

// subjects counts a stream's messages by subject.
func (b *Bus) subjects(ctx context.Context, stream, filter string) (map[string]uint64, error) {
	st, err := b.stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	info, err := st.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", stream, err)
	}
	return info.State.Subjects, nil
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
