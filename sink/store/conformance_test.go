package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pressmill/sink/store/storetest"
)

// patience is the timeout of the stores that are tested with faults.
const patience = 3 * time.Second

// TestConformance is what holds of every object store, asked of real servers.
func TestConformance(t *testing.T) {
	for _, scheme := range []string{"s3", "gs", "azblob"} {
		t.Run(scheme, func(t *testing.T) {
			srv := storetest.Start(t, scheme)
			newURL := func(t *testing.T) string { t.Helper(); return srv.URL(t, "", 30*time.Second) }
			t.Run("create only", func(t *testing.T) { testCreateOnly(t, newURL(t), 500) })
			t.Run("whole", func(t *testing.T) { testWhole(t, newURL(t)) })
			t.Run("list", func(t *testing.T) { testList(t, newURL(t)) })
			t.Run("many", func(t *testing.T) { testMany(t, newURL(t)) })
			t.Run("tail and delete", func(t *testing.T) { testTailAndDelete(t, newURL(t)) })
			t.Run("large", func(t *testing.T) { testLarge(t, srv) })
			t.Run("check", func(t *testing.T) { testCheck(t, srv) })
			t.Run("wire", func(t *testing.T) { testWire(t, srv) })
			t.Run("reply of our own", func(t *testing.T) { testLostReply(t, srv) })
			t.Run("silence", func(t *testing.T) { testSilence(t, srv) })
			t.Run("credentials", func(t *testing.T) { testExpired(t, srv) })
			t.Run("killed", func(t *testing.T) { testKilled(t, srv) })
			if left := srv.Unfinished(t); len(left) > 0 {
				t.Errorf("uploads in parts are left: %v", left)
			}
		})
	}
}

