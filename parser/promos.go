package parser

import (
	"strings"
	"unicode/utf8"
)

// promoPhrases occur, folded, in lines that advertise and in no running text.
var promoPhrases = buildPhraseSet(`
for the latest headlines follow|follow our google news|google news channel|on google news|latest stories from|get the latest stories
sign up for|sign up to|sign up here|subscribe to our|subscribe to the|subscribe now|subscribe here|our newsletter|newsletter abonnieren|zum newsletter|newsletter anmelden|abonnieren sie|jetzt abonnieren
abonnez vous|inscrivez vous|suscríbete|iscriviti|meld je aan|prenumerera
follow us on|follow us at|like us on|join us on|join our whatsapp|whatsapp channel|whatsapp kanal|telegram channel|telegram kanal|folgen sie uns|folge uns|suivez nous|síguenos|seguici su
download the app|download our app|laden sie die app|unsere app|get the app
click here to|klicken sie hier|cliquez ici
all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos|tutti i diritti|riproduzione riservata|prohibida su reproducción|reproducción prohibida|toute reproduction interdite|alle rettigheder|все права защищены|حقوق النشر|جميع الحقوق محفوظة
this article was originally published|this story was originally published|this article originally appeared|dieser artikel erschien zuerst
article continues below|continues after advertisement|continues after the ad|story continues below|continue reading|continue to read|scroll to continue|advertisement scroll|artikel wird unten fortgesetzt|weiter nach der anzeige|nach der anzeige
enable javascript|javascript aktivieren|browser does not support|cookies akzeptieren|wir verwenden cookies|we use cookies|um diesen inhalt zu laden|externe inhalte|externer inhalt|redaktionell ausgewählten|inhalte von drittanbietern|personenbezogene daten an drittplattformen
have you got a story|have a story|contact us at|email us at|do you know more|if you have a story|send us
share this article|share on facebook|artikel teilen|partager sur|teilen auf|compartir en|share this
become a member|become a paying|become a subscriber|support our journalism|support independent journalism|may earn a commission|may earn a small commission|affiliate commission|earn an affiliate|haben sie fehler entdeckt|fehler entdeckt hier melden|fehler gefunden|unterstützen sie uns
copyright by|nutzungsbedingungen|terms of use|privacy policy|may not be published broadcast
comments are closed|leave a comment|kommentar schreiben|kommentar verfassen|log in to comment|view comments|jetzt kommentieren
temps de lecture|tiempo de lectura|tempo de leitura|tempo di lettura|czas czytania|время чтения
unseren newsletter|unserem newsletter|notre newsletter|nuestra newsletter|nuestro boletín|nossa newsletter|nostra newsletter|onze nieuwsbrief|vårt nyhetsbrev|vores nyhedsbrev|naszego newslettera|bültenimize
подписывайтесь на|подпишитесь на наш|telegram канал|нашу рассылку|تابعونا على
il vous reste|réservée aux abonnés|article réservé aux abonnés|nur für abonnenten|mit abo lesen|subscribers only|like this story|share it with a friend|slideshow requires|tell us what you think|this is a breaking|liveblog finden sie|lesen sie in unserem|in unserem liveblog|images courtesy of
`)

