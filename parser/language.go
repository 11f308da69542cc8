package parser

import (
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
	"golang.org/x/text/language"
)

// langSample is how much text a language is detected from, in bytes.
const langSample = 1200

// languages returns the detected language, or else the declared one, and the
// declared one.
func languages(text string, declared ...string) (lang, said string) {
	said = declaredLanguage(declared)
	primary, _, _ := strings.Cut(said, "-")
	if primary == "no" {
		primary = "nb"
	}
	switch lang = detectLanguage(text, primary); {
	case lang == "":
		lang = said
	case lang == writtenAs[primary]:
		lang = primary
	}
	return lang, said
}

// writtenAs are languages whose texts are taken for those of another, which has the
// same small words: which of the two it is only the page can say.
var writtenAs = map[string]string{"bs": "hr", "cnr": "hr", "sh": "hr", "sr": "hr", "ms": "id"}

func declaredLanguage(declared []string) string {
	for _, d := range declared {
		if tag, err := language.Parse(strings.ReplaceAll(strings.TrimSpace(d), "_", "-")); err == nil && tag != language.Und {
			return tag.String()
		}
	}
	return ""
}

// langMore is how much of it is looked at when the sample leaves it open.
const langMore = 8 << 10

// detectLanguage returns the language that a text is written in, or "". A
// script that one language owns decides; else the function words of the
// languages do, counted in a sample from the middle, where the text is most
// likely to be prose; fewer of them suffice for the language that the page says
// it is in. Only when they leave it open are the trigrams of all languages
// compared, which costs fifty times as much.
func detectLanguage(text, said string) string {
	sample := middle(text, langSample)
	if lang, ok := scriptLanguage(sample); ok {
		return lang
	}
	if lang := functionLanguage(sample, said); lang != "" {
		return lang
	}
	if lang := functionLanguage(middle(text, langMore), said); lang != "" {
		return lang
	}
	if info := whatlanggo.Detect(sample); info.IsReliable() {
		return info.Lang.Iso6391()
	}
	return ""
}

// middle returns n bytes from the middle of a text, or all of it.
func middle(text string, n int) string {
	if len(text) <= n {
		return text
	}
	from := (len(text) - n) / 2
	return strings.ToValidUTF8(text[from:from+n], "")
}

// scriptLanguages are the scripts that belong to one language of the news.
var scriptLanguages = []struct {
	script *unicode.RangeTable
	lang   string
}{
	{unicode.Greek, "el"},
	{unicode.Thai, "th"},
	{unicode.Hangul, "ko"},
	{unicode.Georgian, "ka"},
	{unicode.Armenian, "hy"},
	{unicode.Bengali, "bn"},
	{unicode.Tamil, "ta"},
	{unicode.Telugu, "te"},
	{unicode.Kannada, "kn"},
	{unicode.Malayalam, "ml"},
	{unicode.Gujarati, "gu"},
	{unicode.Gurmukhi, "pa"},
	{unicode.Oriya, "or"},
	{unicode.Sinhala, "si"},
	{unicode.Khmer, "km"},
	{unicode.Lao, "lo"},
	{unicode.Myanmar, "my"},
	{unicode.Tibetan, "bo"},
	{unicode.Mongolian, "mn"},
}

// scriptLanguage decides by the script of the most letters, where it can.
func scriptLanguage(sample string) (string, bool) {
	letters, latin, kana, han := 0, 0, 0, 0
	var counts [20]int
	for i := 0; i < len(sample); {
		if i+8 <= len(sample) && eightASCII(sample[i:]) {
			latin += lettersOf(eightBytes(sample[i:]))
			i += 8
			continue
		}
		r, size := utf8.DecodeRuneInString(sample[i:])
		i += size
		switch {
		case r < utf8.RuneSelf:
			if isLetter(byte(r)) {
				latin++
			}
			continue
		case r < 0x370 || r >= 0x400 && r < 0x0900:
			continue
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Han, r):
			han++
		default:
			for i := range scriptLanguages {
				if unicode.Is(scriptLanguages[i].script, r) {
					counts[i]++
					break
				}
			}
		}
		letters++
	}
	if letters <= latin {
		return "", false
	}
	if kana+han > letters/2 {
		if kana*10 > han {
			return "ja", true
		}
		return "zh", true
	}
	for i, n := range counts {
		if n > letters/2 {
			return scriptLanguages[i].lang, true
		}
	}
	return "", false
}

