package parser

import (
	"errors"
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
	"pressmill/pkg/news"
)

// TrainFolds is how many parts the sites are cut into for cross-validation.
const TrainFolds = 5

// containerParams and blockParams say how the models are trained. Few pages
// stand for the whole web, so the trees are shallow, each sees only some of the
// sites and of the features, and several models are averaged.
func containerParams() boost.Params {
	return boost.Params{Trees: 100, Depth: 3, Rate: 0.15, Lambda: 20, MinWeight: 10, MinGroups: 5, MinGain: 1, Groups: 0.6, Features: 0.4, Bags: 2, Seed: 1}
}

func blockParams() boost.Params {
	return boost.Params{Trees: 100, Depth: 3, Rate: 0.15, Lambda: 20, MinWeight: 3, MinGroups: 4, MinGain: 1, Groups: 0.6, Features: 0.4, Bags: 2, Seed: 1}
}

// lesson is one labelled page with what the models learn from it.
type lesson struct {
	label      *corpus.Label
	set        *corpus.Set
	page       *news.Page
	nodes      []int32               // the candidates
	containers []boost.Row           // one for each
	blocks     map[int32][]boost.Row // by container, one for each block that the label tells of
	root       int32                 // the container that was chosen last
	result     corpus.Result
}

// Train trains the models on labelled corpora and writes them to folder out, as
// container.txt and blocks.txt. It prints the scores of the pages of each corpus
// when the models were trained without their sites, and when with them. For the
// former it cuts the sites into folds several times: a single cut is off by
// chance.
func Train(w io.Writer, out string, cuts int, dirs ...string) error {
	t := &training{}
	for _, dir := range dirs {
		if err := t.load(dir); err != nil {
			return err
		}
	}
	if err := t.read(); err != nil {
		return err
	}
	fmt.Fprintln(w, corpus.Header)
	unseen, seen := t.scores(" unseen"), t.scores(" seen")
	var all *models
	for cut := range cuts {
		folds := t.folds(cut)
		t.run(unseen, func(s *lesson) *models { return folds[s.label.Fold(cut, TrainFolds)] })
		if cut == 0 {
			all = &models{container: trainContainer(containerParams(), t.lessons), blocks: trainBlocks(blockParams(), t.lessons)}
		}
	}
	t.run(seen, func(*lesson) *models { return all })
	for _, sums := range [][]*corpus.Scores{unseen, seen} {
		for _, s := range sums {
			fmt.Fprintln(w, s)
		}
	}
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
		t.lessons = append(t.lessons, &lesson{label: &set.Labels[i], set: set})
	}
	return nil
}

// read reads the pages, which stay in memory, and describes their candidates.
func (t *training) read() error {
	errs := make([]error, len(t.lessons))
	parallel(len(t.lessons), func(i int) { errs[i] = t.lessons[i].read() })
	return errors.Join(errs...)
}

// parallel calls fn with each number below n, on all cores.
func parallel(n int, fn func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				fn(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// folds trains the models of one cut of the sites, each without one fold. The
// blocks are described by containers that were chosen as they will be on
// unknown pages. Each cut has seeds of its own.
func (t *training) folds(cut int) []*models {
	containers, blocks := containerParams(), blockParams()
	containers.Seed += uint64(cut)
	blocks.Seed += uint64(cut)
	folds := make([]*models, TrainFolds)
	rest := make([][]*lesson, TrainFolds)
	for _, s := range t.lessons {
		for k := range rest {
			if s.label.Fold(cut, TrainFolds) != k {
				rest[k] = append(rest[k], s)
			}
		}
	}
	parallel(TrainFolds, func(k int) {
		folds[k] = &models{container: trainContainer(containers, rest[k])}
	})
	parallel(len(t.lessons), func(i int) {
		s := t.lessons[i]
		s.choose(folds[s.label.Fold(cut, TrainFolds)])
	})
	parallel(TrainFolds, func(k int) { folds[k].blocks = trainBlocks(blocks, rest[k]) })
	return folds
}

// trainContainer trains the container model: of the candidates of each page it
// is to choose the best.
func trainContainer(p boost.Params, from []*lesson) *boost.Model {
	var lists [][]boost.Row
	for _, s := range from {
		lists = append(lists, s.containers)
	}
	return boost.Rank(lists, p)
}

// trainBlocks trains the block model, with the containers chosen last.
func trainBlocks(p boost.Params, from []*lesson) *boost.Model {
	var rows []boost.Row
	for _, s := range from {
		rows = append(rows, s.blocks[s.root]...)
	}
	return boost.Train(rows, p)
}

// scores returns the empty scores of each set.
func (t *training) scores(suffix string) []*corpus.Scores {
	sums := make([]*corpus.Scores, len(t.sets))
	for i, set := range t.sets {
		sums[i] = set.Scores(suffix)
	}
	return sums
}

// run adds to the scores of each set what comes of its pages with the models
// that use chooses for a page.
func (t *training) run(sums []*corpus.Scores, use func(*lesson) *models) {
	parallel(len(t.lessons), func(i int) {
		s := t.lessons[i]
		a, err := (&Extractor{models: use(s)}).Extract(s.page)
		s.result = corpus.Result{Label: s.label, Article: a, Err: err}
	})
	for _, s := range t.lessons {
		sums[slices.Index(t.sets, s.set)].Add(s.result)
	}
}

// The weights of a page's rows, by what its label tells.
const (
	bodyWeight    = 60 // of candidates: the whole body
	snippetWeight = 18 // some snippets
	snippetBlock  = 16 // of a block that holds a snippet
	pageWeight    = 40 // of the blocks of a page
)

// sharpness says how much worse a candidate is that is farther from the truth
// than the best.
const sharpness = 8

// read reads the page and describes its candidates by how near the text of each
// comes to that of the best.
func (s *lesson) read() error {
	page, err := s.label.Page()
	if err != nil {
		return err
	}
	s.page, s.blocks = page, make(map[int32][]boost.Row)
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
	for i := range cs {
		s.nodes = append(s.nodes, cs[i].node)
		s.containers = append(s.containers, boost.Row{X: cs[i].v[:], Y: math.Exp((near[i] - best) * sharpness), Weight: weight, Group: s.label.Site})
	}
	return nil
}

// open opens the page for extraction, or returns nil where it cannot be.
func (s *lesson) open(m *models) *extraction {
	x, err := (&Extractor{models: m}).open(s.page)
	if err != nil {
		return nil
	}
	return x
}

// choose chooses the container, and describes the blocks with it unless they
// were before.
func (s *lesson) choose(m *models) {
	best := likeliest(len(s.nodes), func(i int) float32 { return m.container.Score(s.containers[i].X) })
	s.root = -1
	if best >= 0 {
		s.root = s.nodes[best]
	}
	if _, ok := s.blocks[s.root]; !ok {
		s.blocks[s.root] = s.describeBlocks(m)
	}
}

// describeBlocks describes the blocks of the page that its label tells of, with
// the container that the model chooses.
func (s *lesson) describeBlocks(m *models) []boost.Row {
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
			weight = math.Pow(float64(corpus.Words(b.text))+3, 0.4)
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
