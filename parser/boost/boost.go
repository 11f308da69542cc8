// Package boost has gradient-boosted decision trees: a small model that tells
// how likely something is from a vector of numbers, and how to train it.
//
// The trees are grown as in T. Chen, C. Guestrin: "XGBoost: A Scalable Tree
// Boosting System" (KDD 2016), on histograms, with logistic loss or, for what is
// to be chosen from a list, with that of ranking.
package boost

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// leaf is the feature of a node that asks nothing.
const leaf = -1

// node is one question of a tree, or a leaf. The nodes of a tree stand in
// preorder: the left child follows its parent.
type node struct {
	feature int16
	right   int32 // where the right child stands
	value   float32
}

// Model adds up what its trees say. It is not changed after it was made, and
// may be used concurrently.
type Model struct {
	bias  float32
	nodes []node
	roots []int32

	full []fullTree // the same trees, for Score
}

// maxDepth is how many questions lead to a leaf at most.
const maxDepth = 3

// fullTree is a tree in which every path asks maxDepth questions, so that it is
// walked without a branch that could be mispredicted, and is small, so that all
// of them stay near the processor. The questions stand as in a heap: the first
// is number 1, and question i is followed by 2i, or by 2i+1 if the answer is yes.
// So are the leaves behind the last of them.
type fullTree struct {
	questions [1 << maxDepth]question
	leaves    [1 << maxDepth]float32
}

// question asks whether a feature is less than a value. It holds the value, as
// ordered returns it, and below that the feature.
type question int64

// maxFeatures is how many features a model can have.
const maxFeatures = 1 << 7

// ordered returns an integer that is less than that of another number if the
// number is, in 39 bits, of which the lowest seven are free. NaN is not less.
func ordered(v float32) int64 {
	bits := int32(math.Float32bits(v + 0)) // -0 is 0
	if v != v {
		bits = math.MaxInt32
	}
	return int64(bits^bits>>31&math.MaxInt32) * maxFeatures
}

// Score returns the log-odds for the vector v, which must have as many numbers
// as the vectors that the model was trained with. At 0 both outcomes are
// equally likely. Scores of a model that ranks tell something beside each other
// only: the right row of a list has the highest.
func (m *Model) Score(v []float32) float32 {
	var all [maxFeatures]int64
	for i := range min(len(v), maxFeatures) {
		all[i] = ordered(v[i]) + maxFeatures - 1 // not less than a question with the same value
	}
	s := m.bias
	for k := range m.full {
		t := &m.full[k]
		i := t.next(1, &all)
		i = t.next(i, &all)
		i = t.next(i, &all)
		s += t.leaves[i%(1<<maxDepth)]
	}
	return s
}

// next returns which question follows question i. The sign of a difference costs
// less than a comparison that must become a number without a branch.
func (t *fullTree) next(i uint, v *[maxFeatures]int64) uint {
	q := t.questions[i%(1<<maxDepth)]
	return 2*i + uint(uint64(v[uint64(q)%maxFeatures]-int64(q))>>63)
}

// Uses returns how many nodes ask for each of n features.
func (m *Model) Uses(n int) []int {
	out := make([]int, n)
	for i := range m.nodes {
		if f := m.nodes[i].feature; f != leaf {
			out[f]++
		}
	}
	return out
}

// Write writes the model as text: a line with the names of the features, one
// with the bias, and one for each tree, its nodes in preorder as "name<number"
// and "=number".
func (m *Model) Write(w io.Writer, names []string) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "features %s\nbias %s\n", strings.Join(names, " "), number(m.bias))
	for k, from := range m.roots {
		to := len(m.nodes)
		if k+1 < len(m.roots) {
			to = int(m.roots[k+1])
		}
		fmt.Fprint(b, "tree")
		for _, n := range m.nodes[from:to] {
			if n.feature == leaf {
				fmt.Fprintf(b, " =%s", number(n.value))
			} else {
				fmt.Fprintf(b, " %s<%s", names[n.feature], number(n.value))
			}
		}
		fmt.Fprintln(b)
	}
	return b.Flush()
}

func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', 6, 32) }

// Parse reads what Write wrote. It is an error if the model was trained with
// other features than names.
func Parse(text []byte, names []string) (*Model, error) {
	m := &Model{}
	for k, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		fields := strings.Fields(string(line))
		if len(fields) == 0 {
			continue
		}
		var err error
		switch fields[0] {
		case "features":
			if !slices.Equal(fields[1:], names) {
				err = errors.New("the features are others than the program's: train the model again")
			}
		case "bias":
			_, err = fmt.Sscan(strings.Join(fields[1:], " "), &m.bias)
		case "tree":
			err = m.parseTree(fields[1:], names)
		default:
			err = fmt.Errorf("unknown word %q", fields[0])
		}
		if err != nil {
			return nil, fmt.Errorf("read model line %d: %w", k+1, err)
		}
	}
	return m, nil
}

func (m *Model) parseTree(fields, names []string) error {
	m.roots = append(m.roots, int32(len(m.nodes)))
	rest, err := m.parseNode(fields, names, 0)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d nodes too many", len(rest))
	}
	if err == nil {
		m.fill()
	}
	return err
}

func (m *Model) parseNode(fields, names []string, depth int) (rest []string, err error) {
	if len(fields) == 0 {
		return nil, errors.New("the tree breaks off")
	}
	name, num, _ := strings.Cut(fields[0], "<")
	at := len(m.nodes)
	if v, ok := strings.CutPrefix(fields[0], "="); ok {
		name, num = "", v
	}
	v, err := strconv.ParseFloat(num, 32)
	if err != nil {
		return nil, err
	}
	if name == "" {
		m.nodes = append(m.nodes, node{feature: leaf, value: float32(v)})
		return fields[1:], nil
	}
	f := slices.Index(names, name)
	if f < 0 {
		return nil, fmt.Errorf("unknown feature %q", name)
	}
	if depth == maxDepth {
		return nil, fmt.Errorf("a tree of more than %d questions", maxDepth)
	}
	m.nodes = append(m.nodes, node{feature: int16(f), value: float32(v)})
	if rest, err = m.parseNode(fields[1:], names, depth+1); err != nil {
		return nil, err
	}
	m.nodes[at].right = int32(len(m.nodes))
	return m.parseNode(rest, names, depth+1)
}

// fill adds the last tree to the full ones.
func (m *Model) fill() {
	var t fullTree
	m.fillFrom(&t, m.roots[len(m.roots)-1], 1)
	m.full = append(m.full, t)
}

// fillFrom fills question i of a full tree, and all below it, from a node. Below
// a leaf any answer leads to its value.
func (m *Model) fillFrom(t *fullTree, at int32, i int) {
	n := m.nodes[at]
	if i >= len(t.leaves) {
		t.leaves[i-len(t.leaves)] = n.value
		return
	}
	left, right := at, at
	if n.feature != leaf {
		t.questions[i] = question(ordered(n.value) | int64(n.feature))
		left, right = at+1, n.right
	}
	m.fillFrom(t, right, 2*i)
	m.fillFrom(t, left, 2*i+1)
}

// scale multiplies what each tree says.
func (m *Model) scale(by float32) {
	for i := range m.nodes {
		if m.nodes[i].feature == leaf {
			m.nodes[i].value *= by
		}
	}
	for k := range m.full {
		for i := range m.full[k].leaves {
			m.full[k].leaves[i] *= by
		}
	}
}
