package links

import (
	"strings"
	"testing"
)

func TestHasProse(t *testing.T) {
	long := strings.Repeat("words and ", 15)
	paragraph := "<p class=x>" + long + "<b>" + long + "</b></P>\n"
	for name, c := range map[string]struct {
		html string
		want bool
	}{
		"an article":           {strings.Repeat(paragraph, 3), true},
		"paragraphs left open": {strings.Repeat("<P>"+long, 4), true},
		"two paragraphs":       {strings.Repeat(paragraph, 2), false},
		"a list of links":      {strings.Repeat("<p><a href=x>"+long+"</a></p>", 50), false},
		"short ones":           {strings.Repeat("<p>November 24</p>", 50), false},
		"a table":              {strings.Repeat("<td>"+long+"</td>", 50), false},
		"nothing":              {"", false},
		"a broken tag":         {strings.Repeat(paragraph, 2) + "<p", false},
	} {
		if got := HasProse([]byte(c.html)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
