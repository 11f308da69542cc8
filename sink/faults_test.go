package sink

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/sink/segment"
)

// envAll, as make conformance sets it, has processes die and freeze at every
// point, not at some.
const envAll = "PRESSMILL_SERVERS"

// noise returns a text of a size that cannot be compressed much.
func noise(seed, size int) string {
	r := rand.New(rand.NewPCG(uint64(seed), 1))
	text := make([]byte, size)
	for i := range text {
		text[i] = byte('0' + r.IntN(64))
		if text[i] == '\\' {
			text[i] = ' '
		}
	}
	return string(text)
}

// points are where a process can die on its way from the stream to the store.
func points() []string {
	return []string{
		"before the read", "after the read", "before the check", "after the check",
		"before the upload", "during the upload", "after the upload",
		"before the position is mirrored", "after the position is mirrored",
		"before the turn is handed on", "after the turn is handed on",
	}
}

// TestConformanceKilled kills -9 a sink at each point of the protocol and lets another take over when its turns have run out. No
// article is missing, none is there twice, no part of an object is to be seen at
// any moment, and nothing stays behind.
func TestConformanceKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	for i, point := range points() {
		if os.Getenv(envAll) == "" && i%4 != 1 {
			continue
		}
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			compressions := []segment.Compression{segment.Zstd, segment.None, segment.Gzip}
			s := startServer(t, t.TempDir(), nil)
			o := order{Server: s.url, URL: "file://" + t.TempDir(), MaxCount: 5, Compression: compressions[i%3]}
			s.publish(t, 24, 20_000)
			o.Point, o.Times, o.Signal = point, int32(1+i%3), syscall.SIGKILL
			startProcess(t, o).end(t, true)
			if point == "during the upload" && len(leftovers(o.URL)) == 0 {
				t.Error("nothing was left behind: it was not during the upload")
			}
			wantAtMostOnce(t, o.URL)
			s.publish(t, 9, 20_000)
			ageLeftovers(t, o.URL)
			o.Point = ""
			startProcess(t, o).end(t, false)
			wantOnce(t, o.URL, s.want)
			wantNothingLeft(t, o.URL)
		})
	}
}

