package dates

import "strings"

// class is what a word can mean in a date; some can mean several things.
type class uint32

const (
	monthName  class = 1 << iota // val: 1 to 12
	monthHead                    // the first word of a month's name; val: which
	monthTail                    // the second word; val: which
	ordinal                      // behind a day: 3rd, 1er, 3-го
	glue                         // may stand between the parts of a date
	yearUnit                     // 年, год
	monthUnit                    // 月
	dayUnit                      // 日
	hourUnit                     // 時, h
	minuteUnit                   // 分
	secondUnit                   // 秒
	clockMark                    // behind a time of day: Uhr, hrs
	clockLead                    // in front of a time of day: kl., ore
	forenoon                     // a.m.
	afternoon                    // p.m.
	era                          // a year counts from its start; val: what to add
	timeMark                     // the T of ISO 8601
)

// calendar is the one that a month's name belongs to.
type calendar uint8

const (
	gregorian calendar = iota
	thai               // Gregorian months, years of the Buddhist era
	jalali             // of Iran
)

// word is the meaning of a word; the zero one has none.
type word struct {
	class    class
	val      int16
	calendar calendar
}

// monthNames holds the names of the months by language, January first: full
// names, those of the case in which they stand in dates, and abbreviations.
// Accents of Latin and Greek letters do not count, nor does the dot behind.
var monthNames = []string{
	// Germanic.
	`january jan / february feb febr / march mar / april apr / may / june jun / july jul / august aug / september sep sept / october oct / november nov / december dec`,
	`januar jänner jän / februar feber / märz mrz maerz / april / mai / juni / juli / august / september / oktober okt / november / dezember dez`,
	`januari / februari / maart mrt / april / mei / juni / juli / augustus / september / oktober / november / december`,
	`januari / februari / mars / april / maj / juni / juli / augusti / september / oktober / november / december`,
	`januar / februar / marts / april / maj / juni / juli / august / september / oktober / november / desember des`,
	`janúar / febrúar / mars / apríl / maí / júní / júlí / ágúst ágú / september / október / nóvember nóv / desember`,
	`januarie / februarie / maart / april / mei / junie / julie / augustus / september / oktober / november / desember`,
	// Romance.
	`janvier janv / février févr fév fevr / mars / avril avr / mai / juin / juillet juil / août / septembre / octobre / novembre / décembre déc`,
	`enero ene / febrero / marzo / abril abr / mayo / junio / julio / agosto ago / septiembre setiembre set / octubre / noviembre / diciembre dic`,
	`gennaio gen genn / febbraio febb / marzo / aprile / maggio mag magg / giugno giu / luglio lug / agosto / settembre sett / ottobre ott / novembre / dicembre`,
	`janeiro / fevereiro fev / março / abril / maio / junho / julho / agosto / setembro / outubro out / novembro / dezembro`,
	`gener / febrer / març / abril / maig / juny / juliol / agost / setembre / octubre / novembre / desembre`,
	`xaneiro xan / febreiro / marzo / abril / maio / xuño / xullo xul / agosto / setembro / outubro / novembro / decembro`,
	`ianuarie ian / februarie / martie / aprilie / mai / iunie iun / iulie iul / august / septembrie / octombrie / noiembrie noi / decembrie`,
	// Slavic, Latin letters.
	`stycznia styczeń sty / lutego luty lut / marca marzec / kwietnia kwiecień kwi / maja maj / czerwca czerwiec cze / lipca lipiec lip / sierpnia sierpień sie / września wrzesień wrz / października październik paź / listopada listopad lis / grudnia grudzień gru`,
	`ledna leden led / února únor úno / března březen bře / dubna duben dub / května květen kvě / června červen čvn / července červenec čvc / srpna srpen srp / září zář / října říjen říj / listopadu listopad / prosince prosinec pro`,
	`januára január / februára február / marca marec / apríla apríl / mája máj / júna jún / júla júl / augusta august / septembra / októbra október / novembra / decembra`,
	`januarja / februarja / marca marec / aprila / maja / junija junij / julija julij / avgusta avgust avg / septembra / oktobra / novembra / decembra`,
	`siječnja siječanj sij / veljače veljača velj / ožujka ožujak ožu / travnja travanj tra / svibnja svibanj svi / lipnja lipanj / srpnja srpanj / kolovoza kolovoz kol / rujna rujan ruj / / studenoga studenog studeni stu / prosinca prosinac`,
	`januara / februara / marta mart / aprila / maja / juna / jula / avgusta augusta / septembra septembar / oktobra oktobar / novembra novembar / decembra decembar`,
	// Slavic, Cyrillic letters.
	`января январь янв / февраля февраль фев февр / марта март мар / апреля апрель апр / мая май / июня июнь июн / июля июль июл / августа август авг / сентября сентябрь сен сент / октября октябрь окт / ноября ноябрь ноя нояб / декабря декабрь дек`,
	`січня січень січ / лютого лютий лют / березня березень бер / квітня квітень квіт кві / травня травень трав тра / червня червень черв чер / липня липень лип / серпня серпень серп сер / вересня вересень вер / жовтня жовтень жовт жов / листопада листопад лист лис / грудня грудень груд гру`,
	`студзеня студзень сту / лютага люты / сакавіка сакавік сак / красавіка красавік кра / мая май траўня травень / чэрвеня чэрвень чэр / ліпеня ліпень ліп / жніўня жнівень жні / верасня верасень / кастрычніка кастрычнік кас / лістапада лістапад ліс / снежня снежань сне`,
	`януари ян яну / февруари / март / април / май / юни юн / юли юл / август / септември сеп септ / октомври / ноември ное ноем / декември`,
	`јануари јан / февруари / март / април / мај / јуни / јули / август / септември / октомври / ноември / декември`,
	`јануара јануар / фебруара фебруар феб / марта март / априла април / маја мај / јуна јун / јула јул / августа август / септембра септембар / октобра октобар / новембра новембар нов / децембра децембар дец`,
	// Baltic, Uralic, Basque, Albanian, Celtic.
	`sausio sausis saus / vasario vasaris vas / kovo kovas kov / balandžio balandis bal / gegužės gegužė geg / birželio birželis birž / liepos liepa liep / rugpjūčio rugpjūtis rugp / rugsėjo rugsėjis rugs / spalio spalis spal / lapkričio lapkritis lapkr / gruodžio gruodis gruod`,
	`janvāris janvārī janvāra / februāris februārī februāra / marts martā marta / aprīlis aprīlī aprīļa / maijs maijā maija / jūnijs jūnijā jūnija jūn / jūlijs jūlijā jūlija jūl / augusts augustā augusta / septembris septembrī septembra / oktobris oktobrī oktobra / novembris novembrī novembra / decembris decembrī decembra`,
	`jaanuar jaan / veebruar veebr / märts / aprill / mai / juuni / juuli / august / september / oktoober / november / detsember dets`,
	`tammikuuta tammikuu tammi / helmikuuta helmikuu helmi / maaliskuuta maaliskuu maalis / huhtikuuta huhtikuu huhti / toukokuuta toukokuu touko / kesäkuuta kesäkuu kesä / heinäkuuta heinäkuu heinä / elokuuta elokuu elo / syyskuuta syyskuu syys / lokakuuta lokakuu loka / marraskuuta marraskuu marras / joulukuuta joulukuu joulu`,
	`január / február / március márc / április ápr / május máj / június jún / július júl / augusztus / szeptember szept / október / november / december`,
	`urtarrila urtarrilak urtarrilaren urt / otsaila otsailak otsailaren ots / martxoa martxoak martxoaren / apirila apirilak apirilaren api / maiatza maiatzak maiatzaren mai / ekaina ekainak ekainaren eka / uztaila uztailak uztailaren uzt / abuztua abuztuak abuztuaren abu / iraila irailak irailaren ira / urria urriak urriaren urr / azaroa azaroak azaroaren aza / abendua abenduak abenduaren abe`,
	`janar / shkurt / mars / prill / maj / qershor / korrik / gusht / shtator / tetor / nëntor / dhjetor`,
	`ionawr ion / chwefror chwef / mawrth / ebrill ebr / mai / mehefin meh / gorffennaf gorff / awst / medi / hydref hyd / tachwedd tach / rhagfyr rhag`,
	`eanáir / feabhra feabh / márta / aibreán aibreáin aib / bealtaine bealt / meitheamh mheithimh meith / iúil / lúnasa lún / mfómh / dfómh / samhain samhna samh / nollaig nollag noll`,
	// Greek, Turkic, Georgian, Armenian.
	`ιανουαρίου ιανουάριος ιαν / φεβρουαρίου φεβρουάριος φεβ / μαρτίου μάρτιος μαρ / απριλίου απρίλιος απρ / μαΐου μάιος μαϊ / ιουνίου ιούνιος ιουν / ιουλίου ιούλιος ιουλ / αυγούστου αύγουστος αυγ / σεπτεμβρίου σεπτέμβριος σεπ σεπτ / οκτωβρίου οκτώβριος οκτ / νοεμβρίου νοέμβριος νοε / δεκεμβρίου δεκέμβριος δεκ`,
	`ocak oca / şubat şub / mart / nisan nis / mayıs / haziran haz / temmuz tem / ağustos ağu / eylül eyl / ekim eki / kasım kas / aralık ara`,
	`yanvar yan / fevral / mart / aprel / may / iyun / iyul / avqust avq / sentyabr sen / oktyabr / noyabr noy / dekabr dek`,
	`იანვარი იან / თებერვალი თებ / მარტი მარ / აპრილი აპრ / მაისი მაი / ივნისი ივნ / ივლისი ივლ / აგვისტო აგვ / სექტემბერი სექ / ოქტომბერი ოქტ / ნოემბერი ნოე / დეკემბერი დეკ`,
	`yanvar / fevral / mart / aprel / may / iyun / iyul / avgust / sentabr / oktabr / noyabr / dekabr`,
	`қаңтар / ақпан / наурыз / сәуір / мамыр / маусым / шілде / тамыз / қыркүйек / қазан / қараша / желтоқсан`,
	`հունվարի հունվար / փետրվարի փետրվար / մարտի մարտ / ապրիլի ապրիլ / մայիսի մայիս / հունիսի հունիս / հուլիսի հուլիս / օգոստոսի օգոստոս / սեպտեմբերի սեպտեմբեր / հոկտեմբերի հոկտեմբեր / նոյեմբերի նոյեմբեր / դեկտեմբերի դեկտեմբեր`,
	// South-east Asia, Africa.
	`januari / februari pebruari / maret / april / mei / juni / juli / agustus agu agt / september / oktober / november nopember nop / desember`,
	`januari / februari / mac / april / mei / jun / julai / ogos ogo / september / oktober / november / disember dis`,
	`enero / pebrero / marso / abril / mayo / hunyo / hulyo / agosto / setyembre / oktubre / nobyembre / disyembre`,
	`januari / februari / machi / aprili / mei / juni / julai / agosti / septemba / oktoba / novemba / desemba`,
	// Arabic: of the west and of the east, Morocco, Algeria; Urdu.
	`يناير / فبراير شباط / مارس آذار / أبريل نيسان / مايو أيار / يونيو حزيران / يوليو تموز / أغسطس آب / سبتمبر أيلول / أكتوبر / نوفمبر / ديسمبر`,
	`جانفي / فيفري / مارس / أفريل / ماي / جوان / جويلية / أوت / سبتمبر / أكتوبر / نوفمبر / ديسمبر`,
	`يناير / فبراير / مارس / أبريل / ماي / يونيو / يوليوز / غشت / شتنبر / أكتوبر / نونبر / دجنبر`,
	`جنوری / فروری / مارچ / اپریل / مئی / جون / جولائی / اگست / ستمبر / اکتوبر / نومبر / دسمبر`,
	`ژانویه / فوریه / مارس / آوریل / مه / ژوئن / ژوئیه جولای / اوت آگوست / سپتامبر / اکتبر / نوامبر / دسامبر`,
	// Hebrew.
	`ינואר בינואר / פברואר בפברואר / מרץ במרץ מרס במרס / אפריל באפריל / מאי במאי / יוני ביוני / יולי ביולי / אוגוסט באוגוסט / ספטמבר בספטמבר / אוקטובר באוקטובר / נובמבר בנובמבר / דצמבר בדצמבר`,
	// India.
	`जनवरी जन / फरवरी फर / मार्च / अप्रैल / मई / जून / जुलाई / अगस्त / सितंबर सितम्बर / अक्टूबर अक्तूबर / नवंबर नवम्बर / दिसंबर दिसम्बर`,
	`जानेवारी / फेब्रुवारी / मार्च / एप्रिल / मे / जून / जुलै / ऑगस्ट / सप्टेंबर / ऑक्टोबर / नोव्हेंबर / डिसेंबर`,
	`জানুয়ারি জানুয়ারী / ফেব্রুয়ারি ফেব্রুয়ারী / মার্চ / এপ্রিল / মে / জুন / জুলাই / আগস্ট অগস্ট / সেপ্টেম্বর / অক্টোবর / নভেম্বর / ডিসেম্বর`,
	`ஜனவரி / பிப்ரவரி / மார்ச் / ஏப்ரல் / மே / ஜூன் / ஜூலை / ஆகஸ்ட் / செப்டம்பர் / அக்டோபர் / நவம்பர் / டிசம்பர்`,
	`జనవరి / ఫిబ్రవరి / మార్చి / ఏప్రిల్ / మే / జూన్ / జూలై జులై / ఆగస్టు ఆగస్ట్ / సెప్టెంబర్ సెప్టెంబరు / అక్టోబర్ అక్టోబరు / నవంబర్ నవంబరు / డిసెంబర్ డిసెంబరు`,
	`જાન્યુઆરી જાન્યુ / ફેબ્રુઆરી ફેબ્રુ / માર્ચ / એપ્રિલ / મે / જૂન / જુલાઈ / ઑગસ્ટ ઓગસ્ટ / સપ્ટેમ્બર / ઑક્ટોબર ઓક્ટોબર / નવેમ્બર / ડિસેમ્બર`,
	`ಜನವರಿ / ಫೆಬ್ರವರಿ / ಮಾರ್ಚ್ / ಏಪ್ರಿಲ್ / ಮೇ / ಜೂನ್ / ಜುಲೈ / ಆಗಸ್ಟ್ / ಸೆಪ್ಟೆಂಬರ್ / ಅಕ್ಟೋಬರ್ / ನವೆಂಬರ್ / ಡಿಸೆಂಬರ್`,
	`ജനുവരി / ഫെബ്രുവരി / മാർച്ച് / ഏപ്രിൽ / മേയ് മെയ് / ജൂൺ / ജൂലൈ / ഓഗസ്റ്റ് ആഗസ്റ്റ് / സെപ്റ്റംബർ / ഒക്ടോബർ / നവംബർ / ഡിസംബർ`,
	`ਜਨਵਰੀ / ਫਰਵਰੀ ਫ਼ਰਵਰੀ / ਮਾਰਚ / ਅਪ੍ਰੈਲ / ਮਈ / ਜੂਨ / ਜੁਲਾਈ / ਅਗਸਤ / ਸਤੰਬਰ / ਅਕਤੂਬਰ / ਨਵੰਬਰ / ਦਸੰਬਰ`,
	`ජනවාරි / පෙබරවාරි / මාර්තු / අප්` + "\u200d" + `රේල් අප්රේල් / මැයි / ජූනි / ජූලි / අගෝස්තු / සැප්තැම්බර් / ඔක්තෝබර් / නොවැම්බර් / දෙසැම්බර්`,
}

