package sink

import (
	"bytes"
	stdcmp "cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/news"
	"pressmill/sink/segment"
	"pressmill/sink/store"
	"pressmill/sink/table"
)

// tableConfigs are sinks of every kind of table.
func tableConfigs() map[string]Config {
	cfgs := map[string]Config{
		"parquet": {Format: segment.Parquet},
		"csv":     {Format: segment.CSV},
		"csv.gz":  {Format: segment.CSV, Compression: segment.Gzip, Fields: []string{"title", "id", "rev"}, Spreadsheet: true},
		"csv.zst": {Format: segment.CSV, Compression: segment.Zstd},
	}
	for name, c := range cfgs {
		of := testConfig()
		of.Format, of.Compression, of.Fields, of.Spreadsheet = c.Format, c.Compression, c.Fields, c.Spreadsheet
		cfgs[name] = of
	}
	return cfgs
}

func TestTablesDrainOnce(t *testing.T) {
	for name, cfg := range tableConfigs() {
		t.Run(name, func(t *testing.T) {
			b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
			cfg.URL, cfg.MaxCount = "file://"+t.TempDir(), 7
			for _, n := range []int{50, 20} {
				// A later process without any turns goes on behind the objects.
				fill(b, 3, n, want)
				s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
				drainAll(t, s)
				wantOnce(t, cfg.URL, want)
				if st := s.Stats()["lake"]; st.Articles != int64(n) || st.Conflicts+st.Epochs != 0 {
					t.Errorf("stats %+v", st)
				}
			}
		})
	}
}

// TestTablesOfAFrozenTwin: the object that is there first counts, of whatever
// size it is.
func TestTablesOfAFrozenTwin(t *testing.T) {
	for name, cfg := range tableConfigs() {
		t.Run(name, func(t *testing.T) {
			b, want := newFakeBus(pastDay(), time.Second), map[string]bool{}
			fill(b, 1, 50, want)
			cfg.MaxCount = 33
			twin := drainOf(newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}), 0, freeHolder{}, nil)
			start, err := twin.resolve(t.Context(), b, 0, nil)
			if err != nil {
				t.Fatal(err)
			}
			batch, err := twin.collect(t.Context(), start)
			if err != nil {
				t.Fatal(err)
			}
			cfg.MaxCount = 10
			s := newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true})
			if _, _, err := drainOf(s, 0, freeHolder{}, start.state()).run(t.Context(), t.Context()); err != nil {
				t.Fatal(err)
			}
			if pos, err := twin.commit(t.Context(), start, batch); err != nil || pos.Next != 11 {
				t.Errorf("twin goes on at %d, error %v", pos.Next, err)
			}
			if _, _, err := twin.run(t.Context(), t.Context()); err != nil {
				t.Fatal(err)
			}
			wantOnce(t, cfg.URL, want)
		})
	}
}

