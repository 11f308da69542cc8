package sink

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/news"
	"pressmill/sink/store/storetest"
)

// TestConformanceSinks has two sinks write to a real server while requests
// fail in every way, the credentials expire for a while, and the server is
// killed and started again. In the end it holds every article once.
func TestConformanceSinks(t *testing.T) {
	for _, scheme := range []string{"s3", "gs", "azblob"} {
		t.Run(scheme, func(t *testing.T) {
			srv := storetest.Start(t, scheme)
			proxy := storetest.NewProxy(t, srv)
			cfg := Config{
				Name: "lake", URL: srv.URL(t, proxy.Addr, 3*time.Second),
				MaxCount: 8, MaxAge: 100 * time.Millisecond,
			}
			flow := newFlow(t, cfg, 2)
			faults := []storetest.Fault{
				storetest.LoseReply, storetest.LoseReply, storetest.CutUpload, storetest.CutReply, storetest.Slow,
				storetest.Hangup, storetest.Conflict, storetest.Overloaded, storetest.Expired,
			}
			proxy.Break(func(*http.Request) storetest.Fault {
				if mathrand.IntN(4) > 0 {
					return storetest.None
				}
				return faults[mathrand.IntN(len(faults))]
			})
			for range 3 {
				flow.publish(t, 10, 40, 1000)
				srv.Kill(t)
				flow.publish(t, 2, 40, 1000)
				srv.Restart(t)
			}
			for _, f := range []storetest.Fault{storetest.Silence, storetest.Expired} {
				proxy.Break(func(*http.Request) storetest.Fault { return f })
				flow.publish(t, 3, 40, 1000)
				time.Sleep(time.Second)
			}
			proxy.Break(func(*http.Request) storetest.Fault { return storetest.None })
			flow.publish(t, 1, 40, 1000)
			flow.finish(t)
			wantOnce(t, strings.Replace(cfg.URL, proxy.Addr, srv.Addr, 1), flow.want)
			if n := proxy.Broken.Load(); n < 50 {
				t.Errorf("%d requests failed: the test has not tried what it should", n)
			}
			if left := srv.Unfinished(t); len(left) > 0 {
				t.Errorf("uploads in parts are left: %v", left)
			}
		})
	}
}

// TestConformanceDiskFull has the disk below a store run full, and grow.
func TestConformanceDiskFull(t *testing.T) {
	for _, scheme := range []string{"file", "s3"} {
		t.Run(scheme, func(t *testing.T) {
			dir := t.TempDir()
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
				t.Skipf("needs a disk of its own: mount: %v", err)
			}
			t.Cleanup(func() {
				if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
					t.Error(err)
				}
			})
			cfg := Config{Name: "lake", URL: "file://" + dir, MaxCount: 8, MaxAge: 100 * time.Millisecond}
			if scheme == "s3" {
				cfg.URL = storetest.StartIn(t, scheme, dir).URL(t, "", 3*time.Second)
			}
			flow := newFlow(t, cfg, 2)
			flow.publish(t, 10, 20, 16<<10)
			time.Sleep(time.Second)
			if ok, err := flow.sinks[0].Drained(t.Context()); err != nil || ok {
				t.Errorf("3 MB on a disk of 1 MB: drained %v, error %v", ok, err)
			}
			if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
				t.Fatal(err)
			}
			flow.finish(t)
			wantOnce(t, cfg.URL, flow.want)
		})
	}
}

// flow is articles on their way through a bus to sinks at work.
type flow struct {
	bus   *bus.Bus
	sinks []*Sink
	want  map[string]bool
	stop  func()
	wg    sync.WaitGroup
}

// newFlow starts sinks that share one configuration.
func newFlow(t *testing.T, cfg Config, sinks int) *flow {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	f := &flow{bus: startBus(t), want: map[string]bool{}, stop: stop}
	t.Cleanup(func() {
		stop()
		f.wg.Wait()
	})
	for range sinks {
		articles, turns := OnBus(f.bus, func() {})
		s := newTestSink(t, articles, turns, cfg, Options{Workers: 8})
		f.sinks = append(f.sinks, s)
		f.wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	return f
}

// publish publishes batches of n articles of about so many bytes that do not
// compress.
func (f *flow) publish(t *testing.T, batches, n, size int) {
	t.Helper()
	for range batches {
		for range n {
			id := make([]byte, 8)
			text := make([]byte, size/2)
			_, _ = rand.Read(id)
			_, _ = rand.Read(text)
			a := &news.Article{Schema: news.Schema, ID: hex.EncodeToString(id), Rev: "r", Title: hex.EncodeToString(text)}
			if _, err := f.bus.PublishArticle(t.Context(), fmt.Sprintf("host%d.test", len(f.want)%20), a); err != nil {
				t.Fatal(err)
			}
			f.want[a.MsgID()] = true
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// finish waits until every article is written, and stops the sinks.
func (f *flow) finish(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if f.drained(t) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("not drained: %+v, %+v", f.sinks[0].Stats(), f.sinks[1].Stats())
		}
	}
	f.stop()
	f.wg.Wait()
	total := Stats{}
	for _, s := range f.sinks {
		st := s.Stats()["lake"]
		total.Articles += st.Articles
		total.Objects += st.Objects
		total.Conflicts += st.Conflicts
	}
	t.Logf("%d articles published; %+v", len(f.want), total)
}

// drained says whether the partitions are written to their ends, by whichever
// sink has each: turns go to and fro between them.
func (f *flow) drained(t *testing.T) bool {
	t.Helper()
	for part := range Partitions {
		last, err := f.sinks[0].bus.LastArticle(t.Context(), part)
		if err != nil {
			t.Fatal(err)
		}
		past := false
		for _, s := range f.sinks {
			past = past || s.outputs[0].past(part, last)
		}
		if !past {
			return false
		}
	}
	return true
}

func TestMain(m *testing.M) {
	// Nothing may ask for a machine's metadata, whatever a test opens.
	for key, value := range map[string]string{"AWS_EC2_METADATA_DISABLED": "true", "NO_GCE_CHECK": "true"} {
		if err := os.Setenv(key, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