// functionWords are the most frequent small words of each language; those that
// tell it from its neighbours matter most.
var functionWords = []struct{ lang, words string }{
	{"en", `the of and to in that is was for it with as his on be at by this had are but from they have an he which or you one we her would there their been has when who will more no if out so what said up its about than into them can only other could some these two may after over such our`},
	{"de", `der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei ich wir ihr`},
	{"fr", `le la les de des du et en un une est que qui dans pour pas au sur par plus ne se ce il sont avec son sa ses aux mais cette ont été ou comme elle nous leur fait deux être ces même après aussi leurs sans où avait entre dont`},
	{"es", `el la los las de del y en un una que es se por con para no su al lo como más pero sus ha este también entre cuando muy sin sobre ser son dos fue esta desde están hay donde años todo según ya o porque durante`},
	{"pt", `o a os as de do da dos das e em um uma que é se por com para não no na mais ao como mas foi ele sua seu ou quando muito nos já está também pelo pela até isso ela entre depois sem mesmo aos são segundo ainda pode`},
	{"it", `il lo la i gli le di del della dei delle e in un una che è si per con non da al dal nel nella sono come più anche ma ha alla ad questo hanno suo sua essere stato cui alle degli ai dalla tra dopo o anni`},
	{"nl", `de het een van en in is dat op te zijn voor met die niet aan er om ook als bij maar door naar uit over nog dan wordt heeft ze deze werd hij hebben kan was tot zich worden geen meer wel moet`},
	{"sv", `och att det i en på är som för av med den till inte om ett har de han var sig från vi så kan efter men vid när man ska eller nu mot också under säger hon sin blir över mycket alla där varit skulle`},
	{"da", `og at det i en på er som for af med den til ikke om et har de han var sig fra vi så kan efter men ved når man skal eller nu mod også under siger hun sin bliver blev over meget hvor jeg være mellem nogle kun hvad år`},
	{"nb", `og å det i en på er som for av med den til ikke om et har de han var seg fra vi så kan etter men ved når man skal eller nå mot også under sier hun sin blir ble over mye hvor jeg være mellom noen opp bare hva år dette`},
	{"nn", `og å det i ein på er som for av med den til ikkje om eit har dei han var seg frå vi så kan etter men ved når skal eller no mot òg seier ho blir vart meir kva kor eg vere mellom nokon opp berre frå ikkje dei eit ein`},
	{"is", `og að í á er sem um við til það var en með af fyrir ekki hann því hefur eru þá frá hún þess þetta verið eftir þar upp hafa verður svo þeir yfir segir einnig hafi sé þegar`},
	{"fi", `ja on ei se että oli hän joka myös mutta ovat kuin sen tai jo kun niin mukaan ole sekä vuonna jotka voi hänen nyt sitä mitä vain vielä ollut olisi ennen kanssa siitä tämä jos noin sanoo`},
	{"et", `ja on ei et see oli ta ka mis kui aga või oma ning kes siis seda mille pole veel nii ole väga olid olla tema selle mida nende üks kuid välja juba pärast ka eesti aasta`},
	{"hu", `a az és hogy nem is egy meg csak volt ez de ki már el mint ha még ezt van azt vagy szerint lesz után sem amely aki több minden lehet között pedig arra ami kell ezek annak nagy`},
	{"pl", `i w na z się że do nie to jest o po jak za od przez ale dla ze tym co są był oraz tego może już było tak jego czy która który które ma także będzie być przy które we ich więcej`},
	{"cs", `a v se na je že z to s do i o za ve jsou by pro ale tak jako po k si byl jeho bylo která který které nebo už také jen při podle jsem od až více však byla má ještě před mezi`},
	{"sk", `a v sa na je že z to s do aj o za vo sú by pre ale tak ako po k si bol jeho bolo ktorá ktorý ktoré alebo už tiež len pri podľa som od až viac však bola má ešte pred medzi nie`},
	{"sl", `in v je na se da za so z ki pa o bi s po ne kot tudi od ter ali pri do že še bil bila bilo iz lahko ni kako več sta le zaradi vse med leta ima pred bodo samo kjer`},
	{"hr", `i u je na se da za su s od što koji a o će bi kako ne po iz to ili ali nije biti prema bio bila samo kao više te do već jer sve koja koje još između tijekom ima tko gdje`},
	{"sq", `të e në dhe i për një me së që nga është ka nuk si më janë do por kjo ky edhe ishte tij sipas pas kanë duke mund u ku kur ose këtë tyre`},
	{"ro", `și de în a la cu pe nu că din o se care pentru mai este un au fost ce sunt prin sau ca dar după fi lui al ale această ar avea fără între dintre către iar cel`},
	{"lt", `ir kad į iš su yra tai apie bet kaip jau ar dėl po už buvo ne nuo jis tik pat būti savo dar jo iki ji per bus kuris todėl taip metų pagal`},
	{"lv", `un ir ka no par ar uz kas tas bet pie arī tika līdz kā nav bija gan var vai to pēc tiek šis lai jau tā viņš ko gada vēl būs savu pret`},
	{"tr", `ve bir bu da de için ile olarak daha çok en olan gibi kadar sonra ise ama ne var olduğunu her diye dedi değil o şekilde ya göre oldu ancak iki yüzde eden ettiği büyük ardından tarafından ilgili ilk son bin kişi yapılan yeni arasında önce üzerine yılı ay gün`},
	{"az", `və bir bu da də üçün ilə olan kimi daha sonra isə ki ən edib olub deyil onun görə ancaq hər bildirib çox həmin etmək belə qeyd tərəfindən olaraq`},
	{"id", `yang dan di ini dari untuk dengan pada dalam adalah tidak akan itu juga ke oleh sebagai kata mereka tersebut karena ada bisa dapat saat para telah bahwa lebih menjadi tahun kepada saya seperti sudah antara`},
	{"vi", `và của là có được cho trong không các với một những người đã này khi để đến về từ ra tại năm vào như cũng trên nhiều sẽ theo sau ông thì`},
	{"tl", `ang ng sa mga na at ay si ni kay para ito hindi siya may kung nang niya sila isang dahil ating din rin kanilang mula nito`},
	{"sw", `na ya wa kwa ni katika la za kuwa cha hiyo huyo alisema baada watu hii kama lakini yake wao hao zaidi kutoka`},
	{"zu", `ukuthi ukuba futhi kodwa ngoba uma kanye noma khona lapho lapha manje kakhulu ngesikhathi kusho uthe uthi emva ngemva phakathi abantu nokuthi lokhu lokho kuze njengoba nje bese lolu yize ngaphandle wathi kube kuthiwa kepha ngokuthi ukuze nokho`},
	{"af", `die van en in is dat op te het vir met nie aan om ook as by maar deur na uit oor nog wat sy word hy hulle kan was tot geen meer moet hierdie ons sal`},
	{"ca", `el la els les de del i en un una que és es per amb no al com més però ha aquest també entre quan molt sense sobre ser són dos va aquesta des hi han seva seu dels les als pel perquè`},
	{"gl", `o a os as de do da dos das e en un unha que é se por con para non no na máis ao como pero foi súa seu ou cando moi nos xa está tamén pola polo ata entre despois sen á unhas uns`},
	{"eu", `eta da du ez dira bat zen ere egin izan baina dute den hori beste dituzte dela egun hau zuen bere gehiago arte arabera gero egiten izango ditu`},
	{"cy", `y yr yn a i o ar ei mae am gan wedi oedd bod fod hyn ac nid ond eu fel ein mwy dim hefyd wrth sydd bydd gyda`},
	{"ga", `an na agus ar i a go is le do ag bhí tá ní sé as ach mar nach atá sin sa faoi don leis ó seo bhfuil siad acu`},
	{"ru", `и в не на что с по как это он из но к за от для его было так о же был у бы все или если до также уже года время только когда после при их она они который чтобы может`},
	{"uk", `і в не на що з до як це та він у за від для його було так про же був або якщо також вже року час тільки коли після при їх вона вони який щоб може є й із під`},
	{"be", `і ў не на што з да як гэта ён за ад для яго было так пра жа быў або калі таксама ўжо года час толькі пасля пры іх яна яны які каб можа у ды гэтага`},
	{"bg", `и в не на че с по как това той от но към за до му беше така се е са или ако също вече година време само когато след при тя те който да може ще като бе има със във`},
	{"mk", `и во не на дека со по како тоа тој од но кон за до му беше така се е се или ако исто веќе година време само кога после при таа тие кој да може ќе што има ги биде не го`},
	{"sr", `и у не на да са по како то он од али за до му је био тако се су или ако такође већ године време само када после при она они који може ће што има бити није а из као`},
	{"kk", `және бұл мен үшін да де бір еді екен деп болып ол осы бар жоқ туралы кейін болған ең жылы пен бен қазақстан`},
	{"ky", `жана бул менен үчүн да бир деп болуп ал ушул бар жок тууралуу кийин болгон эң жылы кыргыз экенин`},
	{"mn", `нь бол энэ байна юм гэж бөгөөд болон монгол улсын хийж дээр байсан тул мөн гэсэн оны`},
	{"ar", `في من على أن إلى التي عن مع هذا ما هذه كان الذي بعد قد لا كما أو بين قبل ذلك كانت حيث خلال وقد وقال لم إن هو هي كل غير عام`},
	{"fa", `در به از که این را با است برای آن یک خود تا کرد بر هم نیز گفت شده می شود ها وی اما کرده بود باید ای دو شد هر ما`},
	{"ur", `کے کی میں ہے اور سے کا کو اس نے پر کہ ہیں یہ نہیں بھی تھا جو ایک ان ہو کہا کر گیا وہ تو کیا تھی ہوئے تھے`},
	{"ps", `د په او چې کې له دا ته یې سره نه هم دي شي دی کړي وي باندې شوي پر`},
	{"he", `של את על לא עם הוא כי זה גם כל היא או אבל אם יותר לאחר בין היה ידי כך אני אך רק עד הם`},
	{"yi", `און די פון איז אין צו דער אַז מיט אויף דאָס ניט האָט אַ ער וואָס נישט זיך`},
	{"hi", `के है में की और से को का ने पर यह कि भी हैं नहीं इस एक कर लिए था जो हो गया वह या अपने साथ तो`},
	{"mr", `आहे आणि या की व हा ते तर होते नाही असे केली आहेत त्या मात्र झाले होता केले करण्यात यांनी`},
	{"ne", `छ र को मा ले हो पनि छन् गर्ने भने यो लागि भएको गरेको थियो गरी भन्ने हुन तर`},
}

