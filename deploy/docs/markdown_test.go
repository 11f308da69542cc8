package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// markdown reads the Markdown files of the repository, by their paths from the root.
func markdown(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() && (rel == "bin" || rel == ".git" || d.Name() == "node_modules" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		data, err := os.ReadFile(path)
		docs[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	named    = regexp.MustCompile(`(?m)<a (?:name|id)="([^"]+)"`)
	picture  = regexp.MustCompile(`(?:srcset|src)="([^"]+)"`)
	quoted   = regexp.MustCompile("`([^`\n]+)`")
	fence    = regexp.MustCompile("(?ms)^```.*?^```")
	target   = regexp.MustCompile(`(?m)^make ([a-z][a-z-]*)`)
	kubectl  = regexp.MustCompile(`(?m)^.*kubectl.*$`) // which says deploy/NAME of a Deployment
	targetOf = regexp.MustCompile(`(?m)^([a-z][a-z-]*)( [a-z-]+)*:(?:[^=]|$)`)
)

// TestLinksLead holds links between documents to the files and headings that
// they lead to.
func TestLinksLead(t *testing.T) {
	docs := markdown(t)
	for path, text := range docs {
		links := append(link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1), picture.FindAllStringSubmatch(text, -1)...)
		for _, m := range links {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			to := path
			if file != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			}
			if !exists(filepath.Join(root, to)) {
				t.Errorf("%s: the link %s leads nowhere", path, m[1])
			}
			if anchor != "" && !slices.Contains(anchors(docs[to]), anchor) {
				t.Errorf("%s: the link %s leads to no heading", path, m[1])
			}
		}
	}
}

// anchors returns what links may name of a document: its headings as GitHub
// writes them, and anchors of its own.
func anchors(text string) (all []string) {
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// TestDocumentsNameWhatIsThere holds paths and make's targets in documents to
// what there is.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range targetOf.FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
	}
	for path, text := range markdown(t) {
		for _, m := range target.FindAllStringSubmatch(code(text), -1) {
			if !targets[m[1]] {
				t.Errorf("%s: the Makefile has no target %s", path, m[1])
			}
		}
		for _, m := range inTree.FindAllStringSubmatch(kubectl.ReplaceAllString(code(text), ""), -1) {
			if !strings.ContainsAny(m[1], "{*<…") && !exists(filepath.Join(root, m[1])) && !exists(filepath.Join(root, filepath.Dir(path), m[1])) {
				t.Errorf("%s: %s is not there", path, m[1])
			}
		}
	}
}

// code returns what stands in a document between backticks, a line each.
func code(text string) string {
	var out strings.Builder
	out.WriteString(strings.Join(fence.FindAllString(text, -1), "\n"))
	for _, m := range quoted.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		out.WriteString("\n" + m[1])
	}
	return out.String()
}
