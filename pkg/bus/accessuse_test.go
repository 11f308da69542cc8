package bus_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/bus"
	"pressmill/pkg/news"
)

// Every role does on a connection of its own all that its code does, nothing of
// it is refused, and nothing is permitted that is not done.
func TestRolesUseWhatTheyMay(t *testing.T) {
	unused := map[string]bool{}
	for _, r := range bus.Roles() {
		for _, subject := range archiving().Permissions(r).Publish {
			if r != bus.RoleOperator {
				unused[string(r)+" "+subject] = true
			}
		}
	}
	for name, v := range map[string]struct {
		replicas int // as the connections believe
		more     string
	}{
		"one replica":                      {1, ""},
		"replicas, acknowledgements of v2": {3, "feature_flags { js_ack_fc_v2: true }"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := archiving()
			g := guard(t, cfg, "trace: true\nmax_traced_msg_len: 1\n"+v.more)
			op := g.connect(t, cfg, bus.RoleOperator)
			if err := op.Apply(t.Context()); err != nil {
				t.Fatal(err)
			}
			believed := cfg
			believed.Replicas = v.replicas
			work(t, rig{
				crawler: g.connect(t, believed, bus.RoleCrawler), parser: g.connect(t, believed, bus.RoleParser),
				sink: g.connect(t, believed, bus.RoleSink), operator: g.connect(t, believed, bus.RoleOperator),
			})
			for _, r := range bus.Roles() {
				if err := g.connect(t, cfg, r).Check(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if lines := g.violations(t); len(lines) > 0 {
				t.Errorf("refused:\n%s", strings.Join(lines, "\n"))
			}
			for role, subjects := range g.published(t) {
				maps.DeleteFunc(unused, func(permission string, _ bool) bool {
					r, pattern, _ := strings.Cut(permission, " ")
					return r == role && slices.ContainsFunc(subjects, fits(pattern))
				})
			}
		})
	}
	if len(unused) > 0 {
		t.Errorf("permitted, but never done:\n%s", strings.Join(slices.Sorted(maps.Keys(unused)), "\n"))
	}
}

func archiving() bus.Config {
	cfg := bus.Defaults()
	cfg.Archive, cfg.ArticlesReplay, cfg.AckWait = true, 0, 4*time.Second
	return cfg
}

// fits returns whether a subject is one of a pattern.
func fits(pattern string) func(string) bool {
	return regexp.MustCompile("^" + strings.NewReplacer(".", `\.`, "$", `\$`, "*", `[^.]+`, ">", ".+").Replace(pattern) + "$").MatchString
}

// published returns by role to what its connections have published, as the server
// traced it.
func (g guarded) published(t *testing.T) map[string][]string {
	t.Helper()
	log, err := os.ReadFile(g.log)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string][]string{}
	for _, m := range regexp.MustCompile(`:pressmill ([a-z]+)" - .*<<- \[H?PUB (\S+)`).FindAllStringSubmatch(string(log), -1) {
		by[m[1]] = append(by[m[1]], m[2])
	}
	return by
}

// rig is a connection of every role.
type rig struct{ crawler, parser, sink, operator *bus.Bus }

// work has every role do what its code does.
func work(t *testing.T, r rig) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"turns of hosts", func(ctx context.Context) error { return crawlTurns(ctx, r.crawler) }},
		{"frontier", func(ctx context.Context) error { return crawlFrontier(ctx, r.crawler) }},
		{"sources", func(ctx context.Context) error { return crawlSources(ctx, r) }},
		{"revisits", func(ctx context.Context) error { return crawlRevisits(ctx, r.crawler) }},
		{"pages", func(ctx context.Context) error { return crawlPages(ctx, r.crawler) }},
		{"parser", func(ctx context.Context) error { return parsePages(ctx, r.parser) }},
		{"archive", func(ctx context.Context) error { return archivePages(ctx, r.sink) }},
		{"turns of sinks", func(ctx context.Context) error { return sinkTurns(ctx, r.sink) }},
		{"articles", func(ctx context.Context) error { return sinkArticles(ctx, r.sink) }},
		{"again", func(ctx context.Context) error { return sinkAgain(ctx, r) }},
		{"lag", func(ctx context.Context) error { return lags(ctx, r) }},
	}
	for _, s := range steps {
		if err := s.do(ctx); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
}

