// Package corpus reads labelled pages and scores what an engine makes of them.
// It knows nothing of the engine, so the scores mean the same whatever made the
// articles.
package corpus

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pressmill/pkg/news"
)

// Set is a folder of labelled pages.
type Set struct {
	Name   string // of the folder
	Labels []Label
}

// Label is one page of a set with what must come of it.
type Label struct {
	ID   string `json:"id"`
	URL  string `json:"url"`
	Site string `json:"site"`
	HTML string `json:"html"` // path of the page, gzipped if it ends in .gz, relative to the set's folder

	// What a label does not tell is left out, and not scored.
	Expected struct {
		Body      string   `json:"body"`
		BodyAlts  []string `json:"body_alts"` // equally right; Body is one of them
		Include   []string `json:"include"`   // snippets of the text
		Exclude   []string `json:"exclude"`   // snippets of what is no part of it
		Title     string   `json:"title"`
		Authors   []string `json:"authors"`
		Published string   `json:"published"` // RFC 3339

		// Precision says what of Published is known: "instant", or anything else
		// for the day, which is one without a zone if it begins with "naive".
		Precision string `json:"published_precision"`
	} `json:"expected"`

	dir string
}

// Load reads DIR/pages.jsonl.
func Load(dir string) (*Set, error) {
	f, err := os.Open(filepath.Join(dir, "pages.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("open corpus: %w", err)
	}
	defer f.Close()
	set := &Set{Name: filepath.Base(filepath.Clean(dir))}
	for d := json.NewDecoder(bufio.NewReader(f)); ; {
		l := Label{dir: dir}
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return set, nil
		} else if err != nil {
			return nil, fmt.Errorf("read %s, label %d: %w", f.Name(), len(set.Labels)+1, err)
		}
		set.Labels = append(set.Labels, l)
	}
}

// Page loads the page of a label.
func (l *Label) Page() (*news.Page, error) {
	f, err := os.Open(filepath.Join(l.dir, filepath.FromSlash(l.HTML)))
	if err != nil {
		return nil, fmt.Errorf("open page: %w", err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(l.HTML, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("unpack %s: %w", l.HTML, err)
		}
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", l.HTML, err)
	}
	return SavedPage(l.URL, l.ID, body), nil
}

// SavedPage returns a page that was read from a file.
func SavedPage(url, id string, body []byte) *news.Page {
	return &news.Page{
		PageID: id, RequestedURL: url, FinalURL: url, Status: 200,
		Header:    map[string][]string{"Content-Type": {"text/html"}},
		FetchedAt: time.Now().UTC(), Body: body,
	}
}

// HeldOut says whether a label belongs to the half of the sites that is only
// measured, never looked at while the engine is worked on. Pages of one site
// are in one half, in every set.
func (l *Label) HeldOut() bool { return crc32.ChecksumIEEE([]byte(l.Site))&1 == 1 }

// Fold returns which of n parts of the sites a label belongs to, in one of
// many ways to cut them. The parts are cut across the halves.
func (l *Label) Fold(cut, n int) int {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", cut, l.Site))
	return int(binary.BigEndian.Uint32(sum[:]) % uint32(n))
}

// Standfirst says whether the bodies of the set's labels begin with the
// standfirst.
func (s *Set) Standfirst() bool { return s.Name != "zyte" }

// bodies returns every right variant of the body, or none if the label has none.
func (l *Label) bodies() []string {
	e := &l.Expected
	if len(e.BodyAlts) == 0 && e.Body != "" {
		return []string{e.Body}
	}
	return e.BodyAlts
}
