package docs_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pressmill/pkg/news"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestReadmeShowsAnArticle holds the article in the README to its schema.
func TestReadmeShowsAnArticle(t *testing.T) {
	_, text, _ := strings.Cut(read(t, "README.md"), "```json\n")
	text, _, _ = strings.Cut(text, "```")
	var a news.Article
	dec := json.NewDecoder(strings.NewReader(strings.ReplaceAll(text, `"at":"…"`, `"at":"2026-11-29T06:54:32Z"`)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Schema != news.Schema || a.Title == "" || a.Body.Text == "" {
		t.Errorf("it is no article: %+v", a)
	}
}

// TestReasonsAreListed compares the table of reasons with the constants.
func TestReasonsAreListed(t *testing.T) {
	_, table, found := strings.Cut(read(t, "parser/README.md"), "| reasons | the page |\n")
	if !found {
		t.Fatal("there is no table of reasons")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(table, -1) {
		listed[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^\tReason\w+\s+= "(\w+)"`).FindAllStringSubmatch(read(t, "parser/reject.go"), -1) {
		if !listed[m[1]] {
			t.Errorf("the reason %s is not listed", m[1])
		}
		delete(listed, m[1])
	}
	for reason := range listed {
		t.Errorf("the reason %s is listed, and is none", reason)
	}
}

// TestDependenciesAreListed looks for each module that the code needs itself in
// the README's table.
func TestDependenciesAreListed(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "README.md"), "## Dependencies\n")
	table, _, _ = strings.Cut(table, "\n## ")
	_, needed, _ := strings.Cut(read(t, "go.mod"), "require (\n")
	needed, _, _ = strings.Cut(needed, "\n)")
	clients := regexp.MustCompile(`^(cloud\.google\.com|google\.golang\.org|golang\.org/x/oauth2|github\.com/(Azure|aws|googleapis)/)`) // of the providers
	for line := range strings.Lines(needed) {
		path, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		name := regexp.MustCompile(`/v\d+$`).ReplaceAllString(path, "")
		name = name[strings.LastIndex(name, "/")+1:]
		if !clients.MatchString(path) && !strings.Contains(table, name) {
			t.Errorf("%s is not listed", path)
		}
	}
}
