package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/news"
)

// open returns a bus with its topology on a server of its own.
func open(t testing.TB, change func(*bus.Config)) *bus.Bus {
	t.Helper()
	srv, err := embedded.Start(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	b := connect(t, srv, change)
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

func connect(t testing.TB, srv *embedded.Server, change func(*bus.Config)) *bus.Bus {
	t.Helper()
	cfg := bus.Defaults()
	cfg.AckWait = time.Minute // a busy machine shall not look like a worker that died
	if change != nil {
		change(&cfg)
	}
	b, err := bus.Connect(cfg, "test", zap.NewNop(), srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestHostTokenIsReversible(t *testing.T) {
	for _, host := range []string{"www.example.com", "example.com:8080", "a_b.example", "[2001:db8::1]:81", "xn--bcher-kva.example", "*.>x"} {
		token := bus.HostToken(host)
		if strings.ContainsAny(token, ".*> ") {
			t.Errorf("HostToken(%q) = %q is more than one token", host, token)
		}
		if got, err := bus.ParseHostToken(token); err != nil || got != host {
			t.Errorf("ParseHostToken(%q) = %q, %v, want %q", token, got, err, host)
		}
	}
	for _, token := range []string{"a=4", "a=zz"} {
		if _, err := bus.ParseHostToken(token); err == nil {
			t.Errorf("ParseHostToken(%q): no error", token)
		}
	}
}

// The partition is part of every object's key: this test pins the hash.
func TestPartitionIsFixed(t *testing.T) {
	for host, want := range map[string]int{"example.com": 6, "www.example.org": 8, "news.example.net:8080": 11} {
		if got := bus.Partition(host); got != want {
			t.Errorf("Partition(%q) = %d, want %d", host, got, want)
		}
	}
}

func TestCheckNamesEveryDifference(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	b := connect(t, srv, nil)
	if err := b.Check(t.Context()); err == nil {
		t.Fatal("an empty server passes")
	}
	must(t, b.Apply(t.Context()))
	must(t, b.Check(t.Context()))
	must(t, b.Apply(t.Context())) // idempotent
	bus.ChangeBucket(t, b)
	other := connect(t, srv, func(c *bus.Config) { c.AckWait, c.PagesMaxBytes = 5*time.Second, 1<<30 })
	err = other.Check(t.Context())
	if err == nil {
		t.Fatal("another definition passes")
	}
	for _, part := range []string{"stream PAGES: max_bytes is 2147483648, want 1073741824", "consumer HOSTS/crawler: ack_wait is 1m0s, want 5s", "bucket cursors: history is 5, want 1", "pressmill topology apply"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q:\n%v", part, err)
		}
	}
	must(t, b.Apply(t.Context()))
	must(t, b.Check(t.Context()))
}

func TestEmbeddedServerLocksItsDirectory(t *testing.T) {
	dir := t.TempDir()
	srv, err := embedded.Start(dir, "")
	must(t, err)
	if _, err := embedded.Start(dir, ""); !errors.Is(err, embedded.ErrLocked) {
		t.Fatalf("second start: %v, want ErrLocked", err)
	}
	srv.Stop()
	again, err := embedded.Start(dir, "")
	must(t, err)
	again.Stop()
}

func TestFrontierReadsByPriorityThenOrder(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	for i, p := range []int{bus.PriorityFar, bus.PriorityFeed, bus.PriorityFeed, bus.PrioritySeed} {
		must(t, b.Push(ctx, "h.example:81", p, bus.FrontierURL{URL: fmt.Sprint(i)}, ""))
	}
	must(t, b.Push(ctx, "other.example", bus.PrioritySeed, bus.FrontierURL{URL: "other"}, ""))
	var got []string
	var taken bus.Taken
	for {
		u, err := b.Next(ctx, "h.example:81", taken, bus.PrioritySeed, bus.PriorityFeed, bus.PriorityNear, bus.PriorityFar)
		if errors.Is(err, bus.ErrNotFound) {
			break
		}
		must(t, err)
		got = append(got, u.URL)
		must(t, b.Delete(ctx, u.Seq))
		must(t, b.Delete(ctx, u.Seq)) // gone already is no error
		taken.Add(u)
	}
	if want := []string{"3", "2", "1", "0"}; !slices.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	hosts, err := b.WaitingHosts(ctx)
	must(t, err)
	if len(hosts) != 1 || hosts["other.example"] != 1 {
		t.Errorf("waiting: %v", hosts)
	}
}

// A read that is behind brings what was removed already: here it was not.
func TestFrontierBringsNothingBack(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	for _, p := range []int{bus.PriorityFeed, bus.PriorityNear} {
		for _, name := range []string{"a", "b", "c"} {
			must(t, b.Push(ctx, "h", p, bus.FrontierURL{URL: name}, ""))
		}
		var taken bus.Taken
		var got []string
		for {
			u, err := b.Next(ctx, "h", taken, p)
			if errors.Is(err, bus.ErrNotFound) {
				break
			}
			must(t, err)
			got = append(got, u.URL)
			taken.Add(u)
			if len(got) == 2 { // what is new comes although it came later
				must(t, b.Push(ctx, "h", p, bus.FrontierURL{URL: "new"}, ""))
			}
		}
		want := map[int][]string{bus.PriorityFeed: {"c", "b", "new", "a"}, bus.PriorityNear: {"a", "b", "c", "new"}}[p]
		if !slices.Equal(got, want) {
			t.Errorf("priority %d: read %v, want %v", p, got, want)
		}
	}
}

func TestFrontierRefusesWhatIsTooMuchForAHost(t *testing.T) {
	b, ctx := open(t, func(c *bus.Config) { c.FrontierPerHost = 2 }), t.Context()
	for i := range 2 {
		must(t, b.Push(ctx, "h", 1, bus.FrontierURL{URL: fmt.Sprint(i)}, ""))
	}
	if err := b.Push(ctx, "h", 1, bus.FrontierURL{URL: "2"}, ""); !errors.Is(err, bus.ErrFull) {
		t.Errorf("third URL: %v, want ErrFull", err)
	}
	must(t, b.Push(ctx, "g", 1, bus.FrontierURL{URL: "0"}, ""))
}

func TestBatchIsPushedOnceAndInOrder(t *testing.T) {
	b, ctx := open(t, func(c *bus.Config) { c.FrontierPerHost = 6000 }), t.Context()
	var batch []bus.Queued
	for i := range 7000 { // more than may be out at once, and than the host may have
		batch = append(batch, bus.Queued{Host: "h", Priority: 2, URL: bus.FrontierURL{URL: fmt.Sprint(i)}, MsgID: fmt.Sprint(i)})
	}
	refused, err := b.PushAll(ctx, batch)
	must(t, err)
	if len(refused) != 1000 || refused[0] != 6000 || refused[999] != 6999 {
		t.Errorf("%d refused", len(refused))
	}
	refused, err = b.PushAll(ctx, batch[:100])
	must(t, err)
	if state, err := b.State(ctx); err != nil || state.Frontier != 6000 || len(refused) > 0 {
		t.Errorf("%d in the frontier, %d refused, %v", state.Frontier, len(refused), err)
	}
	var taken bus.Taken
	for i := range 20 {
		u, err := b.Next(ctx, "h", taken, bus.PriorityNear)
		must(t, err)
		if u.URL != fmt.Sprint(i) {
			t.Fatalf("URL %d is %s", i, u.URL)
		}
		taken.Add(u)
	}
}

func TestSeenSurvivesAndFences(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	a := b.Seen("h.example")
	// More writes than deltas before a merge, more fingerprints than a shard.
	for i := range uint64(90) {
		batch := make([]uint64, 300)
		for k := range batch {
			batch[k] = i*1000 + uint64(k)
		}
		must(t, a.Add(ctx, batch...))
	}
	fresh := b.Seen("h.example")
	must(t, fresh.Refresh(ctx))
	if fresh.Len() != 27000 || a.Len() != 27000 || !fresh.Has(89_299) || fresh.Has(89_300) {
		t.Fatalf("read %d and wrote %d fingerprints, want 27000", fresh.Len(), a.Len())
	}
	must(t, fresh.Add(ctx, 1<<60))
	if err := a.Add(ctx, 1<<61); !errors.Is(err, bus.ErrConflict) {
		t.Errorf("a stale writer: %v, want ErrConflict", err)
	}
	must(t, fresh.Refresh(ctx))
	if fresh.Has(1 << 61) {
		t.Error("the stale write went through")
	}
	if other := b.Seen("g.example"); other.Refresh(ctx) != nil || other.Len() != 0 {
		t.Error("hosts share a set")
	}
}

func page(id string) *news.Page {
	return &news.Page{PageID: id, FinalURL: "https://h.example/" + id, Status: 200, Body: []byte(strings.Repeat("<p>"+id+"</p>", 1000))}
}

// consume runs the consumer until stop is called.
func consume(t *testing.T, b *bus.Bus, handle func(context.Context, *news.Page) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := b.ConsumePages(ctx, 4, func() {}, handle, func(string, bool, error) {}); err != nil {
			t.Error(err)
		}
	})
	return func() { cancel(); wg.Wait() }
}

func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	within *= 6 // a busy machine
	for deadline := time.Now().Add(within); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

func pages(t *testing.T, b *bus.Bus) uint64 {
	t.Helper()
	s, err := b.State(t.Context())
	must(t, err)
	return s.Pages
}

func TestAnotherVersionOfAPageIsStored(t *testing.T) {
	b := open(t, nil)
	for i, c := range []struct {
		body string
		want bool
	}{{"first", true}, {"first", false}, {"second", true}, {"second", false}} {
		got, err := b.StorePage(t.Context(), "h.example", &news.Page{PageID: "p", FinalURL: "https://h.example/", Body: []byte(c.body)})
		must(t, err)
		if got.New != c.want {
			t.Errorf("%d: new is %v", i, got.New)
		}
	}
}

func TestPagesArriveOnceAndWhole(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	for range 2 {
		for i := range 20 {
			must(t, b.PublishPage(ctx, "h.example", page(fmt.Sprint(i))))
		}
	}
	var mu sync.Mutex
	got := map[string]int{}
	stop := consume(t, b, func(_ context.Context, p *news.Page) error {
		mu.Lock()
		defer mu.Unlock()
		if string(p.Body) == string(page(p.PageID).Body) {
			got[p.PageID]++
		}
		return nil
	})
	defer stop()
	eventually(t, 10*time.Second, "all pages acknowledged", func() bool { return pages(t, b) == 0 })
	for i := range 20 {
		if n := got[fmt.Sprint(i)]; n != 1 {
			t.Errorf("page %d came %d times", i, n)
		}
	}
}

func TestErrorsAreTheProtocol(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	for _, id := range []string{"bad", "flaky", "panics", "good"} {
		must(t, b.PublishPage(ctx, "h.example", page(id)))
	}
	var flaky, panics atomic.Int64
	stop := consume(t, b, func(_ context.Context, p *news.Page) error {
		switch {
		case p.PageID == "bad":
			return bus.Permanent("broken", errors.New("never works"))
		case p.PageID == "flaky" && flaky.Add(1) == 1:
			return errors.New("later")
		case p.PageID == "panics" && panics.Add(1) == 1:
			panic("on this page")
		}
		return nil
	})
	defer stop()
	eventually(t, 20*time.Second, "all pages dealt with", func() bool { return pages(t, b) == 0 })
	if flaky.Load() != 2 || panics.Load() != 2 {
		t.Errorf("deliveries: flaky %d, panics %d, want 2 each", flaky.Load(), panics.Load())
	}
	var letters []bus.DeadLetter
	must(t, b.DeadLetters(ctx, "parser", func(d bus.DeadLetter) bool { letters = append(letters, d); return true }))
	if len(letters) != 1 || letters[0].Reason != "broken" || letters[0].Subject != "pages."+bus.HostToken("h.example") {
		t.Fatalf("dead letters: %+v", letters)
	}
	stop()
	must(t, b.Replay(ctx, letters[0].Seq))
	if n := pages(t, b); n != 1 {
		t.Errorf("%d pages after the replay, want 1", n)
	}
	left := 0
	must(t, b.DeadLetters(ctx, "", func(bus.DeadLetter) bool { left++; return true }))
	if left != 0 {
		t.Errorf("%d dead letters left after the replay", left)
	}
}

// A page that kills its worker is one that is delivered and never answered.
func TestPageThatKillsItsWorkersBecomesADeadLetter(t *testing.T) {
	b, ctx := open(t, func(c *bus.Config) { c.AckWait = time.Second }), t.Context()
	must(t, b.PublishPage(ctx, "h.example", page("poison")))
	bus.DeliverAndForget(t, b, 5)
	var handled atomic.Int64
	told := make(chan string, 2)
	work, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		handle := func(context.Context, *news.Page) error { handled.Add(1); return nil }
		if err := b.ConsumePages(work, 4, func() {}, handle, func(reason string, _ bool, _ error) { told <- reason }); err != nil {
			t.Error(err)
		}
	})
	eventually(t, 10*time.Second, "the page to be given up", func() bool { return pages(t, b) == 0 })
	if reason := <-told; reason != "delivered_too_often" || len(told) > 0 {
		t.Errorf("told of %s, and %d more", reason, len(told))
	}
	n := 0
	must(t, b.DeadLetters(ctx, "", func(d bus.DeadLetter) bool { n++; return d.Reason == "delivered_too_often" }))
	if handled.Load() != 0 || n != 1 {
		t.Errorf("worked on %d times, %d dead letters; want 0 and 1", handled.Load(), n)
	}
}

