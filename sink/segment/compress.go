package segment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"pressmill/sink/store"
)

const (
	// frameMagic begins the skippable frame: the first of the sixteen that
	// RFC 8878 section 3.1.2 sets aside.
	frameMagic = 0x184D2A50
	// extraID marks our subfield of a gzip header's extra field.
	extraID = "PM"
	maxHead = 1 << 16
	// maxBody is more than any object's body has: what unfolds further was made to
	// fill memory.
	maxBody = store.MaxObject
	// window is how far back repetitions are found. An encoder holds two of them,
	// and news repeats itself within few articles: with the default, eight times as
	// much, 8 MiB of them are 0.1 % smaller.
	window = 1 << 20
)

// Compression is how the bodies of text objects are compressed.
type Compression string

// The compressions.
const (
	Zstd Compression = "zstd"
	Gzip Compression = "gzip"
	None Compression = "none"
)

// ext is the end of the key's extension; ok is false for what is no compression.
func (c Compression) ext() (ext string, ok bool) {
	switch c {
	case Zstd:
		return ".zst", true
	case Gzip:
		return ".gz", true
	case None:
		return "", true
	}
	return "", false
}

// compressionOf returns the compression that an extension tells.
func compressionOf(ext string) Compression {
	switch path.Ext(ext) {
	case ".zst":
		return Zstd
	case ".gz":
		return Gzip
	}
	return None
}

// zstdEncoder and zstdDecoder make what all objects share, once: both are
// safe for concurrent use, and as many run at once as there are processors.
var (
	zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) {
		return zstd.NewWriter(nil, zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window), zstd.WithZeroFrames(true))
	})
	zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxBody))
	})
)

// compress returns a text with the metadata in front of it.
func compress(c Compression, head, text []byte) ([]byte, error) {
	switch c {
	case Zstd:
		return compressZstd(head, text)
	case Gzip:
		return compressGzip(head, text)
	case None:
	}
	return text, nil
}

func compressZstd(head, text []byte) ([]byte, error) {
	enc, err := zstdEncoder()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(head)+len(text)/3+64)
	out = binary.LittleEndian.AppendUint32(out, frameMagic)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(head)))
	return enc.EncodeAll(text, append(out, head...)), nil
}

func compressGzip(head, text []byte) ([]byte, error) {
	if len(head) > maxHead-5 {
		return nil, fmt.Errorf("metadata of %d bytes does not fit the header", len(head))
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Extra = binary.LittleEndian.AppendUint16([]byte(extraID), uint16(len(head)))
	w.Extra = append(w.Extra, head...)
	_, err := w.Write(text)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decompress returns the text, or an error if that has more than maxBody bytes.
func decompress(c Compression, data []byte) ([]byte, error) {
	switch c {
	case Zstd:
		dec, err := zstdDecoder()
		if err != nil {
			return nil, err
		}
		return dec.DecodeAll(data, nil)
	case Gzip:
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return readUpTo(r, maxBody)
	case None:
	}
	return data, nil
}

func readUpTo(r io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		return nil, fmt.Errorf("it unfolds to more than %d bytes", limit)
	}
	return text, err
}

// readHead returns the metadata of a compressed text from its beginning.
func readHead(c Compression, r io.Reader) ([]byte, error) {
	if c == Gzip {
		return readExtra(r)
	}
	return readFrame(r)
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
