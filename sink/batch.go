package sink

import (
	"bytes"
	"encoding/json"
)

// batch is the object that is being collected.
type batch struct {
	cfg                      Config
	body                     bytes.Buffer
	first, last              StoredArticle // without their data
	count, skipped, rejected int
	takedowns                int // that are not written
}

func (b *batch) messages() int { return b.count + b.skipped + b.rejected + b.takedowns }

// full says whether m belongs to the next object.
func (b *batch) full(m StoredArticle) bool {
	n := b.messages()
	return n > 0 && (n >= b.cfg.MaxCount ||
		int64(b.body.Len()+len(m.Data)) >= int64(b.cfg.MaxBytes) ||
		dateOf(m.Time) != dateOf(b.first.Time))
}

// add appends an article as one line. It returns false, and leaves the batch
// as it is, when the data is no JSON object.
func (b *batch) add(m StoredArticle) bool {
	n := b.body.Len()
	if err := json.Compact(&b.body, m.Data); err != nil || b.body.Bytes()[n] != '{' {
		b.body.Truncate(n)
		return false
	}
	b.body.WriteByte('\n')
	b.pass(m)
	b.count++
	return true
}

// pass makes m the last message of the batch; the caller counts it.
func (b *batch) pass(m StoredArticle) {
	m.Data = nil
	if b.messages() == 0 {
		b.first = m
	}
	b.last = m
}
