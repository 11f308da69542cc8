package parser

import (
	"net/url"
	"slices"
	"strings"

	"pressmill/parser/rules"
	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
)

// srcRule is the provenance of what a site rule found.
const srcRule = "rule"

// useRule makes a rule, if there is one, that of the page.
func (x *extraction) useRule(rule *rules.Site) {
	if rule == nil {
		rule = &rules.Site{}
	}
	x.rule = rule
	x.art.Extraction.Rules = rule.Name
	if rule.Lang != "" {
		x.meta.lang = rule.Lang
	}
}

// ruled returns what the selectors of a site rule find on the page, or nil.
// That selectors find nothing is a warning.
func (x *extraction) ruled(field string, sels []rules.Selector) []string {
	var out []string
	for _, p := range x.picked(field, sels) {
		out = append(out, p.value)
	}
	return out
}

// picked is ruled, with the elements.
func (x *extraction) picked(field string, sels []rules.Selector) []pick {
	for i := range sels {
		if picks := x.tree.picks(&sels[i]); len(picks) > 0 {
			return picks
		}
	}
	x.nothing(field, sels)
	return nil
}

func (x *extraction) nothing(field string, sels []rules.Selector) {
	if len(sels) == 0 {
		return
	}
	list := make([]string, len(sels))
	for i, s := range sels {
		list[i] = s.String()
	}
	x.warn("site rule %s matches nothing: %s", field, strings.Join(list, ", "))
}

// markRuled marks what a site rule drops and keeps. It runs before the nodes are
// scored.
func (x *extraction) markRuled() {
	x.eachRuled("drop", x.rule.Drop, func(i int32) {
		x.tree.nodes[i].flags |= ruleDrop | hidden | dropped
	})
	x.eachRuled("keep", x.rule.Keep, func(i int32) {
		for j := i; j < x.tree.nodes[i].stop; j++ {
			x.tree.nodes[j].flags |= ruleKeep
		}
	})
}

// eachRuled calls fn for what any of the selectors picks.
func (x *extraction) eachRuled(field string, sels []rules.Selector, fn func(i int32)) {
	found := false
	for i := range sels {
		for _, n := range x.tree.elements(&sels[i]) {
			found = true
			fn(n)
		}
	}
	if !found {
		x.nothing(field, sels)
	}
}

// ruledBody makes what a site rule names as the text the container. It says
// whether there is such a rule that matches.
func (x *extraction) ruledBody() bool {
	t := x.tree
	for i := range x.rule.Body {
		nodes := t.outermost(t.elements(&x.rule.Body[i]))
		if len(nodes) == 0 {
			continue
		}
		x.root = nodes[0]
		last := nodes[len(nodes)-1]
		for t.nodes[x.root].stop <= last {
			x.root = t.nodes[x.root].parent
		}
		x.raw = t.collect(x.root, x.root, nodes...)
		x.prov("body", srcRule, 1)
		return true
	}
	x.nothing("body", x.rule.Body)
	return false
}

// outermost leaves out nodes that lie in others; nodes are in document order.
func (t *tree) outermost(nodes []int32) []int32 {
	var stop int32
	return slices.DeleteFunc(nodes, func(i int32) bool {
		if i < stop {
			return true
		}
		stop = t.nodes[i].stop
		return false
	})
}

// ruledTitle sets the title that a site rule finds.
func (x *extraction) ruledTitle() bool {
	found := x.ruled("title", x.rule.Title)
	if len(found) == 0 {
		return false
	}
	x.art.Title = found[0]
	x.prov("title", srcRule, 1)
	return true
}

// ruledLead takes the standfirst that a site rule finds out of the text.
func (x *extraction) ruledLead() bool {
	picks := x.picked("standfirst", x.rule.Standfirst)
	for _, p := range picks {
		x.lead = append(x.lead, p.value)
		folded, stop := x.fold(p.value), x.tree.nodes[p.node].stop
		x.kept = slices.DeleteFunc(x.kept, func(b block) bool {
			return b.node >= p.node && b.node < stop || x.fold(b.text) == folded
		})
	}
	if len(picks) > 0 {
		x.prov("standfirst", srcRule, 1)
	}
	return len(picks) > 0
}

// ruledDate reads the first date that a site rule finds, or nil.
func (x *extraction) ruledDate(l *timeline, field string, sels []rules.Selector) *dated {
	found := x.ruled(field, sels)
	var list []dated
	for _, s := range found {
		if l.read(&list, s, srcRule, 1) {
			return &list[0]
		}
	}
	if len(found) > 0 {
		x.warn("site rule %s finds no date in %q", field, found[0])
	}
	return nil
}

func (x *extraction) ruledAuthors() signatures {
	s := signatures{src: srcRule, conf: 1}
	found := x.ruled("authors", x.rule.Authors)
	for _, raw := range found {
		s.read(x, raw, "")
	}
	if len(found) > 0 && s.empty() && len(x.art.Agencies) == 0 {
		x.warn("site rule authors finds no author in %q", found[0])
	}
	return s
}

// ruledImage makes the image that a site rule finds the lead.
func (x *extraction) ruledImage() {
	found := x.ruled("image", x.rule.Image)
	if len(found) == 0 {
		return
	}
	u, err := weburl.Resolve(x.base, found[0])
	if err != nil {
		x.warn("site rule image finds no URL in %q", found[0])
		return
	}
	x.art.Images = withLead(x.art.Images, u)
	x.prov("images", srcRule, 1)
}

// withLead makes the image at u the first, and the only one that leads.
func withLead(images []news.Image, u *url.URL) []news.Image {
	lead := news.Image{URL: u.String()}
	rest := slices.DeleteFunc(images, func(im news.Image) bool {
		if im.URL == lead.URL {
			lead = im
		}
		return im.URL == lead.URL
	})
	for i := range rest {
		rest[i].Role = "inline"
	}
	lead.Role = "lead"
	return append([]news.Image{lead}, rest...)
}

// ruledLabels sets the section and the tags that a site rule finds.
func (x *extraction) ruledLabels() {
	for _, l := range []struct {
		field string
		sels  []rules.Selector
		into  *[]string
		most  int
	}{{"section", x.rule.Section, &x.art.Section, maxSections}, {"tags", x.rule.Tags, &x.art.Tags, maxTags}} {
		found := x.ruled(l.field, l.sels)
		if len(found) == 0 {
			continue
		}
		*l.into = nil
		for _, s := range found {
			*l.into = appendNew(*l.into, s, l.most)
		}
		x.prov(l.field, srcRule, 1)
	}
}
