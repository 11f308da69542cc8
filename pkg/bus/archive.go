package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pressmill/pkg/news"
)

// StoredPage is a page as it lies in its stream.
type StoredPage struct {
	Seq  uint64
	Time time.Time  // the stream's
	Page *news.Page // nil if it cannot be decoded
}

// pagesBytes bounds the bodies that one read of pages holds, but for the last.
const pagesBytes = 16 << 20

// ReadPages returns the pages from a sequence on, in order, at most limit of
// them, and no more after the one whose body reaches 16 MiB in all. It waits up
// to wait for the first; none by then is no error.
func (b *Bus) ReadPages(ctx context.Context, from uint64, limit int, wait time.Duration) ([]StoredPage, error) {
	msgs, err := b.readFrom(ctx, streamPages, "pages.*", from, limit, wait)
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	out := make([]StoredPage, 0, len(msgs))
	for size := 0; len(out) < len(msgs) && size < pagesBytes; {
		m := msgs[len(out)]
		page, err := decodePage(m.Data)
		if err != nil {
			page = nil // the parser makes it a dead letter
		} else {
			size += len(page.Body)
		}
		out = append(out, StoredPage{Seq: m.Seq, Time: m.Time, Page: page})
	}
	return out, nil
}

// PagesState returns when the stream of pages was created and its first and
// last sequence.
func (b *Bus) PagesState(ctx context.Context) (created time.Time, first, last uint64, err error) {
	st, err := b.js.Stream(ctx, streamPages)
	if err != nil {
		return time.Time{}, 0, 0, fmt.Errorf("read stream %s: %w", streamPages, err)
	}
	info := st.CachedInfo()
	return info.Created, info.State.FirstSeq, info.State.LastSeq, nil
}

// ReleasePages says that all pages up to a sequence are archived. Those that a
// process looked at which died before it released them follow after AckWait.
func (b *Bus) ReleasePages(ctx context.Context, upTo uint64) error {
	cons, err := b.js.Consumer(ctx, streamPages, consumerArchive)
	if err != nil {
		return fmt.Errorf("consumer %s/%s: %w", streamPages, consumerArchive, err)
	}
	for ctx.Err() == nil {
		info, err := cons.Info(ctx)
		if err != nil {
			return fmt.Errorf("consumer %s/%s: %w", streamPages, consumerArchive, err)
		}
		if info.AckFloor.Stream >= upTo || info.NumPending+uint64(info.NumAckPending) == 0 {
			return nil
		}
		// As many as there can be up to the sequence, behind those given back.
		n := min(releaseBatch, max(0, int(upTo)-int(info.Delivered.Stream))) + info.NumAckPending
		if some, err := release(ctx, cons, max(n, 1), upTo); err != nil || !some {
			return err
		}
	}
	return ctx.Err()
}

// releaseBatch is how many pages are acknowledged at once.
const releaseBatch = 256

// release takes n pages and acknowledges all up to a sequence, if one of them is
// not beyond it. Those beyond it are given back, for the next release.
func release(ctx context.Context, cons jetstream.Consumer, n int, upTo uint64) (some bool, err error) {
	batch, err := cons.Fetch(n, jetstream.FetchMaxWait(200*time.Millisecond))
	if err != nil {
		return false, fmt.Errorf("fetch from %s/%s: %w", streamPages, consumerArchive, err)
	}
	var last jetstream.Msg
	for msg := range batch.Messages() {
		if meta, err := msg.Metadata(); err == nil && meta.Sequence.Stream <= upTo {
			last = msg
		} else if err := msg.Nak(); err != nil {
			return false, fmt.Errorf("give pages back: %w", err)
		}
	}
	if last == nil {
		return false, nil
	}
	if err := last.DoubleAck(ctx); err != nil { // and with it all before
		return false, fmt.Errorf("acknowledge pages: %w", err)
	}
	return true, nil
}
