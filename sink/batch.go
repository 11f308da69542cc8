package sink

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/tidwall/gjson"

	"pressmill/pkg/news"
	"pressmill/sink/segment"
)

// batch is the object that is being collected.
type batch struct {
	cfg         Config
	body        bytes.Buffer
	first, last StoredArticle // without their data
	oldest      time.Time     // when the stream stored the first message that is written
	seqs        []uint64      // of the lines
	times       []time.Time   // and when the stream stored them
	pages       []*news.Page  // and what they are, in an archive
	held        int64         // bytes of the spool
	readBytes   int64         // of the data of these messages
	read        int           // messages since the batch was taken up
	done        bool          // the next message belongs to another object
	tally
}

// tally counts the messages of a batch by what became of them.
type tally struct {
	Count     int `json:"count,omitempty"`     // written
	Rejected  int `json:"rejected,omitempty"`  // no JSON
	Skipped   int `json:"skipped,omitempty"`   // written by an earlier epoch
	Takedowns int `json:"takedowns,omitempty"` // that are not written
	Filtered  int `json:"filtered,omitempty"`  // kept out by the filter, or deleted before
}

func (t tally) messages() int { return t.Count + t.Rejected + t.Skipped + t.Takedowns + t.Filtered }

func tallyOf(m segment.Meta) tally {
	return tally{Count: m.Count, Rejected: m.Rejected, Skipped: m.Skipped, Takedowns: m.Takedowns, Filtered: m.Filtered}
}

// minus returns what is not in an earlier carry, which was counted.
func (t tally) minus(c *carry) tally {
	if c == nil {
		return t
	}
	t.Skipped -= c.Skipped
	t.Takedowns -= c.Takedowns
	t.Filtered -= c.Filtered
	return t
}

// written counts what makes an object: lines, and messages that should have been.
func (t tally) written() int { return t.Count + t.Rejected }

// carry is a batch with nothing to write, as a position holds it until there is
// something or the day ends.
type carry struct {
	First StoredArticle `json:"first"`
	Last  StoredArticle `json:"last"`
	tally
}

// newBatch takes up what pos carries.
func newBatch(cfg Config, pos position) *batch {
	b := &batch{cfg: cfg}
	if c := pos.Carry; c != nil {
		b.first, b.last, b.tally = c.First, c.Last, c.tally
	}
	return b
}

func (b *batch) carry() *carry { return &carry{First: b.first, Last: b.last, tally: b.tally} }

// full says whether m belongs to the next object.
func (b *batch) full(m StoredArticle) bool {
	if b.messages() == 0 {
		return false
	}
	b.done = dateOf(m.Time) != dateOf(b.first.Time) || b.written() >= b.cfg.MaxCount ||
		b.Count > 0 && int64(b.body.Len()+len(m.Data)) >= int64(b.cfg.MaxBytes)
	return b.done
}

// add appends an article as one line, or a page as its records. It returns
// false, and leaves the batch as it is, when the data is no JSON object.
func (b *batch) add(m StoredArticle) bool {
	if b.cfg.Archives() {
		b.body.Write(m.Data)
		b.count(m)
		return true
	}
	if isLine(m.Data) {
		b.body.Write(m.Data)
		b.body.WriteByte('\n')
		b.count(m)
		return true
	}
	n := b.body.Len()
	if err := json.Compact(&b.body, m.Data); err != nil || b.body.Bytes()[n] != '{' {
		b.body.Truncate(n)
		return false
	}
	b.body.WriteByte('\n')
	b.count(m)
	return true
}

// isLine says whether data is a JSON object on one line, as the parsers write
// them. It costs a quarter of json.Compact.
func isLine(data []byte) bool {
	return len(data) > 0 && data[0] == '{' && bytes.IndexByte(data, '\n') < 0 && gjson.ValidBytes(data)
}

// count notes that m is written.
func (b *batch) count(m StoredArticle) {
	if b.written() == 0 {
		b.oldest = m.Time
	}
	b.seqs, b.times = append(b.seqs, m.Seq), append(b.times, m.Time)
	if b.cfg.Archives() {
		b.pages = append(b.pages, m.Page)
	}
	b.pass(m, &b.Count)
}

// pass makes m the last message of the batch and counts it.
func (b *batch) pass(m StoredArticle, count *int) {
	m.Data, m.Page = nil, nil
	if b.messages() == 0 {
		b.first = m
	}
	b.last = m
	b.read++
	*count++
}

// drop takes lines out of a batch, which then counts them as filtered, and
// returns their messages.
func (b *batch) drop(gone func(line []byte) bool) (dropped []StoredArticle) {
	all, seqs, times := b.body, b.seqs, b.times
	b.body, b.seqs, b.times = bytes.Buffer{}, nil, nil
	for i := range seqs {
		line, _ := all.ReadBytes('\n')
		if gone(line) {
			dropped = append(dropped, StoredArticle{Seq: seqs[i], Time: times[i], Data: line})
			continue
		}
		b.body.Write(line)
		b.seqs, b.times = append(b.seqs, seqs[i]), append(b.times, times[i])
	}
	b.Count -= len(dropped)
	b.Filtered += len(dropped)
	return dropped
}
