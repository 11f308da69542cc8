package filter

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"pressmill/pkg/config"
	"pressmill/pkg/news"
)

// ferry is an article to filter.
func ferry() *news.Article {
	return &news.Article{
		Schema: news.Schema, ID: "4be7", Rev: "21c0", Kind: news.KindNews, Lang: "pt-BR", LangDeclared: "en",
		URL:     news.URLs{Requested: "https://a.test/", Final: "https://www.tidewick.example:8443/pier", Canonical: "https://elsewhere.test/"},
		Source:  news.SourceRef{ID: "harbour-desk", Domain: "news.tidewick.example"},
		Title:   "Old ferry pier “reopens” in São Tomé",
		Body:    news.Body{Text: "The pier's café was closed.\n\nKraków: C++ & R\u00f8ros, covid-19.", Blocks: []news.Block{{T: news.BlockParagraph, Text: "only in a block"}}},
		Summary: &news.Summary{Text: "Repairs took three years", By: "standfirst"},
	}
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTakes(t *testing.T) {
	type list = []string
	for _, c := range []struct {
		filter *Rules
		want   bool
	}{
		{nil, true},
		{&Rules{}, true},
		{&Rules{Sources: list{"harbour-desk"}}, true},
		{&Rules{Sources: list{"tidewick.example"}}, true},
		{&Rules{Sources: list{"News.Tidewick.Example."}}, true},
		{&Rules{Sources: list{"wick.example"}}, false},
		{&Rules{Sources: list{"harbour"}}, false},
		{&Rules{Sources: list{"other", "example"}}, true},
		{&Rules{Sources: list{"-harbour-desk"}}, false},
		{&Rules{Sources: list{"-other"}}, true},
		{&Rules{Sources: list{"tidewick.example", "-news.tidewick.example"}}, false},
		{&Rules{Domains: list{"tidewick.example"}}, true},
		{&Rules{Domains: list{"elsewhere.test"}}, false},
		{&Rules{Languages: list{"pt"}}, true},
		{&Rules{Languages: list{"pt_br"}}, true},
		{&Rules{Languages: list{"pt-PT", "en"}}, false},
		{&Rules{Languages: list{"-pt"}}, false},
		{&Rules{Kinds: list{"opinion", "news"}}, true},
		{&Rules{Kinds: list{"-news"}}, false},
		{&Rules{Sources: list{"harbour-desk"}, Kinds: list{"video"}}, false},
		{&Rules{Keywords: list{"FERRY"}}, true},
		{&Rules{Keywords: list{"ferr"}}, false},
		{&Rules{Keywords: list{"erry"}}, false},
		{&Rules{Keywords: list{"pier reopens"}}, true}, // over a quotation mark
		{&Rules{Keywords: list{"pier's cafe"}}, true},
		{&Rules{Keywords: list{"closed krakow"}}, true}, // over the end of a block
		{&Rules{Keywords: list{"tome repairs"}}, false}, // over the end of the title
		{&Rules{Keywords: list{"three years"}}, true},   // of the standfirst
		{&Rules{Keywords: list{"only in a block"}}, false},
		{&Rules{Keywords: list{"sao tome"}}, true},
		{&Rules{Keywords: list{"Sa\u0303o Tome\u0301"}}, true},
		{&Rules{Keywords: list{"c++"}}, true},
		{&Rules{Keywords: list{"c#"}}, false},
		{&Rules{Keywords: list{"roros"}}, true},
		{&Rules{Keywords: list{"COVID 19"}}, true},
		{&Rules{Keywords: list{"covid 1"}}, false},
		{&Rules{Keywords: list{"storm", "ferry", "-café"}}, false},
		{&Rules{Keywords: list{"ferry"}, Exclude: list{"closed"}}, false},
		{&Rules{Keywords: list{"ferry"}, Exclude: list{"close"}}, true},
		{&Rules{Exclude: list{"storm"}}, true},
	} {
		got, err := c.filter.Match(encoded(t, ferry()))
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v", shown(c.filter), got, err)
		}
	}
}

func shown(f *Rules) string {
	if f == nil {
		return "nil"
	}
	return fmt.Sprintf("sources %q, domains %q, languages %q, kinds %q, keywords %q, exclude %q", f.Sources, f.Domains, f.Languages, f.Kinds, f.Keywords, f.Exclude)
}