// lettersOf counts the letters of eight bytes of ASCII.
func lettersOf(x uint64) int {
	x |= eightOnes * ' ' // in lower case
	return bits.OnesCount64((x + eightOnes*(0x80-'a')) &^ (x + eightOnes*(0x7f-'z')) & eightHigh)
}

// wordLanguages says which languages a function word belongs to.
var wordLanguages = buildWordLanguages()

func buildWordLanguages() *languageTable {
	t := &languageTable{sets: []uint64{0}}
	for i, l := range functionWords {
		eachWord(l.words, func(word uint64) {
			e := t.find(word)
			e.word, e.set = uint32(word), t.setOf(t.sets[e.set]|1<<i)
		})
	}
	return t
}

// languageTable is a hash table of words, which are told by half of their hashes
// alone: small enough to stay near the processor.
type languageTable struct {
	words [1 << 12]wordEntry
	sets  []uint64 // of languages: bits that count functionWords
}

type wordEntry struct {
	word uint32 // see eachWord; 0 is free
	set  uint16 // which of the sets
}

// find returns the entry of a word, or the empty one that is free for it.
func (t *languageTable) find(word uint64) *wordEntry {
	for i := word >> 32; ; i++ {
		if e := &t.words[i%uint64(len(t.words))]; e.word == uint32(word) || e.word == 0 {
			return e
		}
	}
}

