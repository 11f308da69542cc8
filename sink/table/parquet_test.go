package table

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"pressmill/pkg/news"
	"pressmill/pkg/race"
)

func TestParquetKeepsEveryFieldOfAnArticle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var lines [][]byte
	for i := range 300 {
		var a news.Article
		// From articles without any field to those with all.
		fill(r, reflect.ValueOf(&a).Elem(), float64(i)/299)
		a.Schema = news.Schema
		lines = append(lines, marshal(t, &a))
		if i%10 == 0 {
			var gone news.Takedown
			fill(r, reflect.ValueOf(&gone).Elem(), float64(i)/299)
			gone.Schema = news.TakedownSchema
			lines = append(lines, marshal(t, &gone))
		}
	}
	got := decoded(t, encoded(t, nil, lines...))
	if len(got) != len(lines) {
		t.Fatalf("%d lines of %d", len(got), len(lines))
	}
	for i := range lines {
		if diff := cmp.Diff(string(lines[i]), string(got[i])); diff != "" {
			t.Errorf("line %d: %s", i, diff)
		}
	}
}

// TestParquetNeedsNoExtraColumn: what pkg/news knows is in typed columns alone.
func TestParquetNeedsNoExtraColumn(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		var a news.Article
		fill(r, reflect.ValueOf(&a).Elem(), 0.7)
		a.Schema = news.Schema
		out, err := rowOf(marshal(t, &a))
		if err != nil || out.Extra != nil {
			t.Fatalf("extra %s, error %v", out.Extra, err)
		}
	}
}

func TestParquetHasAColumnForEveryField(t *testing.T) {
	s := schema()
	check := func(path []string) {
		if _, ok := s.Lookup(path...); !ok {
			t.Errorf("%s has no column", strings.Join(path, "."))
		}
	}
	eachLeaf(reflect.TypeFor[news.Article](), nil, check)
	eachLeaf(reflect.TypeFor[news.Takedown](), nil, func(path []string) {
		switch path[0] {
		case "schema", "id", "source", "trace":
			check(path)
		default:
			check(append([]string{"takedown"}, path...))
		}
	})
}

// eachLeaf calls f with the path of the column of each field below t.
func eachLeaf(t reflect.Type, path []string, f func([]string)) {
	switch {
	case t.Kind() == reflect.Pointer:
		eachLeaf(t.Elem(), path, f)
	case t.Kind() == reflect.Slice:
		eachLeaf(t.Elem(), append(slices.Clone(path), "list", "element"), f)
	case t.Kind() == reflect.Map:
		f(append(slices.Clone(path), "key_value", "key"))
		eachLeaf(t.Elem(), append(slices.Clone(path), "key_value", "value"), f)
	case t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]():
		for field := range t.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			eachLeaf(field.Type, append(slices.Clone(path), name), f)
		}
	default:
		f(path)
	}
}

func TestElementsOfEveryListAreCounted(t *testing.T) {
	var r row
	lists := 0
	var set func(v reflect.Value)
	set = func(v reflect.Value) {
		switch {
		case v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct:
			v.Set(reflect.New(v.Type().Elem()))
			set(v.Elem())
		case v.Kind() == reflect.Struct:
			for _, field := range v.Fields() {
				set(field)
			}
		case v.Kind() == reflect.Slice && v.Type() != reflect.TypeFor[json.RawMessage]():
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			lists++
		case v.Kind() == reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("key"), reflect.Zero(v.Type().Elem()))
			lists++
		}
	}
	set(reflect.ValueOf(&r).Elem())
	if got := r.elements(); got != lists || lists < 10 {
		t.Errorf("%d elements of %d lists", got, lists)
	}
}

