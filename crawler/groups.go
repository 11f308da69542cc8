package crawler

import (
	"context"
	"hash/maphash"
	"time"

	"pressmill/crawler/groups"
	"pressmill/pkg/bus"
	"pressmill/pkg/weburl"
)

// membership is one group that a host belongs to.
type membership struct {
	name  string
	limit groups.Limit
}

// memberships returns the groups of the host whose rate is limited: its
// registrable domain and its address.
func (v *visit) memberships() []membership {
	var all []membership
	if v.cfg.DomainRate > 0 {
		all = append(all, membership{groups.OfDomain(weburl.Domain(v.host)), groups.PerSecond(v.cfg.DomainRate)})
	}
	if v.cfg.AddressRate > 0 && v.peer.addr.IsValid() {
		all = append(all, membership{groups.OfAddress(v.peer.addr), groups.PerSecond(v.cfg.AddressRate)})
	}
	return all
}

// reserve makes sure that the host's groups have room for a request now. If
// not, it puts the request off until the time that was reserved for it and
// says so. A host that is alone in its groups asks once in a while only, and a
// site of one's own has none.
func (v *visit) reserve(ctx context.Context) (later bool, err error) {
	now := time.Now()
	s := &v.state
	if v.peer.open && !v.groupAll {
		return false, nil
	}
	if !s.Slot.IsZero() {
		if now.Before(s.Slot.Add(groups.Late(s.Missed))) {
			return v.putOff(s.Slot), nil
		}
		s.Slot, s.Missed = time.Time{}, s.Missed+1
	}
	if now.Before(s.Alone) {
		return false, nil
	}
	slot, alone, err := v.take(ctx, v.memberships())
	if err != nil {
		return false, err
	}
	if alone {
		s.Alone = now.Add(groups.Recheck)
	}
	s.Slot = slot
	return v.putOff(slot), nil
}

// take takes a time for one request from each of the groups.
func (v *visit) take(ctx context.Context, all []membership) (slot time.Time, alone bool, err error) {
	slot, alone = time.Now(), true
	for _, m := range all {
		state, at, err := v.takeFrom(ctx, m)
		if err != nil {
			return slot, false, err
		}
		if at.After(slot) {
			slot = at
		}
		alone = alone && state.Alone()
	}
	return slot, alone, nil
}

// takeFrom lets the hosts of this worker queue up, so that they do not
// conflict with each other on the bus.
func (v *visit) takeFrom(ctx context.Context, m membership) (state groups.State, at time.Time, err error) {
	lock := &v.groupLocks[maphash.String(v.groupSeed, m.name)%uint64(len(v.groupLocks))]
	lock.Lock()
	defer lock.Unlock()
	state, err = bus.UpdateGroup(ctx, v.bus, m.name, func(s *groups.State) {
		at = s.Reserve(v.host, time.Now(), m.limit)
	})
	return state, at, err
}

func (v *visit) putOff(slot time.Time) (later bool) {
	if !slot.After(time.Now()) {
		return false
	}
	v.state.NotBefore = slot
	return true
}
