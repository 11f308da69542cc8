package storetest

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// Fault is what a proxy does to a request.
type Fault int

// The faults.
const (
	None       Fault = iota
	LoseReply        // the server does as asked, and the connection ends before its answer
	CutUpload        // the server gets half of the body
	CutReply         // the client gets half of the body
	StallReply       // the client gets half of the body, and then nothing
	Slow             // the answer comes late
	Silence          // the server is not asked, and nothing comes back
	Hangup           // the server is not asked, and the connection ends
	Conflict         // 409: another request for the key is under way
	Expired          // 403: the credentials have expired
	Overloaded       // 503
)

// Proxy stands between a client and a server.
type Proxy struct {
	Addr     string
	Requests atomic.Int64 // so far
	Broken   atomic.Int64 // of them, those with a fault
	fault    atomic.Pointer[func(*http.Request) Fault]
	target   string
	client   http.Client
	end      chan struct{}
}

// slow is how late Slow is.
const slow = 300 * time.Millisecond

// NewProxy starts a proxy to a server, without faults, that ends with the test.
func NewProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	p := &Proxy{target: s.Addr, end: make(chan struct{})}
	p.client.Transport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.Break(func(*http.Request) Fault { return None })
	srv := httptest.NewServer(p)
	p.Addr = srv.Listener.Addr().String()
	t.Cleanup(func() {
		close(p.end)
		srv.CloseClientConnections()
		srv.Close()
		p.client.CloseIdleConnections()
	})
	return p
}

// Break has fault decide about every request from now on.
func (p *Proxy) Break(fault func(*http.Request) Fault) { p.fault.Store(&fault) }

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.Requests.Add(1)
	fault := (*p.fault.Load())(r)
	if fault != None {
		p.Broken.Add(1)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	switch fault {
	case Silence:
		p.stall(r)
	case Hangup:
		panic(http.ErrAbortHandler)
	case Conflict:
		answer(w, http.StatusConflict, "ConditionalRequestConflict")
		return
	case Expired:
		answer(w, http.StatusForbidden, "ExpiredToken")
		return
	case Overloaded:
		answer(w, http.StatusServiceUnavailable, "SlowDown")
		return
	default: // the server is asked
	}
	resp, reply, err := p.forward(r, body, fault)
	if err != nil || fault == LoseReply {
		panic(http.ErrAbortHandler)
	}
	if fault == Slow {
		time.Sleep(slow)
	}
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	half := reply[:len(reply)/2]
	switch {
	case fault == CutReply && len(reply) > 0:
		_, _ = w.Write(half)
		panic(http.ErrAbortHandler)
	case fault == StallReply && len(reply) > 0:
		_, _ = w.Write(half)
		_ = http.NewResponseController(w).Flush()
		p.stall(r)
	}
	_, _ = w.Write(reply)
}

// stall waits until the client has given up, and ends the connection.
func (p *Proxy) stall(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-p.end:
	}
	panic(http.ErrAbortHandler)
}

func (p *Proxy) forward(r *http.Request, body []byte, fault Fault) (*http.Response, []byte, error) {
	out := r.Clone(r.Context())
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", "http", p.target
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.ContentLength = int64(len(body))
	if fault == CutUpload && len(body) > 0 {
		out.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
	}
	resp, err := p.client.Do(out)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	return resp, reply, err
}

// broken is a body that ends in the middle.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("cut") }

// answer speaks as S3 does, which tells the others enough.
func answer(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Ms-Error-Code", code)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>`+code+`</Code><Message>made by a test</Message></Error>`)
}
