package parser

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"pressmill/parser/rules"
	"pressmill/pkg/news"
	"pressmill/pkg/urlshape"
	"pressmill/pkg/weburl"
)

// Engine and Version name what made an article; Version changes with every
// change that can change an article.
const (
	Engine  = "pressmill"
	Version = "10"
)

// maxText is where the text of an article is cut, in bytes.
const maxText = 4 << 20

// extraction is one page on its way to an article.
type extraction struct {
	page   *news.Page
	models *models
	tree   *tree
	meta   meta
	ld     structured
	url    *url.URL    // the page's own
	base   *url.URL    // what references are resolved against
	rule   *rules.Site // for the page; the zero Site where there is none
	key    *url.URL    // what the id is made from

	shape urlshape.Shape // of url

	siteNames    []string // folded
	domain       string   // the registrable domain
	domainLabel  string   // the registrable domain without its suffix
	domainJoined string   // the registrable domain without dots

	root      int32    // the container, or -1
	span      [2]int32 // see scope; zero when not known yet
	raw       []block
	kept      []block
	rescued   bool // the text stands nowhere on the page
	lead      []string
	bylines   []string
	captions  map[string]bool // folded captions and alternative texts
	imageNode int32           // of the last image that was taken
	teasers   map[int32]bool  // links with images, by whether they are teasers
	related   []relatedLink
	posts     []post // of a live blog

	bylineTries, dateTries tries
	foreign                mark // see foreignMarks

	art *news.Article
}

// How many texts of one page are read as a byline, as a credit or as a date, and
// how many of its images are looked at: several times what pages have.
const (
	maxBylines = 500
	maxTries   = 1000
)

// tries counts them.
type tries int

// more says whether one more may be read.
func (t *tries) more(limit tries) bool {
	*t++
	return *t <= limit
}

// Extractor makes articles of pages. The zero Extractor has no site rules. Its
// methods may be called concurrently.
type Extractor struct {
	Rules *rules.Set // or nil

	models *models // or nil: those of the program
}

// Extract is that of an Extractor without site rules.
func Extract(page *news.Page) (*news.Article, error) { return (&Extractor{}).Extract(page) }

// Extract makes an article of a page. A page that is none gives a *RejectError,
// for which errors.Is(err, ErrNotArticle) holds; a page whose addresses are no
// URLs gives another error. The article passes Validate. The page is not
// changed.
func (e *Extractor) Extract(page *news.Page) (*news.Article, error) {
	x, err := e.open(page)
	if err != nil {
		return nil, err
	}
	defer x.tree.release()
	if err := x.run(); err != nil {
		return nil, err
	}
	x.finish()
	return x.art, nil
}

// open parses a page and reads its addresses. The tree of the extraction must
// be released.
func (e *Extractor) open(page *news.Page) (*extraction, error) {
	if page.Status >= 400 || page.Status != 0 && page.Status < 200 {
		return nil, reject(ReasonErrorPage)
	}
	src, err := decode(page)
	if err != nil {
		return nil, reject(ReasonNotHTML)
	}
	x := &extraction{page: page, models: e.models, tree: parseTree(src), art: &news.Article{Schema: news.Schema}, root: -1}
	if len(x.tree.nodes) < 2 {
		err = reject(ReasonNoText)
	} else {
		err = x.addresses()
	}
	if err != nil {
		x.tree.release()
		return nil, err
	}
	if x.models == nil {
		x.models = builtIn()
	}
	if len(x.tree.nodes) >= maxNodes {
		x.warn("page cut at %d elements", maxNodes)
	}
	x.useRule(e.Rules.Find(x.url))
	return x, nil
}

func (x *extraction) addresses() (err error) {
	x.meta = x.tree.meta()
	x.art.URL, x.key, err = x.meta.urls(x.page)
	if err != nil {
		return fmt.Errorf("read page URL: %w", err)
	}
	x.url, _ = weburl.Parse(x.art.URL.Final)
	x.base = x.url
	x.shape = urlshape.Of(x.url)
	if b := resolve(x.base, x.meta.base); b != nil && weburl.SameSite(b, x.base) {
		u := *b
		u.Path = b.Path
		x.base = &u
	}
	return nil
}

func (x *extraction) run() error {
	x.grade()
	x.gather()
	x.keep()
	x.markPosts()
	x.rescue()
	x.rescuePosts()
	x.standfirst()
	x.dates()
	x.authors()
	x.access()
	return x.judge()
}

