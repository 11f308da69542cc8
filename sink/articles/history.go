package articles

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

// Ref names an article: by its id, or by an address.
type Ref struct {
	ID string
	// key is the normalised form of the address, and host its host.
	key, host string
}

var idPattern = regexp.MustCompile(`^[0-9a-f]{16}$`)

// ParseRef reads an id or a URL.
func ParseRef(s string) (Ref, error) {
	if idPattern.MatchString(s) {
		return Ref{ID: s}, nil
	}
	u, err := weburl.Parse(s)
	if err != nil {
		return Ref{}, fmt.Errorf("%q is neither an article's id (16 hex digits) nor a URL", s)
	}
	key := weburl.Key(u)
	return Ref{ID: news.ArticleID(key), key: key, host: u.Hostname()}, nil
}

// names says whether a line is about the article: by its id, or because the
// address is one of its.
func (r Ref) names(id segment.Identity, line []byte) bool {
	if id.ID == r.ID {
		return true
	}
	if r.key == "" || !bytes.Contains(line, []byte(r.host)) {
		return false
	}
	var a struct {
		URL news.URLs `json:"url"`
	}
	if json.Unmarshal(line, &a) != nil {
		return false
	}
	for _, raw := range []string{a.URL.Requested, a.URL.Final, a.URL.Canonical, a.URL.AMP} {
		if u, err := url.Parse(raw); err == nil && u.Host != "" && weburl.Key(u) == r.key {
			return true
		}
	}
	return false
}

// Revisions returns all revisions of the articles that are named, the newest
// first. It reads everything. Objects that cannot be read are left out and
// returned as an error with what was found.
func Revisions(ctx context.Context, s store.Store, prefix string, refs []Ref) ([][]Found, error) {
	found := make([][]Found, len(refs))
	w := walker{
		Query:  Query{AllRevs: true},
		enough: func(time.Time) bool { return false },
		wants: func(id segment.Identity, line []byte) bool {
			for _, r := range refs {
				if r.names(id, line) {
					return true
				}
			}
			return false
		},
	}
	w.visit = func(f Found) bool {
		f.Line = bytes.Clone(f.Line)
		for i, r := range refs {
			if r.names(segment.Identity{ID: f.ID}, f.Line) {
				found[i] = append(found[i], f)
			}
		}
		return true
	}
	err := w.walk(ctx, s, prefix)
	return found, err
}