func TestFullStreamOfPagesIsReportedAndRecovers(t *testing.T) {
	b, ctx := open(t, func(c *bus.Config) { c.PagesMaxBytes = 1 << 20 }), t.Context()
	var err error
	n := 0
	for ; err == nil && n < 1000; n++ {
		p := page(fmt.Sprint(n))
		for i := range p.Body { // not compressible
			p.Body[i] = byte(i*i>>3 ^ i*n)
		}
		p.Body = slices.Repeat(p.Body, 4)
		err = b.PublishPage(ctx, "h.example", p)
	}
	if !errors.Is(err, bus.ErrFull) {
		t.Fatalf("after %d pages: %v, want ErrFull", n, err)
	}
	if full, err := b.PagesFull(ctx); err != nil || !full {
		t.Errorf("PagesFull: %v, %v", full, err)
	}
	stop := consume(t, b, func(context.Context, *news.Page) error { return nil })
	defer stop()
	eventually(t, 10*time.Second, "room again", func() bool { full, err := b.PagesFull(ctx); return err == nil && !full })
	must(t, b.PublishPage(ctx, "h.example", page("late")))
}

func TestArticlesAreStoredOncePerVersion(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	host := "h.example"
	part := bus.Partition(host)
	for i, want := range []bool{true, false, true} {
		a := &news.Article{ID: "id", Rev: fmt.Sprint(i / 2)}
		if stored, err := b.PublishArticle(ctx, host, a); err != nil || stored.New != want {
			t.Errorf("publish %d: %v, %v, want %v", i, stored, err, want)
		}
	}
	got, err := b.ReadArticles(ctx, part, 0, 10, 0)
	must(t, err)
	if len(got) != 2 || got[0].MsgID != "id.0" || got[1].MsgID != "id.1" {
		t.Fatalf("read %+v", got)
	}
	if last, err := b.LastArticle(ctx, part); err != nil || last != got[1].Seq {
		t.Errorf("last: %d, %v", last, err)
	}
	if last, err := b.LastArticle(ctx, (part+1)%bus.Partitions); err != nil || last != 0 {
		t.Errorf("last of an empty partition: %d, %v", last, err)
	}
	if more, err := b.ReadArticles(ctx, part, got[1].Seq+1, 10, 50*time.Millisecond); err != nil || len(more) != 0 {
		t.Errorf("after the end: %v, %v", more, err)
	}
	must(t, b.PutPosition(ctx, "files", part, 7))
	if pos, err := b.Position(ctx, "files", part); err != nil || pos != 7 {
		t.Errorf("position: %d, %v", pos, err)
	}
}

