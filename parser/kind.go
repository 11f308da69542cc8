package parser

import (
	"strings"

	"pressmill/parser/genre"
	"pressmill/pkg/news"
)

// kind says what sort of article it is: by structured data, else by the names
// of its sections, labels near the title and the URL. A gallery and a video
// must look like one besides, and a live blog have its posts.
func (x *extraction) kind() news.Kind {
	if k := x.structuredKind(); k != "" {
		return k
	}
	if k := x.namedKind(); k != "" && x.looksLike(k) {
		return k
	}
	if x.ld.article.isArticle() || x.meta.get("og:type") == "article" || x.art.Published != nil {
		return news.KindNews
	}
	return news.KindUnknown
}

func (x *extraction) structuredKind() news.Kind {
	o := x.ld.article
	switch {
	case o.is("LiveBlogPosting"):
		return news.KindLiveblog
	case o.is("OpinionNewsArticle"):
		return news.KindOpinion
	case x.hasType("ImageGallery", "MediaGallery") && x.looksLike(news.KindGallery):
		return news.KindGallery
	case o.is("VideoObject") && x.looksLike(news.KindVideo):
		return news.KindVideo
	}
	return ""
}

// namedKind returns the kind that the most trusted name names.
func (x *extraction) namedKind() news.Kind {
	if k := genre.Of(x.fold(x.ld.article.text("genre"))); k != "" {
		return k
	}
	for _, s := range x.art.Section {
		if k := genre.Of(x.fold(s)); k != "" {
			return k
		}
	}
	if k := x.pathKind(); k != "" {
		return k
	}
	if k := x.titleKind(x.art.Title); k != "" {
		return k
	}
	if title := x.meta.get("og:title"); title != x.art.Title {
		if k := x.titleKind(title); k != "" {
			return k
		}
	}
	return x.labelKind()
}

// pathKind reads the sections of the URL, then its slug.
func (x *extraction) pathKind() news.Kind {
	segments := strings.Split(strings.Trim(x.url.Path, "/"), "/")
	last := len(segments) - 1
	for _, seg := range segments[:last] {
		if k := genre.Of(x.fold(seg)); k != "" {
			return k
		}
	}
	return genre.OfSlug(x.fold(segments[last]))
}

// titleKind reads the label in front of a title or behind it, as in "Opinion:
// The pier" and "The pier | Opinion", or a live blog's name within.
func (x *extraction) titleKind(title string) news.Kind {
	for _, sep := range []string{": ", "：", " | ", " – ", " — ", " - ", "】", "》"} {
		i := strings.Index(title, sep)
		if i < 0 {
			continue
		}
		if k := genre.Of(x.fold(title[:i])); i > 0 && k != "" {
			return k
		}
		if i = strings.LastIndex(title, sep); i > 0 {
			if k := genre.Of(x.fold(title[i+len(sep):])); k != "" {
				return k
			}
		}
	}
	if genre.OfSlug(x.fold(title)) == news.KindLiveblog {
		return news.KindLiveblog
	}
	return ""
}

// How far around the title labels are looked for, in nodes, and how long in
// bytes they may be.
const (
	labelsAbove = 25
	labelsBelow = 15
	labelLength = 64
)

// labelKind reads the short lines around the title, outside of navigation.
func (x *extraction) labelKind() (kind news.Kind) {
	x.labels(func(folded string) bool {
		kind = genre.Of(folded)
		return kind == ""
	})
	return kind
}

// labels yields the folded short lines around the title, down to the running
// text, until told to stop.
func (x *extraction) labels(yield func(folded string) bool) {
	t := x.tree
	title := x.titleNode()
	if title < 0 {
		return
	}
	from, to := t.around(title)
	var lines tries
	for i := from; i < to; i++ {
		n := &t.nodes[i]
		switch {
		case i > title && n.flags&longText != 0:
			return
		case n.tag == tagNone:
			if !lines.more(maxTries) {
				return
			}
			if n.end-n.start > labelLength || n.parent >= 0 && t.nodes[n.parent].tag.is(traitNoText) || t.within(i, tagNav) {
				continue
			}
			if f := x.fold(t.store.keep(t.bytes(i))); f != "" && !yield(f) {
				return
			}
		case n.tag == tagNav || n.tag == tagForm || n.tag == tagUL && i > title || n.flags&(hidden|commentMark) != 0:
			i = n.stop - 1
		}
	}
}

// around returns the nodes near a title: those of the elements that begin
// shortly above it, and a few below.
func (t *tree) around(title int32) (from, to int32) {
	top := title
	for p := t.nodes[top].parent; p > 0; p = t.nodes[p].parent {
		if title-p > labelsAbove || t.nodes[p].tag == tagBody {
			break
		}
		top = p
	}
	if p := t.nodes[top].parent; top == title && p >= 0 {
		top = max(p+1, title-labelsAbove/2)
	}
	return top, min(t.nodes[max(t.nodes[title].parent, 0)].stop, t.nodes[title].stop+labelsBelow)
}

// titleNode returns the first heading that is not in furniture, or -1.
func (x *extraction) titleNode() int32 {
	for _, i := range x.tree.all(tagH1) {
		if x.tree.nodes[i].flags&(hidden|inJunk|relatedMark) == 0 {
			return i
		}
	}
	return -1
}

// looksLike says whether the page has the shape of its kind: few lines of text
// where pictures or a film are the matter, several posts in a live blog.
func (x *extraction) looksLike(k news.Kind) bool {
	switch k {
	case news.KindGallery:
		return len(x.kept) < 6 && len(x.tree.all(tagImg)) >= minPictures
	case news.KindVideo:
		return x.textWeight() < 800
	case news.KindLiveblog:
		return len(x.posts) >= minPosts || genre.OfSlug(x.fold(x.url.Path)) == k
	default:
		return true
	}
}
