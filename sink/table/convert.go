package table

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"pressmill/pkg/news"
)

// rowOf returns a line, a JSON object, as a row. What the columns cannot hold
// is in its extra column, so that no line is refused for what it says.
func rowOf(line []byte) (row, error) {
	var a news.Article
	// A value of another type than the field's is left out of the columns.
	_ = json.Unmarshal(line, &a)
	r := rowOfArticle(&a)
	if a.Schema == news.TakedownSchema {
		var t news.Takedown
		_ = json.Unmarshal(line, &t)
		r = rowOfTakedown(&t)
	}
	if r.elements() > rowElements {
		r = row{Schema: r.Schema, ID: r.ID, Rev: r.Rev}
	}
	columns, err := r.columns()
	if err != nil {
		return row{}, err
	}
	r.Extra, err = patchOf(columns, line)
	return r, err
}

// elements counts what is in the lists of a row.
func (r *row) elements() int {
	return len(r.Headlines) + len(r.Authors) + len(r.Agencies) + len(orZero(r.Body).Blocks) + len(r.Section) +
		len(r.Tags) + len(r.Images) + len(r.Related) + len(orZero(r.Usage).Robots) + len(orZero(r.Extraction).Warnings) +
		len(r.Prov) + len(orZero(r.Takedown).Candidates)
}

// line returns a row as the JSON line that it was made from.
func (r *row) line() (json.RawMessage, error) {
	columns, err := r.columns()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return applyPatch(columns, r.Extra)
}

// columns returns what the columns hold, but for extra, as JSON.
func (r *row) columns() ([]byte, error) {
	if r.Takedown != nil {
		return json.Marshal(r.takedown())
	}
	return json.Marshal(r.article())
}

func rowOfArticle(a *news.Article) row {
	url, src, sums, page := urls(a.URL), source(a.Source), hash(a.Hash), raw(a.Raw)
	f, e := a.Fetch, a.Extraction
	return row{
		Schema: a.Schema, ID: a.ID, Rev: a.Rev, Kind: a.Kind, Title: a.Title,
		URL: &url, Source: &src, Hash: &sums, Raw: &page,
		Publisher:    mapped(a.Publisher, func(p news.Publisher) publisher { return publisher(p) }),
		Headlines:    each(a.Headlines, func(h news.Headline) headline { return headline(h) }),
		Lang:         a.Lang,
		LangDeclared: a.LangDeclared,
		Published:    mapped(a.Published, dateOf),
		Modified:     mapped(a.Modified, dateOf),
		Authors:      each(a.Authors, func(a news.Author) author { return author(a) }),
		Agencies:     each(a.Agencies, func(a news.Agency) agency { return agency(a) }),
		Body: &body{
			Text: a.Body.Text, Words: a.Body.Words,
			Blocks: each(a.Body.Blocks, func(b news.Block) block { return block(b) }),
		},
		Summary:  mapped(a.Summary, func(s news.Summary) summary { return summary(s) }),
		Section:  a.Section,
		Tags:     a.Tags,
		Dateline: a.Dateline,
		Images:   each(a.Images, func(i news.Image) image { return image(i) }),
		Related:  each(a.Related, func(r news.Related) related { return related(r) }),
		Access:   mapped(a.Access, func(a news.Access) access { return access(a) }),
		Live:     mapped(a.Live, func(l news.Live) live { return live(l) }),
		Usage:    mapped(a.Usage, func(u news.Usage) usage { return usage(u) }),
		Fetch: &fetch{
			At: micros(f.At), AtText: stated(f.At), Status: f.Status, ETag: f.ETag, LastModified: f.LastModified,
		},
		Extraction: &extraction{
			Engine: e.Engine, Version: e.Version, Rules: e.Rules,
			At: micros(e.At), AtText: stated(e.At), Quality: e.Quality, Warnings: e.Warnings,
		},
		Prov:  provOf(a.Prov, func(p news.Provenance) provenance { return provenance(p) }),
		Trace: mapped(a.Trace, func(t news.Trace) trace { return trace(t) }),
	}
}

