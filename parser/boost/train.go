package boost

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// Row is one example.
type Row struct {
	X      []float32
	Y      float64 // from 0 to 1: how far it is what the model is to tell
	Weight float64
	Group  string // examples of one group resemble each other
}

// Params say how a model is trained.
type Params struct {
	Trees, Depth int     // Trees of each of the Bags; Depth is at most 3
	Rate         float64 // what each tree adds of what it found
	Lambda       float64 // regularizes the leaves
	MinWeight    float64 // least sum of second derivatives in a leaf
	MinGroups    int     // least number of groups on each side of a split
	MinGain      float64 // least gain of a split
	Groups       float64 // the share of the groups that each tree is grown on
	Features     float64 // the share of the features that each tree may ask for
	Bags         int     // how many models, each trained by other chances, are averaged to one
	Seed         uint64
}

// maxBins is the number of values of a feature that are told apart.
const maxBins = 32

// trainer is the state of one training.
type trainer struct {
	Params
	rows   []Row
	lists  []int       // where each list of rows ends, if they are ranked
	cuts   [][]float32 // by feature: where its bins begin, but for the first
	bins   []uint8     // by row, then feature
	group  []int32     // by row
	groups int
	score  []float32
	g, h   []float32 // first and second derivatives by row
	use    []int     // the features of the tree that is grown
	model  *Model
}

// Train returns a model for the rows, whose vectors all have the same length.
// Equal rows and parameters give an equal model.
func Train(rows []Row, p Params) *Model {
	return (&trainer{Params: p, rows: rows}).train()
}

// Rank returns a model that tells which row of a list is the right one: it has
// the highest score. What a row is to the model is its share of the Y of its
// list, and what the model says of it the softmax of the list's scores, as in
// Z. Cao et al.: "Learning to Rank: From Pairwise Approach to Listwise Approach"
// (ICML 2007).
func Rank(lists [][]Row, p Params) *Model {
	t := &trainer{Params: p}
	for _, list := range lists {
		if len(list) > 0 {
			t.rows = append(t.rows, list...)
			t.lists = append(t.lists, len(t.rows))
		}
	}
	return t.train()
}

func (t *trainer) train() *Model {
	t.model = &Model{}
	t.bin()
	t.number()
	rng := rand.New(rand.NewPCG(t.Seed, 1))
	for range t.Bags {
		t.begin()
		for range t.Trees {
			t.tree(rng)
		}
	}
	t.model.scale(1 / float32(t.Bags))
	return t.model
}

// bin cuts each feature into bins of about as many rows each.
func (t *trainer) bin() {
	n, features := len(t.rows), len(t.rows[0].X)
	t.cuts, t.bins = make([][]float32, features), make([]uint8, n*features)
	values := make([]float32, n)
	for f := range features {
		for i := range t.rows {
			values[i] = t.rows[i].X[f]
		}
		slices.Sort(values)
		var cuts []float32
		for k := 1; k <= maxBins; k++ {
			v := values[min(k*n/maxBins, n-1)]
			if v > values[0] && (len(cuts) == 0 || v > cuts[len(cuts)-1]) {
				cuts = append(cuts, v)
			}
		}
		t.cuts[f] = cuts
		for i := range t.rows {
			x := t.rows[i].X[f]
			t.bins[i*features+f] = uint8(sort.Search(len(cuts), func(k int) bool { return cuts[k] > x }))
		}
	}
}

func (t *trainer) number() {
	ids := make(map[string]int32)
	t.group = make([]int32, len(t.rows))
	for i := range t.rows {
		id, ok := ids[t.rows[i].Group]
		if !ok {
			id = int32(len(ids))
			ids[t.rows[i].Group] = id
		}
		t.group[i] = id
	}
	t.groups = len(ids)
}

func (t *trainer) begin() {
	var all, yes float64
	for i := range t.rows {
		all += t.rows[i].Weight
		yes += t.rows[i].Weight * t.rows[i].Y
	}
	if t.lists == nil {
		t.model.bias = float32(math.Log((yes + 1e-9) / (all - yes + 1e-9)))
	}
	n := len(t.rows)
	t.score, t.g, t.h = make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range t.score {
		t.score[i] = t.model.bias
	}
}

// tree grows one tree and adds it to the model.
func (t *trainer) tree(rng *rand.Rand) {
	in := make([]bool, t.groups)
	for k := range in {
		in[k] = rng.Float64() < t.Groups
	}
	t.use = t.use[:0]
	for f := range t.cuts {
		if rng.Float64() < t.Features && len(t.cuts[f]) > 0 {
			t.use = append(t.use, f)
		}
	}
	t.derive()
	var rows []int32
	for i := range t.rows {
		if in[t.group[i]] {
			rows = append(rows, int32(i))
		}
	}
	m := t.model
	m.roots = append(m.roots, int32(len(m.nodes)))
	t.grow(rows, t.count(rows), t.Depth)
	m.fill()
	root := m.roots[len(m.roots)-1]
	for i := range t.rows {
		t.score[i] += m.nodes[m.leafOf(root, t.rows[i].X)].value
	}
}

