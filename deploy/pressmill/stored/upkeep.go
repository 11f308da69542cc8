package stored

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
	"pressmill/sink/articles"
	"pressmill/sink/segment"
	"pressmill/sink/store"
	"pressmill/sink/upkeep"
)

// progressEvery is how often long work says how far it is.
const progressEvery = 5 * time.Second

func deleteCommand() worker.Command {
	return worker.Command{
		Name: "articles delete", Args: "[flags] ID|URL...", Short: "Delete articles, for good",
		Long: `Leaves a tombstone for each article in every sink of the configuration: at once no reader shows it, and within
half a minute no sink writes it any more, should it come again. Then the objects that hold it are rewritten. The
newest object of each partition cannot be: what it holds is pending, and hidden, until a later ` + "`articles delete`" + `,
` + "`articles delete -finish` or `compact`" + ` takes it out. A sink that is added later takes what its stream still
holds of them: delete once more then.`,
		Run: deleteArticles,
	}
}

func deleteArticles(ctx context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	where := AddFlags(flags)
	reason := flags.String("reason", "", "`TEXT` that the tombstone keeps")
	yes := flags.Bool("yes", false, "do not ask")
	finish := flags.Bool("finish", false, "only take out what earlier deletions left pending")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *finish == (flags.NArg() > 0) {
		return worker.Usagef("name articles by their ids or URLs, or say -finish")
	}
	var refs []articles.Ref
	for _, arg := range flags.Args() {
		ref, err := articles.ParseRef(arg)
		if err != nil {
			return worker.Usagef("%v", err)
		}
		refs = append(refs, ref)
	}
	places, err := where.shelves()
	if err != nil {
		return err
	}
	d := deletion{env: env, reason: *reason, names: flags.Args(), refs: refs, found: make([]bool, len(refs))}
	defer d.close()
	for _, place := range places {
		if err := d.look(ctx, place); err != nil {
			return err
		}
	}
	if len(d.ids) > 0 && !*yes && !confirmed(env) {
		return errors.New("nothing was deleted; -yes deletes without asking")
	}
	err = d.do(ctx)
	for i, found := range d.found {
		if !found {
			err = errors.Join(err, fmt.Errorf("no article %s", d.names[i]))
		}
	}
	return err
}

// deletion is what was asked to be deleted.
type deletion struct {
	env    *worker.Env
	reason string
	names  []string
	refs   []articles.Ref
	found  []bool
	ids    map[string]string // the ids to delete, with an address each
	places []openShelf
}

type openShelf struct {
	shelf
	store store.Store
}

// look finds the articles in a sink and shows them.
func (d *deletion) look(ctx context.Context, place shelf) error {
	s, err := place.open()
	if err != nil {
		return err
	}
	d.places = append(d.places, openShelf{place, s})
	if len(d.refs) == 0 {
		return nil
	}
	found, err := articles.Revisions(ctx, s, place.prefix, d.refs)
	if err != nil {
		return err
	}
	for i, revs := range found {
		if _, err := segment.ReadTombstone(ctx, s, place.prefix, d.refs[i].ID); err == nil {
			d.found[i] = true // what is left of it is taken out
		}
		for _, f := range revs {
			d.found[i] = true
			d.add(f)
		}
	}
	return nil
}

func (d *deletion) add(f articles.Found) {
	if _, ok := d.ids[f.ID]; ok {
		return
	}
	if d.ids == nil {
		d.ids = map[string]string{}
	}
	d.ids[f.ID] = f.URL.Final
	fmt.Fprintf(d.env.Stdout, "%s  %s  %s\n", f.ID, terminal.Printable(f.URL.Final), terminal.Printable(f.Title))
}

func confirmed(env *worker.Env) bool {
	fmt.Fprint(env.Stderr, "Delete for good? [yes/no] ")
	answer, err := bufio.NewReader(env.Stdin).ReadString('\n')
	return (err == nil || answer != "") && strings.EqualFold(strings.TrimSpace(answer), "yes")
}

