package view

import (
	"strings"
	"testing"
)

// Where nothing was read nothing is said to be well.
func TestPrintOfNothing(t *testing.T) {
	for text, want := range map[string]string{
		"":           "No line of pressmill's programs.\n",
		"\n":         "No line of pressmill's programs.\n",
		"\x00\xff\n": "No line of pressmill's programs.\n\nATTENTION\n   lines that could not be read: 1 not JSON",
	} {
		var out strings.Builder
		s := Session{Stdin: strings.NewReader(text), Stdout: &out, Once: true}
		if err := s.Run(t.Context()); err != nil || !strings.HasPrefix(out.String(), want) || strings.Contains(out.String(), "Nothing asks") {
			t.Errorf("%q: %v\n%s", text, err, out.String())
		}
	}
}
