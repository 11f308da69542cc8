// Package genre knows what papers call their opinion pieces, live blogs,
// galleries and videos, in some twenty languages: in sections, in labels above
// a title, and in URLs. It reads folded text: lower-case words parted by single
// spaces.
package genre

import (
	"strings"

	"pressmill/pkg/news"
)

// Of returns the kind that a whole label or section names, or "".
func Of(folded string) news.Kind {
	if len(folded) > maxLabel {
		return ""
	}
	return labels[folded]
}

// OfSlug returns the kind that the slug of a story tells, or "": its first
// words name an opinion piece, or any of its words a live blog.
func OfSlug(folded string) news.Kind {
	first, _, _ := strings.Cut(folded, " ")
	if slugWords[first] == news.KindOpinion {
		return news.KindOpinion
	}
	for w := range strings.FieldsSeq(folded) {
		if slugWords[w] == news.KindLiveblog {
			return news.KindLiveblog
		}
	}
	if strings.HasPrefix(folded, "live blog ") || strings.Contains(folded, " live blog ") || strings.HasSuffix(folded, " live blog") || strings.HasSuffix(folded, " live updates") {
		return news.KindLiveblog
	}
	return ""
}

// Ended says whether a label closes a live blog.
func Ended(folded string) bool {
	if len(folded) > 90 {
		return false
	}
	for _, p := range endings {
		if strings.Contains(folded, p) {
			return true
		}
	}
	return false
}

const maxLabel = 60

var labels = buildLabels(map[news.Kind]string{
	news.KindOpinion: `
opinion|opinions|op ed|oped|op eds|editorial|editorials|comment is free|commentisfree|commentary|commentaries|guest essay|guest column|column|columns|columnist|columnists|leader|leaders|letters|letters to the editor|letter to the editor|readers letters|viewpoint|viewpoints|voices|the editorial board|from our columnist
kommentar|kommentare|meinung|meinungen|leitartikel|kolumne|kolumnen|gastkommentar|gastbeitrag|glosse|glossen|standpunkt|debatte|leserbrief|leserbriefe|essay|kommentar und analyse|der kommentar|ein kommentar|meinungsbeitrag
tribune|tribunes|éditorial|éditoriaux|edito|édito|l édito|l éditorial|chronique|chroniques|opinions et débats|débats|idées|point de vue|points de vue|billet|billets|libres propos|l opinion|carte blanche|courrier des lecteurs
opinión|editoriales|columna|columnas|tribuna|tribunas|columnista|columnistas|columna de opinión|columnas de opinión|cartas al director|carta al director|cartas de los lectores|punto de vista|artículo de opinión
opinione|opinioni|editoriale|editoriali|commento|commenti|il commento|l editoriale|rubriche e opinioni|lettere al direttore|l opinione
opinião|opinioes|opiniões|coluna|colunas|colunista|colunistas|editoriais|artigo de opinião|artigos de opinião|ponto de vista|crónica|crônica
opinie|opinies|opinie en debat|column|columns|commentaar|hoofdredactioneel|hoofdredactioneel commentaar|ingezonden|lezersbrieven|redactioneel|standpunt
opinia|komentarz|komentarze|felieton|felietony|publicystyka|komentarze i opinie|artykuł redakcyjny
ledare|ledarsidan|krönika|krönikor|debatt|insändare|åsikt|åsikter|kolumn|leder|ledere|kronikk|kronikker|meninger|kommentarer|ytring|ytringer|kronik|debat|debatindlæg|synspunkt|klumme|leserinnlegg|pääkirjoitus|pääkirjoitukset|kolumni|kolumnit|mielipide|mielipiteet
köşe yazısı|köşe yazıları|görüş|görüşler|yorum|yorumlar|başyazı
мнение|мнения|колонка|колонки|колумнисты|авторская колонка|редакционная статья|передовица|комментарий эксперта|точка зрения|думка|думки|погляд|погляди|колонка редактора
názor|názory|komentář|komentáře|glosa|sloupek|editoriál|komentár|komentáre|vélemény|publicisztika|vezércikk|opinii|editorialul|mišljenje|kolumna|kolumne|stav|stavovi|άποψη|απόψεις|γνώμη|γνώμες|γνώμη και άποψη
رأي|الرأي|مقال رأي|مقالات رأي|مقالات الرأي|آراء|اراء|افتتاحية|كتاب وآراء|قلم وأراء|یادداشت|سرمقاله|דעות|דעה|מאמר מערכת
社説|論説|コラム|オピニオン|論壇|天声人語|主張|評論|社评|社論|社评 社论|社论|评论|觀點|观点|投書|사설|칼럼|오피니언|기고|시론|ความคิดเห็น|บทบรรณาธิการ|ý kiến|bình luận|xã luận|quan điểm|opini|kolom|tajuk|tajuk rencana|संपादकीय|विचार|राय`,
	news.KindLiveblog: `
liveblog|live blog|liveticker|live ticker|newsblog|news blog|newsticker live|live updates|live update|live coverage|as it happened|minute by minute|rolling coverage|im liveblog|im liveticker|im newsblog|der liveblog|ticker
en direct|le direct|suivez en direct|live commenté|direct live
en vivo|en directo|minuto a minuto|última hora en directo|cobertura en vivo
in diretta|la diretta|diretta live|diretta testuale|minuto per minuto
ao vivo|acompanhe ao vivo|minuto a minuto ao vivo|em direto|ao minuto
liveblog lees terug|live verslag|liveverslag
relacja na żywo|na żywo|relacja live|relacja minuta po minucie
direktrapport|liverapport|liverapportering|senaste nytt direkt|direkterapport|hetki hetkeltä
canlı blog|canlı anlatım|dakika dakika|canlı gelişmeler
онлайн трансляция|текстовая трансляция|прямая трансляция|хроника дня|трансляция|онлайн хроника|текстова трансляція
تغطية مباشرة|تغطية حية|مدونة مباشرة|لحظة بلحظة|بث حي
ライブブログ|タイムライン速報|リアルタイム更新|图文直播|文字直播|即時更新|滚动更新|라이브 블로그|실시간 업데이트`,
	news.KindGallery: `
gallery|galleries|photo gallery|photo galleries|photos|in pictures|pictures|picture gallery|photo essay|slideshow|slideshows|image gallery
galerie|galerien|bildergalerie|bildergalerien|fotostrecke|fotostrecken|bilderstrecke|bilderstrecken|fotogalerie|bilder|fotos
diaporama|diaporamas|galerie photo|galerie photos|en images|portfolio|galeries
galería|galerías|galería de fotos|fotogalería|fotogalerías|en imágenes|en fotos|fotogaleria|fotogalerias|galeria de fotos|galeria|galerias|fotogallery|galleria fotografica|galleria|foto
fotoserie|fotoreportage|in beeld|galeria zdjęć|zdjęcia|bildspel|bildextra|kuvagalleria|billedserie|bildegalleri|foto galeri|fotogaleri
фоторепортаж|фоторепортажи|фотогалерея|фото|фотолента|صور|معرض الصور|ألبوم صور|写真特集|フォトギャラリー|写真|图片|图集|組圖|组图|화보|포토`,
	news.KindVideo: `
video|videos|watch|tv|video clip|vidéo|vidéos|vídeo|vídeos|wideo|filmy|видео|відео|فيديو|動画|視頻|视频|影片|영상|동영상|webtv|web tv|videogalerie|video galeri|mediathek|βίντεο|וידאו`,
})

