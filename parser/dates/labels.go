package dates

import "strings"

// Label is what the words at a date say that it is.
type Label uint8

// The labels. A Foreign date is that of an event, a picture, a membership, the
// copyright.
const (
	NoLabel Label = iota
	Published
	Modified
	Foreign
)

// labelWords are the beginnings of words that label a date, by what they say; a
// bar at the end wants the word to end there.
var labelWords = map[Label]string{
	Published: `publish, post, released, issued, written, created, first posted,
		veröffentlich, erschienen, erstellt am, publiziert, online seit, gepostet, geschrieben, verfasst, eingestellt am,
		publié, paru, mis en ligne, mise en ligne, créé le,
		publicad, publicación, pubblicat, pubblicazione, publicat, publicação,
		gepubliceerd, geplaatst, publicera, publiser, publicere, udgivet, oprettet,
		julkaist, birt|, útgefið, opublikowan, publikac, dodano,
		publikován, zveřejněn, vydáno, objavljen, objavlj, pridané,
		опубликова, публикаци, опубліков, публікац, апублікав, објављено, објавено, публикуван,
		publikuota, paskelbt, publicēt, avaldatud, közzétéve, megjelen, δημοσίευ, δημοσιεύ, ανάρτηση,
		yayın, eklenme, dərc, diterbitkan, dipublikasi, terbit|, tayang, đăng|, xuất bản, botuar|,
		argitaratu, foilsithe, cyhoeddwyd`,
	Modified: `updat, modif, edited, revised, amended, corrected, last change, last-modified, lastmod,
		aktualis, geändert, bearbeitet, überarbeitet, letzte änderung, stand|, zuletzt,
		mis à jour, mise à jour, màj|, actualisé,
		actualiz, modificad, aggiornat, aggiornamento, ultima modifica, atualiz, alterad, actualitz,
		gewijzigd, bijgewerkt, laatste wijziging, uppdatera, ändrad, oppdater, endret, opdater, ændret,
		päivitetty, muokattu, uppfært, breytt, zaktualiz, aktualiz, zmieniono, ostatnia zmiana, upraven, změněn, zmenen,
		posodob, spremenjen, ažurir, izmijenj, izmenj,
		обновл, изменен, изменён, отредакт, оновлен, змінен, абноўлен, адноўлен, ажурира, обновен, актуализ, променен,
		atnaujint, atjaunot, atjaunināt, uuendat, muudet, frissít, módosít, ενημερώ, ενημέρω, τροποπ,
		güncel, diperbarui, diperbaharui, dikemaskini, diubah, cập nhật, yenilən, përditësu, eguneratu, nuashonraithe, diweddarwyd`,
	Foreign: `copyright, ©, foto:, photo:, bild:, image:, member|, joined, mitglied, registriert, expires, deadline, termin|, einlass, beginn:,
		retrieved, accessed, abgerufen, geboren, born|`,
}

// labelParts are the same for the scripts without spaces or with prefixes: they
// count inside of words.
var labelParts = map[Label]string{
	Published: `公開, 発行, 掲載, 配信, 投稿, 发布, 發布, 發佈, 发表, 發表, 刊登, 게시, 입력, 등록, 발행, 작성, เผยแพร่, ลงวันที่,
		نشر, منتشر, انتشار, פורסם, प्रकाशित, প্রকাশ, வெளியி`,
	Modified: `更新, 修改, 修正, 改訂, 最終, 수정, 업데이트, 최종, แก้ไข, อัปเดต, อัพเดต, อัพเดท,
		تحديث, تعديل, بروز, به روز, به` + "\u200c" + `روز, ویرایش, עודכן, עדכון, अपडेट, संशोधित, অপডেট, আপডেট, হালনাগাদ, புதுப்பி`,
}

// labelStem is a word, its beginning or a part of it, that labels a date.
type labelStem struct {
	text  string
	label Label
	whole bool // must end the word
	part  bool // may stand inside of one
}

var labelStems = buildLabels()

// stemsByStart holds the labels by their first two bytes.
var stemsByStart = buildStemsByStart(labelStems)

func buildStemsByStart(stems []labelStem) map[[2]byte][]labelStem {
	m := make(map[[2]byte][]labelStem)
	for _, x := range stems {
		start := [2]byte([]byte(x.text))
		m[start] = append(m[start], x)
	}
	return m
}

// stemStarts has the bits of the second bytes of labels, by the first.
var stemStarts = buildStemStarts(labelStems)

func buildStemStarts(stems []labelStem) (table [256][4]uint64) {
	for _, x := range stems {
		table[x.text[0]][x.text[1]/64] |= 1 << (x.text[1] % 64)
	}
	return table
}

func buildLabels() []labelStem {
	var out []labelStem
	for label, list := range labelWords {
		for s := range strings.SplitSeq(list, ",") {
			s, whole := strings.CutSuffix(strings.TrimSpace(s), "|")
			out = append(out, labelStem{text: fold(s), label: label, whole: whole})
		}
	}
	for label, list := range labelParts {
		for s := range strings.SplitSeq(list, ",") {
			out = append(out, labelStem{text: fold(strings.TrimSpace(s)), label: label, part: true})
		}
	}
	return out
}

// LabelOf returns what a text in front of a date says of it: the last label in
// the text counts.
func LabelOf(text string) Label {
	if len(text) > MaxText {
		text = text[len(text)-MaxText:]
	}
	s := fold(text)
	for i := len(s) - 2; i >= 0; i-- {
		if stemStarts[s[i]][s[i+1]/64]>>(s[i+1]%64)&1 == 0 {
			continue
		}
		for _, x := range stemsByStart[[2]byte{s[i], s[i+1]}] {
			if x.at(s, i) {
				return x.label
			}
		}
	}
	return NoLabel
}

// LabelBehind returns what a text behind a date says of it, when it begins with
// a label and tells of no other date: "2024年5月3日 更新", "3. Mai 2024 veröffentlicht".
func LabelBehind(text string) Label {
	s := fold(text[:min(len(text), MaxText)])
	if strings.IndexFunc(s, isDigit) >= 0 {
		return NoLabel
	}
	s = strings.TrimLeft(s, " .")
	for i := range labelStems {
		if x := &labelStems[i]; strings.HasPrefix(s, x.text) && x.label != Foreign {
			return x.label
		}
	}
	return NoLabel
}

// at says whether the label stands in s at i.
func (x *labelStem) at(s string, i int) bool {
	if !strings.HasPrefix(s[i:], x.text) {
		return false
	}
	behind := i + len(x.text)
	return x.part || (i == 0 || !inWordAt(s[i-1])) && (!x.whole || behind == len(s) || !inWordAt(s[behind]))
}

// inWordAt says whether a byte can be a part of a word.
func inWordAt(c byte) bool { return isLetter(c) || '0' <= c && c <= '9' || c >= 0x80 }
