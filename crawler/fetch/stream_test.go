package fetch

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// takeOver fetches a URL and takes its body over if it begins with "S".
func takeOver(t *testing.T, tr *Transport, url string, read func(io.Reader) error) (*http.Response, *Trace, error) {
	t.Helper()
	trace := new(Trace)
	ctx := WithTaker(WithTrace(t.Context(), trace), func(_ *http.Response, head []byte) func(io.Reader) error {
		if !bytes.HasPrefix(head, []byte("S")) {
			return nil
		}
		return read
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	return resp, trace, err
}

func TestTaker(t *testing.T) {
	long := "S" + strings.Repeat("0123456789", 300_000)
	for _, encoding := range []string{"", "gzip", "br", "zstd"} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body := []byte(long)
			switch r.URL.Path {
			case "/page":
				body = []byte("page" + long)
			case "/short":
				body = body[:3]
			}
			if encoding != "" {
				w.Header().Set("Content-Encoding", encoding)
				body = encode(t, encoding, body)
			}
			_, _ = w.Write(body)
		})
		tr := transport(t, Options{MaxBody: 10_000, MaxStream: 4 << 20})
		for path, want := range map[string]string{"/": long, "/short": long[:3]} {
			var got []byte
			resp, trace, err := takeOver(t, tr, s.URL+path, func(r io.Reader) (err error) {
				got, err = io.ReadAll(r)
				return err
			})
			if err != nil || string(got) != want || !trace.Streamed || trace.Truncated {
				t.Fatalf("%q %s: %d bytes, %v, %+v", encoding, path, len(got), err, trace)
			}
			if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
				t.Errorf("%q %s: a body of %d bytes is left, %v", encoding, path, len(rest), err)
			}
		}
		resp, trace, err := takeOver(t, tr, s.URL+"/page", nil)
		if err != nil || trace.Streamed || !trace.Truncated {
			t.Fatalf("%q: not taken over: %v, %+v", encoding, err, trace)
		}
		if got, _ := io.ReadAll(resp.Body); string(got) != ("page" + long)[:10_000] {
			t.Errorf("%q: not taken over: %d bytes", encoding, len(got))
		}
	}
}

func TestTakerSeesWhatGoesWrong(t *testing.T) {
	cause := errors.New("cause")
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/reset":
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write([]byte("S" + strings.Repeat("x", 50_000)))
		case "/bad":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(append(encode(t, "gzip", []byte("S"+text))[:40], "broken"...))
		case "/long":
			_, _ = w.Write([]byte("S" + strings.Repeat("x", 300_000)))
		case "/slow":
			_, _ = w.Write([]byte("S" + strings.Repeat("x", 10_000)))
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(time.Minute):
			}
		}
	})
	tr := transport(t, Options{MaxBody: 10_000, MaxStream: 200_000, Timeout: time.Minute})
	impatient := transport(t, Options{MaxBody: 10_000, MaxStream: 200_000, Timeout: 2 * time.Second})
	for _, c := range []struct {
		path string
		ends error // what the reader returns; nil: what it reads
		want string
		n    int
		cut  bool
	}{
		{"/reset", nil, "reset", 50_001, false},
		{"/reset", cause, "reset", 50_001, false}, // the wire's error goes before
		{"/slow", nil, "timeout", 10_001, false},
		{"/long", cause, "network", 200_000, true},
	} {
		n, by := 0, tr
		if c.path == "/slow" {
			by = impatient
		}
		_, trace, err := takeOver(t, by, s.URL+c.path, func(r io.Reader) error {
			body, err := io.ReadAll(r)
			n = len(body)
			if err == nil {
				t.Errorf("%s: read to its end", c.path)
			}
			if c.ends != nil {
				return c.ends
			}
			return err
		})
		if got := Classify(err); got != c.want || n != c.n || trace.Truncated != c.cut {
			t.Errorf("%s: %d bytes, %s: %v, truncated %v", c.path, n, got, err, trace.Truncated)
		}
		if c.want == "network" && !errors.Is(err, cause) {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	if _, _, err := takeOver(t, tr, s.URL+"/bad", func(r io.Reader) error { _, err := io.ReadAll(r); return err }); Classify(err) != "decode" {
		t.Errorf("broken gzip: %v", err)
	}
	// Who has enough leaves the rest.
	if _, trace, err := takeOver(t, tr, s.URL+"/long", func(io.Reader) error { return nil }); err != nil || trace.Truncated {
		t.Errorf("left unread: %v, %+v", err, trace)
	}
}

// A body of 40 MB at a decent rate passes a timeout that is far too short for
// it, in a memory that does not grow with it.
func TestTakerIsGivenTime(t *testing.T) {
	const pieces, piece = 20, 2 << 20
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		block := bytes.Repeat([]byte("S"), piece)
		for range pieces {
			_, _ = w.Write(block)
			time.Sleep(100 * time.Millisecond)
		}
	})
	tr := transport(t, Options{MaxBody: 1 << 20, MaxStream: 50 << 20, Timeout: 1500 * time.Millisecond})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var total int
	var before, highest uint64
	_, trace, err := takeOver(t, tr, s.URL, func(r io.Reader) error {
		before = heap()
		buf := make([]byte, 64<<10)
		for {
			n, err := r.Read(buf)
			if total += n; total%(1<<20) < n {
				highest = max(highest, heap())
			}
			if err != nil {
				if err == io.EOF {
					return nil
				}
				return err
			}
		}
	})
	if err != nil || total != pieces*piece || trace.Streaming < 1500*time.Millisecond {
		t.Errorf("%d bytes in %s, %v", total, trace.Streaming, err)
	}
	if highest > before+4<<20 {
		t.Errorf("the heap grew by %d KB", (highest-before)>>10)
	}
}
