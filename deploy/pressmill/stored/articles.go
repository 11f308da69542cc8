// Package stored holds the commands on what sinks have written: the articles, to
// read, delete and merge, and the archived pages, to parse again.
package stored

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"pressmill/deploy/pressmill/terminal"
	"pressmill/deploy/pressmill/timeflag"
	"pressmill/pkg/news"
	"pressmill/pkg/worker"
	"pressmill/sink/articles"
)

// Commands returns the commands.
func Commands() []worker.Command {
	return []worker.Command{
		reparseCommand(),
		{
			Name: "articles", Args: "[flags]", Short: "List the articles that were written, newest first",
			Long: `Reads what a sink has written, from the newest object down: of a configuration with several, the first
that takes every article with all its fields, unless -out and -prefix name another. Times are UTC and say when an article was
collected. Of each article the newest revision is listed. Articles that were deleted are not; one whose page
is gone is marked, if its sink writes takedowns.

-since and -until take a date, a time (RFC 3339) or an age such as 90m, 24h or 7d. If there are more than
-limit articles, the cursor for -after is printed on standard error. Without a limit (0) articles are printed
as they are read, object by object, so that times are only about in order.`,
			Run: browseArticles,
		},
		{
			Name: "articles show", Args: "[flags] ID|URL", Short: "Print one article, and list its revisions",
			Run: showArticle,
		},
		deleteCommand(),
		compactCommand(),
	}
}

func browseArticles(ctx context.Context, env *worker.Env, args []string) error {
	var (
		flags  = env.Flags()
		where  = AddFlags(flags)
		q      articles.Query
		since  timeflag.Flag
		until  = timeflag.Flag{End: true}
		limit  = flags.Int("limit", 50, "print at most `N` articles; 0: all")
		after  = flags.String("after", "", "go on behind the `CURSOR` that was printed")
		format = flags.String("format", "table", "table, or jsonl: the articles as they were written")
	)
	flags.StringVar(&q.Host, "host", "", "only articles of this `HOST`, or of hosts below it")
	flags.StringVar(&q.Source, "source", "", "only articles of this source, by its id or domain")
	flags.StringVar(&q.Lang, "lang", "", "only articles in this language, such as de")
	flags.StringVar(&q.Grep, "grep", "", "only articles with this `TEXT` in the title or text, in upper or lower case")
	flags.BoolVar(&q.AllRevs, "all-revs", false, "list all revisions of each article")
	flags.Var(&since, "since", "only articles collected at or after this `TIME`")
	flags.Var(&until, "until", "only articles collected before this `TIME`, or up to the end of this date")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := flags.NoArgs(); err != nil {
		return err
	}
	q.Since, q.Until = since.At, until.At
	var cursor articles.Cursor
	if *after != "" {
		var err error
		if cursor, err = articles.ParseCursor(*after); err != nil {
			return worker.Usagef("-after: %v", err)
		}
	}
	switch {
	case *limit < 0:
		return worker.Usagef("-limit %d is negative", *limit)
	case *limit == 0 && *after != "":
		return worker.Usagef("-after needs a -limit")
	case *format != "table" && *format != "jsonl":
		return worker.Usagef("-format: %q is neither table nor jsonl", *format)
	}
	s, place, err := where.openFirst()
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	l := listing{out: env.Stdout, width: terminal.Width(env.Stdout), jsonl: *format == "jsonl"}
	defer func() {
		if !l.begun {
			fmt.Fprintf(env.Stderr, "no such articles in %s\n", place)
		}
	}()
	if *limit == 0 {
		err := articles.Each(ctx, s, place.prefix, q, l.print)
		return errors.Join(err, l.err)
	}
	page, err := articles.Find(ctx, s, place.prefix, q, cursor, *limit)
	for _, a := range page.Articles {
		l.print(a)
	}
	if page.More {
		fmt.Fprintf(env.Stderr, "There are more: -after %s\n", page.Next)
	}
	return errors.Join(err, l.err)
}

// listing prints articles, a line each.
type listing struct {
	out   io.Writer
	width int // of the terminal, 0 if it is none
	jsonl bool
	begun bool
	err   error
}

// print is false when nobody reads any more.
func (l *listing) print(a articles.Found) bool {
	first := !l.begun
	l.begun = true
	if l.jsonl {
		_, l.err = fmt.Fprintf(l.out, "%s\n", withGone(a))
		return l.err == nil
	}
	if first {
		l.row("COLLECTED", "ID", "LANG", "SOURCE", "TITLE")
	}
	title := a.Title
	if a.Gone != nil {
		title = fmt.Sprintf("[gone: %d] %s", a.Gone.Status, title)
	}
	l.row(a.Collected.Format("2006-01-02 15:04"), a.ID, a.Lang, a.Source.Domain, title)
	return l.err == nil
}

func (l *listing) row(at, id, lang, source, title string) {
	line := terminal.Pad(at, 16) + "  " + terminal.Pad(id, 16) + "  " + terminal.Pad(lang, 5) + "  " + terminal.Pad(source, 20) + "  " + terminal.Printable(title)
	if l.width > 0 {
		line = terminal.Cut(line, l.width)
	}
	if _, err := fmt.Fprintln(l.out, strings.TrimRight(line, " ")); err != nil {
		l.err = err
	}
}

// withGone returns an article as it was written, with the takedown, if there is
// one, as a further member "gone".
func withGone(a articles.Found) []byte {
	line := bytes.TrimSpace(a.Line)
	if a.Gone == nil || !bytes.HasSuffix(line, []byte{'}'}) {
		return line
	}
	gone, err := json.Marshal(struct {
		Status int       `json:"status"`
		At     time.Time `json:"at"`
	}{a.Gone.Status, a.Gone.At})
	if err != nil {
		return line
	}
	return fmt.Appendf(nil, `%s,"gone":%s}`, line[:len(line)-1], gone)
}

// dateText is a date as it was stated, as far as it was.
func dateText(d *news.Date) string {
	if d == nil {
		return ""
	}
	if d.At != "" {
		return d.At
	}
	return d.Local
}
