package crawler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"pressmill/crawler/traps"
)

// String is the answer for people, a line for each thing that is known.
func (w *Why) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("url", "%s", w.URL)
	if w.Key != w.URL {
		line("key", "%s", w.Key)
	}
	line("verdict", "%s", strings.TrimSuffix(w.Verdict+": "+w.Reason, ": "))
	for _, o := range w.Outcomes {
		line("seen", "%s-%s: %s (%s)", o.Month[:4], o.Month[4:], outcomeText(o.Outcome), o.Outcome)
	}
	if q := w.Waiting; q != nil {
		line("waiting", "%d URLs come before it; found %s by %s as %s; failed attempts: %d", q.Ahead, day(q.Found), q.Source, priorityName(q.Priority), q.Attempts)
	}
	if w.Poll != nil {
		line("poll", "looked at again from %s on", clock(*w.Poll))
	}
	if w.Revisit != nil {
		line("revisit", "looked at again from %s on", clock(*w.Revisit))
	}
	for _, l := range w.Letters {
		line("letter", "%d of %s: %s: %s", l.Number, day(l.Time), l.Reason, l.Error)
	}
	if len(w.Sources) == 0 {
		line("source", "none covers it")
	}
	for _, s := range w.Sources {
		line("source", "%s", s)
	}
	line("robots", "%s", w.Robots)
	line("limits", "%s", w.Limits)
	line("host", "%s: %s", w.Host, w.Turn)
	line("next", "%s", w.Next)
	return b.String()
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
func day(t time.Time) string   { return t.UTC().Format("2006-01-02 15:04") }

func priorityName(p int) string {
	return [...]string{"a seed", "an item of a feed or news sitemap", "a link or entry of a sitemap", "a link found further on", "a page too many for its day"}[p]
}

func (s WhySource) String() string {
	switch {
	case s.Paused:
		return s.ID + ": paused"
	case s.Seed:
		return s.ID + ": a seed of it"
	case s.Refused == "allow":
		return s.ID + ": kept out, as no pattern of allow matches"
	case s.Refused != "":
		return fmt.Sprintf("%s: kept out by the pattern %q of deny", s.ID, s.Refused)
	}
	return s.ID + ": in its scope"
}

func (r WhyRobots) String() string {
	verb := map[bool]string{true: "allowed", false: "forbidden"}[r.Allowed]
	until := ", known until " + clock(r.Until)
	switch {
	case !r.Known:
		return "not fetched yet, or too long ago"
	case r.Verdict == "disallow":
		return "could not be fetched, so nothing may be" + until
	case r.Verdict == "allow":
		return "there is none, so all is allowed" + until
	case r.Line == 0:
		return "allowed, as no line matches" + until
	}
	return fmt.Sprintf("%s by line %d, %q, of the group %q%s", verb, r.Line, r.Rule, strings.Join(r.Group, ", "), until)
}

func (l WhyLimits) String() string {
	trap := ""
	if l.Trap != "" {
		trap = fmt.Sprintf("%s (%s); ", l.Trap, outcomeText(l.Trap))
	}
	return fmt.Sprintf("%spattern %s: %d of %s requests since its last article; pages today: %d of %s",
		trap, l.Pattern, l.Fruitless, budget(l.PatternCap), l.PagesToday, budget(l.PagesBudget))
}

func budget(n int) string {
	if n == 0 {
		return "any number"
	}
	return fmt.Sprint(n)
}

func (t WhyTurn) String() string {
	now := time.Now()
	switch {
	case !t.Exists:
		return "no turn, as nothing is known to do"
	case !t.Dropped.IsZero():
		return fmt.Sprintf("given up %s, after failing since %s; asked once a day", day(t.Dropped), day(t.FailingSince))
	case !t.Due.After(now):
		return "its turn is due now, or worked on"
	}
	why := fmt.Sprintf("the gap between requests is %s", t.Gap)
	switch {
	case t.Due.Sub(t.NotBefore) > time.Second:
		why = "nothing is to be asked for before"
	case t.Failures > 0:
		why = fmt.Sprintf("it has failed %d times since %s and is left alone for longer each time", t.Failures, day(t.FailingSince))
	case t.SlowedDownTo > 0:
		why = fmt.Sprintf("it said that it is asked too often, so the gap is %s", t.SlowedDownTo)
	case t.Gap > 0 && t.Due.Sub(now) > 2*t.Gap:
		why = "it asked to be left alone until then (Retry-After)"
	}
	return fmt.Sprintf("next turn %s: %s", clock(t.Due), why)
}

