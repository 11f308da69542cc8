package bylines

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PhotoCredit is whom a picture is owed to.
type PhotoCredit struct {
	Credit       string // agency or archive; several are joined by slashes
	Photographer string
	File         bool // the picture is older than the story, or stands for something like it
}

// CaptionCredit reads the credit at the end of a caption, as in "... (Photo: A
// Name/Reuters)". It is false where the caption has none.
func CaptionCredit(caption string) (PhotoCredit, bool) {
	tail := strings.TrimRight(caption, " .\u00a0")
	if at, after, ok := creditWord(tail); ok {
		c := readCredit(tail[after:])
		c.File = c.File || endsInFileWord(tail[:at])
		return c, c.Credit != "" || c.Photographer != ""
	}
	if name := hanCredit(tail); name != "" {
		return PhotoCredit{Credit: name, Photographer: name}, true
	}
	inside, ok := lastBrackets(tail)
	if !ok || !(strings.ContainsAny(inside, "/") || Agency(inside) != "" || stock[fold(inside)] || holdsFileWord(inside)) {
		return PhotoCredit{}, false
	}
	c := readCredit(inside)
	return c, c.Credit != "" || c.Photographer != "" || c.File
}

// hanCredit returns the name in front of the word for "took" at the end of a Chinese
// caption, as in "... 王小波 摄".
func hanCredit(tail string) string {
	tail = strings.TrimRight(tail, "）)】]。")
	name, ok := strings.CutSuffix(tail, "摄")
	if !ok {
		if name, ok = strings.CutSuffix(tail, "攝"); !ok {
			return ""
		}
	}
	name = strings.TrimSpace(name)
	name = name[strings.LastIndexAny(name, " \u3000（(【[。，、")+1:]
	name = strings.TrimLeftFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
	if rest, _, ok := hanLead(name); ok {
		name = rest
	}
	if !isHan(name) || utf8.RuneCountInString(name) > maxHanName || !Name(name) {
		return ""
	}
	return name
}

// maxHanName is how many characters a name has at most that stands in a caption.
const maxHanName = 4

// endsInFileWord says whether what stands before a credit ends in "File" or
// "(Archive)".
func endsInFileWord(s string) bool {
	s = strings.TrimRight(s, " \u00a0.|")
	s = strings.TrimRight(s, ")]")
	return fileWords[fold(s[strings.LastIndexAny(s, " ([")+1:])]
}

// Photo reads a text that is known to be a picture's credit.
func Photo(s string) PhotoCredit {
	if _, after, ok := creditWord(s); ok {
		c := readCredit(s[after:])
		c.File = c.File || holdsFileWord(s[:after])
		return c
	}
	return readCredit(s)
}

// maxPhotoCredit is how long a credit can be, in bytes.
const maxPhotoCredit = 90

// creditWord finds the last word that introduces a credit within the end of s:
// at is where it begins and after where the credit does.
func creditWord(s string) (at, after int, ok bool) {
	from := max(0, len(s)-maxPhotoCredit)
	for i := len(s) - 1; i >= from; i-- {
		if s[i] < utf8.RuneSelf && s[i] != ':' && s[i] != ' ' && s[i] != '=' {
			continue // as most do
		}
		switch {
		case s[i] == ':', s[i] == '=', strings.HasPrefix(s[i:], "："), strings.HasPrefix(s[i:], "＝"), strings.HasPrefix(s[i:], "・"):
			_, n := utf8.DecodeRuneInString(s[i:])
			if at, ok := wordBefore(s, i); ok {
				return at, i + n, true
			}
		case strings.HasPrefix(s[i:], "©"):
			return i, i + len("©"), true
		case s[i] == ' ' && has(ofWords, s[i+1:i+1+max(0, strings.IndexByte(s[i+1:], ' '))]):
			if at, ok := wordBefore(s, i); ok {
				return at, i + strings.IndexByte(s[i+1:], ' ') + 2, true
			}
		case s[i] == ' ':
			if at, ok := wordBefore(s, i); ok && startsCredit(s, at) && isCredited(s[i+1:]) {
				return at, i + 1, true
			}
		}
	}
	return 0, 0, false
}

// ofWords stand between what a picture is and whose it is.
var ofWords = buildSet(`by von de di da do par door av af`)

// startsCredit says whether a word that introduces a credit without a colon can begin
// at i: nothing or the end of a sentence stands before it.
func startsCredit(s string, i int) bool {
	before := strings.TrimRight(s[:i], " \u00a0")
	return before == "" || strings.ContainsAny(before[len(before)-1:], ".!?)|(-\"") || strings.HasSuffix(before, "”") || strings.HasSuffix(before, "–")
}

// isCredited says whether a text is nothing but whom pictures are owed to.
func isCredited(s string) bool {
	name, _, _ := strings.Cut(s, "/")
	name = strings.TrimSpace(name)
	return Name(name) || Agency(name) != "" || stock[fold(name)]
}

// wordBefore says whether the word that ends at i introduces credits, and where
// it begins.
func wordBefore(s string, i int) (at int, ok bool) {
	s = strings.TrimRight(s[:i], " \u00a0.")
	at = strings.LastIndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) + 1
	return at, creditWords[fold(s[at:])]
}

