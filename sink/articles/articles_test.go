package articles

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/news"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

const prefix = "lake/articles"

var epoch = segment.Epoch{}.Next(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))

// counting counts the objects that are opened.
type counting struct {
	store.Store
	opened atomic.Int64
}

func (c *counting) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	c.opened.Add(1)
	return c.Store.Open(ctx, key)
}

func newStore(t *testing.T) *counting {
	s, err := store.Open("mem://" + store.NewWriterID())
	if err != nil {
		t.Fatal(err)
	}
	return &counting{Store: s}
}

// put writes lines as the object of a partition whose last message was stored at
// a time.
func put(t *testing.T, s store.Store, part int, position uint64, last time.Time, lines ...any) {
	t.Helper()
	f := segment.Format{Kind: segment.JSONL, Compression: segment.Zstd}
	k := segment.NewKey(prefix, segment.DefaultLayout, last.Format(time.DateOnly), epoch, part, position, f.Ext())
	var body bytes.Buffer
	for _, l := range lines {
		data, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		body.Write(append(data, '\n'))
	}
	end := position + uint64(len(lines)) - 1
	m := segment.Meta{
		Epoch: epoch.String(), Partition: part, Position: position, First: position, Last: end, Next: end + 1,
		Count: len(lines), LastTime: last, Created: last,
	}
	if _, _, err := segment.Put(t.Context(), s, k, f, m, body.Bytes()); err != nil {
		t.Fatal(err)
	}
}

func article(id, rev string, at time.Time) *news.Article {
	a := &news.Article{Schema: news.Schema, ID: id, Rev: rev, Title: "Title of " + id, Lang: "en"}
	a.URL.Final = "https://www.example.org/" + id
	a.Source = news.SourceRef{ID: "ex", Domain: "example.org"}
	a.Extraction.At, a.Fetch.At = at, at
	return a
}

// fill writes five days of three partitions with an article every minute; every
// third one is a revision of the one 7 before it.
func fill(t *testing.T, s store.Store) (all []*news.Article) {
	begin := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for d := range 5 {
		for o := range 6 {
			for part := range 3 {
				var lines []any
				for i := range 4 {
					n := len(all)
					id, rev := fmt.Sprintf("%016x", n), "a"
					if n%9 == 8 && n > 100 {
						id, rev = all[n-36*2].ID, all[n-36*2].Rev+"b" // of another partition at times
					}
					at := begin.AddDate(0, 0, d).Add(time.Duration(o*12+i*3+part) * time.Minute)
					all = append(all, article(id, rev, at))
					lines = append(lines, all[n])
				}
				last := all[len(all)-1].Extraction.At.Add(20 * time.Second)
				put(t, s, part, uint64(1000*d+10*o+1), last, lines...)
			}
		}
	}
	return all
}

// names are the ids and revisions in the order of pages.
func names(all []*news.Article) (names []string) {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b *news.Article) int {
		return Cursor{a.Extraction.At, a.ID, a.Rev}.compare(Cursor{b.Extraction.At, b.ID, b.Rev})
	})
	for _, a := range all {
		names = append(names, a.MsgID())
	}
	return names
}

func newestOf(all []*news.Article) (newest []*news.Article) {
	best := map[string]*news.Article{}
	for _, a := range all {
		if b := best[a.ID]; b == nil || b.Extraction.At.Before(a.Extraction.At) {
			best[a.ID] = a
		}
	}
	for _, a := range best {
		newest = append(newest, a)
	}
	return newest
}

