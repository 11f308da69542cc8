package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pressmill/deploy/pressmill/logs"
	"pressmill/pkg/logging"
)

// source counts what came of a source.
type source struct {
	articles, rejected, failed int64
	coverage                   Coverage
	words                      float64 // sum of the medians, each times its articles
	drifts                     map[string]*drift
}

// drift is the latest that was said of a field: that it drifts, and that it does not.
type drift struct {
	on, off      int64
	share, usual float64
	count        int64 // of the articles that it was said of
}

// listSources is the number of sources that are shown.
const listSources = 100

// source is the record of a line's source, or of its host if it names none.
func (b *Builder) source(l *logs.Line) *source {
	if name := l.Bytes(logs.Source); len(name) > 0 {
		return b.sources.of(name)
	}
	if name := l.Bytes(logs.Host); len(name) > 0 {
		return b.sources.of(name)
	}
	return b.sources.of([]byte(hostOf(l.Bytes(logs.URL))))
}

// hostOf is what stands in a URL between the scheme and the path.
func hostOf(url []byte) string {
	_, rest, found := strings.Cut(string(url), "://")
	if !found {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return rest[strings.LastIndexByte(rest, '@')+1:]
}

func (b *Builder) quality(l *logs.Line) {
	s := b.source(l)
	switch string(l.Bytes(logs.Event)) {
	case logging.SourceCoverage:
		s.cover(l)
	case logging.SourceDrift:
		if d := s.drift(l); l.At >= d.on {
			d.on, d.count = l.At, l.Int(logs.Articles)
			d.share, _ = l.Number(logs.Share)
			d.usual, _ = l.Number(logs.Usual)
		}
	case logging.SourceSteady:
		d := s.drift(l)
		d.off = max(d.off, l.At)
	}
}

func (s *source) cover(l *logs.Line) {
	n := l.Int(logs.Articles)
	if n <= 0 {
		return
	}
	s.coverage.Articles += n
	for name, with := range l.Counts(logs.With) {
		if i := slices.Index(fieldNames[:], name); i >= 0 {
			s.coverage.With[i] += int64(with)
		}
	}
	words, _ := l.Number(logs.WordsP50)
	s.words += words * float64(n)
}

// drift is the record of the field that a line names; there are few fields.
func (s *source) drift(l *logs.Line) *drift {
	if s.drifts == nil {
		s.drifts = map[string]*drift{}
	}
	name := l.Text(logs.Name)
	if s.drifts[name] == nil {
		if len(s.drifts) > fields {
			name = ""
		}
		s.drifts[name] = cmp.Or(s.drifts[name], &drift{})
	}
	return s.drifts[name]
}

func (s *source) tell(name string) Source {
	t := Source{
		Name: cmp.Or(short(name), "unnamed"), Articles: s.articles, Rejected: s.rejected, Failed: s.failed, Coverage: s.coverage,
	}
	if s.coverage.Articles > 0 {
		t.Coverage.Words = round(s.words / float64(s.coverage.Articles))
	}
	for field, d := range s.drifts {
		if d.on > 0 {
			t.Drifts = append(t.Drifts, Drift{
				Field: short(field), Share: d.share, Usual: d.usual, At: time.Unix(0, d.on).UTC(), Over: d.off > d.on,
				Articles: d.count,
			})
		}
	}
	slices.SortFunc(t.Drifts, func(a, b Drift) int { return strings.Compare(a.Field, b.Field) })
	return t
}

// troubled says whether a source has to be shown, however few articles it has.
func (s Source) troubled() bool {
	return s.Silent != nil || slices.ContainsFunc(s.Drifts, func(d Drift) bool { return !d.Over })
}

func (b *Builder) tellSources() Sources {
	t := Sources{Times: b.columnTimes()}
	silences := b.silences()
	for name := range silences {
		b.sources.of([]byte(name))
	}
	type named struct {
		Source
		from *source
	}
	all := make([]named, 0, len(b.sources.by)+1)
	for name, s := range b.sources.by {
		told := s.tell(name)
		if silence, is := silences[name]; is {
			told.Silent = &silence
		}
		all = append(all, named{told, s})
	}
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(cmp.Compare(b.Articles, a.Articles), strings.Compare(a.Name, b.Name))
	})
	columns := b.columns.all()
	counted := func(s *source) []int64 {
		in := make([]int64, len(columns))
		for i, c := range columns {
			if c != nil {
				in[i] = c.articles[s]
			}
		}
		return in
	}
	t.More = b.sources.rest.tell("others")
	t.More.In = counted(&b.sources.rest)
	room := listSources
	for _, s := range all {
		if s.troubled() {
			room--
		}
	}
	for _, s := range all {
		s.In = counted(s.from)
		switch {
		case s.troubled() && len(t.List) < 2*listSources:
			t.List = append(t.List, s.Source)
		case room > 0:
			room--
			t.List = append(t.List, s.Source)
		default:
			t.Rest++
			t.More.add(s.Source)
		}
	}
	slices.SortStableFunc(t.List, func(a, b Source) int {
		switch {
		case a.troubled() == b.troubled():
			return 0
		case a.troubled():
			return -1
		}
		return 1
	})
	return t
}

// add counts another source, too.
func (s *Source) add(other Source) {
	s.Articles += other.Articles
	s.Rejected += other.Rejected
	s.Failed += other.Failed
	for i, n := range other.In {
		s.In[i] += n
	}
	words := s.Coverage.Words*float64(s.Coverage.Articles) + other.Coverage.Words*float64(other.Coverage.Articles)
	s.Coverage.Articles += other.Coverage.Articles
	if s.Coverage.Articles > 0 {
		s.Coverage.Words = round(words / float64(s.Coverage.Articles))
	}
	for i, n := range other.Coverage.With {
		s.Coverage.With[i] += n
	}
}

func (b *Builder) columnTimes() Times {
	if len(b.columns.at) == 0 {
		return Times{}
	}
	width := b.columns.width()
	return Times{Start: time.Unix(0, b.columns.min*width).UTC(), Width: time.Duration(width), N: int(b.columns.max - b.columns.min + 1)}
}
