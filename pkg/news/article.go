package news

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Schema is the value of Article.Schema. Changes to the schema within v1 only
// add fields; what is unknown is absent, never "".
const Schema = "article/v1"

// Kind says what sort of article it is.
type Kind string

// The kinds of articles.
const (
	KindNews     Kind = "news"
	KindOpinion  Kind = "opinion"
	KindLiveblog Kind = "liveblog"
	KindGallery  Kind = "gallery"
	KindVideo    Kind = "video"
	KindUnknown  Kind = "unknown"
)

// BlockType is the type of one block of the body.
type BlockType string

// The types of blocks. The standfirst is part of the article but not of the
// running text; captions are kept with their images.
const (
	BlockStandfirst BlockType = "standfirst"
	BlockParagraph  BlockType = "paragraph"
	BlockHeading    BlockType = "heading"
	BlockListItem   BlockType = "list_item"
	BlockQuote      BlockType = "quote"
	BlockTable      BlockType = "table"
	BlockEmbed      BlockType = "embed"
	BlockFactBox    BlockType = "fact_box"
)

// Article is one article as article/v1, whose JSON Schema `pressmill schema` prints.
type Article struct {
	Schema string `json:"schema"`
	// ID is the first 16 hex digits of the SHA-256 of the normalised canonical
	// or final URL (see ArticleID): one per article, for ever.
	ID string `json:"id"`
	// Rev is a hash of title and text (see Revision): one per version.
	Rev       string     `json:"rev"`
	URL       URLs       `json:"url"`
	Source    SourceRef  `json:"source"`
	Publisher *Publisher `json:"publisher,omitempty"`
	Kind      Kind       `json:"kind"`
	Title     string     `json:"title"`
	Headlines []Headline `json:"headlines,omitempty"`

	Lang         string `json:"lang,omitempty"`          // BCP 47, detected from the text
	LangDeclared string `json:"lang_declared,omitempty"` // BCP 47, as the page says

	Published *Date    `json:"published,omitempty"`
	Modified  *Date    `json:"modified,omitempty"`
	Authors   []Author `json:"authors,omitempty"`  // never agencies or placeholders
	Agencies  []Agency `json:"agencies,omitempty"` // news agencies that were credited

	Body    Body     `json:"body"`
	Summary *Summary `json:"summary,omitempty"`
	Section []string `json:"section,omitempty"` // from general to special
	Tags    []string `json:"tags,omitempty"`

	Dateline string    `json:"dateline,omitempty"`
	Images   []Image   `json:"images,omitempty"`
	Related  []Related `json:"related,omitempty"` // editorial links only
	Access   *Access   `json:"access,omitempty"`
	Live     *Live     `json:"live,omitempty"`
	Usage    *Usage    `json:"usage,omitempty"`

	Hash       Hash                  `json:"hash"`
	Raw        Raw                   `json:"raw"`
	Fetch      Fetch                 `json:"fetch"`
	Extraction Extraction            `json:"extraction"`
	Prov       map[string]Provenance `json:"prov,omitempty"` // by field name
	Trace      *Trace                `json:"trace,omitempty"`
}

// URLs are the addresses of an article.
type URLs struct {
	Requested string `json:"requested"`
	Final     string `json:"final"`
	Canonical string `json:"canonical,omitempty"`
	AMP       string `json:"amp,omitempty"`
}

// SourceRef names the source that an article was found through.
type SourceRef struct {
	ID     string `json:"id"`
	Domain string `json:"domain"`
	Name   string `json:"name,omitempty"`
}

// Publisher is who publishes the site.
type Publisher struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// Headline is another headline of the article.
type Headline struct {
	Role string `json:"role"` // kicker, social, seo, list
	Text string `json:"text"`
}

// Precision says how exact a date is.
type Precision string

// The precisions of dates.
const (
	PrecisionSecond Precision = "second"
	PrecisionMinute Precision = "minute"
	PrecisionDay    Precision = "day"
)

// ZoneSource says where a date's time zone comes from.
type ZoneSource string

// The sources of time zones.
const (
	ZoneExplicit    ZoneSource = "explicit"
	ZoneSiteDefault ZoneSource = "site_default"
	ZoneUnknown     ZoneSource = "unknown"
)

