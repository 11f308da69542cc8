package crawler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"pressmill/crawler/traps"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

// Why is all that the bus knows of one URL: why it was fetched or was not, and
// what will happen to it.
type Why struct {
	URL  string `json:"url"` // as it would be fetched
	Key  string `json:"key"` // under which it counts as seen
	Host string `json:"host"`
	// Verdict is waiting, failed, withheld (fetched, and not published as the
	// page asks), fetched, skipped, polled, found (and neither waiting nor
	// fetched) or unknown; Reason is why, in the word of the logs.
	Verdict string `json:"verdict"`
	Reason  string `json:"reason,omitempty"`

	Outcomes []WhyOutcome `json:"outcomes,omitempty"` // what became of it so far
	Waiting  *WhyWaiting  `json:"waiting,omitempty"`
	Poll     *time.Time   `json:"poll,omitempty"`    // when it is looked at again as a seed, feed or sitemap
	Revisit  *time.Time   `json:"revisit,omitempty"` // and as an article
	Letters  []WhyLetter  `json:"dead_letters,omitempty"`
	Sources  []WhySource  `json:"sources,omitempty"` // that its host or its seeds belong to
	Robots   WhyRobots    `json:"robots"`
	Limits   WhyLimits    `json:"limits"`
	Turn     WhyTurn      `json:"turn"`
	Next     string       `json:"next"` // what will happen, or what to do
}

// WhyOutcome is what became of a URL, and the month (as 202611) of it.
type WhyOutcome struct {
	Outcome string `json:"outcome"`
	Month   string `json:"month"`
}

// WhyWaiting is the URL's place in its host's frontier.
type WhyWaiting struct {
	Priority int       `json:"priority"`
	Ahead    int       `json:"ahead"` // URLs that are fetched before, as things stand
	Attempts int       `json:"attempts,omitempty"`
	Found    time.Time `json:"found"`
	Source   string    `json:"source"`
	Parked   bool      `json:"parked,omitempty"` // it lies aside until its source is resumed, or its dead letter has room
}

// WhyLetter is a dead letter that holds the URL.
type WhyLetter struct {
	Number uint64    `json:"number"`
	Time   time.Time `json:"time"`
	Reason string    `json:"reason"`
	Error  string    `json:"error,omitempty"`
}

// WhySource is what a source says of the URL.
type WhySource struct {
	ID     string `json:"id"`
	Seed   bool   `json:"seed,omitempty"`
	Paused bool   `json:"paused,omitempty"`
	// Refused is the pattern that keeps the URL out: one of deny that matches,
	// or "allow" if none of those matches.
	Refused string `json:"refused,omitempty"`
}

// WhyRobots is what the host's robots.txt says of the URL.
type WhyRobots struct {
	Known   bool      `json:"known"`
	Verdict string    `json:"verdict,omitempty"` // rules, allow or disallow
	Allowed bool      `json:"allowed"`
	Line    int       `json:"line,omitempty"` // the line that decides
	Rule    string    `json:"rule,omitempty"`
	Group   []string  `json:"group,omitempty"` // the user-agent lines above it
	Until   time.Time `json:"until,omitzero"`
}

// WhyLimits is how the URL stands to the limits of what is found.
type WhyLimits struct {
	Trap        string `json:"trap,omitempty"` // trap_path, trap_length or trap_pattern
	Pattern     string `json:"pattern"`
	Fruitless   int    `json:"fruitless"` // requests for the pattern since its last article
	PatternCap  int    `json:"pattern_budget"`
	PagesToday  int    `json:"pages_today"`
	PagesBudget int    `json:"page_budget"`
}

// WhyTurn is when the host is worked on next, and why then.
type WhyTurn struct {
	Exists       bool          `json:"exists"`
	Due          time.Time     `json:"due,omitzero"` // zero: now
	NotBefore    time.Time     `json:"not_before,omitzero"`
	Gap          time.Duration `json:"gap,omitempty"`
	SlowedDownTo time.Duration `json:"slowed_down_to,omitempty"`
	Failures     int           `json:"failures,omitempty"`
	FailingSince time.Time     `json:"failing_since,omitzero"`
	Dropped      time.Time     `json:"dropped,omitzero"`
}

// Explain asks the bus why a URL was fetched or was not. It sends no request to
// anybody else, and changes nothing.
func Explain(ctx context.Context, b *bus.Bus, cfg Config, rawURL string) (*Why, error) {
	u, err := ParseSeed(rawURL)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rawURL, err)
	}
	w := &Why{URL: u.String(), Key: weburl.Key(u), Host: u.Host}
	q := question{Why: w, cfg: cfg.Settled(), bus: b, u: u, pages: cfg.PageBudget}
	for _, ask := range []func(context.Context) error{q.turn, q.outcomes, q.waiting, q.letters, q.sources, q.robots, q.limits} {
		if err := ask(ctx); err != nil {
			return nil, err
		}
	}
	w.Verdict, w.Reason = q.verdict()
	w.Next = w.next()
	return w, nil
}

