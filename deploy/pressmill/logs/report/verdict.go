package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/logging"
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
		driftAlerts, deadAlerts, lagAlerts, answerAlerts, b.busAlerts, b.droppedAlerts, lineAlerts,
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

func (b *Builder) deniedAlerts(*Report) (found []Alert) {
	if n := b.noted[logging.NATSDenied]; n != nil {
		found = append(found, Alert{
			Urgency: Act, Event: logging.NATSDenied, Short: "a worker without its rights",
			Text: fmt.Sprintf("The bus refuses a worker what it needs, and the worker stops, %s.", times(n.n)), Detail: n.detail,
			Do: "Give the servers the permissions of this version: pressmill bus authorization, then reload them. After a change of keys: the worker has the old one.",
		}.names(names(n.of)))
	}
	return found
}

func names(c counts) (list []string) {
	for _, n := range c.list() {
		list = append(list, n.Name)
	}
	return list
}

func crashAlerts(r *Report) (found []Alert) {
	switch {
	case len(r.Lives.Crashing) > 0:
		found = append(found, Alert{
			Urgency: Act, Event: logging.ServiceStart, Short: "a crash loop",
			Text: fmt.Sprintf("%s in a crash loop; %s ended with an error or without a word.",
				isAre(len(r.Lives.Crashing), "process is", "processes are"), plural(r.Lives.Deaths, "run")),
			Do: "Read the last lines before each start, and service.stop if there is one: exit code 2 is the configuration. Without a word it was killed: look for the memory limit.",
		}.names(r.Lives.Crashing))
	case r.Lives.Deaths > 0:
		found = append(found, Alert{
			Urgency: Look, Event: logging.ServiceStop, Short: "a process that died",
			Text: fmt.Sprintf("%s of a process ended with an error or without a word.", plural(r.Lives.Deaths, "run")),
			Do:   "See the processes below; what it held goes to others after bus.ack_wait.",
		}.names(mortal(r.Lives.Rows)))
	}
	return found
}

func mortal(list []Life) (names []string) {
	for _, l := range list {
		if l.deaths() > 0 {
			names = append(names, l.Service+" on "+l.Name)
		}
	}
	return names
}

// standstillAlerts find a stage behind which nothing comes out.
func (b *Builder) standstillAlerts(r *Report) (found []Alert) {
	last := func(stage int) time.Duration { return time.Duration(b.to - max(b.lastOut[stage], b.from)) }
	crawled, parsed, written := r.Stages[crawler], r.Stages[parser], r.Stages[sink]
	if crawled.Out > 0 && parsed.Seen && last(parser) > max(idle, r.To.Sub(r.From)/4) {
		found = append(found, Alert{
			Urgency: Act, Event: logging.ArticlePublished, Short: "no more articles",
			Text: fmt.Sprintf("No article was published in the last %s, while lines go on.", lasted(last(parser))),
			Do:   "Which stage.summary is missing or has in 0? /readyz of that stage says why; nats.disconnected and backpressure.on name the next one.",
		})
	}
	if parsed.Out > 0 && written.Seen && b.lastOut[parser]-max(b.lastOut[sink], b.from) > int64(idle) {
		found = append(found, Alert{
			Urgency: Act, Event: logging.SegmentCommitted, Short: "sinks that write nothing",
			Text: fmt.Sprintf("No sink has written anything in the last %s, while articles came.", lasted(last(sink))),
			Do:   "The store is away, slow or full, or its credentials have ended: backpressure.on with reason store says the error. Nothing is lost; it goes on by itself.",
		})
	}
	return found
}

func (b *Builder) pressureAlerts(*Report) (found []Alert) {
	list := b.states(logging.BackpressureOn)
	if len(list) == 0 {
		return nil
	}
	a := Alert{
		Urgency: Look, Short: "back-pressure", Event: logging.BackpressureOn,
		Do: "The stage behind it does not keep up, or the volume of NATS is full: nats stream report. With the reason store, the store is away or full, or refuses the credentials.",
	}
	var longest time.Duration
	var who []string
	for _, s := range list {
		longest = max(longest, s.lasted)
		a.Detail = cmp.Or(a.Detail, s.detail)
		who = append(who, s.waiting())
	}
	if still := len(open(list)); still > 0 {
		a.Text = isAre(still, "worker waits", "workers wait") + " for the stage behind, and did so when these lines end."
	} else {
		a.Text = fmt.Sprintf("Workers waited for the stage behind, for %s at the longest; that is over.", lasted(longest))
	}
	if list[0].open {
		a.Urgency = Act
	}
	return append(found, a.names(who))
}