// calendarMonths holds the months of languages that count the years otherwise.
var calendarMonths = map[calendar][]string{
	thai: {
		`มกราคม มค / กุมภาพันธ์ กพ / มีนาคม มีค / เมษายน เมย / พฤษภาคม พค / มิถุนายน มิย / กรกฎาคม กค / สิงหาคม สค / กันยายน กย / ตุลาคม ตค / พฤศจิกายน พย / ธันวาคม ธค`,
	},
	jalali: {
		`فروردین / اردیبهشت / خرداد / تیر / مرداد امرداد / شهریور / مهر / آبان / آذر / دی / بهمن / اسفند`,
	},
}

// localMonths are the names that mean another month in some languages than in
// most: listopad is the tenth month in Croatia, the eleventh elsewhere.
var localMonths = []struct {
	langs string
	month int16 // as most read it
	local int16
	names string
}{
	{"hr bs sr sh", 11, 10, "listopada listopad lis"},
	{"hr bs sr sh", 7, 6, "lip"},
	{"hr bs sr sh", 8, 7, "srp"},
}

// First words of months with two.
const (
	numberedMonth = iota + 1
	kanun
	tishrin
	mean
	deireadh
)

// Second words of months with two, besides numbers.
const (
	first = iota + 21
	second
	autumn
)

