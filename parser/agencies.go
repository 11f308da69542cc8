package parser

import (
	"regexp"
	"strings"

	"pressmill/pkg/news"
)

// agencyNames maps a folded name to how the agency is called.
var agencyNames = buildAgencies(`Reuters|AFP|AFP=Agence France-Presse|AFP=Agence France Presse|AP=Associated Press|AP=The Associated Press|AP|dpa|dpa-AFX|
	dpa=Deutsche Presse-Agentur|APA|APA=Austria Presse Agentur|SDA|SDA=Keystone-SDA|SDA=sda-ats|ANSA|EFE|EFE=Agencia EFE|PA=PA Media|PA=Press Association|
	Xinhua|TASS|RIA Novosti|Interfax|KNA|epd|Belga|ANP|Ritzau|NTB|Yonhap|Kyodo|Kyodo=Kyodo News|Jiji|IANS|PTI|ANI|SID|AAP|Anadolu=Anadolu Agency|Anadolu=Anadolu Ajansı|
	DHA|İHA|UPI|Europa Press|Adnkronos|LUSA|PAP|CTK|ČTK|Antara|Bernama|WAM|SPA=Saudi Press Agency|Agencies|Canadian Press=The Canadian Press|AFP Relaxnews|Press Trust of India`)

func buildAgencies(list string) map[string]string {
	m := make(map[string]string)
	for entry := range strings.SplitSeq(list, "|") {
		name, alias, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if !ok {
			alias = name
		}
		m[fold(alias)] = name
	}
	return m
}

// agencyOf returns the agency that s names, or "".
func agencyOf(s string) string { return agencyNames[fold(s)] }

var (
	// creditLine is a line that credits an agency and says nothing else.
	creditLine = regexp.MustCompile(`(?i)^[\s\-–—_(\[*]*(?:\(?(?:with|mit|avec|con|source|sources|quelle|quellen|fonte|fuente|via)(?: (?:additional )?(?:reporting|inputs?|files|material|agency inputs|agenturmaterial|report)(?: from| by| von)?| from| der| von)?\s*:?\s+)((?:the )?[\pL .\-/,&=]{2,60}?)[\s)\]*.]*$`)
	// bareCredit is an agency alone, in brackets or behind a dash or slash.
	bareCredit = regexp.MustCompile(`^[\s\-–—_(\[*©/]*([\pL.\- ]{2,30}(?:\s*[/,&]\s*[\pL.\- ]{2,30}){0,5})[\s)\]*.]*$`)
	listSplit  = regexp.MustCompile(`(?i)\s*(?:[/,&;|+]|\b(?:and|und|et|y|e|og|och)\b)\s*`)
)

// creditedAgencies reads a line such as "- With Reuters" or "(dpa/AFP)". It
// returns nil for any other text. with says that the line credits a
// contribution.
func creditedAgencies(line string) (names []string, with bool) {
	if len(line) > 120 {
		return nil, false
	}
	m := creditLine.FindStringSubmatch(line)
	with = m != nil
	if m == nil {
		m = bareCredit.FindStringSubmatch(line)
	}
	if m == nil {
		return nil, false
	}
	return agencyList(m[1]), with
}

// agencyList splits a list in which every name is an agency, or returns nil.
func agencyList(s string) []string {
	var out []string
	for _, part := range listSplit.Split(s, -1) {
		if strings.TrimSpace(part) == "" {
			continue
		}
		a := agencyOf(part)
		if a == "" {
			return nil
		}
		out = append(out, a)
	}
	return out
}

// addAgencies credits agencies once each; a contributor is never raised to a
// source.
func (x *extraction) addAgencies(names []string, role, raw string) {
	for _, name := range names {
		known := false
		for _, a := range x.art.Agencies {
			known = known || a.Name == name
		}
		if !known {
			x.art.Agencies = append(x.art.Agencies, news.Agency{Name: name, Role: role, Raw: raw})
		}
	}
}