// question is a Why that is being answered.
type question struct {
	*Why
	cfg   Config
	bus   *bus.Bus
	u     *url.URL
	state hostState
	found bool // the URL's own fingerprint is in the set
	pages int  // the budget of pages
}

func (q *question) isIt(rawURL string) bool {
	if rawURL == q.URL {
		return true
	}
	u, err := weburl.Parse(rawURL)
	return err == nil && weburl.Key(u) == q.Key
}

func (q *question) turn(ctx context.Context) error {
	standing, err := q.bus.Hosts().Look(ctx, bus.HostToken(q.Host))
	if err != nil || !standing.Exists {
		return err
	}
	if len(standing.State) > 0 {
		if err := json.Unmarshal(standing.State, &q.state); err != nil {
			return fmt.Errorf("read turn of %s: %w", q.Host, err)
		}
	}
	s := &q.state
	s.Traps.NewDay(time.Now())
	q.Turn = WhyTurn{
		Exists: true, Due: standing.Due, NotBefore: standing.NotBefore, Gap: s.Gap, SlowedDownTo: s.Slow,
		Failures: s.Failures, FailingSince: s.FailingSince, Dropped: s.Dropped,
	}
	for _, p := range s.Polls {
		if q.isIt(p.URL) {
			q.Poll = &p.Due
		}
	}
	return nil
}

// outcomes asks for the marks of all outcomes that there are.
func (q *question) outcomes(ctx context.Context) error {
	marks := map[uint64]string{bus.Fingerprint(q.Key): ""}
	for outcome := range outcomes {
		marks[outcomeMark(outcome, q.Key)] = outcome
	}
	for code := 300; code < 600; code++ {
		outcome := fmt.Sprintf("http_%d", code)
		marks[outcomeMark(outcome, q.Key)] = outcome
	}
	fingerprints := make([]uint64, 0, len(marks))
	for f := range marks {
		fingerprints = append(fingerprints, f)
	}
	months, err := q.bus.SeenIn(ctx, q.Host, fingerprints)
	if err != nil {
		return err
	}
	for f, month := range months {
		if outcome := marks[f]; outcome != "" {
			q.Outcomes = append(q.Outcomes, WhyOutcome{outcome, month})
		} else {
			q.found = true
		}
	}
	slices.SortFunc(q.Outcomes, func(a, b WhyOutcome) int {
		return strings.Compare(a.Month+a.Outcome, b.Month+b.Outcome)
	})
	return nil
}

func (q *question) waiting(ctx context.Context) error {
	var before, all [bus.PriorityLater + 1]int
	err := q.bus.Waiting(ctx, q.Host, func(job bus.FrontierURL) bool {
		if q.Waiting == nil && !job.Twin && q.isIt(job.URL) {
			q.Waiting = &WhyWaiting{Priority: job.Priority, Attempts: job.Attempts, Found: job.Found, Source: job.Source}
			before = all
		}
		all[job.Priority]++
		return true
	})
	if err != nil {
		return err
	}
	if w := q.Waiting; w != nil {
		for p := range w.Priority {
			w.Ahead += all[p]
		}
		if w.Priority == bus.PriorityFeed { // read from its end
			w.Ahead += all[w.Priority] - before[w.Priority] - 1
		} else {
			w.Ahead += before[w.Priority]
		}
	}
	err = q.bus.ParkedOf(ctx, q.Host, func(job bus.FrontierURL) bool {
		if q.isIt(job.URL) {
			q.Waiting = &WhyWaiting{Priority: job.Priority, Attempts: job.Attempts, Found: job.Found, Source: job.Source, Parked: true}
		}
		return q.Waiting == nil
	})
	if err != nil {
		return err
	}
	return q.bus.WaitingRevisits(ctx, q.Host, func(job bus.FrontierURL) bool {
		if job.Revisit != nil && q.isIt(job.URL) && (q.Revisit == nil || job.Revisit.Due.Before(*q.Revisit)) {
			q.Revisit = &job.Revisit.Due
		}
		return true
	})
}

func (q *question) letters(ctx context.Context) error {
	return q.bus.DeadURLs(ctx, q.Host, func(d bus.DeadLetter, job bus.FrontierURL) bool {
		if q.isIt(job.URL) {
			q.Letters = append(q.Letters, WhyLetter{Number: d.Seq, Time: d.Time, Reason: d.Reason, Error: d.Error})
		}
		return true
	})
}

