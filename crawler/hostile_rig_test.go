package crawler

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"pressmill/pkg/logging"
)

// A rawSite answers requests with bytes of its own making, where net/http
// would not do what a hostile server does.
type rawSite struct {
	net.Listener
	scheme string

	mu    sync.Mutex
	conns map[net.Conn]bool
	done  bool
}

// newRawSite serves each connection with handle, robots.txt apart, which does
// not exist. handle gets the request's path; the connection closes after it.
func newRawSite(t *testing.T, handle func(conn net.Conn, path string)) *rawSite {
	t.Helper()
	return newConnSite(t, nil, func(conn net.Conn) {
		req, err := http.ReadRequest(bufio.NewReader(conn))
		switch {
		case err != nil:
		case req.URL.Path == "/robots.txt":
			_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		default:
			handle(conn, req.URL.Path)
		}
	})
}

// newConnSite serves each connection with handle, over TLS if there is a
// configuration for it. All connections end with the test.
func newConnSite(t *testing.T, secure *tls.Config, handle func(conn net.Conn)) *rawSite {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &rawSite{Listener: l, scheme: "http", conns: map[net.Conn]bool{}}
	if secure != nil {
		s.scheme, s.Listener = "https", tls.NewListener(l, secure)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := s.Accept()
			if err != nil {
				return
			}
			if !s.keep(conn) {
				conn.Close()
				return
			}
			serving.Go(func() {
				defer s.drop(conn)
				handle(conn)
			})
		}
	})
	t.Cleanup(func() { s.stop(); serving.Wait() })
	return s
}

func (s *rawSite) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[conn] = true
	return !s.done
}

func (s *rawSite) drop(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	conn.Close()
	delete(s.conns, conn)
}

func (s *rawSite) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = true
	s.Close()
	for conn := range s.conns {
		conn.Close()
	}
}

func (s *rawSite) url() string { return s.scheme + "://" + s.Addr().String() }

// repeat writes the same text again and again until the other side has had
// enough, with a pause after each.
func repeat(w io.Writer, text string, pause time.Duration) {
	for {
		if _, err := io.WriteString(w, text); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

// says answers with these bytes and closes.
func says(answer string) func(net.Conn, string) {
	return func(conn net.Conn, _ string) { _, _ = io.WriteString(conn, answer) }
}

// authority signs the certificates of sites.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{pool: x509.NewCertPool()}
	a.cert = certificate("authority", time.Now().Add(time.Hour))
	a.cert.IsCA, a.cert.KeyUsage = true, x509.KeyUsageCertSign
	a.cert.DNSNames, a.cert.IPAddresses = nil, nil
	pair := a.sign(t, a.cert)
	a.key = pair.PrivateKey.(*ecdsa.PrivateKey)
	a.pool.AddCert(pair.Leaf)
	return a
}

// certificate is one for the address of all sites, until a time.
func certificate(name string, till time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: till.Add(-48 * time.Hour), NotAfter: till, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// sign completes a certificate; while the authority has no key, with its own.
func (a *authority) sign(t *testing.T, c *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	parent, signer := a.cert, a.key
	if signer == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// newTLSSite is a site with pages behind this certificate.
func newTLSSite(t *testing.T, cert tls.Certificate) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page()(w, r) }))
	s.Config.ErrorLog = silent()
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// newHTTP2Site answers every stream but that of robots.txt with handle, frame
// by frame.
func newHTTP2Site(t *testing.T, cert tls.Certificate, handle func(f *http2.Framer, stream uint32)) string {
	t.Helper()
	secure := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}}
	return newConnSite(t, secure, func(conn net.Conn) {
		if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		f := http2.NewFramer(conn, conn)
		f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		if f.WriteSettings() != nil {
			return
		}
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			switch h := frame.(type) {
			case *http2.SettingsFrame:
				if !h.IsAck() && f.WriteSettingsAck() != nil {
					return
				}
			case *http2.MetaHeadersFrame:
				if h.PseudoValue("path") == "/robots.txt" {
					headers(f, h.StreamID, true, "404")
				} else {
					handle(f, h.StreamID)
				}
			}
		}
	}).url()
}

// headers writes a HEADERS frame with a status.
func headers(f *http2.Framer, stream uint32, end bool, status string) {
	var block strings.Builder
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: status})
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte(block.String()), EndHeaders: true, EndStream: end})
}

// outcomes returns what the log says became of the URLs of each host, in order,
// runs of the same as one: "page", "feed", "redirect" and so on, with "cut" if
// the body was; "retry" and, given up, "lost" with the reason; "skip" with the
// reason.
func (r *rig) outcomes() map[string]string {
	all := map[string][]string{}
	for _, e := range r.logs.All() {
		m := e.ContextMap()
		host := fmt.Sprint(m[logging.KeyHost])
		switch m[logging.KeyEvent] {
		case logging.FetchDone:
			outcome := fmt.Sprint(m[logging.KeyKind])
			if m[logging.KeyTruncated] == true {
				outcome += " cut"
			}
			all[host] = append(all[host], outcome)
		case logging.FetchFailed:
			word := "retry "
			if e.Level == zapcore.ErrorLevel {
				word = "lost "
			}
			all[host] = append(all[host], word+fmt.Sprint(m[logging.KeyReason]))
		case logging.FetchSkipped:
			all[host] = append(all[host], "skip "+fmt.Sprint(m[logging.KeyReason]))
		}
	}
	told := map[string]string{}
	for host, outcomes := range all {
		told[host] = runs(outcomes)
	}
	return told
}

// runs joins words, those that repeat with their number.
func runs(words []string) string {
	var told []string
	for i := 0; i < len(words); {
		n := i + 1
		for n < len(words) && words[n] == words[i] {
			n++
		}
		if word := words[i]; n-i > 1 {
			told = append(told, fmt.Sprintf("%dx %s", n-i, word))
		} else {
			told = append(told, word)
		}
		i = n
	}
	return strings.Join(told, ", ")
}

// peakHeap watches how large the heap gets until the context is done.
func peakHeap(ctx context.Context) (peak func() uint64) {
	var (
		highest uint64
		watch   sync.WaitGroup
	)
	watch.Go(func() {
		for ctx.Err() == nil {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			highest = max(highest, m.HeapAlloc)
			pause(ctx, 50*time.Millisecond)
		}
	})
	return func() uint64 { watch.Wait(); return highest }
}

func silent() *log.Logger { return zap.NewStdLog(zap.NewNop()) }
