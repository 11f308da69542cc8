package parser

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

// labelled is one page of a corpus with what must come of it.
type labelled struct {
	ID   string `json:"id"`
	Set  string `json:"set"`
	URL  string `json:"url"`
	Site string `json:"site"`
	HTML string `json:"html"` // path of the gzipped page, relative to the set's folder

	Expected struct {
		Body      string   `json:"body"`
		BodyAlts  []string `json:"body_alts"`
		Include   []string `json:"include"`
		Exclude   []string `json:"exclude"`
		Title     string   `json:"title"`
		Authors   []string `json:"authors"`
		Published string   `json:"published"`
		Precision string   `json:"published_precision"`
	} `json:"expected"`

	dir string
}

// loadCorpus reads DIR/pages.jsonl.
func loadCorpus(dir string) ([]labelled, error) {
	f, err := os.Open(filepath.Join(dir, "pages.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("open corpus: %w", err)
	}
	defer f.Close()
	var out []labelled
	r := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if len(strings.TrimSpace(string(line))) > 0 {
			l := labelled{dir: dir}
			if err := json.Unmarshal(line, &l); err != nil {
				return nil, fmt.Errorf("read %s line %d: %w", f.Name(), n, err)
			}
			out = append(out, l)
		}
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Name(), err)
		}
	}
}

// page loads the page of a label.
func (l *labelled) page() (*news.Page, error) {
	f, err := os.Open(filepath.Join(l.dir, filepath.FromSlash(l.HTML)))
	if err != nil {
		return nil, fmt.Errorf("open page: %w", err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(l.HTML, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", l.HTML, err)
		}
		r = z
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", l.HTML, err)
	}
	return newPage(l.URL, l.ID, body), nil
}

// newPage returns a page that was read from a file.
func newPage(url, id string, body []byte) *news.Page {
	return &news.Page{
		PageID: id, RequestedURL: url, FinalURL: url, Status: 200,
		Header:    map[string][]string{"Content-Type": {"text/html"}},
		FetchedAt: time.Now().UTC(), Body: body,
	}
}

// result is what came of a labelled page.
type result struct {
	label   *labelled
	article *news.Article // nil when rejected
	err     error         // a *RejectError, or why the page could not be read
}

// extractCorpus extracts every page of a corpus, on all cores, and calls emit
// in the order of the corpus.
func (e *Extractor) extractCorpus(dir string, emit func(result) error) error {
	labels, err := loadCorpus(dir)
	if err != nil {
		return err
	}
	results := make([]chan result, len(labels))
	for i := range results {
		results[i] = make(chan result, 1)
	}
	next := make(chan int)
	var wg sync.WaitGroup
	defer wg.Wait()
	stop := make(chan struct{})
	defer close(stop)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				results[i] <- e.extractLabelled(&labels[i])
			}
		})
	}
	wg.Go(func() {
		defer close(next)
		for i := range labels {
			select {
			case next <- i:
			case <-stop:
				return
			}
		}
	})
	for _, c := range results {
		if err := emit(<-c); err != nil {
			return err
		}
	}
	return nil
}

func (e *Extractor) extractLabelled(l *labelled) result {
	page, err := l.page()
	if err != nil {
		return result{label: l, err: err}
	}
	a, err := e.Extract(page)
	return result{label: l, article: a, err: err}
}

// Report is what Evaluate writes besides a row of scores for each corpus.
type Report struct {
	Worst  int  // list that many pages with the lowest body or snippet score
	Halves bool // a row for each half of the sites; the worst are of the open half
}

// heldOut says whether a label belongs to the half of the sites that is only
// measured, never looked at while the engine is worked on. Pages of one site
// are in one half, in every corpus.
func (l *labelled) heldOut() bool { return crc32.ChecksumIEEE([]byte(l.Site))&1 == 1 }

// Evaluate extracts the pages of labelled corpora and writes one row of scores
// for each.
func (e *Extractor) Evaluate(w io.Writer, report Report, dirs ...string) error {
	return evaluate(w, report, dirs, e.extractCorpus)
}

// EvaluateArticles scores articles made elsewhere, found by their requested
// URL, with the code of Evaluate; a missing article counts as rejected.
func EvaluateArticles(w io.Writer, report Report, articles map[string]*news.Article, dirs ...string) error {
	return evaluate(w, report, dirs, func(dir string, emit func(result) error) error {
		labels, err := loadCorpus(dir)
		if err != nil {
			return err
		}
		for i := range labels {
			a := articles[articleKey(labels[i].URL)]
			r := result{label: &labels[i], article: a}
			if a == nil {
				r.err = reject("missing")
			}
			if err := emit(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// countsStandfirst says whether the bodies of a set's labels begin with the
// standfirst.
func countsStandfirst(set string) bool { return set != "zyte" }

// articleKey is what a label and an article are matched by: URLs in a list may
// have fragments, parameters and blanks that a crawler drops.
func articleKey(rawURL string) string {
	u, err := weburl.Parse(rawURL)
	if err != nil {
		return rawURL
	}
	return weburl.Key(u)
}

func evaluate(w io.Writer, report Report, dirs []string, each func(string, func(result) error) error) error {
	fmt.Fprintln(w, tableHead)
	var worst []*scores
	for _, dir := range dirs {
		name := filepath.Base(filepath.Clean(dir))
		all, open, held := &scores{name: name}, &scores{name: name + " open"}, &scores{name: name + " held"}
		for _, s := range []*scores{all, open, held} {
			s.standfirst = countsStandfirst(name)
		}
		err := each(dir, func(r result) error {
			all.add(r)
			if r.label.heldOut() {
				held.add(r)
			} else {
				open.add(r)
			}
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(w, all.row())
		if report.Halves {
			fmt.Fprintln(w, open.row())
			fmt.Fprintln(w, held.row())
			all = open
		}
		worst = append(worst, all)
	}
	for _, s := range worst {
		s.writeWorst(w, report.Worst)
	}
	return nil
}
