package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// prose writes invented news: the same text for the same seed. Nearly every
// sentence holds a name or a number, so that no two articles share paragraphs.
type prose struct{ *rand.Rand }

func newProse(seed, host, article uint64) prose {
	return prose{rand.New(rand.NewPCG(seed, host<<32|article))}
}

// words that the sentences are made of.
var (
	givenNames = []string{"Ada", "Bram", "Cleo", "Dario", "Edda", "Falk", "Greta", "Hugo", "Ilse", "Jonas", "Kaya", "Lorenz", "Mirela", "Nils", "Oona", "Pavel", "Runa", "Selim", "Thea", "Ugo", "Vera", "Wim", "Yara", "Zeno"}
	surnames   = []string{"Abbot", "Barlow", "Cresset", "Dunmore", "Ellery", "Fenwick", "Garrow", "Hollis", "Ingram", "Jessop", "Kestle", "Lovage", "Marden", "Norrey", "Oakham", "Penhale", "Quill", "Redfern", "Sorrel", "Tamsin", "Underhay", "Varley", "Wexcombe", "Yarrow"}
	places     = []string{"Alderhythe", "Brackwater", "Coldharbour", "Drumlin", "Eastmere", "Foxcombe", "Gullhaven", "Hartsea", "Inchmarsh", "Juniper Hill", "Kilnsea", "Longstrand", "Marlpit", "Northquay", "Otterford", "Pebbleton", "Quarrydown", "Reedham", "Saltmarket", "Thornwick", "Upwell", "Vintry", "Withybridge", "Yewbank"}
	bodies     = []string{"harbour board", "town council", "school trust", "water company", "museum", "rowing club", "railway", "bakers' guild", "fire service", "lifeboat crew", "observatory", "county court", "hospital", "farmers' union", "theatre", "ferry line"}
	works      = []string{"a new footbridge", "the covered market", "a tidal mill", "the old signal tower", "a night bus", "the reading room", "an orchard", "a second slipway", "the town archive", "a weather station", "the swimming baths", "a cycle path", "the botanical garden", "an evening school", "the clock of the guildhall", "a seed bank"}
	deeds      = []string{"opens", "delays", "restores", "gives up", "pays for", "plans", "sells", "defends", "inspects", "moves"}
	weekdays   = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	sections   = []string{"World", "Local", "Business", "Culture"}
)

// sentences have the verbs N (name), P (place), B (body), W (work), D (weekday)
// and # (a number).
var sentences = []string{
	"The B of P said on D that W had cost # crowns, which was # more than its members had been told in spring.",
	"“We counted # visitors in the first week, and nobody in P had expected half of them,” said N, who speaks for the B.",
	"N, who has led the B for # months, asked the neighbours in P for patience until work on W is done.",
	"A survey of # households in P found that most of them had heard of W only from N.",
	"On D, # people came to the hall in P to hear what N had to say about W.",
	"The money comes from # small gifts and from a loan that the B of P has to repay within # months.",
	"According to a report of # pages, W could have been had # weeks earlier if the B had asked in P first.",
	"N left the meeting in P after # minutes and told reporters that W was no longer a matter for the B alone.",
	"In P itself, # signatures against W were handed to N, who promised to read every one of them before D.",
	"The engineers, led by N, measured the ground at # points between P and the river before the B agreed.",
	"It is the B's third attempt in # months; the first, with W in P, ended when N withdrew.",
	"Trains between P and the coast will be # minutes slower on D, because the B needs the line for W.",
	"“Nobody loses by W, and # families gain,” N wrote in a letter to the B that was read out in P.",
	"The court in P is to hear # witnesses on D, among them N, before it decides whether the B may go on with W.",
}

// sentence fills one of the sentences.
func (p prose) sentence() string {
	return p.fill(sentences[p.IntN(len(sentences))])
}

func (p prose) fill(pattern string) string {
	var b strings.Builder
	for i, r := range pattern {
		if word := p.word(r); word != "" && standsAlone(pattern, i) {
			b.WriteString(word)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// standsAlone says whether the letter at i is a word of its own.
func standsAlone(s string, i int) bool {
	letter := func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
	return (i == 0 || !letter(s[i-1])) && (i+1 == len(s) || !letter(s[i+1]))
}

func (p prose) word(verb rune) string {
	switch verb {
	case 'N':
		return p.name()
	case 'P':
		return p.one(places)
	case 'B':
		return p.one(bodies)
	case 'W':
		return p.one(works)
	case 'D':
		return p.one(weekdays)
	case '#':
		return fmt.Sprint(13 + p.IntN(8900))
	default:
		return ""
	}
}

func (p prose) one(of []string) string { return of[p.IntN(len(of))] }

func (p prose) name() string { return p.one(givenNames) + " " + p.one(surnames) }

func (p prose) headline() string {
	return fmt.Sprintf("%s %s %s %s after %d days", p.one(places), p.one(bodies), p.one(deeds), p.one(works), 2+p.IntN(900))
}

// paragraph has two or three sentences.
func (p prose) paragraph() string {
	text := make([]string, 2+p.IntN(2))
	for i := range text {
		text[i] = p.sentence()
	}
	return strings.Join(text, " ")
}

// article writes one for a path that follows from its title. Its dates are
// left out.
func (p prose) article() *article {
	a := &article{
		Template: p.one([]string{"jsonld", "opengraph", "breaks"}),
		Title:    p.headline(), Lang: "en", Section: p.one(sections), Tags: []string{"harbour", "works"},
		Authors: []string{p.name()}, Standfirst: p.fill("N and the B of P have # reasons for it."),
		Image: "ferry-pier", Alt: p.fill("A view of P"), Caption: p.fill("The road from P on D. Photo: N"),
	}
	a.Undated = a.Template == "breaks"
	for range 5 + p.IntN(4) {
		a.Paragraphs = append(a.Paragraphs, p.paragraph())
	}
	slug := strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(a.Title), " ", "-"), "'", "")
	a.Path = "/" + strings.ToLower(a.Section) + "/" + slug + ".html"
	return a
}
