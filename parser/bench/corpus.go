package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"pressmill/parser/corpus"
)

// openCorpus lists the pages of the folders.
func openCorpus(dirs []string) ([]corpus.Label, error) {
	var all []corpus.Label
	for _, dir := range dirs {
		set, err := corpus.Load(dir)
		if errors.Is(err, fs.ErrNotExist) {
			set, err = findPages(dir)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, set.Labels...)
	}
	if len(all) == 0 {
		return nil, errors.New("no pages: name a folder that has some")
	}
	return all, nil
}

// findPages makes a set of the pages below a folder. They have no labels.
func findPages(dir string) (*corpus.Set, error) {
	set := &corpus.Set{Name: dir}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".html" {
			set.Labels = append(set.Labels, corpus.Label{ID: path, URL: "https://www.example.com/" + filepath.ToSlash(path), HTML: path})
		}
		return err
	})
	return set, err
}
