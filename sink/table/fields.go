package table

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"pressmill/pkg/config"
	"pressmill/pkg/news"
)

// field is a column of a CSV table: a value of the JSON by its dotted path.
type field struct {
	name string
	path []string
	kind reflect.Kind // String, Bool, Int, Float64, or Map for what is kept as JSON
	list int          // how many names of the path lead to the list, or 0
}

// fields returns all that a column may be, by name: the values of an article,
// and those that a takedown alone has. A takedown's url is url.requested.
var fields = sync.OnceValue(func() map[string]field {
	known := map[string]field{}
	addFields(known, reflect.TypeFor[news.Takedown](), field{})
	delete(known, "url")
	addFields(known, reflect.TypeFor[news.Article](), field{})
	return known
})

func addFields(known map[string]field, t reflect.Type, at field) {
	switch t.Kind() {
	case reflect.Pointer:
		addFields(known, t.Elem(), at)
		return
	case reflect.Slice:
		at.list = len(at.path)
		addFields(known, t.Elem(), at)
		return
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			break
		}
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			inner := at
			inner.path = append(slices.Clone(at.path), name)
			addFields(known, f.Type, inner)
		}
		return
	default:
	}
	at.name, at.kind = strings.Join(at.path, "."), t.Kind()
	known[at.name] = at
}

// DefaultFields are the columns of a table that names none: a line of a
// newsroom's list, without the text.
func DefaultFields() []string {
	return []string{
		"id", "rev", "published.at", "published.local", "source.domain", "kind", "lang", "title",
		"authors.name", "section", "summary.text", "body.words", "url.final",
	}
}

// findField returns the field of that name. The error names what was probably
// meant.
func findField(name string) (field, error) {
	if f, ok := fields()[name]; ok {
		return f, nil
	}
	names := slices.Sorted(maps.Keys(fields()))
	if inner := below(name, names); len(inner) > 0 {
		return field{}, fmt.Errorf("%q is a group: name one of %s", name, strings.Join(inner, ", "))
	}
	groups := map[string]bool{}
	for _, n := range names {
		for i := range n {
			if n[i] == '.' {
				groups[n[:i]] = true
			}
		}
	}
	near := config.Nearest(name, append(names, slices.Sorted(maps.Keys(groups))...))
	if inner := below(near, names); len(inner) > 0 {
		near = inner[0]
	}
	if near == "" {
		return field{}, fmt.Errorf("%q is unknown", name)
	}
	return field{}, fmt.Errorf("%q is unknown; did you mean %q?", name, near)
}

// below returns the names of a group's fields.
func below(group string, names []string) (inner []string) {
	for _, n := range names {
		if strings.HasPrefix(n, group+".") {
			inner = append(inner, n)
		}
	}
	return inner
}