// waiting is a state of back-pressure in words.
func (s state) waiting() string {
	parts := slices.DeleteFunc([]string{stageName(s.stage), short(s.of), s.reason, short(s.by)}, func(s string) bool { return s == "" })
	how := "for "
	if s.open {
		how = "still, for "
	}
	return strings.Join(append(parts, how+lasted(s.lasted)), " · ")
}

func stageName(i int) string {
	if i < stages {
		return stageNames[i]
	}
	return ""
}

func (b *Builder) receiverAlerts(*Report) (found []Alert) {
	if down := open(b.states(logging.ReceiverDown)); len(down) > 0 {
		found = append(found, Alert{
			Urgency: Act, Event: logging.ReceiverDown, Short: "a receiver that takes nothing",
			Text: isAre(len(down), "receiver takes", "receivers take") + " nothing.", Detail: down[0].detail,
			Do: "Ask whoever runs it. The sink goes on by itself; articles wait in their stream.",
		}.names(subjects(down)))
	}
	if n := b.noted[logging.ReceiverGone]; n != nil {
		found = append(found, Alert{
			Urgency: Act, Event: logging.ReceiverGone, Short: "a receiver that is gone", Text: "A receiver wants no more (410), and its sink has stopped.",
			Do: "Remove the sink from the configuration, or give it the receiver's new address.",
		}.names(names(n.of)))
	}
	return found
}

// lostAlerts find articles that no sink will ever see, and positions that began anew.
func (b *Builder) lostAlerts(*Report) (found []Alert) {
	if n := b.noted[logging.SegmentGap]; n != nil {
		found = append(found, Alert{
			Urgency: Act, Event: logging.SegmentGap, Short: "lost articles",
			Text: fmt.Sprintf("Articles were gone from their stream before a sink had read them, %s.", times(n.n)),
			Do:   "pressmill reparse makes them again from an archive. Raise bus.articles_max_bytes, or find out why the sink stood still.",
		}.names(names(n.of)))
	}
	if n := b.noted[logging.EpochBegun]; n != nil {
		found = append(found, Alert{
			Urgency: Look, Event: logging.EpochBegun, Short: "a new epoch", Text: "A sink counts positions anew, because the stream is not the one that it knew.",
			Do: "Expected after a restore or a change of format. Otherwise two clusters write to one store: stop one.",
		}.names(names(n.of)))
	}
	return found
}

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

func (b *Builder) busAlerts(*Report) (found []Alert) {
	list := b.states(logging.NATSDisconnected)
	switch still := open(list); {
	case len(still) > 0:
		found = append(found, Alert{
			Urgency: Act, Event: logging.NATSDisconnected, Short: "a lost bus",
			Text: fmt.Sprintf("%s the bus.", isAre(len(still), "process has lost", "processes have lost")),
			Do:   "Are the NATS servers up, and can they be reached? Workers go on by themselves when they are.",
		}.names(subjects(still)))
	case len(list) > 0:
		found = append(found, Alert{
			Urgency: Look, Event: logging.NATSDisconnected, Short: "a bus that was away",
			Text: fmt.Sprintf("The bus was away from %s, and came back.", isAre(len(list), "process", "processes")),
			Do:   "Normal when servers are rolled; otherwise see their logs.",
		}.names(subjects(list)))
	}
	if n := b.noted[logging.NATSWaiting]; n != nil && time.Duration(b.to-n.last) < time.Minute && b.to-b.from > int64(time.Minute) {
		found = append(found, Alert{
			Urgency: Act, Event: logging.NATSWaiting, Short: "a worker that waits for the bus", Text: "A worker waits for the bus, or for its topology.", Detail: n.detail,
			Do: "pressmill topology check says what differs; pressmill topology apply mends it.",
		}.names(names(n.of)))
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
