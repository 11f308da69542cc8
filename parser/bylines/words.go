package bylines

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// role is what a lead says of the names behind it.
type role uint8

const (
	writes   role = iota // they wrote the text
	pictures             // they made the pictures, translated or edited
	helps                // they contributed
	sources              // the text is theirs
	checks               // they wrote a review, or checked what others wrote
)

// form is how a lead stands before its names.
type form uint8

const (
	direct  form = iota // as it is: "By Name"
	listing             // so, too, and may stand above the texts of a place: "More from Name"
	labels              // with a colon, or in an element of its own: "Text: Name"
	coloned             // with a colon
)

// lead is what introduces names.
type lead struct {
	role role
	form form
}

// direct says whether the lead needs no colon.
func (l lead) direct() bool { return l.form <= listing }

// maxLeadWords is how many words a lead has at most.
const maxLeadWords = 4

var leads = buildLeads(
	lead{writes, direct}, `
	by|von|vom|par|por|di|door|av|af|od|oleh|yazan|през|του|της|γράφει ο|γράφει η|γράφουν οι|от|автор|автори|авторы|автора|بقلم|كتب|كتبت|كتبه|به قلم|نویسنده|מאת|โดย|
	written by|posted by|reported by|published by|story by|words by|text by|article by|report by|review by|analysis by|opinion by|commentary by|column by|
	interview by|interviewed by|reporting by|authored by|submitted by|created by|contributed by|
	autor|autorin|autoren|author|authors|author s|auteur|auteurs|autore|autori|autores|autora|auctor|författare|forfatter|forfattere|kirjoittaja|kirjoittanut|
	verfasst von|geschrieben von|veröffentlicht von|erstellt von|eingestellt von|gepostet von|publiziert von|ein beitrag von|beitrag von|gastbeitrag von|ein gastbeitrag von|
	artikel von|ein artikel von|bericht von|ein bericht von|text von|interview von|das interview führte|das interview führten|eine analyse von|analyse von|ein kommentar von|
	kommentar von|eine kolumne von|kolumne von|ein essay von|essay von|von unserem redakteur|von unserer redakteurin|von unserem korrespondenten|von unserer korrespondentin|
	von unserem mitarbeiter|von unserer mitarbeiterin|aufgezeichnet von|
	écrit par|rédigé par|publié par|posté par|propos recueillis par|recueilli par|article de|texte de|un article de|
	escrito por|publicado por|redactado por|texto de|texto por|una entrevista de|entrevista de|informe de|
	scritto da|pubblicato da|articolo di|a cura di|testo di|intervista di|redatto da|
	geschreven door|gepubliceerd door|tekst door|tekst van|een artikel van|
	oprac|opr|notiert von|protokolliert von|reportage von|eine reportage von|das gespräch führte|das gespräch führten|bởi|글|글 사진|
	skrivet av|skriven av|publicerad av|text av|tekst av|skrevet av|publisert av|publiceret af|skrevet af|tekst af|
	alles von|alle artikel von|alle beiträge von|alle posts von|mehr artikel von|weitere artikel von|zeige alle beiträge von|beiträge von|artikel von|
	more by|more articles by|more stories by|view all posts by|view all articles by|see all posts by|posts by|all posts by|articles by|all articles by|
	read more by|voir tous les articles de|tous les articles de|plus d articles de|ver todas las entradas de|ver todos los artículos de|más artículos de|
	altri articoli di|tutti gli articoli di|alle berichten van|
	guest post by|guest essay by|guest column by|guest opinion by|guest blog by|exclusive by|special report by|as told to|
	de notre correspondant|de notre correspondante|de notre envoyé spécial|de notre envoyée spéciale|de notre journaliste|tribune par|entretien réalisé par|
	de nuestro corresponsal|de nuestra corresponsal|de nuestro enviado especial|de nuestra enviada especial|entrevista por|dal nostro inviato|dalla nostra inviata|
	dal nostro corrispondente|dalla nostra corrispondente|van onze redacteur|van onze verslaggever|van onze correspondent|onze redacteur|onze verslaggever|
	onze correspondent|notre correspondant|notre correspondante|rozmawiał|rozmawiała|piše|пише|беседовал|беседовала|avtor|avtorica|
	escrito e publicado por|texto por|matéria de|reportagem de|
	napisał|napisała|napsal|napsala|opracował|opracowała|připravil|připravila|autor textu|autorem jest|
	írta|szerző|scris de|publicat de|autorul|yazar|yazarı|haberi yazan|kaleme alan|
	ditulis oleh|dilaporkan oleh|penulis|reporter|tác giả|bài viết của|
	autorius|autorė|аутор|লেখক|
	συντάκτης|συντάκτρια|κείμενο|ავტორი|հեղինակ|автор текста|автор статьи|автор матеріалу|опубліковано`,
	lead{writes, listing}, `mehr von|more from|read more from|más de|meer van`,
	lead{checks, direct}, `reviewed by`,
	lead{writes, labels}, `
	text|texte|texto|testo|tekst|tekstit|teksti|текст|текста|words|reporter|написал|написала|подготовил|подготовила|
	підготував|підготувала|публикувано от|journalist|journaliste|giornalista|periodista|redakteur|redakteurin|redacteur|rédacteur|
	redaktor|redaktör|toimittaja|toimittajat|verfasser|verfasserin|autor in|autor innen|
	autorka|autoři|autorzy|autorica|piše|pišu|zapsal|zdroj textu|muhabir|editör|
	تقرير|إعداد|الكاتب|كاتب|تحقيق|المصدر الصحفي|خبرنگار|گزارش|کتבה|כתבה|לפי|लेखक|रिपोर्ट|द्वारा|लेखिका|edited and written by|
	bài|文|圖文|图文|記者|记者|作者|撰文|撰稿|採訪|采访|取材|執筆|筆者|構成|聞き手|글|기자|취재|작성자|저자|phóng viên|thực hiện|wartawan|pewarta|
	gepostet|posted|published|written|veröffentlicht|erstellt|verfasst|geschrieben|publié|publicado|author name|byline|about the author|über den autor|über die autorin|zum autor|zur autorin|zur person|
	autor dieses artikels|autor des artikels|à propos de l auteur|sobre el autor|sull autore|over de auteur|om författaren|om forfatteren|o autorovi|o autorze|sobre o autor`,
	lead{writes, coloned}, `story|report|interview|entrevista|intervista|entretien|haastattelu|reportage|reportáž|bericht|beitrag|kommentar|analyse|analysis|essay|opinion|kolumne|gastbeitrag|haber|röportaj|laporan|name|حوار|خبر`,
	lead{pictures, direct}, `
	photo by|photos by|photograph by|photographs by|pictures by|images by|image by|illustration by|illustrations by|video by|graphics by|edited by|editing by|translated by|additional editing by|
	additional reporting by|reporting and editing by|produced by|production by|fact checked by|medically reviewed by|photography by|picture by|filmed by|
	updated by|aktualisiert von|bearbeitet von|mis à jour par|actualizado por|atualizado por|aggiornato da|bijgewerkt door|oppdatert av|uppdaterad av|opdateret af|redigert av|redigerad av|
	redigeret af|editado por|szerkesztette|
	foto von|fotos von|bilder von|bild von|illustration von|illustrationen von|übersetzt von|übersetzung von|fotografiert von|aus dem englischen von|
	photo de|photos de|photographie de|photographies de|illustrations de|traduit par|traduction de|foto di|foto de|fotos de|fotografie di|traduzione di|traducido por|traducción de|
	사진|foto door|foto av|foto af|bilder av|foto s door|vertaald door|fotoğraf|fotoğraflar|kuvat|kuva`,
	lead{pictures, labels}, `
	photo|photos|photography|photograph|photographs|photographer|picture|pictures|image|images|image credit|photo credit|credit|credits|illustration|illustrations|video|graphic|graphics|
	editor|editors|translation|translator|producer|camera|cover|cover photo|
	foto|fotos|bild|bilder|bildquelle|bildnachweis|titelbild|fotograf|fotografin|grafik|illustrationen|kamera|übersetzung|schnitt|bildredaktion|schlussredaktion|redaktion|rédaction|redacción|redazione|redactie|onlineredaktion|copyright|lektorat|
	photographie|photographies|crédit|crédits|crédit photo|vidéo|infographie|traduction|fotografía|fotografías|imágenes|imagen|ilustración|traducción|fotografia|fotografie|imagens|
	ilustração|illustrazioni|traduzione|foto s|beeld|fotografie|vertaling|illustratie|fotografi|billeder|grafikk|grafika|illustrasjon|kuvaaja|kuvat|kuva|grafiikka|zdjęcia|fot|rysunki|
	fotky|snímky|képek|fotó|fotografii|fotograf|fotoğraf|φωτογραφίες|φωτογραφία|фото|фотографии|фотограф|видео|иллюстрация|світлини|ілюстрація|تصوير|الصورة|عکس|صور|צילום|צילומים|फोटो|
	ảnh|hình ảnh|foto ilustrasi|摄影|攝影|圖|图|图片|圖片|写真|撮影|イラスト|翻訳|編集|编辑|編輯|责任编辑|責任編輯|责编|사진|그래픽|편집|영상`,
	lead{sources, labels}, `source|sources|quelle|quellen|fonte|fuente|fuentes|kaynak|источник|джерело|المصدر|منبع|来源|來源|出典|출처|via|sursa|forrás|źródło|zdroj|bron|kilde|källa|lähde|nguồn|sumber`,
	lead{sources, direct}, `theo`,
	lead{helps, direct}, `
	with|with reporting by|with reporting from|with additional reporting by|with additional reporting from|with inputs from|with files from|with agency inputs|with material from|
	with contributions from|inputs from|mit material von|mit agenturmaterial von|mit informationen von|unter verwendung von|unter mitarbeit von|mitarbeit von|
	avec|avec l|con información de|con informazioni di|com informações de|com agências|met medewerking van|med|med material från`,
	lead{helps, labels}, `mitarbeit|collaboration|colaboración|collaborazione|medewerking|additional reporting|reporting contributed`,
)

