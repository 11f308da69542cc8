package sink

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// ErrCorrupt says that an object is not what its metadata says, or has none.
var ErrCorrupt = errors.New("object is corrupt")

const (
	// frameMagic begins the skippable frame: the first of the sixteen that
	// RFC 8878 section 3.1.2 sets aside.
	frameMagic = 0x184D2A50
	// extraID marks our subfield of a gzip header's extra field.
	extraID = "PM"
	maxHead = 1 << 16
)

func (c Compression) ext() string {
	switch c {
	case Zstd:
		return ".jsonl.zst"
	case Gzip:
		return ".jsonl.gz"
	case None:
		return ".jsonl"
	}
	return ""
}

// zstdEncoder and zstdDecoder make what all objects share, once: both are
// safe for concurrent use, and as many run at once as there are processors.
var (
	zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil, zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	})
	zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true))
	})
)

// encode returns the bytes of an object.
func encode(ext string, m Meta, body []byte) ([]byte, error) {
	if ext == None.ext() {
		return body, nil
	}
	head, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	switch ext {
	case Zstd.ext():
		return encodeZstd(head, body)
	case Gzip.ext():
		return encodeGzip(head, body)
	}
	return nil, fmt.Errorf("format %q is unknown", ext)
}

func encodeZstd(head, body []byte) ([]byte, error) {
	enc, err := zstdEncoder()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(head)+len(body)/3+64)
	out = binary.LittleEndian.AppendUint32(out, frameMagic)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(head)))
	return enc.EncodeAll(body, append(out, head...)), nil
}

func encodeGzip(head, body []byte) ([]byte, error) {
	if len(head) > maxHead-5 {
		return nil, fmt.Errorf("metadata of %d bytes does not fit the header", len(head))
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Extra = binary.LittleEndian.AppendUint16([]byte(extraID), uint16(len(head)))
	w.Extra = append(w.Extra, head...)
	_, err := w.Write(body)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decode returns the body of an object.
func decode(ext string, data []byte) ([]byte, error) {
	switch ext {
	case None.ext():
		return data, nil
	case Zstd.ext():
		dec, err := zstdDecoder()
		if err != nil {
			return nil, err
		}
		return dec.DecodeAll(data, nil)
	case Gzip.ext():
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	return nil, fmt.Errorf("format %q is unknown", ext)
}

// readHead returns the metadata of a compressed object from its beginning.
func readHead(ext string, r io.Reader) ([]byte, error) {
	switch ext {
	case Zstd.ext():
		return readFrame(r)
	case Gzip.ext():
		return readExtra(r)
	}
	return nil, fmt.Errorf("format %q is unknown", ext)
}

func readFrame(r io.Reader) ([]byte, error) {
	var h [8]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	size := binary.LittleEndian.Uint32(h[4:])
	if binary.LittleEndian.Uint32(h[:4]) != frameMagic || size > maxHead {
		return nil, fmt.Errorf("%w: no frame of metadata", ErrCorrupt)
	}
	head := make([]byte, size)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return head, nil
}

func readExtra(r io.Reader) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	x := z.Extra
	if len(x) < 4 || string(x[:2]) != extraID || int(binary.LittleEndian.Uint16(x[2:4])) != len(x)-4 {
		return nil, fmt.Errorf("%w: no metadata in the header", ErrCorrupt)
	}
	return x[4:], nil
}
