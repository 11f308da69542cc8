package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/config"
)

// target is the URL of a store, taken apart.
type target struct {
	scheme string
	name   string // of the bucket or container, or of the store in memory
	path   string // the folder of a file store; the prefix in a bucket, without slashes at its ends
	query  url.Values
}

// parameters are what the query of a URL may hold, by scheme.
var parameters = map[string][]string{
	"file":   nil,
	"mem":    nil,
	"s3":     {"anonymous", "endpoint", "profile", "region", "request_checksum_calculation", "timeout", "use_path_style"},
	"gs":     {"anonymous", "endpoint", "timeout"},
	"azblob": {"endpoint", "storage_account", "timeout"},
}

const forms = "file:///absolute/dir, s3://bucket/prefix, gs://bucket/prefix, azblob://container/prefix or mem://name"

// URL returns the URL of a folder, or the URL that is given.
func URL(to string) (string, error) {
	if strings.Contains(to, "://") {
		return to, nil
	}
	abs, err := filepath.Abs(to)
	return (&url.URL{Scheme: "file", Path: abs}).String(), err
}

// ValidURL says what is wrong with the URL of a store, or nil. It asks no
// server.
func ValidURL(raw string) error {
	_, err := parseURL(raw)
	return err
}

func parseURL(raw string) (target, error) {
	u, err := url.Parse(raw)
	if err != nil { // the URL itself is left out, because it may hold a secret
		if parse, ok := errors.AsType[*url.Error](err); ok {
			err = parse.Err
		}
		return target{}, fmt.Errorf("the URL of a store: %w", err)
	}
	known, ok := parameters[u.Scheme]
	switch {
	case !ok:
		return target{}, fmt.Errorf("%q is no URL of a store, which is %s", u.Redacted(), forms)
	case u.User != nil:
		return target{}, fmt.Errorf("%q holds credentials: leave them out; they come from the environment, the provider's files or a workload identity", u.Redacted())
	case u.Fragment != "" || u.Opaque != "":
		return target{}, fmt.Errorf("%q is not of the form %s", raw, forms)
	}
	t := target{scheme: u.Scheme, name: u.Host, path: u.Path, query: u.Query()}
	if err := t.validQuery(known); err != nil {
		return target{}, fmt.Errorf("%q: %w", raw, err)
	}
	if !t.validPlace() {
		return target{}, fmt.Errorf("%q is not of the form %s", raw, forms)
	}
	if t.inBucket() {
		t.path = strings.Trim(t.path, "/")
	}
	return t, nil
}

func (t target) inBucket() bool { return t.scheme != "file" && t.scheme != "mem" }

func (t target) validPlace() bool {
	switch t.scheme {
	case "file":
		return t.name == "" && filepath.IsAbs(t.path)
	case "mem":
		return t.name != "" && t.path == ""
	}
	prefix := strings.Trim(t.path, "/")
	return t.name != "" && !strings.Contains(t.name, ":") && (prefix == "" || fs.ValidPath(prefix) && plain(prefix))
}

// plain says whether a path is made of characters that every provider takes as
// they are.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 127 || strings.ContainsRune("\\\"#%?", r) })
}

func (t target) validQuery(known []string) error {
	for key, values := range t.query {
		switch {
		case len(known) == 0:
			return fmt.Errorf("a URL with %s has no parameters", t.scheme)
		case !slices.Contains(known, key):
			return fmt.Errorf("unknown parameter %q, known are %s", key, strings.Join(known, ", "))
		case len(values) > 1 || values[0] == "":
			return fmt.Errorf("parameter %q is to have one value", key)
		}
	}
	for _, key := range []string{"anonymous", "use_path_style"} {
		if v := t.query.Get(key); v != "" && v != "true" && v != "false" {
			return fmt.Errorf("%s=%s is neither true nor false", key, v)
		}
	}
	if v := t.query.Get("request_checksum_calculation"); v != "" && v != "when_supported" && v != "when_required" {
		return fmt.Errorf("request_checksum_calculation=%s is neither when_supported nor when_required", v)
	}
	if v := t.query.Get("timeout"); v != "" {
		if d, err := config.ParseDuration(v); err != nil || d <= 0 {
			return fmt.Errorf("timeout=%s is no time such as 30s", v)
		}
	}
	return validEndpoint(t.query.Get("endpoint"))
}

func validEndpoint(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("endpoint is to be http://host:port or https://host, without credentials")
	}
	return nil
}

func (t target) on(key string) bool { return t.query.Get(key) == "true" }

// timeout is within what time a request is to be answered.
func (t target) timeout() time.Duration {
	if d, err := config.ParseDuration(t.query.Get("timeout")); err == nil {
		return d
	}
	return defaultTimeout
}

// Open opens the store at a URL: file:///absolute/dir, mem://name,
// s3://bucket/prefix, gs://bucket/prefix or azblob://container/prefix, the last
// three with the parameters that deploy/config.yaml explains. A folder that
// does not exist is fs.ErrNotExist; a bucket is not asked for before it is used.
func Open(rawURL string) (Store, error) {
	s, err := open(rawURL)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

func open(rawURL string) (Store, error) {
	t, err := parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	switch t.scheme {
	case "file":
		return openFileStore(t.path)
	case "mem":
		return memStoreOf(t.name), nil
	}
	return openBucket(context.Background(), t)
}

// Create opens a store to write to. It makes the folder of a file store when
// that does not exist. Of a bucket, which has to be there, it makes sure that
// objects can be listed and created, and are created once only; what is in the
// way is an error that says what to do. A server that is away is no error: this
// is made sure of then before the first object is written.
func Create(rawURL string) (Store, error) {
	s, err := Open(rawURL)
	if errors.Is(err, fs.ErrNotExist) {
		return createFolder(rawURL)
	}
	if b, ok := s.(*bucketStore); ok && err == nil {
		b.checking = true
		if err := b.ensure(context.Background()); err != nil && !isAway(err) {
			return nil, errors.Join(fmt.Errorf("check store: %w", err), b.Close())
		}
	}
	return s, err
}

func createFolder(rawURL string) (Store, error) {
	t, err := parseURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("create store: %w", err)
	}
	if err := os.MkdirAll(t.path, 0o755); err != nil {
		return nil, fmt.Errorf("create store: %w", err)
	}
	return Open(rawURL)
}

// mediaType is the content type of an object, by its name. Compression is part
// of the type and no content encoding, or clients would undo it silently and
// the bytes would not be those that were written.
func mediaType(key string) string {
	if t, ok := mediaTypes[path.Ext(key)]; ok {
		return t
	}
	return "application/octet-stream"
}

var mediaTypes = map[string]string{
	".zst":     "application/zstd",
	".gz":      "application/gzip",
	".jsonl":   "application/x-ndjson",
	".json":    "application/json",
	".parquet": "application/vnd.apache.parquet",
	".csv":     "text/csv; charset=utf-8",
	".cdxj":    "text/plain; charset=utf-8",
}