// slugWords stand in the slugs of stories.
var slugWords = buildLabels(map[news.Kind]string{
	news.KindOpinion:  `kommentar|gastkommentar|leitartikel|kolumne|glosse|gastbeitrag|tribune|editorial|edito|opinion|opinione|opinie|felieton|krönika|ledare|kolumna|kronik|kronikk`,
	news.KindLiveblog: `liveblog|liveticker|newsblog|liverapport|liveverslag|liveblogg|direktrapport`,
})

// endings close live blogs.
var endings = []string{
	"this live blog has", "this liveblog has", "this live blog is now closed", "our live coverage has ended", "live coverage has ended", "live updates have ended", "we are closing this live", "that s all for today s live", "has now finished live",
	"liveblog ist beendet", "liveblog wurde beendet", "liveblog beendet", "ticker beendet", "liveticker ist beendet", "wir beenden den liveblog", "wir schließen den liveblog", "newsblog ist beendet",
	"ce direct est terminé", "le direct est terminé", "ce live est terminé", "fin du direct", "fin de ce direct",
	"fin de la transmisión", "directo ha finalizado", "finaliza la cobertura", "ha terminado la cobertura", "cerramos este directo",
	"diretta terminata", "termina qui la diretta", "fim da cobertura", "encerramos a cobertura", "cobertura encerrada",
	"liveblog is gesloten", "dit liveblog is", "koniec relacji", "zakończyliśmy relację", "liverapporten är avslutad", "rapporteringen är avslutad", "canlı anlatım sona erdi",
	"трансляция завершена", "онлайн завершен", "انتهت التغطية", "ライブブログは終了", "更新は終了しました", "直播已结束", "直播結束",
}

func buildLabels(lists map[news.Kind]string) map[string]news.Kind {
	m := make(map[string]news.Kind)
	for kind, list := range lists {
		for label := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(list), "\n", "|"), "|") {
			m[label] = kind
		}
	}
	return m
}
