package operate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"pressmill/crawler"
	"pressmill/crawler/opml"
	"pressmill/parser/coverage"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/weburl"
	"pressmill/pkg/worker"
)

func sourceCommands() []worker.Command {
	return []worker.Command{
		applyCommand(),
		listCommand(),
		changeCommand(worker.Command{
			Name: "sources pause", Short: "Stop polling sources for a while",
			Long: "Nothing of a paused source is fetched. Its URLs wait until `pressmill sources resume`; other sources of\nthe same hosts go on. A later `sources apply` leaves it paused.",
		}, "paused", crawler.Pause),
		changeCommand(worker.Command{
			Name: "sources resume", Short: "Go on with paused sources",
			Long: "Polls that became due meanwhile are made at once, URLs that waited are fetched.",
		}, "resumed", crawler.Resume),
		changeCommand(worker.Command{
			Name: "sources remove", Short: "Stop collecting from sources for good",
			Long: "Their polls and their status are forgotten, and URLs that wait are left out. Which articles are known\nstays known: a source that is applied again brings only what is new.",
		}, "removed", crawler.Remove),
		importCommand(),
		backfillCommand(),
	}
}

const sourceExample = `
A file of sources is YAML:

  sources:
    - id: example                # of letters, digits, ".", "-", "_"; default: the domain
      name: The Example
      seeds:                     # pages, feeds, sitemaps or lists of URLs, told apart by what they hold
        - https://www.example.org/
        - https://www.example.org/rss.xml
      depth: 1                   # how far links are followed; 0: only the items of feeds and sitemaps
      poll: 10m                  # first interval between looks, and its bounds; default: the crawler's
      poll_min: 5m
      poll_max: 6h
      lists: [urls.txt]          # files with a URL per line, read now, each URL fetched once
`

func applyCommand() worker.Command {
	var path string
	var prune bool
	return With(worker.Command{
		Name: "sources apply", Args: "[-f FILE] [-prune]", Short: "Collect from sources",
		Long: "Running crawlers follow within seconds: they poll seeds that are new, forget seeds that are gone, and keep\nto changed intervals. Sources that the file does not have stay as they are; `pressmill sources remove` ends them, or -prune.\n" + sourceExample,
	}, func(f *worker.Flags) {
		f.StringVar(&path, "f", "", "`FILE` with the section sources; - is standard input (default: that of -config)")
		f.BoolVar(&prune, "prune", false, "remove sources that the file does not have")
	}, func(ctx context.Context, env *worker.Env, b *bus.Bus, file *config.File, args []string) error {
		if len(args) > 0 {
			return worker.Usagef("unexpected argument %q; name a file with -f", args[0])
		}
		sources, err := readSources(path, env.Stdin, file)
		if err != nil {
			return err
		}
		if err := apply(ctx, env, b, sources); err != nil || !prune {
			return err
		}
		return pruneSources(ctx, env, b, sources)
	})
}

