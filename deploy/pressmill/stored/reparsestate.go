package stored

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// reparseState remembers how far each file was published. Without a path it
// does so for one run.
type reparseState struct {
	path  string
	Files map[string]*fileState `json:"files"` // by URL
}

// fileState is how far one file was published.
type fileState struct {
	Offset int64 `json:"offset"` // where to go on
	Done   bool  `json:"done,omitempty"`
}

func loadReparseState(path string) (*reparseState, error) {
	s := &reparseState{path: path, Files: map[string]*fileState{}}
	if path == "" {
		return s, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, s)
	}
	if err != nil {
		return nil, fmt.Errorf("read state %s: %w", path, err)
	}
	if s.Files == nil {
		s.Files = map[string]*fileState{}
	}
	return s, nil
}

func (s *reparseState) of(url string) *fileState {
	if s.Files[url] == nil {
		s.Files[url] = &fileState{}
	}
	return s.Files[url]
}

// save replaces the state's file as a whole.
func (s *reparseState) save() error {
	if s.path == "" {
		return nil
	}
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path+".new", data, 0o600); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}
