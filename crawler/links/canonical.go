package links

// Canonical returns what a page gives as its own address, as written: the first
// <link rel=canonical>, or else the first og:url; "" if it gives none.
func Canonical(html []byte) string {
	openGraph := ""
	s := scanner{html: html}
	for s.next() {
		switch s.tag {
		case tagLink:
			rel, _ := s.attr("rel")
			if href, _ := s.attr("href"); equalFold(rel, "canonical") && len(href) > 0 {
				return unescape(string(href))
			}
		case tagMeta:
			property, ok := s.attr("property")
			if !ok {
				property, _ = s.attr("name")
			}
			if content, _ := s.attr("content"); openGraph == "" && equalFold(property, "og:url") {
				openGraph = unescape(string(content))
			}
		case tagOther, tagA, tagArea, tagBase, tagScript:
		}
	}
	return openGraph
}
