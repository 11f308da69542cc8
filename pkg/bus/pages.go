package bus

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"pressmill/pkg/bus/turn"
	"pressmill/pkg/logging"
	"pressmill/pkg/news"
)

// Receipt is the bus's answer to a message that it has stored.
type Receipt struct {
	Seq uint64 // its sequence in the stream
	// New is false if the stream has had a message of the same id: Seq is that
	// one's, and nothing was stored.
	New       bool
	Partition int // of an article
}

// PublishPage is StorePage for who does not ask for the receipt.
func (b *Bus) PublishPage(ctx context.Context, host string, page *news.Page) error {
	_, err := b.StorePage(ctx, host, page)
	return err
}

// StorePage stores a page for the parsers. host is the host of its final
// URL. The same PageID with the same body is stored once within the stream's
// dedup window: who fetches a page again, since a worker died before it could say
// that it had it, may get another version of it. It returns ErrFull while the
// stream is at its limit.
func (b *Bus) StorePage(ctx context.Context, host string, page *news.Page) (Receipt, error) {
	data, err := encodePage(page)
	if err != nil {
		return Receipt{}, fmt.Errorf("encode page %s: %w", page.PageID, err)
	}
	ack, err := b.js.Publish(ctx, "pages."+HostToken(host), data, jetstream.WithMsgID(pageMsgID(page)))
	if err != nil {
		return Receipt{}, classify(err)
	}
	return Receipt{Seq: ack.Sequence, New: !ack.Duplicate}, nil
}

func pageMsgID(page *news.Page) string {
	return page.PageID + "." + strconv.FormatUint(uint64(crc32.Checksum(page.Body, castagnoli)), 16)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli) //nolint:gochecknoglobals // a table that nobody changes

// A page on the wire is the length of its metadata as a uvarint, the metadata
// as JSON, and the body, unless it is empty, as one S2 block: against zstd it takes a third more
// room, for as long as the page waits, and less than half of the time.
func encodePage(page *news.Page) ([]byte, error) {
	meta, err := json.Marshal(page)
	if err != nil {
		return nil, err
	}
	if len(page.Body) == 0 {
		return append(binary.AppendUvarint(nil, uint64(len(meta))), meta...), nil
	}
	scratch := scratches.Get().(*[]byte) //nolint:forcetypeassert // it holds nothing else
	defer scratches.Put(scratch)
	*scratch = slices.Grow((*scratch)[:0], max(s2.MaxEncodedLen(len(page.Body)), 0))
	body := s2.Encode((*scratch)[:cap(*scratch)], page.Body)
	data := make([]byte, 0, binary.MaxVarintLen64+len(meta)+len(body))
	data = append(binary.AppendUvarint(data, uint64(len(meta))), meta...)
	return append(data, body...), nil
}

// scratches are the buffers that bodies are packed in.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

func decodePage(data []byte) (*news.Page, error) {
	page, body, err := decodeMeta(data)
	if err != nil {
		return nil, err
	}
	return page, decodeBody(page, body)
}

// decodeMeta returns a page without its body, and the body as it lies on the
// wire.
func decodeMeta(data []byte) (page *news.Page, body []byte, err error) {
	n, k := binary.Uvarint(data)
	if k <= 0 || n > uint64(len(data)-k) {
		return nil, nil, errors.New("page message is cut")
	}
	page = new(news.Page)
	if err := json.Unmarshal(data[k:k+int(n)], page); err != nil {
		return nil, nil, fmt.Errorf("page metadata: %w", err)
	}
	return page, data[k+int(n):], nil
}

// maxPageBody is more than any body's length.
const maxPageBody = 64 << 20

// decodeBody takes a zstd frame too, as pages had one before: some may wait, or
// lie among the dead letters. No S2 block begins as a frame does, since its
// second byte would copy what is not there yet.
func decodeBody(page *news.Page, wire []byte) (err error) {
	if page.Body, err = unpack(wire); err != nil {
		return fmt.Errorf("page body: %w", err)
	}
	return nil
}

func unpack(wire []byte) ([]byte, error) {
	if len(wire) == 0 { // an empty body
		return nil, nil
	}
	if bytes.HasPrefix(wire, zstdMagic) {
		return pageDecoder().DecodeAll(wire, nil)
	}
	if n, err := s2.DecodedLen(wire); err != nil || n > maxPageBody {
		return nil, cmp.Or(err, errTooLong)
	}
	return s2.Decode(nil, wire)
}