// setOf returns the place of a set, at the end for a new one.
func (t *languageTable) setOf(langs uint64) uint16 {
	i := slices.Index(t.sets, langs)
	if i < 0 {
		i = len(t.sets)
		t.sets = append(t.sets, langs)
	}
	return uint16(i)
}

// The least votes that a language must have, how many times those of the next,
// and for how many words one vote; the first and last are less for the language
// that the page says it is in.
const (
	minVotes, minVotesSaid     = 6, 3
	votesMargin                = 1.5
	wordsAVote, wordsAVoteSaid = 12, 25
)

// functionLanguage returns the language whose function words a sample holds, or
// "" when there are few or those of several languages. A word votes for each
// of its languages, the less the more of them have it.
func functionLanguage(sample, said string) string {
	var votes [64]float32
	words := 0
	eachWord(sample, func(word uint64) {
		words++
		langs := wordLanguages.sets[wordLanguages.find(word).set]
		if langs == 0 {
			return
		}
		share := 2 / float32(1+bits.OnesCount64(langs))
		for ; langs != 0; langs &= langs - 1 {
			votes[bits.TrailingZeros64(langs)] += share
		}
	})
	best, next := 0, 1
	for i := range votes {
		switch {
		case votes[i] > votes[best]:
			best, next = i, best
		case i != best && votes[i] > votes[next]:
			next = i
		}
	}
	lang, most := functionWords[best].lang, votes[best]
	switch {
	case lang == said && most >= minVotesSaid && most*wordsAVoteSaid >= float32(words),
		most >= minVotes && most*wordsAVote >= float32(words) && most >= votesMargin*votes[next]:
		return lang
	}
	return ""
}

