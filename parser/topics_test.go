package parser

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/news"
)

func TestTopics(t *testing.T) {
	ld := func(s string) string {
		return `<script type="application/ld+json">{"@type":"NewsArticle",` + s + `}</script>`
	}
	for name, c := range map[string]struct {
		page, foot    string
		section, tags []string
	}{
		"nothing said":              {},
		"sections in one text":      {page: ld(`"articleSection":"Politics,Home Page,Local"`), section: []string{"Politics", "Local"}},
		"a comma in the name":       {page: ld(`"articleSection":"Health, Work"`), section: []string{"Health, Work"}},
		"names for programs":        {page: ld(`"articleSection":"news_local","keywords":["section:news","Bridges","kind=text","@top","[NAME]"]`), tags: []string{"Bridges"}},
		"tags in one text":          {page: ld(`"keywords":"Bridges; Roads;Bridges"`), tags: []string{"Bridges", "Roads"}},
		"no tag repeats":            {page: ld(`"author":{"@type":"Person","name":"Anna Holm"},"articleSection":"Local","keywords":["local","Anna Holm","Bridge to be repaired","Bridges"]`), section: []string{"Local"}, tags: []string{"Bridges"}},
		"codes":                     {page: ld(`"keywords":["POL","INDG08","GEN","TMT","VIO"]`) + `<meta property="article:tag" content="Bridges">`, tags: []string{"Bridges"}},
		"keywords of the article":   {page: `<meta name="keywords" content="bridge, council, weather">`, tags: []string{"bridge", "council", "weather"}},
		"keywords of the site":      {page: `<meta name="keywords" content="news, football, weather, traffic">`},
		"links marked as tags":      {foot: `<a rel="tag" href="/t/1">#Bridges</a> <a rel="tag" href="/t/2">Roads</a>`, tags: []string{"Bridges", "Roads"}},
		"a list of all tags":        {foot: `<div class="tags">` + strings.Repeat(`<a href="/t">Tag</a>`, 30) + `</div>`},
		"twin with what one lacks":  {page: ld(`"headline":"Bridge to be repaired","author":"Anna Holm"`) + ld(`"headline":"Bridge to be repaired","keywords":["Bridges"]`), tags: []string{"Bridges"}},
		"keywords of another story": {page: ld(`"headline":"Bridge to be repaired"`) + ld(`"headline":"Harbour fire was arson","url":"https://www.example-times.com/9","keywords":["Fire"]`)},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := Extract(testPage([]byte(`<title>Bridge to be repaired</title>` + c.page + `<h1>Bridge to be repaired</h1><article>` + strings.Repeat(para, 3) + c.foot + `</article>`)))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([2][]string{c.section, c.tags}, [2][]string{a.Section, a.Tags}); d != "" {
				t.Errorf("section and tags (-want +got):\n%s", d)
			}
		})
	}
}

func TestAccess(t *testing.T) {
	for name, c := range map[string]struct {
		page string
		want *news.Access
	}{
		"nothing said":   {},
		"true":           {`<script type="application/ld+json">{"@type":"Article","isAccessibleForFree":true}</script>`, &news.Access{Free: new(true)}},
		"text":           {`<script type="application/ld+json">{"@type":"Article","isAccessibleForFree":"False"}</script>`, &news.Access{Free: new(false)}},
		"address":        {`<script type="application/ld+json">{"@type":"Article","isAccessibleForFree":"http://schema.org/False"}</script>`, &news.Access{Free: new(false)}},
		"part":           {`<script type="application/ld+json">{"@type":"Article","hasPart":[{"isAccessibleForFree":false,"cssSelector":".x"}]}</script>`, &news.Access{Free: new(false)}},
		"microdata":      {`<meta itemprop="isAccessibleForFree" content="true">`, &news.Access{Free: new(true)}},
		"tier":           {`<meta property="article:content_tier" content="locked">`, &news.Access{Free: new(false)}},
		"tier that ends": {`<meta property="article:content_tier" content="metered">`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := Extract(testPage([]byte(c.page + `<h1>Bridge to be repaired</h1><article>` + strings.Repeat(para, 3))))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, a.Access); d != "" {
				t.Errorf("access (-want +got):\n%s", d)
			}
		})
	}
}
