package bylines

import "strings"

// prefixedAnds are the words for "and" of Arabic and Hebrew, which are written
// together with the word behind them.
var prefixedAnds = [...]string{"و", "ו"}

// waws are the names and other words in bylines that begin with such a letter.
var waws = buildSet(`وليد وائل وسيم وسام وفاء وداد وديع وجيه وجدي وجدان وحيد وحيدة وهيب وهاب وهبة وهبي وهدان وصال وصفي واصف وضاح وعد وعود ورد وردة
	ورود وفيق وفيقة وفا وفاق ولاء ولي وليم وليام وهج وصيف وزان ونوس ونيس وكيل وقاص ولد ولدي والي واعظ وادي وطفة وطفاء ونسة وسن وسمي وثاب وريث ويلسون
	ويليام وينستون وندي والتر وودي واكد وكالة وكالات وزارة وزير وطن
	ורד ורדה ורדי ורדית ויקטור ויקטוריה ולדימיר ולרי ולריה ולנטינה ולדיסלב וידל וייס וינר וינטר ויצמן ויזל ויזנטל וולף וולך וקנין ועקנין ועדיה וענונו ורטהיים
	ורהפטיג וינברג וינשטיין ויסמן וקס ואהבה ואלרשטיין ותיק ווילי`)

// behindAnd returns what stands behind the word for "and" in one word, if it may
// be such a word: three letters at least, and no name that begins so.
func behindAnd(w string) (name string, ok bool) {
	for _, and := range prefixedAnds {
		if name, ok = strings.CutPrefix(w, and); ok {
			return name, len(name) >= 2*len(and) && !waws[w] && !strings.HasPrefix(name, and)
		}
	}
	return "", false
}

// minNamed is how many words a name has, at least, that is told from another by a
// word for "and" written together with it. Surnames begin with that letter, too.
const minNamed = 2

// takeNext cuts the first name off the words of a piece, and the word for "and"
// off the next; it returns nil if they are one name.
func (p *piece) takeNext() (first []string) {
	for i := minNamed; i+minNamed <= len(p.words); i++ {
		if name, ok := behindAnd(p.words[i]); ok {
			first = p.words[:i]
			p.words = append([]string{name}, p.words[i+1:]...)
			return first
		}
	}
	return nil
}
