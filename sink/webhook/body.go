package webhook

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// body returns the bytes that every attempt at a batch sends.
func (c Config) body(b Batch) ([]byte, error) {
	if !validKey(b.Key) {
		return nil, fmt.Errorf("key %q is not made of letters, digits, - and _", b.Key)
	}
	var plain []byte
	switch c.Format {
	case Array:
		plain = append(append(append(plain, '['), bytes.Join(b.Articles, []byte{','})...), ']')
	case Lines:
		for _, a := range b.Articles {
			plain = append(append(plain, a...), '\n')
		}
	}
	switch c.Compression {
	case Gzip:
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, err := w.Write(plain)
		err = errors.Join(err, w.Close())
		return out.Bytes(), err
	case Zstd:
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return w.EncodeAll(plain, nil), w.Close()
	case None:
	}
	return plain, nil
}

// validKey allows no full stop: id, timestamp and body are signed with full
// stops between them.
func validKey(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 255
}
