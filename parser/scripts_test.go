package parser

import (
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
)

// story is a short article.
type story struct {
	title string
	paras []string
}

func (s story) text() string { return norm.NFC.String(strings.Join(s.paras, "\n\n")) }

// stories tell of an old bridge in many scripts.
var stories = map[string]story{
	"ja": {"古い橋の修理が冬の前に始まる", []string{
		"川沿いの町の議会は火曜日の夜、古い石橋を冬が来る前に直すことを決めた。",
		"町長は「橋は学校へ通う子どもたちの道だ」と話した。",
		"工事は来月に始まり、費用は町の基金から出る。",
	}},
	"zh": {"老桥将在冬天前修好", []string{
		"河边小镇的议会星期二晚上决定，在冬天到来之前修好那座老石桥。",
		"镇长说，这座桥是孩子们上学的路，不能再等。",
		"工程将于下个月开始，费用由镇里的基金支付。",
	}},
	"zh-Hant": {"老橋將在冬天前修好", []string{
		"河邊小鎮的議會星期二晚上決定，在冬天到來之前修好那座老石橋。",
		"鎮長說，這座橋是孩子們上學的路，不能再等。",
		"工程將於下個月開始，費用由鎮裡的基金支付。",
	}},
	"ko": {"오래된 다리, 겨울 전에 고친다", []string{
		"강가 마을 의회는 화요일 저녁 겨울이 오기 전에 오래된 돌다리를 고치기로 했다.",
		"시장은 이 다리가 아이들이 학교에 가는 길이라고 말했다.",
		"공사는 다음 달에 시작되며 비용은 마을 기금에서 나온다.",
	}},
	"th": {"สะพานเก่าจะซ่อมก่อนฤดูฝน", []string{
		"สภาเมืองริมแม่น้ำลงมติเมื่อคืนวันอังคารให้ซ่อมสะพานหินเก่าก่อนฤดูฝนจะมาถึง",
		"นายกเทศมนตรีกล่าวว่าสะพานนี้เป็นทางที่เด็กๆใช้เดินไปโรงเรียนทุกวัน",
		"งานจะเริ่มในเดือนหน้าและใช้เงินจากกองทุนของเมือง",
	}},
	"my": {"တံတားဟောင်းကို ဆောင်းမတိုင်မီ ပြင်မည်", []string{
		"မြစ်ကမ်းမြို့၏ ကောင်စီသည် အင်္ဂါနေ့ညက ကျောက်တံတားဟောင်းကို ဆောင်းရာသီ မတိုင်မီ ပြင်ဆင်ရန် ဆုံးဖြတ်ခဲ့သည်။",
		"ဤတံတားသည် ကလေးများ ကျောင်းသွားရာ လမ်းဖြစ်သည်ဟု မြို့တော်ဝန်က ပြောသည်။",
		"အလုပ်ကို လာမည့်လတွင် စတင်မည်ဖြစ်သည်။",
	}},
	"km": {"ស្ពានចាស់នឹងត្រូវជួសជុលមុនរដូវវស្សា", []string{
		"ក្រុមប្រឹក្សាក្រុងក្បែរទន្លេបានសម្រេចនៅយប់ថ្ងៃអង្គារថានឹងជួសជុលស្ពានថ្មចាស់មុនរដូវវស្សាមកដល់",
		"អភិបាលក្រុងបាននិយាយថាស្ពាននេះជាផ្លូវដែលក្មេងៗដើរទៅសាលារៀនរាល់ថ្ងៃ",
		"ការងារនឹងចាប់ផ្តើមនៅខែក្រោយដោយប្រើប្រាក់ពីមូលនិធិរបស់ក្រុង",
	}},
	"ar": {"الجسر القديم يرمم قبل الشتاء", []string{
		"قرر مجلس البلدة الواقعة على النهر مساء الثلاثاء ترميم الجسر الحجري القديم قبل أن يأتي الشتاء.",
		"وقالت رئيسة البلدية إن الجسر هو طريق الأطفال إلى المدرسة كل صباح.",
		"ويبدأ العمل في الشهر المقبل بأموال من صندوق البلدة.",
	}},
	"he": {"הגשר הישן יתוקן לפני החורף", []string{
		"מועצת העיירה שעל הנהר החליטה ביום שלישי בערב לתקן את גשר האבן הישן לפני שיבוא החורף.",
		"ראשת העיירה אמרה שהגשר הוא הדרך של הילדים לבית הספר.",
		"העבודה תתחיל בחודש הבא בכסף מקרן העיירה.",
	}},
	"fa": {"پل کهنه پیش از زمستان تعمیر می\u200cشود", []string{
		"شورای شهر کنار رود سه\u200cشنبه شب تصمیم گرفت پل سنگی کهنه را پیش از رسیدن زمستان تعمیر کند.",
		"شهردار گفت این پل راه بچه\u200cها به مدرسه است.",
		"کار از ماه آینده با پول صندوق شهر آغاز می\u200cشود.",
	}},
	"hi": {"पुराने पुल की मरम्मत सर्दी से पहले होगी", []string{
		"नदी के किनारे बसे कस्बे की परिषद ने मंगलवार की रात तय किया कि पुराने पत्थर के पुल की मरम्मत सर्दी आने से पहले की जाएगी।",
		"महापौर ने कहा कि यह पुल बच्चों के स्कूल जाने का रास्ता है।",
		"काम अगले महीने शुरू होगा और पैसा कस्बे के कोष से आएगा।",
	}},
	"bn": {"শীতের আগেই সারানো হবে পুরোনো সেতু", []string{
		"নদীর ধারের শহরের পরিষদ মঙ্গলবার রাতে ঠিক করেছে যে শীত আসার আগেই পুরোনো পাথরের সেতু সারানো হবে।",
		"মেয়র বলেন, এই সেতু দিয়েই শিশুরা প্রতিদিন স্কুলে যায়।",
		"কাজ শুরু হবে আগামী মাসে, টাকা আসবে শহরের তহবিল থেকে।",
	}},
	"el": {"Η παλιά γέφυρα θα επισκευαστεί πριν από τον χειμώνα", []string{
		"Το συμβούλιο της πόλης δίπλα στο ποτάμι αποφάσισε το βράδυ της Τρίτης να επισκευάσει την παλιά πέτρινη γέφυρα πριν έρθει ο χειμώνας.",
		"Η δήμαρχος είπε ότι η γέφυρα είναι ο δρόμος των παιδιών για το σχολείο.",
		"Το έργο αρχίζει τον επόμενο μήνα με χρήματα από το ταμείο της πόλης.",
	}},
	"ru": {"Старый мост починят до зимы", []string{
		"Совет города у реки во вторник вечером решил починить старый каменный мост до прихода зимы.",
		"Мэр сказала, что по этому мосту дети каждый день ходят в школу.",
		"Работы начнутся в следующем месяце на деньги городского фонда.",
	}},
	"ka": {"ძველ ხიდს ზამთრამდე შეაკეთებენ", []string{
		"მდინარის პირას მდებარე ქალაქის საბჭომ სამშაბათს საღამოს გადაწყვიტა ძველი ქვის ხიდის შეკეთება ზამთრის მოსვლამდე.",
		"მერმა თქვა, რომ ეს ხიდი ბავშვების გზაა სკოლისკენ.",
		"სამუშაო მომავალ თვეს დაიწყება ქალაქის ფონდის ფულით.",
	}},
	"vi": {"Cây cầu cũ sẽ được sửa trước mùa đông", []string{
		"Hội đồng thị trấn ven sông tối thứ ba quyết định sửa cây cầu đá cũ trước khi mùa đông đến.",
		"Thị trưởng nói rằng cây cầu là con đường trẻ em đến trường mỗi ngày.",
		"Công việc sẽ bắt đầu vào tháng sau bằng tiền của quỹ thị trấn.",
	}},
	"de": {"Die alte Brücke wird vor dem Winter repariert", []string{
		"Der Rat der Stadt am Fluss hat am Dienstagabend beschlossen, die alte Steinbrücke zu reparieren, bevor der Winter kommt.",
		"Die Bürgermeisterin sagte, über die Brücke gehen die Kinder täglich zur Schule, und das müsse so bleiben.",
		"Die Arbeiten beginnen nächsten Monat; das Geld dafür kommt aus der Stadtkasse.",
	}},
	"pl": {"Stary most zostanie naprawiony przed zimą", []string{
		"Rada miasta nad rzeką postanowiła we wtorek wieczorem naprawić stary kamienny most, zanim nadejdzie zima.",
		"Burmistrz powiedziała, że tym mostem dzieci chodzą codziennie do szkoły i że tak musi pozostać.",
		"Prace zaczną się w przyszłym miesiącu, a pieniądze będą pochodziły z kasy miasta.",
	}},
	"tr": {"Eski köprü kıştan önce onarılacak", []string{
		"Nehir kıyısındaki kasabanın meclisi salı akşamı eski taş köprüyü kış gelmeden onarmaya karar verdi.",
		"Belediye başkanı, çocukların okula her gün bu köprüden gittiğini söyledi.",
		"Çalışmalar gelecek ay başlayacak, para kasabanın fonundan gelecek.",
	}},
}

