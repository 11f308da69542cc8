package parser

import (
	"strings"
	"testing"
)

func TestDetectLanguage(t *testing.T) {
	for lang, text := range map[string]string{
		"en": "The council said on Monday that it will not sell the old ferry pier, which has been closed for more than three years.",
		"de": "Der Rat hat am Montag beschlossen, dass die alte Fähre nicht verkauft wird und auch im Winter für die Bürger fährt.",
		"fr": "Le conseil a décidé que le vieux bac ne sera pas vendu et qu'il est ouvert aux habitants dans les deux villages sur la rive.",
		"es": "El consejo decidió que la vieja barca no se vende y que también está abierta para los vecinos de las dos orillas del río.",
		"pt": "O conselho decidiu que a velha barca não é vendida e que também está aberta para os moradores das duas margens do rio.",
		"it": "Il consiglio ha deciso che la vecchia barca non è in vendita e che anche nel prossimo inverno sono aperti i due moli della città.",
		"nl": "De raad heeft op maandag besloten dat het oude veer niet wordt verkocht en ook in de winter voor de inwoners van het dorp vaart.",
		"sv": "Kommunen säger att den gamla färjan inte ska säljas och att det också är öppet för alla som bor vid sjön under vintern.",
		"da": "Kommunen siger, at den gamle færge ikke skal sælges, og at der også er åbent for dem, der bor mellem de to havne, efter nytår.",
		"nb": "Kommunen sier at den gamle ferja ikke skal selges, og at noen av dem som bor mellom de to havnene, ble sinte etter møtet, men hva nå?",
		"fi": "Kaupunki sanoo, että vanha lautta ei ole myynnissä, mutta se on auki myös talvella kun jää on vielä ohut ja sitä voi käyttää.",
		"pl": "Rada miasta nie sprzeda promu, który jest już stary, ale będzie on także otwarty dla tych, którzy są nad rzeką przez całą zimę.",
		"cs": "Rada města se rozhodla, že starý přívoz není na prodej a že by měl být také v zimě otevřen pro všechny, kteří jsou u řeky.",
		"hu": "A tanács azt mondta, hogy a régi komp nem eladó, és az is lehet, hogy már télen is nyitva lesz, de csak annak, aki a faluban él.",
		"ro": "Consiliul a spus că vechiul bac nu este de vânzare și că va fi deschis pentru toți cei care sunt pe malul din sat, dar după iarnă.",
		"tr": "Belediye, eski vapurun satılmayacağını ve kış için de açık olduğunu söyledi, ancak bu daha çok köyde olan iki iskele ile ilgili.",
		"id": "Dewan kota mengatakan bahwa kapal tua itu tidak akan dijual dan juga dibuka untuk warga yang ada di kedua desa pada musim hujan.",
		"vi": "Hội đồng cho biết con phà cũ sẽ không được bán và cũng là của những người đã sống ở hai bên sông trong nhiều năm.",
		"ru": "Совет решил, что старый паром не будет продан и что он также будет открыт для всех, кто живёт у реки, но только после зимы.",
		"uk": "Рада вирішила, що старий пором не буде продано, але він також буде відкритий для всіх, хто живе біля річки, вже після зими.",
		"bg": "Съветът каза, че старият ферибот не се продава и че ще бъде отворен и за хората, които са на двата бряга след зимата.",
		"ar": "قال المجلس إن العبارة القديمة لن تباع وقد تفتح في الشتاء مع كل من كان على ضفة النهر بعد ذلك في هذا العام",
		"fa": "شورا گفت که این کشتی کهنه را نمی فروشد و آن در زمستان نیز برای مردم باز است اما باید با یک بلیت باشد",
		"he": "המועצה אמרה כי המעבורת הישנה לא תימכר וכי היא גם פתוחה בחורף על ידי כל אלה אשר גרים בין שני הכפרים או עם משפחה",
		"hi": "परिषद ने कहा कि यह पुरानी नाव नहीं बिकेगी और सर्दी में भी लोगों के लिए खुली है, पर इस पर एक शुल्क हो गया है",
		"zu": "Umkhandlu uthe ngoMsombuluko ukuthi isikebhe esidala ngeke sithengiswe, kodwa sizovulelwa abantu uma kuphela ubusika, futhi nokuthi kube khona nesinye.",
		"el": "Το συμβούλιο είπε ότι το παλιό πλοίο δεν πωλείται.",
		"th": "สภาเมืองบอกว่าเรือเก่าลำนี้จะไม่ขาย",
		"ko": "시의회는 낡은 배를 팔지 않겠다고 말했다.",
		"ja": "市議会は古い渡し船を売らないと発表した。",
		"zh": "市议会表示，这艘旧渡轮不会出售。",
		"":   "12:30 - 14:00",
	} {
		if got := detectLanguage(text, ""); got != lang {
			t.Errorf("%q detected in %q", got, text)
		}
		long := strings.Repeat(text+"\n\n", 1+2*langMore/len(text))
		if got := detectLanguage(long, ""); got != lang && lang != "" {
			t.Errorf("%q detected in a long text of %q", got, lang)
		}
	}
}

// What the page says decides only between what the text can be.
func TestDetectLanguageAsDeclared(t *testing.T) {
	const norwegian = "Kommunen sier at den gamle ferja ikke skal selges, og at det også blir åpent for dem som bor ved sjøen."
	for said, want := range map[string]string{"nb-NO": "nb", "no": "nb", "en": "en"} {
		if got, _ := languages(norwegian, said); got != want {
			t.Errorf("declared %q: got %q, want %q", said, got, want)
		}
	}
	const german = "Der Rat hat am Montag beschlossen, dass die alte Fähre nicht verkauft wird und auch im Winter fährt."
	if got, _ := languages(german, "en"); got != "de" {
		t.Errorf("German declared as English is taken for %q", got)
	}
}

// TestLanguagesOfTheSameWords wants languages that their small words do not tell
// from another to be what the page says.
func TestLanguagesOfTheSameWords(t *testing.T) {
	const serbian = "Gradsko veće je u utorak uveče odlučilo da popravi stari most pre nego što dođe zima, a radovi će početi sledećeg meseca. Gradonačelnica je rekla da deca svaki dan idu preko mosta u školu."
	const malay = "Majlis bandar pada malam Selasa memutuskan untuk membaiki jambatan lama itu sebelum musim hujan tiba. Datuk Bandar berkata kanak-kanak berjalan di atas jambatan itu ke sekolah setiap hari, dan ia perlu kekal begitu."
	for _, c := range []struct{ text, said, want string }{
		{serbian, "sr-Latn-RS", "sr"},
		{serbian, "bs", "bs"},
		{serbian, "hr", "hr"},
		{serbian, "en", "hr"},
		{malay, "ms-MY", "ms"},
		{malay, "id", "id"},
		{malay, "", "id"},
	} {
		if got, _ := languages(c.text, c.said); got != c.want {
			t.Errorf("declared %q: got %q, want %q", c.said, got, c.want)
		}
	}
}

// A function word's languages are bits of one number.
func TestFunctionWordsFit(t *testing.T) {
	if len(functionWords) > 64 {
		t.Errorf("%d languages do not fit into 64 bits", len(functionWords))
	}
}

func BenchmarkDetectLanguage(b *testing.B) {
	text := strings.Repeat("The council said on Monday that it will not sell the old ferry pier, which has been closed for years. ", 20)
	b.ReportAllocs()
	for b.Loop() {
		detectLanguage(text, "")
	}
}
