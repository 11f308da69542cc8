package groups

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var epoch = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// A thousand hosts that ask at once get one time each, at the rate after a
// second's worth of them.
func TestReserveKeepsTheRate(t *testing.T) {
	for _, rate := range []float64{0.5, 1, 4, 10} {
		var s State
		var last time.Time
		for i := range 1000 {
			last = s.Reserve(fmt.Sprint(i), epoch, PerSecond(rate))
		}
		head := max(1, int(rate))
		if got, want := last.Sub(epoch), time.Duration(float64(1000-head)/rate*float64(time.Second)); got != want {
			t.Errorf("rate %v: the last of 1000 comes after %s, want %s", rate, got, want)
		}
	}
}

func TestReserveDoesNotSaveUp(t *testing.T) {
	var s State
	s.Reserve("a", epoch, PerSecond(4))
	now := epoch.Add(time.Hour)
	free := 0
	for s.Reserve("b", now, PerSecond(4)).Equal(now) {
		free++
	}
	if free != 4 {
		t.Errorf("%d requests at once after an hour of silence, want 4", free)
	}
}

func TestAlone(t *testing.T) {
	var s State
	at := func(d time.Duration, host string) bool {
		s.Reserve(host, epoch.Add(d), PerSecond(4))
		return s.Alone()
	}
	for _, c := range []struct {
		at   time.Duration
		host string
		want bool
	}{
		{0, "a", true},
		{time.Minute, "a", true},
		{2 * time.Minute, "b", false},
		{2*time.Minute + time.Second, "b", false},
		{3 * time.Minute, "a", false},
		{4 * time.Minute, "a", false},
		{5 * time.Minute, "a", true},
		{time.Hour, "b", true}, // the other one is long gone
	} {
		if got := at(c.at, c.host); got != c.want {
			t.Errorf("%s after %s: alone %v, want %v", c.host, c.at, got, c.want)
		}
	}
}

func TestNamesOfGroups(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7": "address 192.0.2.7", "::ffff:192.0.2.7": "address 192.0.2.7",
		"2001:db8:1:2:3::4": "address 2001:db8:1:2::/64", "fe80::1%eth0": "address fe80::/64",
	} {
		if got := OfAddress(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
}
