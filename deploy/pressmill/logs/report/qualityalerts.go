package report

import (
	"fmt"

	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/logging"
)

func (b *Builder) silentAlerts(*Report) (found []Alert) {
	silent := open(b.states(logging.SourceSilent))
	if len(silent) == 0 {
		return nil
	}
	return append(found, Alert{
		Urgency: Act, Event: logging.SourceSilent, Short: isAre(len(silent), "silent source", "silent sources"),
		Text: fmt.Sprintf("%s brought no news for three times the usual gap.", isAre(len(silent), "source has", "sources have")),
		Do:   "pressmill sources list; pressmill why URL for an article that is missing. The site moved its feed, blocks us, or was redesigned.",
	}.names(subjects(silent)))
}

func driftAlerts(r *Report) (found []Alert) {
	var who []string
	for _, s := range r.Sources.List {
		for _, d := range s.Drifts {
			if !d.Over {
				who = append(who, fmt.Sprintf("%s: %s", s.Name, d.text()))
			}
		}
	}
	if len(who) == 0 {
		return nil
	}
	return append(found, Alert{
		Urgency: Act, Event: logging.SourceDrift, Short: isAre(len(who), "field that drifts", "fields that drift"),
		Text: fmt.Sprintf("%s from what is usual: the site was redesigned, or a rule does not fit any more.", isAre(len(who), "field differs", "fields differ")),
		Do:   "parser explain -url URL -o out.html page.html shows what is taken and why; mend or write a site rule.",
	}.names(who))
}

// text is a drift in words.
func (d Drift) text() string {
	if d.Field == "words" {
		return fmt.Sprintf("words %.0f, usually %.0f", d.Share, d.Usual)
	}
	return fmt.Sprintf("%s %s, usually %s", d.Field, percent(d.Share), percent(d.Usual))
}

func deadAlerts(r *Report) (found []Alert) {
	if r.Dead.N == 0 {
		return nil
	}
	a := Alert{
		Urgency: Look, Event: logging.DeadLetter, Short: "dead letters",
		Text: fmt.Sprintf("%s: something was given up and put aside.", plural(r.Dead.N, "dead letter")),
		Do:   "pressmill deadletters list; show SEQ; when the cause is gone, replay all.",
	}
	if hours := max(1, r.To.Sub(r.From).Hours()); float64(r.Dead.N)/hours > handful {
		a.Urgency = Act
	}
	var who []string
	for _, g := range r.Dead.Groups {
		who = append(who, fmt.Sprintf("%s · %s: %s", g.Stage, g.Reason, number(g.N)))
	}
	return append(found, a.names(who))
}

// roomAlerts find what could not be put aside.
func (b *Builder) roomAlerts(*Report) (found []Alert) {
	if n := b.noted[logging.DeadLetterRefused]; n != nil {
		found = append(found, Alert{
			Urgency: Act, Event: logging.DeadLetterRefused, Short: "no room for dead letters",
			Text: "There was no room for dead letters, and what was to become one waits.", Detail: n.detail,
			Do: "pressmill deadletters list; show SEQ; replay or delete them, or raise bus.dead_letters_max_bytes and run pressmill topology apply.",
		}.names(names(n.of)))
	}
	if n := b.noted[logging.ParkedRefused]; n != nil {
		found = append(found, Alert{
			Urgency: Act, Event: logging.ParkedRefused, Short: "no room for URLs that are to lie aside",
			Text: "There was no room for URLs that are to lie aside, and they wait in their hosts' frontiers for the next day.",
			Do:   "pressmill sources list; resume or remove the paused ones, or raise bus.frontier_max_bytes and run pressmill topology apply.",
		}.names(names(n.of)))
	}
	return found
}

