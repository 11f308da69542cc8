package urlshape

import "strings"

var (
	idKeys     = []string{"id", "p", "newsid", "news_id", "articleid", "article_id", "aid", "artid", "nid", "storyid", "story_id", "idxno", "no", "post", "sid"}
	pageKeys   = []string{"page", "paged", "pg", "pagina", "seite", "strona", "sayfa", "pageno", "pagenum"}
	searchKeys = []string{"q", "s", "query", "search", "keyword", "keywords", "suche", "suchbegriff", "searchword", "text", "recherche", "buscar", "zoek", "kw", "wd"}
)

var monthWords = buildSet(`jan feb mar apr may jun jul aug sep oct nov dec mai okt dez mär mrt mei maj ene abr ago dic fev avr aou déc`)

var pagingWords = buildSet(`page seite pagina página paged pg pagenum pageno strona sayfa sida side sivu stranica strana страница лист`)

var homeWords = buildSet(`home homepage start startseite accueil inicio portada principal forside etusivu glavnaya anasayfa main frontpage index`)

var searchWords = buildSet(`
search searchresults search-results suche suchen suchergebnis suchergebnisse recherche rechercher buscar busca buscador busqueda búsqueda pesquisa
ricerca cerca zoeken zoekresultaten szukaj wyszukiwarka wyszukaj sök sok søk søg sog haku hae arama ara poisk поиск search.html пошук hledani hledej
keresés kereses cautare بحث جستجو חיפוש 検索 kensaku sousuo 搜索 搜尋 검색 खोज pencarian cari timkiem tim-kiem find`)

// archiveWords name lists of all that was published, and the place of each of it.
var archiveWords = buildSet(`archive archives archiv archivo arquivo archivio archief arkiv`)

var pageWords = buildPages(map[Page]string{
	Tag: `tag tags topic topics thema themen schlagwort schlagworte stichwort keyword keywords etiqueta etiquetas tema temas mot-cle mots-cles tags-cloud
		sujet sujets argomento argomenti tagi temat tematy etiket etiketler konu konular onderwerp onderwerpen ämne amne emne emner aihe тег теги тема темы
		tegi stitek stitky téma cimke tagged label labels hashtag subject subjects theme themes topik وسم タグ 标签 標籤 chu-de`,
	Author: `author authors autor autoren autorin autorinnen auteur auteurs autore autori autores auteurs-et-autrices redakteur redakteure redaktion journalist journalists
		journaliste journalistes profile profiles contributor contributors writer writers columnist columnists staff reporter reporters byline
		periodista periodistas firma firmas giornalista redacteur autorzy skribent skribenter yazar yazarlar автор авторы avtor kirjoittaja forfatter كاتب 記者 作者`,
	Section: `category categories kategorie kategorien categoria categorias categoría categorie catégorie categorieen kategori kategoria kategorie-beitraege
		rubrik rubriken rubrique rubriques rubrika rubriki рубрика рубрики section sections seccion secciones sección sezione sezioni seção ressort ressorts
		cat archive archives archiv archivo arquivo archivio archief arkiv latest newest latest-news neueste nachrichtenticker breaking-news
		all-news alle-nachrichten ultimas-noticias ultime-notizie dernieres-nouvelles en-continu newsticker sondakika son-dakika lenta лента rss-feeds sitemap`,
	Account: `login log-in signin sign-in signup sign-up logout register registration registrieren anmelden anmeldung account my-account mein-konto konto
		subscribe subscription subscriptions abo abonnement abonnements abonnieren abbonamenti suscripcion suscripciones suscribete assinatura assine
		abonneren prenumerera newsletter newsletters epaper e-paper e-edition eedition password passwort connexion inscription iniciar-sesion registro accedi registrati inloggen registreren
		zaloguj logowanie rejestracja logga-in giris uye-ol вход войти регистрация login.html`,
	Legal: `imprint impressum privacy privacy-policy privacypolicy datenschutz datenschutzerklaerung datenschutzerklarung datenschutzhinweise agb terms terms-of-use
		terms-of-service terms-and-conditions termsofuse nutzungsbedingungen legal legal-notice disclaimer cookies cookie-policy cookie-richtlinie
		mentions-legales politique-de-confidentialite confidentialite cgu cgv aviso-legal politica-de-privacidad privacidad politica-de-cookies
		note-legali informativa-privacy informativa-cookie condizioni termos-de-uso politica-de-privacidade privacyverklaring privacybeleid colofon
		algemene-voorwaarden polityka-prywatnosci regulamin integritetspolicy anvandarvillkor gizlilik-politikasi kunye künye kvkk
		privacy-statement confidentialité politika-konfidencialnosti konfidencialnost`,
	About: `about about-us aboutus ueber-uns uber-uns über-uns wir-ueber-uns contact contact-us contacts kontakt kontakte contactus a-propos qui-sommes-nous
		nous-contacter contacto quienes-somos sobre-nosotros chi-siamo contatti redazione quem-somos sobre contato over-ons contacten o-nas om-oss kontakta-oss
		hakkimizda iletisim о-нас контакты kontakty o-kompanii kontakty.html advertise mediadaten advertising help hilfe faq aide ayuda careers jobs karriere
		من-نحن اتصل-بنا 会社概要 お問い合わせ 关于我们 联系我们`,
	Shop: `shop product products produkt produkte produit produits producto productos prodotto prodotti produto produtos store boutique tienda negozio loja
		cart checkout warenkorb panier carrito carrello sklep butik magaza winkel`,
	Forum: `forum forums thread threads viewtopic showthread viewforum discussion discussions foren foro foros forumet board boards`,
})

func buildSet(list string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

func buildPages(lists map[Page]string) map[string]Page {
	m := make(map[string]Page)
	for p, list := range lists {
		for w := range strings.FieldsSeq(list) {
			m[w] = p
		}
	}
	return m
}