var (
	zstdMagic  = []byte{0x28, 0xb5, 0x2f, 0xfd} // RFC 8878, section 3.1.1
	errTooLong = fmt.Errorf("it has more than %d bytes", maxPageBody)
)

var pageDecoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxPageBody))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

const (
	aloneAfter = 3 // from this delivery on a page is worked on alone
	deadAfter  = 5 // a page delivered more often than this killed its workers

	beatEvery = 5 * time.Second // while all workers are busy
	// pagesGrace is how long pages in work may go on when the worker is to stop,
	// such as those whose article finds no room in its stream.
	pagesGrace = 5 * time.Second
)

// ConsumePages calls handle for every page, on at most the given number of
// pages at a time, until ctx is cancelled; it then finishes those in work,
// gives back at once what cannot be finished, and returns nil. A page whose
// handling panics or fails is delivered again, later each time, and becomes a
// dead letter after the fifth delivery. beat is called whenever the loop goes
// round, every few seconds also without pages or with all workers busy; dead, with
// the reason, for every page that is to become a dead letter: whether it was
// handled, and not found out to be broken or delivered too often before, and
// why the letter could not be stored, nil if it was. While there is no room for
// the letter the page waits in its stream, is delivered again, later each time,
// and is not handled once more by a worker that remembers it.
func (b *Bus) ConsumePages(
	ctx context.Context, workers int, beat func(), handle func(ctx context.Context, page *news.Page) error, dead func(reason string, handled bool, err error),
) error {
	cons, err := b.js.Consumer(ctx, streamPages, consumerParser)
	if err != nil {
		return fmt.Errorf("consumer %s/%s: %w", streamPages, consumerParser, err)
	}
	waiting, err := lru.New[place, error](maxAckPending)
	if err != nil {
		return err
	}
	c := pageConsumer{bus: b, handle: handle, dead: dead, waiting: waiting}
	slots := turn.NewSlots(workers)
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(pagesGrace, giveUp) })()
	var wg sync.WaitGroup
	defer wg.Wait()
	for ctx.Err() == nil {
		beat()
		free := takeFor(ctx, slots, beatEvery)
		if free == 0 {
			continue
		}
		batch, err := cons.Fetch(free, jetstream.FetchMaxWait(time.Second))
		if err == nil {
			for msg := range batch.Messages() {
				free--
				wg.Go(func() {
					defer slots.Give(1)
					c.process(work, msg)
				})
			}
			err = batch.Error()
		}
		slots.Give(free)
		if err != nil && !errors.Is(err, nats.ErrTimeout) {
			b.log.Warn("pull pages", logging.Event(logging.NATSError), zap.Error(err))
			pause(ctx, 500*time.Millisecond)
		}
	}
	return nil
}