// next says what will happen to the URL, or what to do to have it fetched.
func (w *Why) next() string {
	again := "name it as a seed of its source (`pressmill sources apply`) to have it fetched once more"
	switch w.Verdict {
	case "waiting":
		if w.Reason == "source_paused" {
			return fmt.Sprintf("it waits until `pressmill sources resume %s`", w.Waiting.Source)
		}
		if w.Reason != "" {
			return "it will be taken and not fetched: " + outcomeText(w.Reason)
		}
		if w.Waiting.Parked {
			return "it lies aside, and is taken up again when its source can be read, or in some minutes if there was no room for its dead letter"
		}
		return "it will be fetched when it is its turn"
	case "failed":
		if n := len(w.Letters); n > 0 {
			return fmt.Sprintf("`pressmill deadletters replay %d` tries it again", w.Letters[n-1].Number)
		}
		return "nothing more; " + again
	case "fetched", "withheld":
		if w.Revisit != nil || w.Poll != nil {
			return w.lookedAt()
		}
		return "nothing more; " + again
	case "polled":
		return w.lookedAt()
	case "skipped":
		switch w.Reason {
		case traps.Pattern, traps.Budget:
			return "it is taken up when it is found again on another day"
		case "scope", "robots":
			return "it stays out as long as that holds; then " + again
		}
		return "nothing more; " + again
	case "found":
		return "it was found and does not wait any more, as after bus.frontier_max_age; " + again
	}
	return w.nextOfUnknown()
}

// lookedAt says when a seed or an article is looked at again.
func (w *Why) lookedAt() string {
	if len(w.Sources) > 0 && !slices.ContainsFunc(w.Sources, func(s WhySource) bool { return !s.Paused }) {
		return "it is looked at again when its source is paused no more: `pressmill sources resume " + w.Sources[0].ID + "`"
	}
	return "it is looked at again"
}

func (w *Why) nextOfUnknown() string {
	switch {
	case w.Reason != "":
		return "it was never found, and would be left out: " + outcomeText(w.Reason)
	case len(w.Sources) == 0:
		return "it was never found: add a source of its domain, or `pressmill run " + w.URL + "`"
	}
	return fmt.Sprintf("it was never found: name it as a seed of the source %s, or a feed, sitemap or page that links to it", w.Sources[0].ID)
}

// kindOf says whether an outcome is one of a fetch, a failure, or a rule.
func kindOf(outcome string) string {
	if o, known := outcomes[outcome]; known {
		return o.kind
	}
	return "failed"
}

func outcomeText(outcome string) string {
	if o, known := outcomes[outcome]; known {
		return o.text
	}
	var code int
	if _, err := fmt.Sscanf(outcome, "http_%d", &code); err == nil {
		return strings.TrimSpace(fmt.Sprintf("answered with %d %s", code, http.StatusText(code)))
	}
	return outcome
}

// outcomes says what the outcomes are that marks are made of. Those of HTTP
// statuses, http_404 and the like, are not among them.
var outcomes = map[string]struct{ kind, text string }{
	"article":   {"fetched", "fetched and taken for an article"},
	"page":      {"fetched", "fetched; it does not call itself an article"},
	"feed":      {"fetched", "fetched as a feed"},
	"sitemap":   {"fetched", "fetched as a sitemap"},
	"redirect":  {"fetched", "it leads on to another URL, which has an answer of its own, or in circles"},
	"unchanged": {"fetched", "asked for again; it had not changed"},
	"gone":      {"fetched", "gone when it was looked at again"},

	"noindex":   {"withheld", "the page asks not to be indexed"},
	"nofollow":  {"withheld", "the page asks that its links are not followed"},
	"noarchive": {"withheld", "the page asks not to be kept"},
	"noai":      {"withheld", "the page asks not to be used for models"},
	"tdm":       {"withheld", "the page reserves text and data mining"},

	"scope":          {"skipped", "a pattern of its source keeps it out"},
	"robots":         {"skipped", "robots.txt forbids it"},
	"age":            {"skipped", "it was older than max_age when it was found"},
	"twin":           {"skipped", "another address of a story that is had (rel=canonical or rel=amphtml)"},
	"source_removed": {"skipped", "its source was removed while it waited"},
	"no_feed":        {"skipped", "it was looked for as a feed or sitemap, and is none"},
	traps.Length:     {"skipped", "it is longer than max_link"},
	traps.Path:       {"skipped", "its path repeats itself or is too deep"},
	traps.Pattern:    {"skipped", "URLs like it brought no article within pattern_budget requests"},
	traps.Budget:     {"skipped", "its host had all pages of that day that page_budget allows"},

	"source_paused":      {"skipped", "its source is paused"},
	"host_dropped":       {"failed", "its host failed for so long that it was given up"},
	"robots_unreachable": {"failed", "robots.txt could not be fetched, so nothing may be"},
	"blocked":            {"failed", "its host's address is not public; see allow_private"},
	"credentials":        {"failed", "a secret that its source names could not be read"},
	"proxy":              {"failed", "the proxy of its source made no connection"},
	"canceled":           {"failed", "the request was cancelled"},
	"dns":                {"failed", "its host's name could not be resolved"},
	"timeout":            {"failed", "its host did not answer in time"},
	"decode":             {"failed", "the body's content encoding is broken"},
	"refused":            {"failed", "its host refused the connection"},
	"tls":                {"failed", "no secure connection could be made"},
	"protocol":           {"failed", "the answer is no HTTP, or too much of it"},
	"reset":              {"failed", "the connection was cut"},
	"network":            {"failed", "the network failed"},
	"empty":              {"failed", "200 without a body"},
}