func TestParquetColumnsAreTyped(t *testing.T) {
	line := marshal(t, &news.Article{
		Schema:    news.Schema,
		Published: &news.Date{At: "2026-11-23T23:48:00.25+01:00", Precision: news.PrecisionMinute},
		Modified:  &news.Date{Local: "2026-11-24", Precision: news.PrecisionDay},
		Fetch:     news.Fetch{At: time.Date(2026, 11, 24, 1, 2, 3, 4567, time.UTC)},
	})
	r, err := rowOf(line)
	if err != nil {
		t.Fatal(err)
	}
	micro := func(v string) int64 {
		at, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			t.Fatal(err)
		}
		return at.UnixMicro()
	}
	if got := *r.Published.At; got != micro("2026-11-23T22:48:00.25Z") {
		t.Errorf("published.at %d", got)
	}
	if got := r.Published.AtText; got != "2026-11-23T23:48:00.25+01:00" {
		t.Errorf("published.at_text %s", got)
	}
	// The day is that of the site's clock, not of UTC.
	if got := time.Unix(int64(*r.Published.Day)*86400, 0).UTC().Format(time.DateOnly); got != "2026-11-23" {
		t.Errorf("published.day %s", got)
	}
	if got := time.Unix(int64(*r.Modified.Day)*86400, 0).UTC().Format(time.DateOnly); got != "2026-11-24" || r.Modified.At != nil {
		t.Errorf("modified.day %s, at %v", got, r.Modified.At)
	}
	if got := *r.Fetch.At; got != micro("2026-11-24T01:02:03.000004Z") {
		t.Errorf("fetch.at %d", got)
	}
	for path, want := range map[string]string{
		"published.at":      "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)",
		"published.day":     "DATE",
		"body.words":        "INT(64,true)",
		"raw.truncated":     "BOOLEAN",
		"extraction.at":     "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)",
		"extra":             "JSON",
		"takedown.status":   "INT(64,true)",
		"tags.list.element": "STRING",
	} {
		if leaf, ok := schema().Lookup(strings.Split(path, ".")...); !ok || leaf.Node.Type().String() != want {
			t.Errorf("%s is %v, want %s", path, leaf.Node, want)
		}
	}
}

