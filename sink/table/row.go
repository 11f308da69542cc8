package table

import (
	"encoding/json"

	"pressmill/pkg/news"
)

// row is one line as a row of a Parquet file. Columns have the names of the
// JSON; what may be absent is optional, and so is all of an article that a
// takedown does not have. A time is two columns: an instant, and the text as
// stated, which also tells the offset and what is finer than a microsecond.
type row struct {
	Schema string `parquet:"schema,dict"`
	ID     string `parquet:"id"`
	Rev    string `parquet:"rev,optional"`

	URL       *urls      `parquet:"url,optional"`
	Source    *source    `parquet:"source,optional"`
	Publisher *publisher `parquet:"publisher,optional"`
	Kind      news.Kind  `parquet:"kind,optional,dict"`
	Title     string     `parquet:"title,optional"`
	Headlines []headline `parquet:"headlines,optional,list"`

	Lang         string `parquet:"lang,optional,dict"`
	LangDeclared string `parquet:"lang_declared,optional,dict"`

	Published *date    `parquet:"published,optional"`
	Modified  *date    `parquet:"modified,optional"`
	Authors   []author `parquet:"authors,optional,list"`
	Agencies  []agency `parquet:"agencies,optional,list"`

	Body    *body    `parquet:"body,optional"`
	Summary *summary `parquet:"summary,optional"`
	Section []string `parquet:"section,optional,list" parquet-element:",dict"`
	Tags    []string `parquet:"tags,optional,list"`

	Dateline string    `parquet:"dateline,optional"`
	Images   []image   `parquet:"images,optional,list"`
	Related  []related `parquet:"related,optional,list"`
	Access   *access   `parquet:"access,optional"`
	Live     *live     `parquet:"live,optional"`
	Usage    *usage    `parquet:"usage,optional"`

	Hash       *hash                 `parquet:"hash,optional"`
	Raw        *raw                  `parquet:"raw,optional"`
	Fetch      *fetch                `parquet:"fetch,optional"`
	Extraction *extraction           `parquet:"extraction,optional"`
	Prov       map[string]provenance `parquet:"prov,optional" parquet-key:",dict"`
	Trace      *trace                `parquet:"trace,optional"`

	// Takedown is what a takedown has and an article has not. Its id, source
	// and trace are in the columns of the article's.
	Takedown *takedown `parquet:"takedown,optional"`

	// Extra is what the other columns cannot hold: an RFC 7396 merge patch
	// that makes their JSON into the line's.
	Extra json.RawMessage `parquet:"extra,optional,json"`
}

// The groups have the fields of their namesakes in pkg/news, in the same order
// and of the same types, so that one converts to the other. A field that is
// new there does not compile here until it has its column.
type (
	urls struct {
		Requested string `parquet:"requested"`
		Final     string `parquet:"final"`
		Canonical string `parquet:"canonical,optional"`
		AMP       string `parquet:"amp,optional"`
	}

	source struct {
		ID     string `parquet:"id,dict"`
		Domain string `parquet:"domain,dict"`
		Name   string `parquet:"name,optional,dict"`
	}

	publisher struct {
		Name string `parquet:"name,dict"`
		URL  string `parquet:"url,optional,dict"`
	}

	headline struct {
		Role string `parquet:"role,dict"`
		Text string `parquet:"text"`
	}

	author struct {
		Name string `parquet:"name"`
		Kind string `parquet:"kind,dict"`
		Org  string `parquet:"org,optional"`
		URL  string `parquet:"url,optional"`
		Raw  string `parquet:"raw"`
	}

	agency struct {
		Name string `parquet:"name,dict"`
		Role string `parquet:"role,dict"`
		Raw  string `parquet:"raw,dict"`
	}

	block struct {
		T    news.BlockType `parquet:"t,dict"`
		Text string         `parquet:"text"`
	}

	summary struct {
		Text string `parquet:"text"`
		By   string `parquet:"by,optional,dict"`
	}

	image struct {
		URL          string `parquet:"url,optional"`
		Role         string `parquet:"role,dict"`
		Alt          string `parquet:"alt,optional"`
		Caption      string `parquet:"caption,optional"`
		Credit       string `parquet:"credit,optional"`
		Photographer string `parquet:"photographer,optional"`
		FilePhoto    *bool  `parquet:"file_photo,optional"`
	}

	related struct {
		Title string `parquet:"title"`
		URL   string `parquet:"url,optional"`
	}

	access struct {
		Free *bool `parquet:"free,optional"`
	}

	live struct {
		IsLive *bool `parquet:"is_live,optional"`
	}

	usage struct {
		Robots         []string `parquet:"robots,optional,list" parquet-element:",dict"`
		TDMReservation *bool    `parquet:"tdm_reservation,optional"`
		TDMPolicy      string   `parquet:"tdm_policy,optional,dict"`
	}

	hash struct {
		RawSHA256  string `parquet:"raw_sha256"`
		TextSHA256 string `parquet:"text_sha256"`
		SimHash64  string `parquet:"simhash64"`
		DupOf      string `parquet:"dup_of,optional"`
	}

	raw struct {
		Ref       string `parquet:"ref"`
		Bytes     int    `parquet:"bytes"`
		Truncated bool   `parquet:"truncated"`
		WARC      string `parquet:"warc,optional"`
	}

	provenance struct {
		Src  string  `parquet:"src,dict"`
		Conf float64 `parquet:"conf"`
	}

	trace struct {
		CrawlID string `parquet:"crawl_id,dict"`
		PageID  string `parquet:"page_id"`
	}
)

// The groups that hold times, or groups in turn, are converted field by field.
type (
	date struct {
		At     *int64 `parquet:"at,optional,timestamp(microsecond)"`
		AtText string `parquet:"at_text,optional"`
		Local  string `parquet:"local,optional"`
		// Day is the calendar day as stated: that of at in its own offset, or
		// of local. It is there for dates of every precision.
		Day       *int32          `parquet:"day,optional,date"`
		Precision news.Precision  `parquet:"precision,dict"`
		Zone      news.ZoneSource `parquet:"zone,dict"`
		Raw       string          `parquet:"raw"`
	}

	body struct {
		Text   string  `parquet:"text"`
		Blocks []block `parquet:"blocks,optional,list"`
		Words  int     `parquet:"words"`
	}

	fetch struct {
		At           *int64 `parquet:"at,optional,timestamp(microsecond)"`
		AtText       string `parquet:"at_text,optional"`
		Status       int    `parquet:"status"`
		ETag         string `parquet:"etag,optional"`
		LastModified string `parquet:"last_modified,optional"`
	}

	extraction struct {
		Engine   string   `parquet:"engine,dict"`
		Version  string   `parquet:"version,dict"`
		Rules    string   `parquet:"rules,optional,dict"`
		At       *int64   `parquet:"at,optional,timestamp(microsecond)"`
		AtText   string   `parquet:"at_text,optional"`
		Quality  float64  `parquet:"quality"`
		Warnings []string `parquet:"warnings,optional,list"`
	}

	takedown struct {
		Candidates []string `parquet:"candidates,optional,list"`
		URL        string   `parquet:"url"`
		Status     int      `parquet:"status"`
		At         *int64   `parquet:"at,optional,timestamp(microsecond)"`
		AtText     string   `parquet:"at_text,optional"`
	}
)