// relatedLabels stand, folded, in front of links to other stories.
var relatedLabels = labelSet(`
read more|read also|also read|read next|related|related stories|related articles|related posts|related news|related content|related topics|related coverage|see also|more on this|more on this story|more on this topic|more from|don t miss|dont miss|must read|must reads|must watch
lesen sie auch|lesen sie mehr|lesen sie dazu auch|mehr zum thema|mehr dazu|weitere artikel|weitere themen|weitere informationen zum thema|mehr lesen|mehr aus|mehr zu|zum thema|siehe auch|weiterlesen|passend dazu|ähnliche artikel|verwandte artikel|ähnliche beiträge|mehr von
lire aussi|à lire aussi|a lire aussi|sur le même sujet|voir aussi|lire plus|lire la suite|articles liés|nos articles|à lire également
lea también|lee también|te puede interesar|más noticias|relacionados|noticias relacionadas|ver también|más sobre
leggi anche|potrebbe interessarti|leia também|leia mais|veja também|lees ook|lees meer|meer over|läs också|läs även|läs mer|les også|læs også|læs mere|czytaj także|czytaj też|zobacz także|zobacz też|przeczytaj też|lue myös|baca juga|ilgili haberler|اقرأ أيضا|اقرأ المزيد|читайте также|関連記事|あわせて読みたい|관련기사
lire également|à voir aussi|también te puede interesar|le puede interesar|te recomendamos|mirá también|leer también|ti potrebbe interessare|leggi di più|saiba mais|confira também|leia ainda|bekijk ook|lesen sie hier
läs mer här|katso myös|lue lisää|lestu einnig|przeczytaj także|zobacz również|čtěte také|čtěte též|mohlo by vás zajímat|čítajte tiež|prečítajte si tiež|olvassa el ezt is|kapcsolódó cikkek|citește și|citeşte şi|citiți și
pročitajte i|pročitajte još|preberite tudi|διαβάστε επίσης|διαβάστε ακόμη|прочетете още|вижте още|читайте по теме|по теме|материалы по теме|читайте також|loe ka|loe lisaks|lasi arī|skaitykite taip pat
ilgili haber|bunlar da ilginizi çekebilir|baca selengkapnya|xem thêm|đọc thêm|tin liên quan|اقرأ أيضاً|اقرأ أيضًا|اقرأ ايضا|شاهد أيضا|مواضيع ذات صلة|أخبار ذات صلة|بیشتر بخوانید|مطالب مرتبط|קראו גם|קראו עוד
यह भी पढ़ें|ये भी पढ़ें|इसे भी पढ़ें|আরও পড়ুন|আরো পড়ুন|மேலும் படிக்க|ఇవీ చదవండి|อ่านเพิ่มเติม|ข่าวที่เกี่ยวข้อง|相关阅读|延伸阅读|相关新闻|推荐阅读|相關新聞|延伸閱讀|相關閱讀|更多新聞|関連ニュース|合わせて読みたい|関連リンク|함께 보면 좋은 기사
`)

// railLabels head rails: lists of the site's other stories, chosen for no
// article in particular.
var railLabels = labelSet(`
top stories|top content|most read|most popular|trending|trending now|editor s choice|editors choice|editor s pick|editors picks|editor s picks|before you go|explore more|what to read next|up next|up next in|latest news|latest stories|latest|popular|read this next|in other news|elsewhere|recommended|recommended stories|you may also like|you might also like|you may like|must watch|trending stories|more news|more stories|meistgelesen|empfohlen|das könnte sie auch interessieren|das könnte dich auch interessieren|auch interessant|weitere meldungen|newsletter|comments|kommentare
`)

// noiseLines are whole lines, folded, that are never text.
var noiseLines = labelSet(`
advertisement|advertising|anzeige|werbung|publicité|publicidad|pubblicità|reklama|reklam|annons|annonse|ad|sponsored|theme|light|dark|language|font|share|share this|teilen|drucken|print|email|e mail|facebook|twitter|whatsapp|telegram|linkedin|pinterest|copy link|link kopieren|tweet|like|kommentare|comments|comment|listen|listen to article|anhören|vorlesen|artikel anhören|save|saved|bookmark|merken|published|updated|published updated|last updated|topics|themen|tags|schlagworte|close|schließen|menu|search|home|back|zurück|next|weiter|previous|nach oben|to top|back to top|image|photo|video|gallery|play|loading|feedback|newsletter|subscribe|login|log in|sign in|register|more|mehr|skip|0 comments|facebook twitter|on this page|inhalt|inhaltsverzeichnis|table of contents|kommentieren|zur startseite|startseite|quelle|key points|highlights|min read|minutes read|minute read|kopieren|link copied|copied|sources|caption|hide caption|toggle caption|enlarge this image|download|embed|transcript
`)

// endLabels, folded and without leading numbers, head what follows the text.
var endLabels = labelSet(`
comments|top comments|leave a comment|leave a reply|post a comment|join the conversation|join the discussion|tell us what you think|what do you think|have your say|add a comment|view comments|responses|reader comments|comments are closed
kommentare|leserkommentare|kommentar schreiben|kommentar verfassen|schreibe einen kommentar|schreiben sie einen kommentar|hinterlasse einen kommentar|diskutieren sie mit|jetzt mitdiskutieren|antworten|antwort hinterlassen|ihre meinung|was meinen sie|kommentieren
commentaires|laisser un commentaire|comentarios|deja un comentario|deja una respuesta|commenti|lascia un commento|reacties|geef een reactie|kommentarer|komentarze|dodaj komentarz|yorumlar|コメント
privacy overview|cookie settings|cookie preferences|manage consent preferences|manage cookie preferences|we value your privacy|privacy preference center|datenschutzeinstellungen|cookie einstellungen|ccpa right to opt out of the sale of your personal information|strictly necessary cookies|performance cookies
about the author|about the authors|über den autor|über die autorin|zur person|à propos de l auteur|sobre el autor
`)

