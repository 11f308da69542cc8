package warc

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Memory knows the newest payloads that were archived, by URL, at most so many
// as it was made for. It is not safe for concurrent use.
type Memory struct {
	of *lru.Cache[[16]byte, original]
}

// original is the response record of a payload.
type original struct {
	payload digest
	at      time.Time
	id      string
}

// NewMemory returns a memory of at most size URLs, some 200 bytes each.
func NewMemory(size int) *Memory {
	of, err := lru.New[[16]byte, original](max(size, 1))
	if err != nil {
		panic(err) // the size is positive
	}
	return &Memory{of}
}

// recall returns the record that holds a page's payload already, or nil; it
// then remembers this page. Pages that were cut are not compared: their ends
// may differ. A page that comes again, because a batch with it was not written,
// is no repetition of itself: nothing holds its payload yet.
func (m *Memory) recall(j *job) *original {
	if m == nil || j.Truncated || len(j.Body) == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(j.FinalURL))
	key := [16]byte(sum[:16])
	if before, ok := m.of.Get(key); ok && before.payload == j.payload && before.id != j.id {
		return &before
	}
	m.of.Add(key, original{payload: j.payload, at: j.FetchedAt, id: j.id})
	return nil
}