func (d *deletion) do(ctx context.Context) error {
	var stones []segment.Tombstone
	for id, at := range d.ids {
		stones = append(stones, segment.Tombstone{ID: id, URL: at, Reason: d.reason, At: time.Now().UTC()})
	}
	var errs []error
	for _, p := range d.places {
		k := upkeep.New(p.store, p.prefix)
		k.Progress = newUpkeepProgress(d.env, p.shelf).step
		r, err := k.Delete(ctx, stones)
		fmt.Fprintf(d.env.Stdout, "%s: %d lines taken out of %d objects\n", p, r.Deleted, r.Rewritten)
		if r.Pending > 0 {
			fmt.Fprintf(d.env.Stdout, "%s: pending in %d objects, which are the newest of their partitions; hidden, and taken out by a later delete or compact\n", p, r.Pending)
		}
		errs = append(errs, err, kept(r))
	}
	return errors.Join(errs...)
}

func (d *deletion) close() {
	for _, p := range d.places {
		_ = p.store.Close()
	}
}

// kept is the error that there are objects which should not be.
func kept(r upkeep.Report) error {
	if r.Kept == 0 {
		return nil
	}
	return fmt.Errorf("%d objects are hidden by others that do not hold all that they hold; they were left as they are", r.Kept)
}

func compactCommand() worker.Command {
	return worker.Command{
		Name: "compact", Args: "[flags]", Short: "Merge small objects of the days gone by",
		Long: `Merges the objects of each day, partition by partition, and takes out what was deleted, in every sink of the
configuration. A merged object is read back and compared before its parts are removed, and readers see each
article once at any moment. It may be stopped anywhere, run twice at a time and beside sinks; it never touches
the newest object of a partition, which tells the sink where to go on.`,
		Run: compact,
	}
}

func compact(ctx context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	where := AddFlags(flags)
	opt := upkeep.Options{Target: int64(256 * config.MiB)}
	flags.StringVar(&opt.Before, "before", "", "first `DATE` that is left alone (default: today, UTC)")
	flags.Func("target-size", "`SIZE` of merged objects before compression; two to three times as much memory is used (default 256MiB)", func(s string) error {
		size, err := config.ParseBytes(s)
		opt.Target = int64(size)
		return err
	})
	flags.BoolVar(&opt.DryRun, "dry-run", false, "change nothing, and print what would be merged")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := flags.NoArgs(); err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, opt.Before); opt.Before != "" && err != nil {
		return worker.Usagef("-before: %q is no date such as 2026-11-28", opt.Before)
	}
	if opt.Target <= 0 || opt.Target > store.MaxObject/2 {
		return worker.Usagef("-target-size must be more than nothing, and at most %v", config.Bytes(store.MaxObject/2))
	}
	places, err := where.shelves()
	if err != nil {
		return err
	}
	// A few large bodies are all that is in memory: collecting them soon is cheap.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	var errs []error
	for _, place := range places {
		errs = append(errs, compactOne(ctx, env, place, opt))
	}
	return errors.Join(errs...)
}

func compactOne(ctx context.Context, env *worker.Env, place shelf, opt upkeep.Options) error {
	s, err := place.open()
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	k := upkeep.New(s, place.prefix)
	k.Progress = newUpkeepProgress(env, place).step
	r, err := k.Compact(ctx, opt)
	if opt.DryRun {
		fmt.Fprintf(env.Stdout, "%s: %d objects would become %d\n", place, r.Parts, r.Merged)
		return err
	}
	fmt.Fprintf(env.Stdout, "%s: %d objects became %d, %d were removed; %d deleted lines taken out\n", place, r.Parts, r.Merged, r.Removed, r.Deleted)
	return errors.Join(err, kept(r))
}

// upkeepProgress tells on standard error how far long work is.
type upkeepProgress struct {
	env   *worker.Env
	place shelf
	last  time.Time
	steps int
}

func newUpkeepProgress(env *worker.Env, place shelf) *upkeepProgress {
	return &upkeepProgress{env: env, place: place, last: time.Now()}
}

func (p *upkeepProgress) step(s upkeep.Step) {
	switch s.Action {
	case "would merge":
		fmt.Fprintf(p.env.Stdout, "%s  %d objects, %d bytes\n", s.Key, s.Parts, s.Bytes)
		return
	case "kept":
		fmt.Fprintf(p.env.Stderr, "%s is hidden, but not held by others\n", s.Key)
	}
	p.steps++
	if time.Since(p.last) < progressEvery {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.env.Stderr, "%s: %s, day %d of %d; %d steps, last: %s %s\n", p.place, s.Day, s.Done+1, s.Days, p.steps, s.Action, s.Key)
}