// derive finds the derivatives of the loss by the score of each row.
func (t *trainer) derive() {
	if t.lists == nil {
		for i := range t.rows {
			t.deriveOf(i, t.rows[i].Y, 1/(1+math.Exp(-float64(t.score[i]))))
		}
		return
	}
	from := 0
	for _, to := range t.lists {
		var yes, all float64
		top := slices.Max(t.score[from:to])
		for i := from; i < to; i++ {
			yes += t.rows[i].Y
			all += math.Exp(float64(t.score[i] - top))
		}
		for i := from; i < to; i++ {
			t.deriveOf(i, t.rows[i].Y/(yes+1e-9), math.Exp(float64(t.score[i]-top))/all)
		}
		from = to
	}
}

// deriveOf finds those of row i, which is y while the model says q.
func (t *trainer) deriveOf(i int, y, q float64) {
	w := t.rows[i].Weight
	t.g[i] = float32(w * (y - q))
	t.h[i] = float32(w * q * (1 - q))
}

// leafOf returns the leaf of a tree to which the vector v leads.
func (m *Model) leafOf(at int32, v []float32) int32 {
	for {
		n := &m.nodes[at]
		switch {
		case n.feature == leaf:
			return at
		case v[n.feature] < n.value:
			at++
		default:
			at = n.right
		}
	}
}

// sums are those of the derivatives of some rows.
type sums struct{ g, h float64 }

// histogram holds the sums of some rows for each bin of each feature that is
// used.
type histogram [][maxBins + 1]sums

// count returns the histogram of rows.
func (t *trainer) count(rows []int32) histogram {
	out := make(histogram, len(t.use))
	features := len(t.cuts)
	for _, i := range rows {
		g, h := float64(t.g[i]), float64(t.h[i])
		bins := t.bins[int(i)*features:][:features]
		for k, f := range t.use {
			s := &out[k][bins[f]]
			s.g += g
			s.h += h
		}
	}
	return out
}

// sub takes the rows of o out of the histogram.
func (c histogram) sub(o histogram) {
	for k := range c {
		for b := range c[k] {
			c[k][b].g -= o[k][b].g
			c[k][b].h -= o[k][b].h
		}
	}
}

// grow adds a node for the rows, whose histogram it may change, and what is
// below it. At depth 0 it needs none.
func (t *trainer) grow(rows []int32, sum histogram, depth int) {
	var all sums
	for _, i := range rows {
		all.g += float64(t.g[i])
		all.h += float64(t.h[i])
	}
	m := t.model
	at := len(m.nodes)
	m.nodes = append(m.nodes, node{feature: leaf, value: float32(t.Rate * all.g / (all.h + t.Lambda))})
	if depth == 0 {
		return
	}
	f, bin := t.split(sum, all)
	if f < 0 {
		return
	}
	left, right := t.divide(rows, f, bin)
	if t.countGroups(left) < t.MinGroups || t.countGroups(right) < t.MinGroups {
		return
	}
	m.nodes[at].feature, m.nodes[at].value = int16(f), t.cuts[f][bin]
	leftSum, rightSum := sum, sum
	if depth > 1 { // only the lesser part is counted
		if len(left) < len(right) {
			leftSum = t.count(left)
			rightSum.sub(leftSum)
		} else {
			rightSum = t.count(right)
			leftSum.sub(rightSum)
		}
	}
	t.grow(left, leftSum, depth-1)
	m.nodes[at].right = int32(len(m.nodes))
	t.grow(right, rightSum, depth-1)
}

// split returns the feature and the last bin on the left of the split that
// gains most, or -1.
func (t *trainer) split(sum histogram, all sums) (feature, bin int) {
	best, feature := t.MinGain, -1
	score := func(s sums) float64 { return s.g * s.g / (s.h + t.Lambda) }
	for k, f := range t.use {
		var l sums
		for b := range t.cuts[f] {
			l.g += sum[k][b].g
			l.h += sum[k][b].h
			r := sums{all.g - l.g, all.h - l.h}
			if l.h < t.MinWeight || r.h < t.MinWeight {
				continue
			}
			if gain := score(l) + score(r) - score(all); gain > best {
				best, feature, bin = gain, f, b
			}
		}
	}
	return feature, bin
}

func (t *trainer) divide(rows []int32, f, bin int) (left, right []int32) {
	for _, i := range rows {
		if int(t.bins[int(i)*len(t.cuts)+f]) <= bin {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
	}
	return left, right
}

func (t *trainer) countGroups(rows []int32) (n int) {
	seen := make([]bool, t.groups)
	for _, i := range rows {
		if !seen[t.group[i]] {
			seen[t.group[i]] = true
			n++
		}
	}
	return n
}
