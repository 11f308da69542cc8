package traps

import (
	"bytes"
	"net/url"
	"time"
)

const (
	maxKinds   = 96 // patterns that are counted at the same time
	maxLoops   = 16
	broadShare = 3 // a broad pattern may have this many times a narrow one's budget
	loopLimit  = 10
)

// Counters are what is remembered of one host: of every pattern how many
// requests were made since it last brought an article, of every path whether
// its queries bring the same page again and again, and how many pages were
// taken up today. They take a few kilobytes at most; the patterns with the
// fewest fruitless requests are forgotten first.
type Counters struct {
	Fruitless map[uint32]int `json:"fruitless,omitempty"`
	Loops     []loop         `json:"loops,omitempty"`
	Day       string         `json:"day,omitempty"` // UTC, as 20261124
	Pages     int            `json:"pages,omitempty"`
	Refused   bool           `json:"refused,omitempty"` // a page was too many for the day, or waits for the next one
}

// loop is a path whose queries are watched.
type loop struct {
	Path   uint32 `json:"path"` // with the names of its parameters
	Title  uint32 `json:"title"`
	Length int    `json:"length"`
	Times  int    `json:"times"` // pages in a row that look like the one before
}

// NewDay begins another day, and says whether it is one: the pages count from
// zero, and what was cut is tried again with a tenth of its budget.
func (c *Counters) NewDay(now time.Time) bool {
	day := now.UTC().Format("20060102")
	if day == c.Day {
		return false
	}
	c.Day, c.Pages, c.Refused = day, 0, false
	for hash, n := range c.Fruitless {
		c.Fruitless[hash] = n - (n+9)/10
	}
	for i := range c.Loops {
		c.Loops[i].Times = min(c.Loops[i].Times, loopLimit-1)
	}
	return true
}

// Asked counts a request for a URL of a kind.
func (c *Counters) Asked(k Kind) {
	if c.Fruitless == nil {
		c.Fruitless = map[uint32]int{}
	}
	for _, hash := range k {
		if _, known := c.Fruitless[hash]; !known && len(c.Fruitless) >= maxKinds {
			c.forget()
		}
		c.Fruitless[hash]++
	}
}

func (c *Counters) forget() {
	least, found := uint32(0), false
	for hash, n := range c.Fruitless {
		if !found || n < c.Fruitless[least] || n == c.Fruitless[least] && hash < least {
			least, found = hash, true
		}
	}
	delete(c.Fruitless, least)
}

// Brought notes that a kind of URLs has brought an article: one of them was
// one, or led to it.
func (c *Counters) Brought(k Kind) {
	for _, hash := range k {
		delete(c.Fruitless, hash)
	}
}

// Cut says whether a kind has used up its budget of requests without bringing
// an article. A budget of 0 is none.
func (c *Counters) Cut(k Kind, budget int) bool {
	return budget > 0 && (c.Fruitless[k[0]] >= budget || c.Fruitless[k[1]] >= broadShare*budget)
}

// Used returns how many requests a kind's narrow and broad pattern have had
// since they last brought an article.
func (c *Counters) Used(k Kind) (narrow, broad int) { return c.Fruitless[k[0]], c.Fruitless[k[1]] }

// Saw compares a page with the last one that its path brought for another
// query. A session in a parameter that no list knows shows itself like this.
func (c *Counters) Saw(u *url.URL, html []byte) {
	if u.RawQuery == "" {
		return
	}
	now := loop{Path: loopHash(u), Title: hash(title(html)), Length: len(html)}
	for i := range c.Loops {
		last := &c.Loops[i]
		if last.Path != now.Path {
			continue
		}
		if last.Title == now.Title && max(last.Length-now.Length, now.Length-last.Length) <= now.Length/50 {
			now.Times = last.Times + 1
		}
		*last = now
		return
	}
	if len(c.Loops) < maxLoops {
		c.Loops = append(c.Loops, now)
		return
	}
	least := 0
	for i := range c.Loops {
		if c.Loops[i].Times < c.Loops[least].Times {
			least = i
		}
	}
	c.Loops[least] = now
}

// Turns says whether the queries of a URL's path bring the same page again and
// again.
func (c *Counters) Turns(u *url.URL) bool {
	if u.RawQuery == "" || len(c.Loops) == 0 {
		return false
	}
	path := loopHash(u)
	for _, l := range c.Loops {
		if l.Path == path {
			return l.Times >= loopLimit
		}
	}
	return false
}

func loopHash(u *url.URL) uint32 { return hash(u.EscapedPath() + "?" + paramNames(u.RawQuery)) }

// title returns the page's title element as it is written.
func title(html []byte) string {
	for _, tag := range []string{"<title", "<TITLE"} {
		if _, rest, ok := bytes.Cut(html, []byte(tag)); ok {
			text, _, _ := bytes.Cut(rest[:min(len(rest), 1000)], []byte("</"))
			return string(text)
		}
	}
	return ""
}

// Admit counts a page and says whether the host may still have it today. A
// tenth of the budget is kept for what is known to be news. A budget of 0 is
// none.
func (c *Counters) Admit(budget int, isNews bool) bool {
	if c.Spent(budget, isNews) {
		c.Refused = true
		return false
	}
	c.Pages++
	return true
}

// Spent says whether a budget of pages is used up.
func (c *Counters) Spent(budget int, isNews bool) bool {
	if budget > 0 && !isNews {
		budget -= budget / 10
	}
	return budget > 0 && c.Pages >= budget
}

// Holds says whether anything is cut or refused for today. Until the day is
// over that must not be forgotten.
func (c *Counters) Holds(patternBudget int) bool {
	if c.Refused {
		return true
	}
	for _, n := range c.Fruitless {
		if patternBudget > 0 && n >= patternBudget {
			return true
		}
	}
	for _, l := range c.Loops {
		if l.Times >= loopLimit {
			return true
		}
	}
	return false
}