var monthPairs = map[[2]int16]int16{
	{kanun, second}: 1, {kanun, first}: 12, {tishrin, first}: 10, {tishrin, second}: 11,
	{mean, autumn}: 9, {deireadh, autumn}: 10,
}

// classWords holds the words besides months.
var classWords = map[class]string{
	ordinal: `st nd rd th er ère eme ième e º ª o a ος η го й е ое те ти та як ai aji an aren de ste`,
	glue: `de del di do da d of the den der dem le el al il em en et i o m p an a ko eko na mí mis anno ngày kuu päivänä
		na la tahun thn у в ב של من عام لسنة سنة เดือน ปี mėn metų`,
	yearUnit:   `年 년 năm gada gads год года году г гг рік року р годзе годин година години године god godine roku rok urteko жылғы жыл`,
	monthUnit:  `月 월 tháng thang thg`,
	dayUnit:    `日 일 号 號 ngày dienos diena`,
	hourUnit:   `時 时 点 點 시 h g u giờ gio`,
	minuteUnit: `分 분 m min phút`,
	secondUnit: `秒 초 s sek sec`,
	clockMark:  `uhr h hrs hs hrs. uur hod hodin horas น ч час godz god t часа часов hodín hours`,
	clockLead:  `kl kello klo klokken um ore alle om at às as à a las à ob u v w o в у об о στις ώρα saat pukul jam lúc luc เวลา الساعة ساعت ساعة בשעה godz godzina ur ure ora orele plkst kell`,
	forenoon:   `am এএম পূর্বাহ্ণ পূর্বাহ্ন एएम पूर्वाह्न πμ öö sa 上午 凌晨 早上 清晨 午前 오전 새벽 ص صباحا صباحاً قظ pd`,
	afternoon:  `pm পিএম অপরাহ্ণ অপরাহ্ন पीएम अपराह्न μμ ös ch 下午 晚上 傍晚 午後 오후 م مساء مساءً بظ عصر md`,
	timeMark:   `t`,
}

