package archive

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestURLsOfFiles(t *testing.T) {
	for raw, want := range map[string][]split{
		"file:///a/b/x.warc.gz":         {{"file:///a/b", "x.warc.gz"}},
		"file:///x.warc":                {{"file:///", "x.warc"}},
		"file:///a/b":                   {{"file:///a/b", ""}, {"file:///a", "b"}},
		"file:///a/b/":                  {{"file:///a/b/", ""}},
		"mem://m":                       {{"mem://m", ""}},
		"s3://b/c/d?region=x":           {{"s3://b/c/d?region=x", ""}, {"s3://b/c?region=x", "d"}},
		"s3://b/x.warc.gz?region=x":     {{"s3://b?region=x", "x.warc.gz"}},
		"s3://b":                        {{"s3://b", ""}},
		"s3://b/CC-NEWS/2026/11/CC-NEW": {{"s3://b/CC-NEWS/2026/11/CC-NEW", ""}, {"s3://b/CC-NEWS/2026/11", "CC-NEW"}},
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, splits(u), cmp.AllowUnexported(split{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", raw, d)
		}
	}
}
