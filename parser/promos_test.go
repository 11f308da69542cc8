package parser

import "testing"

// TestLabelsAreFolded wants the labels as texts are when they are looked up.
func TestLabelsAreFolded(t *testing.T) {
	for _, set := range []*labels{relatedLabels, railLabels, noiseLines, endLabels} {
		for s := range set.lines {
			if got := fold(s); got != s {
				t.Errorf("%q folds to %q", s, got)
			}
		}
	}
}

func TestRelatedLead(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Read more: Ferry sails again", "Ferry sails again"},
		{"READ ALSO | Ferry sails again: photos", "Ferry sails again: photos"},
		{"Lire aussi | Tempête : le bac reprend", "Tempête : le bac reprend"},
		{"Must-read: Ferry sails again", "Ferry sails again"},
		{"ये भी पढ़ें- नाव फिर चली", "नाव फिर चली"},
		{"यह भी पढ़ें: नाव फिर चली", "नाव फिर चली"},
		{"【関連記事】渡し船が再開", "渡し船が再開"},
		{"相关阅读：渡轮恢复航行", "渡轮恢复航行"},
		{"Čtěte také: Přívoz se vrátil", "Přívoz se vrátil"},
		{"Διαβάστε επίσης: Το φέρι επέστρεψε", "Το φέρι επέστρεψε"},
		{"اقرأ أيضًا: عودة العبارة", "عودة العبارة"},
		{"Related to nobody: the ferry's captain", ""},
		{"More - or less - is known", ""},
		{"Popular - but poor", ""},
		{"The latest: the ferry sails", ""},
	} {
		if got, ok := relatedLead(c.text); got != c.want || ok != (c.want != "") {
			t.Errorf("%q: got %q, %v", c.text, got, ok)
		}
	}
}