func lags(ctx context.Context, r rig) error {
	_, errCrawler := r.crawler.Lag(ctx)
	_, errParser := r.parser.Lag(ctx)
	_, errSink := r.sink.Lag(ctx)
	return errors.Join(errCrawler, errParser, errSink)
}

func crawlTurns(ctx context.Context, b *bus.Bus) error {
	q := b.Hosts()
	_, err := q.Arm(ctx, "a_example", nil, time.Time{})
	if err != nil {
		return err
	}
	turns, err := q.Pull(ctx, 1, 20*time.Second)
	if err != nil || len(turns) == 0 {
		return errors.Join(err, errors.New("no turn"))
	}
	stop := turns[0].Hold(ctx)
	time.Sleep(1500 * time.Millisecond) // a third of AckWait passes
	stop()
	_, errWake := q.Wake(ctx, "a_example")
	_, errKeys := q.Keys(ctx)
	return errors.Join(turns[0].Check(ctx), turns[0].HandOn(ctx, time.Now().Add(time.Hour), time.Time{}, nil), errWake, errKeys)
}

func crawlFrontier(ctx context.Context, b *bus.Bus) error {
	_, err := b.PushAll(ctx, []bus.Queued{{Host: "a.example", URL: bus.FrontierURL{URL: "https://a.example/"}}})
	if err != nil {
		return err
	}
	u, err := b.Next(ctx, "a.example", bus.Taken{}, bus.PrioritySeed)
	if err != nil {
		return err
	}
	_, errHosts := b.WaitingHosts(ctx)
	seen := b.Seen("a.example")
	return errors.Join(errHosts, seen.Add(ctx, 1), b.Seen("a.example").Refresh(ctx), b.Delete(ctx, u.Seq), b.PushDead(ctx, "a.example", u, "p", "http_500", "x"))
}

func crawlSources(ctx context.Context, r rig) error {
	b := r.crawler
	var into map[string]string
	err := r.operator.PutSource(ctx, "paper", map[string]string{"id": "paper"}, 0)
	_, errSource := b.Source(ctx, "paper", &into)
	err = errors.Join(err, errSource)
	err = errors.Join(err, b.PutStatus(ctx, "paper", "a.example", into), b.PutRobots(ctx, "a.example", into), b.Robots(ctx, "a.example", &into))
	err = errors.Join(err, b.Statuses(ctx, "paper", func(string, string, []byte) error { return nil }))
	_, errGroup := bus.UpdateGroup(ctx, b, "a.example", func(*map[string]string) {})
	err = errors.Join(err, errGroup, b.Push(ctx, "a.example", bus.PrioritySeed, bus.FrontierURL{Source: "paper"}, ""))
	u, errNext := b.Next(ctx, "a.example", bus.Taken{}, bus.PrioritySeed)
	err = errors.Join(err, errNext, b.Park(ctx, "a.example", u, time.Time{}))
	_, errParked := b.Parked(ctx)
	_, errUnpark := b.Unpark(ctx, "paper")
	return errors.Join(err, errParked, errUnpark, b.DropParked(ctx, "paper"))
}

func crawlRevisits(ctx context.Context, b *bus.Bus) error {
	err := b.PushRevisit(ctx, "a.example", bus.FrontierURL{Revisit: &bus.Revisit{Delay: time.Minute}}, "r1")
	if err != nil {
		return err
	}
	u, err := b.FirstRevisit(ctx, "a.example", time.Minute)
	if err != nil {
		return err
	}
	_, errClasses := b.RevisitClasses(ctx, "a.example")
	return errors.Join(errClasses, b.DeleteRevisit(ctx, u.Revisit.Seq))
}

func crawlPages(ctx context.Context, b *bus.Bus) error {
	_, err := b.PagesFull(ctx)
	for _, id := range []string{"p1", "p2"} {
		err = errors.Join(err, b.PublishPage(ctx, "a.example", &news.Page{PageID: id, Body: []byte("x")}))
	}
	return err
}

