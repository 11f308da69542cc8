package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/news"
)

func TestCSVOfDefaultFields(t *testing.T) {
	a := sample(2)
	a.Title, a.Section, a.Summary = `Old pier, "new" ferry`, []string{"News", "Harbour"}, &news.Summary{Text: "Line\nbreak"}
	want := strings.Join([]string{
		"id,rev,published.at,published.local,source.domain,kind,lang,title,authors.name,section,summary.text,body.words,url.final",
		a.ID + "," + a.Rev + `,2026-11-01T08:02:00+01:00,,pier.example,news,en,"Old pier, ""new"" ferry",Nora Hale; Reporter 2,News; Harbour,"Line` + "\nbreak\"" + `,240,https://tidewick.example/2.html`,
		"",
	}, "\r\n")
	if got := table(t, nil, false, marshal(t, a)); got != want {
		t.Error(cmp.Diff(want, got))
	}
}

func TestCSVCells(t *testing.T) {
	for _, c := range []struct{ field, line, want string }{
		{"title", `{"title":"=1+1"}`, "=1+1"},
		{"title", `{"title":" padded "}`, `" padded "`},
		{"title", `{}`, `""`}, // an empty line would be no row
		{"title", `{"title":null}`, `""`},
		{"title", `{"title":{"a":1}}`, `"{""a"":1}"`},
		{"body.words", `{"body":{"words":12345678901234567890}}`, "12345678901234567890"},
		{"extraction.quality", `{"extraction":{"quality":0.90}}`, "0.90"},
		{"access.free", `{"access":{"free":false}}`, "false"},
		{"access.free", `{"access":7}`, `""`},
		{"tags", `{"tags":["a","b c"]}`, "a; b c"},
		{"tags", `{"tags":[]}`, `""`},
		{"images.caption", `{"images":[{"url":"u"},{"caption":"c"},{}]}`, "; c; "},
		{"images.caption", `{"images":[{"url":"u"},{}]}`, `""`},
		{"images.file_photo", `{"images":[{"file_photo":true},{"file_photo":false}]}`, "true; false"},
		{"body.blocks.t", `{"body":{"blocks":[{"t":"paragraph","text":"x"},{"t":"quote","text":"y"}]}}`, "paragraph; quote"},
		{"fetch.at", `{"fetch":{"at":"2026-01-02T03:04:05Z"}}`, "2026-01-02T03:04:05Z"},
		{"prov", `{"prov":{"title":{"src":"html","conf":1}}}`, `"{""title"":{""src"":""html"",""conf"":1}}"`},
		{"url.requested", `{"schema":"takedown/v1","url":"https://a.example/"}`, "https://a.example/"},
		{"candidates", `{"schema":"takedown/v1","candidates":["a","b"]}`, "a; b"},
	} {
		got := strings.TrimPrefix(table(t, []string{c.field}, false, []byte(c.line)), c.field+"\r\n")
		want := c.want + "\r\n"
		if strings.HasSuffix(c.want, " ") {
			want = `"` + c.want + `"` + "\r\n"
		}
		if got != want {
			t.Errorf("%s of %s: %q, want %q", c.field, c.line, got, want)
		}
	}
	c, err := NewCSV(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{``, `7`, `null`, `[]`, `{"a":`} {
		if _, err := c.Encode(io.Discard, slices.Values([][]byte{[]byte(line)})); err == nil {
			t.Errorf("%q was encoded", line)
		}
	}
}

// TestCSVForSpreadsheets: no cell is a formula, and every cell comes back.
func TestCSVForSpreadsheets(t *testing.T) {
	for _, title := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@x", "'=1", "''+1", "'s-Hertogenbosch", "'", "plain", "\tx", "1-1"} {
		line := marshal(t, map[string]any{"title": title, "tags": []string{title, "b"}})
		data := table(t, []string{"title", "tags"}, true, line)
		if !strings.HasPrefix(data, "\ufefftitle,tags\r\n") {
			t.Errorf("begins %q", data[:20])
		}
		records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(data, "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if cell := records[1][0]; strings.ContainsAny(cell[:1], formula) {
			t.Errorf("%q is a formula", cell)
		}
		got, err := collect(DecodeCSV(strings.NewReader(data)))
		if err != nil || string(got[0]) == "" {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tree(t, line), tree(t, got[0])); diff != "" {
			t.Error(diff)
		}
	}
	if got := table(t, []string{"title"}, false, []byte(`{"title":"=1"}`)); got != "title\r\n=1\r\n" {
		t.Errorf("for programs: %q", got)
	}
}

