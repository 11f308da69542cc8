package fetch

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/gocolly/colly/v2"
	"github.com/klauspost/compress/zstd"
)

const text = "The quick brown fox jumps over the lazy dog. "

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func transport(t *testing.T, o Options) *Transport {
	t.Helper()
	if o.AllowPrivate == nil {
		o.AllowPrivate = loopback()
	}
	tr := NewTransport(o)
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// get does one exchange and returns the response, its body and its trace.
func get(t *testing.T, tr http.RoundTripper, url string) (*http.Response, []byte, *Trace, error) {
	t.Helper()
	trace := new(Trace)
	req, err := http.NewRequestWithContext(WithTrace(t.Context(), trace), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return nil, nil, trace, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body, trace, nil
}

func encode(t *testing.T, encoding string, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	var w io.WriteCloser
	var err error
	switch encoding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&buf)
	case "deflate":
		w = zlib.NewWriter(&buf)
	case "raw deflate":
		w, err = flate.NewWriter(&buf, 6)
	case "br":
		w = brotli.NewWriter(&buf)
	case "zstd":
		w, err = zstd.NewWriter(&buf)
	default:
		t.Fatalf("no encoder for %q", encoding)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestEncodings(t *testing.T) {
	want := []byte(strings.Repeat(text, 5000))
	one := func(e string) []byte { return encode(t, e, want) }
	for _, c := range []struct {
		name, header string
		wire         []byte
	}{
		{"identity", "", want},
		{"identity by name", "identity", want},
		{"gzip", "gzip", one("gzip")},
		{"x-gzip in capitals", "X-GZIP", one("gzip")},
		{"gzip of two members", "gzip", append(encode(t, "gzip", want[:1000]), encode(t, "gzip", want[1000:])...)},
		{"gzip and padding", "gzip", append(one("gzip"), "\n\x00\x00"...)},
		{"deflate", "deflate", one("deflate")},
		{"raw deflate", "deflate", one("raw deflate")},
		{"br", "br", one("br")},
		{"zstd", "zstd", one("zstd")},
		{"gzip in br", "gzip, br", encode(t, "br", one("gzip"))},
		{"br in gzip in zstd", "br,gzip, zstd", encode(t, "zstd", encode(t, "gzip", one("br")))},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Accept-Encoding"); got != "gzip, br, zstd" {
					t.Errorf("Accept-Encoding = %q", got)
				}
				if c.header != "" {
					w.Header().Set("Content-Encoding", c.header)
				}
				w.Header().Set("Content-Length", strconv.Itoa(len(c.wire)))
				w.Header().Set(HeaderTruncated, "1") // not for the server to say
				w.Write(c.wire)
			})
			tr := transport(t, Options{})
			for range 2 { // the second with pooled decoders
				resp, body, trace, err := get(t, tr, s.URL)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(body, want) {
					t.Fatalf("body of %d bytes, want %d", len(body), len(want))
				}
				h := resp.Header
				if h.Get(HeaderContentEncoding) != c.header || h.Get(HeaderContentLength) != strconv.Itoa(len(c.wire)) {
					t.Errorf("%s = %q, %s = %q", HeaderContentEncoding, h.Get(HeaderContentEncoding), HeaderContentLength, h.Get(HeaderContentLength))
				}
				if h.Get("Content-Encoding") != "" || h.Get("Content-Length") != "" || h.Get(HeaderTruncated) != "" || !resp.Uncompressed {
					t.Errorf("header %v, uncompressed %v", h, resp.Uncompressed)
				}
				if trace.Truncated || resp.ContentLength != int64(len(want)) {
					t.Errorf("trace %+v, length %d", trace, resp.ContentLength)
				}
			}
		})
	}
}

