package worker

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime/pprof"
	"testing"
)

func TestProfilesAreAnsweredOnLoopbackAlone(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "192.0.2.7:6060", "[::]:0", "6060"} {
		stop, err := ServeProfiles(addr)
		if err == nil {
			stop()
		}
		if _, ok := errors.AsType[*UsageError](err); !ok {
			t.Errorf("on %q: %v, want a UsageError", addr, err)
		}
	}
	stop, err := ServeProfiles("")
	if err != nil {
		t.Errorf("nowhere: %v", err)
	}
	stop()
}

func TestProfileOfAWholeLife(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	stop, err := ServeProfiles(addr)
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) (int, []byte, error) {
		resp, err := http.Get("http://" + addr + "/debug/pprof/" + path)
		if err != nil {
			return 0, nil, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return resp.StatusCode, body, err
	}
	if status, body, err := get("goroutine?debug=1"); err != nil || status != http.StatusOK || !bytes.Contains(body, []byte("ServeProfiles")) {
		t.Errorf("goroutines: %d, %v: %.200s", status, err, body)
	}

	type answer struct {
		status int
		body   []byte
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		for {
			a := answer{}
			if a.status, a.body, a.err = get("profile?seconds=86400"); a.status != http.StatusInternalServerError { // the test looked at the same moment
				done <- a
				return
			}
		}
	}()
	for pprof.StartCPUProfile(io.Discard) == nil { // until the other is being taken
		pprof.StopCPUProfile()
	}
	stop()
	if a := <-done; a.err != nil || a.status != http.StatusOK || !bytes.HasPrefix(a.body, []byte{0x1f, 0x8b}) {
		t.Errorf("profile at the end: %d, %v: %.200s, want one that is gzipped", a.status, a.err, a.body)
	}
	if _, _, err := get("goroutine"); err == nil {
		t.Error("it still answers after its end")
	}
}
