package parser

import (
	"strings"

	"pressmill/pkg/news"
)

// kind says what sort of article it is: by structured data, else by the URL's
// sections and the shape of the page.
func (x *extraction) kind() news.Kind {
	o := x.ld.article
	switch {
	case o.is("LiveBlogPosting"):
		return news.KindLiveblog
	case o.is("OpinionNewsArticle"):
		return news.KindOpinion
	case o.is("VideoObject") && len(x.kept) < 3:
		return news.KindVideo
	}
	path := "/" + strings.ToLower(strings.Trim(x.url.Path, "/")) + "/" + fold(x.ld.article.text("articleSection")) + "/"
	switch {
	case containsAny(path, "/opinion", "/kommentar", "/meinung", "/commentisfree/", "/editorial", "/columnist", "/kolumne", "/debat", "/tribune"):
		return news.KindOpinion
	case containsAny(path, "liveblog", "/live-blog", "/liveticker"):
		return news.KindLiveblog
	case containsAny(path, "/gallery/", "/galerie", "/bilder/", "/fotostrecke", "/photos/", "/diaporama"):
		if len(x.kept) < 6 {
			return news.KindGallery
		}
	case containsAny(path, "/video/", "/videos/") && len(x.kept) < 4:
		return news.KindVideo
	}
	if o.isArticle() || x.meta.get("og:type") == "article" {
		return news.KindNews
	}
	if x.art.Published != nil {
		return news.KindNews
	}
	return news.KindUnknown
}

func containsAny(s string, subs ...string) bool {
	for _, sub := range subs {
		if strings.Contains(s, sub) {
			return true
		}
	}
	return false
}
