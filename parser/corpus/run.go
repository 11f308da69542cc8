package corpus

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

// Engine makes an article of a page, or tells why it is none. It is called
// concurrently.
type Engine func(*news.Page) (*news.Article, error)

// Result is what came of a labelled page.
type Result struct {
	Label   *Label
	Article *news.Article // nil when there is none
	Err     error         // why
}

func (r *Result) errText() string {
	if r.Err == nil {
		return ""
	}
	return r.Err.Error()
}

// Run works on the page of a label.
func (l *Label) Run(engine Engine) Result {
	page, err := l.Page()
	if err != nil {
		return Result{Label: l, Err: err}
	}
	a, err := engine(page)
	return Result{Label: l, Article: a, Err: err}
}

// Run works on every page of a set, on all cores, and calls emit in the order
// of the set.
func (s *Set) Run(engine Engine, emit func(Result) error) error {
	results := make([]chan Result, len(s.Labels))
	for i := range results {
		results[i] = make(chan Result, 1)
	}
	next := make(chan int)
	var wg sync.WaitGroup
	defer wg.Wait()
	stop := make(chan struct{})
	defer close(stop)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				results[i] <- s.Labels[i].Run(engine)
			}
		})
	}
	wg.Go(func() {
		defer close(next)
		for i := range s.Labels {
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

// line is what WriteArticles writes for every page.
type line struct {
	ID      string        `json:"id"`
	Article *news.Article `json:"article"`
	Error   string        `json:"error,omitempty"`
}

// WriteArticles writes a line of JSON for every page of the set in folder dir, in
// order: its id and its article, or null and the error.
func WriteArticles(w io.Writer, engine Engine, dir string) error {
	set, err := Load(dir)
	if err != nil {
		return err
	}
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	err = set.Run(engine, func(r Result) error {
		return enc.Encode(line{ID: r.Label.ID, Article: r.Article, Error: r.errText()})
	})
	return errors.Join(err, buf.Flush())
}

// Articles are articles made elsewhere, by what their requested and final URLs
// are matched by.
type Articles map[string]*news.Article

// ReadArticles reads lines of JSON, each an article or one that WriteArticles
// wrote; a later version replaces an earlier.
func ReadArticles(name string) (Articles, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open articles: %w", err)
	}
	defer f.Close()
	out := make(Articles)
	for d := json.NewDecoder(f); ; {
		var line struct {
			news.Article
			Wrapped *news.Article `json:"article"`
		}
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		a := &line.Article
		if line.Wrapped != nil {
			a = line.Wrapped
		}
		for _, url := range []string{a.URL.Final, a.URL.Requested} {
			if url != "" {
				out[matchKey(url)] = a
			}
		}
	}
}

// Find is an Engine that finds the article of a page by its URL.
func (as Articles) Find(page *news.Page) (*news.Article, error) {
	if a := as[matchKey(page.RequestedURL)]; a != nil {
		return a, nil
	}
	return nil, errors.New("no article has the page's URL")
}

// matchKey is what a label and an article are matched by: URLs in a list may
// have fragments, parameters and blanks that a crawler drops.
func matchKey(rawURL string) string {
	u, err := weburl.Parse(rawURL)
	if err != nil {
		return rawURL
	}
	return weburl.Key(u)
}
