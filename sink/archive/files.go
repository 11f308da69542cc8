package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"pressmill/sink/store"
)

// File is a WARC file in a store.
type File struct {
	URL   string // of its own
	store store.Store
	key   string
}

// Open reads the file from an offset on.
func (f File) Open(ctx context.Context, offset int64) (io.ReadCloser, error) {
	r, err := f.store.Open(ctx, f.key)
	if err != nil || offset == 0 {
		return r, err
	}
	if s, ok := r.(io.Seeker); ok {
		_, err = s.Seek(offset, io.SeekStart)
	} else {
		_, err = io.CopyN(io.Discard, r, offset)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("go on in %s at %d: %w", f.URL, offset, err), r.Close())
	}
	return r, nil
}

// Find returns the WARC files that a URL names, in the order of their names: one
// file, all in a folder and those below it, or all whose names begin so. Names
// end in .warc or .warc.gz. close ends their use.
func Find(ctx context.Context, rawURL string) (files []File, closeAll func(), err error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, nil, err
	}
	var tried error
	for _, split := range splits(u) {
		s, err := store.Open(split.store)
		if err != nil {
			tried = errors.Join(tried, err)
			continue
		}
		files, err := list(ctx, s, split.store, split.prefix)
		if err == nil && len(files) > 0 {
			return files, func() { _ = s.Close() }, nil
		}
		tried = errors.Join(tried, err, s.Close())
	}
	if tried != nil {
		return nil, nil, fmt.Errorf("find WARC files: %w", tried)
	}
	return nil, nil, fmt.Errorf("find WARC files: there is none at %s", rawURL)
}

// split is a URL as a store and what names begin with in it.
type split struct{ store, prefix string }

// splits returns how a URL can be meant: as a folder, unless it names a file,
// or as the beginning of names in the folder above.
func splits(u *url.URL) (all []split) {
	if !isWARC(u.Path) {
		all = append(all, split{u.String(), ""})
	}
	if dir, base := path.Split(u.Path); base != "" {
		above := *u
		if above.Path = strings.TrimSuffix(dir, "/"); above.Path == "" && u.Scheme == "file" {
			above.Path = "/"
		}
		all = append(all, split{above.String(), base})
	}
	return all
}

func isWARC(name string) bool {
	return strings.HasSuffix(name, ".warc") || strings.HasSuffix(name, ".warc.gz")
}

func list(ctx context.Context, s store.Store, in, prefix string) (files []File, err error) {
	for key, err := range store.List(ctx, s, prefix) {
		if err != nil {
			return nil, err
		}
		if isWARC(key) {
			files = append(files, File{URL: fileURL(in, key), store: s, key: key})
		}
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.key, b.key) })
	return files, nil
}

// fileURL returns the URL of an object in a store.
func fileURL(in, key string) string {
	u, err := url.Parse(in)
	if err != nil {
		return in + "/" + key
	}
	return u.JoinPath(key).String()
}