// takeFor takes free slots; none if there is none for some time.
func takeFor(ctx context.Context, slots turn.Slots, wait time.Duration) int {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return slots.Take(ctx)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

type pageConsumer struct {
	bus    *Bus
	handle func(ctx context.Context, page *news.Page) error
	dead   func(reason string, handled bool, err error)
	alone  sync.RWMutex
	// waiting is why pages are to become dead letters that could not be stored.
	// Another worker that is given such a page handles it, as long as it was not
	// delivered too often.
	waiting *lru.Cache[place, error]
}

func placeOf(meta *jetstream.MsgMetadata) place {
	return place{meta.Stream, meta.Sequence.Stream, meta.Timestamp.UnixNano()}
}

func (c *pageConsumer) process(ctx context.Context, msg jetstream.Msg) {
	log := c.bus.log
	meta, err := msg.Metadata()
	if err != nil {
		log.Error("page message without metadata", logging.Event(logging.NATSError), zap.Error(err))
		return
	}
	stop := keepAlive(msg, c.bus.cfg.AckWait)
	defer stop()
	page, handled, err := c.attempt(ctx, msg, meta)
	if permanent, ok := errors.AsType[*PermanentError](err); ok {
		err = c.bury(ctx, msg, page, placeOf(meta), permanent.Reason, err)
		c.dead(permanent.Reason, handled, err)
	}
	if err != nil {
		delay := min(time.Second<<min(meta.NumDelivered, 6), time.Minute)
		if ctx.Err() != nil {
			delay = 0 // it is no fault of the page
		}
		if handled || !errors.Is(err, ErrDeadFull) { // the others were told of when they were handled
			log.Warn("page will be delivered again", append(aboutPage(page), logging.Event(logging.ParseFailed), zap.String(logging.KeyStage, string(RoleParser)),
				zap.Uint64(logging.KeySeq, meta.Sequence.Stream), zap.Duration(logging.KeyBackoff, delay), zap.Error(err))...)
		}
		if err := c.tell(ctx, msg, fmt.Sprintf("-NAK {\"delay\": %d}", delay)); err != nil {
			log.Warn("nak page", logging.Event(logging.NATSError), zap.Error(err))
		}
		return
	}
	if err := c.tell(ctx, msg, "+ACK"); err != nil {
		log.Warn("acknowledge page", logging.Event(logging.NATSError), zap.Error(err))
	}
}

// attempt has a page handled, unless it is clear before that it is to become a
// dead letter, and why. The page is never nil.
func (c *pageConsumer) attempt(ctx context.Context, msg jetstream.Msg, meta *jetstream.MsgMetadata) (page *news.Page, handled bool, err error) {
	page, body, err := decodeMeta(msg.Data())
	if err != nil {
		return new(news.Page), false, Permanent("bad_message", err)
	}
	if why, ok := c.waiting.Get(placeOf(meta)); ok {
		return page, false, why
	}
	if meta.NumDelivered > deadAfter {
		return page, false, Permanent("delivered_too_often", fmt.Errorf("delivered %d times", meta.NumDelivered))
	}
	page.Seq, page.Stored = meta.Sequence.Stream, meta.Timestamp
	handled, err = c.call(ctx, page, body, meta.NumDelivered)
	return page, handled, err
}

// bury puts a page among the dead letters, or remembers why it is to go there.
func (c *pageConsumer) bury(ctx context.Context, msg jetstream.Msg, page *news.Page, at place, reason string, why error) error {
	err := c.bus.PublishDead(ctx, DeadLetter{
		Stage: string(RoleParser), Key: msg.Subject()[len("pages."):], Subject: msg.Subject(), Reason: reason, Error: why.Error(), Data: msg.Data(),
		CrawlID: page.CrawlID, PageID: page.PageID, URL: page.FinalURL, Source: page.Source.ID,
	}, at.deadID())
	if err != nil {
		c.waiting.Add(at, why)
		return fmt.Errorf("give up the page (%s): %w", why.Error(), err)
	}
	c.waiting.Remove(at)
	return nil
}

// tellFor is how long a server that is away is waited for, to tell it what
// became of a page: about as long as it takes to start again. After it the page
// waits out AckWait.
const tellFor = 20 * time.Second

// tell tells the server what became of a message until it answers. To be told
// twice does no harm: what is delivered once too often is stored once.
func (c *pageConsumer) tell(ctx context.Context, msg jetstream.Msg, what string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellFor)
	defer cancel()
	for {
		attempt, stop := context.WithTimeout(ctx, 5*time.Second)
		_, err := c.bus.nc.RequestWithContext(attempt, msg.Reply(), []byte(what))
		stop()
		if err == nil || ctx.Err() != nil {
			return err
		}
		pause(ctx, 250*time.Millisecond)
	}
}

// aboutPage is the fields by which a page is followed.
func aboutPage(p *news.Page) []zap.Field {
	if p.PageID == "" {
		return nil
	}
	return []zap.Field{
		zap.String(logging.KeyCrawlID, p.CrawlID), zap.String(logging.KeyPageID, p.PageID), zap.String(logging.KeyHost, hostOf(p.FinalURL)),
		logging.URL(p.FinalURL), zap.String(logging.KeySource, p.Source.ID),
	}
}

// hostOf returns the host of a URL as lines have it; "" if there is none.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// call has a page handled, unless it cannot be read.
func (c *pageConsumer) call(ctx context.Context, page *news.Page, body []byte, delivered uint64) (handled bool, err error) {
	if delivered >= aloneAfter {
		c.alone.Lock()
		defer c.alone.Unlock()
	} else {
		c.alone.RLock()
		defer c.alone.RUnlock()
	}
	if err := decodeBody(page, body); err != nil {
		return false, Permanent("bad_message", err)
	}
	defer func() {
		if r := recover(); r != nil {
			handled, err = true, fmt.Errorf("panic on page %s: %v", page.PageID, r)
		}
	}()
	return true, c.handle(ctx, page)
}

func keepAlive(msg jetstream.Msg, ackWait time.Duration) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(ackWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				_ = msg.InProgress() // the next tick tries again
			}
		}
	})
	return func() { close(done); wg.Wait() }
}
