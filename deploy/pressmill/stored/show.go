package stored

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/news"
	"pressmill/pkg/worker"
	"pressmill/sink/articles"
	"pressmill/sink/segment"
	"pressmill/sink/store"
)

func showArticle(ctx context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	where := AddFlags(flags)
	asJSON := flags.Bool("json", false, "print the article as it was written")
	verbose := flags.Bool("v", false, "print where each field comes from, too")
	rev := flags.String("rev", "", "print this revision (default: the newest)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return worker.Usagef("name one article by its id or URL")
	}
	ref, err := articles.ParseRef(flags.Arg(0))
	if err != nil {
		return worker.Usagef("%v", err)
	}
	s, place, err := where.openFirst()
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	found, err := articles.Revisions(ctx, s, place.prefix, []articles.Ref{ref})
	revs := found0(found)
	if len(revs) == 0 {
		return errors.Join(err, notFound(ctx, s, place, ref, flags.Arg(0)))
	}
	i := slices.IndexFunc(revs, func(f articles.Found) bool { return *rev == "" || f.Rev == *rev })
	if i < 0 {
		return errors.Join(err, fmt.Errorf("article %s has no revision %s", revs[0].ID, *rev))
	}
	if *asJSON {
		_, printErr := fmt.Fprintf(env.Stdout, "%s\n", withGone(revs[i]))
		return errors.Join(err, printErr)
	}
	return errors.Join(err, printArticle(env.Stdout, revs, i, *verbose))
}

func found0(found [][]articles.Found) []articles.Found {
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// notFound says why there is no such article.
func notFound(ctx context.Context, s store.Store, place shelf, ref articles.Ref, name string) error {
	t, err := segment.ReadTombstone(ctx, s, place.prefix, ref.ID)
	if err != nil {
		return fmt.Errorf("no article %s in %s", name, place)
	}
	why := ""
	if t.Reason != "" {
		why = ": " + t.Reason
	}
	return fmt.Errorf("article %s was deleted on %s%s", ref.ID, t.At.UTC().Format("2006-01-02"), why)
}

// printArticle prints one of the revisions of an article for people.
func printArticle(w io.Writer, revs []articles.Found, i int, verbose bool) error {
	var a news.Article
	if err := json.Unmarshal(revs[i].Line, &a); err != nil {
		return fmt.Errorf("read article: %w", err)
	}
	width := terminal.Width(w)
	if width == 0 || width > 100 {
		width = 80
	}
	p := printer{width: width}
	p.text(a.Title)
	p.line("")
	p.field("by", byline(&a))
	p.field("published", dateText(a.Published))
	p.field("modified", dateText(a.Modified))
	p.field("source", strings.TrimSpace(a.Source.Name+" "+a.Source.Domain))
	p.field("url", a.URL.Final)
	if a.URL.Canonical != a.URL.Final {
		p.field("canonical", a.URL.Canonical)
	}
	p.field("language", a.Lang)
	p.field("section", strings.Join(a.Section, " > "))
	p.field("tags", strings.Join(a.Tags, ", "))
	p.field("collected", revs[i].Collected.Format("2006-01-02 15:04:05Z"))
	if gone := revs[i].Gone; gone != nil {
		p.field("gone", fmt.Sprintf("%s, status %d", gone.At.UTC().Format("2006-01-02 15:04:05Z"), gone.Status))
	}
	p.body(&a)
	for _, img := range a.Images {
		p.field("image", strings.Join(nonEmpty(img.Caption, img.Credit, img.URL), " | "))
	}
	if verbose {
		p.provenance(&a)
	}
	p.line("")
	for j, f := range revs {
		mark := " "
		if j == i {
			mark = "*"
		}
		p.line(fmt.Sprintf("%s rev %s of %s, collected %s", mark, f.Rev, f.ID, f.Collected.Format("2006-01-02 15:04:05Z")))
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func byline(a *news.Article) string {
	var names []string
	for _, au := range a.Authors {
		names = append(names, au.Name)
	}
	for _, ag := range a.Agencies {
		names = append(names, ag.Name)
	}
	return strings.Join(names, ", ")
}

func nonEmpty(all ...string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// printer lays out an article.
type printer struct {
	strings.Builder
	width int
}

func (p *printer) line(s string) { p.WriteString(terminal.Printable(s) + "\n") }

func (p *printer) text(s string) {
	for _, l := range terminal.Wrap(s, p.width) {
		p.line(l)
	}
}

// field prints a name and its value, which is cut nowhere: addresses are to be copied.
func (p *printer) field(name, value string) {
	if value != "" {
		p.line(fmt.Sprintf("%-10s %s", name, value))
	}
}

func (p *printer) body(a *news.Article) {
	p.line("")
	blocks := a.Body.Blocks
	if len(blocks) == 0 {
		for part := range strings.SplitSeq(a.Body.Text, "\n\n") {
			blocks = append(blocks, news.Block{T: news.BlockParagraph, Text: part})
		}
	}
	for _, b := range blocks {
		text := b.Text
		switch b.T {
		case news.BlockListItem:
			text = "- " + text
		case news.BlockQuote:
			text = "> " + text
		case news.BlockHeading:
			text = "## " + text
		case news.BlockEmbed, news.BlockFactBox, news.BlockTable:
			text = "[" + string(b.T) + "] " + text
		case news.BlockParagraph, news.BlockStandfirst:
		}
		p.text(text)
		p.line("")
	}
}

func (p *printer) provenance(a *news.Article) {
	p.line("")
	for _, name := range slices.Sorted(maps.Keys(a.Prov)) {
		p.field("from", fmt.Sprintf("%s: %s, %.2f", name, a.Prov[name].Src, a.Prov[name].Conf))
	}
	p.field("engine", fmt.Sprintf("%s %s, quality %.2f", a.Extraction.Engine, a.Extraction.Version, a.Extraction.Quality))
	p.field("rules", a.Extraction.Rules)
	p.field("warnings", strings.Join(a.Extraction.Warnings, ", "))
	p.field("page", a.Raw.Ref)
	p.field("warc", a.Raw.WARC)
}