// firstWords are the words with which a lead to an author can begin.
var firstWords = buildFirstWords()

func buildLeads(pairs ...any) map[string]lead {
	m := make(map[string]lead)
	for i := 0; i < len(pairs); i += 2 {
		l := pairs[i].(lead)
		for phrase := range strings.SplitSeq(pairs[i+1].(string), "|") {
			key := fold(phrase)
			if _, ok := m[key]; !ok {
				m[key] = l
			}
		}
	}
	return m
}

func buildFirstWords() map[string]bool {
	m := make(map[string]bool)
	for phrase, l := range leads {
		if l.role == writes || l.role == checks {
			word, _, _ := strings.Cut(phrase, " ")
			m[word] = true
		}
	}
	return m
}

// hanLeads stand in front of a name without a space, longest first.
var hanLeads = []struct {
	text string
	role role
}{
	{"新华社记者", writes},
	{"新華社記者", writes},
	{"中央社記者", writes},
	{"本報記者", writes},
	{"本报记者", writes},
	{"特約記者", writes},
	{"特约记者", writes},
	{"實習記者", writes},
	{"实习记者", writes},
	{"責任編輯", pictures},
	{"责任编辑", pictures},
	{"記者", writes},
	{"记者", writes},
	{"撰文", writes},
	{"作者", writes},
	{"通訊員", writes},
	{"通讯员", writes},
	{"特派員", writes},
	{"特派员", writes},
	{"核稿編輯", pictures},
	{"攝影", pictures},
	{"摄影", pictures},
	{"編輯", pictures},
	{"编辑", pictures},
}

