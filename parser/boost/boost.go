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

// node is one question of a tree, or a leaf, whose children are itself. The
// nodes of a tree stand in preorder: the left child follows its parent.
type node struct {
	feature     int32
	value       float32
	left, right int32 // where the children stand
}

func (n *node) leaf() bool { return n.left == n.right }

// Model adds up what its trees say. It is not changed after it was made, and
// may be used concurrently.
type Model struct {
	bias  float32
	nodes []node
	roots []int32
	depth int // of the deepest tree
}

// Score returns the log-odds for the vector v, which must have as many numbers
// as the vectors that the model was trained with. At 0 both outcomes are
// equally likely.
func (m *Model) Score(v []float32) float32 {
	s := m.bias
	for _, i := range m.roots {
		for range m.depth { // a leaf leads to itself: no branch that could be mispredicted
			n := &m.nodes[i]
			i = n.right
			if v[n.feature] < n.value {
				i = n.left
			}
		}
		s += m.nodes[i].value
	}
	return s
}

// Uses returns how many nodes ask for each of n features.
func (m *Model) Uses(n int) []int {
	out := make([]int, n)
	for i := range m.nodes {
		if n := &m.nodes[i]; !n.leaf() {
			out[n.feature]++
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
			if n.leaf() {
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
		m.addLeaf(float32(v), depth)
		return fields[1:], nil
	}
	f := slices.Index(names, name)
	if f < 0 {
		return nil, fmt.Errorf("unknown feature %q", name)
	}
	m.addLeaf(0, depth)
	if rest, err = m.parseNode(fields[1:], names, depth+1); err != nil {
		return nil, err
	}
	m.split(at, f, float32(v))
	return m.parseNode(rest, names, depth+1)
}

// addLeaf adds a leaf that lies so deep in its tree.
func (m *Model) addLeaf(value float32, depth int) {
	at := int32(len(m.nodes))
	m.nodes = append(m.nodes, node{value: value, left: at, right: at})
	m.depth = max(m.depth, depth)
}

// split makes a question of a leaf whose left child is complete.
func (m *Model) split(at, feature int, value float32) {
	m.nodes[at] = node{feature: int32(feature), value: value, left: int32(at) + 1, right: int32(len(m.nodes))}
}
