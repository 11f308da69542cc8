package feeds

import (
	"cmp"
	"slices"
)

// newest collects items and keeps the MaxItems newest, those without a date as
// if they were older than all others, and of several the first.
type newest struct {
	items []placed
	n     int
}

type placed struct {
	Item
	at int // its place in the feed
}

func (c *newest) add(i Item) {
	i.Title = i.Title[:min(len(i.Title), maxTitle)]
	if i.URL == "" || len(i.URL) > maxURL {
		return
	}
	c.items = append(c.items, placed{i, c.n})
	c.n++
	if len(c.items) >= 2*MaxItems {
		c.trim()
	}
}

// trim leaves each address once, and no more than the newest items.
func (c *newest) trim() {
	known := make(map[string]bool, len(c.items))
	c.items = slices.DeleteFunc(c.items, func(i placed) bool {
		had := known[i.URL]
		known[i.URL] = true
		return had
	})
	if len(c.items) <= MaxItems {
		return
	}
	slices.SortFunc(c.items, func(a, b placed) int {
		return cmp.Or(b.dated().Compare(a.dated()), cmp.Compare(a.at, b.at))
	})
	c.items = c.items[:MaxItems]
	slices.SortFunc(c.items, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
}

func (c *newest) all() []Item {
	c.trim()
	var items []Item
	for _, i := range c.items {
		items = append(items, i.Item)
	}
	return items
}
