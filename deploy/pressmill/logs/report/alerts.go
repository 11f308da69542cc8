package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"pressmill/pkg/logging"
)

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
