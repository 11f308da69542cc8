package logs

import (
	"cmp"
	"fmt"
	"strings"

	"pressmill/pkg/logging"
)

// The states in which a page can be, as far as lines tell.
const (
	StateWritten       = "written"       // in every sink that has written anything of the crawl
	StatePartlyWritten = "partly"        // in some of them
	StateLeftOut       = "left_out"      // left out by every sink
	StateRefused       = "refused"       // by a receiver; among the dead letters
	StateDeadLetter    = "dead_letter"   // given up, can be replayed
	StateRejected      = "rejected"      // no article
	StateDuplicate     = "duplicate"     // the bus had this version already
	StateWaitsSink     = "waits_sink"    // published, not written
	StateParsed        = "parsed"        // parsed, not published
	StateWaitsParser   = "waits_parser"  // on the bus, not parsed
	StateFetched       = "fetched"       // fetched, and that is all that was wanted, or is known
	StateRedirect      = "redirect"      // led on to another URL
	StateSkipped       = "skipped"       // not fetched, by rule
	StateWithheld      = "withheld"      // asks not to be passed on
	StateRetry         = "waits_attempt" // failed, and will be fetched again
	StateFailed        = "failed"        // given up
	StateStarted       = "started"       // no outcome of a fetch is among the lines
)

// ending says what became of the page: the farthest that it came counts.
func (p *PageTrace) ending(t *Tracer) (state, words string) {
	last := map[string]*taken{}
	for i := range p.takes {
		last[p.takes[i].Event] = &p.takes[i]
	}
	if state, words = p.inSinks(t, last); state != "" {
		return state, words
	}
	if dead := last[logging.DeadLetter]; dead != nil && p.latest(dead) {
		return StateDeadLetter, fmt.Sprintf("given up (%s): it lies among the dead letters; see `pressmill deadletters list`, and `replay`", dead.reason)
	}
	if state, words = parsed(t, last); state != "" {
		return state, words
	}
	if last[logging.PagePublished] != nil {
		return StateWaitsParser, "parse.done or parse.rejected is missing: the page waits for a parser, or the parsers' logs are not among these"
	}
	return p.fetched(last)
}

// latest says whether no later step went farther than a dead letter: a replayed one goes on.
func (p *PageTrace) latest(dead *taken) bool {
	for i := range p.takes {
		if s := &p.takes[i]; s.At.After(dead.At) && s.rank >= dead.rank && s.Event != logging.DeadLetter && s.Event != logging.PageArchived {
			return false
		}
	}
	return true
}

func (p *PageTrace) inSinks(t *Tracer, last map[string]*taken) (state, words string) {
	var written, left []string
	have := map[string]bool{}
	for i := range p.takes {
		switch s := &p.takes[i]; s.Event {
		case logging.ArticleWritten:
			if !have[s.sink] {
				written = append(written, s.sink)
			}
			have[s.sink] = true
		case logging.ArticleSkipped:
			have[s.sink] = true
			left = append(left, s.sink+" ("+s.reason+")")
		case logging.ArticleRefused:
			have[s.sink] = true
		}
	}
	refused := last[logging.ArticleRefused]
	if len(have) == 0 {
		return "", ""
	}
	var said []string
	if len(written) > 0 {
		said = append(said, "written to "+list(written))
	}
	if len(left) > 0 {
		said = append(said, "left out by "+list(left))
	}
	if refused != nil {
		said = append(said, "refused by "+refused.sink+" ("+refused.reason+"): see `pressmill deadletters list`")
	}
	missing := p.missingSinks(t, have)
	if len(missing) > 0 {
		said = append(said, "article.written of "+list(missing)+" is missing: it waits there, or that sink's logs are not all among these")
	}
	switch {
	case refused != nil:
		state = StateRefused
	case len(written) == 0:
		state = StateLeftOut
	case len(missing) > 0:
		state = StatePartlyWritten
	default:
		state = StateWritten
	}
	return state, strings.Join(said, "; ")
}

func parsed(t *Tracer, last map[string]*taken) (state, words string) {
	published := cmp.Or(last[logging.ArticlePublished], last[logging.TakedownPublished])
	switch {
	case published != nil:
		if where := inObject(published, t.objs); where != "" {
			return StateWritten, where
		}
		return StateWaitsSink, "article.written is missing: the article waits for its object, or the sinks' logs are not among these"
	case last[logging.ArticleDuplicate] != nil:
		return StateDuplicate, "the bus had this version of the article already; it is not written again"
	case last[logging.ParseRejected] != nil:
		return StateRejected, "no article: " + last[logging.ParseRejected].reason
	case last[logging.ParseDone] != nil:
		return StateParsed, "article.published is missing: the stream of articles is full, the parser was killed, or its log is cut off"
	case last[logging.ParseFailed] != nil:
		return StateWaitsParser, "parse.done is missing after parse.failed: the page waits to be delivered to a parser again"
	}
	return "", ""
}

func (p *PageTrace) fetched(last map[string]*taken) (state, words string) {
	done, failed, skipped := last[logging.FetchDone], last[logging.FetchFailed], last[logging.FetchSkipped]
	switch {
	case done != nil:
		return p.done(done)
	case last[logging.PageWithheld] != nil:
		return StateWithheld, "not passed on, because the page asks for that: " + last[logging.PageWithheld].reason
	case skipped != nil && (failed == nil || !failed.At.After(skipped.At)):
		return StateSkipped, "not fetched, by rule: " + skipped.reason
	case failed != nil && failed.Level == Warn.String():
		return StateRetry, fmt.Sprintf("failed (%s) and waits in the frontier for its next attempt, %s after the last one at least", failed.reason, millis(failed.backoff))
	case failed != nil:
		return StateFailed, "given up: " + failed.reason
	}
	return StateStarted, "fetch.done, fetch.failed or fetch.skipped is missing: the URL waits in the frontier, or its crawler's log is not among these"
}

// done says what followed from a page that was fetched and not published.
func (p *PageTrace) done(done *taken) (state, words string) {
	switch done.kind {
	case "redirect":
		if p.LedTo != nil {
			return StateRedirect, fmt.Sprintf("a redirect: led to %s (page %s)", p.LedTo.URL, p.LedTo.PageID)
		}
		return StateRedirect, "a redirect: no line tells of where it led; the target waits in the frontier, or another crawler's log has it"
	case "withheld":
		return StateWithheld, "not passed on, because the page asks for that: " + done.reason
	case "feed", "sitemap":
		return StateFetched, "read as a " + done.kind + ": its entries have pages of their own, with this one as from_page_id"
	case "unchanged":
		return StateFetched, "unchanged since the look before; nothing is passed on"
	case "missing":
		return StateFetched, "missing now; it is asked for once more before it counts as gone"
	case "twin":
		return StateFetched, "had already under another address; nothing is passed on"
	}
	return StateFetched, "page.published is missing: the crawler was killed before it could say so, or its log is cut off"
}