// page lays the story out as a small site would.
func (s story) page(head, lang string) string {
	var b strings.Builder
	b.WriteString("<html lang=" + lang + "><head>" + head + "<title>" + html.EscapeString(s.title) + "</title></head><body>\n")
	b.WriteString(`<ul class="nav"><li><a href="/">1</a></li><li><a href="/2">2</a></li></ul><div class="main"><h1>` + html.EscapeString(s.title) + "</h1>\n")
	for _, p := range s.paras {
		b.WriteString("<p>" + html.EscapeString(p) + "</p>\n")
	}
	b.WriteString(`</div><div class="footer"><a href="/imprint">3</a></div></body></html>`)
	return b.String()
}

// wantStory compares what is extracted from a page with the story.
func wantStory(t *testing.T, s story, body []byte, ctype string) {
	t.Helper()
	p := testPage(body)
	p.Header["Content-Type"] = []string{ctype}
	a, err := Extract(p)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string // the standfirst may be apart
	for _, b := range a.Body.Blocks {
		texts = append(texts, b.Text)
	}
	if d := cmp.Diff(s.text(), strings.Join(texts, "\n\n")); d != "" {
		t.Errorf("text (-want +got):\n%s", d)
	}
	if want := norm.NFC.String(s.title); a.Title != want {
		t.Errorf("title %q, want %q", a.Title, want)
	}
}

