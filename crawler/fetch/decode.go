package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

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
	// wireBuffer is how much is read from the wire at once: net/http passes
	// reads of this size on to the connection.
	wireBuffer = 32 << 10
	// usualRatio is how much longer pages are than their encoded form.
	usualRatio = 5
	// usualBody is expected of a body whose length is not known: pages have more,
	// feeds less.
	usualBody = 128 << 10
	// maxPooled is the largest buffer that is kept for the next body.
	maxPooled = 1 << 20
)

// decoder reads bodies under caps. It is safe for concurrent use.
type decoder struct {
	maxBody, maxWire, maxStream int64

	readers, wires, buffers sync.Pool
	gzips, zstds, brotlis   sync.Pool
}

func newDecoder(maxBody, maxWire, maxStream int64) *decoder {
	return &decoder{maxBody: maxBody, maxWire: maxWire, maxStream: maxStream}
}

// result is a body as read.
type result struct {
	body      *body
	truncated bool
	streamed  bool
	streaming time.Duration // how long it took who took it over to read it
}

// read reads and decodes a whole body, at most maxWire bytes of it and at most
// maxBody decoded. A body that breaks a cap is cut without an error. What the
// wire fails with comes back as it is; what cannot be decoded is an ErrDecode.
// If take, which may be nil, wants to have the body, it gets it instead, and
// keep is told of the bytes that it has read.
func (d *decoder) read(ctx context.Context, wire io.Reader, encodings []string, hint int64, take take, keep func(read int64)) (result, error) {
	in, err := d.open(ctx, wire, encodings, hint)
	defer in.release()
	if len(encodings) > 0 {
		hint = min(hint, maxPooled) * usualRatio
	}
	buf := d.buffer(hint)
	if err == nil && take != nil {
		if _, err = buf.ReadFrom(io.LimitReader(in, headSize)); err == nil {
			if read := take(buf.Bytes()); read != nil {
				return d.pass(read, buf, in, keep)
			}
		}
	}
	if err == nil {
		_, err = buf.ReadFrom(in)
	}
	res := result{truncated: in.wire.hit || errors.Is(err, errCut)}
	if err != nil && !res.truncated {
		d.release(buf)
		return res, err
	}
	res.body = &body{Reader: bytes.NewReader(buf.Bytes()), buf: buf, decoder: d}
	return res, nil
}

// pass lets read have a body whose beginning is in buf, at most maxStream bytes
// of it. The body of the result is empty.
func (d *decoder) pass(read func(io.Reader) error, buf *bytes.Buffer, in *decoded, keep func(read int64)) (result, error) {
	began := time.Now()
	in.wire.left, in.wire.cut = in.wire.left+max(d.maxStream-d.maxWire, 0), true
	in.last.left += max(d.maxStream-d.maxBody, 0)
	rest := &stream{r: in, read: int64(buf.Len()), keep: keep}
	err := read(io.MultiReader(bytes.NewReader(buf.Bytes()), rest))
	res := result{truncated: in.wire.hit || errors.Is(rest.err, errCut), streamed: true, streaming: time.Since(began)}
	if rest.err != nil && !res.truncated {
		err = rest.err
	}
	buf.Reset()
	res.body = &body{Reader: bytes.NewReader(nil), buf: buf, decoder: d}
	return res, err
}

// decoded is a body without its encodings, under the caps.
type decoded struct {
	ctx       context.Context //nolint:containedctx // lives for one read of a body
	wire      *capped         // the body as sent
	last      *capped         // the body as decoded
	encodings []string
	layers    []func() // release the layers between the two
}