// Who restarts under the lock of the data directory knows that nobody works.
func TestReleasedTurnsAreDueAtOnce(t *testing.T) {
	b, ctx := open(t, func(c *bus.Config) { c.AckWait = time.Hour }), t.Context()
	if _, err := b.Hosts().Arm(ctx, "h", []byte("state"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	held, err := b.Hosts().Pull(ctx, 1, time.Minute)
	if err != nil || len(held) != 1 {
		t.Fatalf("pull: %v, %v", held, err)
	}
	must(t, b.ReleaseTurns(ctx))
	again, err := b.Hosts().Pull(ctx, 1, time.Second)
	for range 3 { // the first pull may still ask the consumer that was removed
		if len(again) > 0 {
			break
		}
		again, err = b.Hosts().Pull(ctx, 1, time.Second)
	}
	if err != nil || len(again) != 1 || string(again[0].State) != "state" {
		t.Fatalf("after the release: %v, %v", again, err)
	}
}

// TestTrimOfARestoredStream: where a sink was in a stream that was longer says
// nothing of this one.
func TestTrimOfARestoredStream(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	host := "h.example"
	part := bus.Partition(host)
	for n := range 5 {
		publish(t, b, host, n, 1)
	}
	must(t, b.PutPosition(ctx, "back", part, 6)) // the whole stream, and no more
	must(t, b.PutPosition(ctx, "away", part, 7))
	if n := bus.TrimBefore(t, b, time.Now().Add(time.Hour)); n != 0 {
		t.Errorf("removed %d articles that a sink may not have", n)
	}
	must(t, b.PutPosition(ctx, "away", part, 3)) // it works again
	if n := bus.TrimBefore(t, b, time.Now().Add(time.Hour)); n != 2 {
		t.Errorf("removed %d articles, want the 2 that both sinks have", n)
	}
	must(t, b.PutPosition(ctx, "away", part, 6))
	if n := bus.TrimBefore(t, b, time.Now().Add(time.Hour)); n != 3 {
		t.Errorf("removed %d articles, want all others", n)
	}
}

func TestTrimRemovesOnlyWhatEverySinkHasCommitted(t *testing.T) {
	b, ctx := open(t, func(c *bus.Config) { c.ArticlesMaxBytes = 1 << 20 }), t.Context()
	host := "h.example"
	part := bus.Partition(host)
	noise := func(n int) string { // does not compress
		var s strings.Builder
		for i := range 20_000 {
			s.WriteByte(byte('!' + (i*i*(n+7)>>5^i*n)%90))
		}
		return s.String()
	}
	var last uint64
	for n := range 42 {
		if _, err := b.PublishArticle(ctx, host, &news.Article{ID: "id", Rev: fmt.Sprint(n), Title: noise(n)}); err != nil {
			t.Fatal(err)
		}
		last++
	}
	trim := func() uint64 {
		n, err := b.TrimArticles(ctx)
		must(t, err)
		return n
	}
	if n := trim(); n != 0 {
		t.Errorf("removed %d articles that no sink has", n)
	}
	must(t, b.PutPosition(ctx, "fast", part, last+1))
	must(t, b.PutPosition(ctx, "slow", part, 11))
	first := 1 + trim()
	if first == 1 || first > 11 {
		t.Errorf("removed %d articles, want some of the 10 that both sinks have", first-1)
	}
	got, err := b.ReadArticles(ctx, part, 0, 20, 0)
	must(t, err)
	if len(got) != 20 || got[0].Seq != first {
		t.Errorf("%d articles, the first %d, want %d", len(got), got[0].Seq, first)
	}
	if n := trim(); n != 0 {
		t.Errorf("removed %d more articles although there is room", n)
	}
	held := got[11-first]
	// A sink that was taken away holds articles until it is forgotten.
	if _, err := b.SinkTurns().Arm(ctx, "slow-"+bus.PartitionName(part), nil, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	sinks, err := b.Sinks(ctx)
	must(t, err)
	if len(sinks) != 2 || sinks[0].Behind != 0 || sinks[1].Name != "slow" || sinks[1].Behind != 32 || !sinks[1].Oldest.Equal(held.Time) {
		t.Errorf("sinks: %+v", sinks)
	}
	must(t, b.ForgetSink(ctx, "slow"))
	if err := b.ForgetSink(ctx, "slow"); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("forgotten twice: %v", err)
	}
	if keys, err := b.SinkTurns().Keys(ctx); err != nil || len(keys) != 0 {
		t.Errorf("turns %v, error %v", keys, err)
	}
	for n := range 10 { // above 70 % again
		if _, err := b.PublishArticle(ctx, host, &news.Article{ID: "more", Rev: fmt.Sprint(n), Title: noise(n)}); err != nil {
			t.Fatal(err)
		}
	}
	more := trim()
	if more == 0 || first+more > 42 {
		t.Errorf("removed %d articles, want some that the other sink has", more)
	}
	must(t, b.PutPosition(ctx, "fast", part, first+more+1)) // it goes back
	for n := range 10 {
		if _, err := b.PublishArticle(ctx, host, &news.Article{ID: "most", Rev: fmt.Sprint(n), Title: noise(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := trim(); n != 1 {
		t.Errorf("removed %d articles above 70 %%, want the one that the sink has", n)
	}
}
