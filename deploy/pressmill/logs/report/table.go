package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// table holds records by name, at most limit of them: the record rest is that
// of all further names.
type table[T any] struct {
	limit int
	by    map[string]*T
	rest  T
	full  bool
}

func newTable[T any](limit int) table[T] { return table[T]{limit: limit, by: map[string]*T{}} }

// of returns the record of a name. It copies the name only when it is new.
func (t *table[T]) of(name []byte) *T {
	if v := t.by[string(name)]; v != nil {
		return v
	}
	if len(t.by) >= t.limit {
		t.full = true
		return &t.rest
	}
	v := new(T)
	t.by[string(name)] = v
	return v
}

// counts count by name, at most maxReasons of them. Its zero value is nothing.
type counts struct{ by map[string]int64 }

func (c *counts) add(name []byte, n int64) {
	if c.by == nil {
		c.by = map[string]int64{}
	}
	if _, known := c.by[string(name)]; !known && len(c.by) >= maxReasons {
		name = []byte("other")
	}
	c.by[string(name)] += n
}

// list is what was counted, most first.
func (c *counts) list() []Count {
	list := make([]Count, 0, len(c.by))
	for _, name := range slices.Sorted(maps.Keys(c.by)) {
		if c.by[name] > 0 {
			list = append(list, Count{cmp.Or(short(name), "no reason"), c.by[name]})
		}
	}
	slices.SortStableFunc(list, func(a, b Count) int { return cmp.Compare(b.N, a.N) })
	return list
}

// sum is the total of a list.
func sum(list []Count) (n int64) {
	for _, c := range list {
		n += c.N
	}
	return n
}

// maxName is how much of a name is shown, in runes.
const maxName = 100

// short is a name as it may stand on a page: printable, and not too long.
func short(name string) string { return cut(name, maxName) }

func cut(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text[:min(len(text), 4*most)], ""))
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
