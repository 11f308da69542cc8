package parser

import (
	"strings"
	"testing"

	"pressmill/pkg/news"
)

func TestKind(t *testing.T) {
	const story = "/local/the-harbour-board-rebuilds-the-pier-41234.html"
	text := `<h1>The pier</h1>` + para + strings.ReplaceAll(para, "council", "board")
	typed := func(typ string) string {
		return `<script type="application/ld+json">{"@type":"` + typ + `","headline":"The pier","datePublished":"2026-02-27"}</script>`
	}
	pictures := strings.Repeat(`<figure><img src="/1.jpg"></figure>`, 6)
	for name, c := range map[string]struct {
		path, html string
		want       news.Kind
	}{
		"typed news":              {story, typed("NewsArticle") + text, news.KindNews},
		"typed opinion":           {story, typed("OpinionNewsArticle") + text, news.KindOpinion},
		"typed gallery":           {story, typed("ImageGallery") + text + pictures, news.KindGallery},
		"nothing said":            {"/pier", `<title>The pier</title>` + text, news.KindUnknown},
		"section of the URL":      {"/meinung/der-steg-muss-weg-41234", typed("NewsArticle") + text, news.KindOpinion},
		"letter to the paper":     {"/letters/the-pier-must-stay-41234", typed("NewsArticle") + text, news.KindOpinion},
		"slug":                    {"/politik/kommentar-zum-steg-41234", typed("NewsArticle") + text, news.KindOpinion},
		"section of the data":     {story, `<meta property="article:section" content="Мнения">` + typed("NewsArticle") + text, news.KindOpinion},
		"label above the title":   {story, typed("NewsArticle") + `<main><div><span class="kicker">Leitartikel</span>` + text + `</div></main>`, news.KindOpinion},
		"label in the title":      {story, `<title>社説：橋を直すとき</title><meta property="og:title" content="社説：橋を直すとき">` + text, news.KindOpinion},
		"label behind the title":  {story, `<title>The pier | Opinion</title>` + strings.ReplaceAll(text, "The pier", "The pier | Opinion"), news.KindOpinion},
		"opinion in the menu":     {story, typed("NewsArticle") + `<nav><ul><li><a href="/opinion">Opinion</a></li></ul></nav>` + text, news.KindNews},
		"opinion in the text":     {story, typed("NewsArticle") + text + `<p>Opinion</p>`, news.KindNews},
		"pictures":                {"/galleries/the-pier-41234", text + pictures, news.KindGallery},
		"long story with a photo": {"/photos/the-pier-41234", typed("NewsArticle") + text, news.KindNews},
		"film":                    {"/video/the-pier-41234", text + `<video src="/1.mp4"></video>`, news.KindVideo},
		"live word without posts": {"/live/the-pier-41234", typed("NewsArticle") + text, news.KindNews},
		"live blog by its slug":   {"/local/storm-live-blog", typed("NewsArticle") + text, news.KindLiveblog},
	} {
		p := testPage([]byte(c.html))
		p.FinalURL = testSite + c.path
		a, err := Extract(p)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a.Kind != c.want {
			t.Errorf("%s: %s, want %s", name, a.Kind, c.want)
		}
	}
}

func TestIsClock(t *testing.T) {
	for s, want := range map[string]bool{
		"9:05": true, "21.30 Uhr": true, "14h10": true, "7:15 pm": true, "16時20分": true, "16:20:30": true,
		"12.05.2024": false, "3:0": false, "1.500 Euro": false, "20:15 – 21:45 bis morgen": false, "Monday": false, "": false,
	} {
		if got := isClock(s); got != want {
			t.Errorf("%q: %t", s, got)
		}
	}
}
