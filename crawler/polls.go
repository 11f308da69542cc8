package crawler

import (
	"net/http"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
)

// poll is a seed, feed or sitemap that is looked at again.
type poll struct {
	URL          string    `json:"url"`
	Source       string    `json:"source"`
	Due          time.Time `json:"due"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
}

// duePoll returns a poll that is due, and the job that it is.
func (v *visit) duePoll() (bus.FrontierURL, *poll, bool) {
	if v.cfg.Once {
		return bus.FrontierURL{}, nil, false
	}
	for i := range v.state.Polls {
		if p := &v.state.Polls[i]; !time.Now().Before(p.Due) {
			return bus.FrontierURL{URL: p.URL, Source: p.Source, Seed: true, CrawlID: "poll", Found: p.Due}, p, true
		}
	}
	return bus.FrontierURL{}, nil, false
}

// polled notes when a seed is looked at again.
func (v *visit) polled(job bus.FrontierURL, p *poll, resp *response) {
	if v.cfg.Once || !job.Seed {
		return
	}
	if p == nil {
		for i := range v.state.Polls {
			if v.state.Polls[i].URL == job.URL {
				p = &v.state.Polls[i]
			}
		}
	}
	if p == nil {
		v.state.Polls = append(v.state.Polls, poll{URL: job.URL, Source: job.Source})
		p = &v.state.Polls[len(v.state.Polls)-1]
	}
	p.Due = time.Now().Add(v.cfg.Poll)
	if resp.status == http.StatusOK {
		p.ETag, p.LastModified = resp.header.Get("ETag"), resp.header.Get("Last-Modified")
	}
	v.log.Info("polled", logging.Event(logging.SourcePoll), logging.URL(job.URL), zap.String(logging.KeySource, job.Source), zap.Time("next", p.Due))
}

func (v *visit) dropPoll(p *poll) {
	if p == nil {
		return
	}
	for i := range v.state.Polls {
		if &v.state.Polls[i] == p {
			v.state.Polls = append(v.state.Polls[:i], v.state.Polls[i+1:]...)
			return
		}
	}
}

func (v *visit) postpone(p *poll) {
	if p != nil {
		p.Due = time.Now().Add(v.cfg.Poll)
	}
}
