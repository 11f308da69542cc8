package urlshape

import (
	"net/url"
	"path"
	"strings"

	"pressmill/pkg/weburl"
)

// StandsFor says whether the address c that the page at u gives as its own can be
// that of the same story: it is on the same registrable domain, and is neither the
// front, nor the list that u lies under, nor u without what tells it from others.
// Sites that err there name the same address on all pages, and their stories would
// be taken for one.
func StandsFor(c, u *url.URL) bool {
	if !weburl.SameSite(c, u) {
		return false
	}
	if weburl.Key(c) == weburl.Key(u) {
		return true
	}
	cs, us := Of(c), Of(u)
	switch last := path.Base(c.Path); {
	case IsRoot(c), cs.Page == Home && us.Page != Home:
		return IsRoot(u)
	case strings.Contains(c.Path, "{{"), last == "undefined", last == "null", last == "404":
		return false
	case cs.Story() || cs.ID || cs.Date || cs.Words > 2:
		return true
	case c.RawQuery == "" && c.Path == u.Path:
		return !NamesOne(u)
	}
	under := c.RawQuery == "" && strings.HasPrefix(u.Path, strings.TrimSuffix(c.Path, "/")+"/")
	return !under || us.OwnWords <= 2 && !us.ID
}

// IsRoot says whether a URL is that of a host's root.
func IsRoot(u *url.URL) bool { return strings.Trim(u.Path, "/") == "" && u.RawQuery == "" }