func TestBrokenBodies(t *testing.T) {
	noise := make([]byte, 50_000)
	for i := range noise {
		noise[i] = byte(rand.N(256))
	}
	packed := func(e string) []byte { b := encode(t, e, noise); return b[:len(b)/2] }
	for _, c := range []struct {
		name, header string
		wire         []byte
		length       int // of the header; 0 is that of wire
		want         string
	}{
		{"gzip cut", "gzip", packed("gzip"), 0, "decode"},
		{"br cut", "br", packed("br"), 0, "decode"},
		{"zstd cut", "zstd", packed("zstd"), 0, "decode"},
		{"deflate cut", "deflate", packed("deflate"), 0, "decode"},
		{"no gzip", "gzip", noise, 0, "decode"},
		{"one byte", "deflate", []byte("x"), 0, "decode"},
		{"unknown", "exi", noise, 0, "decode"},
		{"too many", "gzip, gzip, gzip, gzip", noise, 0, "decode"},
		{"length too long", "", noise, len(noise) + 1, "reset"},
		{"length too long, packed", "gzip", packed("gzip"), len(noise), "reset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", c.header)
				w.Header().Set("Content-Length", strconv.Itoa(max(c.length, len(c.wire))))
				w.Write(c.wire)
			})
			_, _, _, err := get(t, transport(t, Options{}), s.URL)
			if got := Classify(err); got != c.want {
				t.Errorf("%v is %q, want %q", err, got, c.want)
			}
			if errors.Is(err, ErrDecode) != (c.want == "decode") {
				t.Errorf("%v is ErrDecode: %v", err, errors.Is(err, ErrDecode))
			}
		})
	}
}

func TestLengthTooShort(t *testing.T) {
	// net/http servers refuse to lie like this: a raw one.
	url := rawServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabcdef")
	_, body, _, err := get(t, transport(t, Options{}), url)
	if err != nil || string(body) != "abc" {
		t.Errorf("%q, %v", body, err)
	}
}

// rawServer answers every connection with these bytes.
func rawServer(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 4096))
			io.WriteString(c, answer)
			c.Close()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

func TestEmptyBodies(t *testing.T) {
	for _, status := range []int{200, 204, 304, 404} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(status)
		})
		resp, body, _, err := get(t, transport(t, Options{}), s.URL)
		if err != nil || resp.StatusCode != status || len(body) != 0 {
			t.Errorf("%d: %q, %v", status, body, err)
		}
	}
}

func TestCaps(t *testing.T) {
	const limit = 1000
	for _, c := range []struct {
		name string
		size int
		cut  bool
	}{{"below", limit - 1, false}, {"at", limit, false}, {"above", limit + 1, true}, {"far above", 100 * limit, true}} {
		for _, encoding := range []string{"", "gzip", "br", "zstd", "deflate"} {
			t.Run(c.name+" "+encoding, func(t *testing.T) {
				data := bytes.Repeat([]byte("a"), c.size)
				wire := data
				if encoding != "" {
					wire = encode(t, encoding, data)
				}
				s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Encoding", encoding)
					w.Write(wire)
				})
				resp, body, trace, err := get(t, transport(t, Options{MaxBody: limit}), s.URL)
				if err != nil {
					t.Fatal(err)
				}
				if len(body) != min(c.size, limit) || trace.Truncated != c.cut || (resp.Header.Get(HeaderTruncated) == "1") != c.cut {
					t.Errorf("%d bytes, trace %+v, header %q", len(body), trace, resp.Header.Get(HeaderTruncated))
				}
			})
		}
	}
}

// A request may have caps of its own, whatever the encoding.
func TestCapsOfOneRequest(t *testing.T) {
	tr := transport(t, Options{AllowPrivate: loopback()})
	for _, encoding := range []string{"", "gzip"} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			body := bytes.Repeat([]byte("0123456789"), 1000)
			if encoding != "" {
				w.Header().Set("Content-Encoding", encoding)
				body = encode(t, encoding, body)
			}
			_, _ = w.Write(body)
		})
		req, err := http.NewRequestWithContext(WithMaxBody(t.Context(), 1000), http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || len(body) != 1000 || resp.Header.Get(HeaderTruncated) != "1" {
			t.Errorf("%q: %d bytes, %v, header %v", encoding, len(body), err, resp.Header)
		}
	}
}

func TestWireCap(t *testing.T) {
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(rand.N(256))
	}
	wire := encode(t, "gzip", noise)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(wire)
	})
	_, body, trace, err := get(t, transport(t, Options{MaxWire: 50_000}), s.URL)
	if err != nil || !trace.Truncated {
		t.Fatalf("%v, trace %+v", err, trace)
	}
	if len(body) < 10_000 || len(body) > 50_000 || !bytes.HasPrefix(noise, body) { // gzip does not make noise shorter
		t.Errorf("%d bytes, not those before the cut", len(body))
	}
}