func TestScripts(t *testing.T) {
	for lang, s := range stories {
		t.Run(lang, func(t *testing.T) {
			wantStory(t, s, []byte(s.page("", lang)), "text/html; charset=utf-8")
		})
		t.Run(lang+" decomposed", func(t *testing.T) {
			wantStory(t, s, []byte(norm.NFD.String(s.page("", lang))), "text/html; charset=utf-8")
		})
		t.Run(lang+" breaks", func(t *testing.T) {
			src := s.page("", lang)
			src = strings.ReplaceAll(strings.ReplaceAll(src, "<p>", ""), "</p>", "<br><br>")
			wantStory(t, s, []byte(src), "text/html; charset=utf-8")
		})
		t.Run(lang+" references", func(t *testing.T) {
			var b strings.Builder
			for _, r := range s.page("", lang) {
				if r < 0x80 {
					b.WriteRune(r)
				} else {
					fmt.Fprintf(&b, "&#%d;", r)
				}
			}
			wantStory(t, s, []byte(b.String()), "text/html; charset=us-ascii")
		})
	}
}

// TestCharsets wants a story back from every encoding that its language is
// written in, whichever way the page says so, and when it does not say.
func TestCharsets(t *testing.T) {
	for _, c := range []struct{ lang, names string }{
		{"ja", "shift_jis euc-jp iso-2022-jp"},
		{"zh", "gb18030 gbk"},
		{"zh-Hant", "big5"},
		{"ko", "euc-kr"},
		{"ru", "windows-1251 koi8-r iso-8859-5"},
		{"el", "windows-1253 iso-8859-7"},
		{"he", "windows-1255 iso-8859-8"},
		{"ar", "windows-1256 iso-8859-6"},
		{"th", "windows-874"},
		{"de", "windows-1252 iso-8859-1 iso-8859-15"},
		{"pl", "windows-1250 iso-8859-2"},
		{"tr", "windows-1254 iso-8859-9"},
	} {
		for name := range strings.FieldsSeq(c.names) {
			enc, _ := charset.Lookup(name)
			s := stories[c.lang]
			late := "<meta name=generator content=x>" + strings.Repeat("<style>p { margin: 0 }</style>\n", 200)
			for how, page := range map[string]struct{ head, ctype string }{
				"header":          {"", "text/html; charset=" + name},
				"meta":            {`<meta charset="` + name + `">`, "text/html"},
				"http-equiv":      {`<META http-equiv=Content-Type content="text/html; charset=` + name + `">`, "text/html"},
				"late":            {late + `<meta charset=` + name + ">", "text/html"},
				"header wrong":    {`<meta charset="` + name + `">`, "text/html; charset=utf-8"},
				"xml declaration": {"", "application/xhtml+xml"},
				"detected":        {"", "text/html"},
			} {
				t.Run(name+" "+how, func(t *testing.T) {
					src := s.page(page.head, c.lang)
					if how == "xml declaration" {
						src = `<?xml version="1.0" encoding="` + name + `"?>` + "\n" + src
					}
					wantStory(t, s, encodeIn(t, enc, src), page.ctype)
				})
			}
		}
	}
}

