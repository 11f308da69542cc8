package links

import (
	"hash/maphash"
	"net/url"
	"sync/atomic"
)

// Memory remembers references that lead to nothing new, so that the links that
// the pages of a site have in common are not resolved on each of them. It holds
// a fixed number of hashes; a new one takes the place of an older one. It is
// safe for concurrent use.
type Memory struct {
	seed  maphash.Seed
	slots []atomic.Uint64
}

// nearby is how many slots a site's references share: the processor's caches
// like what lies together.
const nearby = 4096

// NewMemory returns a memory of at least n references, 8 bytes each.
func NewMemory(n int) *Memory {
	return &Memory{seed: maphash.MakeSeed(), slots: make([]atomic.Uint64, (n+nearby-1)/nearby*nearby)}
}

// Ref stands for a reference of a site. The zero value is none.
type Ref struct{ site, hash uint64 }

// Add has later scans leave out a link's reference.
func (m *Memory) Add(r Ref) {
	if r == (Ref{}) {
		return
	}
	newer, older := m.slotsOf(r)
	older.Store(newer.Load())
	newer.Store(r.site ^ r.hash)
}

func (m *Memory) has(r Ref) bool {
	if r == (Ref{}) {
		return false
	}
	newer, older := m.slotsOf(r)
	return newer.Load() == r.site^r.hash || older.Load() == r.site^r.hash
}

// slotsOf returns the two places where a reference may be.
func (m *Memory) slotsOf(r Ref) (newer, older *atomic.Uint64) {
	first := (r.site >> 32) % uint64(len(m.slots)/nearby) * nearby
	i := first + (r.site^r.hash)%nearby&^1
	return &m.slots[i], &m.slots[i+1]
}

// site returns the part of a Ref that stands for the page's base.
func (m *Memory) site(base *url.URL) uint64 {
	return maphash.String(m.seed, base.Scheme+"://"+base.Host)
}

// ref returns the Ref of a reference as written, or none if it is relative to
// the path of its page.
func (m *Memory) ref(site uint64, raw []byte) Ref {
	if !beginsWith(raw, "/") && !beginsWith(raw, "https://") && !beginsWith(raw, "http://") {
		return Ref{}
	}
	return Ref{site, maphash.Bytes(m.seed, raw)}
}
