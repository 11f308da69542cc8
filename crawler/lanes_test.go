package crawler

import "testing"

func TestLanesGiveWay(t *testing.T) {
	ls, err := newLanes(3, 100)
	must(t, err)
	made := 0
	use := func(host string, fingerprints int) {
		t.Helper()
		l := ls.get(host, func(host string) *lane { made++; return &lane{host: host} })
		ls.weigh(l, fingerprints)
	}
	has := func(want int, hosts ...string) {
		t.Helper()
		sum := 0
		for _, host := range hosts {
			if l, ok := ls.used.Peek(host); ok {
				sum += l.weight
			} else {
				t.Errorf("%s gave way", host)
			}
		}
		if ls.used.Len() != len(hosts) || ls.seen != sum || sum != want {
			t.Errorf("%d lanes with %d fingerprints, want %d with %d", ls.used.Len(), ls.seen, len(hosts), want)
		}
	}
	use("a", 40)
	use("b", 40)
	use("a", 50)
	has(90, "a", "b")
	use("c", 20) // b was not used for longest
	has(70, "a", "c")
	use("d", 1)
	use("e", 1) // one more than there is room for
	has(22, "c", "d", "e")
	use("huge", 1000)
	has(1000, "huge")
	ls.weigh(&lane{host: "huge"}, 5) // one that gave way meanwhile
	has(1000, "huge")
	use("a", 1)
	has(1, "a")
	ls.remove("a")
	has(0)
	if made != 7 {
		t.Errorf("made %d lanes, want 7", made)
	}
}
