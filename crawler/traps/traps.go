// Package traps tells URLs that lead on for ever: calendars, filters that can
// be combined, paths that repeat themselves, sessions in links. What a URL
// shows by itself Check says; what only many requests show Counters find out:
// URLs of one pattern are asked for as long as they bring articles.
package traps

import (
	"hash/fnv"
	"net/url"
	"slices"
	"strings"
)

// The reasons for which a URL is left out.
const (
	Length  = "trap_length"  // longer than links are
	Path    = "trap_path"    // its path or query repeats itself, or is too deep
	Pattern = "trap_pattern" // URLs like it have brought no article, or the same page again and again
	Budget  = "budget"       // its host has had as many pages today as it may
)

const (
	maxDepth  = 16 // segments of a path
	maxEqual  = 4  // equal segments or parameters; from here on it is a trap
	maxInARow = 3  // sequences of two or more segments that follow themselves
)

// Check says why a URL that was found as a link is a trap by itself, Length or
// Path, or "" if it is none.
func Check(u *url.URL, maxLength int) string {
	if maxLength > 0 && len(u.EscapedPath())+len(u.RawQuery)+len(u.Host)+len(u.Scheme)+len("://?") > maxLength+1 {
		return Length
	}
	segments := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if len(segments) > maxDepth || mostEqual(segments) >= maxEqual || repeatsSequence(segments) {
		return Path
	}
	if u.RawQuery != "" && mostEqual(strings.Split(u.RawQuery, "&")) >= maxEqual {
		return Path
	}
	return ""
}

// mostEqual returns how often the most frequent element stands in a list.
func mostEqual(list []string) (most int) {
	if len(list) < maxEqual {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	run := 0
	for i, s := range sorted {
		if i > 0 && s != sorted[i-1] {
			run = 0
		}
		if run++; s != "" {
			most = max(most, run)
		}
	}
	return most
}

// repeatsSequence says whether two or more segments stand three times in a row.
func repeatsSequence(segments []string) bool {
	for length := 2; length*maxInARow <= len(segments); length++ {
		equal := 0 // segments in a row that are what stood length segments before
		for i := length; i < len(segments); i++ {
			if segments[i] != segments[i-length] {
				equal = 0
			} else if equal++; equal == length*(maxInARow-1) {
				return true
			}
		}
	}
	return false
}

// Kind is what URLs of one sort have in common, as two hashes: of the narrow
// pattern, and of the broad one that many narrow ones share.
type Kind [2]uint32

// KindOf returns the kind of a URL.
func KindOf(u *url.URL) Kind {
	narrow, broad := Patterns(u)
	return Kind{hash(narrow), hash("broad " + broad)}
}

// Patterns returns what KindOf hashes. In the narrow pattern numbers and dates
// have become 0, ids x and titles *; words stay, and parameters are their
// names. In the broad one only the first word stays, and a query is a "?".
func Patterns(u *url.URL) (narrow, broad string) {
	var n, b strings.Builder
	for i, segment := range strings.Split(strings.Trim(u.EscapedPath(), "/"), "/") {
		general, isWord := generalise(segment)
		n.WriteString("/" + general)
		if isWord && i > 0 {
			general = "w"
		}
		b.WriteString("/" + general)
	}
	if u.RawQuery != "" {
		n.WriteString("?" + paramNames(u.RawQuery))
		b.WriteByte('?')
	}
	return n.String(), b.String()
}

func paramNames(query string) string {
	params := strings.Split(query, "&")
	for i, p := range params {
		name, _, _ := strings.Cut(p, "=")
		if general, isWord := generalise(name); !isWord {
			name = general
		}
		params[i] = strings.ToLower(name)
	}
	slices.Sort(params)
	return strings.Join(slices.Compact(params), "&")
}

// longestWord is how long a segment may be that is no title.
const longestWord = 24

// generalise returns what a segment stands for, and whether that is itself.
func generalise(segment string) (general string, isWord bool) {
	name, extension := segment, ""
	if dot := strings.LastIndexByte(segment, '.'); dot > 0 && len(segment)-dot <= len(".shtml") {
		name, extension = segment[:dot], segment[dot:]
	}
	var digits, hex, letters, marks int
	for i := range len(name) {
		switch c := name[i]; {
		case c >= '0' && c <= '9':
			digits++
			hex++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
			if c|0x20 <= 'f' {
				hex++
			}
		default:
			marks++
		}
	}
	switch {
	case digits > 0 && letters == 0:
		return "0" + extension, false
	case hex+strings.Count(name, "-") == len(name) && hex >= 8 && digits > 0:
		return "x" + extension, false
	case digits > 0, marks > 1, len(name) > longestWord:
		return "*" + extension, false
	}
	return strings.ToLower(segment), true
}

func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}