func phrases(s string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		out = append(out, strings.Split(line, "|")...)
	}
	return out
}

// phraseSet finds phrases inside a text. It holds them by their first bytes, so
// that one pass over the text suffices.
type phraseSet struct {
	starts [1 << phraseBits / 64]uint64 // has bits for the hashes of first bytes: small enough to stay near the processor
	lists  map[uint32][]string
}

// No phrase is shorter than the four bytes by which they are looked up. Of the
// hashes of these, phraseBits tell phrases from other text.
const phraseBits = 15

// phraseHash hashes the four bytes that a phrase begins with.
func phraseHash(start uint32) uint32 { return start * 0x9e3779b1 >> (32 - phraseBits) }

// phraseStart returns the four bytes of s from i on.
func phraseStart(s string, i int) uint32 {
	s = s[i : i+4]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func buildPhraseSet(s string) *phraseSet {
	set := &phraseSet{lists: make(map[uint32][]string)}
	for _, p := range phrases(s) {
		start := phraseStart(p, 0)
		h := phraseHash(start)
		set.starts[h/64] |= 1 << (h % 64)
		set.lists[start] = append(set.lists[start], p)
	}
	return set
}

// in says whether one of the phrases stands in s.
func (set *phraseSet) in(s string) bool {
	for i := 0; i+4 <= len(s); i++ {
		start := phraseStart(s, i)
		if h := phraseHash(start); set.starts[h/64]>>(h%64)&1 == 0 {
			continue
		}
		for _, p := range set.lists[start] {
			if strings.HasPrefix(s[i:], p) {
				return true
			}
		}
	}
	return false
}

// labels are whole lines.
type labels struct {
	lines   map[string]bool
	longest int // in bytes: paragraphs need not be hashed
}

func labelSet(s string) *labels {
	l := &labels{lines: make(map[string]bool)}
	for _, p := range phrases(s) {
		l.lines[p] = true
		l.longest = max(l.longest, len(p))
	}
	return l
}

func (l *labels) has(folded string) bool { return len(folded) <= l.longest && l.lines[folded] }

// maxPromo is the weight above which a line is not taken for a promo.
const maxPromo = 230

func isPromo(folded string, weight float32) bool {
	if weight > maxPromo {
		return false
	}
	return promoPhrases.in(folded) || strings.HasPrefix(folded, "copyright ") || strings.HasPrefix(folded, "advertisement ")
}

// isRelatedLabel says whether a line announces links to other stories.
func isRelatedLabel(folded string) bool {
	return len(folded) <= maxLinkLabel && (relatedLabels.has(folded) || railLabels.has(folded))
}

// maxLinkLabel is how many bytes a label has at most.
const maxLinkLabel = 60

// relatedLead says whether a line begins with such a label and a colon, a bar or a bracket,
// as in "Read more: Another story", or with one of several words and a dash. It returns
// what follows.
func relatedLead(text string) (string, bool) {
	dashed := false
	for i, r := range text[:min(len(text), maxLinkLabel+utf8.UTFMax)] {
		if i > maxLinkLabel {
			break
		}
		switch r {
		case ':', '|', '：', '】':
			return cutLabel(text, i, r, false)
		case '-', '–', '—':
			if dashed {
				continue
			}
			if rest, ok := cutLabel(text, i, r, true); ok {
				return rest, true
			}
			dashed = true
		}
	}
	return "", false
}

// cutLabel cuts the text at i, where r stands, if a label of links is in front, which
// may have to be of several words.
func cutLabel(text string, i int, r rune, several bool) (rest string, ok bool) {
	label := fold(text[:i])
	if !isRelatedLabel(label) || several && !strings.Contains(label, " ") {
		return "", false
	}
	return strings.TrimSpace(text[i+utf8.RuneLen(r):]), true
}