// lagAlerts find stages in front of which ever more waits.
func lagAlerts(r *Report) (found []Alert) {
	for _, s := range r.Stages {
		first, last, known := int64(0), int64(0), 0
		for _, lag := range s.LagIn {
			if lag == unknown {
				continue
			}
			if known == 0 {
				first = lag
			}
			last = lag
			known++
		}
		if known > 1 && last >= lagging && last > 2*first && r.To.Sub(r.From) >= pressing {
			found = append(found, Alert{
				Urgency: Look, Event: logging.StageSummary + " " + logging.KeyLag, Short: "a lag that grows",
				Text: fmt.Sprintf("What waits for the %s grew from %s to %s.", s.Name, number(first), number(last)),
				Do:   "Start more of it, and see whether its latencies below have jumped. More than 16 sinks do nothing; crawlers wait for their hosts.",
			})
		}
	}
	return found
}

func answerAlerts(r *Report) (found []Alert) {
	all := sum(r.Statuses)
	if all < judged {
		return nil
	}
	no, down := share(r.Statuses[refused].N, all), share(r.Statuses[broken].N+r.Statuses[silent].N, all)
	var who []string
	for _, h := range r.Hosts.Worst {
		if h.Requests >= judged && h.Refused() >= pressed {
			who = append(who, h.Name)
		}
	}
	if no >= refusals || r.Hosts.Pressed > 0 {
		a := Alert{
			Urgency: Look, Event: logging.FetchFailed + " http_403, http_429", Short: "hosts that refuse us",
			Text: fmt.Sprintf("%s answered 403 or 429 to a tenth of our requests or more; of all requests it is %s.",
				plural(int64(r.Hosts.Pressed), "host"), percent(no)),
			Do: "The site wants us slower or not at all. Is a contact set? Raise its delay, ask the owner, or remove the source. More workers change nothing.",
		}.names(who)
		a.More = max(0, r.Hosts.Pressed-len(a.Names))
		if no >= refusals {
			a.Urgency = Act
		}
		found = append(found, a)
	}
	if down >= outages {
		found = append(found, Alert{
			Urgency: Act, Event: logging.FetchFailed, Short: "hosts that do not answer",
			Text: fmt.Sprintf("%s of all requests got no answer or an error of the server.", percent(down)),
			Do:   "Many hosts at once: look at our own network, DNS and proxies first. Reasons and hosts are below.",
		})
	}
	return found
}

func (b *Builder) droppedAlerts(*Report) (found []Alert) {
	dropped := open(b.states(logging.HostDropped))
	if len(dropped) == 0 {
		return nil
	}
	return append(found, Alert{
		Urgency: Look, Event: logging.HostDropped, Short: "dropped hosts",
		Text: fmt.Sprintf("%s for days and is asked once a day; what waited of it is dead letters.", isAre(len(dropped), "host failed", "hosts failed")),
		Do:   "It comes back by itself. If the site is gone, remove its source.",
	}.names(subjects(dropped)))
}

func lineAlerts(r *Report) (found []Alert) {
	faults := int64(0)
	for _, f := range r.Files {
		faults += f.Faults()
	}
	if faults > 0 && share(faults, r.Totals.Lines+faults) >= unreadable {
		found = append(found, Alert{
			Urgency: Look, Short: "lines that cannot be read", Event: "lines",
			Text: plural(faults, "line") + " could not be read, so figures may be too low.",
			Do:   "See the inputs below. A panic shows as lines that are not JSON.",
		})
	}
	var who []string
	for _, s := range r.Stages {
		if s.Missing > 0 {
			who = append(who, s.Name+": "+number(s.Missing))
		}
	}
	if len(who) > 0 {
		found = append(found, Alert{
			Urgency: Look, Short: "missing lines", Event: logging.StageSummary,
			Text: "Summaries count more items than there are lines, so figures here are too low.",
			Do:   "Lines were lost on their way, files are missing, or log.level was above info. What is counted by summaries is exact.",
		}.names(who))
	}
	return found
}

// levelAlerts find logs that tell of faults alone.
func (b *Builder) levelAlerts(*Report) (found []Alert) {
	if levels := b.tally.Whole.Levels; levels[logs.Debug]+levels[logs.Info] > 0 {
		return nil
	}
	return append(found, Alert{
		Urgency: Look, Short: "a log of faults alone", Event: logging.KeyLevel,
		Text: "There is no line of the level info, so that only faults are told, and no work.",
		Do:   "Set log.level to info: it has a line for each item, and the summaries.",
	})
}
