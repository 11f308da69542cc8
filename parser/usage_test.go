package parser

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/news"
)

func TestUsage(t *testing.T) {
	for name, c := range map[string]struct {
		head   string
		header map[string][]string
		want   *news.Usage
	}{
		"nothing said": {},
		"one directive from two places": {
			head:   `<meta name="ROBOTS" content="NOARCHIVE, noai">`,
			header: map[string][]string{"X-Robots-Tag": {"noarchive"}},
			want:   &news.Usage{Robots: []string{"noarchive", "noai"}},
		},
		"for one robot": {
			head:   `<meta name="googlebot" content="nosnippet">`,
			header: map[string][]string{"X-Robots-Tag": {"otherbot: noindex, nofollow"}},
			want:   &news.Usage{Robots: []string{"googlebot: nosnippet", "otherbot: noindex", "otherbot: nofollow"}},
		},
		"values with colons and commas": {
			header: map[string][]string{"X-Robots-Tag": {"max-snippet:50, unavailable_after: Friday, 25-Jun-27 15:00:00 PST"}},
			want:   &news.Usage{Robots: []string{"max-snippet:50", "unavailable_after: friday, 25-jun-27 15:00:00 pst"}},
		},
		"header before meta": {
			head:   `<meta name="tdm-reservation" content="0"><meta name="tdm-policy" content="https://example.com/p.json">`,
			header: map[string][]string{"Tdm-Reservation": {"1"}},
			want:   &news.Usage{TDMReservation: new(true), TDMPolicy: "https://example.com/p.json"},
		},
		"no reservation": {head: `<meta name="tdm-reservation" content="perhaps">`},
	} {
		t.Run(name, func(t *testing.T) {
			tr := parseTree([]byte(c.head))
			defer tr.release()
			m := tr.meta()
			if d := cmp.Diff(c.want, m.usage(&news.Page{Header: c.header})); d != "" {
				t.Errorf("usage (-want +got):\n%s", d)
			}
		})
	}
}
