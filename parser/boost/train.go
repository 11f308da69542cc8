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
	Trees, Depth int     // Depth is at most 3
	Rate         float64 // what each tree adds of what it found
	Lambda       float64 // regularizes the leaves
	MinWeight    float64 // least sum of second derivatives in a leaf
	MinGroups    int     // least number of groups on each side of a split
	MinGain      float64 // least gain of a split
	Groups       float64 // the share of the groups that each tree is grown on
	Features     float64 // the share of the features that each tree may ask for
	Seed         uint64
}

// maxBins is the number of values of a feature that are told apart.
const maxBins = 32

// trainer is the state of one training.
type trainer struct {
	Params
	rows   []Row
	cuts   [][]float32 // by feature: where its bins begin, but for the first
	bins   [][]uint8   // by feature, then row
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
	t := &trainer{Params: p, rows: rows, model: &Model{}}
	t.bin()
	t.number()
	t.begin()
	rng := rand.New(rand.NewPCG(p.Seed, 1))
	for range p.Trees {
		t.tree(rng)
	}
	return t.model
}

// bin cuts each feature into bins of about as many rows each.
func (t *trainer) bin() {
	n, features := len(t.rows), len(t.rows[0].X)
	t.cuts, t.bins = make([][]float32, features), make([][]uint8, features)
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
		t.bins[f] = make([]uint8, n)
		for i := range t.rows {
			x := t.rows[i].X[f]
			t.bins[f][i] = uint8(sort.Search(len(cuts), func(k int) bool { return cuts[k] > x }))
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
	t.model.bias = float32(math.Log((yes + 1e-9) / (all - yes + 1e-9)))
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
	var rows []int32
	for i := range t.rows {
		if !in[t.group[i]] {
			continue
		}
		rows = append(rows, int32(i))
		r := &t.rows[i]
		q := 1 / (1 + math.Exp(-float64(t.score[i])))
		t.g[i] = float32(r.Weight * (r.Y - q))
		t.h[i] = float32(r.Weight * q * (1 - q))
	}
	m := t.model
	m.roots = append(m.roots, int32(len(m.nodes)))
	t.grow(rows, t.Depth)
	m.fill()
	one := &Model{full: m.full[len(m.full)-1:]}
	for i := range t.rows {
		t.score[i] += one.Score(t.rows[i].X)
	}
}

func (t *trainer) grow(rows []int32, depth int) {
	var g, h float64
	for _, i := range rows {
		g += float64(t.g[i])
		h += float64(t.h[i])
	}
	m := t.model
	at := len(m.nodes)
	m.nodes = append(m.nodes, node{feature: leaf, value: float32(t.Rate * g / (h + t.Lambda))})
	if depth == 0 {
		return
	}
	f, bin := t.split(rows, g, h)
	if f < 0 {
		return
	}
	left, right := t.divide(rows, f, bin)
	if t.countGroups(left) < t.MinGroups || t.countGroups(right) < t.MinGroups {
		return
	}
	m.nodes[at].feature, m.nodes[at].value = int16(f), t.cuts[f][bin]
	t.grow(left, depth-1)
	m.nodes[at].right = int32(len(m.nodes))
	t.grow(right, depth-1)
}

// split returns the feature and the last bin on the left of the split that
// gains most, or -1.
func (t *trainer) split(rows []int32, g, h float64) (feature, bin int) {
	best, feature := t.MinGain, -1
	var sg, sh [maxBins + 1]float32
	for _, f := range t.use {
		n := len(t.cuts[f]) + 1
		clear(sg[:n])
		clear(sh[:n])
		for _, i := range rows {
			b := t.bins[f][i]
			sg[b] += t.g[i]
			sh[b] += t.h[i]
		}
		var lg, lh float64
		for b := range n - 1 {
			lg += float64(sg[b])
			lh += float64(sh[b])
			rg, rh := g-lg, h-lh
			if lh < t.MinWeight || rh < t.MinWeight {
				continue
			}
			if gain := lg*lg/(lh+t.Lambda) + rg*rg/(rh+t.Lambda) - g*g/(h+t.Lambda); gain > best {
				best, feature, bin = gain, f, b
			}
		}
	}
	return feature, bin
}

func (t *trainer) divide(rows []int32, f, bin int) (left, right []int32) {
	for _, i := range rows {
		if int(t.bins[f][i]) <= bin {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
	}
	return left, right
}

func (t *trainer) countGroups(rows []int32) int {
	seen := make(map[int32]bool)
	for _, i := range rows {
		seen[t.group[i]] = true
	}
	return len(seen)
}
