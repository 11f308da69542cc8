package sitemap

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
)

// maxPacked is how often a body may be packed; once too often is common.
const maxPacked = 2

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte("\x1f\x8b")) }

// unpacked returns a reader of a body without gzip, told by its magic, that
// fails with ErrTooLarge after MaxSize bytes.
func unpacked(r io.Reader) (io.Reader, error) {
	for range maxPacked {
		br := bufio.NewReader(r)
		if head, _ := br.Peek(2); !isGzip(head) {
			r = br
			break
		}
		zr, err := gzip.NewReader(br)
		if err != nil {
			return nil, err
		}
		r = &limited{r: zr, left: MaxSize}
	}
	return &limited{r: r, left: MaxSize}, nil
}

// unpackedHead returns what can be unpacked of the beginning of a body.
func unpackedHead(head []byte) []byte {
	r, err := unpacked(bytes.NewReader(head))
	if err != nil {
		return nil
	}
	buf := make([]byte, HeadSize)
	n, _ := io.ReadFull(r, buf)
	return buf[:n]
}

// limited fails with ErrTooLarge where more than left bytes follow.
type limited struct {
	r    io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		if n, err := io.ReadFull(l.r, make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, ErrTooLarge
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
