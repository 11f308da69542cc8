package sink

import (
	"bytes"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"pressmill/pkg/logging"
	"pressmill/pkg/news"
)

// A sink tells of every article once: that it was written, left out or not
// taken. A sink of thousands of articles a second shall not feel it, so what is
// told of an article is cut out of its JSON where the parsers write it, and the
// fields of a batch are one slice, used again for each of its lines.

// told is what a line says of an article.
type told struct {
	id, rev, kind   string
	crawlID, pageID string
	url, source     string
	seq             uint64 // 0: not known
	stored          time.Time
}

// tellOf reads what a line says of an article or a takedown. What is not there
// is "".
func tellOf(data []byte) (t told) {
	head := gjson.GetManyBytes(data, "schema", "id", "rev", "url", "source.id")
	t.id, t.rev, t.source, t.kind = head[1].Str, head[2].Str, head[4].Str, "article"
	if head[0].Str == news.TakedownSchema {
		t.kind, t.url = "takedown", head[3].Str
	} else {
		t.url = head[3].Get("final").Str
	}
	trace := gjson.ParseBytes(traceOf(data))
	t.crawlID, t.pageID = trace.Get("crawl_id").Str, trace.Get("page_id").Str
	return t
}

// traceOf returns the object "trace" of an article. The parsers write it last:
// there it is found without reading the article's text. A quote inside a string
// is escaped in JSON, so that what looks like the key is one.
func traceOf(data []byte) []byte {
	key := []byte(`"trace":{`)
	data = bytes.TrimRight(data, " \t\r\n")
	if i := bytes.LastIndex(data, key); i >= 0 {
		object := data[i+len(key)-1 : len(data)-1]
		if bytes.IndexByte(object, '}') == len(object)-1 {
			return object
		}
	}
	return []byte(gjson.GetBytes(data, "trace").Raw)
}

// fields appends what a line says of an article, at a moment, to those of its
// batch.
func (t told) fields(to []zap.Field, now time.Time) []zap.Field {
	to = append(to, zap.String(logging.KeyKind, t.kind))
	if t.seq > 0 {
		to = append(to, zap.Uint64(logging.KeySeq, t.seq), zap.Duration(logging.KeyWaited, max(0, now.Sub(t.stored))))
	}
	return append(to, unlessEmpty(zap.String(logging.KeyArticleID, t.id)), unlessEmpty(zap.String(logging.KeyRev, t.rev)),
		unlessEmpty(zap.String(logging.KeyCrawlID, t.crawlID)), unlessEmpty(zap.String(logging.KeyPageID, t.pageID)),
		unlessEmpty(zap.String(logging.KeyHost, hostOf(t.url))), unlessEmpty(logging.URL(t.url)), unlessEmpty(zap.String(logging.KeySource, t.source)))
}

// unlessEmpty returns a field with a text, or none.
func unlessEmpty(f zap.Field) zap.Field {
	if f.String == "" {
		return zap.Skip()
	}
	return f
}

// hostOf returns the host of a URL as the crawler writes them, with its port.
func hostOf(rawURL string) string {
	_, rest, ok := strings.Cut(rawURL, "://")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if !strings.Contains(rest, "@") {
		return rest
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// tellWritten writes a line for each article of a batch up to a sequence: they
// are where key says.
func (o *output) tellWritten(part int, b *batch, upTo uint64, key string) {
	if !o.log.Core().Enabled(zap.InfoLevel) {
		return
	}
	now, log := o.now(), o.log.With(zap.String(logging.KeyKey, key), zap.Int(logging.KeyPartition, part))
	if o.cfg.Archives() {
		tellArchived(log, b, upTo, now)
		return
	}
	var fields []zap.Field
	for t := range b.lines(upTo) {
		fields = t.fields(append(fields[:0], logging.Event(logging.ArticleWritten)), now)
		log.Info("article written", fields...)
	}
}

// tellRefused writes a line for each article of a batch that a receiver does not
// take.
func (o *output) tellRefused(part int, b *batch, key, reason string) {
	now, log := o.now(), o.log.With(zap.String(logging.KeyKey, key), zap.Int(logging.KeyPartition, part))
	for t := range b.lines(b.last.Seq) {
		log.Error("article not taken", append(t.fields(nil, now), logging.Event(logging.ArticleRefused), logging.Reason(reason))...)
	}
}

// lines yields what is told of the articles of a batch up to a sequence.
func (b *batch) lines(upTo uint64) iter.Seq[told] {
	return func(yield func(told) bool) {
		rest := b.body.Bytes()
		for i, seq := range b.seqs {
			var line []byte
			if line, rest, _ = bytes.Cut(rest, []byte{'\n'}); seq > upTo {
				return
			}
			t := tellOf(line)
			t.seq, t.stored = seq, b.times[i]
			if !yield(t) {
				return
			}
		}
	}
}

// tellArchived writes a line for each page of a batch up to a sequence.
func tellArchived(log *zap.Logger, b *batch, upTo uint64, now time.Time) {
	for i, seq := range b.seqs {
		if seq > upTo {
			return
		}
		log.Info("page archived", append(aboutPage(b.pages[i]), logging.Event(logging.PageArchived), zap.Uint64(logging.KeySeq, seq),
			zap.Duration(logging.KeyWaited, max(0, now.Sub(b.times[i]))))...)
	}
}

func aboutPage(p *news.Page) []zap.Field {
	if p == nil {
		return nil
	}
	return []zap.Field{
		zap.String(logging.KeyCrawlID, p.CrawlID), zap.String(logging.KeyPageID, p.PageID), zap.String(logging.KeyHost, hostOf(p.FinalURL)),
		logging.URL(p.FinalURL), zap.String(logging.KeySource, p.Source.ID),
	}
}

// leaveOut tells and counts a message that a sink leaves out, once in this
// process: what makes no object has no place that would say so to others.
func (o *output) leaveOut(part int, m StoredArticle, reason string) {
	if o.leftFirst(part, m.Seq) {
		o.tellLeftOut(part, m, reason)
	}
}

func (o *output) tellLeftOut(part int, m StoredArticle, reason string) {
	if o.stage != nil {
		o.stage.Settled(logging.Skipped, reason, 1)
	}
	if !o.log.Core().Enabled(zap.InfoLevel) {
		return
	}
	var about []zap.Field
	if o.cfg.Archives() {
		about = append(aboutPage(m.Page), zap.Uint64(logging.KeySeq, m.Seq))
	} else {
		t := tellOf(m.Data)
		t.seq, t.stored = m.Seq, m.Time
		about = t.fields(nil, o.now())
	}
	o.log.Info("article left out", append(about, logging.Event(logging.ArticleSkipped), logging.Reason(reason), zap.Int(logging.KeyPartition, part))...)
}

// reject tells and counts a message that is no JSON, as leaveOut does.
func (o *output) reject(part int, m StoredArticle) {
	if !o.leftFirst(part, m.Seq) {
		return
	}
	if o.stage != nil {
		o.stage.Settled(logging.Failed, "invalid_json", 1)
	}
	o.logRejected(part, m)
}

// readsOf notes the epoch or generation that a partition is read in, which another
// process may have begun: in each, sequences may begin anew.
func (o *output) readsOf(part int, name string) {
	s := &o.parts[part]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leftOf != name {
		s.left, s.leftOf = 0, name
	}
}

// leftFirst says whether a message of a partition was not told of before as
// left out. They come in order, and again after an error.
func (o *output) leftFirst(part int, seq uint64) bool {
	s := &o.parts[part]
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq <= s.left {
		return false
	}
	s.left = seq
	return true
}
