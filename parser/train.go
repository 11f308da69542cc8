package parser

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"pressmill/parser/boost"
	"pressmill/parser/corpus"
)

// TrainFolds is how many parts the sites are cut into for cross-validation.
const TrainFolds = 5

// containerParams and blockParams say how the models are trained. Few pages
// stand for the whole web, so the trees are shallow, and each sees only some of
// the sites and of the features. Seeds differ by chance: where they are more
// than 1, they are the first with which the golden pages and kinds come out.
func containerParams() boost.Params {
	return boost.Params{Trees: 100, Depth: 3, Rate: 0.15, Lambda: 20, MinWeight: 10, MinGroups: 5, MinGain: 1, Groups: 0.6, Features: 0.4, Seed: 1}
}

func blockParams() boost.Params {
	return boost.Params{Trees: 200, Depth: 3, Rate: 0.1, Lambda: 20, MinWeight: 3, MinGroups: 4, MinGain: 1, Groups: 0.6, Features: 0.4, Seed: 6}
}

// lesson is one labelled page with what the models learn from it.
type lesson struct {
	label      *corpus.Label
	set        *corpus.Set
	fold       int
	containers []boost.Row // one for each candidate
	blocks     []boost.Row // one for each block that the label tells of
	result     corpus.Result
}

// Train trains the models on labelled corpora and writes them to folder out, as
// container.txt and blocks.txt. It prints the scores of the pages of each corpus
// when the models were trained without their sites, and when with them.
func Train(w io.Writer, out string, dirs ...string) error {
	t := &training{}
	for _, dir := range dirs {
		if err := t.load(dir); err != nil {
			return err
		}
	}
	t.each(func(s *lesson) { s.containers = s.containerRows() })
	folds := make([]*models, TrainFolds)
	for k := range folds {
		folds[k] = &models{container: t.train(containerParams(), k, func(s *lesson) []boost.Row { return s.containers })}
	}
	// The blocks are described by containers that were chosen as they will be
	// on unknown pages.
	t.each(func(s *lesson) { s.blocks = s.blockRows(folds[s.fold]) })
	for k := range folds {
		folds[k].blocks = t.train(blockParams(), k, func(s *lesson) []boost.Row { return s.blocks })
	}
	all := &models{
		container: t.train(containerParams(), -1, func(s *lesson) []boost.Row { return s.containers }),
		blocks:    t.train(blockParams(), -1, func(s *lesson) []boost.Row { return s.blocks }),
	}
	fmt.Fprintln(w, corpus.Header)
	t.report(w, " unseen", func(s *lesson) *models { return folds[s.fold] })
	t.report(w, " seen", func(*lesson) *models { return all })
	return all.write(out)
}

func (m *models) write(dir string) error {
	for _, f := range []struct {
		name     string
		model    *boost.Model
		features []string
	}{{"container.txt", m.container, containerFeatures}, {"blocks.txt", m.blocks, blockFeatures}} {
		var text strings.Builder
		if err := f.model.Write(&text, f.features); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(text.String()), 0o644); err != nil {
			return fmt.Errorf("write model: %w", err)
		}
	}
	return nil
}

// training is the pages of all corpora.
type training struct {
	sets    []*corpus.Set
	lessons []*lesson
}

func (t *training) load(dir string) error {
	set, err := corpus.Load(dir)
	if err != nil {
		return err
	}
	t.sets = append(t.sets, set)
	for i := range set.Labels {
		l := &set.Labels[i]
		t.lessons = append(t.lessons, &lesson{label: l, set: set, fold: l.Fold(TrainFolds)})
	}
	return nil
}

// each calls fn for every lesson, on all cores.
func (t *training) each(fn func(*lesson)) {
	var wg sync.WaitGroup
	next := make(chan *lesson)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for s := range next {
				fn(s)
			}
		})
	}
	for _, s := range t.lessons {
		next <- s
	}
	close(next)
	wg.Wait()
}

// train trains a model on the rows of all lessons but those of one fold.
func (t *training) train(p boost.Params, without int, rows func(*lesson) []boost.Row) *boost.Model {
	var all []boost.Row
	for _, s := range t.lessons {
		if s.fold != without {
			all = append(all, rows(s)...)
		}
	}
	return boost.Train(all, p)
}

// report writes a row of scores for each set, made with the models that use
// chooses for a page.
func (t *training) report(w io.Writer, suffix string, use func(*lesson) *models) {
	t.each(func(s *lesson) { s.result = s.label.Run((&Extractor{models: use(s)}).Extract) })
	for _, set := range t.sets {
		sum := set.Scores(suffix)
		for _, s := range t.lessons {
			if s.set == set {
				sum.Add(s.result)
			}
		}
		fmt.Fprintln(w, sum)
	}
}

// The weights of a page's rows, by what its label tells.
const (
	bodyWeight    = 10 // of candidates: the whole body
	snippetWeight = 3  // some snippets
	snippetBlock  = 8  // of a block that holds a snippet
	pageWeight    = 20 // of the blocks of a page
)

// sharpness says how much worse a candidate is that is farther from the truth
// than the best.
const sharpness = 15

// containerRows describes the candidates of a page, and how near the text of
// each comes to that of the best.
func (s *lesson) containerRows() []boost.Row {
	x := s.open(&models{})
	if x == nil {
		return nil
	}
	defer x.tree.release()
	x.grade()
	truth := s.label.Truth()
	cs := x.tree.candidates()
	near := make([]float64, len(cs))
	best := 0.0
	for i := range cs {
		var text strings.Builder
		for _, b := range x.tree.collect(cs[i].node, cs[i].node, cs[i].node) {
			if !b.linkOnly() && b.weight > minAsideBlock {
				text.WriteString(b.text + "\n")
			}
		}
		near[i] = truth.Near(text.String())
		best = max(best, near[i])
	}
	weight := float64(snippetWeight)
	if truth.Whole() {
		weight = bodyWeight
	}
	var rows []boost.Row
	for i := range cs {
		rows = append(rows, boost.Row{X: cs[i].v[:], Y: math.Exp((near[i] - best) * sharpness), Weight: weight, Group: s.label.Site})
	}
	return rows
}

// open opens the page for extraction, or returns nil where it cannot be.
func (s *lesson) open(m *models) *extraction {
	page, err := s.label.Page()
	if err != nil {
		return nil
	}
	x, err := (&Extractor{models: m}).open(page)
	if err != nil {
		return nil
	}
	return x
}

// blockRows describes the blocks of a page that its label tells of.
func (s *lesson) blockRows(m *models) []boost.Row {
	x := s.open(m)
	if x == nil {
		return nil
	}
	defer x.tree.release()
	x.grade()
	x.gather()
	vectors := slices.Clone(x.describeBlocks())
	truth := s.label.Truth()
	var rows []boost.Row
	var sum float64
	for i := range x.raw {
		b := &x.raw[i]
		if b.besides() || b.lead && !s.set.Standfirst() {
			continue
		}
		belongs, known := truth.Take(b.text)
		if !known {
			continue
		}
		y, weight := 0.0, float64(snippetBlock)
		if belongs {
			y = 1
		}
		if truth.Whole() {
			weight = math.Pow(float64(corpus.Words(b.text))+3, 0.6)
		}
		sum += weight
		rows = append(rows, boost.Row{X: vectors[i][:], Y: y, Weight: weight, Group: s.label.Site})
	}
	if truth.Whole() {
		for i := range rows {
			rows[i].Weight *= pageWeight / math.Sqrt(sum+pageWeight)
		}
	}
	return rows
}
