package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// request is one that the receiver has read to its end.
type request struct {
	header http.Header
	body   []byte
	proto  string
	at     time.Time
}

// sink is a receiver that notes what comes and answers as told.
type sink struct {
	*httptest.Server
	mu   sync.Mutex
	seen []request
}

// receive starts a receiver; answer gets the number of the request, from 0.
func receive(t *testing.T, start func(*httptest.Server), answer func(n int, w http.ResponseWriter, r *http.Request)) *sink {
	t.Helper()
	s := &sink{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		n := len(s.seen)
		s.seen = append(s.seen, request{r.Header, body, r.Proto, time.Now()})
		s.mu.Unlock()
		answer(n, w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are cut
	start(s.Server)
	t.Cleanup(s.Close)
	return s
}

func plainHTTP(s *httptest.Server) { s.Start() }

func (s *sink) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

func status(codes ...int) func(int, http.ResponseWriter, *http.Request) {
	return func(n int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(codes[min(n, len(codes)-1)]) }
}

func newClient(t *testing.T, s *sink, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{URL: s.URL + "/hook", MinBackoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func someBatch() Batch {
	return Batch{Key: "articles-p03-17-25", Articles: [][]byte{[]byte(`{"id":"a","title":"Ärger"}`), []byte(`{"id":"b"}`)}}
}

// secretOf stores a secret as the specification serialises it and returns its
// key and its reference.
func secretOf(t *testing.T, fill byte) (key []byte, ref string) {
	t.Helper()
	key = bytes.Repeat([]byte{fill}, 32)
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("whsec_"+base64.StdEncoding.EncodeToString(key)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return key, "file:" + path
}

// verify is a receiver's half of Standard Webhooks 1.0.0: one of the signatures
// must be that of "{id}.{timestamp}.{body}", and the timestamp of about now.
func verify(r request, key []byte) error {
	stamp, err := strconv.ParseInt(r.header.Get("webhook-timestamp"), 10, 64)
	if err != nil {
		return err
	}
	if d := r.at.Sub(time.Unix(stamp, 0)); d < -2*time.Second || d > time.Minute {
		return fmt.Errorf("timestamp is off by %s", d)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", r.header.Get("webhook-id"), stamp, r.body)
	want := mac.Sum(nil)
	for one := range strings.SplitSeq(r.header.Get("webhook-signature"), " ") {
		version, signature, _ := strings.Cut(one, ",")
		got, err := base64.StdEncoding.DecodeString(signature)
		if version == "v1" && err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return fmt.Errorf("no signature of %q fits", r.header.Get("webhook-signature"))
}

func TestBodyAndSignature(t *testing.T) {
	for _, format := range []Format{Lines, Array} {
		for _, compression := range []Compression{None, Gzip, Zstd} {
			s := receive(t, plainHTTP, status(200))
			old, oldRef := secretOf(t, 1)
			fresh, freshRef := secretOf(t, 2)
			t.Setenv("PRESSMILL_TEST_AUTH", "Bearer 123")
			c := newClient(t, s, func(c *Config) {
				c.Format, c.Compression, c.Secrets = format, compression, []string{freshRef, oldRef}
				c.Headers = map[string]string{"authorization": "env:PRESSMILL_TEST_AUTH", "X-Desk": "foreign"}
			})
			if err := c.Send(t.Context(), someBatch()); err != nil {
				t.Fatal(err)
			}
			r := s.requests()[0]
			for name, key := range map[string][]byte{"old": old, "new": fresh} {
				if err := verify(r, key); err != nil {
					t.Errorf("%s, %s, %s key: %v", format, compression, name, err)
				}
			}
			if err := verify(r, bytes.Repeat([]byte{3}, 32)); err == nil {
				t.Error("a foreign key verifies")
			}
			wantHeader(t, r, map[string]string{
				"Webhook-Id": "articles-p03-17-25", "Idempotency-Key": "articles-p03-17-25", "Authorization": "Bearer 123", "X-Desk": "foreign",
				"Content-Type":     map[Format]string{Lines: "application/x-ndjson", Array: "application/json"}[format],
				"Content-Encoding": map[Compression]string{None: "", Gzip: "gzip", Zstd: "zstd"}[compression],
			})
			wantArticles(t, r, format)
		}
	}
}

func wantHeader(t *testing.T, r request, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := r.header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

func wantArticles(t *testing.T, r request, format Format) {
	t.Helper()
	var in io.Reader = bytes.NewReader(r.body)
	var err error
	switch r.header.Get("Content-Encoding") {
	case "gzip":
		in, err = gzip.NewReader(in)
	case "zstd":
		in, err = zstd.NewReader(in)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	var got []struct{ ID string }
	if format == Lines {
		text = []byte("[" + strings.Join(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), ",") + "]")
	}
	if err := json.Unmarshal(text, &got); err != nil || len(got) != 2 || got[0].ID != "a" || got[1].ID != "b" {
		t.Errorf("%q holds %v, %v", text, got, err)
	}
}

func TestSameBatchUntilTaken(t *testing.T) {
	hijack := func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}
	key, ref := secretOf(t, 1)
	hang := make(chan struct{})
	s := receive(t, plainHTTP, func(n int, w http.ResponseWriter, r *http.Request) {
		switch n {
		case 0: // the batch is taken, the reply is lost
			hijack(w)
		case 1:
			w.WriteHeader(http.StatusBadGateway)
		case 2: // slow
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		case 3: // cut in the middle of the header
			conn, _, _ := w.(http.Hijacker).Hijack()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 O")
			conn.Close()
		case 4:
			w.WriteHeader(http.StatusUnauthorized) // nothing that the batch could help
		case 5:
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		case 6:
			w.WriteHeader(http.StatusRequestTimeout)
		default: // taken, although the answer's body is cut
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, "half")
		}
	})
	defer close(hang)
	var changes []string
	c := newClient(t, s, func(c *Config) {
		c.Timeout, c.Secrets, c.Attempts, c.Compression = 300*time.Millisecond, []string{ref}, 2, Zstd
		c.Changed = func(err error) { changes = append(changes, fmt.Sprint(err != nil)) }
	})
	if err := c.Send(t.Context(), someBatch()); err != nil {
		t.Fatal(err)
	}
	all := s.requests()
	if len(all) < 8 { // or more, as the transport may repeat one on a connection that died
		t.Errorf("%d requests", len(all))
	}
	for i, r := range all {
		if err := verify(r, key); err != nil {
			t.Errorf("request %d: %v", i, err)
		}
		if r.header.Get("Idempotency-Key") != someBatch().Key || !bytes.Equal(r.body, all[0].body) {
			t.Errorf("request %d has another key or body", i)
		}
	}
	if !slices.Equal(changes, []string{"true", "false"}) {
		t.Errorf("changes of state: %v", changes)
	}
}

func TestRefusedBatchIsGivenBack(t *testing.T) {
	for code, want := range map[int]int{400: 3, 409: 3, 422: 3, 413: 1} {
		s := receive(t, plainHTTP, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "line 2 is\nno \x1b[31marticle")
		})
		c := newClient(t, s, func(c *Config) {
			c.Attempts = 3
			c.Changed = func(error) { t.Error("one refused batch is no change of the receiver") }
		})
		err := c.Send(t.Context(), someBatch())
		rejected, ok := errors.AsType[*RejectedError](err)
		if !ok || rejected.Status != code || rejected.Attempts != want || rejected.TooLarge() != (code == 413) || rejected.Detail != "line 2 is no [31marticle" {
			t.Errorf("%d: %v", code, err)
		}
		if n := len(s.requests()); n != want {
			t.Errorf("%d: %d requests", code, n)
		}
	}
}

func TestRefusedThenTaken(t *testing.T) {
	s := receive(t, plainHTTP, status(409, 409, 204))
	if err := newClient(t, s, nil).Send(t.Context(), someBatch()); err != nil {
		t.Error(err)
	}
}

func TestGoneIsForEver(t *testing.T) {
	s := receive(t, plainHTTP, status(410, 200))
	c := newClient(t, s, nil)
	for range 2 {
		if err := c.Send(t.Context(), someBatch()); !errors.Is(err, ErrGone) {
			t.Errorf("error %v", err)
		}
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestRetryAfterHoldsEveryBatch(t *testing.T) {
	s := receive(t, plainHTTP, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	down := make(chan bool, 2)
	c := newClient(t, s, func(c *Config) { c.Changed = func(err error) { down <- err != nil } })
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			if err := c.Send(t.Context(), someBatch()); err != nil {
				t.Error(err)
			}
		})
		if i == 0 {
			<-down
		}
	}
	wg.Wait()
	all := s.requests()
	if len(all) != 3 {
		t.Fatalf("%d requests", len(all))
	}
	if gap := all[1].at.Sub(all[0].at); gap < 900*time.Millisecond {
		t.Errorf("the next request came %s after the 429", gap)
	}
}

func TestRetryAfterIsKeptUpToACap(t *testing.T) {
	s := receive(t, plainHTTP, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	c := newClient(t, s, func(c *Config) { c.MaxRetryAfter = 50 * time.Millisecond })
	if err := c.Send(t.Context(), someBatch()); err != nil {
		t.Fatal(err)
	}
	if all := s.requests(); all[1].at.Sub(all[0].at) < 45*time.Millisecond {
		t.Errorf("asked again after %s", all[1].at.Sub(all[0].at))
	}
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "": 0, "soon": 0, "-5": 0, "99999999999999999999": 1 << 31 * time.Second,
		"Sat, 28 Nov 2026 12:00:30 GMT": 30 * time.Second, "Sat, 28 Nov 2026 11:00:00 GMT": 0,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q is %s, want %s", value, got, want)
		}
	}
}

func TestBackoffIsFullJitter(t *testing.T) {
	c := Config{MinBackoff: 100 * time.Millisecond, MaxBackoff: time.Second}
	for n, bound := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 4: 800 * time.Millisecond, 5: time.Second, 500: time.Second} {
		low, high := bound, time.Duration(0)
		for range 300 {
			d := c.backoff(n)
			low, high = min(low, d), max(high, d)
		}
		if high > bound || high < bound*9/10 || low > bound/10 {
			t.Errorf("after %d failures: %s to %s, bound %s", n, low, high, bound)
		}
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	s := receive(t, plainHTTP, status(500))
	stop := errors.New("the turn is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	c := newClient(t, s, func(c *Config) {
		c.MinBackoff, c.MaxBackoff = time.Hour, time.Hour
		c.Changed = func(error) { cancel(stop) }
	})
	err := c.Send(ctx, someBatch())
	if !errors.Is(err, stop) || !strings.Contains(err.Error(), "status 500") {
		t.Errorf("error %v", err)
	}
}

func TestHTTP2AndCA(t *testing.T) {
	key, ref := secretOf(t, 1)
	s := receive(t, func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() }, status(503, 200))
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s, func(c *Config) { c.CAFile, c.Secrets, c.MinTLS = ca, []string{ref}, "1.3" })
	if err := c.Send(t.Context(), someBatch()); err != nil {
		t.Fatal(err)
	}
	for i, r := range s.requests() {
		if err := verify(r, key); err != nil || r.proto != "HTTP/2.0" {
			t.Errorf("request %d: %s, %v", i, r.proto, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	stranger := newClient(t, s, func(c *Config) { c.Changed = func(error) { cancel() } }) // trusts the system's roots
	if err := stranger.Send(ctx, someBatch()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v", err)
	}
	if n := len(s.requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

func TestSignedBodyGoesNowhereElse(t *testing.T) {
	var elsewhere atomic.Int32
	other := receive(t, plainHTTP, func(int, http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	s := receive(t, plainHTTP, func(n int, w http.ResponseWriter, r *http.Request) {
		if n < 4 {
			http.Redirect(w, r, strings.Replace(other.URL, "http://", "http://u:p4ss@", 1)+"?token=s3cret", []int{301, 303, 307, 308}[n])
		}
	})
	t.Setenv("HTTP_PROXY", other.URL) // nobody asked for it
	var met string
	c := newClient(t, s, func(c *Config) {
		c.Changed = func(err error) {
			if err != nil {
				met = err.Error()
			}
		}
	})
	if err := c.Send(t.Context(), someBatch()); err != nil || elsewhere.Load() != 0 {
		t.Errorf("error %v, %d requests elsewhere", err, elsewhere.Load())
	}
	if !strings.Contains(met, "redirects are not followed") || strings.Contains(met, "p4ss") || strings.Contains(met, "s3cret") {
		t.Errorf("the change says %q", met)
	}
}

func TestErrorsHideWhatIsSecret(t *testing.T) {
	s := receive(t, plainHTTP, status(200))
	s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(t, s, func(c *Config) { c.URL += "?token=s3cret"; c.Changed = func(error) { cancel() } })
	err := c.Send(ctx, someBatch())
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v", err)
	}
}

func TestSecretsAreReadAgain(t *testing.T) {
	_, ref := secretOf(t, 1)
	fresh, freshRef := secretOf(t, 2)
	s := receive(t, plainHTTP, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n > 0 {
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		if err := os.Rename(strings.TrimPrefix(freshRef, "file:"), strings.TrimPrefix(ref, "file:")); err != nil {
			t.Error(err)
		}
	})
	c := newClient(t, s, func(c *Config) { c.Secrets = []string{ref} })
	if err := c.Send(t.Context(), someBatch()); err != nil {
		t.Fatal(err)
	}
	if err := verify(s.requests()[1], fresh); err != nil {
		t.Errorf("after the exchange: %v", err)
	}
}

func TestKeysMayHoldNoFullStop(t *testing.T) {
	s := receive(t, plainHTTP, status(200))
	b := someBatch()
	b.Key = "articles.1"
	if err := newClient(t, s, nil).Send(t.Context(), b); err == nil || len(s.requests()) != 0 {
		t.Errorf("error %v", err)
	}
}

func TestProxyIfConfigured(t *testing.T) {
	var asked atomic.Value
	proxy := receive(t, plainHTTP, func(_ int, _ http.ResponseWriter, r *http.Request) {
		asked.Store(r.RequestURI + " " + r.Header.Get("Proxy-Authorization"))
	})
	t.Setenv("PRESSMILL_TEST_PROXY", "ann:pass")
	c := newClient(t, proxy, func(c *Config) {
		c.URL, c.Insecure, c.Proxy, c.ProxyAuth = "http://receiver.test/hook", true, proxy.URL, "env:PRESSMILL_TEST_PROXY"
	})
	if err := c.Send(t.Context(), someBatch()); err != nil {
		t.Fatal(err)
	}
	if want := "http://receiver.test/hook Basic " + base64.StdEncoding.EncodeToString([]byte("ann:pass")); asked.Load() != want {
		t.Errorf("the proxy got %q", asked.Load())
	}
}

func TestParallelBoundsRequests(t *testing.T) {
	var now, most atomic.Int32
	two := make(chan struct{}) // have been there at a time
	s := receive(t, plainHTTP, func(int, http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		if n == 2 {
			select {
			case <-two:
			default:
				close(two)
			}
		}
		for {
			old := most.Load()
			if n <= old || most.CompareAndSwap(old, n) {
				break
			}
		}
		select {
		case <-two:
			time.Sleep(20 * time.Millisecond) // in which a third one might come
		case <-time.After(5 * time.Second):
		}
		now.Add(-1)
	})
	c := newClient(t, s, func(c *Config) { c.Parallel = 2 })
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			b := someBatch()
			b.Key += strconv.Itoa(i)
			if err := c.Send(t.Context(), b); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() != 2 || len(s.requests()) != 6 {
		t.Errorf("%d requests, %d at a time", len(s.requests()), most.Load())
	}
}

// A receiver that looks at the length alone closes the connection while the body
// is still on its way: its answer is lost, unless it is asked first.
func TestEarlyRefusalIsHeard(t *testing.T) {
	var requests atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.Header.Get("Expect") == "" {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	t.Cleanup(s.Close)
	c, err := New(Config{URL: s.URL, MinBackoff: time.Millisecond, MaxBackoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	err = c.Send(t.Context(), Batch{Key: "large", Articles: [][]byte{bytes.Repeat([]byte("x"), 4<<20)}})
	if rejected, ok := errors.AsType[*RejectedError](err); !ok || !rejected.TooLarge() || requests.Load() != 2 {
		t.Errorf("error %v after %d requests", err, requests.Load())
	}
}

func TestStatusIsTheAnswer(t *testing.T) {
	s := receive(t, plainHTTP, func(_ int, w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "taken, and more is to be said")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	start := time.Now()
	c := newClient(t, s, func(c *Config) { c.Timeout = 5 * time.Minute })
	if err := c.Send(t.Context(), someBatch()); err != nil || time.Since(start) > 4*time.Minute {
		t.Errorf("error %v after %s", err, time.Since(start))
	}
}
