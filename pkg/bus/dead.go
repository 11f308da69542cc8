package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"pressmill/pkg/logging"
	"pressmill/pkg/news"
)

const (
	headerReason  = "Pressmill-Reason"
	headerError   = "Pressmill-Error"
	headerSubject = "Pressmill-Subject"
)

// DeadLetter is a message that could not be worked on.
type DeadLetter struct {
	Seq     uint64 // its sequence among the dead letters
	Time    time.Time
	Stage   string // crawler, parser or sink
	Key     string // host token or partition
	Subject string // where it came from, and goes to when replayed
	Reason  string
	Error   string
	Data    []byte

	// CrawlID, PageID, URL and Source are what the message is about, for the
	// line that tells of it; empty if it is about no one page.
	CrawlID, PageID, URL, Source string
}

// PublishDead stores a dead letter; msgID makes it once only, for as long as
// letters are kept, and must therefore be another for any other letter. ErrDeadFull
// means that there is no room for it: nothing is stored, and the caller keeps what
// the letter is about, to try again later.
func (b *Bus) PublishDead(ctx context.Context, d DeadLetter, msgID string) error {
	msg := nats.NewMsg("dlq." + d.Stage + "." + d.Key)
	msg.Data = d.Data
	msg.Header.Set(headerReason, d.Reason)
	msg.Header.Set(headerError, strings.NewReplacer("\r", " ", "\n", " ").Replace(d.Error))
	msg.Header.Set(headerSubject, d.Subject)
	ack, err := b.js.PublishMsg(ctx, msg, jetstream.WithMsgID(msgID))
	if err != nil {
		if err = classify(err); errors.Is(err, ErrFull) {
			b.tellRefused(d)
			err = ErrDeadFull
		}
		return fmt.Errorf("publish dead letter: %w", err)
	}
	fields := append(d.fields(), logging.Event(logging.DeadLetter))
	if ack.Duplicate {
		fields = append(fields, zap.Bool(logging.KeyDuplicate, true))
	}
	b.log.Error("message given up", fields...)
	return nil
}

// tellRefused tells of letters for which there is no room, by one of them, every
// ten seconds while there are any.
func (b *Bus) tellRefused(d DeadLetter) {
	if b.refusals.due() {
		b.log.Warn("there is no room for dead letters, and what was to become one waits: look at those that there are (pressmill deadletters list, show SEQ), "+
			"replay or delete some (deadletters replay, delete), or raise bus.dead_letters_max_bytes and run pressmill topology apply",
			append(d.fields(), logging.Event(logging.DeadLetterRefused))...)
	}
}

// fields are those of a line about the letter.
func (d DeadLetter) fields() (fields []zap.Field) {
	if d.PageID != "" {
		fields = aboutPage(&news.Page{CrawlID: d.CrawlID, PageID: d.PageID, FinalURL: d.URL, Source: news.Source{ID: d.Source}})
	}
	return append(fields, zap.String(logging.KeyStage, d.Stage), zap.String(logging.KeyReason, d.Reason), zap.String(logging.KeyError, d.Error))
}

// PushDead stores a frontier URL that was given up as a dead letter. pageID is
// what its lines were told by.
func (b *Bus) PushDead(ctx context.Context, host string, u FrontierURL, pageID, reason, detail string) error {
	u.Attempts = 0
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return b.PublishDead(ctx, DeadLetter{
		Stage: "crawler", Key: HostToken(host), Subject: frontierSubject(host, u.Priority), Reason: reason, Error: detail, Data: data,
		CrawlID: u.CrawlID, PageID: pageID, URL: u.URL, Source: u.Source,
	}, u.place().deadID())
}

// place names the message of a stream, and of no other stream that had its
// number.
type place struct {
	stream string
	seq    uint64
	stored int64
}

// place is that of the URL in the frontier, or in the stream of revisits.
func (u FrontierURL) place() place {
	if u.Revisit != nil {
		return place{streamRevisits, u.Revisit.Seq, u.Stored.UnixNano()}
	}
	return place{streamFrontier, u.Seq, u.Stored.UnixNano()}
}

// deadID is the id of the message's dead letter.
func (p place) deadID() string { return fmt.Sprintf("%s:%d:%d", p.stream, p.seq, p.stored) }

// DeadLetters calls yield for every dead letter of a stage ("" for all), oldest
// first, until it returns false.
func (b *Bus) DeadLetters(ctx context.Context, stage string, yield func(DeadLetter) bool) error {
	st, err := b.stream(ctx, streamDead)
	if err != nil {
		return err
	}
	filter := "dlq.>"
	if stage != "" {
		filter = "dlq." + stage + ".>"
	}
	for seq := uint64(1); ; {
		m, err := st.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(filter))
		if err = classify(err); errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read dead letters: %w", err)
		}
		if !yield(deadLetter(m)) {
			return nil
		}
		seq = m.Sequence + 1
	}
}

func deadLetter(m *jetstream.RawStreamMsg) DeadLetter {
	parts := strings.SplitN(m.Subject, ".", 3)
	return DeadLetter{
		Seq: m.Sequence, Time: m.Time, Stage: parts[1], Key: parts[2], Data: m.Data,
		Subject: m.Header.Get(headerSubject), Reason: m.Header.Get(headerReason), Error: m.Header.Get(headerError),
	}
}

// Replay puts a dead letter back where it came from and removes it. A URL of
// the frontier has its host armed.
func (b *Bus) Replay(ctx context.Context, seq uint64) error {
	st, err := b.stream(ctx, streamDead)
	if err != nil {
		return err
	}
	m, err := st.GetMsg(ctx, seq)
	if err != nil {
		return fmt.Errorf("dead letter %d: %w", seq, classify(err))
	}
	d := deadLetter(m)
	if d.Subject == "" {
		return fmt.Errorf("dead letter %d does not say where it came from", seq)
	}
	if _, err := b.js.Publish(ctx, d.Subject, d.Data, jetstream.WithMsgID(fmt.Sprintf("replay:%d:%d", seq, m.Time.UnixNano()))); err != nil {
		return fmt.Errorf("replay dead letter %d: %w", seq, classify(err))
	}
	if d.Stage == "crawler" {
		if _, err := b.hosts.Arm(ctx, d.Key, nil, time.Time{}); err != nil {
			return err
		}
		if _, err := b.hosts.Wake(ctx, d.Key); err != nil {
			return err
		}
	}
	return st.DeleteMsg(ctx, seq)
}

// DeleteDead removes a dead letter for good.
func (b *Bus) DeleteDead(ctx context.Context, seq uint64) error {
	st, err := b.stream(ctx, streamDead)
	if err != nil {
		return err
	}
	if _, err := st.GetMsg(ctx, seq); err != nil {
		return fmt.Errorf("dead letter %d: %w", seq, classify(err))
	}
	return b.deleteFrom(ctx, streamDead, seq)
}

// PurgeDead removes all dead letters for good, but for those that come
// meanwhile, and returns how many there were.
func (b *Bus) PurgeDead(ctx context.Context) (removed uint64, err error) {
	st, err := b.js.Stream(ctx, streamDead)
	if err != nil {
		return 0, fmt.Errorf("read stream %s: %w", streamDead, err)
	}
	state := st.CachedInfo().State
	if state.Msgs == 0 {
		return 0, nil
	}
	if err := st.Purge(ctx, jetstream.WithPurgeSequence(state.LastSeq+1)); err != nil {
		return 0, fmt.Errorf("delete dead letters: %w", err)
	}
	return state.Msgs, nil
}
