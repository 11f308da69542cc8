package segment

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pressmill/sink/store"
	"pressmill/sink/table"
)

func tableFormats() []Format {
	return []Format{
		{Kind: Parquet, Compression: Zstd},
		{Kind: CSV, Compression: None},
		{Kind: CSV, Compression: Gzip, Fields: []string{"id", "rev", "title"}},
		{Kind: CSV, Compression: Zstd, Fields: []string{"rev", "title", "id"}, Spreadsheet: true},
	}
}

// putTable stores an object of two lines in a store of its own.
func putTable(t *testing.T, f Format) (store.Store, Key, Meta, []byte) {
	t.Helper()
	s, err := store.Open("mem://" + store.NewWriterID())
	if err != nil {
		t.Fatal(err)
	}
	lines := []byte(`{"id":"a","rev":"1","title":"=Old pier"}` + "\n" + `{"id":"b","rev":"2","title":"New, \"ferry\""}` + "\n")
	k := NewKey("articles", DefaultLayout, "2026-11-24", Epoch{1_790_000_000, 1}, 3, 42, f.Ext())
	want := Meta{
		Epoch: k.Epoch.String(), Shape: f.Shape() + " " + DefaultLayout, Partition: 3, Position: 42, First: 50, Last: 60, Next: 61, Count: 2,
		Writer: "w", LastID: "b.2", LastTime: time.Date(2026, 11, 24, 1, 2, 3, 4, time.UTC), Created: time.Unix(1_790_000_000, 5).UTC(),
	}
	m, size, err := Put(t.Context(), s, k, f, want, lines)
	if err != nil || size == 0 || m.Bytes == 0 {
		t.Fatalf("%d bytes, %+v, error %v", size, m, err)
	}
	return s, k, m, lines
}

func TestPutAndGetTables(t *testing.T) {
	for _, f := range tableFormats() {
		if err := f.Validate(); err != nil {
			t.Errorf("%s: %v", f.Shape(), err)
		}
		s, k, want, lines := putTable(t, f)
		if _, _, err := Put(t.Context(), s, k, f, want, append(lines, lines...)); !errors.Is(err, store.ErrExists) {
			t.Errorf("%s: second write: %v", k, err)
		}
		if parsed, err := ParseKey(k.String()); err != nil || parsed.Ext != k.Ext {
			t.Errorf("key %+v, error %v", parsed, err)
		}
		got, err := GetMeta(t.Context(), s, k)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: metadata (-want +got): %v\n%s", k, err, diff)
		}
		if diff := cmp.Diff(f, FormatOf(k, got), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: format (-want +got):\n%s", k, diff)
		}
		_, back, err := Get(t.Context(), s, k)
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		for _, word := range []string{`"id":"a"`, `"rev":"2"`, `"title":"=Old pier"`, `"title":"New, \"ferry\""`} {
			if !bytes.Contains(back, []byte(word)) {
				t.Errorf("%s: %s is not in %s", k, word, back)
			}
		}
		// The same lines are the same body, so that a lost answer is recognised.
		if _, _, again, _ := putTable(t, f); again.SHA256 != want.SHA256 {
			t.Errorf("%s: another hash", k)
		}
		// What was read is written again as it was, as when objects are merged.
		again := NewKey("merged", DefaultLayout, "2026-11-24", k.Epoch, 3, 42, k.Ext)
		if m, _, err := Put(t.Context(), s, again, FormatOf(k, got), got, back); err != nil || f.Kind == CSV && m.SHA256 != want.SHA256 {
			t.Errorf("%s: written again with hash %s, not %s, error %v", k, m.SHA256, want.SHA256, err)
		}
		if err := errors.Join(Delete(t.Context(), s, k, want.SHA256), Delete(t.Context(), s, again, want.SHA256)); err != nil {
			t.Error(err)
		}
		for left, err := range store.List(t.Context(), s, "") {
			t.Errorf("left: %s, %v", left, err)
		}
	}
}

