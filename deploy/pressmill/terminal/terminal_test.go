package terminal

import (
	"strings"
	"testing"
)

func TestTextFitsATerminal(t *testing.T) {
	for _, tt := range []struct {
		text string
		most int
		want string
	}{
		{"short", 5, "short"},
		{"shorter", 5, "shor…"},
		{"海岸鉄道", 8, "海岸鉄道"},
		{"海岸鉄道", 7, "海岸鉄…"},
		{"海岸鉄道", 6, "海岸…"},
		{"cafe\u0301s", 5, "cafe\u0301s"},
	} {
		if got := Cut(tt.text, tt.most); got != tt.want {
			t.Errorf("%q in %d columns is %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
	if got := Printable("a\x1b[31m\u202eb\nc\u200dd"); got != "a[31mb c\u200dd" {
		t.Errorf("printable is %q", got)
	}
	for text, want := range map[string]string{
		"one two three": "one two|three", "": "", "海岸鉄道の古い客車": "海岸鉄道|の古い客|車", "a verylongword b": "a verylon|gword b",
	} {
		lines := Wrap(text, 9)
		for _, l := range lines {
			if Columns(l) > 9 {
				t.Errorf("%q takes %d columns", l, Columns(l))
			}
		}
		if got := strings.Join(lines, "|"); got != want {
			t.Errorf("%q is wrapped to %q, want %q", text, got, want)
		}
	}
}
