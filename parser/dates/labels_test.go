package dates

import "testing"

func TestLabels(t *testing.T) {
	for label, texts := range map[Label][]string{
		Published: {
			"Published: ", "Posted on", "First published at", "Veröffentlicht am", "Erschienen am", "Publié le", "Mis en ligne le",
			"Publicado el", "Pubblicato il", "Gepubliceerd op", "Publicerad", "Publisert", "Julkaistu", "Opublikowano:", "Zveřejněno",
			"Опубликовано", "Δημοσίευση:", "Yayınlanma:", "Diterbitkan", "Ngày đăng", "Közzétéve", "公開日", "发布时间：", "입력", "เผยแพร่", "نشر في", "פורסם ב",
			"Updated 3 May, published",
		},
		Modified: {
			"Updated", "Last updated:", "UPDATED ON", "Modified:", "Aktualisiert am", "Stand:", "(Stand", "Zuletzt geändert am", "Letzte Änderung:",
			"Mis à jour le", "MàJ", "Actualizado el", "Última actualización", "Aggiornato il", "Ultima modifica:", "Atualizado em", "Actualitzat",
			"Bijgewerkt op", "Laatst gewijzigd", "Uppdaterad", "Oppdatert", "Opdateret", "Päivitetty", "Uppfært", "Zaktualizowano", "Aktualizováno:",
			"Posodobljeno", "Ažurirano", "Обновлено:", "Оновлено", "Обновена|Обновено:", "Atnaujinta", "Uuendatud", "Frissítve:", "Ενημερώθηκε:",
			"Güncelleme:", "Diperbarui", "Cập nhật lúc", "更新日", "更新时间：", "수정", "แก้ไขล่าสุด", "آخر تحديث", "עודכן", "अपडेट", "به\u200cروزرسانی", "Автор: Иван Ключев и Анна Хаскова | Обновлено:", "Published: 3 May 2024, updated",
		},
		Foreign: {"©", "Copyright", "Foto: Ann Example,", "Member since", "Mitglied seit", "Termin:"},
		NoLabel: {"", "By Ann Writer", "Standard", "in Standort", "outpost", "Kategorie: Sport", "member3x in remember", "Editor in chief"},
	} {
		for _, s := range texts {
			if got := LabelOf(s); got != label {
				t.Errorf("%q: got %d, want %d", s, got, label)
			}
		}
	}
}

func TestLabelsBehind(t *testing.T) {
	for text, want := range map[string]Label{
		" 更新": Modified, "公開": Published, " veröffentlicht.": Published, " güncellendi": Modified, " (수정)": NoLabel, " 수정": Modified,
		" | Updated": NoLabel, " Updated 3 hours ago": NoLabel, " by Ann Writer": NoLabel, "": NoLabel, " posted": Published,
	} {
		if got := LabelBehind(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}