// open removes the encodings of a body of about hint bytes, 0 if that is not
// known. The body is not nil, even if it cannot be decoded.
func (d *decoder) open(ctx context.Context, wire io.Reader, encodings []string, hint int64) (*decoded, error) {
	in := &decoded{ctx: ctx, encodings: encodings, wire: &capped{r: wire, left: d.maxWire}}
	if len(encodings) > maxEncodings {
		return in, fmt.Errorf("%w: %d content encodings", ErrDecode, len(encodings))
	}
	var r io.Reader = in.wire
	if len(encodings) > 0 {
		br, done := d.wireReader(in.wire, hint)
		in.layers = append(in.layers, done)
		if in.wire.err != nil {
			return in, in.wire.err
		}
		if _, err := br.Peek(1); errors.Is(err, io.EOF) { // no body, as of a 304
			encodings = nil
		}
		r = br
	}
	for i := len(encodings) - 1; i >= 0; i-- {
		layer, done, err := d.layer(encodings[i], r)
		if err != nil {
			return in, in.explain(err)
		}
		in.layers = append(in.layers, done)
		r = layer
		if i > 0 {
			r = &capped{r: layer, left: innerFactor * d.maxBody, cut: true}
		}
	}
	in.last = &capped{r: r, left: d.maxBody, cut: true}
	return in, nil
}

func (in *decoded) release() {
	for _, done := range slices.Backward(in.layers) {
		done()
	}
}

// Read stops between two reads when the context is done.
func (in *decoded) Read(p []byte) (int, error) {
	if err := in.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := in.last.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // the end is io.EOF itself (io.Reader); wrapped, it is a fault
		err = in.explain(err)
	}
	return n, err
}

// explain tells what the wire failed with from what cannot be decoded, and
// both from a cap.
func (in *decoded) explain(err error) error {
	switch {
	case errors.Is(err, errCut), in.wire.hit: // or an encoded body without its end
		return errCut
	case in.wire.err != nil:
		return in.wire.err
	case len(in.encodings) == 0 || in.ctx.Err() != nil:
		return err
	}
	return fmt.Errorf("%w: %s: %w", ErrDecode, in.encodings[0], err)
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
	br, ok := r.(peeker)
	if !ok {
		br = bufio.NewReader(r)
	}
	m := &members{zr: zr, br: br}
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
	br peeker
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

// peeker is a bufio.Reader or a bytes.Buffer, as the decompressors want either.
type peeker interface {
	io.Reader
	io.ByteReader
	Peek(n int) ([]byte, error)
}

// wireReader returns a reader of an encoded body, and what releases it. A small
// body is read at once: out of memory, gzip is decoded a fifth faster.
func (d *decoder) wireReader(wire io.Reader, hint int64) (peeker, func()) {
	if hint == 0 || hint > wireBuffer {
		br := d.reader(wire)
		return br, func() { d.readers.Put(br) }
	}
	buf, _ := d.wires.Get().(*bytes.Buffer)
	if buf == nil {
		buf = new(bytes.Buffer)
	}
	buf.Grow(int(hint) + bytes.MinRead)
	_, _ = buf.ReadFrom(wire) // it remembers its error
	return buf, func() { buf.Reset(); d.wires.Put(buf) }
}

// reader returns a reader with a buffer that is used again.
func (d *decoder) reader(r io.Reader) *bufio.Reader {
	br, _ := d.readers.Get().(*bufio.Reader)
	if br == nil {
		return bufio.NewReaderSize(r, wireBuffer)
	}
	br.Reset(r)
	return br
}

func (d *decoder) buffer(hint int64) *bytes.Buffer {
	if hint == 0 {
		hint = usualBody
	}
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

// body is a body in memory; Close gives its buffer back and empties it.
//
// It implements Body.
type body struct {
	*bytes.Reader
	buf     *bytes.Buffer
	decoder *decoder
}

// Bytes returns the whole body.
func (b *body) Bytes() []byte { return b.buf.Bytes() }

// Close gives the body's memory back.
func (b *body) Close() error {
	if b.buf != nil {
		b.Reader = bytes.NewReader(nil)
		b.decoder.release(b.buf)
		b.buf = nil
	}
	return nil
}
