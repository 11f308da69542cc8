package segment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"pressmill/sink/store"
)

const (
	tombstoneDir = ".tombstones"
	tombstoneExt = ".json"
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
	entries, err := s.ReadDir(ctx, path.Join(prefix, tombstoneDir))
	if err != nil {
		return nil, fmt.Errorf("list tombstones: %w", err)
	}
	buried := make(map[string]bool, len(entries))
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name, tombstoneExt); ok {
			buried[id] = true
		}
	}
	return buried, nil
}