// testMany lists more than a page holds.
func testMany(t *testing.T, url string) {
	s := openTestStore(t, url)
	const n = 2100
	var wg sync.WaitGroup
	for part := range 8 {
		wg.Go(func() {
			for i := part; i < n; i += 8 {
				if err := s.Create(t.Context(), fmt.Sprintf("d/%05d", i), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	entries, err := s.ReadDir(t.Context(), "d")
	if err != nil || len(entries) != n {
		t.Fatalf("%d entries, error %v", len(entries), err)
	}
	for i, e := range entries {
		if e.Name != fmt.Sprintf("%05d", i) || e.Dir || e.Time.IsZero() {
			t.Fatalf("entry %d is %+v", i, e)
		}
	}
}

// testLarge has an object go in one request, whatever its size.
func testLarge(t *testing.T, srv *storetest.Server) {
	p := storetest.NewProxy(t, srv)
	s := openTestStore(t, srv.URL(t, p.Addr, time.Minute))
	data := bytes.Repeat([]byte("0123456789abcdef"), 40<<16) // 40 MiB
	before := p.Requests.Load()
	if err := s.Create(t.Context(), "large.jsonl.zst", data); err != nil {
		t.Fatal(err)
	}
	if n := p.Requests.Load() - before; n != 1 {
		t.Errorf("%d requests made one object", n)
	}
	if got, err := ReadAll(t.Context(), s, "large.jsonl.zst"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %d bytes of %d: %v", len(got), len(data), err)
	}
}

func testCheck(t *testing.T, srv *storetest.Server) {
	p := storetest.NewProxy(t, srv)
	url := srv.URL(t, p.Addr, patience)
	missing := strings.Replace(url, "://bucket", "://nobucket", 1)
	wantAdvice := func(url, advice string) {
		t.Helper()
		if s, err := Create(url); err == nil || !strings.Contains(err.Error(), advice) {
			t.Errorf("%s: store %v, error %v, want advice %q", url, s, err, advice)
		}
	}
	wantAdvice(missing, "create it, or correct the URL")
	t.Run("away", func(t *testing.T) { testAway(t, p, url) })
	p.Break(func(*http.Request) storetest.Fault { return storetest.Expired })
	wantAdvice(url, "cannot list objects: the server answered 403")
	p.Break(func(r *http.Request) storetest.Fault { return faultOf(isWrite(r), storetest.Expired) })
	wantAdvice(url, "cannot create objects: the server answered 403")
	p.Break(func(*http.Request) storetest.Fault { return storetest.None })
	if srv.Scheme != "gs" { // whose emulator knows no credentials
		t.Run("wrong secret", func(t *testing.T) {
			t.Setenv("AWS_SECRET_ACCESS_KEY", "another")
			t.Setenv("AZURE_STORAGE_KEY", "YW5vdGhlcg==")
			if s, err := Create(url); err == nil || !strings.Contains(err.Error(), "answered 403") || !strings.Contains(err.Error(), "(the credentials ") {
				t.Errorf("store %v, error %v", s, err)
			}
		})
	}
	for range 2 {
		s := openTestStore(t, url)
		for key, err := range List(t.Context(), s, "") {
			t.Errorf("a store without objects lists %q, error %v", key, err)
		}
	}
}

// testAway opens a store whose server cannot be reached, which may pass: what is
// written says so until the server is back, and the bucket is checked then.
func testAway(t *testing.T, p *storetest.Proxy, url string) {
	p.Break(func(*http.Request) storetest.Fault { return storetest.Hangup })
	s := openTestStore(t, url)
	err := s.Create(t.Context(), "a.jsonl", []byte("{}\n"))
	if err == nil || !strings.Contains(err.Error(), "check endpoint, proxy and network") {
		t.Errorf("without its server: error %v", err)
	}
	p.Break(func(*http.Request) storetest.Fault { return storetest.None })
	before := p.Requests.Load()
	if err := s.Create(t.Context(), "a.jsonl", []byte("{}\n")); err != nil {
		t.Errorf("with its server: error %v", err)
	}
	if n := p.Requests.Load() - before; n < 3 {
		t.Errorf("%d requests: the bucket was not checked", n)
	}
	if err := s.Delete(t.Context(), "a.jsonl"); err != nil {
		t.Error(err)
	}
}

// isWrite says whether a request makes an object.
func isWrite(r *http.Request) bool {
	return r.Method == http.MethodPut || r.Method == http.MethodPost
}

func faultOf(yes bool, f storetest.Fault) storetest.Fault {
	if yes {
		return f
	}
	return storetest.None
}

// testWire has requests fail in every way at random. What the store says was
// created is there, whole; what it says was not may be there, whole.
func testWire(t *testing.T, srv *storetest.Server) {
	p := storetest.NewProxy(t, srv)
	s := openTestStore(t, srv.URL(t, p.Addr, patience))
	faults := []storetest.Fault{
		storetest.LoseReply, storetest.CutUpload, storetest.CutReply, storetest.Slow,
		storetest.Hangup, storetest.Conflict, storetest.Expired, storetest.Overloaded,
	}
	p.Break(func(*http.Request) storetest.Fault {
		return faultOf(rand.IntN(2) == 0, faults[rand.IntN(len(faults))])
	})
	body := func(i int) []byte { return bytes.Repeat(fmt.Appendf(nil, "%04d", i), 5000+i) }
	var mu sync.Mutex
	made := map[string][]byte{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < 160; i += 8 {
				key := fmt.Sprintf("d/%03d", i)
				err := s.Create(t.Context(), key, body(i))
				mu.Lock()
				made[key] = body(i)
				mu.Unlock()
				if got, rerr := ReadAll(t.Context(), s, key); rerr == nil && !bytes.Equal(got, body(i)) {
					t.Errorf("%s: read %d bytes of %d", key, len(got), len(body(i)))
				} else if err == nil && errors.Is(rerr, ErrNotFound) {
					t.Errorf("%s was created and is not there", key)
				}
			}
		})
	}
	wg.Wait()
	p.Break(func(*http.Request) storetest.Fault { return storetest.None })
	for key, want := range made {
		if err := s.Create(t.Context(), key, want); err != nil && !errors.Is(err, ErrExists) {
			t.Errorf("%s: %v", key, err)
		}
		if got, err := ReadAll(t.Context(), s, key); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s holds %d bytes of %d: %v", key, len(got), len(want), err)
		}
	}
	if entries, err := s.ReadDir(t.Context(), "d"); err != nil || len(entries) != len(made) {
		t.Errorf("%d objects of %d are listed: %v", len(entries), len(made), err)
	}
}

// testLostReply: when the answer to a write is lost and the client tries again
// it finds its own object.
func testLostReply(t *testing.T, srv *storetest.Server) {
	p := storetest.NewProxy(t, srv)
	s := openTestStore(t, srv.URL(t, p.Addr, patience))
	var lost atomic.Bool
	p.Break(func(r *http.Request) storetest.Fault {
		return faultOf(isWrite(r) && !lost.Swap(true), storetest.LoseReply)
	})
	err := s.Create(t.Context(), "d/a", []byte("mine"))
	if err == nil {
		t.Error("a lost answer was taken for a success")
	}
	if err := s.Create(t.Context(), "d/a", []byte("another")); !errors.Is(err, ErrExists) {
		t.Errorf("another body in its place: %v", err)
	}
	if got, err := ReadAll(t.Context(), s, "d/a"); err != nil || string(got) != "mine" {
		t.Errorf("read %q: %v", got, err)
	}
	var tries atomic.Int64
	p.Break(func(*http.Request) storetest.Fault {
		return faultOf(tries.Add(1) <= 3, storetest.Conflict)
	})
	if err := s.Create(t.Context(), "d/b", []byte("b")); err != nil || tries.Load() != 4 {
		t.Errorf("after three conflicts: %d tries, error %v", tries.Load(), err)
	}
}

// testSilence: a connection on which nothing comes back holds nobody for long.
func testSilence(t *testing.T, srv *storetest.Server) {
	p := storetest.NewProxy(t, srv)
	s := openTestStore(t, srv.URL(t, p.Addr, patience))
	if err := s.Create(t.Context(), "d/a", []byte("aa")); err != nil {
		t.Fatal(err)
	}
	p.Break(func(*http.Request) storetest.Fault { return storetest.Silence })
	for name, operation := range map[string]func() error{
		"create": func() error { return s.Create(t.Context(), "d/b", []byte("b")) },
		"open":   func() error { _, err := s.Open(t.Context(), "d/a"); return err },
		"tail":   func() error { _, _, err := s.OpenTail(t.Context(), "d/a", 1); return err },
		"list":   func() error { _, err := s.ReadDir(t.Context(), "d"); return err },
		"delete": func() error { return s.Delete(t.Context(), "d/a") },
		"read": func() error {
			p.Break(func(*http.Request) storetest.Fault { return storetest.StallReply })
			defer p.Break(func(*http.Request) storetest.Fault { return storetest.Silence })
			_, err := ReadAll(t.Context(), s, "d/a")
			return err
		},
	} {
		begin := time.Now()
		if err := operation(); err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrExists) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begin); took > 2*patience {
			t.Errorf("%s took %v", name, took)
		}
	}
	p.Break(func(*http.Request) storetest.Fault { return storetest.None })
	if got, err := ReadAll(t.Context(), s, "d/a"); err != nil || string(got) != "aa" {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

// testExpired: what is refused is never taken for what is not there.
func testExpired(t *testing.T, srv *storetest.Server) {
	p := storetest.NewProxy(t, srv)
	s := openTestStore(t, srv.URL(t, p.Addr, patience))
	if err := s.Create(t.Context(), "d/a", []byte("a")); err != nil {
		t.Fatal(err)
	}
	p.Break(func(*http.Request) storetest.Fault { return storetest.Expired })
	_, openErr := s.Open(t.Context(), "d/a")
	_, _, tailErr := s.OpenTail(t.Context(), "d/a", 1)
	_, listErr := s.ReadDir(t.Context(), "d")
	for name, err := range map[string]error{
		"create": s.Create(t.Context(), "d/b", nil), "open": openErr, "tail": tailErr, "list": listErr, "delete": s.Delete(t.Context(), "d/a"),
	} {
		if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "403") {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.Break(func(*http.Request) storetest.Fault { return storetest.None })
	if err := s.Create(t.Context(), "d/b", []byte("b")); err != nil {
		t.Error(err)
	}
}

// testKilled kills the server while objects are written to it, again and
// again. What was created is there afterwards, and everything there is whole.
func testKilled(t *testing.T, srv *storetest.Server) {
	s := openTestStore(t, srv.URL(t, "", patience))
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	made := map[string]bool{}
	for round := range 3 {
		var wg sync.WaitGroup
		var mu sync.Mutex
		stop := time.Now().Add(time.Duration(50+rand.IntN(200)) * time.Millisecond)
		for w := range 4 {
			wg.Go(func() {
				for i := 0; time.Now().Before(stop.Add(100 * time.Millisecond)); i++ {
					key := fmt.Sprintf("d/%d-%d-%d", round, w, i)
					if err := s.Create(t.Context(), key, data); err != nil {
						return
					}
					mu.Lock()
					made[key] = true
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Until(stop))
		srv.Kill(t)
		wg.Wait()
		srv.Restart(t)
	}
	if len(made) == 0 {
		t.Error("nothing was written before the kills")
	}
	for key, err := range List(t.Context(), s, "") {
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ReadAll(t.Context(), s, key); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s holds %d bytes of %d: %v", key, len(got), len(data), err)
		}
		delete(made, key)
	}
	if len(made) > 0 {
		t.Errorf("%d objects that were created are lost", len(made))
	}
}
