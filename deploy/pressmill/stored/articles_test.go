package stored

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/news"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// writeDays writes objects of three articles each, of one partition, and
// returns the URL of the output.
func writeDays(t *testing.T, prefix string, objects int) string {
	t.Helper()
	out := "file://" + filepath.Join(t.TempDir(), "out")
	s, err := store.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f := segment.Format{Kind: segment.JSONL, Compression: segment.Zstd}
	for o := range objects {
		var body strings.Builder
		last := time.Date(2026, 11, 20+o/3, 10, o, 0, 0, time.UTC)
		for i := range 3 {
			n := 3*o + i
			a := news.Article{Schema: news.Schema, Rev: "0000000000000001", Title: fmt.Sprintf("海岸鉄道 number %d", n), Lang: "en"}
			a.URL.Final = fmt.Sprintf("https://example.org/%d", n)
			a.ID = news.ArticleID(a.URL.Final)
			a.Source = news.SourceRef{ID: "ex", Domain: "example.org"}
			a.Extraction.At = last.Add(time.Duration(i-3) * time.Second)
			a.Body.Text = strings.Repeat("Words of the text. ", 20)
			data, err := json.Marshal(&a)
			if err != nil {
				t.Fatal(err)
			}
			body.Write(append(data, '\n'))
		}
		epoch := segment.Epoch{}.Next(time.Unix(1_790_000_000, 0))
		position := uint64(3*o + 1)
		k := segment.NewKey(prefix, segment.DefaultLayout, last.Format(time.DateOnly), epoch, 0, position, f.Ext())
		m := segment.Meta{
			Epoch: epoch.String(), Position: position, First: position, Last: position + 2, Next: position + 3,
			Count: 3, LastTime: last, Created: time.Unix(1_790_000_000, 0),
		}
		if _, _, err := segment.Put(t.Context(), s, k, f, m, []byte(body.String())); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestArticlesCommands(t *testing.T) {
	out := writeDays(t, "articles", 8) // 24 articles of three days
	code, table, more := pressmill(t, "articles", "-out", out, "-limit", "5")
	if code != 0 || strings.Count(table, "\n") != 6 || !strings.Contains(strings.Split(table, "\n")[1], "海岸鉄道 number 23") {
		t.Fatalf("exit code %d, %s\n%s", code, more, table)
	}
	_, after, ok := strings.Cut(strings.TrimSpace(more), "-after ")
	if !ok {
		t.Fatalf("no cursor: %s", more)
	}
	if next := mustRun(t, "articles", "-out", out, "-limit", "1", "-after", after); !strings.Contains(next, "number 18\n") {
		t.Errorf("behind the cursor comes\n%s", next)
	}
	if lines := mustRun(t, "articles", "-out", out, "-format", "jsonl", "-limit", "0", "-since", "2026-11-21", "-until", "2026-11-21"); strings.Count(lines, `{"schema":"article/v1"`) != 9 {
		t.Errorf("on that day\n%s", lines)
	}
	if shown := mustRun(t, "articles", "show", "-out", out, "https://example.org/4"); !strings.Contains(shown, "number 4\n") || !strings.Contains(shown, "* rev 0000000000000001") {
		t.Errorf("shown is\n%s", shown)
	}

	id := news.ArticleID("https://example.org/4")
	if code, stdout, _ := pressmill(t, "articles", "delete", "-out", out, id); code != 1 || !strings.Contains(stdout, id) {
		t.Errorf("not asked: %d\n%s", code, stdout)
	}
	if said := mustRun(t, "articles", "delete", "-out", out, "-yes", "-reason", "by law", id, "https://example.org/23"); !strings.Contains(said, "1 lines taken out of 1 objects") || !strings.Contains(said, "pending in 1 objects") {
		t.Errorf("deleted\n%s", said)
	}
	if code, _, stderr := pressmill(t, "articles", "show", "-out", out, id); code != 1 || !strings.Contains(stderr, "was deleted") || !strings.Contains(stderr, "by law") {
		t.Errorf("show what was deleted: %d, %s", code, stderr)
	}
	if code, _, stderr := pressmill(t, "articles", "delete", "-out", out, "-yes", "https://example.org/999"); code != 1 || !strings.Contains(stderr, "no article https://example.org/999") {
		t.Errorf("delete what is not there: %d, %s", code, stderr)
	}
	if code, stdout, stderr := pressmill(t, "articles", "-out", out, "-prefix", "typo"); code != 0 || stdout != "" || !strings.Contains(stderr, "no such articles in "+out+" below typo") {
		t.Errorf("nothing: %d, %q, %q", code, stdout, stderr)
	}

	if said := mustRun(t, "compact", "-out", out, "-dry-run"); !strings.Contains(said, "6 objects would become 2") {
		t.Errorf("dry run\n%s", said)
	}
	for _, want := range []string{"6 objects became 2, 6 were removed", "0 objects became 0, 0 were removed"} {
		if said := mustRun(t, "compact", "-out", out); !strings.Contains(said, want) {
			t.Errorf("want %s\n%s", want, said)
		}
	}
	if rows := strings.Count(mustRun(t, "articles", "-out", out), "\n"); rows != 1+24-2 {
		t.Errorf("%d rows are left", rows)
	}
}

func TestArticlesOfASinkOfTheConfiguration(t *testing.T) {
	out := writeDays(t, "lake", 2)
	config := programtest.File(t, "config.yaml", "sinks:\n  - {name: pages, url: 'file:///nowhere', format: warc}\n  - {name: lake, url: '"+out+"', prefix: lake}\n")
	if rows := strings.Count(mustRun(t, "articles", "-config", config), "\n"); rows != 7 {
		t.Errorf("%d rows", rows)
	}
	for _, args := range [][]string{
		{"articles", "-config", config, "-limit", "-1"},
		{"articles", "-after", "x"},
		{"articles", "-since", "soon"},
		{"articles", "-format", "xml"},
		{"articles", "show"},
		{"articles", "delete"},
		{"articles", "delete", "-finish", "x"},
		{"compact", "-before", "today"},
		{"compact", "-target-size", "0"},
		{"articles", "-config", config, "-prefix", "/x", "-out", out},
	} {
		if code, stdout, stderr := pressmill(t, args...); code != 2 || stdout != "" {
			t.Errorf("%v: exit code %d, %s%s", args, code, stdout, stderr)
		}
	}
}
