package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultLayout is the folder of an object below its prefix, as Hive and all
// that read its tables name partitions.
const DefaultLayout = "ingest_date={date}"

// Layout is the template of an object's folder. {date}, {year}, {month}, {day}
// and {partition} stand for parts of the key; the date must be told, its larger
// parts first, and before the partition.
type Layout string

// Validate says what is wrong with the layout, or nil.
func (l Layout) Validate() error {
	s := string(l)
	if s == "" || path.Clean(s) != s || path.IsAbs(s) || strings.HasPrefix(s, ".") || strings.Contains(s, "/.") {
		return fmt.Errorf("%q is not a relative path without dot-folders", s)
	}
	if rest := l.folder("", 0); strings.ContainsAny(rest, "{}") {
		return fmt.Errorf("%q: placeholders are {date}, {year}, {month}, {day} and {partition}", s)
	}
	for _, date := range []string{"2026-03-01", "1999-12-31"} {
		if got, _ := dateIn(l.folder(date, 7)); got != date {
			return fmt.Errorf("%q does not tell the day: use {date}, or {year}, {month} and {day} in this order", s)
		}
	}
	if l.folder("2026-03-01", 7) > l.folder("2026-03-02", 3) {
		return fmt.Errorf("%q: the date must stand before the partition", s)
	}
	return nil
}

func (l Layout) folder(date string, partition int) string {
	y, m, d := "0000", "00", "00"
	if len(date) == len(time.DateOnly) {
		y, m, d = date[:4], date[5:7], date[8:]
	}
	return strings.NewReplacer("{date}", date, "{year}", y, "{month}", m, "{day}", d,
		"{partition}", fmt.Sprintf("%02d", partition)).Replace(string(l))
}

// datePattern finds a date in a folder: 2026-11-24, or its parts in folders of
// their own.
var datePattern = regexp.MustCompile(`(?:^|\D)(\d{4})(\D{0,16})(0[1-9]|1[0-2])(\D{0,16})(0[1-9]|[12]\d|3[01])(?:\D|$)`)

// dateIn returns the last date that a folder tells, and the folder without it.
func dateIn(folder string) (date, rest string) {
	all := datePattern.FindAllStringSubmatchIndex(folder, -1)
	if len(all) == 0 {
		return "", folder
	}
	x := all[len(all)-1]
	date = folder[x[2]:x[3]] + "-" + folder[x[6]:x[7]] + "-" + folder[x[10]:x[11]]
	return date, folder[:x[2]] + "#" + folder[x[4]:x[5]] + "#" + folder[x[8]:x[9]] + "#" + folder[x[11]:]
}

// Key is the key of an object: a function of epoch, partition and position. Its
// date is the UTC day on which the stream stored the first message at or after
// the position.
type Key struct {
	Dir       string // with the prefix
	Date      string // 2006-01-02
	Epoch     Epoch
	Partition int
	Position  uint64
	// End is the position after the object, in the key of one that was merged of
	// several or rewritten; 0 in the key of one that a sink wrote.
	End uint64
	// Rewrite counts how often the object was rewritten.
	Rewrite int
	Ext     string // .jsonl.zst, .jsonl.gz, .jsonl, .parquet, ...

	chain string
}

// NewKey returns the key of the object that a sink writes at a position.
func NewKey(prefix string, l Layout, date string, e Epoch, partition int, position uint64, ext string) Key {
	k := Key{Dir: path.Join(prefix, l.folder(date, partition)), Date: date, Epoch: e, Partition: partition, Position: position, Ext: ext}
	_, k.chain = dateIn(k.Dir)
	return k
}

func (k Key) String() string { return k.Dir + "/" + k.base() }

func (k Key) base() string {
	s := fmt.Sprintf("%s-p%02d-%020d", k.Epoch, k.Partition, k.Position)
	if k.End > 0 {
		s += fmt.Sprintf("-%020d", k.End)
	}
	if k.Rewrite > 0 {
		s += fmt.Sprintf("-r%d", k.Rewrite)
	}
	return s + k.Ext
}

// ParseKey parses what String returns.
func ParseKey(s string) (Key, error) {
	dir, name := path.Split(s)
	base, ext, _ := strings.Cut(name, ".")
	parts := strings.Split(base, "-")
	if len(parts) < 3 || len(parts) > 5 || dir == "" || "."+ext == indexExt {
		return Key{}, fmt.Errorf("parse key %q: not an object's", s)
	}
	k := Key{Dir: strings.TrimSuffix(dir, "/"), Ext: "." + ext}
	k.Date, k.chain = dateIn(k.Dir)
	var errs [5]error
	k.Epoch, errs[0] = ParseEpoch(parts[0])
	k.Partition, errs[1] = strconv.Atoi(strings.TrimPrefix(parts[1], "p"))
	k.Position, errs[2] = strconv.ParseUint(parts[2], 10, 64)
	if len(parts) > 3 {
		k.End, errs[3] = strconv.ParseUint(parts[3], 10, 64)
	}
	if len(parts) > 4 {
		k.Rewrite, errs[4] = strconv.Atoi(strings.TrimPrefix(parts[4], "r"))
	}
	if err := errors.Join(errs[:]...); err != nil {
		return Key{}, fmt.Errorf("parse key %q: %w", s, err)
	}
	if k.String() != s || k.Partition < 0 || k.Date == "" || !fs.ValidPath(s) {
		return Key{}, fmt.Errorf("parse key %q: not in its one form", s)
	}
	return k, nil
}

// Below says whether the object lies below a prefix.
func (k Key) Below(prefix string) bool { return strings.HasPrefix(k.Dir, prefix+"/") }

// Before says whether k is older than o of the same partition.
func (k Key) Before(o Key) bool {
	if k.Epoch != o.Epoch {
		return k.Epoch.Less(o.Epoch)
	}
	return k.Position < o.Position
}

// Chain names the partition of a sink that the object belongs to, by its place.
// Objects of one chain and epoch follow each other by their positions.
func (k Key) Chain() string { return fmt.Sprintf("%s p%02d", k.chain, k.Partition) }

// Live returns the keys that are to be read, by chain, epoch and position: what
// a merged or rewritten object covers is left out, so that at no moment of a
// compaction an article is seen twice. All keys of a chain must be given.
func Live(keys []Key) []Key {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, compareKeys)
	live := keys[:0]
	var last Key
	var end uint64 // of the widest object so far
	for _, k := range keys {
		if k.Chain() != last.Chain() || k.Epoch != last.Epoch {
			end = 0
		}
		if last = k; k.Position < end {
			continue
		}
		end = max(end, k.End)
		live = append(live, k)
	}
	return live
}