func pages(t *testing.T, s store.Store, q Query, limit int) (got []string) {
	t.Helper()
	var after Cursor
	for {
		p, err := Find(t.Context(), s, prefix, q, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range p.Articles {
			got = append(got, f.ID+"."+f.Rev)
		}
		if !p.More {
			return got
		}
		if len(p.Articles) != limit {
			t.Fatalf("a page of %d", len(p.Articles))
		}
		if after, err = ParseCursor(p.Next.String()); err != nil || after != p.Next {
			t.Fatalf("cursor %s is read as %s, error %v", p.Next, after, err)
		}
	}
}

func TestPagesHaveEachArticleOnceNewestFirst(t *testing.T) {
	s := newStore(t)
	all := fill(t, s)
	since, until := all[len(all)/3].Extraction.At, all[len(all)/3*2].Extraction.At
	var between []*news.Article
	for _, a := range all {
		if at := a.Extraction.At; !at.Before(since) && at.Before(until) {
			between = append(between, a)
		}
	}
	for _, limit := range []int{7, 50, 1000} {
		for name, tt := range map[string]struct {
			q    Query
			want []*news.Article
		}{
			"newest":            {Query{}, newestOf(all)},
			"all":               {Query{AllRevs: true}, all},
			"newest in between": {Query{Since: since, Until: until}, newestOf(between)},
			"all in between":    {Query{Since: since, Until: until, AllRevs: true}, between},
		} {
			if diff := cmp.Diff(names(tt.want), pages(t, s, tt.q, limit)); diff != "" {
				t.Errorf("%s, by %d (-want +got):\n%s", name, limit, diff)
			}
		}
	}
	var each []string
	if err := Each(t.Context(), s, prefix, Query{}, func(f Found) bool { each = append(each, f.ID+"."+f.Rev); return true }); err != nil {
		t.Fatal(err)
	}
	want := names(newestOf(all))
	slices.Sort(each)
	slices.Sort(want)
	if diff := cmp.Diff(want, each); diff != "" {
		t.Errorf("each (-want +got):\n%s", diff)
	}
}

func TestLittleIsReadForTheNewest(t *testing.T) {
	s := newStore(t)
	all := fill(t, s)
	// Each of 90 objects is opened for what it says about itself, too; a day has
	// 18, and those that are read ahead are opened or not.
	const day, ahead = 2 * 18, 2 * 8
	for _, q := range []Query{{}, {Grep: "nowhere", Since: all[72*4].Extraction.At}} {
		s.opened.Store(0)
		if _, err := Find(t.Context(), s, prefix, q, Cursor{}, 3); err != nil {
			t.Fatal(err)
		}
		if n := s.opened.Load(); n > day+ahead {
			t.Errorf("%+v: %d objects are opened, want at most %d", q, n, day+ahead)
		}
	}
}

func TestFilters(t *testing.T) {
	s := newStore(t)
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	a, b := article("aaaaaaaaaaaaaaaa", "1", at), article("bbbbbbbbbbbbbbbb", "1", at)
	a.Title, a.Body.Text, a.Lang = "Über die Fähre", "Die FÄHRE legt ab.", "de-AT"
	b.URL.Final, b.Source = "https://news.example.com/b", news.SourceRef{ID: "com", Domain: "example.com"}
	put(t, s, 0, 1, at, a, map[string]string{"what": "no article"}, []int{1}, b)
	for want, qs := range map[string][]Query{
		"a":  {{Grep: "fähre legt"}, {Grep: "ÜBER"}, {Host: "example.org"}, {Host: "www.example.org"}, {Source: "ex"}, {Lang: "de"}, {Lang: "de-at"}},
		"ab": {{}},
		"b":  {{Host: "Example.com"}, {Source: "example.com"}, {Lang: "EN"}, {Grep: "title OF b"}},
		"":   {{Host: "ample.org"}, {Lang: "d"}, {Source: "org"}, {Grep: "ferry"}, {Since: at.Add(time.Second)}, {Until: at}},
	} {
		for _, q := range qs {
			var got strings.Builder
			for _, name := range pages(t, s, q, 9) {
				got.WriteString(name[:1])
			}
			if got.String() != want {
				t.Errorf("%+v finds %q, want %q", q, got.String(), want)
			}
		}
	}
}

func TestTakedownsAndTombstones(t *testing.T) {
	s := newStore(t)
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	back := article("aaaaaaaaaaaaaaaa", "2", at.Add(time.Hour))
	put(t, s, 0, 1, at, article("aaaaaaaaaaaaaaaa", "1", at), article("bbbbbbbbbbbbbbbb", "1", at), article("cccccccccccccccc", "1", at), article("dddddddddddddddd", "1", at))
	put(t, s, 0, 5, at.Add(time.Minute),
		&news.Takedown{Schema: news.TakedownSchema, ID: "aaaaaaaaaaaaaaaa", Status: 404, At: at},
		&news.Takedown{Schema: news.TakedownSchema, ID: "eeeeeeeeeeeeeeee", Candidates: []string{"bbbbbbbbbbbbbbbb"}, Status: 410, At: at})
	put(t, s, 0, 7, at.Add(time.Hour), back)
	if err := segment.Bury(t.Context(), s, prefix, segment.Tombstone{ID: "cccccccccccccccc"}); err != nil {
		t.Fatal(err)
	}
	p, err := Find(t.Context(), s, prefix, Query{AllRevs: true}, Cursor{}, 9)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range p.Articles {
		got[f.ID[:1]+f.Rev] = 0
		if f.Gone != nil {
			got[f.ID[:1]+f.Rev] = f.Gone.Status
		}
	}
	if diff := cmp.Diff(map[string]int{"a2": 0, "a1": 404, "b1": 410, "d1": 0}, got); diff != "" {
		t.Errorf("found, with the status of what is gone (-want +got):\n%s", diff)
	}
}

func TestRevisions(t *testing.T) {
	s := newStore(t)
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	a1, a2 := article("aaaaaaaaaaaaaaaa", "1", at), article("aaaaaaaaaaaaaaaa", "2", at.Add(time.Minute))
	a1.URL.Requested = "http://www.example.org/x?utm_source=feed&b=1&a=2"
	put(t, s, 0, 1, at.Add(time.Minute), a1, article("bbbbbbbbbbbbbbbb", "1", at), a2)
	for ref, want := range map[string]string{
		"aaaaaaaaaaaaaaaa":                    "21",
		"https://www.example.org/x?a=2&b=1":   "1", // that revision was asked for there
		"HTTPS://WWW.example.org/./" + a1.ID:  "21",
		"cccccccccccccccc":                    "",
		"https://www.example.org/elsewhere":   "",
		"https://example.org/aaaaaaaaaaaaaaa": "",
	} {
		r, err := ParseRef(ref)
		if err != nil {
			t.Fatal(err)
		}
		found, err := Revisions(t.Context(), s, prefix, []Ref{r})
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, f := range found[0] {
			got.WriteString(f.Rev)
		}
		if got.String() != want {
			t.Errorf("%s has the revisions %q, want %q", ref, got.String(), want)
		}
	}
	for _, bad := range []string{"", "aaaa", "no url", "mailto:x@example.org"} {
		if _, err := ParseRef(bad); err == nil {
			t.Errorf("%q names no article", bad)
		}
	}
}

// FuzzNames: a cursor that was printed is read again, and a reference has the
// form of an article's id, which becomes part of a key.
func FuzzNames(f *testing.F) {
	f.Add("2026-11-23T10:20:30.000000001Z,4be7000000000000.21c0")
	f.Add("https://example.org/../pier")
	f.Add("../../4be7000000000")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseCursor(s); err == nil {
			if back, err := ParseCursor(c.String()); err != nil || back.compare(c) != 0 {
				t.Errorf("%q came back as %q: %v", c, back, err)
			}
		}
		if r, err := ParseRef(s); err == nil && !idPattern.MatchString(r.ID) {
			t.Errorf("%q names %q", s, r.ID)
		}
	})
}