// TestTablesOfARestoredStream: what tables of an earlier epoch hold is told from
// their rows.
func TestTablesOfARestoredStream(t *testing.T) {
	for name, cfg := range tableConfigs() {
		t.Run(name, func(t *testing.T) {
			b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
			fill(b, 2, 40, want)
			q := newFakeTurns()
			drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
			old := b.snapshot()
			fill(b, 2, 20, want)
			drainAll(t, newTestSink(t, b, q, cfg, Options{Once: true}))
			lost := b.msgs[40:]
			for i := len(lost) - 1; i >= 0; i-- {
				old.publishRaw(lost[i].part, lost[i].MsgID, lost[i].Data)
			}
			fill(old, 2, 5, want)
			s := newTestSink(t, old, q, cfg, Options{Once: true})
			drainAll(t, s)
			wantOnce(t, cfg.URL, want)
			if st := s.Stats()["lake"]; st.Epochs != 2 || st.Skipped != 20 || st.Articles != 5 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

// TestFieldsBeginAnEpoch: so does the other way to write them.
func TestFieldsBeginAnEpoch(t *testing.T) {
	b, want := newFakeBus(pastDay(), time.Minute), map[string]bool{}
	cfg, q := testConfig(), newFakeTurns()
	cfg.Format = segment.CSV
	for i, fields := range [][]string{nil, {"id", "rev"}, {"id", "rev"}, {"rev", "id"}} {
		fill(b, 1, 10, want)
		cfg.Fields, cfg.Spreadsheet = fields, i == 2
		s := newTestSink(t, b, q, cfg, Options{Once: true})
		drainAll(t, s)
		if st := s.Stats()["lake"]; st.Articles != 10 || st.Epochs != int64(min(i, 1)) {
			t.Errorf("%v: %+v", fields, st)
		}
	}
	wantOnce(t, cfg.URL, want)
}

func TestTakedownsInTables(t *testing.T) {
	for _, c := range []Config{{Format: segment.Parquet}, {Format: segment.CSV, Fields: []string{"schema", "id", "rev", "url.requested", "status"}}} {
		b := newFakeBus(pastDay(), time.Minute)
		b.publish(0, "a", "r")
		gone := &news.Takedown{Schema: news.TakedownSchema, ID: "a", URL: "https://tidewick.example/a", Status: 410}
		data, err := json.Marshal(gone)
		if err != nil {
			t.Fatal(err)
		}
		b.publishRaw(0, gone.MsgID(), data)
		cfg := testConfig()
		cfg.Format, cfg.Fields, cfg.Takedowns = c.Format, c.Fields, true
		drainAll(t, newTestSink(t, b, newFakeTurns(), cfg, Options{Once: true}))
		var got []news.Takedown
		for raw, err := range segment.ReadURL(t.Context(), cfg.URL) {
			if err != nil {
				t.Fatal(err)
			}
			var line news.Takedown
			if json.Unmarshal(raw, &line) == nil && line.Schema == news.TakedownSchema {
				got = append(got, line)
			}
		}
		if diff := cmp.Diff([]news.Takedown{*gone}, got); diff != "" {
			t.Errorf("%s: %s", c.Format, diff)
		}
	}
}

func TestTableConfigIsValidated(t *testing.T) {
	for want, c := range map[string]Config{
		`fields: "titel" is unknown; did you mean "title"?`: {Format: segment.CSV, Fields: []string{"id", "rev", "titel"}},
		"fields: schema is not among them":                  {Format: segment.CSV, Takedowns: true},
		"fields: rev is not among them":                     {Format: segment.CSV, Fields: []string{"id", "title"}},
		`compression: "none" is not zstd`:                   {Format: segment.Parquet, Compression: segment.None},
		"fields, spreadsheet: the format jsonl has none":    {Fields: []string{"id"}},
		`format: "xlsx" is not jsonl, parquet, csv or warc`: {Format: "xlsx"},
	} {
		c.URL = "mem://x"
		if err := c.Defaults().Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for name, c := range tableConfigs() {
		if err := c.Defaults().Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTablesBesideLinesOnBus has a sink of lines, one of Parquet and one of CSV
// read one stream, in two processes that share the partitions, one of which is
// stopped, and then in a third after a restart of the server.
func TestTablesBesideLinesOnBus(t *testing.T) {
	cfgs := map[string]Config{"lines": {}, "parquet": {Format: segment.Parquet}, "sheet": {Format: segment.CSV, Spreadsheet: true}}
	var all []Config
	for name, c := range cfgs {
		c.Name, c.URL, c.MaxAge, c.MaxCount = name, "file://"+t.TempDir(), 200*time.Millisecond, 20
		cfgs[name], all = c, append(all, c)
	}
	dir, want := t.TempDir(), map[string]bool{}
	b, stopServer := startBusIn(t, dir)
	publishArticles(t, b, 60, want)

	articles, turns := OnBus(b, func() {})
	ctx, stop := context.WithCancel(t.Context())
	first, stopFirst := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for _, ctx := range []context.Context{first, ctx} {
		s := newTestSinks(t, articles, turns, all, Options{Workers: 16, Wait: 200 * time.Millisecond})
		wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	stopFirst()
	publishArticles(t, b, 30, want)
	time.Sleep(300 * time.Millisecond)
	stop()
	wg.Wait()
	stopServer()

	b, stopServer = startBusIn(t, dir)
	defer stopServer()
	if err := b.ReleaseTurns(t.Context()); err != nil {
		t.Fatal(err)
	}
	publishArticles(t, b, 20, want)
	articles, turns = OnBus(b, func() {})
	drainAll(t, newTestSinks(t, articles, turns, all, Options{Once: true}))
	for _, c := range cfgs {
		wantOnce(t, c.URL, want)
	}
	if diff := cmp.Diff(linesByID(t, cfgs["lines"].URL), linesByID(t, cfgs["parquet"].URL)); diff != "" {
		t.Errorf("lines and Parquet differ: %s", diff)
	}
	wantFooters(t, cfgs["parquet"].URL)
}

func newTestSinks(t *testing.T, b Bus, q Turns, cfgs []Config, opt Options) *Sink {
	t.Helper()
	opt.Poll, opt.Retry, opt.Wait = 5*time.Millisecond, 5*time.Millisecond, stdcmp.Or(opt.Wait, 5*time.Millisecond)
	s, err := New(cfgs, b, q, zap.NewNop(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantFooters checks that Parquet objects say in their footers what they are.
func wantFooters(t *testing.T, url string) {
	t.Helper()
	s, err := store.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for o, err := range segment.Objects(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := store.ReadAll(t.Context(), s, o.Key.String())
		if err != nil {
			t.Fatal(err)
		}
		values, err := table.ParquetKeyValues(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var m segment.Meta
		if err := json.Unmarshal([]byte(values["pressmill"]), &m); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(o.Meta, m); diff != "" || o.Key.Ext != ".parquet" || m.Count == 0 {
			t.Errorf("%s: %s", o.Key, diff)
		}
		count++
	}
	if count < 3 {
		t.Errorf("%d objects", count)
	}
}

func linesByID(t *testing.T, url string) map[string]string {
	t.Helper()
	lines := map[string]string{}
	for raw, err := range segment.ReadURL(t.Context(), url) {
		if err != nil {
			t.Fatal(err)
		}
		var a news.Article
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatal(err)
		}
		lines[a.MsgID()] = string(raw)
	}
	return lines
}

// publishArticles publishes n articles and notes them in want.
func publishArticles(t *testing.T, b *bus.Bus, n int, want map[string]bool) {
	t.Helper()
	for range n {
		a := &news.Article{
			Schema: news.Schema, ID: fmt.Sprintf("%016x", len(want)), Rev: "r", Title: "=Old \"pier\", new ferry", Kind: news.KindNews,
			Published: &news.Date{At: "2026-11-23T23:48:00+01:00", Precision: news.PrecisionMinute, Zone: news.ZoneExplicit, Raw: "today"},
			Authors:   []news.Author{{Name: "Nora Hale", Kind: "person", Raw: "By Nora Hale"}},
			Body:      news.Body{Text: "One\n\ntwo", Blocks: []news.Block{{T: news.BlockParagraph, Text: "One"}, {T: news.BlockParagraph, Text: "two"}}, Words: 2},
			Fetch:     news.Fetch{At: time.Date(2026, 11, 24, 0, 0, 0, len(want), time.UTC), Status: 200},
		}
		stored, err := b.PublishArticle(t.Context(), fmt.Sprintf("host%d.test", len(want)%4), a)
		if err != nil || !stored.New {
			t.Fatalf("stored %v, error %v", stored, err)
		}
		want[a.MsgID()] = true
	}
}
