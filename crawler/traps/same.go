package traps

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// longNumber is a number that tells stories apart.
var longNumber = regexp.MustCompile(`[0-9]{5,}`)

// behindStories are the words that may follow a story's title or id.
var behindStories = map[string]bool{"": true, "amp": true, "amp.html": true, "mobile": true, "print": true, "index.html": true, "index.amp": true}

// SameStory says whether two URLs show by their form that they are of one
// story: they end with the same title or id, or the last parts of their paths
// share a long number. A front page, a section or any other list has none.
func SameStory(a, b *url.URL) bool {
	x, y := storyPart(a), storyPart(b)
	if x == "" || y == "" {
		return false
	}
	if x == y {
		return true
	}
	numbers := longNumber.FindAllString(y, -1)
	return slices.ContainsFunc(longNumber.FindAllString(x, -1), func(n string) bool { return slices.Contains(numbers, n) })
}

// storyPart returns the last segment of a path, without its extension, if it is
// a title or an id.
func storyPart(u *url.URL) string {
	segments := strings.Split(strings.ToLower(u.EscapedPath()), "/")
	last := len(segments) - 1
	for last > 0 && behindStories[segments[last]] {
		last--
	}
	name := segments[last]
	general, isWord := generalise(name)
	if isWord {
		return ""
	}
	name = strings.TrimSuffix(name, general[1:])
	name = strings.TrimSuffix(strings.TrimSuffix(name, "-amp"), ".amp")
	if general[0] == '0' && !longNumber.MatchString(name) {
		return "" // a page's number, a day
	}
	return name
}
