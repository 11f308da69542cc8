package parser

import (
	"slices"

	"pressmill/pkg/news"
)

// addAgencies credits agencies once each; a contributor is never raised to a
// source.
func (x *extraction) addAgencies(names []string, role, raw string) {
	for _, name := range names {
		if !slices.ContainsFunc(x.art.Agencies, func(a news.Agency) bool { return a.Name == name }) {
			x.art.Agencies = append(x.art.Agencies, news.Agency{Name: name, Role: role, Raw: raw})
		}
	}
}
