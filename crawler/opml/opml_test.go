package opml

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const doc = `<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.0"><head><title>mine</title></head><body>
 <outline text="Papers">
  <outline text="World">
   <outline type="rss" text="Caf` + "\xe9" + `" title="" xmlUrl=" https://cafe.example/rss?a=1&amp;b=2 " htmlUrl="https://cafe.example/"/>
  </outline>
  <outline TEXT="B" XMLURL="http://b.example/feed"></outline>
 </outline>
 <outline text="again" xmlUrl="http://b.example/feed"/>
 <outline text="a link" type="link" url="http://c.example/"/>
 <outline text="raw ampersand" xmlUrl='http://d.example/feed?a&b=1'>
</body></opml>`
	got, err := Parse(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	want := []Feed{
		{URL: "https://cafe.example/rss?a=1&b=2", Site: "https://cafe.example/", Title: "Café"},
		{URL: "http://b.example/feed", Title: "B"},
		{URL: "http://d.example/feed?a&b=1", Title: "raw ampersand"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("feeds (-want +got):\n%s", diff)
	}
}

func TestParseRefusesOtherDocuments(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"", "hello", "<rss/>", "<html><body><outline xmlUrl='http://x.example/'/></body></html>"} {
		if feeds, err := Parse(strings.NewReader(doc)); !errors.Is(err, ErrNotOPML) || len(feeds) > 0 {
			t.Errorf("%q: %v, %v; want ErrNotOPML", doc, feeds, err)
		}
	}
	if _, err := Parse(strings.NewReader("<opml><body><outline xmlUrl='http://x.exam")); err == nil {
		t.Error("no error about a document that breaks off")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("<opml><body><outline xmlUrl='http://x.example/'/></body></opml>")
	f.Fuzz(func(t *testing.T, doc string) {
		feeds, err := Parse(strings.NewReader(doc))
		for _, feed := range feeds {
			if feed.URL == "" {
				t.Error("a feed without a URL")
			}
		}
		if err != nil && len(feeds) > 0 {
			t.Error("feeds and an error")
		}
	})
}
