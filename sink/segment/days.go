package segment

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"pressmill/sink/store"
)

// Day is a date with the folders that hold its objects.
type Day struct {
	Date string // 2006-01-02
	Dirs []string
}

// Listed is an object as a listing shows it.
type Listed struct {
	Key
	Size int64 // bytes, as stored
}

// Days returns the days that have folders below a prefix, in ascending order,
// without listing the objects. "" is everything.
func Days(ctx context.Context, s store.Store, prefix string) ([]Day, error) {
	dirs := map[string][]string{}
	if err := findDays(ctx, s, path.Clean(prefix), "", dirs); err != nil {
		return nil, fmt.Errorf("list days: %w", err)
	}
	days := make([]Day, 0, len(dirs))
	for date, in := range dirs {
		days = append(days, Day{date, in})
	}
	slices.SortFunc(days, func(a, b Day) int { return strings.Compare(a.Date, b.Date) })
	return days, nil
}

// findDays looks for folders that tell a date, in those that do not.
func findDays(ctx context.Context, s store.Store, root, below string, days map[string][]string) error {
	entries, err := s.ReadDir(ctx, path.Join(root, below))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Dir || strings.HasPrefix(e.Name, ".") {
			continue
		}
		dir := path.Join(below, e.Name)
		if date, _ := dateIn(dir); date != "" {
			days[date] = append(days[date], path.Join(root, dir))
		} else if err := findDays(ctx, s, root, dir, days); err != nil {
			return err
		}
	}
	return nil
}

// listings is how often a day that changes is listed.
const listings = 8

// List returns all objects of articles of the day, sorted as Live does. A
// listing is no snapshot: while objects are merged it may miss both the parts
// and what they were merged to. It is therefore taken until it stays the same.
func (d Day) List(ctx context.Context, s store.Store) ([]Listed, error) {
	last, err := d.listOnce(ctx, s)
	for range listings {
		if err != nil || len(last) == 0 {
			break
		}
		again, err := d.listOnce(ctx, s)
		if err != nil || slices.Equal(last, again) {
			return again, err
		}
		last = again
	}
	return last, err
}

func (d Day) listOnce(ctx context.Context, s store.Store) ([]Listed, error) {
	var all []Listed
	for _, dir := range d.Dirs {
		if err := listDir(ctx, s, dir, &all); err != nil {
			return nil, fmt.Errorf("list %s: %w", dir, err)
		}
	}
	slices.SortFunc(all, func(a, b Listed) int { return compareKeys(a.Key, b.Key) })
	return all, nil
}

func listDir(ctx context.Context, s store.Store, dir string, all *[]Listed) error {
	entries, err := s.ReadDir(ctx, dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name)
		switch k, err := ParseKey(name); {
		case strings.HasPrefix(e.Name, "."):
		case e.Dir:
			if err := listDir(ctx, s, name, all); err != nil {
				return err
			}
		case err == nil && !k.IsArchive():
			*all = append(*all, Listed{k, e.Size})
		}
	}
	return nil
}

// compareKeys orders keys by chain, epoch and position; of several at one
// position the widest goes first, and of these the one rewritten last.
func compareKeys(a, b Key) int {
	return cmp.Or(
		cmp.Compare(a.chain, b.chain), cmp.Compare(a.Partition, b.Partition),
		cmp.Compare(a.Epoch.created, b.Epoch.created), cmp.Compare(a.Epoch.generation, b.Epoch.generation),
		cmp.Compare(a.Position, b.Position), cmp.Compare(b.End, a.End), cmp.Compare(b.Rewrite, a.Rewrite))
}

// LiveOf is Live for listed objects.
func LiveOf(all []Listed) []Listed {
	keys, sizes := make([]Key, len(all)), make(map[Key]int64, len(all))
	for i, l := range all {
		keys[i], sizes[l.Key] = l.Key, l.Size
	}
	live := make([]Listed, 0, len(all))
	for _, k := range Live(keys) {
		live = append(live, Listed{k, sizes[k]})
	}
	return live
}

// Covers says whether k holds what the object at o's position held.
func (k Key) Covers(o Key) bool {
	return k.chain == o.chain && k.Partition == o.Partition && k.Epoch == o.Epoch &&
		(k.Position == o.Position || k.Position < o.Position && o.Position < k.End)
}