// hanLead cuts a lead off a word in Han characters.
func hanLead(w string) (rest string, role role, ok bool) {
	if w == "" || w[0] < 0xe3 {
		return "", 0, false
	}
	for _, l := range hanLeads {
		if rest, ok := strings.CutPrefix(w, l.text); ok {
			return rest, l.role, true
		}
	}
	return "", 0, false
}

// conjunctions join names. Those of one letter and those that are words of
// other languages must be in lower case.
var conjunctions = buildSet(`and und et y e og och en i a ja ve и та й і oraz și şi si és και và dan samt sowie ו و и 와 과 및 と
	ir un eta agus dhe və және და և และ और आणि এবং ও اور ed`)

func joins(w string) bool {
	return conjunctions[w] || w == "And" || w == "AND" || w == "UND" || w == "Und" || w == "ET" || w == "OCH"
}

// particles are the words in lower case that belong to names.
var particles = buildSet(`von van der den de del della di da do dos das du la le les los las el al bin bint ibn ben abu ter ten te zu zum zur vom af av y e i dela des of
	dal dalla degli dei st st. med. phil. rer. nat. jur. iur. habil. h.c. 't d' mc mac o' und-der ap ab zur auf und e.`)

// honours are the words behind "The" in the style of a person.
var honours = buildSet(`rev reverend right most very hon honourable honorable lord lady duke duchess earl baroness`)