// grade reads the structured data and grades the page's elements.
func (x *extraction) grade() {
	x.ld = x.tree.structured()
	x.pickArticle()
	x.markRuled()
	x.tree.score(x.openings(), x.titles())
}

// gather gathers the page's blocks, with what rules say of them.
func (x *extraction) gather() {
	x.site()
	x.body()
	if len(x.raw) >= maxBlocks {
		x.warn("page cut at %d blocks", maxBlocks)
	}
	x.title()
	x.images()
	x.sift()
}

// minOpening is how many bytes a text needs to be looked for on the page.
const minOpening = 24

// openings returns the first words of what the page says its text is.
func (x *extraction) openings() []string {
	var out []string
	for _, s := range []string{x.ld.article.opening("articleBody", 512), x.ld.article.text("description"), x.meta.get("og:description"), x.meta.get("description")} {
		if i := strings.IndexAny(s, "'\"’“”„&\u00a0"); i >= 0 {
			s = s[:i]
		}
		if len(s) > 48 {
			s = strings.ToValidUTF8(s[:48], "")
		}
		if len(s) >= minOpening && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// titles returns what the page says its title is, folded.
func (x *extraction) titles() []string {
	out := make([]string, 0, 4)
	for _, s := range []string{x.meta.get("og:title"), x.ld.article.text("headline"), x.meta.title, x.meta.get("twitter:title")} {
		if s = x.fold(s); len(s) >= minTitleText && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// site collects the names by which the site is known.
func (x *extraction) site() {
	domain := weburl.Domain(x.base.Host)
	x.domain = domain
	x.domainLabel, _, _ = strings.Cut(domain, ".")
	x.domainLabel = strings.ReplaceAll(x.domainLabel, "-", "")
	x.domainJoined = x.tree.store.joined(domain)
	x.art.Publisher = x.publisher()
	names := []string{x.meta.get("og:site_name"), x.page.Source.Name, x.meta.get("application-name"), domain}
	if x.art.Publisher != nil && x.art.Prov["publisher"].Src != "meta" { // where it may be an agency or an owner
		names = append(names, x.art.Publisher.Name)
	}
	for _, o := range x.ld.all {
		if o.is("WebSite", "Organization", "NewsMediaOrganization") {
			names = append(names, o.text("name"), o.text("alternateName"))
		}
	}
	for _, n := range names {
		if f := x.fold(n); f != "" {
			x.siteNames = append(x.siteNames, f)
		}
	}
}

func (x *extraction) publisher() *news.Publisher {
	if o := x.ld.resolve(x.ld.field("publisher").first()); o.Exists() {
		if name := o.str(); name != "" && !strings.Contains(name, "://") {
			p := &news.Publisher{Name: name}
			if u := o.text("url"); strings.HasPrefix(u, "http") {
				p.URL = u
			}
			x.prov("publisher", "jsonld", 0.9)
			return p
		}
	}
	if name := x.meta.get("og:site_name"); name != "" {
		x.prov("publisher", "opengraph", 0.8)
		return &news.Publisher{Name: name}
	}
	if name := x.meta.get("dc.publisher", "dcterms.publisher", "citation_publisher"); name != "" && !strings.Contains(name, "://") {
		x.prov("publisher", "meta", 0.7)
		return &news.Publisher{Name: name}
	}
	if name := x.page.Source.Name; name != "" {
		return &news.Publisher{Name: name}
	}
	return nil
}

// rescue takes the text from the structured data, or from the state of a script,
// when the page shows far less.
func (x *extraction) rescue() {
	have := x.textWeight()
	body := x.ld.article.get("articleBody").String()
	if w := weigh([]byte(body)); w >= 200 && have <= 0.35*w {
		if list := bodyParagraphs(body); have <= 0.35*weigh([]byte(strings.Join(list, ""))) {
			x.keepText(list)
			x.warn("text taken from structured data")
			return
		}
	}
	if have > littleText {
		return
	}
	if list := x.fromState(); list != nil && have <= 0.35*weigh([]byte(strings.Join(list, ""))) {
		x.keepText(list)
		x.warn("text taken from script state")
	}
}

// bodyParagraphs cuts a text in the structured data into its paragraphs: at its
// elements where it is markup, which may be escaped, or else at its lines.
func bodyParagraphs(body string) []string {
	if strings.Contains(body, "&lt;/p") || strings.Contains(body, "&lt;br") {
		body = html.UnescapeString(body)
	}
	if strings.Contains(body, "</p") || strings.Contains(body, "<br") {
		return paragraphs(body)
	}
	return strings.Split(strings.ReplaceAll(body, "\r", "\n"), "\n")
}

// keepText makes paragraphs that stand nowhere on the page the text.
func (x *extraction) keepText(paragraphs []string) {
	x.kept, x.rescued = nil, true
	for _, p := range paragraphs {
		if len(x.kept) >= maxBlocks {
			x.warn("text cut at %d blocks", maxBlocks)
			break
		}
		if s := cleanText(p); s != "" {
			x.kept = append(x.kept, block{t: news.BlockParagraph, text: s, folded: x.fold(s), node: 0, weight: weigh([]byte(s))})
		}
	}
}

// finish fills what follows from the parts.
func (x *extraction) finish() {
	a, page := x.art, x.page
	a.Title = clean(a.Title)
	x.fillBody()
	x.publisherOfByline()
	a.Lang, a.LangDeclared = languages(a.Body.Text, x.meta.lang, x.ld.field("inLanguage").str(), x.meta.get("og:locale", "content-language", "language", "dc.language", "dcterms.language"))
	a.Source = news.SourceRef{ID: page.Source.ID, Domain: page.Source.Domain, Name: page.Source.Name}
	if a.Source.Domain == "" {
		a.Source.Domain = weburl.Domain(x.base.Host)
	}
	if a.Source.ID == "" {
		a.Source.ID = a.Source.Domain
	}
	a.Usage = x.meta.usage(page)
	a.Related = x.relatedLinks()
	x.topics()
	x.ruledLabels()
	if a.Kind = x.kind(); a.Kind == news.KindLiveblog {
		a.Live = x.live()
	}
	a.ID = news.ArticleID(weburl.Key(x.key))
	a.Rev = news.Revision(a.Title, a.Body.Text)
	x.records()
	x.extracted()
}

func (x *extraction) records() {
	a, page := x.art, x.page
	x.tree.buf = append(x.tree.buf[:0], a.Body.Text...)
	text := sha256.Sum256(x.tree.buf)
	simhash, words := fingerprint(a.Body.Text)
	a.Body.Words = words
	a.Hash = news.Hash{RawSHA256: page.SHA256, TextSHA256: hex.EncodeToString(text[:]), SimHash64: fmt.Sprintf("%016x", simhash)}
	a.Raw = news.Raw{Ref: page.PageID, Bytes: len(page.Body), Truncated: page.Truncated, WARC: page.Archived}
	if a.Hash.RawSHA256 == "" {
		a.Hash.RawSHA256 = news.BodySHA256(page.Body)
	}
	if a.Raw.Ref == "" {
		a.Raw.Ref = a.ID
	}
	a.Fetch = news.Fetch{At: page.FetchedAt, Status: page.Status, ETag: page.HeaderValue("Etag"), LastModified: page.HeaderValue("Last-Modified")}
	if a.Fetch.At.IsZero() {
		a.Fetch.At = time.Now().UTC()
	}
	if page.PageID != "" {
		a.Trace = &news.Trace{CrawlID: page.CrawlID, PageID: page.PageID}
	}
}

func (x *extraction) extracted() {
	e := &x.art.Extraction
	e.Engine, e.Version, e.At = Engine, Version, time.Now().UTC()
	q := min(1, float64(x.textWeight())/1500)*0.5 + 0.1
	for _, ok := range []bool{x.art.Published != nil, len(x.art.Authors)+len(x.art.Agencies) > 0, x.ld.article.isArticle() || x.meta.get("og:type") == "article", len(e.Warnings) == 0} {
		if ok {
			q += 0.1
		}
	}
	e.Quality = float64(int(q*100+0.5)) / 100
}

// fillBody writes standfirst and blocks, NFC, cut at maxText.
func (x *extraction) fillBody() {
	a := x.art
	if len(x.lead) > 0 {
		a.Summary = &news.Summary{Text: clean(strings.Join(x.lead, " ")), By: "standfirst"}
	} else if d := x.description(); d != "" {
		a.Summary = &news.Summary{Text: clean(d), By: "description"}
	}
	size := 0
	for i := range x.kept {
		size += len(x.kept[i].text) + 2
	}
	a.Body.Blocks = make([]news.Block, 0, len(x.lead)+len(x.kept))
	var text strings.Builder
	text.Grow(min(size, maxText))
	for _, s := range x.lead {
		a.Body.Blocks = append(a.Body.Blocks, news.Block{T: news.BlockStandfirst, Text: clean(s)})
	}
	for i := range x.kept {
		b := news.Block{T: x.kept[i].t, Text: clean(x.kept[i].text)}
		if b.Text == "" {
			continue
		}
		if text.Len()+len(b.Text) > maxText {
			if text.Len() == 0 {
				b.Text = clean(strings.ToValidUTF8(b.Text[:maxText], ""))
				text.WriteString(b.Text)
				a.Body.Blocks = append(a.Body.Blocks, b)
			}
			x.warn("text cut at %d bytes", text.Len())
			break
		}
		if x.kept[i].besides() {
			a.Body.Blocks = append(a.Body.Blocks, b)
			continue
		}
		if text.Len() > 0 {
			text.WriteString("\n\n")
		}
		text.WriteString(b.Text)
		a.Body.Blocks = append(a.Body.Blocks, b)
	}
	a.Body.Text = text.String()
}

func (x *extraction) description() string {
	if d := x.ld.article.text("description"); d != "" {
		return d
	}
	return x.meta.get("og:description", "description", "twitter:description")
}

// publisherOfByline names the publisher by the organisation of a byline that
// bears the site's name, when nothing else names it.
func (x *extraction) publisherOfByline() {
	if x.art.Publisher != nil {
		return
	}
	for _, a := range x.art.Authors {
		if a.Org != "" && x.isOrgName(a.Org) {
			x.art.Publisher = &news.Publisher{Name: a.Org}
			x.prov("publisher", "text", 0.5)
			return
		}
	}
}

// clean returns valid UTF-8 in NFC without surrounding white space.
func clean(s string) string {
	if !isComposed(s) {
		s = norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
	}
	return strings.TrimSpace(s)
}

// isComposed says whether a text is surely valid UTF-8 and NFC: it holds nothing
// but Latin and Cyrillic letters, marks of punctuation, kana, Han characters and
// syllables of Hangul that neither are nor become parts of others.
func isComposed(s string) bool {
	for i := 0; i < len(s); {
		if i+8 <= len(s) && eightASCII(s[i:]) {
			i += 8
			continue
		}
		c := s[i]
		switch {
		case c < utf8.RuneSelf:
			i++
		case (0xc2 <= c && c < 0xcc || c == 0xd0 || c == 0xd1) && follow(s[i+1:], 1): // up to U+02FF, and U+0400 to U+047F
			i += 2
		case follow(s[i+1:], 2) && (c == 0xe2 && s[i+1] == 0x80 && s[i+2] >= 0x82 || // U+2002 to U+203F
			c == 0xe3 && s[i+1] == 0x80 && s[i+2] < 0xaa || // U+3000 to U+3029
			c == 0xe3 && (s[i+1] == 0x81 || s[i+1] == 0x83 || s[i+1] == 0x82 && s[i+2] != 0x99 && s[i+2] != 0x9a) || // kana
			0xe4 <= c && c <= 0xe9 || // U+4000 to U+9FFF
			c == 0xea && s[i+1] >= 0xb0 || c == 0xeb || c == 0xec || c == 0xed && s[i+1] < 0x9e || // U+AC00 to U+D77F
			c == 0xef && (s[i+1] == 0xbc || s[i+1] == 0xbd)): // U+FF00 to U+FF7F
			i += 3
		default:
			return false
		}
	}
	return true
}

// follow says whether s begins with n bytes that go on with a character.
func follow(s string, n int) bool {
	if len(s) < n {
		return false
	}
	for i := range n {
		if s[i]&0xc0 != 0x80 {
			return false
		}
	}
	return true
}

func (x *extraction) warn(format string, args ...any) {
	x.art.Extraction.Warnings = append(x.art.Extraction.Warnings, fmt.Sprintf(format, args...))
}

func (x *extraction) prov(field, src string, conf float64) {
	if x.art.Prov == nil {
		x.art.Prov = make(map[string]news.Provenance)
	}
	x.art.Prov[field] = news.Provenance{Src: src, Conf: float64(int(conf*100+0.5)) / 100}
}
