package warc

import (
	"bytes"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// moved are the fields that describe a body on the wire, and the names under
// which they stand beside a decoded one.
var moved = map[string]string{
	"Content-Encoding":  "X-Crawler-Content-Encoding",
	"Content-Length":    "X-Crawler-Content-Length",
	"Transfer-Encoding": "X-Crawler-Transfer-Encoding",
}

// leftOut are the fields that are not archived: what they hold opens a session.
var leftOut = []string{"Set-Cookie", "Set-Cookie2", "Cookie", "Authorization", "Proxy-Authorization"}

// writeHeader writes the fields of an HTTP message in alphabetical order, and
// the empty line. Those of the wire are renamed and the right Content-Length
// is added, unless the length is negative.
func writeHeader(b *bytes.Buffer, header map[string][]string, length int) {
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if slices.Contains(leftOut, name) || !httpguts.ValidHeaderFieldName(name) {
			continue
		}
		as := name
		if to, ok := moved[name]; ok && length >= 0 {
			as = to
		}
		for _, value := range header[name] {
			b.WriteString(as + ": " + oneLine(value) + "\r\n")
		}
	}
	if length >= 0 {
		b.WriteString("Content-Length: " + strconv.Itoa(length) + "\r\n")
	}
	b.WriteString("\r\n")
}

// head is the first part of an HTTP response.
type head struct {
	proto  string
	status int
	header map[string][]string
}

// maxHead is how many bytes of a response's fields are kept.
const maxHead = 256 << 10

// maxFolded is how long a value becomes by lines that go on with it.
const maxFolded = 8 << 10

// parseHead reads the status line and the fields of a response as leniently as
// archives need it: lines may end in a bare LF, the protocol may lack, lines
// that are no fields are passed over. The rest is the payload.
func parseHead(block []byte) (h head, payload []byte, ok bool) {
	line, rest := cutLine(block)
	if h.proto, h.status, ok = parseStatus(string(line)); !ok {
		return h, nil, false
	}
	h.header = map[string][]string{}
	last := ""
	for size := 0; len(rest) > 0; size += len(line) {
		if line, rest = cutLine(rest); len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' { // folded (RFC 9112, section 5.2)
			if v := h.header[last]; len(v) > 0 && len(v[len(v)-1]) < maxFolded {
				v[len(v)-1] += " " + strings.TrimSpace(string(line))
			}
			continue
		}
		name, value, found := strings.Cut(string(line), ":")
		name = strings.TrimRight(name, " \t")
		if last = ""; !found || !httpguts.ValidHeaderFieldName(name) || size+len(line) > maxHead {
			continue
		}
		last = textproto.CanonicalMIMEHeaderKey(name)
		h.header[last] = append(h.header[last], strings.TrimSpace(value))
	}
	return h, rest, true
}

// cutLine returns the first line without its end, and what follows it.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

// parseStatus reads "HTTP/1.1 200 OK", of which all but the code may lack.
func parseStatus(line string) (proto string, status int, ok bool) {
	code := strings.TrimSpace(line)
	if strings.HasPrefix(strings.ToUpper(code), "HTTP/") {
		proto, code, _ = strings.Cut(code, " ")
	}
	code, _, _ = strings.Cut(strings.TrimSpace(code), " ")
	status, err := strconv.Atoi(code)
	return strings.ToUpper(proto), status, err == nil && len(code) == 3 && status >= 100
}

// takeMoved puts the fields of the wire that stand under X-Crawler names back
// under their own. It says whether there were such: the payload is decoded then.
func (h head) takeMoved() (decoded bool) {
	for _, as := range moved {
		if len(h.header[as]) > 0 {
			delete(h.header, "Content-Length") // of the decoded payload
		}
	}
	for name, as := range moved {
		if values, ok := h.header[as]; ok {
			decoded = decoded || name != "Content-Length"
			h.header[name] = values
			delete(h.header, as)
		}
	}
	return decoded
}

func (h head) get(name string) string { return http.Header(h.header).Get(name) }
