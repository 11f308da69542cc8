package parser

import (
	"errors"
	"strings"

	"pressmill/pkg/news"
)

// ErrNotArticle says that a page is no article; every RejectError is one.
var ErrNotArticle = errors.New("page is no article")

// The reasons of a RejectError.
const (
	// ReasonNotHTML says that the page is something else: text, a feed, a PDF.
	ReasonNotHTML = "not_html"
	// ReasonErrorPage is a page that came with an error status.
	ReasonErrorPage = "error_page"
	// ReasonSoft404 is an error page that came with a good status.
	ReasonSoft404 = "soft_404"
	// ReasonBotWall is a challenge or refusal for machines in place of the page.
	ReasonBotWall = "bot_wall"
	// ReasonConsentWall asks for consent in place of the page.
	ReasonConsentWall = "consent_wall"
	// ReasonLoginWall asks for a login in place of the page.
	ReasonLoginWall = "login_wall"
	// ReasonPaywallStub is a story of which no more than a sentence can be read
	// without paying. With a real teaser it is an article whose access is not free.
	ReasonPaywallStub = "paywall_stub"
	// ReasonNeedsScript is a page that scripts fill, with nothing to read without.
	ReasonNeedsScript = "needs_script"
	// ReasonParkedDomain is a domain for sale or a provider's placeholder.
	ReasonParkedDomain = "parked_domain"

	// ReasonHomepage is the front of a site or of an edition.
	ReasonHomepage = "homepage"
	// ReasonSectionFront is a list of stories: a section's front, an archive, a
	// further page of either.
	ReasonSectionFront = "section_front"
	// ReasonTagPage is a list of stories on a topic.
	ReasonTagPage = "tag_page"
	// ReasonAuthorPage is an author's profile or list of stories.
	ReasonAuthorPage = "author_page"
	// ReasonSearchPage is a list of results.
	ReasonSearchPage = "search_page"
	// ReasonServicePage is a page on the site itself: imprint, contact, privacy,
	// terms, subscription.
	ReasonServicePage = "service_page"
	// ReasonProductPage is a product, a shop or an offer of a job or tickets without a
	// text worth the name.
	ReasonProductPage = "product_page"
	// ReasonForumThread is a thread without a text worth the name.
	ReasonForumThread = "forum_thread"
	// ReasonVideoPage is a video without text.
	ReasonVideoPage = "video_page"
	// ReasonAudioPage is a podcast or another recording without text.
	ReasonAudioPage = "audio_page"
	// ReasonGalleryPage is a series of pictures without text.
	ReasonGalleryPage = "gallery_page"

	// ReasonNoText is a page without text for none of these reasons.
	ReasonNoText = "no_text"
	// ReasonNoTitle is a page with text and without a title.
	ReasonNoTitle = "no_title"
)

// RejectError says why a page is no article. It is permanent: the same page is
// rejected again.
type RejectError struct {
	Reason  string
	Grounds string // what was weighed, with its points, for people; mostly ""
}

func (e *RejectError) Error() string { return ErrNotArticle.Error() + ": " + e.Reason }

// explain returns the reason with its grounds.
func (e *RejectError) explain() string {
	if e.Grounds == "" {
		return e.Reason
	}
	return e.Reason + " (" + e.Grounds + ")"
}

// Is makes every RejectError an ErrNotArticle.
func (e *RejectError) Is(target error) bool { return target == ErrNotArticle }

func reject(reason string) error { return &RejectError{Reason: reason} }

// judge rejects what is no article.
func (x *extraction) judge() error {
	s, weight := x.survey(), x.textWeight()
	if wall := x.wall(&s, weight); wall != "" && !x.rescued {
		return reject(wall)
	}
	v := x.weighUp(&s)
	if weight < minText {
		return reject(x.emptyReason(&s, v))
	}
	if !v.article() {
		return &RejectError{Reason: v.reason, Grounds: v.String()}
	}
	if x.art.Title == "" {
		return reject(ReasonNoTitle)
	}
	return x.judgePaywall()
}

// minText is the weight of text below which a page is no article.
const minText = 40

// minFront is how many headlines make a page without text a front, whatever it
// shows besides.
const minFront = 12

// emptyReason is what a page without text is: a story behind a paywall, what
// its URL or data call it, a medium, a list if it has headlines, or only that.
func (x *extraction) emptyReason(s *survey, v *verdict) string {
	if (x.locked() || x.claimsArticle()) && x.paywalled(0) {
		return ReasonPaywallStub
	}
	if v.reason != ReasonSectionFront {
		return v.reason
	}
	if m := x.medium(s); m != "" && (v.listed < minFront || x.shape.Story()) {
		return m
	}
	if v.listed > 2 {
		return v.reason
	}
	return ReasonNoText
}

// minPictures is how many pictures make a series.
const minPictures = 5

// medium names what a page without text shows in its place, or "".
func (x *extraction) medium(s *survey) string {
	og := x.meta.get("og:type")
	switch {
	case x.hasType("VideoObject") || strings.HasPrefix(og, "video") || s.players > 0:
		return ReasonVideoPage
	case x.hasType("AudioObject", "PodcastEpisode", "PodcastSeries", "RadioEpisode", "MusicRecording") || strings.HasPrefix(og, "music") || s.audios > 0:
		return ReasonAudioPage
	case x.hasType("ImageGallery", "MediaGallery") || s.figures >= minPictures:
		return ReasonGalleryPage
	}
	return ""
}

func (x *extraction) textWeight() (w float32) {
	for i := range x.kept {
		if b := &x.kept[i]; !b.besides() && b.t != news.BlockTable {
			w += b.weight
		}
	}
	return w
}
