package segment

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"pressmill/sink/store"
)

// FuzzObject: whatever lies in a bucket under the key of an object is read as
// what its metadata says, or is corrupt.
func FuzzObject(f *testing.F) {
	formats := []Format{{Kind: JSONL, Compression: Zstd}, {Kind: JSONL, Compression: Gzip}, {Kind: CSV, Compression: Zstd}, {Kind: Parquet}, {Kind: WARC}}
	lines := []byte(`{"schema":"article/v1","id":"4be7000000000000","rev":"1","title":"x"}` + "\n")
	for i, format := range formats[:4] {
		s := memory(f)
		k := fuzzKey(format)
		m := Meta{
			Epoch: k.Epoch.String(), Partition: k.Partition, Position: k.Position, First: k.Position, Last: k.Position, Next: k.Position + 1, Count: 1,
			LastTime: time.Unix(1_790_000_000, 0).UTC(),
		}
		if _, _, err := Put(f.Context(), s, k, format, m, lines); err != nil {
			f.Fatal(err)
		}
		data, err := store.ReadAll(f.Context(), s, k.String())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		k := fuzzKey(formats[int(which)%len(formats)])
		s := memory(t)
		if err := s.Create(t.Context(), k.String(), data); err != nil {
			t.Fatal(err)
		}
		if m, err := GetMeta(t.Context(), s, k); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("metadata: error is not classified: %v", err)
		} else if err == nil && !m.describes(k) {
			t.Errorf("metadata of another object: %+v", m)
		}
		m, body, err := Get(t.Context(), s, k)
		switch {
		case err != nil && !errors.Is(err, ErrCorrupt):
			t.Errorf("error is not classified: %v", err)
		case err == nil && (!m.describes(k) || int64(len(body)) > maxBody):
			t.Errorf("%d bytes of %+v", len(body), m)
		}
	})
}

// memory returns a store of the test's own, which is empty.
func memory(t testing.TB) store.Store {
	t.Helper()
	s, err := store.Open("mem://" + store.NewWriterID())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fuzzKey(f Format) Key {
	return NewKey("a", DefaultLayout, "2026-11-24", Epoch{1_790_000_000, 0}, 7, 9, f.Ext())
}

// FuzzParseKey: what is a key has one form, which is a path that stays below
// its folder.
func FuzzParseKey(f *testing.F) {
	f.Add(testKey(5, 9, 2).String())
	f.Add("../" + testKey(5, 0, 0).String())
	f.Add("/ingest_date=2026-11-24/e20261124000000g001-p07-00000000000000000005.jsonl/../x")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err != nil {
			return
		}
		if k.String() != s || strings.Contains(k.base(), "/") {
			t.Errorf("%q is read as %q", s, k)
		}
		if !fs.ValidPath(s) {
			t.Errorf("%q is the key of an object", s)
		}
	})
}

// FuzzIdentity: what is cut out of a line is what stands in it.
func FuzzIdentity(f *testing.F) {
	f.Add("article/v1", "4be7", "21c0", []byte(`{"schema":"article/v1","id":"a`))
	f.Add("a\\", `"`, "\u2028", []byte(`{"schema":"s","id":"a\u0062","rev":""}`))
	f.Fuzz(func(t *testing.T, schema, id, rev string, line []byte) {
		IdentityOf(line)
		want := Identity{strings.ToValidUTF8(schema, ""), strings.ToValidUTF8(id, ""), strings.ToValidUTF8(rev, "")}
		written, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := IdentityOf(written); got != want {
			t.Errorf("%s: %+v", written, got)
		}
	})
}

// TestBombs: objects that unfold to more than any of ours holds are refused
// before they do.
func TestBombs(t *testing.T) {
	if _, err := readUpTo(bytes.NewReader(make([]byte, 101)), 100); err == nil {
		t.Error("101 bytes were read where 100 are the most")
	}
	if got, err := readUpTo(bytes.NewReader(make([]byte, 100)), 100); err != nil || len(got) != 100 {
		t.Errorf("%d bytes: %v", len(got), err)
	}
	// A frame that announces 2 GiB (RFC 8878, section 3.1.1.1.4) and holds nothing.
	frame := binary.LittleEndian.AppendUint64([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, 2<<30)
	if _, err := decompress(Zstd, append(frame, 1, 0, 0)); !errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		t.Errorf("a frame of 2 GiB: %v", err)
	}
}