// Date is a date as a page states it.
type Date struct {
	// At is RFC 3339 with offset; only set when the zone is stated or the
	// site's default is configured, and the precision is finer than a day.
	At string `json:"at,omitempty"`
	// Local is the date as read on the site's clock, without a zone:
	// 2006-01-02T15:04:05, or 2006-01-02 for a day.
	Local     string     `json:"local,omitempty"`
	Precision Precision  `json:"precision"`
	Zone      ZoneSource `json:"zone"`
	Raw       string     `json:"raw"` // as the page wrote it
}

// Author is a person or an organisation credited with the article.
type Author struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // person, org
	Org  string `json:"org,omitempty"`
	URL  string `json:"url,omitempty"`
	Raw  string `json:"raw"`
}

// Agency is a news agency credited in the article.
type Agency struct {
	Name string `json:"name"`
	Role string `json:"role"` // source, contributor
	Raw  string `json:"raw"`
}

// Body is the text of an article.
type Body struct {
	// Text is the running text: NFC, blocks joined by a blank line, without
	// the standfirst.
	Text   string  `json:"text"`
	Blocks []Block `json:"blocks"`
	Words  int     `json:"words"`
}

// Block is one typed block of the body.
type Block struct {
	T    BlockType `json:"t"`
	Text string    `json:"text"`
}

// Summary is a short text that describes the article.
type Summary struct {
	Text string `json:"text"`
	By   string `json:"by,omitempty"` // standfirst, description
}

// Image is one image of the article.
type Image struct {
	URL          string `json:"url,omitempty"`
	Role         string `json:"role"` // lead, inline
	Alt          string `json:"alt,omitempty"`
	Caption      string `json:"caption,omitempty"`
	Credit       string `json:"credit,omitempty"`
	Photographer string `json:"photographer,omitempty"`
	FilePhoto    *bool  `json:"file_photo,omitempty"`
}

// Related is an editorial link to another story.
type Related struct {
	Title string `json:"title"`
	URL   string `json:"url,omitempty"`
}

// Access says whether the text can be read without paying.
type Access struct {
	Free *bool `json:"free,omitempty"`
}

// Live says whether a live blog was still running.
type Live struct {
	IsLive *bool `json:"is_live,omitempty"`
}

// Usage holds the publisher's usage signals.
type Usage struct {
	Robots         []string `json:"robots,omitempty"` // meta robots and X-Robots-Tag directives
	TDMReservation *bool    `json:"tdm_reservation,omitempty"`
	TDMPolicy      string   `json:"tdm_policy,omitempty"`
}

// Hash holds fingerprints of the article.
type Hash struct {
	RawSHA256  string `json:"raw_sha256"`  // of the page's body, hex
	TextSHA256 string `json:"text_sha256"` // of Body.Text, hex
	SimHash64  string `json:"simhash64"`   // 16 hex digits, 64-bit simhash of word 3-shingles
	DupOf      string `json:"dup_of,omitempty"`
}

// Raw points to the page that the article was parsed from.
type Raw struct {
	Ref       string `json:"ref"`   // page id
	Bytes     int    `json:"bytes"` // of the decoded body
	Truncated bool   `json:"truncated,omitempty"`
	WARC      string `json:"warc,omitempty"` // the record that the page was read from, if it came out of an archive
}