func encodeIn(t *testing.T, enc encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := enc.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUnicodeCharsets(t *testing.T) {
	s := stories["de"]
	plain := s.page("", "de")
	latin, _ := charset.Lookup("iso-8859-1")
	for name, c := range map[string]struct{ ctype, body string }{
		"utf-8":                 {"text/html; charset=utf-8", plain},
		"mark":                  {"text/html; charset=iso-8859-1", "\xef\xbb\xbf" + plain},
		"header wrong":          {"text/html; charset=iso-8859-1", plain},
		"meta wrong":            {"text/html", s.page("<meta charset=windows-1251>", "de")},
		"meta utf-16":           {"text/html", s.page("<meta charset=utf-16>", "de")},
		"utf-16 little endian":  {"text/html", string(encodeIn(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), plain))},
		"utf-16 big endian":     {"text/html", string(encodeIn(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), plain))},
		"utf-16 without a mark": {"text/html; charset=utf-16le", string(encodeIn(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), plain))},
		"latin said to be utf8": {"text/html; charset=utf-8", string(encodeIn(t, latin, plain))},
		"unknown name":          {"text/html; charset=none", plain},
	} {
		t.Run(name, func(t *testing.T) { wantStory(t, s, []byte(c.body), c.ctype) })
	}
}

// TestBrokenUTF8 wants a page that is UTF-8 but for a few bytes to be read as
// such.
func TestBrokenUTF8(t *testing.T) {
	s := stories["ru"]
	body := []byte(s.page("", "ru") + "<!-- \xff\xfe -->")
	wantStory(t, s, body, "text/html")
	p := testPage(body[:len(body)-len("\xfe -->")])
	p.Truncated = true
	if a, err := Extract(p); err != nil || a.Body.Text != s.text() {
		t.Errorf("truncated: %v, %v", a, err)
	}
}