// eras holds what is added to a year that counts from another start.
var eras = map[string]int16{
	"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911, "พศ": -buddhistYears, "คศ": 0, "西元": 0, "公元": 0,
}

var words = buildVocabulary()

func buildVocabulary() map[string]word {
	v := make(map[string]word, 2048)
	for _, list := range monthNames {
		addMonths(v, list, gregorian)
	}
	for cal, lists := range calendarMonths {
		for _, list := range lists {
			addMonths(v, list, cal)
		}
	}
	for c, list := range classWords {
		for name := range strings.FieldsSeq(list) {
			add(v, name, word{class: c})
		}
	}
	for name, years := range eras {
		add(v, name, word{class: era, val: years})
	}
	addPairs(v)
	return v
}

func addMonths(v map[string]word, list string, cal calendar) {
	month := int16(1)
	for name := range strings.FieldsSeq(list) {
		if name == "/" {
			month++
			continue
		}
		if old := v[fold(name)]; old.class&monthName == 0 {
			add(v, name, word{class: monthName, val: month, calendar: cal})
		}
	}
}

func addPairs(v map[string]word) {
	for name, head := range map[string]int16{"tháng": numberedMonth, "thg": numberedMonth, "كانون": kanun, "تشرين": tishrin, "meán": mean, "deireadh": deireadh} {
		add(v, name, word{class: monthHead, val: head})
	}
	tails := map[string]int16{"الأول": first, "أول": first, "الثاني": second, "ثاني": second, "ثان": second, "fómhair": autumn}
	for i, name := range strings.Fields("một hai ba tư năm sáu bảy tám chín mười") {
		tails[name] = int16(i + 1)
	}
	tails["giêng"], tails["chạp"] = 1, 12
	for name, tail := range tails {
		add(v, name, word{class: monthTail, val: tail})
	}
}

// add gives a word one more meaning.
func add(v map[string]word, name string, w word) {
	key := fold(name)
	old := v[key]
	w.class |= old.class
	if w.val == 0 {
		w.val, w.calendar = old.val, old.calendar
	}
	v[key] = w
}
