package segment

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pressmill/sink/store"
)

func testKey(position, end uint64, rewrite int) Key {
	k := NewKey("a/b2", DefaultLayout, "2026-11-24", Epoch{1_790_000_000, 12}, 7, position, ".jsonl.zst")
	k.End, k.Rewrite = end, rewrite
	return k
}

func TestKeyAndEpochHaveOneForm(t *testing.T) {
	for _, l := range []Layout{DefaultLayout, "{date}", "y={year}/m={month}/d={day}", "{year}{month}{day}/part={partition}", "news2024/dt={date}/p{partition}"} {
		if err := l.Validate(); err != nil {
			t.Errorf("layout %s: %v", l, err)
		}
		k := NewKey("a/b2", l, "2026-11-24", Epoch{1_790_000_000, 12}, 7, 1<<60, ".jsonl.gz")
		for _, end := range []uint64{0, 1<<60 + 5} {
			for rewrite := range 2 {
				k.End, k.Rewrite = end, rewrite*int(min(end, 1))
				got, err := ParseKey(k.String())
				if diff := cmp.Diff(k, got, cmp.AllowUnexported(Key{}, Epoch{})); err != nil || diff != "" {
					t.Errorf("parse %s: %v\n%s", k, err, diff)
				}
			}
		}
	}
	k := testKey(1<<60, 0, 0)
	for _, bad := range []string{"", "x", "a/ingest_date=1/e-p1-1.jsonl", strings.Replace(k.String(), "-p07", "-p7", 1), strings.Replace(k.String(), "2026-11", "2026-13", 1)} {
		if _, err := ParseKey(bad); err == nil {
			t.Errorf("%q is no key", bad)
		}
	}
	for _, bad := range []Layout{"", "/x={date}", "{month}/{day}/{year}", "{host}={date}", "p={partition}/{date}", ".x/{date}", "fixed"} {
		if bad.Validate() == nil {
			t.Errorf("%q is no layout", bad)
		}
	}
	if _, err := ParseEpoch("e20261124000000g1"); err == nil {
		t.Error("an epoch in another form was read")
	}
	if e := (Epoch{100, 3}); !e.Less(e.Next(time.Unix(50, 0))) || !e.Less(e.Next(time.Unix(200, 0))) {
		t.Error("the next epoch is not above")
	}
}

// TestLive: while objects are merged or rewritten, old and new ones lie side by side.
func TestLive(t *testing.T) {
	other := testKey(5, 0, 0)
	other.Partition = 3
	all := []Key{
		testKey(1, 0, 0), testKey(5, 0, 0), testKey(9, 0, 0), testKey(20, 0, 0), other,
		testKey(1, 9, 0), testKey(1, 9, 1), testKey(9, 20, 1), testKey(9, 20, 2), testKey(1, 20, 0),
	}
	want := []Key{other, testKey(1, 20, 0), testKey(20, 0, 0)}
	if diff := cmp.Diff(want, Live(all), cmp.AllowUnexported(Key{}, Epoch{})); diff != "" {
		t.Errorf("with the widest (-want +got):\n%s", diff)
	}
	want = []Key{other, testKey(1, 9, 1), testKey(9, 20, 2), testKey(20, 0, 0)}
	if diff := cmp.Diff(want, Live(slices.Delete(all, 9, 10)), cmp.AllowUnexported(Key{}, Epoch{})); diff != "" {
		t.Errorf("without it (-want +got):\n%s", diff)
	}
}

func TestPutAndGet(t *testing.T) {
	s, err := store.Open("mem://" + store.NewWriterID())
	if err != nil {
		t.Fatal(err)
	}
	body := []byte("{\"id\":\"a\"}\n{\"id\":\"b\"}\n")
	for i, c := range []Compression{Zstd, Gzip, None} {
		f := Format{Kind: JSONL, Compression: c}
		k := NewKey("articles", DefaultLayout, "2026-11-24", Epoch{1_790_000_000, i}, 3, 42, f.Ext())
		want := Meta{
			Epoch: k.Epoch.String(), Partition: 3, Position: 42, First: 50, Last: 60, Next: 61, Count: 2, Writer: "w",
			LastID: "b.c", LastTime: time.Date(2026, 11, 24, 1, 2, 3, 4, time.UTC), Created: time.Unix(1_790_000_000, 5).UTC(),
		}
		if _, _, err := Put(t.Context(), s, k, f, want, body); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Put(t.Context(), s, k, f, want, append(body, body...)); !errors.Is(err, store.ErrExists) {
			t.Errorf("%s: second write: %v", k, err)
		}
		got, err := GetMeta(t.Context(), s, k)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Meta{}, "SHA256", "Bytes")); diff != "" || err != nil || got.SHA256 == "" || got.Bytes != int64(len(body)) {
			t.Errorf("%s: metadata (-want +got): %v\n%s", k, err, diff)
		}
		_, back, err := Get(t.Context(), s, k)
		if err != nil || !bytes.Equal(back, body) {
			t.Errorf("%s: body %q, error %v", k, back, err)
		}
		if err := Delete(t.Context(), s, k, got.SHA256); err != nil {
			t.Error(err)
		}
	}
	for left, err := range store.List(t.Context(), s, "") {
		t.Errorf("left: %s, %v", left, err)
	}
}
