package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxEncodings is how many content encodings may be stacked.
	maxEncodings = 3
	// innerFactor times MaxBody is how far an inner layer of stacked
	// encodings may unfold.
	innerFactor = 4
	// maxWindow is the largest zstd window of a content encoding (RFC 9659).
	maxWindow = 8 << 20
	// maxPooled is the largest buffer that is kept for the next body.
	maxPooled = 1 << 20
)

// decoder reads bodies under caps. It is safe for concurrent use.
type decoder struct {
	maxBody, maxWire int64
	buffers, gzips   sync.Pool
	zstds, brotlis   sync.Pool
}

func newDecoder(maxBody, maxWire int64) *decoder {
	return &decoder{maxBody: maxBody, maxWire: maxWire}
}

// result is a body as read.
type result struct {
	body      *body
	wire      int64 // bytes read from the wire
	truncated bool
}

// read reads and decodes a whole body, at most maxWire bytes of it and at most
// maxBody decoded. A body that breaks a cap is cut without an error. What the
// wire fails with comes back as it is; what cannot be decoded is an ErrDecode.
func (d *decoder) read(ctx context.Context, wire io.Reader, encodings []string, hint int64) (result, error) {
	w := &capped{r: wire, left: d.maxWire}
	buf := d.buffer(hint)
	err := d.decode(ctx, w, encodings, buf)
	res := result{wire: d.maxWire - w.left, truncated: w.hit}
	switch {
	case errors.Is(err, errCut):
		res.truncated = true
	case w.hit: // an encoded body without its end
	case w.err != nil:
		d.release(buf)
		return res, w.err
	case err != nil:
		d.release(buf)
		return res, err
	}
	res.body = &body{Reader: bytes.NewReader(buf.Bytes()), buf: buf, decoder: d}
	return res, nil
}

func (d *decoder) decode(ctx context.Context, wire *capped, encodings []string, to *bytes.Buffer) error {
	if len(encodings) > maxEncodings {
		return fmt.Errorf("%w: %d content encodings", ErrDecode, len(encodings))
	}
	var r io.Reader = wire
	if len(encodings) > 0 {
		br := bufio.NewReader(wire)
		if _, err := br.Peek(1); err == io.EOF { // no body, as of a 304
			return nil
		}
		r = br
	}
	for i := len(encodings) - 1; i >= 0; i-- {
		layer, done, err := d.layer(encodings[i], r)
		if err != nil {
			return asDecode(encodings[i], err)
		}
		defer done()
		r = layer
		if i > 0 {
			r = &capped{r: layer, left: innerFactor * d.maxBody, cut: true}
		}
	}
	last := &capped{r: &cancelable{ctx, r}, left: d.maxBody, cut: true}
	if _, err := to.ReadFrom(last); err != nil {
		if len(encodings) == 0 || ctx.Err() != nil {
			return err
		}
		return asDecode(encodings[0], err)
	}
	return nil
}

func asDecode(encoding string, err error) error {
	if errors.Is(err, errCut) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", ErrDecode, encoding, err)
}

// layer returns a reader that removes one encoding, and what releases it.
func (d *decoder) layer(encoding string, r io.Reader) (io.Reader, func(), error) {
	switch encoding {
	case "gzip", "x-gzip":
		return d.gzip(r)
	case "deflate":
		return inflate(r)
	case "br":
		return d.brotli(r)
	case "zstd":
		return d.zstd(r)
	}
	return nil, nil, errors.New("unknown content encoding")
}

func (d *decoder) gzip(r io.Reader) (io.Reader, func(), error) {
	zr, _ := d.gzips.Get().(*gzip.Reader)
	if zr == nil {
		zr = new(gzip.Reader)
	}
	m := &members{zr: zr, br: bufio.NewReader(r)}
	if err := m.next(); err != nil {
		return nil, nil, err
	}
	return m, func() { d.gzips.Put(zr) }, nil
}

// members reads the members of a gzip body (RFC 1952, section 2.2). It ends
// where what follows a member is no further one: servers pad bodies, and
// browsers do not mind.
type members struct {
	zr *gzip.Reader
	br *bufio.Reader
}

func (m *members) next() error {
	if err := m.zr.Reset(m.br); err != nil {
		return err
	}
	m.zr.Multistream(false)
	return nil
}

func (m *members) Read(p []byte) (int, error) {
	n, err := m.zr.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	head, err := m.br.Peek(2)
	switch {
	case string(head) == "\x1f\x8b":
		return n, m.next()
	case err == nil:
		err = io.EOF
	}
	return n, err
}

// inflate reads zlib, as RFC 9110, section 8.4.1.2 defines "deflate", or raw
// deflate, as some servers send it.
func inflate(r io.Reader) (io.Reader, func(), error) {
	br := bufio.NewReader(r)
	head, err := br.Peek(2)
	if err != nil {
		return nil, nil, err
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		zr, err := zlib.NewReader(br)
		return zr, func() {}, err
	}
	return flate.NewReader(br), func() {}, nil
}

func (d *decoder) brotli(r io.Reader) (io.Reader, func(), error) {
	br, _ := d.brotlis.Get().(*brotli.Reader)
	if br == nil {
		br = new(brotli.Reader)
	}
	if err := br.Reset(r); err != nil {
		return nil, nil, err
	}
	return br, func() { d.brotlis.Put(br) }, nil
}

func (d *decoder) zstd(r io.Reader) (io.Reader, func(), error) {
	zr, _ := d.zstds.Get().(*zstd.Decoder)
	if zr == nil {
		var err error
		zr, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
	}
	if err := zr.Reset(r); err != nil {
		return nil, nil, err
	}
	return zr, func() {
		if zr.Reset(nil) == nil {
			d.zstds.Put(zr)
		}
	}, nil
}

func (d *decoder) buffer(hint int64) *bytes.Buffer {
	buf, _ := d.buffers.Get().(*bytes.Buffer)
	if buf == nil {
		buf = new(bytes.Buffer)
	}
	buf.Grow(int(min(hint, d.maxBody, maxPooled)) + bytes.MinRead)
	return buf
}

func (d *decoder) release(buf *bytes.Buffer) {
	if buf.Cap() <= maxPooled {
		buf.Reset()
		d.buffers.Put(buf)
	}
}

// errCut ends a reader at its cap.
var errCut = errors.New("body over its cap")

// capped reads at most left bytes. Where more follows, it sets hit and ends
// with errCut, or with io.EOF if it is not to cut.
type capped struct {
	r    io.Reader
	left int64
	cut  bool
	hit  bool
	err  error // what r failed with, but io.EOF
}

func (c *capped) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.left == 0 {
		return 0, c.atCap()
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

func (c *capped) atCap() error {
	var one [1]byte
	n, err := io.ReadFull(c.r, one[:])
	if n == 0 {
		if err != io.EOF {
			c.err = err
		}
		return err
	}
	c.hit = true
	if c.cut {
		return errCut
	}
	return io.EOF
}

// cancelable stops between two reads when the context is done.
type cancelable struct {
	ctx context.Context //nolint:containedctx // lives for one read of a body
	r   io.Reader
}

func (c *cancelable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// body is a body in memory; Close gives its buffer back and empties it.
type body struct {
	*bytes.Reader
	buf     *bytes.Buffer
	decoder *decoder
}

func (b *body) Close() error {
	if b.buf != nil {
		b.Reader = bytes.NewReader(nil)
		b.decoder.release(b.buf)
		b.buf = nil
	}
	return nil
}
