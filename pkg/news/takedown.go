package news

import (
	"strings"
	"time"
)

// TakedownSchema is the value of Takedown.Schema.
const TakedownSchema = "takedown/v1"

// Takedown says that the page of an article is not there any more. It travels
// like an article and follows it: same stream, partition and host.
type Takedown struct {
	Schema string `json:"schema"`
	// ID is the article's.
	ID string `json:"id"`
	// Candidates are further ids that the article may have been published
	// under: that of the page's own URL, if the page gave another as its
	// address when it was fetched last.
	Candidates []string  `json:"candidates,omitempty"`
	URL        string    `json:"url"`    // that was asked for
	Status     int       `json:"status"` // 404 or 410
	At         time.Time `json:"at"`     // when it answered so
	Source     SourceRef `json:"source"`
	Trace      Trace     `json:"trace"` // of the request that found the page gone
}

// MsgID names the takedown of one article on the bus.
func (t *Takedown) MsgID() string { return TakedownMsgID(t.ID) }

// TakedownMsgID names the takedown of the article with an id on the bus. No
// version of an article is named so.
func TakedownMsgID(id string) string { return id + takedownSuffix }

// IsTakedown says whether a message of the articles' stream is a takedown, by
// its name.
func IsTakedown(msgID string) bool { return strings.HasSuffix(msgID, takedownSuffix) }

const takedownSuffix = ".gone"
