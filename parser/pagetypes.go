package parser

import (
	"slices"
	"strings"
)

// sorts is what the structured data says of the page's sort.
type sorts struct {
	own     bool // it describes one article, and that is the page
	against []ground
}

// sortTypes are the types of pages that are no articles. Where an article is
// described as well they count less: sites describe a story's list of related
// stories, its author and what it is about in the same way.
var sortTypes = map[string]ground{
	"SearchResultsPage":      {"structured search page", -5, ReasonSearchPage},
	"CollectionPage":         {"structured list", -2.5, ReasonSectionFront},
	"ProfilePage":            {"structured profile", -3, ReasonAuthorPage},
	"ItemList":               {"structured list", -1.5, ReasonSectionFront},
	"Product":                {"structured product", -2, ReasonProductPage},
	"JobPosting":             {"structured job offer", -5, ReasonProductPage},
	"Event":                  {"structured event", -1.5, ReasonProductPage},
	"ContactPage":            {"structured contact page", -4, ReasonServicePage},
	"AboutPage":              {"structured page on the site", -2.5, ReasonServicePage},
	"CheckoutPage":           {"structured checkout", -4, ReasonProductPage},
	"DiscussionForumPosting": {"structured thread", -1, ReasonForumThread},
	"QAPage":                 {"structured questions", -1, ReasonForumThread},
	"PodcastEpisode":         {"structured episode", -1, ReasonAudioPage},
	"PodcastSeries":          {"structured podcast", -2.5, ReasonAudioPage},
}

// minListed is how many entries make a list of stories.
const minListed = 4

// ldSorts reads the types of the structured data, each type once.
func (x *extraction) ldSorts() sorts {
	var s sorts
	articles := 0
	var seen [16]string
	kinds := seen[:0]
	for _, o := range x.ld.all {
		if o.isArticle() {
			articles++
		}
		for typ := range o.types() {
			g, ok := sortTypes[string(typ)]
			if !ok || string(typ) == "ItemList" && countItems(o) < minListed || slices.Contains(kinds, g.name) {
				continue
			}
			kinds = append(kinds, g.name)
			s.against = append(s.against, g)
		}
	}
	s.own = x.ld.article.isArticle() && (articles == 1 || x.isOwn(x.ld.article))
	if s.own {
		for i := range s.against {
			s.against[i].points *= 0.3
		}
	}
	return s
}

func countItems(o object) int {
	n := 0
	for range o.list("itemListElement") {
		n++
	}
	return n
}

// isOwn says whether one of several structured articles is the page: it has the
// page's title or URL.
func (x *extraction) isOwn(o object) bool {
	if x.addressOf(o) > 0 {
		return true
	}
	headline := x.fold(o.text("headline"))
	if len(headline) < 12 {
		return false
	}
	for _, title := range []string{x.meta.title, x.meta.get("og:title")} {
		if f := x.fold(title); f != "" && (strings.HasPrefix(f, headline) || strings.HasPrefix(headline, f)) {
			return true
		}
	}
	return false
}
