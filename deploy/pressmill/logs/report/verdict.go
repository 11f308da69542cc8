package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is what the lines say of the whole.
type Verdict struct {
	Urgency  Urgency // the highest of its alerts
	Headline string
	Summary  string
	Alerts   []Alert // the most urgent first
}

// Urgency says whether something has to be done.
type Urgency uint8

// The urgencies.
const (
	Fine   Urgency = iota
	Look           // when there is time
	Act            // now
	Nobody         // there is nothing to judge
)

func (u Urgency) String() string { return [...]string{"fine", "look", "act", "nothing"}[u] }

// MarshalText writes the urgency as a word.
func (u Urgency) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Alert is one thing that is wrong.
type Alert struct {
	Urgency Urgency
	Short   string // in a few words, as part of a sentence
	Event   string // or field that it was seen by
	Text    string
	Detail  string   // an error, as the lines have it
	Names   []string // of what it is about; some of them
	More    int      // names that are left out
	Do      string
}

// The thresholds of alerts.
const (
	handful    = 5                // dead letters an hour that are no news
	pressing   = 15 * time.Minute // of a lag that grows
	idle       = 10 * time.Minute // of a sink while articles come
	refusals   = 0.1              // share of 403 and 429 among all answers
	outages    = 0.25             // share of 5xx and no answers
	unreadable = 0.01             // share of lines
	lagging    = 100              // items that wait, below which a lag is none
	shownNames = 12
)

// judge finds what is wrong.
func (b *Builder) judge(r *Report) Verdict {
	v := Verdict{Summary: summarise(r)}
	if r.Totals.Lines == 0 {
		v.Urgency, v.Headline = Nobody, "There is nothing to judge: no line could be read"
		return v
	}
	for _, find := range []func(*Report) []Alert{
		b.deniedAlerts, crashAlerts, b.standstillAlerts, b.pressureAlerts, b.receiverAlerts, b.lostAlerts, b.silentAlerts,
		driftAlerts, deadAlerts, b.roomAlerts, lagAlerts, answerAlerts, b.busAlerts, b.droppedAlerts, lineAlerts, b.levelAlerts,
	} {
		v.Alerts = append(v.Alerts, find(r)...)
	}
	slices.SortStableFunc(v.Alerts, func(a, b Alert) int { return cmp.Compare(b.Urgency, a.Urgency) })
	var act, look []string
	for _, a := range v.Alerts {
		v.Urgency = max(v.Urgency, a.Urgency)
		if a.Urgency == Act {
			act = append(act, a.Short)
		} else {
			look = append(look, a.Short)
		}
	}
	v.Headline = headline(act, look)
	return v
}

func headline(act, look []string) string {
	switch {
	case len(act) > 0 && len(look) > 0:
		return fmt.Sprintf("To be done now: %s. %s worth a look", enumerate(act), things(len(look)))
	case len(act) > 0:
		return "To be done now: " + enumerate(act)
	case len(look) > 0:
		return "Nothing stands still. Worth a look: " + enumerate(look)
	}
	return "Nothing is wrong in these lines"
}

// enumerate names a few things, and how many more there are.
func enumerate(list []string) string {
	const few = 5
	if len(list) > few {
		list = append(slices.Clone(list[:few-1]), fmt.Sprintf("%d more", len(list)-few+1))
	}
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

func things(n int) string {
	words := [...]string{"No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"}
	switch {
	case n == 1:
		return "One more thing is"
	case n < len(words):
		return words[n] + " more things are"
	}
	return fmt.Sprintf("%d more things are", n)
}

func summarise(r *Report) string {
	if r.Totals.Lines == 0 {
		return ""
	}
	t := r.Totals
	return fmt.Sprintf("%s fetched, %s published, %s in %s, in %s.", plural(t.Fetched, "document"), plural(t.Articles, "article"),
		number(t.Written)+" written", plural(t.Objects, "object"), lasted(r.To.Sub(r.From)))
}

// names keeps some of a list.
func (a Alert) names(all []string) Alert {
	a.Names = all[:min(len(all), shownNames)]
	a.More = len(all) - len(a.Names)
	return a
}

func subjects(list []state) (names []string) {
	for _, s := range list {
		if name := cmp.Or(short(s.of), short(s.by)); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func open(list []state) []state {
	return slices.DeleteFunc(slices.Clone(list), func(s state) bool { return !s.open })
}

func names(c counts) (list []string) {
	for _, n := range c.list() {
		list = append(list, n.Name)
	}
	return list
}
