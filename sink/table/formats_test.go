package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/news"
)

// tools returns the folder in which `make formats` installs readers that no one
// here wrote. The test is skipped where it has not done so.
func tools(t *testing.T, reader string) string {
	t.Helper()
	folder, err := filepath.Abs("../../.tools/node")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", reader)); err != nil {
		if os.Getenv("PRESSMILL_FORMATS") != "" {
			t.Fatal(err)
		}
		t.Skipf("%s is not installed: run make formats", reader)
	}
	return folder
}

// node runs a script and returns the lines of JSON that it prints.
func node(t *testing.T, args ...string) []string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Fatalf("node %v: %v\n%s", args, err, &stderr)
	}
	return strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
}

// corpus writes articles as Parquet in several groups of rows, and returns the
// file.
func corpus(t *testing.T) (file string, articles []*news.Article) {
	t.Helper()
	var lines [][]byte
	for n := range 200 {
		a := sample(n)
		switch {
		case n%10 == 1:
			a.Published = &news.Date{Local: "2026-10-31", Precision: news.PrecisionDay, Zone: news.ZoneUnknown, Raw: "31 Oct"}
		case n%10 == 2:
			a.Published, a.Authors, a.Images, a.Prov = nil, nil, nil, nil
		}
		articles = append(articles, a)
		lines = append(lines, marshal(t, a))
	}
	lines = append(lines, []byte(`{"schema":"takedown/v1","id":"0123456789abcdef","candidates":["a","b"],"url":"https://tidewick.example/gone","status":410,"at":"2026-11-05T01:02:03.000004Z","source":{"id":"tidewick","domain":"tidewick.example"},"trace":{"crawl_id":"c","page_id":"p"},"why":{"note":"new"}}`))
	file = filepath.Join(t.TempDir(), "articles.parquet")
	if err := os.WriteFile(file, encoded(t, map[string]string{"pressmill": `{"count":201}`}, lines...), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, articles
}

func TestFormatsParquetInDuckDB(t *testing.T) {
	folder := tools(t, "@duckdb/node-api")
	file, articles := corpus(t)
	domains, authors, words, days := map[string]int{}, map[string]int{}, 0, map[string]int{}
	var first, last time.Time
	for _, a := range articles {
		domains[a.Source.Domain]++
		words += a.Body.Words
		for _, author := range a.Authors {
			authors[author.Name]++
		}
		if a.Published == nil {
			continue
		}
		if a.Published.At == "" {
			days[a.Published.Local]++
			continue
		}
		days[a.Published.At[:10]]++
		at, err := time.Parse(time.RFC3339, a.Published.At)
		if err != nil {
			t.Fatal(err)
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	rows := func(m map[string]int) string {
		var out [][]any
		for k, n := range m {
			out = append(out, []any{k, fmt.Sprint(n)})
		}
		return sorted(t, out)
	}
	stamp := func(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05+00") }
	from := "FROM '" + file + "' "
	checks := []struct{ query, want string }{
		{"SELECT source.domain, count(*) " + from + "WHERE schema = 'article/v1' GROUP BY ALL", rows(domains)},
		{"SELECT author.name, count(*) FROM (SELECT unnest(authors) AS author " + from + ") GROUP BY ALL", rows(authors)},
		{"SELECT CAST(published.day AS VARCHAR), count(*) " + from + "WHERE published IS NOT NULL GROUP BY ALL", rows(days)},
		{"SET TimeZone = 'UTC'", `[]`},
		{
			"SELECT CAST(min(published.at) AS VARCHAR), CAST(max(published.at) AS VARCHAR), typeof(min(published.at)) " + from,
			fmt.Sprintf(`[["%s","%s","TIMESTAMP WITH TIME ZONE"]]`, stamp(first), stamp(last)),
		},
		{"SELECT published.at_text " + from + "WHERE id = '" + articles[3].ID + "'", fmt.Sprintf(`[["%s"]]`, articles[3].Published.At)},
		{"SELECT body.text " + from + "WHERE id = '" + articles[77].ID + "'", string(marshal(t, [][]string{{articles[77].Body.Text}}))},
		{"SELECT sum(body.words), max(len(body.blocks)), count(*) FILTER (images[1].file_photo) " + from, fmt.Sprintf(`[["%d","6","80"]]`, words)},
		{"SELECT count(*) " + from + "WHERE published.at >= TIMESTAMPTZ '2026-11-01 09:00:00+00'", `[["64"]]`},
		{"SELECT prov['title'].src, prov['title'].conf " + from + "WHERE id = '" + articles[0].ID + "'", `[["jsonld",0.9]]`},
		{
			"SELECT takedown.status, takedown.url, takedown.candidates, extra ->> '$.why.note', title, source.domain " + from + "WHERE schema = 'takedown/v1'",
			`[["410","https://tidewick.example/gone",["a","b"],"new",null,"tidewick.example"]]`,
		},
		{"SELECT decode(value) FROM parquet_kv_metadata('" + file + "') WHERE decode(key) = 'pressmill'", `[["{\"count\":201}"]]`},
		{"SELECT DISTINCT compression FROM parquet_metadata('" + file + "')", `[["ZSTD"]]`},
		{"SELECT count(*) FROM parquet_bloom_probe('" + file + "', 'id', 'ffffffffffffffff') WHERE NOT bloom_filter_excludes", `[["0"]]`},
		{"SELECT count(*) FROM parquet_bloom_probe('" + file + "', 'id', '" + articles[0].ID + "') WHERE NOT bloom_filter_excludes", `[["1"]]`},
		{"SELECT stats_min_value, stats_max_value FROM parquet_metadata('" + file + "') WHERE path_in_schema = 'published, at'", fmt.Sprintf(`[["%s","%s"]]`, stamp(first), stamp(last))},
	}
	args := []string{"testdata/duckdb.mjs", folder}
	for _, c := range checks {
		args = append(args, c.query)
	}
	for i, got := range node(t, args...) {
		var rows [][]any
		if err := json.Unmarshal([]byte(got), &rows); err != nil {
			t.Fatal(err)
		}
		var want [][]any
		if err := json.Unmarshal([]byte(checks[i].want), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sorted(t, want), sorted(t, rows)); diff != "" {
			t.Errorf("%s: %s", checks[i].query, diff)
		}
	}
}

// sorted returns rows as JSON in an order of their own.
func sorted(t *testing.T, rows [][]any) string {
	t.Helper()
	var lines []string
	for _, row := range rows {
		lines = append(lines, string(marshal(t, row)))
	}
	slices.Sort(lines)
	return "[" + strings.Join(lines, ",") + "]"
}

func TestFormatsParquetInHyparquet(t *testing.T) {
	folder := tools(t, "hyparquet")
	file, articles := corpus(t)
	lines := node(t, "testdata/hyparquet.mjs", folder, file)
	var meta struct {
		Rows, Groups int
		KeyValues    []struct{ Key, Value string }
	}
	if err := json.Unmarshal([]byte(lines[0]), &meta); err != nil {
		t.Fatal(err)
	}
	if meta.Rows != len(articles)+1 || len(lines) != meta.Rows+1 || meta.KeyValues[0].Value != `{"count":201}` {
		t.Fatalf("%d lines, metadata %+v", len(lines), meta)
	}
	for i, a := range articles {
		var got struct {
			ID        string
			Published *struct {
				At     *time.Time
				AtText string `json:"at_text"`
				Day    *time.Time
			}
			Authors []news.Author
			Body    news.Body
			Images  []news.Image
			Prov    map[string]news.Provenance
			Hash    news.Hash
		}
		if err := json.Unmarshal([]byte(lines[i+1]), &got); err != nil {
			t.Fatalf("%v\n%s", err, lines[i+1])
		}
		if diff := cmp.Diff(
			[]any{a.ID, a.Authors, a.Body, a.Images, a.Hash},
			[]any{got.ID, got.Authors, got.Body, got.Images, got.Hash}); diff != "" {
			t.Fatalf("row %d: %s", i, diff)
		}
		if (a.Published == nil) != (got.Published == nil) {
			t.Fatalf("row %d: published %v", i, got.Published)
		}
		if a.Published == nil || a.Published.At == "" {
			continue
		}
		if at, err := time.Parse(time.RFC3339, a.Published.At); err != nil || !at.Equal(*got.Published.At) || got.Published.AtText != a.Published.At {
			t.Fatalf("row %d: published %v, want %s", i, got.Published, a.Published.At)
		}
	}
}

func TestFormatsCSVInDuckDB(t *testing.T) {
	folder := tools(t, "@duckdb/node-api")
	a := sample(1)
	a.Title, a.Body.Text = "Old \"pier\", new\n\nferry ", "=1+1\r\n; \\"
	fields := []string{"id", "title", "authors.name", "published.at", "body.words", "body.text", "lang_declared"}
	var args []string
	for i, spreadsheet := range []bool{false, true} {
		file := filepath.Join(t.TempDir(), fmt.Sprint(i, ".csv"))
		if err := os.WriteFile(file, []byte(table(t, fields, spreadsheet, marshal(t, a), marshal(t, sample(2)))), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "SELECT id, title, \"authors.name\", typeof(\"published.at\"), \"body.words\" + 1, \"body.text\", lang_declared FROM read_csv('"+file+"', quote='\"', delim=',', strict_mode=true) WHERE id = '"+a.ID+"'")
	}
	for i, got := range node(t, append([]string{"testdata/duckdb.mjs", folder}, args...)...) {
		text := a.Body.Text
		if i == 1 {
			text = "'" + text
		}
		want := string(marshal(t, [][]any{{a.ID, a.Title, "Nora Hale; Reporter 1", "TIMESTAMP WITH TIME ZONE", "241", text, nil}}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
