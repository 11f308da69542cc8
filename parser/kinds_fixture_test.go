package parser

import (
	"fmt"
	"strings"
)

// fixture is a page made up by a template and what must come of it.
type fixture struct {
	name, url, html string
	reasons         []string // that are right when it is no article; nil: it is one
}

// tongue is a language to write pages in: sentences and headlines are put
// together from parts, so that no two on a page are the same.
type tongue struct {
	lang                string
	who, did, why       []string
	more, section, site string
	dot, gap            string
}

var tongues = []tongue{
	{
		lang: "en", site: "Tidewick Courier", section: "Local", more: "Read more", dot: ".", gap: " ",
		who: []string{"The harbour board", "A group of teachers", "The mayor of Tidewick", "The ferry company", "An old lighthouse keeper", "The new rail operator", "Half of the bakers"},
		did: []string{"will rebuild the eastern pier", "has asked for more money", "wants to close the upper road", "found a chest of letters", "opens a school for sailors", "stopped the night service", "sold its last wooden boat"},
		why: []string{"after a winter of heavy storms", "because nobody else would do it", "despite a warning from the engineers", "as the council had hoped since spring", "for the first time in forty years", "with the help of the neighbours"},
	},
	{
		lang: "de", site: "Bergauer Bote", section: "Regionales", more: "Weiterlesen", dot: ".", gap: " ",
		who: []string{"Der Stadtrat von Bergau", "Die neue Bürgermeisterin", "Eine Gruppe von Landwirten", "Das Fährunternehmen", "Der alte Bahnhofsvorsteher", "Die Feuerwehr im Tal", "Ein junger Uhrmacher"},
		did: []string{"will die Brücke am Mühlbach erneuern", "fordert mehr Geld für die Schulen", "sperrt die obere Landstraße", "hat eine Kiste mit Briefen gefunden", "eröffnet eine Werkstatt für alle", "stellt den Nachtverkehr ein", "verkauft das letzte Holzboot"},
		why: []string{"nach einem Winter mit schweren Stürmen", "weil es sonst niemand tun wollte", "trotz der Warnung der Ingenieure", "wie es der Kreis seit dem Frühjahr erhofft", "zum ersten Mal seit vierzig Jahren", "mit der Hilfe der Nachbarn"},
	},
	{
		lang: "fr", site: "Le Phare de Morval", section: "Région", more: "Lire la suite", dot: ".", gap: " ",
		who: []string{"Le conseil de Morval", "La nouvelle maire", "Un groupe de pêcheurs", "La compagnie des bacs", "L’ancien gardien du phare", "Les pompiers de la vallée"},
		did: []string{"va reconstruire la jetée de l’est", "demande plus d’argent pour les écoles", "ferme la route du haut", "a trouvé un coffre plein de lettres", "ouvre un atelier pour tous", "arrête le service de nuit"},
		why: []string{"après un hiver de fortes tempêtes", "parce que personne ne voulait le faire", "malgré l’avis des ingénieurs", "comme on l’espérait depuis le printemps", "pour la première fois en quarante ans"},
	},
	{
		lang: "ru", site: "Вестник Залесья", section: "Область", more: "Читать далее", dot: ".", gap: " ",
		who: []string{"Городской совет Залесья", "Новый глава района", "Группа учителей", "Паромная компания", "Старый смотритель маяка", "Пожарные долины"},
		did: []string{"перестроит восточный причал", "просит больше денег на школы", "закрывает верхнюю дорогу", "нашла сундук со старыми письмами", "открывает мастерскую для всех", "отменяет ночные рейсы"},
		why: []string{"после зимы с сильными бурями", "потому что больше никто не хотел", "несмотря на совет инженеров", "как надеялись ещё весной", "впервые за сорок лет"},
	},
	{
		lang: "ja", site: "潮見日報", section: "地域", more: "続きを読む", dot: "。", gap: "",
		who: []string{"潮見市議会は", "新しい市長は", "漁師たちの一団は", "渡し船の会社は", "年老いた灯台守は", "谷の消防団は"},
		did: []string{"東の桟橋を建て直すことを決めた", "学校にもっと予算を求めている", "上の道路を閉鎖すると発表した", "古い手紙の入った箱を見つけた", "誰でも使える工房を開いた", "夜の便を取りやめた"},
		why: []string{"激しい嵐の冬が過ぎたあとに", "ほかに誰もやろうとしなかったため", "技術者の忠告にもかかわらず", "春から望まれていたとおり", "四十年ぶりに"},
	},
	{
		lang: "ar", site: "منارة الساحل", section: "محليات", more: "اقرأ المزيد", dot: ".", gap: " ",
		who: []string{"مجلس المدينة", "رئيس البلدية الجديد", "مجموعة من الصيادين", "شركة العبارات", "حارس المنارة القديم"},
		did: []string{"سيعيد بناء الرصيف الشرقي", "يطلب مزيدا من المال للمدارس", "يغلق الطريق العلوي", "وجد صندوقا مليئا بالرسائل", "يفتتح ورشة للجميع"},
		why: []string{"بعد شتاء من العواصف الشديدة", "لأن أحدا لم يرغب في ذلك", "رغم تحذير المهندسين", "كما كان مأمولا منذ الربيع", "للمرة الأولى منذ أربعين عاما"},
	},
}

