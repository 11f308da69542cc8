package parser

import (
	"slices"
	"strings"

	"pressmill/pkg/news"
)

// robotNames are the meta elements with directives for robots: for all, and for
// single ones.
var robotNames = []string{
	"robots", "googlebot", "googlebot-news", "google-extended", "bingbot", "msnbot", "slurp", "duckduckbot", "yandex", "yandexbot",
	"baiduspider", "applebot", "applebot-extended", "gptbot", "oai-searchbot", "ccbot", "claudebot", "perplexitybot", "facebookbot",
}

// usage returns the publisher's usage signals, or nil. Robots directives are in
// lower case; one for a single robot has its name in front, as in X-Robots-Tag.
// A reservation in the response's header goes before one in the page.
func (m *meta) usage(page *news.Page) *news.Usage {
	var u news.Usage
	for _, name := range robotNames {
		for v := range m.all(name) {
			agent := name + ": "
			if name == "robots" {
				agent = ""
			}
			u.Robots = appendDirectives(u.Robots, agent, v)
		}
	}
	for _, v := range page.Header["X-Robots-Tag"] {
		agent, rest := cutAgent(v)
		u.Robots = appendDirectives(u.Robots, agent, rest)
	}
	reservation := page.HeaderValue("Tdm-Reservation")
	if reservation == "" {
		reservation = m.get("tdm-reservation")
	}
	if reservation == "1" || reservation == "0" {
		u.TDMReservation = new(reservation == "1")
	}
	if u.TDMPolicy = page.HeaderValue("Tdm-Policy"); u.TDMPolicy == "" {
		u.TDMPolicy = m.get("tdm-policy")
	}
	if u.Robots == nil && u.TDMReservation == nil && u.TDMPolicy == "" {
		return nil
	}
	return &u
}

// maxDirectives is how many directives of one page are kept, more than pages have
// for all robots together.
const maxDirectives = 200

// appendDirectives adds the directives of a list that are not there yet. The
// date of unavailable_after may hold commas, so it ends the list.
func appendDirectives(out []string, agent, list string) []string {
	for rest := strings.ToLower(list); rest != "" && len(out) < maxDirectives; {
		d := strings.TrimSpace(rest)
		rest = ""
		if !strings.HasPrefix(d, "unavailable_after") {
			d, rest, _ = strings.Cut(d, ",")
			d = strings.TrimSpace(d)
		}
		if d != "" && !slices.Contains(out, agent+d) {
			out = append(out, agent+d)
		}
	}
	return out
}

// cutAgent splits the robot's name, with its colon and a blank, from the value
// of an X-Robots-Tag header.
func cutAgent(v string) (agent, rest string) {
	head, tail, ok := strings.Cut(v, ":")
	switch head = strings.ToLower(strings.TrimSpace(head)); {
	case !ok, strings.ContainsAny(head, ", "), strings.HasPrefix(head, "max-"), head == "unavailable_after":
		return "", v
	}
	return head + ": ", tail
}
