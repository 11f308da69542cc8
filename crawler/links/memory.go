package links

import (
	"hash/maphash"
	"net/url"
	"sync/atomic"
)

// Memory remembers references that lead to nothing new, so that the links that
// the pages of a site have in common are not resolved on each of them. It grows
// with the number of sites up to a fixed number of hashes; from then on a new
// one takes the place of an older one. It is safe for concurrent use.
type Memory struct {
	seed   maphash.Seed
	blocks []atomic.Pointer[block]
}

// block is where the references of a site lie, and those of some others: the
// processor's caches like what lies together.
type block [512]places

// places are where one reference may be, the newest first: a line of the
// processor's cache.
type places [8]atomic.Uint64

// NewMemory returns a memory of at least n references, 8 bytes each.
func NewMemory(n int) *Memory {
	return &Memory{seed: maphash.MakeSeed(), blocks: make([]atomic.Pointer[block], 1+n/(len(block{})*len(places{})))}
}

// Ref stands for a reference of a site. The zero value is none.
type Ref struct{ site, hash uint64 }

// Add has later scans leave out a link's reference.
func (m *Memory) Add(r Ref) {
	if r == (Ref{}) {
		return
	}
	at := m.block(r)
	if at.Load() == nil {
		at.CompareAndSwap(nil, new(block))
	}
	p := at.Load().places(r)
	for i := len(p) - 1; i > 0; i-- {
		p[i].Store(p[i-1].Load())
	}
	p[0].Store(r.site ^ r.hash)
}

func (m *Memory) has(r Ref) bool {
	if r == (Ref{}) {
		return false
	}
	b := m.block(r).Load()
	if b == nil {
		return false
	}
	p := b.places(r)
	// No branch depends on what is loaded, so the processor goes on to the next
	// reference while it waits for this one.
	missed := uint64(1)
	for i := range p {
		d := p[i].Load() ^ r.site ^ r.hash
		missed &= (d | -d) >> 63
	}
	return missed == 0
}

func (m *Memory) block(r Ref) *atomic.Pointer[block] {
	return &m.blocks[(r.site>>32)%uint64(len(m.blocks))]
}

func (b *block) places(r Ref) *places { return &b[(r.site^r.hash)%uint64(len(b))] }

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