// prefixes are particles that stand before a hyphen or an apostrophe.
var prefixes = buildSet(`d l m n t o al el ad an ar as ash at az ul ibn bin ben`)

// prepositions stand before the place from which somebody reports.
var prepositions = buildSet(`in aus à en em desde depuis from från fra uit vanuit dari a i z из в w v`)

// trailers are words behind which no name goes on, in any case.
var trailers = buildSet(`for für pour para per voor för updated published posted aktualisiert veröffentlicht modified
	publié publicado publicada actualizado actualizada atualizado atualizada pubblicato aggiornato publicat actualizat gepubliceerd bijgewerkt publicerad uppdaterad publisert oppdatert
	udgivet publiceret opdateret julkaistu päivitetty opublikowano aktualizacja publikováno zveřejněno aktualizováno publikované aktualizované megjelent frissítve objavljeno ažurirano posodobljeno
	avaldatud uuendatud paskelbta atnaujinta publicēts опубликовано обновлено опубліковано оновлено публикувана обновена објављено ажурирано δημοσίευση δημοσιεύθηκε ενημέρωση yayınlanma
	güncelleme terbit diterbitkan diperbarui प्रकाशित अपडेट আপডেট follow folgen google google+ twitter facebook instagram linkedin`)

// nobody are words that stand where a name should and name nobody.
var nobody = buildFolded(`
	stringer|staff|admin|administrator|editor|unknown|none|null|author|autor|anonymous|anonym|guest|user|root|webmaster|gast|handout|contributor|contributors|n a|na|staff writer|staff writers|
	staff reporter|web desk|default|undefined|by|von|par|por|wordpress|redakteur|redakteurin|super user|superuser|news desk|agencies|agency|agenturen|agentur|agences|agence|agencias|agenzie|
	our correspondent|own correspondent|a correspondent|special correspondent|from our correspondent|correspondent|reporter|reporters|writer|guest author|guest writer|gastautor|gastautorin|
	invité|invitado|ospite|autore|auteur|administrador|administrateur|amministratore|beheerder|ylläpito|moderator|test|user1|editor1|admin1|site admin|site editor|owner|publisher|
	content team|web team|various|various authors|multiple authors|diverse|collectif|agence presse|pr|press release|pressemitteilung|comunicado|communiqué|sponsored|sponsored content|advertorial|anzeige|
	nobody|no author|not available|unbekannt|inconnu|desconocido|sconosciuto|onbekend|tuntematon|okänd|ukjent|ukendt|nieznany|neznámý|неизвестно|администратор|редактор|редакция|адміністратор|
	محرر|المحرر|مراسل|مراسلنا|وكالات|وكالة|رئيس التحرير|مدير الموقع|הכתב|כתבנו|סוכנויות|مدیر|خبرنگار|व्यवस्थापक|एजेंसी|संवाददाता|
	admin redaktor|yönetici|editör|muhabir|haber merkezi|kategori|penulis|tim redaksi|quản trị viên|管理員|管理员|小編|小编|編輯|编辑|匿名|編集部員|관리자|편집자|기자|온라인뉴스팀|
	mehr|more|share|teilen|print|follow|comments|kommentare|lesezeit|alle artikel|alle beiträge|zum autor|zur autorin|autorenprofil|profil|profile|bio|view all posts|author archive|
	author at|the author|about the author|über den autor|über die autorin|autoren|authors|e mail|email|mail|twitter|x|facebook|instagram|linkedin|kontakt|contact|archiv|archive|home`)

// degrees stand behind a name and a comma.
var degrees = buildFolded(`md|m d|ph d|phd|do|dds|dmd|dvm|pharmd|psyd|edd|jd|j d|llm|ll m|llb|mba|mph|msc|m sc|bsc|b sc|ma|m a|ba|b a|mfa|rn|bsn|msn|np|rd|rdn|ld|lcsw|lmft|cfp|cfa|cpa|mp|mbe|obe|cbe|qc|kc|sj|s j|
	op|o p|osb|frcp|facp|esq|jr|sr|ii|iii|csc`)