func TestCSVNamesWhatWasMeant(t *testing.T) {
	_, err := NewCSV([]string{"id", "titel", "authors", "boddy.text", "author", "url", "id", "zzzzzzz"}, false)
	for _, want := range []string{
		`"titel" is unknown; did you mean "title"?`,
		`"authors" is a group: name one of authors.kind, authors.name, authors.org, authors.raw, authors.url`,
		`"boddy.text" is unknown; did you mean "body.text"?`,
		`"author" is unknown; did you mean "authors.kind"?`,
		`"url" is a group`,
		`"id" is named twice`,
		`"zzzzzzz" is unknown`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in:\n%v", want, err)
		}
	}
	if _, err := NewCSV(slices.Sorted(maps.Keys(fields())), false); err != nil {
		t.Error(err)
	}
}

func TestCSVRoundTrip(t *testing.T) {
	names := slices.Sorted(maps.Keys(fields()))
	r := rand.New(rand.NewPCG(11, 12))
	for range 50 {
		var a news.Article
		fill(r, reflect.ValueOf(&a).Elem(), r.Float64())
		line := marshal(t, &a)
		for _, spreadsheet := range []bool{false, true} {
			data := table(t, names, spreadsheet, line)
			got, err := collect(DecodeCSV(strings.NewReader(data)))
			if err != nil || len(got) != 1 {
				t.Fatalf("%d rows, error %v", len(got), err)
			}
			// What came back is the same table again.
			if again := table(t, names, spreadsheet, got[0]); again != data {
				t.Fatal(cmp.Diff(data, again))
			}
		}
	}
	line := `{"authors":[{"name":"A","url":"u"},{"name":"B"}],"body":{"text":"x\n\ny","words":7},"access":{"free":true},"schema":"article/v1","tags":["t"],"url":{"requested":"r"}}`
	got, err := collect(DecodeCSV(strings.NewReader(table(t, names, false, []byte(line)))))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tree(t, []byte(line)), tree(t, got[0])); diff != "" {
		t.Error(diff)
	}
	line = `{"schema":"takedown/v1","id":"a","url":"https://a.example/","status":410,"candidates":["b"]}`
	got, err = collect(DecodeCSV(strings.NewReader(table(t, names, false, []byte(line)))))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tree(t, []byte(line)), tree(t, got[0])); diff != "" {
		t.Error(diff)
	}
}

func TestBrokenCSVIsCorrupt(t *testing.T) {
	for _, data := range []string{"", "\ufeff", "nothing,known\r\n", "id,title\r\na\r\n", "id\r\n\"a\r\n", "id\r\na\"b\r\n"} {
		if _, err := collect(DecodeCSV(strings.NewReader(data))); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", data, err)
		}
	}
	away := errors.New("the store is away")
	if _, err := collect(DecodeCSV(iotest.ErrReader(away))); !errors.Is(err, away) || errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
	c, err := NewCSV(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Encode(full{away}, slices.Values([][]byte{[]byte(`{}`)})); !errors.Is(err, away) {
		t.Error(err)
	}
}

type full struct{ error }

func (f full) Write([]byte) (int, error) { return 0, f.error }

func FuzzDecodeCSV(f *testing.F) {
	f.Add([]byte(table(f, nil, false, marshal(f, sample(1)))))
	f.Add([]byte(table(f, slices.Sorted(maps.Keys(fields())), true, marshal(f, sample(2)))))
	f.Add([]byte("tags,authors.name,authors.url\r\na; b,x; y,; z\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, err := collect(DecodeCSV(bytes.NewReader(data)))
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("error is not classified: %v", err)
		}
		for _, line := range lines {
			if !json.Valid(line) {
				t.Errorf("%q is no JSON", line)
			}
		}
	})
}

func BenchmarkEncodeCSV(b *testing.B) {
	lines, size := samples(b, 1000)
	c, err := NewCSV(nil, false)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Encode(io.Discard, slices.Values(lines)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/article")
}

func table(t testing.TB, names []string, spreadsheet bool, lines ...[]byte) string {
	t.Helper()
	c, err := NewCSV(names, spreadsheet)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n, err := c.Encode(&out, slices.Values(lines)); err != nil || n != len(lines) {
		t.Fatalf("%d rows, error %v", n, err)
	}
	return out.String()
}