func TestKeywordsOfAnyScript(t *testing.T) {
	for _, c := range []struct {
		text, keyword string
		want          bool
	}{
		{"東京都で大雨", "東京", true},
		{"東京都で大雨", "京都", true},
		{"ﾄｳｷｮｳ ｶﾞｽ", "ガス", true},
		{"ガス", "カス", false},
		{"ガ", "カ", false},
		{"カ\u3099ス", "ガス", true},
		{"NHK放送", "nhk", true},
		{"NHK放送", "NHK放", true},
		{"NHKラジオ", "NH", false},
		{"ＴＯＫＹＯ２０２６", "tokyo2026", true},
		{"한국은 오늘", "한국", true},
		{"각", "가", false},
		{"한국은", norm.NFD.String("한국"), true},
		{"ประเทศไทยวันนี้", "ไทย", true},
		{"ที่", "ท", false},
		{"Ελλάδα: ΟΔΟΣ", "ελλαδα", true},
		{"ΟΔΟΣ", "οδός", true},
		{"Ещё ёлка", "еще елка", true},
		{"мой дом", "мои", false},
		{"وَزِير الخارجيّة", "وزير", true},
		{"الأمم", "الامم", true},
		{"שָׁלוֹם", "שלום", true},
		{"हिन्दी में", "हिन्द", false},
		{"हिन्दी में", "हिन्दी", true},
		{"Straße", "STRASSE", true},
		{"ŒUVRE", "oeuvre", true},
		{"İstanbul ıstakoz", "istanbul istakoz", true},
		{"Việt Nam", "viet nam", true},
		{"soft\u00adware", "software", true},
		{"zero\u200bwidth", "zerowidth", true},
		{"l’Ukraine", "ukraine", true},
		{"ﬁnance…", "finance", true},
		{"non\u00a0breaking", "non breaking", true},
		{"a😀b", "a b", true},
		{"#ferry", "ferry", true},
		{"1.5°C", "1.5", true},
		{"x²", "x2", true},
		{"e\u0301\u0327tat", "état", true},
		{"", "x", false},
		{"ab\xffcd", "ab cd", true},
	} {
		f := &Rules{Keywords: []string{c.keyword}}
		got, err := f.Match(encoded(t, map[string]any{"title": "Title", "body": map[string]string{"text": c.text}}))
		if err != nil || got != c.want {
			t.Errorf("%q in %q: %v, %v", c.keyword, c.text, got, err)
		}
	}
}

