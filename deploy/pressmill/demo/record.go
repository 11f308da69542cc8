package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Request is one request that a site has answered.
type Request struct {
	Host   string `json:"host"` // as the client named it, with its port
	Method string `json:"method"`
	Path   string `json:"path"` // with the query
	Status int    `json:"status"`
	Agent  string `json:"agent"`  // the User-Agent header
	Remote string `json:"remote"` // the client's address and port
	// Start and End are on the server's clock: headers read, answer written.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

func byStart(a, b Request) int { return a.Start.Compare(b.Start) }

// Truth is an article that a crawl must find.
type Truth struct {
	URL   string `json:"url"` // canonical
	Title string `json:"title"`
	// SHA256 is that of the paragraphs, joined by blank lines, in hex. It is of
	// the first version if the article changes.
	SHA256 string `json:"sha256"`
	// Second is that of the second version of an article of a Load.
	Second string `json:"second,omitempty"`
}

// TextSHA256 is the Truth's hash of an article's paragraphs.
func TextSHA256(paragraphs []string) string {
	sum := sha256.Sum256([]byte(norm.NFC.String(strings.Join(paragraphs, "\n\n"))))
	return hex.EncodeToString(sum[:])
}

// Truth returns the articles with whole URLs.
func (s *Site) Truth() (truth []Truth) {
	for _, a := range s.content.articles {
		t := Truth{URL: s.base + a.Path, Title: a.Title, SHA256: TextSHA256(a.Paragraphs)}
		if s.revise > 0 && a.second != nil {
			t.Second = TextSHA256(a.second.Paragraphs)
		}
		truth = append(truth, t)
	}
	return truth
}

// Fault is something that a polite crawler does not do.
type Fault struct {
	Kind string `json:"kind"` // one of the constants below
	Request
	Gap    time.Duration `json:"gap_ns,omitempty"` // of FaultGap and FaultOverlap: since the end of the one before
	Before *Request      `json:"before,omitempty"` // and that one
}

// Kinds of faults.
const (
	FaultGap        = "gap"        // the request came too soon after the end of the last one
	FaultOverlap    = "overlap"    // it came before that end
	FaultDisallowed = "disallowed" // robots.txt disallows it
	FaultRobots     = "robots"     // it was the host's first and not for robots.txt
)

// Faults returns what the site's clients did wrong together, if they are one
// crawler that leaves at least the given gap between two requests.
func (s *Site) Faults(gap time.Duration) (faults []Fault) {
	requests := s.Requests()
	slices.SortStableFunc(requests, byStart)
	var before *Request // the one that ended last
	for i := range requests {
		r := &requests[i]
		if strings.HasPrefix(r.Path, privatePrefix) {
			faults = append(faults, Fault{Kind: FaultDisallowed, Request: *r})
		}
		if before == nil {
			if r.Path != "/robots.txt" {
				faults = append(faults, Fault{Kind: FaultRobots, Request: *r})
			}
			before = r
			continue
		}
		switch since := r.Start.Sub(before.End); {
		case since < 0:
			faults = append(faults, Fault{Kind: FaultOverlap, Request: *r, Gap: since, Before: before})
		case since < gap:
			faults = append(faults, Fault{Kind: FaultGap, Request: *r, Gap: since, Before: before})
		}
		if r.End.After(before.End) {
			before = r
		}
	}
	return faults
}

// Witness is what Record tells: a Site or a Load.
type Witness interface {
	Truth() []Truth
	Requests() []Request
	Faults(gap time.Duration) []Fault
}

// Record answers with what a site has and what was asked of it, as JSON lines:
// /_truth its articles, /_requests every request so far, /_faults?gap=1s what
// was not polite if the gap between two requests is to be that long.
func Record(w Witness) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_truth", func(rw http.ResponseWriter, _ *http.Request) { writeLines(rw, w.Truth()) })
	mux.HandleFunc("GET /_requests", func(rw http.ResponseWriter, _ *http.Request) { writeLines(rw, w.Requests()) })
	mux.HandleFunc("GET /_faults", func(rw http.ResponseWriter, r *http.Request) {
		gap, err := time.ParseDuration(r.URL.Query().Get("gap"))
		if err != nil {
			http.Error(rw, "say which gap: /_faults?gap=1s", http.StatusBadRequest)
			return
		}
		writeLines(rw, w.Faults(gap))
	})
	return mux
}

// writeLines stops when the client has gone.
func writeLines[T any](w http.ResponseWriter, lines []T) {
	w.Header().Set("Content-Type", "application/jsonl")
	enc := json.NewEncoder(w)
	for _, line := range lines {
		if err := enc.Encode(line); err != nil {
			return
		}
	}
}