// parsePages has one page fail once, and another one for ever.
func parsePages(ctx context.Context, b *bus.Bus) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tried := 0
	var failed error
	err := b.ConsumePages(ctx, 1, func() {}, func(ctx context.Context, page *news.Page) error {
		if page.PageID == "p2" {
			return bus.Permanent("extract", errors.New("x"))
		}
		if tried++; tried == 1 {
			return errors.New("once more")
		}
		_, failed = b.PublishArticle(ctx, "a.example", &news.Article{ID: "a", Rev: "1"})
		_, err := b.PublishTakedown(ctx, "a.example", &news.Takedown{ID: "a"})
		failed = errors.Join(failed, err)
		cancel()
		return failed
	}, func(string, bool, error) {})
	_, errCoverage := bus.UpdateCoverage(context.WithoutCancel(ctx), b, "paper", func(*int) {})
	return errors.Join(err, failed, errCoverage)
}

func archivePages(ctx context.Context, b *bus.Bus) error {
	pages, err := b.ReadPages(ctx, 1, 10, time.Second)
	if err != nil || len(pages) == 0 {
		return errors.Join(err, errors.New("no pages"))
	}
	_, err = b.ReadPages(ctx, 1000, 10, time.Millisecond) // what is not there is asked of the leader
	_, _, last, errState := b.PagesState(ctx)
	return errors.Join(err, errState, b.ReleasePages(ctx, last))
}

func sinkTurns(ctx context.Context, b *bus.Bus) error {
	q := b.SinkTurns()
	_, err := q.Arm(ctx, "files-p00", nil, time.Time{})
	if err != nil {
		return err
	}
	turns, err := q.Pull(ctx, 1, 20*time.Second)
	if err != nil || len(turns) == 0 {
		return errors.Join(err, errors.New("no turn"))
	}
	return errors.Join(turns[0].Check(ctx), turns[0].HandOn(ctx, time.Now().Add(time.Hour), time.Time{}, nil))
}

func sinkArticles(ctx context.Context, b *bus.Bus) error {
	part := bus.Partition("a.example")
	articles, err := b.ReadArticles(ctx, part, 1, 10, time.Second)
	if err != nil || len(articles) == 0 {
		return errors.Join(err, errors.New("no articles"))
	}
	last := articles[len(articles)-1].Seq
	_, errEnd := b.ReadArticles(ctx, part, last+1, 10, time.Millisecond)
	_, errAt := b.ArticleAt(ctx, last)
	_, errSince := b.ArticleSince(ctx, time.Now().Add(-time.Hour))
	_, errLast := b.LastArticle(ctx, part)
	err = errors.Join(errEnd, errAt, errSince, errLast)
	for p := range bus.Partitions {
		err = errors.Join(err, b.PutPosition(ctx, "files", p, last+1))
	}
	removed, errTrim := b.TrimArticles(ctx)
	if removed == 0 {
		errTrim = errors.Join(errTrim, errors.New("nothing was trimmed"))
	}
	_, errPut := b.PutCursor(ctx, "desk", part, []byte("{}"), 0)
	_, _, errCursor := b.Cursor(ctx, "desk", part)
	return errors.Join(err, errTrim, errPut, errCursor)
}

// sinkAgain gives a message up, which operators replay, and works on it again.
func sinkAgain(ctx context.Context, r rig) error {
	err := r.sink.PublishDead(ctx, bus.DeadLetter{Stage: "sink", Key: "desk.p00", Subject: bus.AgainSubject("desk", 0), Reason: "x"}, "d1")
	var dead []uint64
	err = errors.Join(err, r.operator.DeadLetters(ctx, "", func(d bus.DeadLetter) bool { dead = append(dead, d.Seq); return true }))
	if len(dead) != 3 { // one of each stage
		err = errors.Join(err, errors.New(cmp.Diff(3, len(dead))))
	}
	for _, seq := range dead {
		err = errors.Join(err, r.operator.Replay(ctx, seq))
	}
	again, errAgain := r.sink.Again(ctx, "desk", 0)
	_, errSinks := r.operator.Sinks(ctx)
	return errors.Join(err, errAgain, r.sink.DropAgain(ctx, again.Seq), errSinks, r.operator.ForgetSink(ctx, "files"))
}
