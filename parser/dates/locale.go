package dates

import "strings"

// Locale is what is known of who wrote a date. The zero Locale is fine.
type Locale struct {
	Lang    string // ISO 639 code in lower case, or ""
	Country string // ISO 3166 code in lower case, or ""
}

// LocaleOf returns the locale of a page with the given language tag, of a site
// under the given top-level domain. The domain tells the country better than
// the tag, for systems write en-US when nobody chooses.
func LocaleOf(tag, tld string) Locale {
	tag = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(tag), "_", "-"))
	var l Locale
	lang, rest, _ := strings.Cut(tag, "-")
	if len(lang) == 2 || len(lang) == 3 {
		l.Lang = lang
	}
	if country := rest[strings.LastIndexByte(rest, '-')+1:]; len(country) == 2 {
		l.Country = country
	}
	if tld = strings.ToLower(tld); len(tld) == 2 && !vanityDomains[tld] {
		l.Country = tld
	}
	if l.Country == "uk" {
		l.Country = "gb"
	}
	return l
}

// vanityDomains are the country domains that sites of any country use.
var vanityDomains = map[string]bool{
	"eu": true, "io": true, "co": true, "me": true, "tv": true, "ai": true, "fm": true, "ly": true, "to": true, "cc": true, "ws": true,
	"im": true, "la": true, "sh": true, "gg": true, "st": true, "am": true, "nu": true,
}

// monthFirst says whether 5/3/2024 is the third of May.
func (l Locale) monthFirst() bool {
	switch l.Country {
	case "us", "ph", "ca", "pr", "gu":
		return l.Lang == "en" || l.Lang == "fil" || l.Lang == "tl" || l.Lang == "" && l.Country != "ca"
	case "":
		return l.Lang == "en"
	}
	return false
}

// month returns the month that a name means in the locale's language when most
// read it as m.
func (l Locale) month(m int16, name string) int16 {
	for i := range localMonths {
		if x := &localMonths[i]; x.month == m && hasWord(x.langs, l.Lang) && hasWord(x.names, fold(name)) {
			return x.local
		}
	}
	return m
}

func hasWord(list, w string) bool {
	for f := range strings.FieldsSeq(list) {
		if f == w {
			return true
		}
	}
	return false
}
