package stored

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"pressmill/pkg/config"
	"pressmill/pkg/worker"
	"pressmill/sink"
	"pressmill/sink/articles"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// shelf is a sink's place: a store and the prefix of its objects. It is whole if
// every article is there with all its fields.
type shelf struct {
	url, prefix string
	whole       bool
}

func (s shelf) String() string { return s.url + " below " + s.prefix }

func (s shelf) open() (store.Store, error) {
	st, err := store.Open(s.url)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; name the output with -out", err)
	}
	return st, err
}

// Flags say which sinks are meant: -config, -out and -prefix.
type Flags struct{ config, out, prefix *string }

// AddFlags adds the flags to those of a command.
func AddFlags(f *worker.Flags) Flags {
	return Flags{
		config: f.String("config", "", "`FILE` with the section sinks"),
		out:    f.String("out", "", "`URL` or folder that articles were written to (default: that of the configuration, or ./out)"),
		prefix: f.String("prefix", "", "`FOLDER` of the sink in it (default: that of the configuration, or articles)"),
	}
}

// Of returns the flags of who names a configuration only.
func Of(config string) Flags {
	none := ""
	return Flags{&config, &none, &none}
}

// Config returns the path of the configuration that is named, or "".
func (s Flags) Config() string { return *s.config }

// Check is an error unless the flags mean a place.
func (s Flags) Check() error {
	_, err := s.shelves()
	return err
}

// Each calls seen for every such article in the place that commands read. One
// that does not exist yet has none.
func (s Flags) Each(ctx context.Context, q articles.Query, seen func(articles.Found)) error {
	st, place, err := s.openFirst()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	return articles.Each(ctx, st, place.prefix, q, func(a articles.Found) bool {
		seen(a)
		return true
	})
}

// shelves returns the places that the flags mean: those of all sinks of the
// configuration that hold articles, unless -out or -prefix choose.
func (s Flags) shelves() ([]shelf, error) {
	file, err := config.Load(*s.config)
	if err != nil {
		return nil, err
	}
	sinks, err := sink.Load(file)
	if err != nil {
		return nil, err
	}
	out := *s.out
	if out != "" || len(sinks) == 0 {
		if out == "" {
			out = "out"
		}
		if out, err = store.URL(out); err != nil {
			return nil, err
		}
	}
	var all []shelf
	for _, c := range sinks {
		if c.HoldsArticles() && (out == "" || c.URL == out) && (*s.prefix == "" || c.Prefix == *s.prefix) {
			all = append(all, shelf{c.URL, c.Prefix, c.Filter == nil && c.Format != segment.CSV})
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	if out == "" {
		return nil, worker.Usagef("the configuration has no such sink; name the output with -out")
	}
	if err := store.ValidURL(out); err != nil {
		return nil, worker.Usagef("-out: %v", err)
	}
	c := sink.Config{URL: out, Prefix: *s.prefix}.Defaults()
	if err := c.Validate(); err != nil {
		return nil, worker.Usagef("%v", err)
	}
	return []shelf{{c.URL, c.Prefix, true}}, nil
}

// openFirst opens the first of the places that is whole, or else the first.
func (s Flags) openFirst() (store.Store, shelf, error) {
	all, err := s.shelves()
	if err != nil {
		return nil, shelf{}, err
	}
	place := all[max(0, slices.IndexFunc(all, func(s shelf) bool { return s.whole }))]
	st, err := place.open()
	return st, place, err
}