// TestSmallPrint wants what scripts have beside letters to come out right: ruby
// without its readings, marks of direction and joiners as they are, soft hyphens
// and what is clipped away gone.
func TestSmallPrint(t *testing.T) {
	ja, de := stories["ja"].paras, stories["de"].paras
	for name, c := range map[string]struct{ in, want string }{
		"ruby":            {"<p><ruby>古<rp>(</rp><rt>ふる</rt><rp>)</rp></ruby>い<ruby>橋<rt>はし</rt></ruby>を直すことを、町の議会は火曜日の夜に決めた。</p>", "古い橋を直すことを、町の議会は火曜日の夜に決めた。"},
		"ruby ends left":  {"<p><ruby>古<rp>(<rt>ふる<rp>)</ruby>い<ruby>橋<rt>はし</ruby>を直すことを、町の議会は火曜日の夜に決めた。</p>", "古い橋を直すことを、町の議会は火曜日の夜に決めた。"},
		"ruby of bases":   {"<p><ruby><rb>石橋<rb>町<rt>いしばし<rt>まち</ruby>を直すことを、町の議会は火曜日の夜に決めた。</p>", "石橋町を直すことを、町の議会は火曜日の夜に決めた。"},
		"direction marks": {"<p>قال المتحدث إن الرقم \u200e+49 30 1234\u200f هو رقم البلدية للأسئلة عن الجسر القديم.</p>", "قال المتحدث إن الرقم \u200e+49 30 1234\u200f هو رقم البلدية للأسئلة عن الجسر القديم."},
		"isolates":        {"<p>הגשר \u2066Old Bridge\u2069 הוא הדרך של הילדים לבית הספר, אמרה ראשת העיירה.</p>", "הגשר \u2066Old Bridge\u2069 הוא הדרך של הילדים לבית הספר, אמרה ראשת העיירה."},
		"bdi":             {"<p>الجسر <bdi>Old Bridge</bdi> هو طريق الأطفال إلى المدرسة كل صباح، قالت الرئيسة.</p>", "الجسر Old Bridge هو طريق الأطفال إلى المدرسة كل صباح، قالت الرئيسة."},
		"clipped text":    {`<p>Die Bürgermeisterin <a href="https://rathaus.example/">der Stadt<span style="position:absolute; clip: rect(0px, 0px, 0px, 0px)">, öffnet ein Fenster</span></a> sagte, über die Brücke gehen die Kinder täglich zur Schule.</p>`, "Die Bürgermeisterin der Stadt sagte, über die Brücke gehen die Kinder täglich zur Schule."},
		"cut to size":     {`<p>Die Bürgermeisterin <span style="clip:rect(0,100px,10px,0)">der Stadt</span> sagte, über die Brücke gehen die Kinder täglich zur Schule.</p>`, "Die Bürgermeisterin der Stadt sagte, über die Brücke gehen die Kinder täglich zur Schule."},
		"soft hyphens":    {"<p>Die Bürger&shy;meisterin sagte, über die Brü\u00adcke gehen die Kinder täglich zur Schule.</p>", "Die Bürgermeisterin sagte, über die Brücke gehen die Kinder täglich zur Schule."},
	} {
		t.Run(name, func(t *testing.T) {
			around := ja
			if !strings.ContainsAny(c.want, "の") {
				around = de
			}
			page := "<html><body><h1>A title of words</h1><p>" + around[0] + "</p>" + c.in + "<p>" + around[1] + "</p></body></html>"
			a, err := Extract(testPage([]byte(page)))
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Join([]string{around[0], c.want, around[1]}, "\n\n"); a.Body.Text != want {
				t.Errorf("text %q\nwant %q", a.Body.Text, want)
			}
		})
	}
}

// TestShortBodies wants a body of some dozen characters whole.
func TestShortBodies(t *testing.T) {
	for name, s := range map[string]story{
		"one paragraph": {"古い橋の修理始まる", []string{"町の議会は火曜日の夜、古い石橋を冬の前に直すと決めた。工事は来月から。"}},
		"two":           {"老桥将修好", []string{"河边小镇的议会决定修好老石桥。", "工程将于下个月开始。"}},
		"Korean":        {"다리 고친다", []string{"마을 의회는 오래된 돌다리를 겨울 전에 고치기로 했다. 공사는 다음 달 시작된다."}},
	} {
		t.Run(name, func(t *testing.T) {
			wantStory(t, s, []byte(s.page("", "x")), "text/html; charset=utf-8")
		})
	}
}
