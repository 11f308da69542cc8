package bylines

import (
	"strings"
	"unicode/utf8"
)

// agencies maps a folded name to how the agency is called.
var agencies = buildAgencies(`Reuters|Reuters=Thomson Reuters|AFP|AFP=Agence France-Presse|AFP=Agence France Presse|AP=Associated Press|AP=The Associated Press|AP|dpa|dpa-AFX|dpa=dpa-infocom|
	dpa=Deutsche Presse-Agentur|dpa=Deutsche Presse-Agentur GmbH|APA|APA=Austria Presse Agentur|SDA|SDA=Keystone-SDA|SDA=sda-ats|ATS=ATS|ANSA|EFE|EFE=Agencia EFE|PA=PA Media|PA=Press Association|
	Xinhua|Xinhua=新华社|Xinhua=新華社|TASS|TASS=ТАСС|RIA Novosti|RIA Novosti=РИА Новости|Interfax|Interfax=Интерфакс|Ukrinform|Ukrinform=Укрінформ|UNIAN=УНІАН|KNA|epd|Belga|ANP|Ritzau|NTB|TT=TT Nyhetsbyrån|
	STT|Yonhap|Yonhap=연합뉴스|Kyodo|Kyodo=Kyodo News|Kyodo=共同通信|Kyodo=共同|Jiji|Jiji=時事通信|Jiji=時事|CNA=中央社|IANS|PTI|ANI|SID|AAP|Anadolu=Anadolu Agency|Anadolu=Anadolu Ajansı|Anadolu|
	DHA|DHA=Demirören Haber Ajansı|İHA|İHA=İhlas Haber Ajansı|UPI|Europa Press|Adnkronos|LUSA|Lusa=Agência Lusa|Agência Brasil|PAP|ČTK=CTK|ČTK|MTI|Agerpres|HINA|Tanjug|BTA|Antara|Bernama|WAM|SPA=Saudi Press Agency|
	Agencies|Canadian Press=The Canadian Press|AFP Relaxnews|Press Trust of India|PTI=Press Trust of India|MENA|IRNA|Mehr=Mehr News|ISNA|
	AFP=أ ف ب|AFP=فرانس برس|Reuters=رويترز|AP=أسوشيتد برس|dpa=د ب أ|Xinhua=شينخوا|Anadolu=الأناضول|Reuters=רויטרס|AFP=法新社|Reuters=路透社|Reuters=路透|AP=美聯社|AP=美联社|Reuters=ロイター|
	AFP=AFP通信|AP=AP通信|Reuters=로이터|ots|dts=dts Nachrichtenagentur|spot on news|teleschau|AWP|Keystone|CNA=Catholic News Agency`)

func buildAgencies(list string) map[string]string {
	m := make(map[string]string)
	for entry := range strings.SplitSeq(list, "|") {
		name, alias, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if !ok {
			alias = name
		}
		m[fold(alias)] = name
	}
	return m
}

// maxAcronym is how long a name can be that must not be written as a person's.
const maxAcronym = 4

// maxAgency is how long the name of an agency can be, in bytes.
const maxAgency = 40

// Agency returns how the news agency is called that s names, or "".
func Agency(s string) string {
	if s == "" || len(s) > maxAgency {
		return ""
	}
	f := fold(s)
	if len(f) <= maxAcronym && capital(s) && strings.ToLower(s[1:]) == s[1:] {
		return "" // "Ani" is a person, "ANI" an agency
	}
	return agencies[f]
}

// helper returns the agency that somebody wrote with, as in "with AFP" behind a
// name, or "".
func helper(words []string) string {
	if len(words) < 2 || !withWords[words[0]] {
		return ""
	}
	return Agency(strings.Join(words[1:], " "))
}

// withWords stand between an author and the agency that contributed.
var withWords = buildSet(`with avec mit con com med met z s с`)

// isInitials says whether a word beside an agency's name is how an editor signs.
func isInitials(w string) bool { return utf8.RuneCountInString(w) <= 3 && !isHan(w) }

// MaxCredit is how long a line that credits agencies can be, in bytes.
const MaxCredit = 120

// Credit reads a line that credits agencies and says nothing else, such as
// "- With Reuters" or "(dpa/AFP)". It returns nil for any other text. helped
// says that the agencies contributed.
func Credit(line string) (names []string, helped bool) {
	if line == "" || len(line) > MaxCredit || !mentionsAgency(line) {
		return nil, false
	}
	groups, _ := split(line)
	for _, group := range groups {
		for _, p := range group {
			if p.led && (p.role == pictures || p.role == writes) {
				return nil, false
			}
			helped = helped || p.led && p.role == helps
			if len(p.words) == 0 {
				continue
			}
			name := Agency(strings.Trim(strings.Join(p.words, " "), "-–—_*©. "))
			if name == "" {
				return nil, false
			}
			names = append(names, name)
		}
	}
	return names, helped
}

// agencyWords are the longest words of the agencies' names, folded.
var agencyWords = buildAgencyWords()

func buildAgencyWords() map[string]bool {
	m := make(map[string]bool)
	for name := range agencies {
		longest := ""
		for word := range strings.FieldsSeq(name) {
			if len(word) > len(longest) {
				longest = word
			}
		}
		m[longest] = true
	}
	return m
}

// agencyShapes are the shapes of agencyWords.
var agencyShapes = buildShapes(agencyWords)

// buildShapes returns a bit for the length of each of some words, by its first byte.
func buildShapes(words map[string]bool) (shapes [256]uint64) {
	for word := range words {
		shapes[word[0]] |= 1 << len(word)
	}
	return shapes
}

// mentionsAgency says cheaply whether a line can name an agency: it has the
// longest word of an agency's name. Scripts that part no words, and a lead that
// is written together with the name, are not looked into.
func mentionsAgency(line string) bool {
	start, plain := -1, true // where a word begins, and whether it is all ASCII
	for i, r := range line {
		switch {
		case r >= '\u2e80':
			return true
		case r < utf8.RuneSelf && foldedASCII[r] != 0, r >= utf8.RuneSelf && foldRune(r) != 0:
			if start < 0 {
				start, plain = i, true
			}
			plain = plain && r < utf8.RuneSelf
		case start >= 0:
			if ofAgency(line[start:i], plain) {
				return true
			}
			start = -1
		}
	}
	return start >= 0 && ofAgency(line[start:], plain)
}

func ofAgency(word string, plain bool) bool {
	if strings.HasPrefix(word, "By") {
		return true
	}
	if len(word) > maxAgency || plain && agencyShapes[foldedASCII[word[0]]]>>len(word)&1 == 0 {
		return false
	}
	return has(agencyWords, word)
}