func (r *row) article() *news.Article {
	b, f, e := orZero(r.Body), orZero(r.Fetch), orZero(r.Extraction)
	return &news.Article{
		Schema: r.Schema, ID: r.ID, Rev: r.Rev, Kind: r.Kind, Title: r.Title,
		URL: news.URLs(orZero(r.URL)), Source: news.SourceRef(orZero(r.Source)),
		Publisher:    mapped(r.Publisher, func(p publisher) news.Publisher { return news.Publisher(p) }),
		Headlines:    each(r.Headlines, func(h headline) news.Headline { return news.Headline(h) }),
		Lang:         r.Lang,
		LangDeclared: r.LangDeclared,
		Published:    mapped(r.Published, date.news),
		Modified:     mapped(r.Modified, date.news),
		Authors:      each(r.Authors, func(a author) news.Author { return news.Author(a) }),
		Agencies:     each(r.Agencies, func(a agency) news.Agency { return news.Agency(a) }),
		Body: news.Body{
			Text: b.Text, Words: b.Words,
			Blocks: each(b.Blocks, func(b block) news.Block { return news.Block(b) }),
		},
		Summary:  mapped(r.Summary, func(s summary) news.Summary { return news.Summary(s) }),
		Section:  r.Section,
		Tags:     r.Tags,
		Dateline: r.Dateline,
		Images:   each(r.Images, func(i image) news.Image { return news.Image(i) }),
		Related:  each(r.Related, func(r related) news.Related { return news.Related(r) }),
		Access:   mapped(r.Access, func(a access) news.Access { return news.Access(a) }),
		Live:     mapped(r.Live, func(l live) news.Live { return news.Live(l) }),
		Usage:    mapped(r.Usage, func(u usage) news.Usage { return news.Usage(u) }),
		Hash:     news.Hash(orZero(r.Hash)),
		Raw:      news.Raw(orZero(r.Raw)),
		Fetch: news.Fetch{
			At: instant(f.At, f.AtText), Status: f.Status, ETag: f.ETag, LastModified: f.LastModified,
		},
		Extraction: news.Extraction{
			Engine: e.Engine, Version: e.Version, Rules: e.Rules,
			At: instant(e.At, e.AtText), Quality: e.Quality, Warnings: e.Warnings,
		},
		Prov:  provOf(r.Prov, func(p provenance) news.Provenance { return news.Provenance(p) }),
		Trace: mapped(r.Trace, func(t trace) news.Trace { return news.Trace(t) }),
	}
}

func rowOfTakedown(t *news.Takedown) row {
	src, tr := source(t.Source), trace(t.Trace)
	return row{Schema: t.Schema, ID: t.ID, Source: &src, Trace: &tr, Takedown: &takedown{
		Candidates: t.Candidates, URL: t.URL, Status: t.Status, At: micros(t.At), AtText: stated(t.At),
	}}
}

func (r *row) takedown() *news.Takedown {
	t := r.Takedown
	return &news.Takedown{
		Schema: r.Schema, ID: r.ID, Candidates: t.Candidates, URL: t.URL, Status: t.Status, At: instant(t.At, t.AtText),
		Source: news.SourceRef(orZero(r.Source)), Trace: news.Trace(orZero(r.Trace)),
	}
}

func dateOf(d news.Date) date {
	out := date{AtText: d.At, Local: d.Local, Precision: d.Precision, Zone: d.Zone, Raw: d.Raw}
	if t, err := time.Parse(time.RFC3339, d.At); err == nil {
		out.At = micros(t)
	}
	stated := cmp.Or(d.At, d.Local)
	if t, err := time.Parse(time.DateOnly, stated[:min(len(stated), len(time.DateOnly))]); err == nil {
		out.Day = new(int32(t.Unix() / (24 * 60 * 60)))
	}
	return out
}

func (d date) news() news.Date {
	return news.Date{At: d.AtText, Local: d.Local, Precision: d.Precision, Zone: d.Zone, Raw: d.Raw}
}

// micros returns an instant in microseconds, or nil for a time that is not
// known.
func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.UnixMicro())
}

// stated returns a time as its JSON, or "" for one that JSON cannot tell.
func stated(t time.Time) string {
	text, err := t.MarshalText()
	if err != nil || t.IsZero() {
		return ""
	}
	return string(text)
}

func instant(at *int64, text string) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil || at == nil {
		return t
	}
	return time.UnixMicro(*at).UTC()
}

// orZero returns what p points to, or nothing for nil.
func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func mapped[From, To any](p *From, f func(From) To) *To {
	if p == nil {
		return nil
	}
	return new(f(*p))
}

// each keeps nil and empty apart, as JSON does.
func each[From, To any](in []From, f func(From) To) []To {
	if in == nil {
		return nil
	}
	out := make([]To, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

func provOf[From, To any](in map[string]From, f func(From) To) map[string]To {
	if in == nil {
		return nil
	}
	out := make(map[string]To, len(in))
	for k, v := range in {
		out[k] = f(v)
	}
	return out
}