func TestParquetKeepsWhatNoColumnHolds(t *testing.T) {
	lines := []string{
		`{}`,
		`{"id":"a"}`,
		`{"schema":"article/v1","title":"T","mood":"grim","body":{"text":"x","tokens":[1,2.50,12345678901234567890]}}`,
		`{"schema":"article/v1","authors":[{"name":"A","raw":"A","kind":"person","age":4}]}`,
		`{"schema":"article/v1","title":7,"url":"https://a.example/","published":{"at":false}}`,
		`{"schema":"article/v1","fetch":{"at":"yesterday","status":200},"title":"after what cannot be read"}`,
		`{"schema":"article/v1","fetch":{"at":"2026-01-02T03:04:05.123456789+09:30"}}`,
		`{"schema":"article/v1","published":{"at":"2026-02-30T00:00:00Z","raw":"no such day"}}`,
		`{"schema":"article/v1","prov":{"title":{"src":"html","conf":1e-3}},"body":{"blocks":[]}}`,
		`{"schema":"article/v2","new":{"deep":{"er":[{}]}}}`,
		`{"schema":7,"ID":"upper"}`,
		`{"schema":"takedown/v1","id":"a","url":"https://a.example/","status":410,"why":"gone"}`,
		`{"tags":["a","","b"],"access":{},"live":{"is_live":false},"usage":{"robots":[]}}`,
		`{"schema":"article/v1","id":"a","title":null,"x":null,"y":{"z":null}}`,
	}
	var in [][]byte
	for _, line := range lines {
		in = append(in, []byte(line))
	}
	got := decoded(t, encoded(t, nil, in...))
	if len(got) != len(lines) {
		t.Fatalf("%d lines of %d", len(got), len(lines))
	}
	lines[len(lines)-1] = `{"schema":"article/v1","id":"a","y":{}}` // a member that is null counts as absent
	for i, line := range lines {
		if diff := cmp.Diff(tree(t, []byte(line)), tree(t, got[i])); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
	for _, line := range []string{``, `7`, `null`, `[]`, `{"a":`} {
		if _, err := EncodeParquet(io.Discard, slices.Values([][]byte{[]byte(line)}), nil); err == nil {
			t.Errorf("%q was encoded", line)
		}
	}
}

func TestParquetRowGroupsAndKeyValues(t *testing.T) {
	line := marshal(t, &news.Takedown{Schema: news.TakedownSchema, ID: sample(5).ID, Source: news.SourceRef{ID: "a"}})
	n := groupRows + 10
	data := encoded(t, map[string]string{"pressmill": `{"count":3}`, "b": ""}, slices.Repeat([][]byte{line}, n)...)
	kv, err := ParquetKeyValues(bytes.NewReader(data), int64(len(data)))
	if err != nil || kv["pressmill"] != `{"count":3}` || len(kv) != 2 {
		t.Errorf("key-values %v, error %v", kv, err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.RowGroups()) != 2 || f.RowGroups()[0].NumRows() != groupRows {
		t.Errorf("%d groups of rows, the first of %d", len(f.RowGroups()), f.RowGroups()[0].NumRows())
	}
	if got := decoded(t, data); len(got) != n || !bytes.Equal(got[n-1], line) {
		t.Errorf("%d rows of %d", len(got), n)
	}
	id, _ := f.Schema().Lookup("id")
	filter := f.RowGroups()[1].ColumnChunks()[id.ColumnIndex].BloomFilter()
	for key, want := range map[string]bool{sample(5).ID: true, "0123456789abcdef": false} {
		if has, err := filter.Check(parquet.ValueOf(key)); err != nil || has != want {
			t.Errorf("Bloom filter: %s is in it: %v, error %v", key, has, err)
		}
	}
	index, err := f.RowGroups()[0].ColumnChunks()[id.ColumnIndex].ColumnIndex()
	if err != nil || index.MinValue(0).String() != sample(5).ID {
		t.Errorf("no statistics of ids: %v", err)
	}
}

func TestParquetGroupsAreBoundedInBytes(t *testing.T) {
	if race.Enabled {
		t.Skip("of size: not with the race detector")
	}
	t.Parallel()
	a := sample(1)
	a.Body.Text = strings.Repeat("word ", 3<<19)
	line := marshal(t, a)
	data := encoded(t, nil, slices.Repeat([][]byte{line}, 5)...)
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(f.RowGroups()) != 2 {
		t.Fatalf("%d groups of rows, error %v", len(f.RowGroups()), err)
	}
	if got := decoded(t, data); len(got) != 5 || !bytes.Equal(got[4], line) {
		t.Errorf("%d lines", len(got))
	}
	if _, err := EncodeParquet(io.Discard, slices.Values([][]byte{make([]byte, maxLine+1)}), nil); err == nil {
		t.Error("a line above the bound was taken")
	}
}

func TestParquetIsTheSameEachTime(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var lines [][]byte
	for range 20 {
		var a news.Article
		fill(r, reflect.ValueOf(&a).Elem(), 0.9)
		lines = append(lines, marshal(t, &a))
	}
	kv := map[string]string{"a": "1", "b": "2", "c": "3"}
	first := encoded(t, kv, lines...)
	for range 2 {
		if !bytes.Equal(first, encoded(t, kv, lines...)) {
			t.Fatal("the same lines made another file")
		}
	}
}

// TestParquetKeyValuesMayTellOfTheRows: they are with dst when the metadata is
// asked for, and nothing of them is behind.
func TestParquetKeyValuesMayTellOfTheRows(t *testing.T) {
	lines, _ := samples(t, 30)
	var out bytes.Buffer
	rows := 0
	if _, err := EncodeParquet(&out, slices.Values(lines), func() (map[string]string, error) {
		rows = out.Len()
		return map[string]string{"rows": fmt.Sprint(rows)}, nil
	}); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	end := int64(0)
	for _, c := range f.Metadata().RowGroups[0].Columns {
		m := c.MetaData
		end = max(end, begin(m.DataPageOffset, m.DictionaryPageOffset)+m.TotalCompressedSize)
	}
	if int64(rows) < end || rows == out.Len() {
		t.Errorf("%d bytes when asked, pages end at %d of %d", rows, end, out.Len())
	}
	away := errors.New("away")
	if _, err := EncodeParquet(io.Discard, slices.Values(lines), func() (map[string]string, error) { return nil, away }); !errors.Is(err, away) {
		t.Error(err)
	}
}

func TestParquetOfNothing(t *testing.T) {
	data := encoded(t, map[string]string{"pressmill": "{}"})
	if got := decoded(t, data); len(got) != 0 {
		t.Errorf("%d lines", len(got))
	}
}

// TestParquetOfAnotherVersion: columns that are not there are absent, and those
// that are not known are left out.
func TestParquetOfAnotherVersion(t *testing.T) {
	type older struct {
		Schema string `parquet:"schema,dict"`
		ID     string `parquet:"id"`
		Title  string `parquet:"title,optional"`
	}
	type newer struct {
		row
		Mood string `parquet:"mood,optional"`
	}
	type strange struct {
		older
		Mood string `parquet:"mood,optional"`
	}
	old := older{news.Schema, "a", "T"}
	for _, data := range [][]byte{
		written(t, old),
		written(t, newer{row: row{Schema: news.Schema, ID: "a", Title: "T"}, Mood: "grim"}),
	} {
		got := decoded(t, data)
		var a news.Article
		if err := json.Unmarshal(got[0], &a); err != nil || a.ID != "a" || a.Title != "T" || a.Published != nil {
			t.Errorf("%s, error %v", got[0], err)
		}
	}
	if _, err := all(written(t, strange{old, "grim"})); !errors.Is(err, ErrCorrupt) {
		t.Errorf("columns of no version: %v", err)
	}
}

func written[T any](t *testing.T, r T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, writerOptions()...)
	if _, err := w.Write([]T{r}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBrokenParquetIsCorrupt(t *testing.T) {
	good := encoded(t, map[string]string{"pressmill": "{}"}, marshal(t, sample(3)), marshal(t, sample(4)))
	broken := func(data []byte, what string) {
		t.Helper()
		lines, err := all(data)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
		}
		for _, line := range lines {
			if err == nil && !json.Valid(line) {
				t.Errorf("%s: %q", what, line)
			}
		}
	}
	for n := 0; n < len(good); n += 1 + n/50 {
		if _, err := all(good[:n]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	changes := 500
	if race.Enabled {
		changes = 20
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range changes {
		data := slices.Clone(good)
		for range 1 + r.IntN(3) {
			data[r.IntN(len(data))] ^= byte(1 + r.IntN(255))
		}
		broken(data, "bytes changed")
	}
	// What lies in pages is guarded by their checksums.
	f, err := parquet.OpenFile(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	for _, column := range f.Metadata().RowGroups[0].Columns {
		m := column.MetaData
		data := slices.Clone(good)
		data[begin(m.DataPageOffset, m.DictionaryPageOffset)+m.TotalCompressedSize-1] ^= 1
		if _, err := all(data); !errors.Is(err, ErrCorrupt) {
			t.Errorf("the last byte of %v changed: %v", m.PathInSchema, err)
		}
	}
}

// TestParquetThatAsksForMemory: what a small file says it holds is not taken on
// trust.
func TestParquetThatAsksForMemory(t *testing.T) {
	if race.Enabled {
		t.Skip("of size: not with the race detector")
	}
	list := []byte("PAR1\x15\x00\x19\xfc\xff\xff\xff\xff\x07")
	list = append(binary.LittleEndian.AppendUint32(list, uint32(len(list)-4)), "PAR1"...)
	for what, data := range map[string][]byte{
		"a long text":       written(t, row{ID: "a", Title: strings.Repeat("a", 1<<26)}),
		"long texts":        written(t, row{ID: "a", Title: strings.Repeat("a", 40<<20), Dateline: strings.Repeat("a", 40<<20), LangDeclared: strings.Repeat("a", 40<<20), URL: &urls{AMP: strings.Repeat("a", 40<<20)}}),
		"a list in a row":   written(t, row{ID: "a", Tags: make([]string, 5<<20)}),
		"a list of columns": list,
		"a footer":          []byte("PAR1\xff\xff\xff\x03PAR1"),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := all(data)
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; !errors.Is(err, ErrCorrupt) || took > 4*maxPage>>20 {
			t.Errorf("%s, a file of %d bytes: took %d MiB, error %v", what, len(data), took, err)
		}
	}
}

// TestParquetOfLargeLines: what is written is never above what is read.
func TestParquetOfLargeLines(t *testing.T) {
	if race.Enabled {
		t.Skip("of size: not with the race detector")
	}
	t.Parallel()
	for _, line := range [][]byte{
		[]byte(`{"images":[{}` + strings.Repeat(",{}", rowElements-1) + `]}`),
		[]byte(`{"tags":[""` + strings.Repeat(`,""`, rowElements) + `],"url":{"final":"x"}}`),
		[]byte(`{"title":"` + strings.Repeat("\xff", maxLine-20) + `"}`), // each becomes a character of three bytes
	} {
		if got := decoded(t, encoded(t, nil, line)); len(got) != 1 || len(got[0]) < len(line) {
			t.Errorf("%d lines for %s...", len(got), line[:20])
		}
	}
}

func begin(data, dictionary int64) int64 {
	if dictionary != 0 {
		return dictionary
	}
	return data
}

type failing struct{ error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.error }

func TestParquetThatCannotBeReadIsNotCorrupt(t *testing.T) {
	away := errors.New("the store is away")
	for _, err := range DecodeParquet(failing{away}, 1000) {
		if !errors.Is(err, away) || errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
	}
	if _, err := ParquetKeyValues(failing{away}, 1000); !errors.Is(err, away) || errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

func FuzzDecodeParquet(f *testing.F) {
	f.Add(encoded(f, map[string]string{"pressmill": "{}"}, marshal(f, sample(3)), []byte(`{"x":1}`)))
	f.Add(encoded(f, nil))
	f.Add([]byte("PAR1\x15\x00\x19\xfc\xff\xff\xff\xff\x07\x0f\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, err := all(data)
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("error is not classified: %v", err)
		}
		for _, line := range lines {
			if !json.Valid(line) {
				t.Errorf("%q is no JSON", line)
			}
		}
		if _, err := ParquetKeyValues(bytes.NewReader(data), int64(len(data))); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("error is not classified: %v", err)
		}
	})
}

// FuzzParquetRoundTrip: any JSON object comes back, but for members that are null.
func FuzzParquetRoundTrip(f *testing.F) {
	f.Add(marshal(f, sample(1)))
	f.Add([]byte(`{"schema":"takedown/v1","url":"u","at":"0001-01-01T01:00:00+01:00","x":[null,{"y":null}]}`))
	f.Add([]byte(`{"ID":"a","id":"b","url":{"final":"x"},"url":{"amp":"y"},"extraction":{"quality":1e999}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		want, err := object(line)
		if err != nil || !json.Valid(line) {
			return
		}
		got := decoded(t, encoded(t, nil, line))
		if diff := cmp.Diff(withoutNull(want), withoutNull(tree(t, got[0]))); diff != "" {
			t.Errorf("%s\n%s\n%s", line, got[0], diff)
		}
	})
}

func withoutNull(doc map[string]any) map[string]any {
	for key, v := range doc {
		switch v := v.(type) {
		case nil:
			delete(doc, key)
		case map[string]any:
			withoutNull(v)
		default:
		}
	}
	return doc
}

func BenchmarkEncodeParquet(b *testing.B) {
	lines, size := samples(b, 1000)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EncodeParquet(io.Discard, slices.Values(lines), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/article")
}

func BenchmarkDecodeParquet(b *testing.B) {
	lines, size := samples(b, 1000)
	data := encoded(b, nil, lines...)
	b.Logf("%d bytes of lines are %d bytes of Parquet", size, len(data))
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if got, err := all(data); err != nil || len(got) != len(lines) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/article")
}

func all(data []byte) (lines []json.RawMessage, err error) {
	return collect(DecodeParquet(bytes.NewReader(data), int64(len(data))))
}

func collect(seq iter.Seq2[json.RawMessage, error]) (lines []json.RawMessage, err error) {
	for line, err := range seq {
		if err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func decoded(t testing.TB, data []byte) []json.RawMessage {
	t.Helper()
	lines, err := all(data)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func encoded(t testing.TB, kv map[string]string, lines ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	n, err := EncodeParquet(&out, slices.Values(lines), func() (map[string]string, error) { return kv, nil })
	if err != nil || n != len(lines) {
		t.Fatalf("%d rows of %d, error %v", n, len(lines), err) //
	}
	return out.Bytes()
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func tree(t testing.TB, data []byte) map[string]any {
	t.Helper()
	doc, err := object(data)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// fill sets each field below v with a probability.
func fill(r *rand.Rand, v reflect.Value, p float64) {
	if r.Float64() >= p {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			zone := time.FixedZone("", (r.IntN(27)-12)*3600)
			v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9), r.Int64N(1e9)).In([]*time.Location{time.UTC, zone}[r.IntN(2)])))
			return
		}
		for _, field := range v.Fields() {
			fill(r, field, p)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem(), p)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
		for i := range v.Len() {
			fill(r, v.Index(i), p)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range r.IntN(4) {
			elem := reflect.New(v.Type().Elem()).Elem()
			fill(r, elem, p)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprint("key", i)), elem)
		}
	case reflect.String:
		words := []string{"ferry", "Über", "日本", "\"quoted\"", "<b>", "a\nb", "🗞", "2026-11-23T23:48:00+01:00", "=1+1", "x;y, z"}
		v.SetString(words[r.IntN(len(words))] + words[r.IntN(len(words))])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 1)
	case reflect.Int:
		v.SetInt(r.Int64N(1 << 40))
	case reflect.Float64:
		v.SetFloat(r.Float64())
	default:
		panic("fill: " + v.Type().String())
	}
}

// sample is an article as they are, of some 4 KB.
func sample(n int) *news.Article {
	r := rand.New(rand.NewPCG(uint64(n), 9))
	words := strings.Fields("the harbour board of Tidewick said on Monday that its old ferry pier reopens after three years repairs which cost more than planned and took longer too")
	text := func(count int) string {
		out := make([]string, count)
		for i := range out {
			out[i] = words[r.IntN(len(words))]
		}
		return strings.Join(out, " ")
	}
	a := &news.Article{
		Schema: news.Schema, ID: news.ArticleID(fmt.Sprint(n)), Kind: news.KindNews, Title: text(8), Lang: "en",
		URL:       news.URLs{Requested: fmt.Sprintf("https://tidewick.example/%d", n), Final: fmt.Sprintf("https://tidewick.example/%d.html", n)},
		Source:    news.SourceRef{ID: "tidewick", Domain: []string{"tidewick.example", "harbour.example", "pier.example"}[n%3]},
		Published: &news.Date{At: time.Date(2026, 11, 1, 8, n, 0, 0, time.FixedZone("", 3600)).Format(time.RFC3339), Precision: news.PrecisionMinute, Zone: news.ZoneExplicit, Raw: "today"},
		Authors:   []news.Author{{Name: "Nora Hale", Kind: "person", Raw: "By Nora Hale"}, {Name: fmt.Sprint("Reporter ", n%7), Kind: "person", Raw: "and a reporter"}},
		Images:    []news.Image{{URL: "https://tidewick.example/a.jpg", Role: "lead", Caption: text(12), FilePhoto: new(n%2 == 0)}},
		Tags:      []string{"ferry", "harbour"},
		Hash:      news.Hash{RawSHA256: strings.Repeat("0f", 32), TextSHA256: strings.Repeat("a1", 32), SimHash64: "0123456789abcdef"},
		Raw:       news.Raw{Ref: fmt.Sprint("page", n), Bytes: 80_000 + n},
		Fetch:     news.Fetch{At: time.Date(2026, 11, 2, 0, 0, n, 123456789, time.UTC), Status: 200, ETag: `"x"`},
		Extraction: news.Extraction{
			Engine: "pressmill", Version: "1", At: time.Date(2026, 11, 2, 0, 1, n, 987654321, time.UTC), Quality: 0.9,
		},
		Prov:  map[string]news.Provenance{"title": {Src: "jsonld", Conf: 0.9}, "published": {Src: "meta", Conf: 0.8}, "authors": {Src: "html", Conf: 0.7}},
		Trace: &news.Trace{CrawlID: "2026-11-02", PageID: fmt.Sprint("page", n)},
	}
	var texts []string
	for range 6 {
		p := text(40)
		texts = append(texts, p)
		a.Body.Blocks = append(a.Body.Blocks, news.Block{T: news.BlockParagraph, Text: p})
	}
	a.Body.Text, a.Body.Words = strings.Join(texts, "\n\n"), 240
	a.Rev = news.Revision(a.Title, a.Body.Text)
	return a
}

func samples(t testing.TB, n int) (lines [][]byte, size int64) {
	for i := range n {
		lines = append(lines, marshal(t, sample(i)))
		size += int64(len(lines[i])) + 1
	}
	return lines, size
}