// ordered are words behind a name and a comma in front of whom somebody wrote for.
var ordered = buildSet(`for für pour para voor special`)

// uiWords are words of links and buttons, which no name holds.
var uiWords = buildSet(`view more articles posts alle mehr artikel beiträge all see read share kopieren link follow profile website newsletter subscribe comments kommentare kommentieren
	teilen drucken merken abonnieren voir tous lire suivre ver todos leer seguir leggi tutti segui lees meer artikelen delen läs mer visa les alle del her folg click here lesen
	source open menu login sign up copy email print save listen mode lesezeit minuten minutes updated published give weitere information informationen informations información
	informazioni 图集 图片 相关新闻 相关阅读 関連記事 関連ニュース 관련기사 관련뉴스`)

// newsrooms are words of which a name of a newsroom is made.
var newsrooms = buildSet(`redaktion redaktionsteam newsroom newsdesk desk editorial editors redaction redacción redacao redação rédaction redazione redactie redaksjon redaksjonen
	redaktionen toimitus redakcja redakce redakcia szerkesztőség redacția redactia редакция редакції редакція haber team staff online newsteam onlineredaktion webredaktion`)

// orgWords are the words that only names of organisations hold.
var orgWords = buildSet(`news redaktion redaktionsteam editorial team staff desk newsdesk newsroom online media medien zeitung nachrichten agency agentur tv radio magazine magazin
	network gmbh inc ltd llc verlag ministerium ministry university universität université universidad università institut institute association verband verein foundation stiftung journal herald
	tribune gazette editors redacción redação rédaction redazione redactie redaksjon redaksjonen redaktionen toimitus redakcja redakce redakcia szerkesztőség redacția redactia
	редакция редакція kolektif partei party council commission committee bureau bund blog newspaper newspapers portal presse presseportal pressestelle pressedienst rundfunk television télévision
	gesellschaft company corporation group gruppe centre center zentrum foundation union alliance bank club society akademie academy hochschule museum studio studios productions channel
	polizei polizeipräsidium feuerwehr police newswire amnesty greenpeace unicef
	新聞社 编辑部 編集部 新闻网 通信社 통신 신문 뉴스 haber gazetesi ajansı وكالة صحيفة قناة موقع شبكة תאגיד חדשות агентство газета телеканал agencia agence agenzia periódico diario giornale
	genossenschaft cooperative cooperativa coopérative coöperatie kooperative kooperatif spółdzielnia osuuskunta`)

// weakOrgWords name an organisation in a name of at least three words or behind
// an article: there are people of those names.
var weakOrgWords = buildSet(`times post daily today english press mail sun star world guardian observer standard express chronicle monitor review report reports sport sports wire insider
	globe mirror telegraph independent weekly evening morning national international`)

// sections are the parts of a site, which stand where a name may: "More from
// Politics".
var sections = buildSet(`politics politik politique política politica politiek sport sports deportes esporte sporten business economy wirtschaft économie economía economia
	world welt monde mundo mondo culture kultur cultura opinion meinung opinión entertainment unterhaltung technology technik science wissenschaft sciences ciencia
	health gesundheit santé salud lifestyle travel local lokales regional national international`)

var articles = buildSet(`the die der das le la les el los il lo de het`)

// orgSuffixes end the names of organisations in compounds.
var orgSuffixes = []string{"fraktion", "verband", "ministerium", "verlag", "zeitung", "gesellschaft", "stiftung", "werke", "genossenschaft", "新聞社", "新闻社", "通信社", "編集部", "编辑部", "뉴스팀", "취재팀"}

// orgEnds are the ends of domain names.
var orgEnds = []string{".com", ".de", ".net", ".org", ".at", ".ch", ".co", ".be", ".fr", ".it", ".no", ".se", ".dk", ".info", ".tr", ".uk", ".pl", ".nl", ".fi", ".es", ".ru", ".tv", ".eu", ".cz"}

