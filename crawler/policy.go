package crawler

import (
	"context"
	"time"

	"pressmill/crawler/links"
	"pressmill/crawler/usage"
	"pressmill/pkg/logging"
)

// offer publishes a page, unless it asks for something that forbids it and is
// obeyed; withheld then says what. It notes in the response what the page asks
// for. The parser records all of it, obeyed or not.
func (v *visit) offer(ctx context.Context, job *errand, resp *response) (withheld string, err error) {
	metas := links.Metas(resp.body, "robots", v.agent, "tdm-reservation")
	resp.asks = usage.Read(resp.header, metas, v.agent, time.Now(), v.reserved.Reserved(job.at))
	withheld = (resp.asks & v.obeyed &^ usage.NoFollow).First()
	if withheld == "" {
		return "", v.publish(ctx, job, resp)
	}
	v.log.Info("not published, as the page asks", append(aboutPage(job.FrontierURL), logging.Event(logging.PageWithheld), logging.Reason(withheld))...)
	return withheld, nil
}
