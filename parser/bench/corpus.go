package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pressmill/pkg/news"
)

// source says where a page lies; its JSON form is a line of pages.jsonl.
type source struct {
	ID   string `json:"id"`
	URL  string `json:"url"`
	HTML string `json:"html"` // path of the page, gzipped if it ends in .gz
}

// openCorpus lists the pages of the folders.
func openCorpus(dirs []string) ([]source, error) {
	var all []source
	for _, dir := range dirs {
		list, err := readList(dir)
		if errors.Is(err, fs.ErrNotExist) {
			list, err = findPages(dir)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(all) == 0 {
		return nil, errors.New("no pages: name a folder that has some")
	}
	return all, nil
}

func readList(dir string) ([]source, error) {
	f, err := os.Open(filepath.Join(dir, "pages.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("open corpus: %w", err)
	}
	defer f.Close()
	var list []source
	for d := json.NewDecoder(f); ; {
		var s source
		if err := d.Decode(&s); err == io.EOF {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Name(), err)
		}
		s.HTML = filepath.Join(dir, filepath.FromSlash(s.HTML))
		list = append(list, s)
	}
}

func findPages(dir string) (list []source, err error) {
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".html" {
			list = append(list, source{ID: path, URL: "https://www.example.com/" + filepath.ToSlash(path), HTML: path})
		}
		return err
	})
	return list, err
}

func (s *source) load() (*news.Page, error) {
	f, err := os.Open(s.HTML)
	if err != nil {
		return nil, fmt.Errorf("open page: %w", err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(s.HTML, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("unpack %s: %w", s.HTML, err)
		}
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.HTML, err)
	}
	return &news.Page{
		PageID: s.ID, RequestedURL: s.URL, FinalURL: s.URL, Status: 200,
		Header: map[string][]string{"Content-Type": {"text/html"}}, Body: body,
	}, nil
}
