package sitemap

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	// headSize is how much of a body tells what it is.
	headSize = 4 << 10
	// maxLine is the longest line of a text sitemap in bytes.
	maxLine = 64 << 10
)

// unpacked returns a reader of the body without gzip, told by its magic, that
// fails with ErrTooLarge after MaxSize bytes.
func unpacked(body []byte) io.Reader {
	if !bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		return &limited{r: bytes.NewReader(body), left: MaxSize}
	}
	zr, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return failing{err}
	}
	return &limited{r: zr, left: MaxSize}
}

// head returns the beginning of a body in UTF-8, without gzip and BOM.
func head(body []byte) []byte {
	r, _ := toUTF8(unpacked(body))
	buf := make([]byte, headSize)
	n, _ := io.ReadFull(r, buf)
	return bytes.TrimSpace(buf[:n])
}

// toUTF8 returns a reader without BOM and with control characters as spaces,
// which XML does not allow. It is UTF-8, invalid bytes replaced, and
// passthrough is set, unless the XML declaration names another encoding.
func toUTF8(r io.Reader) (_ io.Reader, passthrough bool) {
	br := bufio.NewReader(r)
	start, _ := br.Peek(200)
	if hasBOM(start) || !declaresOther(start) {
		r = transform.NewReader(br, unicode.BOMOverride(unicode.UTF8.NewDecoder()))
		return controls{r}, true
	}
	return controls{br}, false
}

func hasBOM(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) || bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff"))
}

// declaresOther says whether an XML declaration names an encoding that is not
// UTF-8.
func declaresOther(start []byte) bool {
	declaration, _, ok := strings.Cut(strings.ToLower(string(start)), "?>")
	return ok && strings.Contains(declaration, "<?xml") && strings.Contains(declaration, "encoding") &&
		!strings.Contains(declaration, "utf-8") && !strings.Contains(declaration, "utf8")
}

// isTextMap says whether the beginning of a body is a list of URLs.
func isTextMap(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return isURL(strings.TrimSpace(string(line)))
}

func isURL(s string) bool {
	return (strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")) && !strings.ContainsAny(s, " \t<>\"")
}

func newLines(r io.Reader) *bufio.Scanner {
	r, _ = toUTF8(r)
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, headSize), maxLine)
	return lines
}

// controls replaces control characters.
type controls struct{ r io.Reader }

func (c controls) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' {
			p[i] = ' '
		}
	}
	return n, err
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

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