func TestBrokenTablesAreCorrupt(t *testing.T) {
	for _, f := range tableFormats() {
		s, k, _, want := putTable(t, f)
		good, err := store.ReadAll(t.Context(), s, k.String())
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, len(good) / 3, len(good) / 2, len(good) - 3} {
			data := slices.Clone(good)
			data[at] ^= 0x10
			for _, data := range [][]byte{data, good[:at]} {
				if err := s.Delete(t.Context(), k.String()); err != nil {
					t.Fatal(err)
				}
				if err := s.Create(t.Context(), k.String(), data); err != nil {
					t.Fatal(err)
				}
				_, lines, err := Get(t.Context(), s, k)
				if f.Kind == Parquet && err == nil && bytes.Equal(lines, want) {
					continue // in what readers may do without
				}
				if !errors.Is(err, ErrCorrupt) {
					t.Errorf("%s, byte %d of %d: %q, error %v", k, at, len(good), lines, err)
				}
			}
		}
	}
}

// TestParquetBodyIsGuarded: no byte of the rows can change.
func TestParquetBodyIsGuarded(t *testing.T) {
	s, k, m, _ := putTable(t, Format{Kind: Parquet, Compression: Zstd})
	good, err := store.ReadAll(t.Context(), s, k.String())
	if err != nil {
		t.Fatal(err)
	}
	if m.Bytes < 100 || m.Bytes >= int64(len(good)) {
		t.Errorf("a body of %d bytes of %d", m.Bytes, len(good))
	}
	for at := 0; at < int(m.Bytes); at += 131 {
		data := slices.Clone(good)
		data[at] ^= 1
		if _, _, err := getParquet(k, data); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d: %v", at, err)
		}
	}
}

// TestParquetMetadataBehindALongFooter: more than the tail is read when it has to.
func TestParquetMetadataBehindALongFooter(t *testing.T) {
	s, err := store.Open("mem://" + store.NewWriterID())
	if err != nil {
		t.Fatal(err)
	}
	k := NewKey("articles", DefaultLayout, "2026-11-24", Epoch{1_790_000_000, 1}, 3, 42, parquetExt)
	want := Meta{Epoch: k.Epoch.String(), Partition: 3, Position: 42, First: 50, Last: 60, Next: 61, LastID: strings.Repeat("x", 2*parquetTail)}
	if _, _, err := Put(t.Context(), s, k, Format{Kind: Parquet, Compression: Zstd}, want, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := GetMeta(t.Context(), s, k); err != nil || got.LastID != want.LastID {
		t.Errorf("error %v", err)
	}
	if _, err := GetMeta(t.Context(), s, NewKey("a", DefaultLayout, "2026-11-24", k.Epoch, 3, 42, parquetExt)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func TestParquetThatIsNotOurs(t *testing.T) {
	s, err := store.Open("mem://" + store.NewWriterID())
	if err != nil {
		t.Fatal(err)
	}
	k := NewKey("articles", DefaultLayout, "2026-11-24", Epoch{1_790_000_000, 1}, 3, 42, parquetExt)
	var data bytes.Buffer
	if _, err := table.EncodeParquet(&data, Lines([]byte("{}\n")), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(t.Context(), k.String(), data.Bytes()); err != nil {
		t.Fatal(err)
	}
	if _, err := GetMeta(t.Context(), s, k); !errors.Is(err, ErrCorrupt) {
		t.Errorf("error %v", err)
	}
}

func TestTableFormatsAreValidated(t *testing.T) {
	for _, c := range []struct {
		format Format
		want   string
	}{
		{Format{Kind: "parket", Compression: Zstd}, `format: "parket" is not jsonl, parquet, csv or warc`},
		{Format{Kind: Parquet, Compression: Gzip}, `compression: "gzip" is not zstd`},
		{Format{Kind: Parquet, Compression: Zstd, Fields: []string{"id"}}, "fields, spreadsheet: the format parquet has none"},
		{Format{Kind: JSONL, Compression: Zstd, Spreadsheet: true}, "fields, spreadsheet: the format jsonl has none"},
		{Format{Kind: CSV, Compression: None, Fields: []string{"id", "rev", "titel"}}, `fields: "titel" is unknown; did you mean "title"?`},
		{Format{Kind: CSV, Compression: None, Fields: []string{"rev", "title"}}, "fields: id is not among them"},
		{Format{Kind: CSV, Compression: "lz4"}, `compression: "lz4"`},
	} {
		if err := c.format.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", fmt.Sprint(c.format), err, c.want)
		}
	}
}