// Fetch says how the page was fetched.
type Fetch struct {
	At           time.Time `json:"at"`
	Status       int       `json:"status"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
}

// Extraction says how the article was extracted.
type Extraction struct {
	Engine   string    `json:"engine"`
	Version  string    `json:"version"`
	Rules    string    `json:"rules,omitempty"`
	At       time.Time `json:"at"`
	Quality  float64   `json:"quality"` // 0..1
	Warnings []string  `json:"warnings,omitempty"`
}

// Provenance says where a field's value comes from.
type Provenance struct {
	Src  string  `json:"src"`  // jsonld, opengraph, meta, microdata, html, text, url, rule
	Conf float64 `json:"conf"` // 0..1
}

// Trace links an article to its crawl.
type Trace struct {
	CrawlID string `json:"crawl_id"`
	PageID  string `json:"page_id"`
}

// ArticleID returns the id of the article at a normalised URL.
func ArticleID(normalisedURL string) string {
	sum := sha256.Sum256([]byte(normalisedURL))
	return hex.EncodeToString(sum[:8])
}

// Revision returns the rev of an article with this title and text.
func Revision(title, text string) string {
	both := make([]byte, 0, len(title)+1+len(text))
	both = append(append(append(both, title...), 0), text...)
	sum := sha256.Sum256(both)
	return hex.EncodeToString(sum[:8])
}

// MsgID names one version of one article on the bus.
func (a *Article) MsgID() string { return a.ID + "." + a.Rev }

// Validate reports every way in which the article breaks article/v1, joined
// into one error, or nil.
func (a *Article) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	fault(a.Schema != Schema, "schema: %q is not %q", a.Schema, Schema)
	fault(!isHex(a.ID, 16), "id: %q is not 16 hex digits", a.ID)
	fault(!isHex(a.Rev, 16), "rev: %q is not 16 hex digits", a.Rev)
	fault(a.URL.Requested == "", "url.requested: missing")
	fault(a.URL.Final == "", "url.final: missing")
	fault(a.Source.ID == "", "source.id: missing")
	fault(a.Source.Domain == "", "source.domain: missing")
	fault(!a.Kind.valid(), "kind: %q is unknown", a.Kind)
	fault(a.Title == "", "title: missing")
	fault(a.Body.Text == "" && a.Kind != KindGallery && a.Kind != KindVideo, "body.text: missing")
	fault(len(a.Body.Blocks) == 0 && a.Body.Text != "", "body.blocks: missing")
	for i, b := range a.Body.Blocks {
		fault(!b.T.valid(), "body.blocks[%d].t: %q is unknown", i, b.T)
		fault(b.Text == "", "body.blocks[%d].text: missing", i)
	}
	for i, au := range a.Authors {
		fault(au.Name == "", "authors[%d].name: missing", i)
		fault(au.Kind != "person" && au.Kind != "org", "authors[%d].kind: %q is neither person nor org", i, au.Kind)
	}
	for i, ag := range a.Agencies {
		fault(ag.Name == "", "agencies[%d].name: missing", i)
		fault(ag.Role != "source" && ag.Role != "contributor", "agencies[%d].role: %q is neither source nor contributor", i, ag.Role)
	}
	errs = append(errs, a.Published.faults("published")...)
	errs = append(errs, a.Modified.faults("modified")...)
	fault(!isHex(a.Hash.RawSHA256, 64), "hash.raw_sha256: %q is not 64 hex digits", a.Hash.RawSHA256)
	fault(!isHex(a.Hash.TextSHA256, 64), "hash.text_sha256: %q is not 64 hex digits", a.Hash.TextSHA256)
	fault(!isHex(a.Hash.SimHash64, 16), "hash.simhash64: %q is not 16 hex digits", a.Hash.SimHash64)
	fault(a.Raw.Ref == "", "raw.ref: missing")
	fault(a.Fetch.At.IsZero(), "fetch.at: missing")
	fault(a.Extraction.Engine == "", "extraction.engine: missing")
	fault(a.Extraction.Quality < 0 || a.Extraction.Quality > 1, "extraction.quality: %v is outside 0..1", a.Extraction.Quality)
	return errors.Join(errs...)
}

func (d *Date) faults(field string) (errs []error) {
	if d == nil {
		return nil
	}
	if d.At == "" && d.Local == "" {
		errs = append(errs, fmt.Errorf("%s: neither at nor local", field))
	}
	if d.At != "" {
		if _, err := time.Parse(time.RFC3339, d.At); err != nil {
			errs = append(errs, fmt.Errorf("%s.at: %w", field, err))
		}
		if d.Zone == ZoneUnknown {
			errs = append(errs, fmt.Errorf("%s.at: set although the zone is unknown", field))
		}
	}
	return errs
}

func (k Kind) valid() bool {
	switch k {
	case KindNews, KindOpinion, KindLiveblog, KindGallery, KindVideo, KindUnknown:
		return true
	}
	return false
}

func (t BlockType) valid() bool {
	switch t {
	case BlockStandfirst, BlockParagraph, BlockHeading, BlockListItem, BlockQuote, BlockTable, BlockEmbed, BlockFactBox:
		return true
	}
	return false
}

func isHex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	_, err := hex.DecodeString(s)
	return err == nil
}
