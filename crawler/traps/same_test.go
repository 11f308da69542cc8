package traps

import "testing"

func TestSameStory(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"/news/a-title-of-words", "/amp/news/a-title-of-words", true},
		{"/news/a-title-of-words", "/news/a-title-of-words/amp/", true},
		{"/news/a-title-of-words.html", "/news/a-title-of-words.amp.html", true},
		{"/news/a-title-of-words", "/news/a-title-of-words-amp", true},
		{"/news/A-Title-Of-Words", "/news/a-title-of-words?page=2", true},
		{"/story/1234567", "/news/a-title-1234567.html", true},
		{"/story/1234567", "/story/1234568", false},
		{"/a/5f0a1b2c3d4e", "/m/5f0a1b2c3d4e", true},
		{"/news/a-title-of-words", "/news/another-title-of-words", false},
		{"/news/a-title-of-words", "/news/", false},
		{"/news/a-title-of-words", "/", false},
		{"/world-news-of-today/a-title-of-words", "/world-news-of-today/", false},
		{"/news/", "/news/", false},
		{"/", "/", false},
		{"/world-news-of-today/storm", "/world-news-of-today/", false},
		{"/world-news-of-today/storm", "/world-news-of-today/flood", false},
		{"/2026/11/24/", "/amp/2026/11/24/", false},
		{"/2026/11/24/storm", "/amp/2026/11/24/storm", false}, // of one word: not sure
		{"/?p=12345", "/news/a-title-of-words", false},
	} {
		if got := SameStory(parse(t, c.a), parse(t, c.b)); got != c.want {
			t.Errorf("SameStory(%s, %s) is %v", c.a, c.b, got)
		}
		if got := SameStory(parse(t, c.b), parse(t, c.a)); got != c.want {
			t.Errorf("SameStory(%s, %s) is %v", c.b, c.a, got)
		}
	}
}
