package corpus

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pressmill/pkg/news"
)

// article has a standfirst, a caption's kind of block and two paragraphs.
func article() *news.Article {
	return &news.Article{
		Title:   "The pier “reopens” – at last",
		Authors: []news.Author{{Name: "Nora Hale"}, {Name: "Ivo Brandt"}},
		Body: news.Body{Blocks: []news.Block{
			{T: news.BlockStandfirst, Text: "Three years of repairs are over."},
			{T: news.BlockParagraph, Text: "The first boat leaves at six."},
			{T: news.BlockFactBox, Text: "Built in 1902."},
			{T: news.BlockParagraph, Text: "Tickets stay as they were."},
		}},
		Published: &news.Date{At: "2026-11-23T23:48:00+01:00", Local: "2026-11-23T23:48:00"},
	}
}

// scoresOf scores the article by a label.
func scoresOf(set string, label func(*Label)) *Scores {
	l := &Label{}
	label(l)
	s := (&Set{Name: set}).Scores("")
	s.Add(Result{Label: l, Article: article()})
	return s
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestOverlap(t *testing.T) {
	for name, c := range map[string]struct {
		got, want         string
		precision, recall float64
	}{
		"the same":            {"a b c d e", "a b c d e", 1, 1},
		"marks do not count":  {"a, b; c. (d) e!", "a b c d e", 1, 1},
		"case counts":         {"A b c d", "a b c d", 0, 0},
		"one word more":       {"a b c d e f", "a b c d e", 2.0 / 3, 1},
		"one word less":       {"a b c d e", "a b c d e f", 1, 2.0 / 3},
		"twice":               {"a b c d x a b c d", "a b c d", 1.0 / 6, 1},
		"short texts are one": {"a b", "a b", 1, 1},
		"part of a short one": {"a", "a b", 0, 0},
		"nothing":             {"", "a b c d", 0, 0},
		"nothing wanted":      {"", "", 1, 1},
	} {
		o := compare(shingles(words(c.got, false)), shingles(words(c.want, false)))
		if !near(o.precision, c.precision) || !near(o.recall, c.recall) {
			t.Errorf("%s: %+v, want %v %v", name, o, c.precision, c.recall)
		}
	}
}

// TestWords cuts scripts without word spaces only when asked to.
func TestWords(t *testing.T) {
	text := "橋が3 bridges_re-open"
	if got, want := words(text, false), []string{"橋が3", "bridges_re", "open"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := words(text, true), []string{"橋", "が", "3", "bridges_re", "open"}; !slices.Equal(got, want) {
		t.Errorf("cut: %q, want %q", got, want)
	}
	if n := Words("한국어 문장"); n != 2 {
		t.Errorf("Korean writes word spaces: %d", n)
	}
}

func TestBody(t *testing.T) {
	const body = "The first boat leaves at six. Tickets stay as they were."
	for name, c := range map[string]struct {
		set   string
		body  string
		alts  []string
		exact float64
	}{
		"without the standfirst": {"zyte", body, nil, 1},
		"with the standfirst":    {"fundus", "Three years of repairs are over. " + body, nil, 1},
		"standfirst missing":     {"fundus", body, nil, 0},
		"the best variant":       {"zyte", "Something else altogether here.", []string{"Something else altogether here.", body}, 1},
		"fact boxes are besides": {"zyte", "Built in 1902. " + body, nil, 0},
	} {
		s := scoresOf(c.set, func(l *Label) { l.Expected.Body, l.Expected.BodyAlts = c.body, c.alts })
		if s.exact.value() != c.exact || (s.bodyR.value() == 1 && s.bodyP.value() == 1) != (c.exact == 1) {
			t.Errorf("%s: exact %v P %v R %v", name, s.exact.value(), s.bodyP.value(), s.bodyR.value())
		}
	}
}

// TestRejected counts a page without an article for recall, not for precision.
func TestRejected(t *testing.T) {
	l := &Label{ID: "stub"}
	l.Expected.Body, l.Expected.Title = "The first boat leaves at six.", "Pier"
	s := (&Set{Name: "small"}).Scores("")
	s.Add(Result{Label: l, Err: errors.New("paywall")})
	if s.bodyP.n != 0 || s.bodyR.n != 1 || s.title.n != 1 || s.title.value() != 0 {
		t.Errorf("%+v", s)
	}
	var worst strings.Builder
	s.writeWorst(&worst, 5)
	if got, want := worst.String(), "0.000  stub  P 0.00 R 0.00 paywall\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSnippets(t *testing.T) {
	s := scoresOf("small", func(l *Label) {
		l.Expected.Include = []string{"first boat\n leaves", "Three years", "not there"}
		l.Expected.Exclude = []string{"Tickets", "Built in"}
	})
	if want := (snippets{found: 2, missed: 1, extra: 1}); s.snippets != want {
		t.Errorf("%+v, want %+v", s.snippets, want)
	}
	if !near(s.snippets.precision(), 2.0/3) || !near(s.snippets.recall(), 2.0/3) || !near(s.snippets.f1(), 2.0/3) {
		t.Errorf("P %v R %v F1 %v", s.snippets.precision(), s.snippets.recall(), s.snippets.f1())
	}
}

func TestTitlesAndAuthors(t *testing.T) {
	for title, want := range map[string]float64{
		"The Pier \"Reopens\" -  at last": 1, "The pier „reopens‟ — at last": 1, "The pier reopens at last": 0,
	} {
		if s := scoresOf("small", func(l *Label) { l.Expected.Title = title }); s.title.value() != want {
			t.Errorf("%s: %v, want %v", title, s.title.value(), want)
		}
	}
	for names, want := range map[string]float64{
		"Nora Hale,Ivo Brandt": 1, "NORA HALE": 2.0 / 3, "Ivo Brandt,Ada Quist": 0.5, "Ada Quist": 0,
	} {
		if s := scoresOf("small", func(l *Label) { l.Expected.Authors = strings.Split(names, ",") }); !near(s.authors.value(), want) {
			t.Errorf("%s: %v, want %v", names, s.authors.value(), want)
		}
	}
}

func TestDates(t *testing.T) {
	late := article().Published
	for name, c := range map[string]struct {
		got             *news.Date
		want, precision string
		day, instant    bool
	}{
		"the instant in another zone":  {late, "2026-11-23T22:48:30Z", "instant", true, true},
		"the label's zone is the next": {late, "2026-11-24T06:48:00+08:00", "instant", true, true},
		"two minutes off":              {late, "2026-11-23T22:50:30Z", "instant", true, false},
		"a naive label's own day":      {late, "2026-11-23T00:00:00Z", "naive-day", true, false},
		"another day":                  {late, "2026-11-22T12:00:00Z", "naive-day", false, false},
		"local only":                   {&news.Date{Local: "2026-11-23"}, "2026-11-23T00:00:00Z", "naive-day", true, false},
		"none":                         {nil, "2026-11-23T00:00:00Z", "instant", false, false},
		"a year":                       {&news.Date{Local: "2026"}, "2026-11-23T00:00:00Z", "naive-day", false, false},
	} {
		day, instant, ok := compareDates(c.got, c.want, c.precision)
		if !ok || day != c.day || instant != c.instant {
			t.Errorf("%s: %v %v %v", name, day, instant, ok)
		}
	}
	if _, _, ok := compareDates(late, "last week", ""); ok {
		t.Error("a label's date that cannot be read counts")
	}
}

// TestHalves keeps a site in its half and its fold: figures of different times
// are compared.
func TestHalves(t *testing.T) {
	held, folds := 0, make([]int, 5)
	for _, site := range []string{"tidewick.example", "harbour.example", "morning.example", "valley.example", "northern.example", "abend.example"} {
		l := &Label{Site: site}
		if l.HeldOut() {
			held++
		}
		folds[l.Fold(0, 5)]++
	}
	if want := []int{2, 0, 2, 1, 1}; held != 2 || !slices.Equal(folds, want) {
		t.Errorf("%d sites held out, folds %v; want %v", held, folds, want)
	}
}

func TestTruth(t *testing.T) {
	l := &Label{}
	l.Expected.Body = "The first boat leaves at six. Tickets stay as they were, said Hale. At last."
	truth := l.Truth()
	for _, c := range []struct {
		block          string
		belongs, known bool
	}{
		{"The first boat leaves at six.", true, true},
		{"The first boat leaves at six.", false, true}, // taken already
		{"Read on: three more stories of the coast.", false, true},
		{"At last.", true, true},
		{"—", false, false},
	} {
		if belongs, known := truth.Take(c.block); belongs != c.belongs || known != c.known {
			t.Errorf("%s: %v %v", c.block, belongs, known)
		}
	}
	if l := l.Truth(); !l.Whole() || l.Near(l.label.Expected.Body) != 1 || l.Near("another story altogether, said Quist") != 0 {
		t.Error("a whole body is near itself alone")
	}
}

func TestTruthOfSnippets(t *testing.T) {
	l := &Label{}
	l.Expected.Include, l.Expected.Exclude = []string{"first boat", "never said"}, []string{"Read on"}
	truth := l.Truth()
	for block, want := range map[string][2]bool{"The first boat leaves.": {true, true}, "Read on": {false, true}, "Other": {false, false}} {
		if belongs, known := truth.Take(block); belongs != want[0] || known != want[1] {
			t.Errorf("%s: %v %v", block, belongs, known)
		}
	}
	if got := truth.Near("The first boat leaves."); truth.Whole() || !near(got, 2.0/3) {
		t.Errorf("near %v", got)
	}
}

// TestEvaluate reads a set of two sites and prints each half.
func TestEvaluate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	labels := `{"id":"a","url":"https://tidewick.example/1","site":"tidewick.example","html":"a.html","expected":{"title":"Pier"}}
{"id":"b","url":"https://harbour.example/2","site":"harbour.example","html":"b.html","expected":{"title":"Quay"}}
`
	for name, text := range map[string]string{"pages.jsonl": labels, "a.html": "Pier", "b.html": "Pier"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	engine := func(p *news.Page) (*news.Article, error) { return &news.Article{Title: string(p.Body)}, nil }
	var out strings.Builder
	if err := Evaluate(&out, Report{Halves: true}, engine, dir); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(rows) != 4 || !strings.HasPrefix(rows[1], "small  ") || !strings.Contains(rows[1], "0.5000") {
		t.Errorf("%s", out.String())
	}
	if err := os.WriteFile(filepath.Join(dir, "pages.jsonl"), []byte(labels+"{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "label 3") {
		t.Errorf("error %v", err)
	}
}
