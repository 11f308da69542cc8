package sink

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/config"
	"pressmill/sink/filter"
	"pressmill/sink/segment"
	"pressmill/sink/store"
	"pressmill/sink/webhook"
)

// The defaults of MaxAge.
const (
	fileAge   = 30 * time.Second
	bucketAge = 5 * time.Minute
)

// Config is one sink: where its objects go, and when one is complete. An
// object is committed when one of MaxBytes, MaxCount and MaxAge is reached, or
// at the change of the day (UTC, by the stream's time).
type Config struct {
	// Name is the sink's name on the bus: lower-case letters, digits, "-" and
	// "_". Positions and turns are kept by it.
	Name string `yaml:"name"`
	// URL is file:///absolute/dir, s3://bucket/prefix, gs://bucket/prefix,
	// azblob://container/prefix or mem://name, or that of a webhook: https://...
	URL string `yaml:"url"`
	// Prefix is the folder of the objects in the store.
	Prefix string `yaml:"prefix"`
	// Layout is the template of the folders below it. Changing it, the format or
	// the compression begins a new epoch.
	Layout segment.Layout `yaml:"layout"`
	// Format is jsonl, parquet or csv; or warc, which archives pages in the place
	// of articles.
	Format segment.Kind `yaml:"format"`
	// Fields are the columns of CSV, by their paths in the JSON: title,
	// published.at, authors.name. Spreadsheet says that it is for spreadsheets,
	// which want a byte order mark and have to be kept from formulas.
	Fields      []string `yaml:"fields"`
	Spreadsheet bool     `yaml:"spreadsheet"`
	// Compression is zstd, gzip or none: of CSV none, if unset, and of Parquet
	// what is within.
	Compression segment.Compression `yaml:"compression"`
	// From is where a sink that has no objects yet begins: beginning (of what the
	// stream still holds), now, or a time (RFC 3339).
	From From `yaml:"from"`
	// MaxBytes is the size of a body before compression. A single
	// article above it is an object of its own.
	MaxBytes config.Bytes `yaml:"max_bytes"`
	// MaxCount is the number of messages in an object.
	MaxCount int `yaml:"max_count"`
	// MaxAge is how long an article may wait in the stream for its object: by
	// default 30 s in files, and 5 minutes in buckets, where each object is paid
	// for. A quiet partition makes an object each time, 16 of them at most.
	MaxAge time.Duration `yaml:"max_age"`
	// Spool bounds what a process holds of this sink's batches.
	Spool Spool `yaml:"spool,omitempty"`
	// Filter says which articles are written; unset, all are.
	Filter *filter.Rules `yaml:"filter"`
	// Takedowns says that takedowns (takedown/v1: an article's page is gone) are
	// written too, between the articles.
	Takedowns bool `yaml:"takedowns"`
	// Webhook says how articles are delivered to a URL with http or https. Such a
	// sink has no prefix, layout, format and compression.
	Webhook webhook.Config `yaml:"webhook,omitempty"`
}

// Spool is where batches are collected: memory. What was not written when a
// process ends is read again from the stream, so nothing has to last.
type Spool struct {
	// MaxBytes bounds the batches of all partitions with the objects that are
	// made of them, by default 64 MiB and at least four times the max_bytes of an
	// object. When it is used up, objects are committed early.
	MaxBytes config.Bytes `yaml:"max_bytes,omitempty"`
}

// Defaults returns the configuration with what is unset filled in.
func (c Config) Defaults() Config {
	if c.isWebhook() {
		return c.webhookDefaults()
	}
	if c.Archives() {
		c = c.archiveDefaults()
	}
	if c.Name == "" {
		c.Name = "articles"
	}
	if c.Prefix == "" {
		c.Prefix = "articles"
	}
	if c.Layout == "" {
		c.Layout = segment.DefaultLayout
	}
	if c.Format == "" {
		c.Format = segment.JSONL
	}
	if c.Compression == "" && c.Format == segment.CSV {
		c.Compression = segment.None
	}
	if c.Compression == "" {
		c.Compression = segment.Zstd
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 8 * config.MiB
	}
	if c.MaxCount == 0 {
		c.MaxCount = 10_000
	}
	if c.MaxAge == 0 {
		c.MaxAge = bucketAge
		if strings.HasPrefix(c.URL, "file:") || strings.HasPrefix(c.URL, "mem:") {
			c.MaxAge = fileAge
		}
	}
	c.Spool = c.Spool.defaults(c.MaxBytes)
	return c
}

func (s Spool) defaults(object config.Bytes) Spool {
	if s.MaxBytes == 0 {
		s.MaxBytes = max(64*config.MiB, 4*object)
	}
	return s
}

