package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/crawler"
	"pressmill/parser/coverage"
	"pressmill/pkg/bus"
	"pressmill/pkg/news"
)

// TestARedesignShows has two parsers work on the pages of a site whose template
// loses its byline: one of the two says so, once, also after both were started
// anew. What they count is what was published.
func TestARedesignShows(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	if _, err := crawler.Apply(t.Context(), b.Bus, []crawler.Source{{ID: "tidewick", Domain: "tidewick.example", Seeds: []string{"https://tidewick.example/"}}}, "c1", crawler.Once); err != nil {
		t.Fatal(err)
	}
	knownSource(t, b.Bus)
	pages := 0
	parse := func(byline string, n int) parserLog {
		t.Helper()
		for range n {
			if err := b.PublishPage(t.Context(), "tidewick.example", tidewick(pages, byline)); err != nil {
				t.Fatal(err)
			}
			pages++
		}
		again := tidewick(0, byline) // a later look at an article without news is none
		again.PageID = fmt.Sprint("again-", pages)
		if err := b.PublishPage(t.Context(), "tidewick.example", again); err != nil {
			t.Fatal(err)
		}
		workers := []*loggedWorker{startLogged(t, b, "parser"), startLogged(t, b, "parser")}
		b.until(t, "all pages are parsed", func(s bus.State, busy map[string]int) bool { return s.Pages == 0 && busy["parser"] == 0 })
		var log parserLog
		for _, w := range workers {
			b.stop(t, w.Cmd)
			log.read(t, w.told(t))
		}
		if log.articles != n {
			t.Errorf("%d articles in the lines of both, want %d", log.articles, n)
		}
		return log
	}
	const byline = `<p class="byline">By <a rel="author" href="/nora-hale">Nora Hale</a></p>`
	if log := parse(byline, 30); log.authors != 30 || len(log.drifts)+len(log.steady) > 0 {
		t.Errorf("before the redesign: %+v", log)
	}
	if log := parse("", 40); log.authors != 0 || !cmp.Equal(log.drifts, []string{"tidewick author"}) || len(log.steady) > 0 {
		t.Errorf("after the redesign: %+v", log)
	}
	if log := parse("", 30); len(log.drifts)+len(log.steady) > 0 {
		t.Errorf("later on: %+v", log)
	}
	list := mustRun(t, "sources", "list", "-config", b.config)
	if want := "100 30% 100% 100% 100% author 0% (100%)"; !strings.Contains(strings.Join(strings.Fields(list), " "), want) {
		t.Errorf("%q is not in the list:\n%s", want, list)
	}
}

// loggedWorker is a worker whose log is a file.
type loggedWorker struct {
	*exec.Cmd

	log string
}

// startLogged starts a worker and waits until it is ready: before that, a signal
// may end it at once.
func startLogged(t *testing.T, b bench, name string) *loggedWorker {
	t.Helper()
	p := &loggedWorker{b.command(name), filepath.Join(t.TempDir(), name+".log")}
	file, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p.Stderr = file
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	for range 3600 {
		if strings.Contains(p.told(t), `"service.ready"`) {
			return p
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("a %s that is never ready:\n%s", name, p.told(t))
	return nil
}

func (p *loggedWorker) told(t *testing.T) string {
	t.Helper()
	log, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(log)
}

// knownSource stores ten days of a source whose articles had everything, up to
// two days ago.
func knownSource(t *testing.T, b *bus.Bus) {
	t.Helper()
	now := time.Now()
	if _, err := bus.UpdateCoverage(t.Context(), b, "tidewick", func(r *coverage.Record) {
		for hour := 12 * 24; hour > 2*24; hour-- {
			var batch coverage.Batch
			for range 2 {
				batch.Page(true)
				batch.Article(coverage.Seen{Has: [5]bool{true, true, true, true, true}, Words: 400})
			}
			if changes := r.Add(&batch, now.Add(-time.Duration(hour)*time.Hour)); len(changes) > 0 {
				t.Errorf("%d hours ago: %+v", hour, changes)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// tidewick is a page of the source.
func tidewick(n int, byline string) *news.Page {
	p := story(n)
	url := fmt.Sprintf("https://tidewick.example/2026/11/the-council-met-%d.html", n)
	p.RequestedURL, p.FinalURL, p.Source = url, url, news.Source{ID: "tidewick", Domain: "tidewick.example"}
	head := fmt.Sprintf(`<head><meta property="article:published_time" content="%s"><meta property="og:image" content="https://tidewick.example/%d.jpg"></head>`,
		time.Now().Format(time.RFC3339), n)
	body := strings.Replace(string(p.Body), "<body>", head+"<body>", 1)
	p.Body = []byte(strings.Replace(body, "</h1>", "</h1>"+byline, 1))
	return p
}

// parserLog is what the lines of parsers say of sources.
type parserLog struct {
	articles, authors int
	drifts, steady    []string
}

func (l *parserLog) read(t *testing.T, log string) {
	t.Helper()
	for text := range strings.Lines(log) {
		var line struct {
			Event, Source, Field, Stage, Level string
			Articles                           int
			With                               struct{ Author int }
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		switch line.Event {
		case "source.coverage":
			l.articles += line.Articles
			l.authors += line.With.Author
		case "source.drift":
			l.drifts = append(l.drifts, line.Source+" "+line.Field)
		case "source.steady":
			l.steady = append(l.steady, line.Source+" "+line.Field)
		}
	}
}
