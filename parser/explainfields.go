package parser

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pressmill/parser/explain"
	"pressmill/pkg/news"
)

// fields lists what is known of an article, with where it comes from.
func fields(a *news.Article) []explain.Field {
	var out []explain.Field
	seen := make(map[string]bool)
	add := func(name, prov, value string) {
		if seen[prov] = true; value != "" {
			out = append(out, explain.Field{Name: name, Value: value, Src: a.Prov[prov].Src, Conf: a.Prov[prov].Conf})
		}
	}
	add("title", "title", a.Title)
	for _, h := range a.Headlines {
		add("headline: "+h.Role, "headlines", h.Text)
	}
	add("kind", "kind", string(a.Kind))
	add("published", "published", dateText(a.Published))
	add("modified", "modified", dateText(a.Modified))
	add("authors", "authors", lines(a.Authors, func(au news.Author) string { return au.Name + after(", ", au.Org) })+after("\n", rawBylines(a.Authors)))
	add("agencies", "agencies", lines(a.Agencies, func(ag news.Agency) string { return ag.Name + " (" + ag.Role + ")" }))
	if a.Publisher != nil {
		add("publisher", "publisher", a.Publisher.Name)
	}
	if a.Summary != nil {
		add("summary", "summary", a.Summary.Text+after("\nby: ", a.Summary.By))
	}
	add("language", "lang", a.Lang+after(", declared ", a.LangDeclared))
	add("section", "section", strings.Join(a.Section, " > "))
	add("tags", "tags", strings.Join(a.Tags, ", "))
	add("dateline", "dateline", a.Dateline)
	add("words", "body", fmt.Sprint(a.Body.Words))
	add("images", "images", lines(a.Images, func(im news.Image) string {
		return im.Role + after(": ", cmp.Or(im.Caption, im.Alt, im.URL)) + after(" © ", im.Credit)
	}))
	add("related", "related", lines(a.Related, func(r news.Related) string { return r.Title }))
	if a.Access != nil && a.Access.Free != nil {
		add("free to read", "access", fmt.Sprint(*a.Access.Free))
	}
	if a.Usage != nil {
		add("robots", "usage", strings.Join(a.Usage.Robots, ", "))
	}
	add("canonical", "canonical", a.URL.Canonical)
	add("quality", "quality", fmt.Sprint(a.Extraction.Quality))
	for _, name := range slices.Sorted(maps.Keys(a.Prov)) {
		if !seen[name] {
			out = append(out, explain.Field{Name: name, Src: a.Prov[name].Src, Conf: a.Prov[name].Conf})
		}
	}
	return out
}

func lines[T any](list []T, text func(T) string) string {
	var out []string
	for _, v := range list {
		out = append(out, text(v))
	}
	return strings.Join(out, "\n")
}

// after returns s behind a separator, or "" for "".
func after(sep, s string) string {
	if s == "" {
		return ""
	}
	return sep + s
}

// rawBylines returns what the page wrote where it is not just the names.
func rawBylines(authors []news.Author) string {
	var out []string
	for _, a := range authors {
		if raw := "“" + a.Raw + "”"; a.Raw != a.Name && !slices.Contains(out, raw) {
			out = append(out, raw)
		}
	}
	return strings.Join(out, "\n")
}

func dateText(d *news.Date) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s\nto the %s, zone %s\n“%s”", cmp.Or(d.At, d.Local), d.Precision, d.Zone, d.Raw)
}
