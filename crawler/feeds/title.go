package feeds

import (
	"html"
	"regexp"
	"strings"
)

var tag = regexp.MustCompile(`</?[A-Za-z][^<>]*>|<!--.*?-->`)

// plain returns a title as text. Many are HTML in a text, or written as such
// once too often.
func plain(title string) string {
	if strings.Contains(title, "<") {
		title = strings.NewReplacer("<![CDATA[", "", "]]>", "").Replace(title)
		title = tag.ReplaceAllString(title, "")
	}
	if strings.Contains(title, "&") {
		title = html.UnescapeString(title)
	}
	return strings.Join(strings.Fields(title), " ")
}