// Validate reports every fault of a configuration with its defaults filled
// in, joined into one error, or nil.
func (c Config) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	fault(!validName(c.Name), "name: %q is not made of lower-case letters, digits, - and _", c.Name)
	wrong := func(key string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
	}
	wrong("from", c.From.Validate())
	wrong("filter", c.Filter.Validate())
	errs = append(errs, c.webhookFaults()...)
	if !c.isWebhook() {
		wrong("url", store.ValidURL(c.URL))
		wrong("layout", c.Layout.Validate())
		if err := c.format().Validate(); err != nil {
			errs = append(errs, err)
		}
		fault(!validPrefix(c.Prefix), "prefix: %q is not a relative path without dot-folders", c.Prefix)
		fault(c.hidesDay(), "prefix: %q ends with a date, which hides that of the layout %q", c.Prefix, c.Layout)
	}
	fault(c.Format == segment.CSV && c.Takedowns && !slices.Contains(c.Fields, "schema"),
		"fields: schema is not among them, without which a takedown cannot be told from an article")
	fault(c.Archives() && c.Filter != nil, "filter: an archive takes all pages")
	fault(c.MaxBytes < 0 || c.MaxBytes > store.MaxObject/2, "max_bytes: %v is not between 0 and %v", c.MaxBytes, config.Bytes(store.MaxObject/2))
	fault(!c.isWebhook() && c.Spool.MaxBytes < minSpool, "spool.max_bytes: %v is below %v", c.Spool.MaxBytes, config.Bytes(minSpool))
	fault(c.MaxCount < 0, "max_count: %d is negative", c.MaxCount)
	fault(c.MaxAge < 0, "max_age: %v is negative", c.MaxAge)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sink %q: %w", c.Name, err)
	}
	return nil
}

// validateAll reports the faults of all sinks, names that are used twice, and
// places that are not apart.
func validateAll(cfgs []Config) error {
	var errs []error
	names := map[string]bool{}
	for i, c := range cfgs {
		errs = append(errs, c.Validate())
		if names[c.Name] {
			errs = append(errs, fmt.Errorf("sink %q: name is used twice", c.Name))
		}
		names[c.Name] = true
		for _, o := range cfgs[:i] {
			if c.place().meets(o.place()) {
				errs = append(errs, fmt.Errorf("sink %q: another sink writes to this url and prefix, or to a folder above or below: %q", c.Name, o.Name))
			}
		}
	}
	if len(cfgs) == 0 {
		errs = append(errs, errors.New("sinks: none is configured"))
	}
	if archives := slices.DeleteFunc(slices.Clone(cfgs), func(c Config) bool { return !c.Archives() }); len(archives) > 1 {
		errs = append(errs, fmt.Errorf("sink %q: there is an archive already: pages are held for one", archives[1].Name))
	}
	return errors.Join(errs...)
}

// hidesDay says whether keys do not tell their day any more behind the prefix.
func (c Config) hidesDay() bool {
	k := segment.NewKey(c.Prefix, c.Layout, "2026-03-02", segment.Epoch{}, 0, 1, c.format().Ext())
	read, err := segment.ParseKey(k.String())
	return err == nil && read.Date != k.Date
}

// place is where a sink writes. Its folder is its own: what lies in the folders
// below tells it where to go on.
type place struct{ store, folder string }

func (c Config) place() place {
	u, err := url.Parse(c.URL)
	if err != nil || c.isWebhook() {
		return place{c.URL, "/"}
	}
	at := u.Query()
	return place{
		store:  strings.Join([]string{u.Scheme, u.Host, at.Get("endpoint"), at.Get("storage_account")}, " "),
		folder: path.Join("/", u.Path, c.Prefix) + "/",
	}
}

// meets says whether two places are one, or one of them is within the other.
func (p place) meets(o place) bool {
	return p.store == o.store && (strings.HasPrefix(p.folder, o.folder) || strings.HasPrefix(o.folder, p.folder))
}

func validName(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func validPrefix(s string) bool {
	return s != "" && path.Clean(s) == s && !path.IsAbs(s) &&
		!strings.HasPrefix(s, ".") && !strings.Contains(s, "/.")
}

func (c Config) format() segment.Format {
	return segment.Format{Kind: c.Format, Compression: c.Compression, Fields: c.Fields, Spreadsheet: c.Spreadsheet}
}

// shape names what may not change within an epoch.
func (c Config) shape() string { return c.format().Shape() + " " + string(c.Layout) }

// HoldsArticles says whether the sink writes objects that hold articles.
func (c Config) HoldsArticles() bool { return !c.isWebhook() && !c.Archives() }
