package boost

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var names = []string{"a", "b", "noise"}

// rows are examples of "a and b, or neither", in ten groups.
func rows(n int, seed uint64) []Row {
	rng := rand.New(rand.NewPCG(seed, 2))
	var out []Row
	for i := range n {
		a, b := rng.Float32(), rng.Float32()
		y := 0.0
		if (a > 0.5) == (b > 0.3) {
			y = 1
		}
		out = append(out, Row{X: []float32{a, b, rng.Float32()}, Y: y, Weight: 1, Group: fmt.Sprint(i % 10)})
	}
	return out
}

var params = Params{Trees: 40, Depth: 3, Rate: 0.3, Lambda: 1, MinWeight: 1, MinGroups: 2, Groups: 0.8, Features: 0.9, Bags: 2, Seed: 1}

func TestTrainTellsWhatItWasNotShown(t *testing.T) {
	m := Train(rows(2000, 1), params)
	wrong := 0
	for _, r := range rows(1000, 2) {
		if (m.Score(r.X) > 0) != (r.Y > 0.5) {
			wrong++
		}
	}
	if wrong > 50 {
		t.Errorf("%d of 1000 are told wrong", wrong)
	}
	if uses := m.Uses(3); uses[2] > uses[0]+uses[1] {
		t.Errorf("asks for noise more than for what tells: %v", uses)
	}
}

// lists are examples of lists in which the row with the most of "a" is the right
// one. "b" has nothing to do with that, and is greater in shorter lists, where
// more of the rows are right.
func lists(n int, seed uint64) [][]Row {
	rng := rand.New(rand.NewPCG(seed, 3))
	out := make([][]Row, n)
	for i := range out {
		size, best := 2+rng.IntN(7), 0
		for k := range size {
			out[i] = append(out[i], Row{X: []float32{rng.Float32(), rng.Float32() - float32(size)/4, rng.Float32()}, Weight: 1, Group: fmt.Sprint(i % 10)})
			if out[i][k].X[0] > out[i][best].X[0] {
				best = k
			}
		}
		out[i][best].Y = 0.3 // of which all are the list's
	}
	return out
}

func TestRankChooses(t *testing.T) {
	wrong := func(m *Model) (n int) {
		for _, list := range lists(1000, 2) {
			best := 0
			for k := range list {
				if m.Score(list[k].X) > m.Score(list[best].X) {
					best = k
				}
			}
			if list[best].Y == 0 {
				n++
			}
		}
		return n
	}
	train := lists(2000, 1)
	ranked, single := wrong(Rank(append(train, nil), params)), wrong(Train(slices.Concat(train...), params))
	if ranked > 80 || ranked > single/2 {
		t.Errorf("%d of 1000 lists are told wrong; by a model of single rows %d", ranked, single)
	}
}

func TestSplitsNeedGroups(t *testing.T) {
	p := params
	p.MinGroups = 11 // more than there are
	if uses := Train(rows(500, 1), p).Uses(3); uses[0]+uses[1]+uses[2] > 0 {
		t.Errorf("splits although no side has enough groups: %v", uses)
	}
}

func TestModelSurvivesItsText(t *testing.T) {
	m := Train(rows(500, 1), params)
	var text bytes.Buffer
	if err := m.Write(&text, names); err != nil {
		t.Fatal(err)
	}
	again, err := Parse(text.Bytes(), names)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows(200, 3) {
		if a, b := m.Score(r.X), again.Score(r.X); a-b > 1e-3 || b-a > 1e-3 {
			t.Fatalf("score %v became %v", a, b)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"features a b":               "train the model again",
		"bias x":                     "line 1",
		"tree a<1 =2":                "breaks off",
		"tree a<1 =2 =3 =4":          "too many",
		"tree z<1 =2 =3":             `unknown feature "z"`,
		"features a b noise\nwood 1": "line 2",
	} {
		if _, err := Parse([]byte(text), names); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