// wantAtMostOnce reads a store as it is, every object against its metadata.
func wantAtMostOnce(t *testing.T, url string) {
	t.Helper()
	for id, n := range idsIn(t, url) {
		if n > 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
}

// ageLeftovers makes temporary files as old as they must be to be cleared away.
func ageLeftovers(t *testing.T, url string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	files, err := filepath.Glob(strings.TrimPrefix(url, "file://") + "/.tmp/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
}

// wantNothingLeft checks that a store holds objects and what describes them,
// and nothing else.
func wantNothingLeft(t *testing.T, url string) {
	t.Helper()
	dir := strings.TrimPrefix(url, "file://")
	described := map[string]bool{} // objects without metadata inside
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if folder, file, ok := strings.Cut(name, "/.meta/"); ok {
			file = strings.TrimSuffix(file, ".json")
			described[folder+"/"+file[:strings.LastIndexByte(file, '-')]] = true
			return nil
		}
		if k, err := segment.ParseKey(name); err != nil {
			t.Errorf("%s was left behind", name)
		} else if k.Ext == ".jsonl" && !described[name] {
			t.Errorf("nothing describes %s", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestConformanceFrozen stops a process between two steps for longer than its turns last,
// while another with another rotation takes over. When it wakes up it finds
// itself fenced, or the place taken, and both go on.
func TestConformanceFrozen(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	for i, point := range []string{"after the read", "before the upload", "after the check", "after the upload", "before the turn is handed on"} {
		if os.Getenv(envAll) == "" && i != 1 {
			continue
		}
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, t.TempDir(), nil)
			o := order{Server: s.url, URL: "file://" + t.TempDir(), MaxCount: 5, Point: point, Times: 2, Signal: syscall.SIGSTOP}
			s.publish(t, 30, 1000)
			frozen := startProcess(t, o)
			frozen.waitFor(t, point)
			o.MaxCount, o.Point = 7, ""
			startProcess(t, o).end(t, false)
			wantOnce(t, o.URL, s.want)
			s.publish(t, 10, 1000)
			if err := frozen.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			frozen.end(t, false)
			startProcess(t, o).end(t, false) // the other may have seen the end before the last articles came
			wantOnce(t, o.URL, s.want)
			wantNothingLeft(t, o.URL)
		})
	}
}

// drainServer has a process that knows nothing write what a server holds.
func drainServer(t *testing.T, s *server, cfg Config) (Stats, *observer.ObservedLogs) {
	t.Helper()
	if err := s.ReleaseTurns(t.Context()); err != nil {
		t.Fatal(err)
	}
	core, seen := observer.New(zap.InfoLevel)
	articles, turns := OnBus(s.Bus, func() {})
	sink := newLoggedSink(t, articles, turns, cfg, Options{Once: true}, logged(t, core))
	drainAll(t, sink)
	wantOnce(t, cfg.URL, s.want)
	return sink.Stats()[cfg.Name], seen
}

// TestServerRestored brings a server's files back as they were before some
// articles, which a sink has written by then. They come again, in another
// order, between new ones.
func TestServerRestored(t *testing.T) {
	dir, snapshot, cfg := t.TempDir(), t.TempDir(), testConfig()
	cfg.MaxCount = 4
	s := startServer(t, dir, nil)
	s.publish(t, 30, 100)
	drainServer(t, s, cfg)
	s.stop()
	if err := os.CopyFS(snapshot, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	want := s.want
	s = startServer(t, dir, nil)
	s.want = want
	s.publish(t, 20, 100)
	if st, _ := drainServer(t, s, cfg); st.Articles != 20 || st.Epochs != 0 {
		t.Errorf("before: %+v", st)
	}
	s.stop()

	s = startServer(t, snapshot, nil)
	s.want = want
	for i := 49; i >= 30; i-- {
		s.publishNumber(t, i, 100)
		if i%5 == 0 {
			s.publish(t, 1, 100)
		}
	}
	if st, _ := drainServer(t, s, cfg); st.Articles != 4 || st.Skipped != 20 || st.Epochs != 3 {
		t.Errorf("restored: %+v", st)
	}
}

// TestGapOfAServer has the stream lose articles because the mirrored positions
// say that they are committed, and they are not.
func TestGapOfAServer(t *testing.T) {
	cfg := testConfig()
	s := startServer(t, t.TempDir(), func(c *bus.Config) { c.ArticlesReplay = time.Nanosecond })
	s.publish(t, 9, 100)
	drainServer(t, s, cfg)
	want := maps.Clone(s.want)
	s.publish(t, 75, 10_000)
	for part := range Partitions {
		if err := s.PutPosition(t.Context(), cfg.Name, part, 85); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.TrimArticles(t.Context()); err != nil || n != 84 {
		t.Fatalf("%d articles were removed, error %v", n, err)
	}
	lost := s.want
	s.want = maps.Clone(lost)
	s.publish(t, 6, 100)
	maps.DeleteFunc(s.want, func(id string, _ bool) bool { return lost[id] && !want[id] })
	_, seen := drainServer(t, s, cfg)
	gaps := map[int64]segment.Range{}
	for _, e := range seen.FilterField(logging.Event(logging.SegmentGap)).All() {
		f := e.ContextMap()
		gaps[f[logging.KeyPartition].(int64)] = segment.Range{From: f[logging.KeyFirst].(uint64), To: f[logging.KeyLast].(uint64)}
	}
	for i := range 3 {
		// From behind the last article of the partition, or that of the stream.
		gap := gaps[int64(bus.Partition(fmt.Sprintf("host%d.test", i)))]
		if gap.From < uint64(i)+8 || gap.From > 10 || gap.To != 84 {
			t.Errorf("host %d: gap %+v", i, gap)
		}
	}
}
