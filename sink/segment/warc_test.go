package segment

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"pressmill/pkg/news"
	"pressmill/sink/store"
	"pressmill/sink/warc"
)

func TestArchiveObjects(t *testing.T) {
	s, ctx := memStore(t), t.Context()
	at := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	var records []byte
	for _, id := range []string{"p1", "p2"} {
		page := &news.Page{
			PageID: id, FinalURL: "https://h.example/" + id, Status: 200, FetchedAt: at, Body: []byte("<p>" + id),
			Request: map[string][]string{"Accept": {"*/*"}},
		}
		records = append(records, warc.Encode([]*news.Page{page}, nil)[0].Data...)
	}
	f := Format{Kind: WARC, Compression: Gzip}
	k := NewKey("archive", DefaultLayout, "2026-11-24", Epoch{1_790_000_000, 0}, 0, 5, f.Ext())
	m := Meta{Epoch: k.Epoch.String(), Shape: f.Shape(), Position: 5, First: 5, Last: 9, Next: 10, Count: 2, Writer: "w", LastID: "p2", LastTime: at, Created: at}
	put, size, err := Put(ctx, s, k, f, m, records)
	if err != nil || !k.IsArchive() {
		t.Fatalf("put %s: %v", k, err)
	}
	data, err := store.ReadAll(ctx, s, k.String())
	if err != nil || size != len(data) {
		t.Fatalf("%d bytes stored, %d said, %v", len(data), size, err)
	}
	got, err := GetMeta(ctx, s, k)
	if err != nil || got != put || got.SHA256 == "" {
		t.Errorf("metadata %+v, want %+v, %v", got, put, err)
	}
	if got, body, err := Get(ctx, s, k); err != nil || got != put || !bytes.Equal(body, records) {
		t.Errorf("got %+v and %d bytes of %d, %v", got, len(body), len(records), err)
	}
	if _, _, err := Put(ctx, s, k, f, m, records); !errors.Is(err, store.ErrExists) {
		t.Errorf("put again: %v", err)
	}

	for range 2 { // the second finds it
		if err := PutIndex(ctx, s, k); err != nil {
			t.Fatal(err)
		}
	}
	index, err := store.ReadAll(ctx, s, IndexKey(k))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(index)), "\n")
	for i, line := range lines {
		e, err := warc.ParseEntry(line)
		if err != nil || e.PageID != []string{"p1", "p2"}[i] || !strings.HasSuffix(k.String(), "/"+e.Filename) {
			t.Errorf("line %s: %v", line, err)
			continue
		}
		rec, err := warc.NewReader(bytes.NewReader(data[e.Offset:])).Next()
		if err != nil {
			t.Fatal(err)
		}
		if page, err := rec.Page(100); err != nil || page.PageID != e.PageID {
			t.Errorf("page at %d: %+v, %v", e.Offset, page, err)
		}
	}
	if len(lines) != 2 {
		t.Errorf("%d lines in the index", len(lines))
	}
	for o, err := range Objects(ctx, s) {
		t.Errorf("objects of articles: %s, %v", o.Key, err)
	}
	if err := Delete(ctx, s, k, put.SHA256); err != nil {
		t.Fatal(err)
	}
	for name, err := range store.List(ctx, s, "") {
		t.Errorf("%s is left, %v", name, err)
	}
}

func TestArchiveObjectsThatAreNone(t *testing.T) {
	ctx := t.Context()
	at := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	f := Format{Kind: WARC, Compression: Gzip}
	k := NewKey("archive", DefaultLayout, "2026-11-24", Epoch{1_790_000_000, 0}, 0, 5, f.Ext())
	m := Meta{Epoch: k.Epoch.String(), Position: 5, First: 5, Last: 9, Next: 10, Count: 2, LastTime: at}
	whole := memStore(t)
	if _, _, err := Put(ctx, whole, k, f, m, warc.Encode([]*news.Page{{PageID: "p", FinalURL: "https://h.example/"}}, nil)[0].Data); err != nil {
		t.Fatal(err)
	}
	if err := PutIndex(ctx, whole, k); !errors.Is(err, ErrCorrupt) {
		t.Errorf("index of one page instead of two: %v", err)
	}
	data, err := store.ReadAll(ctx, whole, k.String())
	if err != nil {
		t.Fatal(err)
	}
	var other bytes.Buffer
	if _, err := warc.Write(&other, warc.Info{}, nil); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"empty": {}, "cut": data[:len(data)-1], "HTML": []byte("<p>"), "of others": other.Bytes()} {
		s := memStore(t)
		if err := s.Create(ctx, k.String(), data); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Get(ctx, s, k); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (Format{Kind: WARC, Compression: Zstd}).Validate(); err == nil {
		t.Error("WARC in zstd is allowed")
	}
}

func memStore(t *testing.T) store.Store {
	t.Helper()
	s, err := store.Open("mem://" + store.NewWriterID())
	if err != nil {
		t.Fatal(err)
	}
	return s
}
