package parser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pressmill/parser/corpus"
	"pressmill/pkg/news"
)

// seedExpected says what comes of every markup of the seed's page.
type seedExpected struct {
	Title     string          `json:"title"`
	Authors   []news.Author   `json:"authors"`
	Publisher *news.Publisher `json:"publisher"`
	Agencies  []news.Agency   `json:"agencies"`
	Lang      string          `json:"lang"`
	Published *news.Date      `json:"published"`
	Modified  *news.Date      `json:"modified"`
	Images    []news.Image    `json:"images"`
	Related   []news.Related  `json:"related"`
	Body      []string        `json:"body_paragraphs"`
	Never     []string        `json:"never_in_body"`
}

func TestSeed(t *testing.T) {
	raw, err := os.ReadFile("testdata/seed/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var want seedExpected
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob("testdata/seed/*.html")
	if len(files) < 3 {
		t.Fatalf("only %d fixtures", len(files))
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) { checkSeed(t, name, want) })
	}
}

func checkSeed(t *testing.T, name string, want seedExpected) {
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Extract(corpus.SavedPage("https://english.alarabiya.net/News/world/embassies", "seed", body))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Validate(); err != nil {
		t.Error(err)
	}
	got := seedExpected{
		Title: a.Title, Authors: a.Authors, Publisher: a.Publisher, Agencies: a.Agencies, Lang: a.Lang,
		Published: a.Published, Modified: a.Modified, Images: a.Images, Related: a.Related, Never: want.Never,
	}
	for _, b := range a.Body.Blocks {
		if b.T == news.BlockParagraph {
			got.Body = append(got.Body, b.Text)
		}
	}
	open := cmp.Options{
		cmpopts.IgnoreFields(news.Image{}, "URL", "FilePhoto"),
		cmpopts.IgnoreFields(news.Related{}, "URL"),
		cmpopts.IgnoreFields(news.Publisher{}, "URL"),
	}
	if d := cmp.Diff(want, got, open); d != "" {
		t.Errorf("article (-want +got):\n%s", d)
	}
	for _, no := range want.Never {
		if strings.Contains(a.Body.Text, no) {
			t.Errorf("body holds %q", no)
		}
	}
}
