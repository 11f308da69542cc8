package crawler

import (
	"context"
	"encoding/json"
	"time"

	"go.uber.org/zap"

	"pressmill/crawler/cadence"
	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
)

// Standing is what is remembered of a source beyond its polls.
type Standing struct {
	LastSuccess time.Time `json:"last_success,omitzero"` // when a poll was answered last
	Found       int       `json:"found"`                 // URLs that were new at polls
	cadence.Rhythm
}

// Status is how a source does, on one host or on all. The holder of a host's
// turn writes it at polls.
type Status struct {
	Standing
	Polls []poll `json:"polls,omitempty"`
}

// nextPoll returns when the source is polled next, or the zero time.
func (s Status) nextPoll() (next time.Time) {
	for _, p := range s.Polls {
		if next.IsZero() || p.Due.Before(next) {
			next = p.Due
		}
	}
	return next
}

// Failing returns how many polls failed the last time.
func (s Status) Failing() (n int) {
	for _, p := range s.Polls {
		if p.Fails > 0 {
			n++
		}
	}
	return n
}

func (s Status) state(src *scope) string {
	switch {
	case src.unreadable != nil:
		return "unreadable"
	case src.Paused:
		return "paused"
	case len(s.Polls) > 0 && s.Failing() == len(s.Polls):
		return "failing"
	case s.Silent:
		return "silent"
	default:
		return "active"
	}
}

// stand notes how a source was polled, well or not, and how many URLs were new.
// It tells when the source falls silent, and when it is back.
func (v *visit) stand(ctx context.Context, source string, fresh int, well bool) {
	now := time.Now().UTC()
	s := v.state.Standings[source]
	if well {
		s.LastSuccess = now
	}
	s.Found += fresh
	turned := s.Heard(now, fresh > 0, v.cfg.SilentAfter)
	if v.state.Standings == nil {
		v.state.Standings = map[string]Standing{}
	}
	v.state.Standings[source] = s
	v.writeStatus(ctx, source)
	if turned {
		v.tellSilence(ctx, source, s)
	}
}

// writeStatus stores how a source does on this host. That it could not be
// stored is no reason to stop.
func (v *visit) writeStatus(ctx context.Context, source string) {
	status := Status{Standing: v.state.Standings[source]}
	for _, p := range v.state.Polls {
		if p.Source == source {
			status.Polls = append(status.Polls, p)
		}
	}
	if err := v.bus.PutStatus(ctx, source, v.host, status); err != nil {
		v.log.Warn("write a source's status", logging.Event(logging.NATSError), zap.String(logging.KeySource, source), zap.Error(err))
	}
}

// tellSilence writes a line when the last of a source's hosts falls silent, and
// when the first of them is back.
func (v *visit) tellSilence(ctx context.Context, source string, s Standing) {
	all, err := statusOf(ctx, v.bus, source)
	if err != nil {
		v.log.Warn("read a source's status", logging.Event(logging.NATSError), zap.String(logging.KeySource, source), zap.Error(err))
	}
	if delete(all, v.host); all.loud() {
		return
	}
	if s.Silent {
		v.log.Warn("a source brought nothing for three times its usual gap", logging.Event(logging.SourceSilent),
			zap.String(logging.KeySource, source), zap.Time(logging.KeyLastNews, s.LastNews), zap.Duration(logging.KeyUsualGap, s.Gap))
		return
	}
	v.log.Info("a source that was silent brings news again", logging.Event(logging.SourceBack), zap.String(logging.KeySource, source))
}

// hostStatuses are a source's statuses by host.
type hostStatuses map[string]Status

func statusOf(ctx context.Context, b *bus.Bus, id string) (hostStatuses, error) {
	all, err := statuses(ctx, b, id)
	return all[id], err
}

// statuses reads the statuses of a source, or of all if the id is "".
func statuses(ctx context.Context, b *bus.Bus, id string) (map[string]hostStatuses, error) {
	all := map[string]hostStatuses{}
	err := b.Statuses(ctx, id, func(source, host string, data []byte) error {
		if all[source] == nil {
			all[source] = hostStatuses{}
		}
		var s Status
		if err := json.Unmarshal(data, &s); err != nil {
			s = Status{} // the next poll writes it anew
		}
		all[source][host] = s
		return nil
	})
	return all, err
}

func (h hostStatuses) hosts() map[string]bool {
	hosts := map[string]bool{}
	for host := range h {
		hosts[host] = true
	}
	return hosts
}

// polls says whether a seed is polled.
func (h hostStatuses) polls(seed string) bool {
	for _, s := range h {
		for _, p := range s.Polls {
			if p.seed() == seed {
				return true
			}
		}
	}
	return false
}

// sum is how the source does on all hosts together. It is silent if it is on
// all of them.
func (h hostStatuses) sum() (all Status) {
	for _, s := range h {
		if s.LastNews.After(all.LastNews) {
			all.LastNews, all.Gap = s.LastNews, s.Gap
		}
		if s.LastSuccess.After(all.LastSuccess) {
			all.LastSuccess = s.LastSuccess
		}
		all.Found += s.Found
		all.Polls = append(all.Polls, s.Polls...)
	}
	all.Silent = len(all.Polls) > 0 && !h.loud()
	return all
}

// loud says whether the source is polled on a host where it is not silent.
func (h hostStatuses) loud() bool {
	for _, s := range h {
		if len(s.Polls) > 0 && !s.Silent {
			return true
		}
	}
	return false
}
