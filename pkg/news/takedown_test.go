package news_test

import (
	"encoding/json"
	"testing"
	"time"

	"pressmill/pkg/news"
)

func TestTakedownIsNamedAndDescribed(t *testing.T) {
	a := valid()
	down := &news.Takedown{
		Schema: news.TakedownSchema, ID: a.ID, Candidates: []string{news.ArticleID("https://h.example/b")}, URL: a.URL.Final, Status: 410,
		At: time.Unix(1, 0), Source: a.Source, Trace: news.Trace{CrawlID: "c", PageID: "p"},
	}
	if !news.IsTakedown(down.MsgID()) || news.IsTakedown(a.MsgID()) || down.MsgID() != news.TakedownMsgID(a.ID) {
		t.Errorf("the takedown is named %s, the article %s", down.MsgID(), a.MsgID())
	}
	conforms(t, "takedown", through(t, down), through(t, news.TakedownJSONSchema()).(map[string]any))
	if s := news.TakedownJSONSchema(); s["$id"] == news.JSONSchema()["$id"] {
		t.Errorf("both schemas are %v", s["$id"])
	}
}

// through returns a value as JSON gives it back.
func through(t *testing.T, v any) (out any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