// lastBrackets returns what stands in brackets at the end of s.
func lastBrackets(s string) (string, bool) {
	if s == "" || s[len(s)-1] != ')' && s[len(s)-1] != ']' {
		return "", false
	}
	i := strings.LastIndexAny(s, "([")
	if i < 0 || len(s)-i > maxPhotoCredit {
		return "", false
	}
	return s[i+1 : len(s)-1], true
}

// readCredit splits a credit into its parts.
func readCredit(s string) PhotoCredit {
	var c PhotoCredit
	s = strings.Trim(s, " \u00a0:/|,;()[]（）【】［］©.·-–—\"")
	if s == "" || len(s) > maxPhotoCredit {
		return c
	}
	if s, c.File = withoutFileWord(s); s == "" {
		return c
	}
	var houses []string
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/|,;()[]（）【】、，／©", r) }) {
		name, house, via := strings.Cut(part, " via ")
		if !via {
			house = ""
		}
		for _, p := range []string{name, house} {
			p = strings.Trim(p, " \u00a0:.-–—")
			if isHan(p) {
				p = strings.Join(hanName(strings.Fields(p)), " ")
			}
			switch {
			case p == "" || nobody[fold(p)] || creditWords[fold(p)]:
			case c.Photographer == "" && isPhotographer(p):
				c.Photographer = p
			default:
				houses = append(houses, p)
			}
		}
	}
	if c.Credit = strings.Join(houses, "/"); c.Credit == "" {
		c.Credit = c.Photographer
	}
	return c
}

// isPhotographer says whether a part of a credit is a person's name.
func isPhotographer(s string) bool {
	if stock[fold(s)] || Agency(s) != "" || slices.ContainsFunc(strings.Fields(fold(s)), func(w string) bool { return stock[w] || houseWords[w] }) {
		return false
	}
	return Name(s)
}

func holdsFileWord(s string) bool {
	_, ok := withoutFileWord(s)
	return ok
}

// withoutFileWord cuts the words off that say that a picture is from the files.
func withoutFileWord(s string) (rest string, found bool) {
	words := strings.Fields(s)
	kept := words[:0:0]
	for i, w := range words {
		f := fold(w)
		switch {
		case fileWords[f]:
			found = true
		case found && i > 0 && fileWords[fold(words[i-1])] && creditWords[f]:
		default:
			kept = append(kept, w)
		}
	}
	if !found {
		return s, false
	}
	return strings.Trim(strings.Join(kept, " "), " /,-:"), true
}

// creditWords introduce the credit of a picture.
var creditWords = buildSet(`photo photos photograph photographs photography photographer picture pictures image images credit credits source courtesy copyright illustration graphic
	foto fotos fotograf fotografin bild bilder bildquelle bildnachweis bildrechte quelle grafik symbolbild symbolfoto archivbild archivfoto
	crédit crédits photographe fotografía fotógrafo imagen fuente crédito créditos fotografia imagem immagine fonte beeld kuva kuvat zdjęcie fot zdroj fotó fotoğraf kaynak
	φωτογραφία φωτό фото источник зображення снимка تصوير الصورة المصدر عکس צילום फोटो ảnh 写真 撮影 摄影 攝影 图 圖 사진 출처 来源 來源`)

// fileWords say that a picture is from the files, or a symbol.
var fileWords = buildSet(`file archive archiv archiva archivo archivio archives archivbild archivfoto archiefbeeld arkiv arkivbild arkivfoto symbolbild symbolfoto symbolbilder
	architektur-archiv илл архив архивное أرشيف ارشيف أرشيفية ארכיון 資料 资料 자료사진 themenbild`)

// stock are the houses that deal in pictures.
var stock = buildFolded(`getty images|getty|gettyimages|istock|istockphoto|shutterstock|imago|imago images|imago stock people|picture alliance|picture alliance dpa|epa|epa efe|alamy|alamy stock photo|unsplash|pexels|
	pixabay|adobe stock|adobestock|stock adobe com|fotolia|depositphotos|ddp|zuma|zuma press|zuma wire|ap photo|sopa|sopa images|bloomberg|wikimedia|wikimedia commons|wikipedia|flickr|instagram|facebook|twitter|
	youtube|nasa|nurphoto|lightrocket|corbis|magnum|magnum photos|laif|ullstein|ullstein bild|akg|akg images|bridgeman|bridgeman images|dreamstime|123rf|rex|rex features|pa wire|pa archive|action images|
	usa today sports|imagn|imagn images|afp getty images|anadolu agency|screenshot|handout|privat|private|pool|hbo|netflix|disney|reuters pictures|belga photo|anp foto|scanpix|ntb scanpix|tt nyhetsbyrån|lehtikuva`)

// houseWords are words that no photographer's name holds.
var houseWords = buildSet(`images image photo photos press media news agency picture pictures bild foto verlag museum archive stock studio screenshot ministerium department police polizei feuerwehr office courtesy
	university universität getty reuters pool tv gmbh inc wire`)
