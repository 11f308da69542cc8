package parser

import "strings"

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

func (x *extraction) hasType(types ...string) bool {
	for _, o := range x.ld.all {
		if o.is(types...) {
			return true
		}
	}
	return false
}
