// Package usage reads what a page says about the use of it: robots directives
// in X-Robots-Tag and meta elements, and the reservation of text and data
// mining (TDMRep, the report of the W3C's community group). What is done about
// it is decided by who asks.
package usage

import (
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Signals is a set of what a page asks for.
type Signals uint8

// The signals.
const (
	// NoIndex is noindex or none, or an unavailable_after that has passed.
	NoIndex Signals = 1 << iota
	// NoFollow is nofollow or none.
	NoFollow
	// NoArchive is noarchive.
	NoArchive
	// NoAI is noai.
	NoAI
	// TDM is a reservation of text and data mining.
	TDM
)

// names are the names of the signals, in the order of their bits.
var names = []string{"noindex", "nofollow", "noarchive", "noai", "tdm"}

// Parse returns the signals with these names.
func Parse(list []string) (s Signals, err error) {
	for _, name := range list {
		i := slices.Index(names, name)
		if i < 0 {
			return 0, fmt.Errorf("%q is none of %s", name, strings.Join(names, ", "))
		}
		s |= 1 << i
	}
	return s, nil
}

// First returns the name of the first signal, or "".
func (s Signals) First() string {
	for i, name := range names {
		if s&(1<<i) != 0 {
			return name
		}
	}
	return ""
}

// Read returns the signals of a page for the robot with this product token:
// those of its header, and of its meta elements by name and content.
// Directives for single other robots do not count. A reservation in the header
// goes before one in the page, and either before that of the site.
func Read(header http.Header, metas iter.Seq2[string, string], agent string, now time.Time, site bool) Signals {
	r := reader{agent: agent, now: now}
	for _, v := range header.Values("X-Robots-Tag") {
		r.tag(v)
	}
	reservation := header.Get("Tdm-Reservation")
	for name, content := range metas {
		switch {
		case strings.EqualFold(name, "robots"), strings.EqualFold(name, agent):
			r.list(content)
		case strings.EqualFold(name, "tdm-reservation") && reservation == "":
			reservation = strings.TrimSpace(content)
		}
	}
	if reservation == "1" || site && reservation != "0" {
		r.found |= TDM
	}
	return r.found
}

type reader struct {
	agent string
	now   time.Time
	found Signals
}

// tag reads an X-Robots-Tag: directives separated by commas. "name:" says that
// those behind it are for one robot.
func (r *reader) tag(rest string) {
	mine := true
	for rest != "" {
		if agent, after, ok := cutAgent(rest); ok {
			mine = agent == "*" || strings.EqualFold(agent, r.agent)
			rest = after
			continue
		}
		var d string
		if d, rest = cutDirective(rest); mine {
			r.directive(d)
		}
	}
}

// list reads the content of a meta element: directives separated by commas,
// as they should be, or by blanks.
func (r *reader) list(rest string) {
	for rest != "" {
		var d string
		d, rest = cutDirective(rest)
		if isUnavailable(d) {
			r.directive(d)
			continue
		}
		for word := range strings.FieldsSeq(d) {
			r.directive(word)
		}
	}
}

func (r *reader) directive(d string) {
	switch d = strings.ToLower(strings.TrimSpace(d)); d {
	case "noindex":
		r.found |= NoIndex
	case "nofollow":
		r.found |= NoFollow
	case "none":
		r.found |= NoIndex | NoFollow
	case "noarchive":
		r.found |= NoArchive
	case "noai":
		r.found |= NoAI
	default:
		if isUnavailable(d) && r.passed(strings.TrimLeft(d[len(unavailable):], ": ")) {
			r.found |= NoIndex
		}
	}
}

// cutAgent splits the name of a robot off a list.
func cutAgent(list string) (agent, rest string, ok bool) {
	agent, rest, ok = strings.Cut(list, ":")
	agent = strings.TrimSpace(agent)
	lower := strings.ToLower(agent)
	if !ok || agent == "" || strings.ContainsAny(agent, ", \t") || strings.HasPrefix(lower, "max-") || lower == unavailable {
		return "", list, false
	}
	return agent, rest, true
}

// cutDirective splits the first directive off a list. The date of
// unavailable_after may hold commas, so it ends the list.
func cutDirective(list string) (d, rest string) {
	if isUnavailable(list) {
		return list, ""
	}
	d, rest, _ = strings.Cut(list, ",")
	return d, rest
}

const unavailable = "unavailable_after"

func isUnavailable(d string) bool {
	d = strings.TrimSpace(d)
	return len(d) >= len(unavailable) && strings.EqualFold(d[:len(unavailable)], unavailable)
}

// layouts are those of dates in unavailable_after: RFC 822, RFC 850 and ISO
// 8601, with and without a time.
var layouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02",
	time.RFC1123, time.RFC1123Z, time.RFC850, "Mon, 02-Jan-2006 15:04:05 MST",
	"02 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700", "2-Jan-2006 15:04:05 MST",
	"2 Jan 06 15:04:05 MST", "2 Jan 06 15:04 MST", "2 Jan 2006", "2-Jan-2006",
}

// passed says whether a date has passed. What cannot be read has not.
func (r *reader) passed(date string) bool {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, strings.ToUpper(strings.TrimSpace(date))); err == nil {
			return r.now.After(t)
		}
	}
	return false
}
