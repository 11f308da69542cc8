package bylines

import "testing"

func TestCaptionCredit(t *testing.T) {
	for _, c := range []struct {
		in   string
		want PhotoCredit
	}{
		{"A boat on the lake. (File photo: Reuters)", PhotoCredit{Credit: "Reuters", File: true}},
		{"A boat on the lake. (Photo: Ida Moss/Reuters)", PhotoCredit{Credit: "Reuters", Photographer: "Ida Moss"}},
		{"A boat on the lake. Photo by Ida Moss / Getty Images", PhotoCredit{Credit: "Getty Images", Photographer: "Ida Moss"}},
		{"A boat on the lake © AFP", PhotoCredit{Credit: "AFP"}},
		{"A boat on the lake. (AP Photo/Ida Moss)", PhotoCredit{Credit: "AP Photo", Photographer: "Ida Moss"}},
		{"A boat on the lake (Reuters/Stringer)", PhotoCredit{Credit: "Reuters"}},
		{"A boat on the lake. [Ida Moss/AFP via Getty Images]", PhotoCredit{Credit: "AFP/Getty Images", Photographer: "Ida Moss"}},
		{"Ein Boot auf dem See. Foto: Ida Moos", PhotoCredit{Credit: "Ida Moos", Photographer: "Ida Moos"}},
		{"Ein Boot auf dem See (Symbolbild). Bild: dpa", PhotoCredit{Credit: "dpa", File: true}},
		{"Ein Boot auf dem See (Archivbild)", PhotoCredit{File: true}},
		{"Un bateau sur le lac. Crédit : Ida Mousse", PhotoCredit{Credit: "Ida Mousse", Photographer: "Ida Mousse"}},
		{"湖の船。写真：AP", PhotoCredit{Credit: "AP"}},
		{"Лодка на озере. Фото: Ида Мох / ТАСС", PhotoCredit{Credit: "ТАСС", Photographer: "Ида Мох"}},
		{"Łódź na jeziorze. Fot. Ida Moch", PhotoCredit{Credit: "Ida Moch", Photographer: "Ida Moch"}},
		{"Een boot op het meer. Beeld Ida Mos", PhotoCredit{Credit: "Ida Mos", Photographer: "Ida Mos"}},
		{"Una barca sul lago. Foto di Ida Muschio", PhotoCredit{Credit: "Ida Muschio", Photographer: "Ida Muschio"}},
		{"湖の船（撮影・湖沼花子）", PhotoCredit{Credit: "湖沼花子", Photographer: "湖沼花子"}},
		{"湖上的船。新华社记者 胡小波 摄", PhotoCredit{Credit: "胡小波", Photographer: "胡小波"}},
		{"호수의 배. 사진=호수빛 기자", PhotoCredit{Credit: "호수빛", Photographer: "호수빛"}},
		{"A boat in a picture Ida Moss", PhotoCredit{}},
		{"A boat. Photo Ida Moss took in May", PhotoCredit{}},
		{"A boat (left) and a swan (right)", PhotoCredit{}},
		{"The plan: a boat for all", PhotoCredit{}},
		{"", PhotoCredit{}},
	} {
		got, ok := CaptionCredit(c.in)
		if got != c.want || ok != (c.want != PhotoCredit{}) {
			t.Errorf("CaptionCredit(%q) = %+v, %v, want %+v", c.in, got, ok, c.want)
		}
	}
}

func TestPhoto(t *testing.T) {
	for in, want := range map[string]PhotoCredit{
		"Photo: Ida Moss":      {Credit: "Ida Moss", Photographer: "Ida Moss"},
		"© Ida Moos / Talbote": {Credit: "Talbote", Photographer: "Ida Moos"},
		"dpa":                  {Credit: "dpa"},
		"Stringer":             {},
	} {
		if got := Photo(in); got != want {
			t.Errorf("Photo(%q) = %+v, want %+v", in, got, want)
		}
	}
}
