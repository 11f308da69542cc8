package segment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"
	"time"

	"pressmill/sink/store"
)

const (
	tombstoneDir = ".tombstones"
	tombstoneExt = ".json"
	// sweptExt is that of the note that no object holds the article any more.
	sweptExt = ".swept"
)

// Tombstone says that an article was deleted and shall not come back.
type Tombstone struct {
	ID     string    `json:"id"`
	URL    string    `json:"url,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// Bury leaves a tombstone below a sink's prefix. A second one of the same
// article is no error.
func Bury(ctx context.Context, s store.Store, prefix string, t Tombstone) error {
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	err = s.Create(ctx, path.Join(prefix, tombstoneDir, t.ID+tombstoneExt), data)
	if err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("leave tombstone of %s: %w", t.ID, err)
	}
	return nil
}

// Tombstones returns the ids of the articles that were deleted from a sink.
func Tombstones(ctx context.Context, s store.Store, prefix string) (map[string]bool, error) {
	buried, _, err := readTombstones(ctx, s, prefix)
	return buried, err
}

// Unswept returns the ids of articles that were deleted and that objects may
// still hold, with the time of each tombstone by the store's clock.
func Unswept(ctx context.Context, s store.Store, prefix string) (map[string]time.Time, error) {
	_, open, err := readTombstones(ctx, s, prefix)
	return open, err
}

func readTombstones(ctx context.Context, s store.Store, prefix string) (buried map[string]bool, open map[string]time.Time, err error) {
	entries, err := s.ReadDir(ctx, path.Join(prefix, tombstoneDir))
	if err != nil {
		return nil, nil, fmt.Errorf("list tombstones: %w", err)
	}
	buried, open = make(map[string]bool, len(entries)), map[string]time.Time{}
	for _, e := range entries { // ID.json is before ID.swept
		if id, ok := strings.CutSuffix(e.Name, tombstoneExt); ok {
			buried[id], open[id] = true, e.Time
		} else if id, ok := strings.CutSuffix(e.Name, sweptExt); ok {
			delete(open, id)
		}
	}
	return buried, open, nil
}

// Swept notes that no object holds a deleted article any more.
func Swept(ctx context.Context, s store.Store, prefix, id string) error {
	err := s.Create(ctx, path.Join(prefix, tombstoneDir, id+sweptExt), []byte("{}\n"))
	if err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("note that %s is gone: %w", id, err)
	}
	return nil
}

// ReadTombstone returns the tombstone of an article, or store.ErrNotFound.
func ReadTombstone(ctx context.Context, s store.Store, prefix, id string) (t Tombstone, err error) {
	data, err := store.ReadAll(ctx, s, path.Join(prefix, tombstoneDir, id+tombstoneExt))
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return t, fmt.Errorf("read tombstone of %s: %w", id, err)
	}
	return t, nil
}

// graves holds the tombstones of the sinks of a store, each read once.
type graves struct {
	store store.Store
	ids   map[string]map[string]bool // by folder
}

func newGraves(s store.Store) *graves {
	return &graves{store: s, ids: map[string]map[string]bool{}}
}

// of returns the ids of what was deleted from the sink that an object belongs
// to. Its prefix is one of the folders above the one that tells the date.
func (g *graves) of(ctx context.Context, k Key) (map[string]bool, error) {
	all := map[string]bool{}
	for dir := path.Dir(k.Dir); dir != "."; dir = path.Dir(dir) {
		if date, _ := dateIn(dir); date == k.Date {
			continue
		}
		if g.ids[dir] == nil {
			ids, err := Tombstones(ctx, g.store, dir)
			if err != nil {
				return nil, err
			}
			g.ids[dir] = ids
		}
		if len(all) == 0 {
			all = g.ids[dir]
		} else {
			all = maps.Clone(all)
			maps.Copy(all, g.ids[dir])
		}
	}
	return all, nil
}

// isBuried says whether a line is about an article that was deleted.
func isBuried(buried map[string]bool, line []byte) bool {
	return len(buried) > 0 && buried[IdentityOf(line).ID]
}

// Identity names what a line is about.
type Identity struct {
	Schema string `json:"schema"`
	ID     string `json:"id"`
	Rev    string `json:"rev"`
}

// IdentityOf reads the identity of a line; what is no article has none.
func IdentityOf(line []byte) (i Identity) {
	if i, ok := quickIdentity(line); ok {
		return i
	}
	if json.Unmarshal(line, &i) != nil {
		return Identity{}
	}
	return i
}

// quickIdentity reads the identity where the members stand first and in the
// order of Identity, as encoding/json writes articles.
func quickIdentity(line []byte) (i Identity, ok bool) {
	rest := line
	for _, m := range [...]struct {
		begin string
		into  *string
	}{{`{"schema":"`, &i.Schema}, {`,"id":"`, &i.ID}, {`,"rev":"`, &i.Rev}} {
		if rest, ok = bytes.CutPrefix(rest, []byte(m.begin)); !ok {
			return i, false
		}
		end := bytes.IndexByte(rest, '"')
		if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
			return i, false
		}
		*m.into, rest = string(rest[:end]), rest[end+1:]
	}
	return i, true
}
