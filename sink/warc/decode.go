package warc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxEncodings is how many content encodings may be stacked.
	maxEncodings = 3
	// innerFactor times the cap is how far an inner one may unfold.
	innerFactor = 4
	// maxWindow is the largest zstd window of a content encoding (RFC 9659).
	maxWindow = 8 << 20
)

// decode removes the transfer and content encodings that the fields of a
// response name, as far as they are there: archives often store a payload
// decoded and its header as it was. It returns at most limit bytes, and
// whether the payload was longer or cut.
func decode(payload []byte, h head, limit int) (body []byte, cut bool) {
	body = payload
	if slices.Contains(codings(h, "Transfer-Encoding"), "chunked") {
		body, cut = dechunk(body)
	}
	encodings := codings(h, "Content-Encoding")
	for i, encoding := range slices.Backward(encodings) {
		most := limit
		if i > 0 {
			most *= innerFactor
		}
		plain, short, err := unpack(encoding, body, most)
		if err != nil || len(encodings) > maxEncodings {
			break // it is decoded already, or cannot be
		}
		body, cut = plain, cut || short
	}
	if len(body) > limit {
		return body[:limit], true
	}
	return body, cut
}

// codings returns the values of a list field in lower case.
func codings(h head, name string) (all []string) {
	for c := range strings.SplitSeq(strings.ToLower(strings.Join(h.header[name], ",")), ",") {
		if c = strings.TrimSpace(c); c != "" && c != "identity" {
			all = append(all, c)
		}
	}
	return all
}

// dechunk joins the chunks of a body (RFC 9112, section 7.1). What is not made
// of chunks comes back as it is; cut says that the last one is missing.
func dechunk(b []byte) (body []byte, cut bool) {
	whole := b
	for len(b) > 0 {
		line, rest := cutLine(b)
		size, _, _ := strings.Cut(string(line[:min(len(line), 64)]), ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 31)
		switch {
		case err != nil:
			return whole, false
		case n == 0:
			return body, false
		case int(n) > len(rest):
			return append(body, rest...), true
		}
		body, b = append(body, rest[:n]...), rest[n:]
		if line, b = cutLine(b); len(line) > 0 {
			return whole, false
		}
	}
	return body, true
}

// unpack removes one content encoding. It fails on data that is not encoded
// so; what is cut in the middle comes back as far as it goes.
func unpack(encoding string, data []byte, limit int) (plain []byte, cut bool, err error) {
	r, err := unpacker(encoding, data)
	if err != nil {
		return nil, false, err
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(r, int64(limit)+1))
	switch {
	case n > int64(limit):
		return out.Bytes()[:limit], true, nil
	case errors.Is(err, io.ErrUnexpectedEOF) && n > 0:
		return out.Bytes(), true, nil
	case err != nil:
		return nil, false, fmt.Errorf("decode %s: %w", encoding, err)
	}
	return out.Bytes(), false, nil
}

var errNotEncoded = errors.New("is not encoded so")

func unpacker(encoding string, data []byte) (io.Reader, error) {
	switch encoding {
	case "gzip", "x-gzip":
		return gzip.NewReader(bytes.NewReader(data))
	case "zstd":
		zr, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		return zr, nil // it has no goroutines
	}
	if len(data) == 0 || isMarkup(data) { // neither of these begins with a mark of its own
		return nil, errNotEncoded
	}
	switch encoding {
	case "br":
		return brotli.NewReader(bytes.NewReader(data)), nil
	case "deflate":
		return inflate(data)
	}
	return nil, fmt.Errorf("unknown content encoding %q", encoding)
}

// inflate reads zlib, as RFC 9110, section 8.4.1.2 defines "deflate", or raw
// deflate, as some servers send it.
func inflate(data []byte) (io.Reader, error) {
	if len(data) > 1 && data[0]&0x0f == 8 && (int(data[0])<<8|int(data[1]))%31 == 0 {
		return zlib.NewReader(bytes.NewReader(data))
	}
	return flate.NewReader(bufio.NewReader(bytes.NewReader(data))), nil
}

// isMarkup says whether data begins as HTML or XML does.
func isMarkup(data []byte) bool {
	data = bytes.TrimPrefix(data[:min(len(data), 256)], []byte("\xef\xbb\xbf"))
	data = bytes.TrimLeft(data, " \t\r\n")
	return len(data) > 1 && data[0] == '<' && data[1] >= '!' && data[1] < 0x7f
}