// roleWords say what somebody does.
var roleWords = buildSet(`reporter editor correspondent journalist columnist writer contributor producer author director photographer blogger intern freelancer analyst anchor host presenter
	chief head professor expert researcher student ceo founder president chairman spokesman spokeswoman officer manager consultant lecturer critic strategist economist coordinator
	korrespondent korrespondentin redakteur redakteurin redaktor redaktorin chefredakteur chefredakteurin chefredaktor chefredaktorin journalistin autor autorin volontär volontärin praktikant praktikantin
	leiter leiterin redaktionsmitglied ressortleiter ressortleiterin kolumnist kolumnistin herausgeber herausgeberin reporterin freier freie fotograf fotografin experte expertin geschäftsführer mitarbeiter mitarbeiterin
	moderator moderatorin leitung chef chefin chefreporter chefreporterin politikredakteur sportredakteur chefkorrespondent chefkorrespondentin korrespondenten redakteure
	journaliste rédacteur rédactrice correspondant correspondante chroniqueur chroniqueuse envoyé envoyée reporteur pigiste éditorialiste grand-reporter
	periodista redactor redactora corresponsal editora columnista enviado enviada especial colaborador colaboradora reportero reportera subdirector subdirectora jefe jefa
	giornalista redattore redattrice corrispondente inviato inviata direttore direttrice editorialista collaboratore collaboratrice vicedirettore caporedattore
	jornalista repórter correspondente colunista verslaggever redacteur redactrice correspondente medewerker hoofdredacteur columniste
	journalistpraktikant redaktør redaktör redaktorka korrespondentti toimittaja päätoimittaja erikoistoimittaja utenriksjournalist kommentator politisk debattredaktør chefredaktör ansvarig
	dziennikarz dziennikarka redaktor redaktorka novinář novinářka redaktoři komentátor ziarist jurnalist redaktorius muhabiri muhabir editörü editör yazarı yazar
	журналист корреспондент редактор обозреватель репортер кореспондент журналіст оглядач δημοσιογράφος συντάκτης ανταποκριτής
	مراسل مراسلة صحفي صحفية صحافي صحافية محرر محررة كاتب كاتبة رئيس مدير خبرنگار סופר כתב כתבת עורך עורכת संवाददाता पत्रकार संपादक wartawan jurnalis penulis pewarta`)

// roleEnds end compounds that say what somebody does.
var roleEnds = []string{"redakteur", "redakteurin", "redaktor", "redaktorin", "korrespondent", "korrespondentin", "reporter", "reporterin", "journalist", "journalistin", "leiter", "leiterin", "experte", "expertin", "redaktør", "redaktör", "toimittaja"}

// modifiers stand in front of a role.
var modifiers = buildSet(`senior chief deputy political foreign staff assistant associate managing executive national international diplomatic economics economic business sports sport science health
	education environment crime culture entertainment lifestyle travel technology tech media news features feature digital web online local home affairs special guest contributing freelance
	europe europa africa asia middle east washington royal defence defense security world city general global multimedia video data investigative breaking parliamentary court legal energy
	climate consumer money property fashion beauty food motoring football rugby cricket royal trends audience senior-level trainee junior lead principal editor-in-chief art opinion
	stellvertretender stellvertretende leitender leitende freier freie politischer ressort politik wirtschaft kultur lokal our unser unsere notre nuestro nuestra nostro de en chef politique
	sciences internet grand gast und & of the at for und im unserem unserer onze`)

