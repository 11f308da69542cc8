package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"pressmill/pkg/bus/direct"
	"pressmill/pkg/logging"
)

// PutSource stores a source's definition under its id, if the stored one still
// has the revision, 0 for none. ErrConflict says that it has another.
func (b *Bus) PutSource(ctx context.Context, id string, definition any, revision uint64) error {
	kv, err := b.bucket(ctx, bucketSources)
	if err != nil {
		return err
	}
	data, err := json.Marshal(definition)
	if err != nil {
		return err
	}
	if revision == 0 {
		_, err = kv.Create(ctx, id, data) // also where one was removed
	} else {
		_, err = kv.Update(ctx, id, data, revision)
	}
	if err != nil {
		return fmt.Errorf("put %s/%s: %w", bucketSources, id, classify(err))
	}
	return nil
}

// Source reads a source's definition and returns its revision; or ErrNotFound, or
// ErrUnreadable with the revision.
func (b *Bus) Source(ctx context.Context, id string, into any) (revision uint64, err error) {
	return b.get(ctx, bucketSources, id, into)
}

// Sources returns the ids of all sources, sorted.
func (b *Bus) Sources(ctx context.Context) ([]string, error) {
	kv, err := b.bucket(ctx, bucketSources)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	keys, err := kv.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	slices.Sort(keys)
	return keys, err
}

// RemoveSource removes a source's definition. That there is none is no error.
func (b *Bus) RemoveSource(ctx context.Context, id string) error {
	return b.remove(ctx, bucketSources, id)
}

func statusKey(source, host string) string { return HostToken(source) + "." + HostToken(host) }

// PutStatus stores how a source does on a host. The holder of the host's turn
// writes it.
func (b *Bus) PutStatus(ctx context.Context, source, host string, status any) error {
	return b.put(ctx, bucketStatus, statusKey(source, host), status)
}

// RemoveStatus removes what PutStatus stored.
func (b *Bus) RemoveStatus(ctx context.Context, source, host string) error {
	return b.remove(ctx, bucketStatus, statusKey(source, host))
}

// Statuses calls each with every host's status of a source, or of all sources
// if the id is ""; once more with one that changes meanwhile.
func (b *Bus) Statuses(ctx context.Context, source string, each func(source, host string, status []byte) error) error {
	keys := ">"
	if source != "" {
		keys = HostToken(source) + ".*"
	}
	return b.each(ctx, bucketStatus, keys, func(key string, data []byte) error {
		source, host, err := splitStatusKey(key)
		if err != nil {
			return err
		}
		return each(source, host, data)
	})
}

// eachBatch is how many keys are read at once.
const eachBatch = 256

// each calls tell with the keys of a bucket and what they hold; once more with
// one that changes meanwhile.
func (b *Bus) each(ctx context.Context, bucket, keys string, tell func(key string, data []byte) error) error {
	for from := uint64(1); ; {
		msgs, err := direct.Read(ctx, b.nc, bucketStream(bucket), direct.Request{
			From: from, Subject: bucketSubject(bucket, keys), Limit: eachBatch, MaxBytes: readBytes,
		})
		if err != nil {
			return fmt.Errorf("read bucket %s: %w", bucket, err)
		}
		for _, m := range msgs {
			if len(m.Data) == 0 {
				continue // it marks one that was removed
			}
			key := strings.TrimPrefix(m.Subject, bucketSubject(bucket, ""))
			if err := tell(key, m.Data); err != nil {
				return fmt.Errorf("read %s/%s: %w", bucket, key, err)
			}
		}
		if len(msgs) == 0 || msgs[len(msgs)-1].Behind == 0 {
			return nil
		}
		from = msgs[len(msgs)-1].Seq + 1
	}
}

func splitStatusKey(key string) (source, host string, err error) {
	a, b, _ := strings.Cut(key, ".")
	source, err1 := ParseHostToken(a)
	host, err2 := ParseHostToken(b)
	return source, host, errors.Join(err1, err2)
}

// parkedSubject is where a URL of a paused source waits.
func parkedSubject(source, host, priority string) string {
	if source != "*" {
		source = HostToken(source)
	}
	return "parked." + source + "." + host + "." + priority
}

// headerNotBefore is the time before which a URL that is parked stays so.
const headerNotBefore = "Pressmill-Not-Before"