func (q *question) sources(ctx context.Context) error {
	ids, err := q.bus.Sources(ctx)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range ids {
		src, err := readScope(ctx, q.bus, id)
		if errors.Is(err, bus.ErrNotFound) {
			continue
		} else if err != nil {
			return err
		}
		answer := WhySource{ID: id, Seed: slices.ContainsFunc(src.Seeds, q.isIt), Paused: src.Paused, Refused: src.refusedBy(q.URL)}
		if answer.Seed || src.owns(q.Host) || q.Waiting != nil && q.Waiting.Source == id {
			q.Sources = append(q.Sources, answer)
			if src.PageBudget != nil {
				q.pages = *src.PageBudget
			}
		}
	}
	return nil
}

func (q *question) robots(ctx context.Context) error {
	var entry robotsEntry
	err := q.bus.Robots(ctx, q.Host, &entry)
	if errors.Is(err, bus.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	rules := entry.rules(q.cfg.agentToken())
	q.Robots = WhyRobots{Known: true, Verdict: entry.Verdict, Allowed: rules.Allowed(q.u), Line: rules.Line(q.u), Until: entry.Expires}
	if q.Robots.Line > 0 {
		q.Robots.Rule, q.Robots.Group = ruleAt(entry.Body, q.Robots.Line)
	}
	return nil
}

// ruleAt returns a line of a robots.txt and the user-agent lines of its group.
func ruleAt(body []byte, number int) (rule string, group []string) {
	body = bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	lines := strings.Split(string(body), "\n")
	if number > len(lines) {
		return "", nil
	}
	isAgent := func(line string) bool { return strings.HasPrefix(strings.ToLower(line), "user") }
	i := number - 2
	for i >= 0 && !isAgent(strings.TrimSpace(lines[i])) {
		i--
	}
	for ; i >= 0; i-- {
		line := strings.TrimSpace(lines[i])
		if isAgent(line) {
			group = append([]string{line}, group...)
		} else if line != "" && line[0] != '#' {
			break
		}
	}
	return strings.TrimSpace(lines[number-1]), group
}

func (q *question) limits(context.Context) error {
	v := &visit{Crawler: &Crawler{cfg: q.cfg}, lane: &lane{host: q.Host}, state: q.state}
	priority := bus.PriorityNear
	if q.Waiting != nil {
		priority = q.Waiting.Priority
	}
	trap := v.misshapen(q.u, priority)
	if trap == "" {
		trap = v.fruitless(q.u, priority)
	}
	narrow, _ := traps.Patterns(q.u)
	used, _ := q.state.Traps.Used(traps.KindOf(q.u))
	q.Limits = WhyLimits{
		Trap: trap, Pattern: narrow, Fruitless: used, PatternCap: q.cfg.PatternBudget,
		PagesToday: q.state.Traps.Pages, PagesBudget: q.pages,
	}
	return nil
}

// verdict puts the answers together: what is to come counts before what was.
func (q *question) verdict() (verdict, reason string) {
	if q.Waiting != nil {
		return "waiting", q.obstacle()
	}
	if n := len(q.Letters); n > 0 {
		return "failed", q.Letters[n-1].Reason
	}
	for _, kind := range []string{"withheld", "fetched", "failed", "skipped"} {
		for _, o := range q.Outcomes {
			if kindOf(o.Outcome) == kind {
				return kind, o.Outcome
			}
		}
	}
	switch {
	case q.Poll != nil:
		return "polled", ""
	case q.found:
		return "found", ""
	}
	return "unknown", q.obstacle()
}

// obstacle says why a URL would not be fetched, as far as is known.
func (q *question) obstacle() string {
	admitted := func(s WhySource) bool {
		return s.Seed || s.Refused == "" || q.Waiting != nil && q.Waiting.Source != s.ID
	}
	paused := func(s WhySource) bool { return s.Paused && (q.Waiting == nil || q.Waiting.Source == s.ID) }
	switch {
	case slices.ContainsFunc(q.Sources, paused):
		return "source_paused"
	case !q.Turn.Dropped.IsZero():
		return "host_dropped"
	case len(q.Sources) > 0 && !slices.ContainsFunc(q.Sources, admitted):
		return "scope"
	case q.Robots.Known && !q.Robots.Allowed && time.Now().Before(q.Robots.Until):
		if q.Robots.Verdict == "disallow" {
			return "robots_unreachable"
		}
		return "robots"
	}
	return q.Limits.Trap
}