// pruneSources removes all sources but those that are to be kept.
func pruneSources(ctx context.Context, env *worker.Env, b *bus.Bus, keep []crawler.Source) error {
	ids, err := b.Sources(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		if slices.ContainsFunc(keep, func(s crawler.Source) bool { return s.ID == id }) {
			continue
		}
		err := insist(ctx, env, id, func() error { return crawler.Remove(ctx, b, id) })
		if err != nil && !errors.Is(err, bus.ErrNotFound) {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(env.Stdout, "%s removed\n", id)
	}
	return errors.Join(errs...)
}

// readSources reads the section sources of a file, or of the configuration if
// the path is "".
func readSources(path string, stdin io.Reader, file *config.File) (sources []crawler.Source, err error) {
	switch path {
	case "":
	case "-":
		data, err := io.ReadAll(stdin)
		if err != nil {
			return nil, err
		}
		if file, err = config.Parse("standard input", data); err != nil {
			return nil, err
		}
	default:
		if file, err = config.Load(path); err != nil {
			return nil, err
		}
	}
	if err := file.Decode("sources", &sources); err != nil {
		return nil, err
	}
	if len(sources) == 0 && path == "" {
		return nil, worker.Usagef("the configuration has no sources; name a file that has some with -f FILE (see pressmill sources apply -h)")
	}
	if len(sources) == 0 {
		return nil, worker.Usagef("%s has no section sources (see pressmill sources apply -h)", path)
	}
	return sources, validSources(file, sources)
}

// validSources reports every fault of all sources at once.
func validSources(file *config.File, sources []crawler.Source) error {
	var errs []error
	ids := map[string]bool{}
	for i := range sources {
		errs = append(errs, sources[i].NormalisePolled())
		if ids[sources[i].ID] {
			errs = append(errs, fmt.Errorf("source %q stands twice; give each an id of its own", sources[i].ID))
		}
		ids[sources[i].ID] = true
	}
	return file.Invalid("sources", errors.Join(errs...))
}

func apply(ctx context.Context, env *worker.Env, b *bus.Bus, sources []crawler.Source) error {
	done, err := crawler.Apply(ctx, b, sources, crawler.NewCrawlID(), func(id string, do func() error) error {
		return insist(ctx, env, id, do)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%d added, %d changed, %d unchanged\n", done.Added, done.Changed, done.Unchanged)
	if len(done.Paused) > 0 {
		fmt.Fprintf(env.Stdout, "still paused: %s; `pressmill sources resume ID...` goes on with them\n", strings.Join(done.Paused, ", "))
	}
	return nil
}

func listCommand() worker.Command {
	var asJSON bool
	return With(worker.Command{
		Name: "sources list", Args: "[-json]", Short: "Show the sources and how they do",
		Long: `Columns: FOUND counts the URLs that were new at polls; POLLS the pages, feeds and sitemaps that are looked at,
with those whose last look failed. ARTICLES came within a day, without those older than a week; of these, AUTHOR, DATE, IMAGE and BODY say
how many have it. DRIFT names what differs from the source's own week before, and how it is usually: see
source.drift in the log. STATE is

  active      polled
  paused      not polled until ` + "`pressmill sources resume`" + `, or, if only an earlier run named it, until one does again
  failing     no poll was answered the last time; -json says why
  silent      brought nothing for three times its usual gap
  unreadable  not polled: what is stored of it is broken, or of a later version; ` + "`pressmill sources apply`" + ` stores it anew`,
	}, func(f *worker.Flags) {
		f.BoolVar(&asJSON, "json", false, "print a line of JSON per source, with all its polls")
	}, func(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
		if len(args) > 0 {
			return worker.Usagef("unexpected argument %q", args[0])
		}
		reports, err := crawler.Reports(ctx, b)
		if err != nil {
			return err
		}
		known, err := bus.Coverage[coverage.Record](ctx, b)
		if err != nil {
			fmt.Fprintf(env.Stderr, "what the articles of the sources have is not known: %v\n", err)
		}
		lines := sourceLines(reports, known, time.Now())
		if asJSON {
			enc := json.NewEncoder(env.Stdout)
			var errs []error
			for _, l := range lines {
				errs = append(errs, enc.Encode(l))
			}
			return errors.Join(errs...)
		}
		if len(reports) == 0 {
			fmt.Fprintln(env.Stderr, "no sources; `pressmill sources apply -f FILE` adds some")
		}
		return printSourceLines(env.Stdout, lines, time.Now())
	})
}

func printSourceLines(w io.Writer, lines []sourceLine, now time.Time) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "ID\tSTATE\tLAST SUCCESS\tNEXT POLL\tFOUND\tPOLLS\tDOMAIN\tARTICLES\tAUTHOR\tDATE\tIMAGE\tBODY\tDRIFT")
	for _, r := range lines {
		polls := fmt.Sprint(len(r.Polls))
		if n := r.Failing(); n > 0 {
			polls += fmt.Sprintf(" (%d failing)", n)
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", r.ID, r.State, relative(r.LastSuccess, now), relative(r.NextPoll, now), r.Found, polls, r.Domain, r.Coverage.columns())
	}
	return tab.Flush()
}

// relative says in words how far a time is from now.
func relative(t, now time.Time) string {
	d := t.Sub(now)
	switch {
	case t.IsZero():
		return "-"
	case d < 0:
		return roughly(-d) + " ago"
	default:
		return "in " + roughly(d)
	}
}

// roughly writes a duration in its largest unit.
func roughly(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= 2*unit.of {
			return fmt.Sprintf("%d%s", d/unit.of, unit.name)
		}
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// changeCommand is a command that does one thing to every source it is given.
func changeCommand(cmd worker.Command, done string, change func(context.Context, *bus.Bus, string) error) worker.Command {
	cmd.Args = "ID..."
	return With(cmd, nil, func(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, ids []string) error {
		if len(ids) == 0 {
			return worker.Usagef("name one source or more by id (`pressmill sources list` shows them)")
		}
		var errs []error
		for _, id := range ids {
			err := insist(ctx, env, id, func() error { return change(ctx, b, id) })
			if errors.Is(err, bus.ErrNotFound) {
				err = unknownSource(ctx, b, id)
			}
			if err == nil {
				fmt.Fprintf(env.Stdout, "%s %s\n", id, done)
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
}

// unknownSource is the error that names the nearest source there is.
func unknownSource(ctx context.Context, b *bus.Bus, id string) error {
	hint := "`pressmill sources list` shows those there are"
	if ids, err := b.Sources(ctx); err == nil {
		if near := config.Nearest(id, ids); near != "" {
			hint = "did you mean " + near + "?"
		}
	}
	return fmt.Errorf("there is no source %q; %s", id, hint)
}

func importCommand() worker.Command {
	return worker.Command{
		Name: "sources import", Args: "[-apply] [-config FILE] FILE.opml", Short: "Make sources of a feed reader's export",
		Long: `Reads OPML and prints sources as YAML, to be looked through and given to ` + "`pressmill sources apply -f FILE`" + `.
Feeds of one site become one source; their folders do not matter, and a feed that stands twice is taken once.`,
		Run: func(ctx context.Context, env *worker.Env, argv []string) error {
			flags := env.Flags()
			path := flags.String("config", "", "`FILE` with the section bus, for -apply")
			now := flags.Bool("apply", false, "collect from them at once instead of printing them")
			if err := flags.Parse(argv); err != nil {
				return err
			}
			if flags.NArg() != 1 {
				return worker.Usagef("name one OPML file; - is standard input")
			}
			sources, err := readOPML(flags.Arg(0), env.Stdin, env.Stderr)
			if err != nil {
				return err
			}
			if !*now {
				return printSources(env.Stdout, sources)
			}
			file, err := config.Load(*path)
			if err != nil {
				return err
			}
			b, err := Connect(file)
			if err != nil {
				return err
			}
			defer b.Close()
			return apply(ctx, env, b, sources)
		},
	}
}

// readOPML groups the feeds of an OPML file into sources by site. A feed whose
// address cannot be used is named and left out.
func readOPML(path string, stdin io.Reader, stderr io.Writer) ([]crawler.Source, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, worker.Usagef("%v", err)
		}
		defer f.Close()
		stdin = f
	}
	feeds, err := opml.Parse(stdin)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var sources []crawler.Source
	for _, feed := range feeds {
		u, err := crawler.ParseSeed(feed.URL)
		if err != nil {
			fmt.Fprintf(stderr, "%s: left out %q: %v\n", path, feed.URL, err)
			continue
		}
		domain := weburl.Domain(u.Host)
		if site, err := crawler.ParseSeed(feed.Site); feed.Site != "" && err == nil {
			domain = weburl.Domain(site.Host) // the feed may lie with a service
		}
		sources = addFeed(sources, crawler.Source{Domain: domain, Name: feed.Title, Seeds: []string{u.String()}})
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("%s: no outline has an xmlUrl: there is no feed in it", path)
	}
	for i := range sources {
		err = errors.Join(err, sources[i].Normalise())
	}
	return sources, err
}

// addFeed adds a feed to its site's source.
func addFeed(sources []crawler.Source, feed crawler.Source) []crawler.Source {
	i := slices.IndexFunc(sources, func(s crawler.Source) bool { return s.Domain == feed.Domain })
	if i < 0 {
		return append(sources, feed)
	}
	sources[i].Name = cmp.Or(sources[i].Name, feed.Name)
	if !slices.Contains(sources[i].Seeds, feed.Seeds[0]) {
		sources[i].Seeds = append(sources[i].Seeds, feed.Seeds[0])
	}
	return sources
}

func printSources(w io.Writer, sources []crawler.Source) error {
	var b strings.Builder
	b.WriteString("sources:\n")
	for _, s := range sources {
		fmt.Fprintf(&b, "  - id: %s\n    domain: %s\n", quoted(s.ID), quoted(s.Domain))
		if s.Name != "" {
			fmt.Fprintf(&b, "    name: %s\n", quoted(s.Name))
		}
		b.WriteString("    seeds:\n")
		for _, seed := range s.Seeds {
			fmt.Fprintf(&b, "      - %s\n", quoted(seed))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// quoted is a text as a string of JSON, which is one of YAML as well.
func quoted(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be encoded
	return strings.TrimSpace(b.String())
}