// TestBomb unfolds far more than the cap: gzip members and zstd frames repeat,
// a brotli stream is one.
func TestBomb(t *testing.T) {
	for _, c := range []struct {
		encoding      string
		size, repeats int
	}{{"gzip", 10 << 20, 30}, {"zstd", 10 << 20, 30}, {"br", 40 << 20, 1}} {
		t.Run(c.encoding, func(t *testing.T) {
			wire := bytes.Repeat(encode(t, c.encoding, make([]byte, c.size)), c.repeats)
			bomb := func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", c.encoding)
				w.Write(wire)
			}
			tr := transport(t, Options{MaxBody: 1 << 20})
			s := serve(t, bomb)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, body, trace, err := get(t, tr, s.URL)
			runtime.ReadMemStats(&after)
			if err != nil || len(body) != 1<<20 || !trace.Truncated {
				t.Fatalf("%d bytes, %v, trace %+v", len(body), err, trace)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 48<<20 {
				t.Errorf("it took %d MB", got>>20)
			}
		})
	}
}

// TestEmptyMembers has an inner layer that unfolds into nothing, for ever.
func TestEmptyMembers(t *testing.T) {
	inner := bytes.Repeat(encode(t, "gzip", nil), 1<<18)
	wire := encode(t, "gzip", inner)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip, gzip")
		w.Write(wire)
	})
	_, body, trace, err := get(t, transport(t, Options{MaxBody: 1 << 20}), s.URL)
	if err != nil || len(body) != 0 || !trace.Truncated {
		t.Errorf("%d bytes, %v, trace %+v", len(body), err, trace)
	}
}

func TestTimeouts(t *testing.T) {
	stop := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			w.Write([]byte(text))
			w.(http.Flusher).Flush()
		}
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	defer close(stop)
	for path, o := range map[string]Options{
		"/body":   {Timeout: 100 * time.Millisecond},
		"/header": {HeaderTimeout: 100 * time.Millisecond},
	} {
		begun := time.Now()
		_, _, _, err := get(t, transport(t, o), s.URL+path)
		if took := time.Since(begun); Classify(err) != "timeout" || took < 90*time.Millisecond {
			t.Errorf("%s: %v after %s", path, err, took)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/body", http.NoBody)
	if _, err := transport(t, Options{}).RoundTrip(req); Classify(err) != "canceled" {
		t.Errorf("canceled: %v", err)
	}
}

func TestHeaderCap(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("a", 2<<20))
	})
	if _, _, _, err := get(t, transport(t, Options{}), s.URL); Classify(err) != "protocol" {
		t.Errorf("a header of 2 MB: %v", err)
	}
}

func TestClassify(t *testing.T) {
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = nil
	t.Cleanup(secure.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for url, want := range map[string]string{
		closed.URL:                  "refused",
		secure.URL:                  "tls", // unknown authority
		"https" + plain.URL[4:]:     "tls", // no TLS at all
		rawServer(t, ""):            "reset",
		rawServer(t, "HTTP/1.1 2x"): "protocol",
	} {
		if _, _, _, err := get(t, transport(t, Options{}), url); Classify(err) != want {
			t.Errorf("%v is %q, want %q", err, Classify(err), want)
		}
	}
	for want, err := range map[string]error{
		"":         nil,
		"timeout":  fmt.Errorf("x: %w", context.DeadlineExceeded),
		"canceled": context.Canceled,
		"reset":    &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		"network":  fmt.Errorf("GET http://x.example/malformed GOAWAY: %w", errors.New("x")), // the URL's words do not count
		"tls":      &net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")},
	} {
		if got := Classify(err); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}

func TestHTTP2AndAgent(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Proto, r.UserAgent())
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	_, body, trace, err := get(t, transport(t, Options{UserAgent: "pressmill/1", RootCAs: roots}), s.URL)
	if err != nil || string(body) != "HTTP/2.0 pressmill/1" {
		t.Errorf("%q, %v", body, err)
	}
	if trace.Remote != s.Listener.Addr().String() {
		t.Errorf("remote %q", trace.Remote)
	}
}

// TestTraceOfRedirects follows a redirect with one trace: it tells of the last
// exchange.
func TestTraceOfRedirects(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Location", "/next")
			w.WriteHeader(http.StatusFound)
			w.Write(make([]byte, 2<<20))
			return
		}
		w.Write([]byte(text))
	})
	trace := new(Trace)
	req, _ := http.NewRequestWithContext(WithTrace(t.Context(), trace), http.MethodGet, s.URL+"/", http.NoBody)
	resp, err := (&http.Client{Transport: transport(t, Options{MaxBody: 1 << 20})}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if trace.Truncated || trace.Remote != s.Listener.Addr().String() {
		t.Errorf("%+v", trace)
	}
}

