package crawler

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// lanes are those that were used last, as many as there is room for. It is safe
// for concurrent use. A lane that gives way goes on for who holds it.
type lanes struct {
	most int // fingerprints of all lanes

	mu   sync.Mutex
	used *simplelru.LRU[string, *lane]
	seen int // fingerprints
}

// newLanes returns room for so many lanes that know so many URLs together. The
// one that was used last always has room.
func newLanes(count, fingerprints int) (*lanes, error) {
	ls := &lanes{most: fingerprints}
	var err error
	ls.used, err = simplelru.NewLRU(count, func(_ string, l *lane) { ls.seen -= l.weight })
	return ls, err
}

// get returns the lane of a host, which is made if there is none.
func (ls *lanes) get(host string, made func(host string) *lane) *lane {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l, ok := ls.used.Get(host)
	if !ok {
		l = made(host)
		ls.used.Add(host, l)
	}
	return l
}

func (ls *lanes) remove(host string) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.used.Remove(host)
}

// weigh notes how many URLs a lane knows by now. Others give way if these are
// too many.
func (ls *lanes) weigh(l *lane, fingerprints int) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if kept, ok := ls.used.Peek(l.host); !ok || kept != l {
		return
	}
	ls.seen += fingerprints - l.weight
	l.weight = fingerprints
	for ls.seen > ls.most && ls.used.Len() > 1 {
		ls.used.RemoveOldest()
	}
}