func TestTakedownsPassByTheirSource(t *testing.T) {
	gone := &news.Takedown{Schema: news.TakedownSchema, ID: "4be7", URL: "https://www.tidewick.example/pier", Source: ferry().Source}
	strict := &Rules{Domains: []string{"a.test"}, Languages: []string{"en"}, Kinds: []string{"video"}, Keywords: []string{"x"}}
	if got, err := strict.Match(encoded(t, gone)); err != nil || !got {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := (&Rules{Sources: []string{"-harbour-desk"}}).Match(encoded(t, gone)); err != nil || got {
		t.Errorf("of another source: %v, %v", got, err)
	}
}

func TestUnknownIsNoLanguage(t *testing.T) {
	a := ferry()
	a.Lang = ""
	if got, err := (&Rules{Languages: []string{"en"}}).Match(encoded(t, a)); err != nil || !got {
		t.Errorf("declared: %v, %v", got, err)
	}
	a.LangDeclared = ""
	if got, err := (&Rules{Languages: []string{"en"}}).Match(encoded(t, a)); err != nil || got {
		t.Errorf("wanted: %v, %v", got, err)
	}
	if got, err := (&Rules{Languages: []string{"-en"}}).Match(encoded(t, a)); err != nil || !got {
		t.Errorf("unwanted: %v, %v", got, err)
	}
}

// An article whose members come in another order, or with white space and
// escapes, is the same article.
func TestTakesAnyJSON(t *testing.T) {
	var sorted map[string]any
	if err := json.Unmarshal(encoded(t, ferry()), &sorted); err != nil {
		t.Fatal(err)
	}
	indented, err := json.MarshalIndent(sorted, "", "\t") // the body comes first
	if err != nil {
		t.Fatal(err)
	}
	for f, want := range map[*Rules]bool{
		{Sources: []string{"harbour-desk"}}: true, {Sources: []string{"other"}}: false, {Languages: []string{"pt"}}: true,
		{Languages: []string{"en"}}: false, {Kinds: []string{"-news"}}: false, {Domains: []string{"tidewick.example"}}: true,
		{Kinds: []string{"news"}, Keywords: []string{"ferry"}, Exclude: []string{"three years"}}: false,
	} {
		if got, err := f.Match(indented); err != nil || got != want {
			t.Errorf("%s: %v, %v", shown(f), got, err)
		}
	}
}

func TestWhatIsNoJSON(t *testing.T) {
	r := &Rules{Keywords: []string{"x"}}
	for _, text := range []string{"", "x", `{"title"}`, `{"title":`, `{"title":"x`, `{"title":"\q"}`, `{"title":"\u12"}`, `{"a":[}`} {
		if got, err := r.Match([]byte(text)); err == nil || got {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"[]", "7", `{"title":1}`, `{"body":7}`} {
		if got, err := r.Match([]byte(text)); err != nil || got {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestNamesEveryFault(t *testing.T) {
	f := &Rules{
		Sources: []string{"https://a.test/"}, Domains: []string{"a b"}, Languages: []string{"english", "-e", "de-"},
		Kinds: []string{"story"}, Keywords: []string{"ok", "!?"}, Exclude: []string{"-ok"},
	}
	err := f.Validate()
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{"sources[0]: ", "domains[0]: ", "languages[0]: ", "languages[1]: ", "languages[2]: ", `kinds[0]: "story" is none of news, opinion`, `keywords[1]: "!?" has no letter`, "exclude: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in:\n%v", want, err)
		}
	}
	if _, err := f.Match(encoded(t, ferry())); err == nil {
		t.Error("a faulty filter matches")
	}
}

func TestFromTheFile(t *testing.T) {
	file, err := config.Parse("test", []byte("sinks:\n  - sources: [bücher.example, -b.test]\n    languages: [en]\n    kinds: [news]\n    keywords:\n    - ferry\n    - -storm\n    exclude: [ads]\n    domains: [c.test]\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []*Rules
	if err := file.Decode("sinks", &got); err != nil {
		t.Fatal(err)
	}
	if err := got[0].Validate(); err != nil {
		t.Fatal(err)
	}
	want := choice{wanted: []string{"xn--bcher-kva.example"}, unwanted: []string{"b.test"}}
	if !reflect.DeepEqual(got[0].compiled.sources, want) || !reflect.DeepEqual(got[0].Keywords, []string{"ferry", "-storm"}) || got[0].Exclude[0] != "ads" {
		t.Errorf("%s: sources %v", shown(got[0]), got[0].compiled.sources)
	}
}

// BenchmarkFilter measures an article of 20 KB, in English and in Japanese.
func BenchmarkFilter(b *testing.B) {
	english, japanese := ferry(), ferry()
	english.Body.Text = strings.Repeat("The town’s harbour office said on Tuesday that repairs had cost 4.2 million; nobody was hurt.\n\n", 60)
	japanese.Body.Text = strings.Repeat("港の事務所は火曜日、修理費は四百二十万だったと発表した。けが人はいない。\n\n", 55)
	for _, a := range []*news.Article{english, japanese} {
		for range 10 {
			a.Body.Blocks = append(a.Body.Blocks, news.Block{T: news.BlockParagraph, Text: a.Body.Text[:len(a.Body.Text)/10/3*3]})
		}
	}
	many := make([]string, 2000)
	for i := range many {
		many[i] = fmt.Sprintf("word%d", i)
	}
	for _, c := range []struct {
		name    string
		filter  *Rules
		article *news.Article
	}{
		{"source", &Rules{Sources: []string{"other", "another.test"}}, english},
		{"language", &Rules{Languages: []string{"de", "fr"}}, english},
		{"keyword", &Rules{Keywords: []string{"storm"}}, english},
		{"keywords2000", &Rules{Keywords: many}, english},
		{"japanese", &Rules{Keywords: []string{"東京", "storm"}}, japanese},
	} {
		b.Run(c.name, func(b *testing.B) {
			data := encoded(b, c.article)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := c.filter.Match(data); ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

// FuzzMatch: whatever a message of the articles holds, it is taken, left out or
// no JSON.
func FuzzMatch(f *testing.F) {
	f.Add(encoded(f, ferry()), "ferry café")
	f.Add([]byte(`{"schema":"takedown/v1","source":{"id":3},"url":[]}`), "+")
	f.Add([]byte(`{"url":{"final":"%"},"body":{"text":"\ud800 \u0000"},"title":{}}`), "\u3042")
	f.Fuzz(func(t *testing.T, article []byte, word string) {
		rules := &Rules{Sources: []string{"-a.test"}, Domains: []string{"-b.test"}, Languages: []string{"-xx"}, Keywords: []string{word, "-" + word + "x"}}
		if rules.Validate() != nil {
			return
		}
		if _, err := rules.Match(article); (err == nil) != json.Valid(article) {
			t.Errorf("%q: %v", article, err)
		}
	})
}
