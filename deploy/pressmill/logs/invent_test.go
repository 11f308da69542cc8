package logs

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

var (
	inventFile  = flag.String("invent", "", "write invented log lines to `FILE`, to measure with")
	inventLines = flag.Int("lines", 2_000_000, "how many")
)

// TestInvent writes the file that measurements are made with: go test -run Invent -args -invent FILE.
func TestInvent(t *testing.T) {
	if *inventFile == "" {
		t.Skip("no -invent")
	}
	f, err := os.Create(*inventFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	newCrawl(w, 20000).run(*inventLines)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// crawl invents the lines of a crawler, a parser and a sink, and knows what they add up to.
type crawl struct {
	w     io.Writer
	rand  *rand.Rand
	hosts int
	now   time.Time
	lines int

	stages  [Stages]StageTotals
	byHost  map[string]int64 // fetched
	batch   int64
	objects int64
}

func newCrawl(w io.Writer, hosts int) *crawl {
	return &crawl{
		w: w, rand: rand.New(rand.NewPCG(1, 2)), hosts: hosts,
		now: time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC), byHost: map[string]int64{},
	}
}

// line writes one line of a stage.
func (c *crawl) line(stage int, level, event, msg, rest string) {
	c.now = c.now.Add(time.Duration(1+c.rand.IntN(4000)) * time.Microsecond)
	name := StageNames[stage]
	fmt.Fprintf(c.w, `{"level":%q,"ts":%q,"msg":%q,"schema":"log/v1","service":%q,"instance":"%s-0-1","stage":%q,"event":%q%s}`+"\n",
		level, c.now.Format(time.RFC3339Nano), msg, name, name, name, event, rest)
	c.lines++
}

// run writes lines until there are so many, or a few more.
func (c *crawl) run(lines int) {
	for stage, name := range StageNames {
		c.line(stage, "info", "service.start", "starting", `,"version":"1.2.3 go1.26","pid":1`)
		c.line(stage, "info", "service.ready", "ready", "")
		_ = name
	}
	summary := c.now.Add(30 * time.Second)
	for c.lines < lines {
		c.page()
		if c.now.After(summary) {
			c.summaries(false)
			summary = c.now.Add(30 * time.Second)
		}
	}
	c.commit()
	c.summaries(true)
	for stage := range StageNames {
		c.line(stage, "info", "service.stop", "stopped", `,"reason":"terminated","seconds":100`)
	}
}

// page is the story of one page; hosts with low numbers have most of them.
func (c *crawl) page() {
	h := int(float64(c.hosts) * c.rand.Float64() * c.rand.Float64() * c.rand.Float64())
	host := fmt.Sprintf("www.site%d.example", h)
	took := 20 + 400*c.rand.ExpFloat64()
	page := fmt.Sprintf(`,"host":%q,"url.full":"https://%s/news/2026/11/28/%d-an-article-of-some-length.html","source":"site%d","crawl_id":"20261128T060000Z-2b076c"`, host, host, c.lines, h)
	crawler, parser := &c.stages[Crawler], &c.stages[Parser]
	switch dice := c.rand.IntN(100); {
	case dice < 2:
		crawler.Failed++
		c.line(Crawler, "error", "fetch.failed", "gave up", page+`,"reason":"timeout","error":"context deadline exceeded"`)
		return
	case dice < 5:
		crawler.Retried++
		c.line(Crawler, "warn", "fetch.failed", "will be tried again", page+`,"reason":"http_429","attempt":1,"backoff_ms":30000,"error":"Too Many Requests"`)
		return
	case dice < 8:
		crawler.Skipped++
		c.line(Crawler, "info", "fetch.skipped", "not fetched", page+`,"reason":"robots"`)
		return
	}
	page += fmt.Sprintf(`,"page_id":"%016x"`, c.rand.Uint64())
	crawler.Out++
	c.byHost[host]++
	c.line(Crawler, "info", "page.published", "page published", page+`,"bytes":45678,"seq":17`)
	c.line(Crawler, "info", "fetch.done", "fetched", page+fmt.Sprintf(`,"kind":"article","status":200,"bytes":45678,"truncated":false,"took_ms":%.3f,"waited_ms":%.3f`, took, took*9))
	if c.rand.IntN(10) == 0 {
		parser.Skipped++
		c.line(Parser, "info", "parse.rejected", "no article", page+`,"reason":"section_front","took_ms":1.25,"waited_ms":20.5`)
		return
	}
	parser.Out++
	c.line(Parser, "info", "parse.done", "parsed", page+`,"article_id":"52a659bd61075f61","rev":"94adc97f3ae43993","kind":"news","words":410,"took_ms":2.483,"waited_ms":33.1`)
	c.line(Parser, "info", "article.published", "article published", page+`,"article_id":"52a659bd61075f61","rev":"94adc97f3ae43993"`)
	c.line(SinkStage, "info", "article.written", "article written", page+`,"article_id":"52a659bd61075f61","sink":"articles","partition":3,"seq":99,"waited_ms":4000`)
	c.stages[SinkStage].Written++
	if c.batch++; c.batch == 200 {
		c.commit()
	}
}

func (c *crawl) commit() {
	if c.batch == 0 {
		return
	}
	c.stages[SinkStage].Out += c.batch
	c.objects++
	c.line(SinkStage, "info", "segment.committed", "object committed", fmt.Sprintf(`,"sink":"articles","partition":3,"key":"articles/e-p03-%d.jsonl.zst","articles":%d,"bytes":88000,"took_ms":12`, c.lines, c.batch))
	c.batch = 0
}

func (c *crawl) summaries(final bool) {
	for stage := range StageNames {
		s := c.stages[stage]
		rest := fmt.Sprintf(`,"in":%d,"out":%d,"failed":%d,"skipped":%d,"rate":33.5,"lag":%d,"in_flight":3,"rss_bytes":90000000,"interval":{"seconds":30,"in":9,"out":9}`,
			s.Out+s.Failed, s.Out, s.Failed, s.Skipped, c.lines%1000)
		if final {
			rest += `,"final":true`
		}
		c.line(stage, "info", "stage.summary", "stage summary", rest)
	}
}
