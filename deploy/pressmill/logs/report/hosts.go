package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/logging"
)

// host counts the answers of a host.
type host struct {
	classes [classes]int64
	took    spread
	reasons counts
}

const (
	// pressed is the share of 403 and 429 from which on a host does not want us so.
	pressed = 0.1
	// noticed is the share of requests that brought nothing from which on a host is among the worst.
	noticed = 0.05
	// judged is the least number of requests that a share is made of.
	judged = 10
)

func (h *host) answer(l *logs.Line, class int) {
	h.classes[class]++
	if class != answered {
		h.reasons.add(l.Bytes(logs.Reason), 1)
	}
	if ms, ok := l.Number(logs.Took); ok {
		h.took.add(ms)
	}
}

// classOf is the class of the answer that a fetch failed with.
func classOf(l *logs.Line) int {
	status := int(l.Int(logs.Status))
	reason := string(l.Bytes(logs.Reason))
	if code, found := strings.CutPrefix(reason, "http_"); found && status == 0 {
		status, _ = strconv.Atoi(code)
	}
	switch {
	case status == 403 || status == 429:
		return refused
	case status >= 500:
		return broken
	case status >= 300:
		return missing
	}
	switch reason {
	case "redirect", "bad_feed", "bad_sitemap", "decode", "empty":
		return missing
	}
	return silent
}

func (h *host) tell(name string) Host {
	t := Host{Name: cmp.Or(short(name), "unnamed"), Classes: h.classes, Mean: round(h.took.Mean()), P95: h.took.quantile(0.95), Max: round(h.took.max)}
	for _, n := range h.classes {
		t.Requests += n
	}
	if reasons := h.reasons.list(); len(reasons) > 0 {
		t.Reason = reasons[0].Name
	}
	return t
}

// The number of hosts that are shown.
const (
	shownHosts = 12
	listHosts  = 50
)

// tellHosts chooses the hosts to show, and returns all answers by class.
func (b *Builder) tellHosts() (Hosts, []Count) {
	all := make([]Host, 0, len(b.hosts.by))
	for name, h := range b.hosts.by {
		all = append(all, h.tell(name))
	}
	t := Hosts{All: len(all), Uncounted: b.hosts.full}
	statuses := make([]Count, classes)
	for class := range statuses {
		statuses[class] = Count{classNames[class], b.hosts.rest.classes[class]}
		for _, h := range all {
			statuses[class].N += h.Classes[class]
		}
	}
	for _, h := range all {
		if h.Requests >= judged && h.Refused() >= pressed {
			t.Pressed++
		}
	}
	t.Busiest = most(all, func(h Host) float64 { return float64(h.Requests) })
	t.Slowest = most(all, func(h Host) float64 { return h.P95 })
	t.Worst = most(all, func(h Host) float64 {
		if h.Bad() < noticed {
			return 0
		}
		return h.Bad() * float64(h.Requests-h.Classes[answered])
	})
	return t, statuses
}

// most returns the hosts that have most of something, and any of it.
func most(all []Host, of func(Host) float64) []Host {
	slices.SortFunc(all, func(a, b Host) int { return cmp.Or(cmp.Compare(of(b), of(a)), strings.Compare(a.Name, b.Name)) })
	n := 0
	for n < min(len(all), listHosts) && of(all[n]) > 0 {
		n++
	}
	return slices.Clone(all[:n])
}

// buried counts a dead letter.
func (b *Builder) buried(l *logs.Line, at int) {
	name, reason := "", cut(l.Text(logs.Reason), 60)
	if at < stages {
		name = stageNames[at]
	}
	if at == parser || at == sink {
		b.failed(l, at, l.Bytes(logs.Reason))
	}
	b.dead.n++
	g := DeadGroup{Stage: name, Reason: reason}
	if _, known := b.dead.groups[g]; !known && len(b.dead.groups) >= maxReasons {
		g.Reason = "other"
	}
	b.dead.groups[g]++
	b.dead.keep(DeadLetter{
		At: l.When(), Stage: name, Reason: reason, Host: short(l.Text(logs.Host)),
		URL: cut(logging.RedactURL(l.Text(logs.URL)), 200), Detail: cut(l.Text(logs.Error), 200),
	})
}

// deadCount counts dead letters and keeps the latest.
type deadCount struct {
	n      int64
	groups map[DeadGroup]int64
	latest []DeadLetter // the oldest one first
}

func (d *deadCount) keep(letter DeadLetter) {
	i, _ := slices.BinarySearchFunc(d.latest, letter, func(a, b DeadLetter) int { return a.At.Compare(b.At) })
	d.latest = slices.Insert(d.latest, i, letter)
	if len(d.latest) > maxDeadKept {
		d.latest = d.latest[1:]
	}
}

func (d *deadCount) tell() Dead {
	t := Dead{N: d.n, Latest: slices.Clone(d.latest)}
	slices.Reverse(t.Latest)
	for g, n := range d.groups {
		g.N = n
		t.Groups = append(t.Groups, g)
	}
	slices.SortFunc(t.Groups, func(a, b DeadGroup) int {
		return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Stage, b.Stage), strings.Compare(a.Reason, b.Reason))
	})
	return t
}
