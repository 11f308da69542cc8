package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ErrGone says that the receiver answered with 410: it wants no batch any more.
var ErrGone = errors.New("the receiver is gone (410): it wants no more")

var errTimeout = errors.New("timeout")

// RejectedError says that the receiver does not take this batch.
type RejectedError struct {
	Key      string
	Status   int
	Attempts int
	Detail   string // the beginning of the answer's body, one line
}

func (e *RejectedError) Error() string {
	return fmt.Sprintf("batch %s is rejected with %d after %d attempts: %s", e.Key, e.Status, e.Attempts, e.Detail)
}

// TooLarge says that the receiver may take the batch in smaller parts (413).
func (e *RejectedError) TooLarge() bool { return e.Status == http.StatusRequestEntityTooLarge }

// answer is how the receiver answered one attempt; as an error, one that is
// not 2xx.
type answer struct {
	status     int
	retryAfter time.Duration
	detail     string
}

func (a answer) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("status %d: %s", a.status, a.detail), ": ")
}

func (a answer) done() bool { return a.status/100 == 2 }

// aboutBatch says whether the answer refuses this batch. What 4xx also says
// holds for any batch, and a wait helps, or a look at the configuration: who
// asks and where (401, 403, 404, 405, 407, 421, 451), and when (408, 423, 425,
// 426, 429).
func (a answer) aboutBatch() bool {
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusLocked,
		http.StatusTooEarly, http.StatusUpgradeRequired, http.StatusTooManyRequests, http.StatusUnavailableForLegalReasons:
		return false
	}
	return a.status/100 == 4
}

// final says whether another attempt at the same batch is of no use.
func (a answer) final() bool { return a.status == http.StatusRequestEntityTooLarge }

// retryAfter reads a Retry-After (RFC 9110, section 10.2.3): seconds or a date;
// 0 if it is none, or over.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, 1<<31)) * time.Second
	}
	if t, err := http.ParseTime(value); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}

// plain is the beginning of an answer as one line that is safe to show.
func plain(text []byte) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(string(text), "?"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
}