func (g *tongue) headline(i int) string {
	return g.who[i%len(g.who)] + g.gap + g.did[(i*3+i/len(g.who))%len(g.did)]
}

func (g *tongue) sentence(i int) string {
	return g.headline(i*5+1) + g.gap + g.why[(i*7+i/3)%len(g.why)] + g.dot
}

// prose is n sentences, different for every seed.
func (g *tongue) prose(seed, n int) string {
	s := make([]string, n)
	for i := range s {
		s[i] = g.sentence(seed*11 + i)
	}
	return strings.Join(s, g.gap)
}

// paragraphs are n paragraphs of three sentences.
func (g *tongue) paragraphs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<p>" + g.prose(i, 3) + "</p>\n")
	}
	return b.String()
}

// teaser writes the i-th entry of a list.
type teaser func(g *tongue, i int) string

func href(i int) string { return fmt.Sprintf("/local/story-of-the-pier-%d.html", 41000+i) }

// teasers are the ways in which lists show their stories.
var teasers = map[string]teaser{
	"cards": func(g *tongue, i int) string {
		return `<article class="card"><a href="` + href(i) + `"><img src="/i.jpg" alt=""><h3>` + g.headline(i) + `</h3></a><p>` + g.sentence(i) + `</p><time datetime="2026-02-27">27.02.</time></article>`
	},
	"plain cards": func(g *tongue, i int) string {
		return `<div class="css-1x` + "y" + `"><a href="` + href(i) + `"><div>` + g.headline(i) + `</div></a><div>` + g.sentence(i) + `</div></div>`
	},
	"whole links": func(g *tongue, i int) string {
		return `<a class="tile" href="` + href(i) + `"><span class="kicker">` + g.section + `</span><h2>` + g.headline(i) + `</h2><p>` + g.sentence(i) + `</p></a>`
	},
	"list": func(g *tongue, i int) string {
		return `<li><span>27.02.2026</span> <a href="` + href(i) + `">` + g.headline(i) + `</a></li>`
	},
	"list with text": func(g *tongue, i int) string {
		return `<li><a href="` + href(i) + `">` + g.headline(i) + `</a> ` + g.sentence(i) + `</li>`
	},
	"table": func(g *tongue, i int) string {
		return `<table><tr><td><img src="/i.jpg"></td><td><b><a href="` + href(i) + `">` + g.headline(i) + `</a></b><br>` + g.sentence(i) + `</td></tr></table>`
	},
	"excerpts": func(g *tongue, i int) string {
		return `<div class="post"><h2 class="entry-title"><a href="` + href(i) + `">` + g.headline(i) + `</a></h2><p class="meta">27.02.2026 | Anna Lind</p><p>` + g.prose(i, 4) + ` <a href="` + href(i) + `">` + g.more + `</a></p></div>`
	},
	"whole posts": func(g *tongue, i int) string {
		return `<article class="post"><h2><a href="` + href(i) + `">` + g.headline(i) + `</a></h2><p>` + g.prose(i, 4) + `</p><p>` + g.prose(i+20, 4) + `</p><p>` + g.prose(i+40, 3) + `</p></article>`
	},
	"more links": func(g *tongue, i int) string {
		return `<div class="news-item"><h3>` + g.headline(i) + `</h3><p>` + g.prose(i, 2) + `</p><a href="` + href(i) + `">` + g.more + `</a></div>`
	},
	"definitions": func(g *tongue, i int) string {
		return `<dl><dt><a href="` + href(i) + `">` + g.headline(i) + `</a></dt><dd>` + g.sentence(i) + `</dd></dl>`
	},
}

