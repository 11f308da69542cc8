package genre

import (
	"testing"

	"pressmill/pkg/news"
)

func TestOf(t *testing.T) {
	for label, want := range map[string]news.Kind{
		"opinion": news.KindOpinion, "leitartikel": news.KindOpinion, "社説": news.KindOpinion, "мнение": news.KindOpinion,
		"en direct": news.KindLiveblog, "bildergalerie": news.KindGallery, "فيديو": news.KindVideo,
		"politics": "", "": "", "an opinion that the court has read": "",
	} {
		if got := Of(label); got != want {
			t.Errorf("%q: %q, want %q", label, got, want)
		}
	}
}

func TestOfSlug(t *testing.T) {
	for slug, want := range map[string]news.Kind{
		"kommentar zur wahl im tal": news.KindOpinion, "storm over the bay live blog": news.KindLiveblog,
		"sturm im liveticker": news.KindLiveblog, "the mayor has no opinion": "", "live music at the pier": "",
	} {
		if got := OfSlug(slug); got != want {
			t.Errorf("%q: %q, want %q", slug, got, want)
		}
	}
}

func TestEnded(t *testing.T) {
	if !Ended("der liveblog ist beendet vielen dank") || Ended("the council has ended its debate") {
		t.Error("wrong label")
	}
}
