package dates

import "testing"

func TestFromURL(t *testing.T) {
	for path, want := range map[string]string{
		"/2024/05/03/some-story":       "2024-05-03",
		"/2024/5/3/some-story":         "2024-05-03",
		"/world/2024/may/03/story":     "2024-05-03",
		"/2024-05-03/story":            "2024-05-03",
		"/story-2024-05-03.html":       "2024-05-03",
		"/20240503/story":              "2024-05-03",
		"/story-20240503.html":         "2024-05-03",
		"/news/story_20240503":         "2024-05-03",
		"/2024/0503/story":             "2024-05-03",
		"/article/2024/05/03":          "2024-05-03",
		"/2024/05/some-story":          "",
		"/2024/05/3-ways-to":           "",
		"/2024/05/30000-people":        "",
		"/2024/13/03/story":            "",
		"/story-1202405031.html":       "",
		"/story-202405031":             "",
		"/id-x20240503":                "",
		"/2024/02/30/story":            "",
		"/version-2024.05.03/":         "",
		"/20240503":                    "2024-05-03",
		"/A2024050315470001234":        "2024-05-03",
		"/story-20240503154742-x.html": "2024-05-03",
		"/web/20240503154742/story":    "",
		"/A2024050399990001234":        "",
		"/A2024053315470001234":        "",
		"/a/1999/12/31/story":          "1999-12-31",
		"/2024":                        "",
		"":                             "",
		"/2024/05":                     "",
		"/2024/march-of-the-penguins":  "",
	} {
		d, ok := FromURL(path)
		got := ""
		if ok {
			got = show(d)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestFromSegment(t *testing.T) {
	for path, want := range map[string]string{
		"/news/23-05-2024-the-bridge":     "2024-05-23",
		"/news/23.05.2024/the-bridge":     "2024-05-23",
		"/3-5-2024":                       "2024-05-03",
		"/3-5-2024-bridge":                "2024-05-03",
		"/news/the-bridge-of-23-05-2024":  "",
		"/news/23-05-20245/":              "",
		"/news/23-05-24-bridge":           "",
		"/news/10-11-12-years-of-bridges": "",
		"/news/23-may-2024-bridge":        "",
		"/1714745262":                     "",
		"/20240503":                       "",
		"/33-05-2024":                     "",
		"23-05-2024":                      "",
		"/3-":                             "",
		"":                                "",
	} {
		d, ok := FromSegment(path, Locale{Lang: "de"})
		got := ""
		if ok {
			got = show(d)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func FuzzFromURL(f *testing.F) {
	f.Add("/2024/05/03/some-story")
	f.Add("/world/2024/may/03")
	f.Add("/news/03-05-2024-story")
	f.Fuzz(func(t *testing.T, path string) {
		if d, ok := FromURL(path); ok && (!d.valid() || d.To > len(path)) {
			t.Fatalf("%q: %+v", path, d)
		}
		if d, ok := FromSegment(path, Locale{}); ok && (!d.valid() || d.To > len(path)) {
			t.Fatalf("%q: %+v", path, d)
		}
	})
}