// TestColly has Colly see bodies once decoded, packed sitemaps too.
func TestColly(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/gzip")
		w.Write(encode(t, "gzip", []byte(text)))
	})
	c := colly.NewCollector()
	c.WithTransport(transport(t, Options{}))
	var got []string
	c.OnResponse(func(r *colly.Response) { got = append(got, string(r.Body)) })
	for _, path := range []string{"/a", "/map.xml.gz"} {
		if err := c.Visit(s.URL + path); err != nil {
			t.Error(err)
		}
	}
	if len(got) != 2 || got[0] != text || got[1] != text {
		t.Errorf("%q", got)
	}
}

func FuzzDecode(f *testing.F) {
	t := new(testing.T)
	for i, e := range []string{"gzip", "deflate", "br", "zstd"} {
		f.Add(encode(t, e, []byte(text)), uint8(i), uint8(9))
	}
	names := []string{"gzip", "deflate", "br", "zstd"}
	d := newDecoder(1<<16, 1<<16, 1<<17)
	f.Fuzz(func(t *testing.T, wire []byte, outer, inner uint8) {
		encodings := []string{names[outer%4]}
		if inner < 4 {
			encodings = []string{names[inner], encodings[0]}
		}
		res, err := d.read(t.Context(), bytes.NewReader(wire), encodings, 0, nil, nil)
		if err != nil {
			if !errors.Is(err, ErrDecode) {
				t.Fatal(err)
			}
			return
		}
		if res.body.Len() > 1<<16 {
			t.Fatalf("%d bytes", res.body.Len())
		}
		res.body.Close()
	})
}

func BenchmarkRoundTrip(b *testing.B) {
	data := []byte(strings.Repeat(text, 5000))
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(data)
	w.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(buf.Bytes())
	}))
	defer s.Close()
	tr := NewTransport(Options{AllowPrivate: loopback()})
	req, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL, http.NoBody)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		resp, err := tr.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
	}
}

// TestEncodedBodyOfUnknownLength has the same body with its length announced
// and in chunks, whole, broken off and cut at a cap.
func TestEncodedBodyOfUnknownLength(t *testing.T) {
	wire := encode(t, "gzip", []byte(text+text))
	for _, c := range []struct {
		name string
		sent int // bytes of the body
		wire int64
		want string // of Classify
		cut  bool
	}{
		{"whole", len(wire), 0, "", false},
		{"broken off", len(wire) - 20, 0, "reset", false},
		{"cut", len(wire), int64(len(wire)) - 20, "", true},
	} {
		for _, chunked := range []bool{false, true} {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				if chunked {
					w.(http.Flusher).Flush()
				} else {
					w.Header().Set("Content-Length", strconv.Itoa(len(wire)))
				}
				_, _ = w.Write(wire[:c.sent])
				if c.sent < len(wire) {
					w.(http.Flusher).Flush()
					panic(http.ErrAbortHandler)
				}
			})
			_, body, trace, err := get(t, transport(t, Options{MaxWire: c.wire}), s.URL)
			reason := ""
			if err != nil {
				reason = Classify(err)
			}
			if reason != c.want || trace.Truncated != c.cut || (len(body) == 2*len(text)) != (c.sent == len(wire) && !c.cut) {
				t.Errorf("%s, chunked %v: %d bytes, %v, trace %+v", c.name, chunked, len(body), err, trace)
			}
		}
	}
}