// places are the places of several words, and countries, that follow names.
var places = buildFolded(`new york|new york city|los angeles|new delhi|hong kong|san francisco|washington dc|washington d c|tel aviv|buenos aires|mexico city|st petersburg|são paulo|rio de janeiro|kuala lumpur|
	den haag|the hague|la haye|abu dhabi|cape town|kapstadt|south africa|united kingdom|united states|sri lanka|new zealand|san diego|las vegas|santiago de chile|tierra del fuego|
	frankfurt am main|frankfurt main|bad homburg|le caire|ho chi minh city|saudi arabia|south korea|north korea|costa rica|el salvador|port au prince|addis abeba|addis ababa|phnom penh|
	united nations|vereinigte staaten|new orleans|st louis|santa fe|salt lake city|kansas city|san josé|puerto rico|la paz|bogotá|mexiko stadt|nueva york|ciudad de méxico|
	berlin|paris|london|wien|vienna|bern|zürich|rom|roma|rome|madrid|brüssel|brussels|bruxelles|moskau|moscow|münchen|hamburg|frankfurt|köln|stuttgart|düsseldorf|leipzig|dresden|
	washington|beijing|peking|tokyo|tokio|jerusalem|kairo|cairo|istanbul|ankara|athen|athens|warschau|warsaw|prag|prague|budapest|kiew|kyiv|oslo|stockholm|kopenhagen|københavn|helsinki|
	amsterdam|lissabon|lisbon|dublin|edinburgh|manila|jakarta|bangkok|singapore|seoul|delhi|mumbai|karachi|islamabad|lahore|nairobi|lagos|johannesburg|sydney|melbourne|toronto|ottawa|
	dubai|doha|riyadh|beirut|damascus|baghdad|tehran|teheran|kabul|germany|deutschland|france|frankreich|italy|italien|spain|spanien|austria|österreich|schweiz|switzerland|usa|uk|india|china|japan|
	القاهرة|بيروت|دمشق|بغداد|الرياض|دبي|الدوحة|عمان|تونس|الرباط|الجزائر|غزة|القدس|москва|киев|київ|минск|台北|北京|上海|東京|香港|서울`)

// timeWords are days, months and what stands around times.
var timeWords = buildSet(`monday tuesday wednesday thursday friday saturday sunday tue wed thu fri montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
	lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato maandag dinsdag woensdag donderdag
	vrijdag zaterdag zondag måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag am um at on le el il op den vor ago hace uhr h est edt gmt cet pm a.m. p.m. updated
	published posted aktualisiert veröffentlicht publié publicado actualizado aggiornato mis à jour stand zuletzt geändert last modified read min minutes minuten lesezeit lecture lectura
	january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec januar februar märz mai juni juli oktober dezember mär okt dez
	janvier février mars avril juin juillet août septembre octobre novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile
	maggio giugno luglio settembre ottobre dicembre januari februari maart mei augustus ocak şubat nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
	января февраля марта апреля мая июня июля августа сентября октября ноября декабря januar gestern heute yesterday today hoy hier aujourd'hui`)

func buildSet(list string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

func buildFolded(list string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.SplitSeq(list, "|") {
		m[fold(w)] = true
	}
	return m
}

// fold brings a name into the form in which the tables are asked: lower-case
// letters and digits with single spaces.
func fold(s string) string {
	var buf [64]byte
	return string(appendFold(buf[:0], s))
}

// appendFold appends the folded s, behind a blank unless b is empty.
func appendFold(b []byte, s string) []byte {
	gap := len(b) > 0
	for _, r := range s {
		if r >= utf8.RuneSelf {
			r = foldRune(r)
		} else {
			r = rune(foldedASCII[r])
		}
		if r == 0 {
			gap = len(b) > 0
			continue
		}
		if gap {
			b = append(b, ' ')
			gap = false
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}

// foldRune returns a letter, a digit or a mark in lower case, and 0 for what is
// none of them.
func foldRune(r rune) rune {
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
		return 0
	}
	return unicode.ToLower(r)
}

// foldedASCII holds what foldRune returns for ASCII.
var foldedASCII = buildFoldedASCII()

func buildFoldedASCII() (table [utf8.RuneSelf]byte) {
	for c := range table {
		table[c] = byte(foldRune(rune(c)))
	}
	return table
}

// appendLower appends s in lower case.
func appendLower(b []byte, s string) []byte {
	for _, r := range s {
		b = utf8.AppendRune(b, unicode.ToLower(r))
	}
	return b
}

// lowerIn says whether s in lower case is in a set.
func lowerIn(set map[string]bool, s string) bool {
	var buf [64]byte
	return set[string(appendLower(buf[:0], s))]
}

// has says whether the folded s is in a set.
func has(set map[string]bool, s string) bool {
	var buf [64]byte
	return set[string(appendFold(buf[:0], s))]
}

// leadIn returns the lead that words make.
func leadIn(words ...string) (lead, bool) {
	var buf [64]byte
	b := buf[:0]
	for _, w := range words {
		b = appendFold(b, w)
	}
	l, ok := leads[string(b)]
	return l, ok
}
