package cadence

import (
	"testing"
	"time"
)

// clock drives a Rhythm that is looked at every hour.
type clock struct {
	Rhythm
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)} }

// look looks every hour for so many hours and counts the changes; the last look
// brings news if it should.
func (c *clock) look(hours int, news bool) (changes int) {
	for i := range hours {
		c.now = c.now.Add(time.Hour)
		if c.Heard(c.now, news && i == hours-1, 24*time.Hour) {
			changes++
		}
	}
	return changes
}

func TestSilenceIsThreeTimesTheUsualGap(t *testing.T) {
	t.Parallel()
	c := newClock()
	for range 20 {
		if n := c.look(40, true); n != 0 {
			t.Fatalf("%d changes within the usual gap", n)
		}
	}
	usual := c.Gap
	if usual < 39*time.Hour || usual > 40*time.Hour {
		t.Errorf("usual gap %s, want 40h", usual)
	}
	if n := c.look(117, false); n != 0 || c.Silent {
		t.Error("silent before three times its gap")
	}
	if n := c.look(100, false); n != 1 || !c.Silent {
		t.Errorf("%d changes after it, silent %v; want one", n, c.Silent)
	}
	if n := c.look(1, true); n != 1 || c.Silent {
		t.Errorf("%d changes by news, silent %v; want one", n, c.Silent)
	}
	if c.Gap != usual {
		t.Errorf("silence became usual: %s", c.Gap)
	}
}

func TestSilenceHasAFloor(t *testing.T) {
	t.Parallel()
	c := newClock()
	for range 20 {
		c.look(1, true)
	}
	if n := c.look(24, false); n != 0 {
		t.Error("a night without news is silence")
	}
	if n := c.look(1, false); n != 1 {
		t.Error("a day without news is not")
	}
	fresh := newClock() // nothing is known of it
	if n := fresh.look(73, false); n != 0 {
		t.Error("a source that is not known yet is silent within three days")
	}
	if n := fresh.look(1, false); n != 1 {
		t.Error("a source that never brought anything is not silent after three days")
	}
}

func TestTimeInWhichNobodyLookedDoesNotCount(t *testing.T) {
	t.Parallel()
	c := newClock()
	for range 20 {
		c.look(1, true)
	}
	c.now = c.now.Add(30 * 24 * time.Hour)
	if n := c.look(1, false); n != 0 || c.Silent {
		t.Error("silent after a pause")
	}
	c.now = c.now.Add(30 * 24 * time.Hour)
	if n := c.look(1, true); n != 0 || c.Gap != time.Hour {
		t.Errorf("a pause changes the usual gap: %s", c.Gap)
	}
}