// Park moves a URL of the frontier aside until its source is resumed, and in any
// case until a time, which may be zero. ErrFull means that there is no room for it:
// it stays where it is.
func (b *Bus) Park(ctx context.Context, host string, u FrontierURL, until time.Time) error {
	msg := nats.NewMsg(parkedSubject(u.Source, HostToken(host), fmt.Sprint(u.Priority)))
	var err error
	if msg.Data, err = json.Marshal(u); err != nil {
		return err
	}
	if !until.IsZero() {
		msg.Header.Set(headerNotBefore, until.UTC().Format(time.RFC3339Nano))
	}
	if _, err := b.js.PublishMsg(ctx, msg, jetstream.WithMsgID(fmt.Sprintf("park:%d", u.Seq))); err != nil {
		if err = classify(err); errors.Is(err, ErrFull) {
			b.tellCrowded(host, u.Source)
		}
		return fmt.Errorf("park URL of %s: %w", u.Source, err)
	}
	return b.Delete(ctx, u.Seq)
}

// tellCrowded tells of URLs that are to lie aside and find no room, by the host and
// source of one of them, every ten seconds while there are any.
func (b *Bus) tellCrowded(host, source string) {
	if b.crowded.due() {
		b.log.Warn("there is no room for URLs that are to lie aside, and they wait for another day: resume or remove sources of which many do (pressmill sources list), "+
			"or raise bus.frontier_max_bytes and run pressmill topology apply", logging.Event(logging.ParkedRefused), logging.StageName(string(RoleCrawler)),
			zap.String(logging.KeyHost, host), zap.String(logging.KeySource, source))
	}
}

// Parked returns how many URLs of each source lie aside.
func (b *Bus) Parked(ctx context.Context) (map[string]uint64, error) {
	st, err := b.stream(ctx, streamParked)
	if err != nil {
		return nil, err
	}
	info, err := st.Info(ctx, jetstream.WithSubjectFilter("parked.>"))
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", streamParked, err)
	}
	parked := map[string]uint64{}
	for subject, n := range info.State.Subjects {
		source, err := ParseHostToken(strings.Split(subject, ".")[1])
		if err != nil {
			return nil, err
		}
		parked[source] += n
	}
	return parked, nil
}

// Unpark moves the URLs of a source back into the frontier, but for those whose
// time has not come, and returns their hosts, whom the caller calls on. Two may do
// it at the same time. What the frontier has no room for stays parked.
func (b *Bus) Unpark(ctx context.Context, source string) (hosts []string, err error) {
	st, err := b.stream(ctx, streamParked)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for seq := uint64(1); ; {
		m, err := st.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(parkedSubject(source, "*", "*")))
		if err = classify(err); errors.Is(err, ErrNotFound) {
			return hosts, nil
		}
		if err != nil {
			return hosts, fmt.Errorf("read parked URLs of %s: %w", source, err)
		}
		seq = m.Sequence + 1
		if until, err := time.Parse(time.RFC3339Nano, m.Header.Get(headerNotBefore)); err == nil && time.Now().Before(until) {
			continue
		}
		token := strings.Split(m.Subject, ".")
		_, err = b.js.Publish(ctx, "frontier."+token[2]+"."+token[3], m.Data, jetstream.WithMsgID(fmt.Sprintf("unpark:%d", m.Sequence)))
		if err = classify(err); errors.Is(err, ErrFull) {
			return hosts, nil
		}
		if err == nil {
			err = b.deleteFrom(ctx, streamParked, m.Sequence)
		}
		if err != nil {
			return hosts, fmt.Errorf("put parked URLs of %s back: %w", source, err)
		}
		if !found[token[2]] {
			found[token[2]] = true
			host, err := ParseHostToken(token[2])
			if err != nil {
				return hosts, err
			}
			hosts = append(hosts, host)
		}
	}
}

// DropParked forgets the URLs of a source that lie aside.
func (b *Bus) DropParked(ctx context.Context, source string) error {
	st, err := b.stream(ctx, streamParked)
	if err != nil {
		return err
	}
	if err := st.Purge(ctx, jetstream.WithPurgeSubject(parkedSubject(source, "*", "*"))); err != nil {
		return fmt.Errorf("drop parked URLs of %s: %w", source, err)
	}
	return nil
}

func (b *Bus) remove(ctx context.Context, bucket, key string) error {
	kv, err := b.bucket(ctx, bucket)
	if err != nil {
		return err
	}
	if err := kv.Purge(ctx, key); err != nil {
		return fmt.Errorf("remove %s/%s: %w", bucket, key, classify(err))
	}
	return nil
}
