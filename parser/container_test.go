package parser

import (
	"strings"
	"testing"
)

// TestHeadlineIsWhatSaysTheTitle tells the text under the page's title from
// teasers under the name of the site, which is an h1.
func TestHeadlineIsWhatSaysTheTitle(t *testing.T) {
	const (
		title  = "Bell founders of Ostrava cast their last bronze"
		teaser = "<li><a href=/bells>" + title + "</a> The furnace in the yard behind the tram depot was lit for the last time on Friday, before the whole trade, and the…</li>"
		text   = "<p>The furnace in the yard behind the tram depot was lit for the last time on Friday, and eleven families lost their trade.</p>"
	)
	x, err := (&Extractor{}).open(testPage([]byte("<title>" + title + " | Example Times</title><h1>Example Times</h1>" +
		"<div class=news><ul>" + strings.Repeat(teaser, 4) + "</ul></div><div class=main><h2>Bell founders of <i>Ostrava</i></h2><h3> " + title + "</h3><div class=text>" + strings.Repeat(text, 4) + "</div></div>")))
	if err != nil {
		t.Fatal(err)
	}
	defer x.tree.release()
	x.grade()
	vectors := make(map[string]*[containerCount]float32)
	for _, c := range x.tree.candidates() {
		vectors[string(x.tree.class(c.node))] = &c.v
	}
	news, main := vectors["news"], vectors["text"]
	if news == nil || main == nil {
		t.Fatalf("the candidates are %v", vectors)
	}
	if news[cHeadBefore] != farAway || news[cTitleBefore] != farAway || news[cTitleLinks] != 4 {
		t.Errorf("teasers: headline %v blocks before, title %v, %v times in a link", news[cHeadBefore], news[cTitleBefore], news[cTitleLinks])
	}
	if main[cHeadBefore] != 1 || main[cTitleBefore] != 0 || main[cTitleRun] != 0 || main[cTitleLinks] != 0 {
		t.Errorf("text: headline %v blocks before, title %v, behind text of %v, %v times in a link", main[cHeadBefore], main[cTitleBefore], main[cTitleRun], main[cTitleLinks])
	}
}

// TestOtherStories are what has a link for a headline, unless that is the title.
func TestOtherStories(t *testing.T) {
	const text = "<p>Skaters no longer have to drive to the county town, as the gravel pit behind the cement works froze last week.</p>"
	for headline, want := range map[string]bool{
		"<h2><a href=/ice>Ice rink opens in a pit</a></h2>":              true,
		"<time>Friday</time><h2><a href=/ice>Ice rink in a pit</a></h2>": true,
		"<h2>What the skaters say of the ice</h2>":                       false,
		"<h2><a href=/s>The harbour crane is saved</a></h2>":             false,
		"": false,
	} {
		x, err := (&Extractor{}).open(testPage([]byte("<title>The harbour crane is saved</title><article>" + headline + text + "</article>")))
		if err != nil {
			t.Fatal(err)
		}
		x.grade()
		for i := range x.tree.nodes {
			if x.tree.nodes[i].tag == tagArticle && x.tree.linksTo(int32(i)) != want {
				t.Errorf("%q: a link to another story is %v, want %v", headline, !want, want)
			}
		}
		x.tree.release()
	}
}
