// Package boost has gradient-boosted decision trees: a small model that tells
// how likely something is from a vector of numbers, and how to train it.
//
// The trees are grown as in T. Chen, C. Guestrin: "XGBoost: A Scalable Tree
// Boosting System" (KDD 2016), with logistic loss, on histograms.
package boost

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
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
// of them stay near the processor. What an answer leads to is counted with that
// of "less" as the second of two.
type fullTree struct {
	first  [1]question
	second [2]question
	third  [4]question
	leaves [8]float32
}

// question asks whether a feature is less than a value.
type question struct {
	feature uint32
	value   float32
}

// maxFeatures is how many features a model can have.
const maxFeatures = 128

// Score returns the log-odds for the vector v, which must have as many numbers
// as the vectors that the model was trained with. At 0 both outcomes are
// equally likely.
func (m *Model) Score(v []float32) float32 {
	var all [maxFeatures]float32
	copy(all[:], v)
	s := m.bias
	for k := range m.full {
		t := &m.full[k]
		i := t.first[0].less(&all)
		i = 2*i + t.second[i%2].less(&all)
		i = 2*i + t.third[i%4].less(&all)
		s += t.leaves[i%8]
	}
	return s
}

// less returns 1 for yes and 0 for no.
func (q *question) less(v *[maxFeatures]float32) uint {
	return oneIf(v[q.feature%maxFeatures] < q.value)
}

// oneIf is written so that it becomes no branch.
func oneIf(b bool) uint {
	n := uint(0)
	if b {
		n = 1
	}
	return n
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
	m.fillFrom(&t, m.roots[len(m.roots)-1], 0, 0)
	m.full = append(m.full, t)
}

// fillFrom fills place i of a level of a full tree, and all below it, from a
// node. Below a leaf any answer leads to its value.
func (m *Model) fillFrom(t *fullTree, at int32, level, i int) {
	n := m.nodes[at]
	if level == maxDepth {
		t.leaves[i] = n.value
		return
	}
	left, right := at, at
	if n.feature != leaf {
		asks := [maxDepth][]question{t.first[:], t.second[:], t.third[:]}
		asks[level][i] = question{uint32(n.feature), n.value}
		left, right = at+1, n.right
	}
	m.fillFrom(t, right, level+1, 2*i)
	m.fillFrom(t, left, level+1, 2*i+1)
}