// eachWord calls fn with the FNV-1a hash of each word of a text in lower case. Of
// ASCII, no branch depends on where words end, since none could be predicted.
func eachWord(text string, fn func(word uint64)) {
	var words [128]uint64 // those that fn is to be called with
	n, h := uint(0), uint64(fnvOffset)
	for i := 0; i < len(text); {
		for ; i < len(text) && text[i] < utf8.RuneSelf && n < uint(len(words)-1); i++ {
			words[n] = h
			c := smallLetters[text[i]]
			n += uint(oneIf(c == 0) & oneIf(h != fnvOffset))
			if h = (h ^ uint64(c)) * fnvPrime; c == 0 {
				h = fnvOffset
			}
		}
		if i < len(text) && text[i] >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			i += size
			if unicode.IsLetter(r) || unicode.IsMark(r) {
				var buf [utf8.UTFMax]byte
				for _, c := range utf8.AppendRune(buf[:0], unicode.ToLower(r)) {
					h = (h ^ uint64(c)) * fnvPrime
				}
			} else {
				words[n] = h
				n += uint(oneIf(h != fnvOffset))
				h = fnvOffset
			}
		}
		for _, word := range words[:n] {
			fn(word)
		}
		n = 0
	}
	if h != fnvOffset {
		fn(h)
	}
}

// smallLetters holds the letters of ASCII in lower case, and 0 for all else.
var smallLetters = buildSmallLetters()

func buildSmallLetters() (table [utf8.RuneSelf]byte) {
	for c := range byte(utf8.RuneSelf) {
		if isLetter(c) {
			table[c] = lower(c)
		}
	}
	return table
}
