package urlshape

import (
	"net/url"
	"testing"
)

func TestPage(t *testing.T) {
	for raw, want := range map[string]Page{
		"https://n.example/":                                                   Home,
		"https://n.example/index.html":                                         Home,
		"https://n.example/en/":                                                Home,
		"https://n.example/startseite":                                         Home,
		"https://n.example/page/3/":                                            Home,
		"https://n.example/?utm=x":                                             Home,
		"https://n.example/?p=12345":                                           Unnamed,
		"https://n.example/index.php?site=news&newsID=111":                     Unnamed,
		"https://n.example/index.php?go=bridge":                                Unnamed,
		"https://n.example/story.php?s=1234":                                   Unnamed,
		"https://n.example/?s=bridge":                                          Search,
		"https://n.example/suche?q=br%C3%BCcke":                                Search,
		"https://n.example/search/bridge":                                      Search,
		"https://n.example/tag/bridges":                                        Tag,
		"https://n.example/themen/bruecken/":                                   Tag,
		"https://n.example/tag/bridges/page/2":                                 Tag,
		"https://n.example/author/jane-doe":                                    Author,
		"https://n.example/autor/hans-peter-maier":                             Author,
		"https://n.example/category/politics/":                                 Section,
		"https://n.example/archiv":                                             Section,
		"https://n.example/login":                                              Account,
		"https://n.example/privacy-policy":                                     Legal,
		"https://n.example/impressum.html":                                     Legal,
		"https://n.example/ueber-uns":                                          About,
		"https://n.example/shop/coffee-cup":                                    Shop,
		"https://n.example/forum/thread/a-question-of-bridges":                 Forum,
		"https://n.example/politics":                                           Unnamed,
		"https://n.example/themen/klima/der-lange-weg-zum-strom-hier-erklaert": Unnamed,
		"https://n.example/author/jane-doe/how-the-bridge-was-built-again":     Unnamed,
		"https://n.example/2024/05/03/privacy-policy-of-the-town-is-changed":   Unnamed,
		"https://n.example/archives/4711":                                      Unnamed,
		"https://n.example/archives/2024":                                      Section,
		"https://n.example/archives/202405":                                    Section,
		"https://n.example/recherche/un-pont-123456.html":                      Unnamed,
		"https://n.example/recherche/le-pont-de-la-ville":                      Unnamed,
		"https://n.example/recherche/pont":                                     Search,
		"https://n.example/?q=node/123":                                        Unnamed,
	} {
		if got := of(t, raw).Page; got != want {
			t.Errorf("%s: page %d, want %d", raw, got, want)
		}
	}
}

func TestStory(t *testing.T) {
	for raw, want := range map[string]bool{
		"https://n.example/world/bridge-to-be-repaired-soon":  true,
		"https://n.example/2024/05/03/bridge":                 true,
		"https://n.example/2024/may/03/bridge":                true,
		"https://n.example/news/bridge-1234567.html":          true,
		"https://n.example/local/2020-02/19/c_1125597921.htm": true,
		"https://n.example/politica/nid03052022-boleta/":      true,
		"https://n.example/橋の修理が冬の前に始まると市長が発表":                true,
		"https://n.example/news/4711":                         true,
		"https://n.example/news/2024":                         false,
		"https://n.example/news/page/123":                     false,
		"https://n.example/world":                             false,
		"https://n.example/world/europe":                      false,
		"https://n.example/tag/bridges":                       false,
		"https://n.example/":                                  false,
	} {
		if got := of(t, raw).Story(); got != want {
			t.Errorf("%s: story %t (%+v)", raw, got, of(t, raw))
		}
	}
}

func TestNumber(t *testing.T) {
	for raw, want := range map[string]int{
		"https://n.example/world/page/2":           2,
		"https://n.example/world?page=17":          17,
		"https://n.example/world/seite-3":          3,
		"https://n.example/world/?page=1":          0,
		"https://n.example/world/page/2024-budget": 0,
	} {
		if got := of(t, raw).Number; got != want {
			t.Errorf("%s: number %d, want %d", raw, got, want)
		}
	}
}

func of(t *testing.T, raw string) Shape {
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return Of(u)
}
