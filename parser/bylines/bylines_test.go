package bylines

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// flat writes a byline on one line: persons with their organisations in
// brackets; "org", "agency" and "help" before the others.
func flat(b Byline) string {
	var out []string
	for _, p := range b.Persons {
		if p.Org != "" {
			p.Name += " (" + p.Org + ")"
		}
		out = append(out, p.Name)
	}
	for _, s := range b.Orgs {
		out = append(out, "org "+s)
	}
	for _, s := range b.Agencies {
		out = append(out, "agency "+s)
	}
	for _, s := range b.Helped {
		out = append(out, "help "+s)
	}
	return strings.Join(out, "; ")
}

func TestParse(t *testing.T) {
	isSite := func(s string) bool { return fold(s) == "hill daily" || fold(s) == "talbote" }
	for _, c := range []struct{ in, want string }{
		// English
		{"By Mara Quill and Tom Hask, Hill Daily | 3 May 2022", "Mara Quill; Tom Hask (Hill Daily)"},
		{"Mara Quill, Berlin", "Mara Quill"},
		{"Mara Quill in Berlin", "Mara Quill"},
		{"By Mara Quill, Chief Political Correspondent", "Mara Quill"},
		{"Mara Quill\nDeputy Content Hub Director\n08:39, 6 Jan", "Mara Quill"},
		{"Mara Quill\nView More Articles", "Mara Quill"},
		{"Mara Quill Senior Crime Reporter", "Mara Quill"},
		{"Mara Quill, Tom Hask and 2 others", "Mara Quill; Tom Hask"},
		{"By Mara Quill mara.quill@hill.example @maraq", "Mara Quill"},
		{"Words: Mara Quill Photos: Tom Hask", "Mara Quill"},
		{"Photos by Tom Hask, story by Mara Quill", "Mara Quill"},
		{"Text by Mara Quill Photos by Tom Hask", "Mara Quill"},
		{"--- by Mara Quill", "Mara Quill"},
		{"Mara Quill (Text), Tom Hask (Photos)", "Mara Quill"},
		{"Mara Quill, Reuters", "Mara Quill; agency Reuters"},
		{"Mara Quill/Reuters", "Mara Quill; agency Reuters"},
		{"By Mara Quill, with Reuters", "Mara Quill; help Reuters"},
		{"More from Politics", ""},
		{"More from US Politics", ""},
		{"More from the region", ""},
		{"By Mara Quill\nMore from World", "Mara Quill"},
		{"More from Mara Quill", "Mara Quill"},
		{"More from Hillford", ""},
		{"By Mara World", "Mara World"},
		{"Hill Farmers Cooperative", "org Hill Farmers Cooperative"},
		{"Staff Writer", ""},
		{"Web Desk", ""},
		{"admin", ""},
		{"Hill Daily", "org Hill Daily"},
		{"Quill, Mara", "Mara Quill"},
		{"Quill, Mara; Hask, Tom", "Mara Quill; Tom Hask"},
		{"Mara Quill Thursday, November 9, 2023 4:41AM", "Mara Quill"},
		{"By\nMara Quill\nand\nTom Hask\nThursday, 9 November", "Mara Quill; Tom Hask"},
		{"ByMara Quill", "Mara Quill"},
		{"Published By: Mara Quill", "Mara Quill"},
		{"Mara Quill for Hill Daily", "Mara Quill"},
		{"John O'Quill-Hask Jr.", "John O'Quill-Hask Jr."},
		{"R. R.", "R. R."},
		{"quillwriter77", "quillwriter77"},
		{"Quill2man", "Quill2man"},
		{"https://hill.example/mara", ""},
		{"University of Hillford", "org University of Hillford"},
		{"By Ludwig van Quill, Maria de la Hask", "Ludwig van Quill; Maria de la Hask"},
		{"Mara Quill, Reporter", "Mara Quill"},
		{"Mara Quill (Author)", "Mara Quill"},
		{"Mara Quill\nReporter\nHillford", "Mara Quill"},
		{"Mara Quill Staff Writer", "Mara Quill"},
		{"Mara Quill, News Editor", "Mara Quill"},
		{"Mara Quill, CEO of Hask Capital", "Mara Quill"},
		{"Mara Quill, MD, MPH", "Mara Quill"},
		{"Mara Quill, special to Hill Daily", "Mara Quill"},
		{"Mara Quill\nHealth correspondent, Hillford", "Mara Quill"},
		{"By MARA QUILL and TOM HASK Associated Press", "MARA QUILL; TOM HASK; agency AP"},
		{"By Mara Quill The Canadian Press", "Mara Quill; agency Canadian Press"},
		{"By Mara Quill Reuters", "Mara Quill; agency Reuters"},
		{"By Ani Keystone", "Ani Keystone"},
		{"By Mara Quill, HILL TODAY", "Mara Quill (HILL TODAY)"},
		{"Text and photos by Mara Quill", "Mara Quill"},
		{"Photos & words: Mara Quill", "Mara Quill"},
		{"Guest essay by Mara Quill", "Mara Quill"},
		{"Written by Mara Quill Reviewed by Tom Hask", "Mara Quill"},
		{"Reviewed by Tom Hask", "Tom Hask"},
		{"Updated by Tom Hask", ""},
		{"M.Q.", "M.Q."},
		// German
		{"Text und Fotos: Mara Quell", "Mara Quell"},
		{"Text: Mara Quell und Tom Hask", "Mara Quell; Tom Hask"},
		{"Von Dr. med. Mara Quell", "Dr. med. Mara Quell"},
		{"mqu/dpa", "agency dpa"},
		{"Von Mara Quell, Tom Hask und Ida Moos", "Mara Quell; Tom Hask; Ida Moos"},
		{"Von R. R. am 07.08.2013 um 09:07 Uhr gespeichert", "R. R."},
		{"Interview: Mara Quell", "Mara Quell"},
		{"Text: Mara Quell | Fotos: Tom Hask", "Mara Quell"},
		{"Mara Quell (dpa)", "Mara Quell; agency dpa"},
		{"Autor: Mara Quell/QX-T", "Mara Quell (QX-T)"},
		{"dpa/afp", "agency dpa; agency AFP"},
		{"Von Dr. Mara Quell, Redakteurin", "Dr. Mara Quell"},
		{"Redakteurin Mara Quell", "Mara Quell"},
		{"Wohngenossenschaft Quelltal", "org Wohngenossenschaft Quelltal"},
		{"Energie Quelltal eG", "org Energie Quelltal eG"},
		{"Wirtschaftsredakteur Tom Hask", "Tom Hask"},
		{"Mara Quell (jsc)", "Mara Quell"},
		{"Redaktion", "org Redaktion"},
		{"Redaktion Talbote", "org Redaktion Talbote"},
		{"Ein Gastbeitrag von Mara Quell", "Mara Quell"},
		{"Mara Quell, Redaktion", "Mara Quell"},
		{"Autor:\nTom Hask", "Tom Hask"},
		{"Mara Quell im Gespräch mit Tom Hask", "Mara Quell; Tom Hask"},
		{"Mara Quell\nMehr von Mara Quell\nKontakt", "Mara Quell"},
		{"3. Mai · von Mara Quell · in Allgemein · Hinterlasse einen Kommentar", "Mara Quell"},
		{"Landtagsfraktion Hügelland", "org Landtagsfraktion Hügelland"},
		// the Romance languages
		{"Par Mara Quelle et Tom Hasque", "Mara Quelle; Tom Hasque"},
		{"Propos recueillis par Mara Quelle", "Mara Quelle"},
		{"Mara Quelle, correspondante à Rome", "Mara Quelle"},
		{"Por Mara Quela y Tomás Hasca", "Mara Quela; Tomás Hasca"},
		{"Texto: Mara Quela Fotos: Tomás Hasca", "Mara Quela"},
		{"di Mara Quella e Tommaso Asca", "Mara Quella; Tommaso Asca"},
		{"Di Mara Quella", "Mara Quella"},
		{"Por João da Quela e Ana Hasca", "João da Quela; Ana Hasca"},
		{"de la Redacción", "org Redacción"},
		{"Autor: Ion Chelescu și Ana Hascu", "Ion Chelescu; Ana Hascu"},
		{"Par la rédaction avec AFP", "org rédaction; help AFP"},
		{"De notre envoyé spécial à Quelleville, Tom Hasque", "Tom Hasque"},
		{"Por Mara Quela, da Agência Brasil", "Mara Quela; agency Agência Brasil"},
		{"Mara Quela / Hascal", "Mara Quela"},
		{"Mara Quela / Tomás Hasca", "Mara Quela; Tomás Hasca"},
		{"José Quela y Hasca", "José Quela y Hasca"},
		{"Di Mara Quella e Tommaso Asca Pubblicato il 3 maggio 2024", "Mara Quella; Tommaso Asca"},
		{"Mara Quella ed Elio Asca", "Mara Quella; Elio Asca"},
		// Northern Europe
		{"Text och foto: Mara Källa", "Mara Källa"},
		{"Av Mara Kjelde i Haskvik", "Mara Kjelde"},
		{"Door onze verslaggever Mara Kwel", "Mara Kwel"},
		{"Door Mara van der Kwel en Tom Hask", "Mara van der Kwel; Tom Hask"},
		{"Av Mara Källa och Tom Hask", "Mara Källa; Tom Hask"},
		{"Tekst: Mara Kjelde Foto: Tom Hask", "Mara Kjelde"},
		{"Skrevet af Mara Kilde", "Mara Kilde"},
		{"Kirjoittanut Mara Lähde ja Tomi Haskela", "Mara Lähde; Tomi Haskela"},
		// Central and eastern Europe, Turkey
		{"Autor: Jan Kwiel i Ewa Haska", "Jan Kwiel; Ewa Haska"},
		{"Napsal Jan Kvell a Eva Hasková", "Jan Kvell; Eva Hasková"},
		{"Autor: Jan Kwiel i Ewa Haska Opublikowano: 3 maja 2024", "Jan Kwiel; Ewa Haska"},
		{"Írta: Kvell János és Haska Éva", "Kvell János; Haska Éva"},
		{"Yazan: Mert Kaynak ve Ela Haska", "Mert Kaynak; Ela Haska"},
		{"Της Μαρίας Πηγή", "Μαρίας Πηγή"},
		{"Автор: Иван Ключев и Анна Хаскова", "Иван Ключев; Анна Хаскова"},
		{"Текст: Иван Ключев, корреспондент", "Иван Ключев"},
		{"Автор: Іван Ключ та Ганна Хаско", "Іван Ключ; Ганна Хаско"},
		// right to left
		{"بقلم: سامر النبع", "سامر النبع"},
		{"كتب سامر النبع ومنى الحقل", "سامر النبع; منى الحقل"},
		{"بقلم: سامر النبع، منى الحقل وكريم البئر", "سامر النبع; منى الحقل; كريم البئر"},
		{"بقلم: سامر النبع، ومنى الحقل", "سامر النبع; منى الحقل"},
		{"بقلم سامر النبع ومنى الحقل وكريم البئر", "سامر النبع; منى الحقل; كريم البئر"},
		{"بقلم سامر وليد النبع", "سامر وليد النبع"},
		{"بقلم سامر وهبي", "سامر وهبي"},
		{"بقلم وليد النبع", "وليد النبع"},
		{"رئيس التحرير", ""},
		{"סופר: דן מעיין", "דן מעיין"},
		{"מאת דן מעיין", "דן מעיין"},
		{"מאת דן מעיין ויעל שדה", "דן מעיין; יעל שדה"},
		{"מאת דן מעיין ורד שדה", "דן מעיין ורד שדה"},
		{"מאת ורד שדה", "ורד שדה"},
		{"نویسنده: سامان چشمه", "سامان چشمه"},
		// the rest of Asia
		{"लेखक: राम स्रोत", "राम स्रोत"},
		{"Oleh Budi Sumber dan Ana Haska", "Budi Sumber; Ana Haska"},
		{"Tác giả: Nguyễn Văn Suối và Trần Thị Hà", "Nguyễn Văn Suối; Trần Thị Hà"},
		{"โดย สมชาย น้ำพุ", "สมชาย น้ำพุ"},
		{"記者王小泉／台北報導", "王小泉"},
		{"记者 王小泉 李大河", "王小泉; 李大河"},
		{"作者：王小泉、李大河 发布时间：2024年5月3日", "王小泉; 李大河"},
		{"Autorius: Mara Šaltinė ir Jonas Haskas", "Mara Šaltinė; Jonas Haskas"},
		{"作者：王小泉、李大河", "王小泉; 李大河"},
		{"责任编辑：王小泉", ""},
		{"文／泉野花子", "泉野花子"},
		{"文＝泉野 花子 写真＝畑 太郎", "泉野 花子"},
		{"홍샘물 기자", "홍샘물"},
		{"홍샘물기자", "홍샘물"},
		{"홍샘물 선임기자", "홍샘물"},
		{"(서울=연합뉴스) 홍샘물 기자 =", "홍샘물; agency Yonhap"},
		{"글·사진 홍샘물 기자", "홍샘물"},
		{"글 홍샘물 사진 한들판", "홍샘물"},
		{"泉野花子、畑太郎", "泉野花子; 畑太郎"},
		{"文・写真＝泉野花子", "泉野花子"},
		{"文/王小泉 圖/李大河", "王小泉"},
		{"〔記者王小泉／台北報導〕", "王小泉"},
	} {
		if got := flat(Parse(c.in, isSite)); got != c.want {
			t.Errorf("Parse(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestLine(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"By Mara Quill and Tom Hask | Tuesday, 3 May 2022", "Mara Quill; Tom Hask"},
		{"Von Mara Quell, Berlin", "Mara Quell"},
		{"-- Von Mara Quell --", "Mara Quell"},
		{"Text von Mara Quell Illustration von Tom Hask", "Mara Quell"},
		{"VON MARA QUELL", "MARA QUELL"},
		{"By the time they left", ""},
		{"By Monday Mara Quill was gone", ""},
		{"Von Berlin nach Hamburg", ""},
		{"Von Anfang an", ""},
		{"Par ailleurs", ""},
		{"Mara Quill", ""},
		{"Story of a Lake", ""},
		{"Interview mit Mara Quell", ""},
	} {
		b, ok := Line(c.in, nil)
		got := ""
		if ok {
			got = flat(b)
		}
		if got != c.want {
			t.Errorf("Line(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]bool{
		"Mara Quill": true, "Mara de Quill": true, "王小泉": true,
		"Mara": false, "By Mara Quill": false, "Mara Quill, Berlin": false, "Hill News": false, "The end.": false,
	} {
		if got := Name(in); got != want {
			t.Errorf("Name(%q) = %v", in, got)
		}
	}
}

func TestCredit(t *testing.T) {
	for _, c := range []struct {
		in     string
		want   []string
		helped bool
	}{
		{"- With Reuters", []string{"Reuters"}, true},
		{"(dpa/AFP)", []string{"dpa", "AFP"}, false},
		{"Quelle: dpa", []string{"dpa"}, false},
		{"Mit Material von dpa", []string{"dpa"}, true},
		{"— Reuters and AP", []string{"Reuters", "AP"}, false},
		{"Foto: dpa", nil, false},
		{"Reuters said so", nil, false},
		{"Ani", nil, false},
		{"", nil, false},
	} {
		names, helped := Credit(c.in)
		if d := cmp.Diff(c.want, names); d != "" || helped != c.helped {
			t.Errorf("Credit(%q) = %v, %v", c.in, names, helped)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"By Mara Quill and Tom Hask, Hill Daily | 3 May", "記者王小泉／台北報導", "Text: A | Fotos: B", "(dpa)", ":/,&\n", "Quill, Mara", "By", "\xff, \xc2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range Parse(s, nil).Persons {
			if strings.TrimSpace(p.Name) == "" || len(p.Name) > len(s)+1 {
				t.Errorf("Parse(%q) names %q", s, p.Name)
			}
		}
		Line(s, nil)
		Credit(s)
		Name(s)
	})
}

// TestNamesOfManyLands wants particles that are written together with names to stay
// with them, the words for "and" to part names, and places and signs of editors to
// be no names.
func TestNamesOfManyLands(t *testing.T) {
	for line, want := range map[string]string{
		"Par Jeanne d'Arville avec AFP":          "Jeanne d'Arville; helped AFP",
		"Paul d’Orville":                         "Paul d’Orville",
		"By Karim al-Tarif and Sara el-Nour":     "Karim al-Tarif, Sara el-Nour",
		"Por María de los Prados Vega":           "María de los Prados Vega",
		"João Prado, em Lisboa":                  "João Prado",
		"Anna Lind, aus Bergau":                  "Anna Lind",
		"Von unserem Redaktionsmitglied A. Lind": "A. Lind",
		"oprac. Anna Kowal":                      "Anna Kowal",
		"Jonas Petras ir Ona Rasa":               "Jonas Petras, Ona Rasa",
		"राम वर्मन और सीता वर्मन":                "राम वर्मन, सीता वर्मन",
		"김민수·이서연 기자":                             "김민수, 이서연",
		"글 김민수 기자, 사진 이서연 기자":                    "김민수",
		"Anna Lind Updated: May 3, 2024":         "Anna Lind",
		"Von Anna Lind mit dpa":                  "Anna Lind; helped dpa",
		"dpa/abc":                                "; from dpa",
		"dpa/Anna Lind":                          "Anna Lind; from dpa",
		"The Tidewick Review":                    "; org The Tidewick Review",
		"By The Rev. Anna Lind":                  "The Rev. Anna Lind",
		"Polizei Bergau":                         "; org Polizei Bergau",
		"By Anna Lind with her two children":     "Anna Lind; rest",
	} {
		b := Parse(line, nil)
		var names []string
		for _, p := range b.Persons {
			names = append(names, p.Name)
		}
		parts := []string{strings.Join(names, ", ")}
		for _, list := range []struct {
			what  string
			names []string
		}{{"org", b.Orgs}, {"from", b.Agencies}, {"helped", b.Helped}} {
			if len(list.names) > 0 {
				parts = append(parts, list.what+" "+strings.Join(list.names, ", "))
			}
		}
		if b.Rest {
			parts = append(parts, "rest")
		}
		if got := strings.Join(parts, "; "); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