func (g *tongue) list(t teaser, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(t(g, i) + "\n")
	}
	return b.String()
}

// rail is a column of other stories, as it stands beside articles.
func (g *tongue) rail(n int) string {
	return `<section class="x7">` + strings.ReplaceAll(g.list(teasers["whole links"], n), "h2>", "h3>") + `</section>`
}

// page puts a page together: navigation, content, footer.
func (g *tongue) page(head, content string) string {
	menu := `<nav><ul><li><a href="/">` + g.site + `</a></li><li><a href="/local">` + g.section + `</a></li></ul></nav>`
	return `<!doctype html><html lang="` + g.lang + `"><head>` + head + `</head><body><header>` + menu + `</header>` + content + `<footer><a href="/impressum">© ` + g.site + `</a></footer></body></html>`
}

// heads are what lists say of themselves, from nothing to the wrong thing.
func (g *tongue) heads(title string) map[string]string {
	t := `<title>` + title + ` | ` + g.site + `</title><meta property="og:site_name" content="` + g.site + `">`
	return map[string]string{
		"silent":     t,
		"website":    t + `<meta property="og:type" content="website"><meta property="og:title" content="` + title + `">`,
		"as article": t + `<meta property="og:type" content="article"><script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"CollectionPage","name":"` + title + `"},{"@type":"WebSite","name":"` + g.site + `"}]}</script>`,
		"item list":  t + `<script type="application/ld+json">{"@type":"ItemList","itemListElement":[` + g.items(6) + `]}</script>`,
		"articles":   t + `<script type="application/ld+json">[` + g.items(6) + `]</script>`,
		"web page":   t + `<meta property="og:type" content="website"><script type="application/ld+json">{"@type":"WebPage","name":"` + title + `","datePublished":"2019-02-01T10:00:00Z","dateModified":"2026-02-01T10:00:00Z"}</script>`,
	}
}

func (g *tongue) items(n int) string {
	var s []string
	for i := range n {
		s = append(s, `{"@type":"NewsArticle","headline":"`+g.headline(i)+`","datePublished":"2026-02-27T10:00:00Z","url":"`+href(i)+`","author":{"@type":"Person","name":"Anna Lind"}}`)
	}
	return strings.Join(s, ",")
}

// story is what an article says of itself at its fullest.
func (g *tongue) story(title string) string {
	return `<title>` + title + ` | ` + g.site + `</title><meta property="og:type" content="article"><meta property="og:title" content="` + title + `"><meta property="article:published_time" content="2026-02-27T10:00:00Z">` +
		`<script type="application/ld+json">{"@type":"NewsArticle","headline":"` + title + `","datePublished":"2026-02-27T10:00:00Z","author":{"@type":"Person","name":"Anna Lind"}}</script>`
}

const testSite = "https://www.example-times.com"
