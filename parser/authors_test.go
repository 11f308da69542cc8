package parser

import (
	"strings"
	"testing"
)

// card is another story below the text.
const card = `<div><a href="/world/story-2.html"><h3>The market hall is sold to a baker</h3></a><p>News · 3 June 2024</p></div>`

// TestAuthors has one page for each place where a page can tell its authors.
func TestAuthors(t *testing.T) {
	for name, c := range map[string]struct{ head, above, within, below, want string }{
		"structured data": {head: ld(`"author":[{"@type":"Person","name":"Mara Quill"},{"@type":"Person","name":"Tom Hask"}]`), want: "Mara Quill; Tom Hask"},
		"meta":            {head: `<meta name="author" content="Mara Quill">`, want: "Mara Quill"},
		"microdata":       {above: `<meta itemprop="author" content="Mara Quill">`, want: "Mara Quill"},
		"microdata for machines": {
			above: `<div itemprop="author" itemscope itemtype="https://schema.org/Person"><meta itemprop="name" content="Mara Quill"></div>`, want: "Mara Quill",
		},
		"named element":     {above: `<div class="article-author">Mara Quill</div>`, want: "Mara Quill"},
		"link":              {above: `<p>Story: <a href="/author/mara-quill">Mara Quill</a></p>`, want: "Mara Quill"},
		"line":              {above: `<p>By Mara Quill, Springfield</p>`, want: "Mara Quill"},
		"line in Japanese":  {above: `<p>文・泉野花子、畑太郎</p>`, want: "泉野花子; 畑太郎"},
		"line with dashes":  {above: `<p>--- by Mara Quill</p>`, want: "Mara Quill"},
		"line in the text":  {within: `<p><strong>Author: Mara Quill, correspondent in Springfield.</strong></p>`, want: "Mara Quill"},
		"name, then a date": {above: `<div><span>Mara Quill |</span> <span>3 May 2024 - 4 May 2024</span></div>`, want: "Mara Quill"},
		"signature":         {below: `<p>Mara Quill</p>`, want: "Mara Quill"},
		"signature on the right, after the site's name": {
			head: ld(`"author":{"@type":"Organization","name":"Example Times"}`), below: `<p style="text-align: right"><strong>Mara Quill</strong></p>`, want: "Mara Quill",
		},
		"signature on the left, after the site's name": {
			head: ld(`"author":{"@type":"Organization","name":"Example Times"}`), below: `<p>Further Reading</p>`, want: "Example Times",
		},
		"account, then its owner":     {head: `<meta name="author" content="jerome_quill">`, above: `<div class="author">Jérôme Quill</div>`, want: "Jérôme Quill"},
		"account, then somebody else": {head: `<meta name="author" content="maraq77">`, above: `<div class="author">Tom Hask</div>`, want: "maraq77"},

		"above other stories":       {below: `<div><h2>More from Springfield</h2>` + card + `</div>`},
		"in cards of other stories": {below: strings.Repeat(strings.Replace(card, "News", "By Tom Hask", 1), 3)},
		"of a picture":              {above: `<figure><img src="/bridge.jpg"><span class="author">Tom Hask</span></figure>`},
		"of a quotation":            {within: `<blockquote><p>It will stand for ever.</p><cite class="author">Tom Hask</cite></blockquote>`},
		"account of an initial": {
			head: `<meta name="author" content="mquill">`, above: `<div class="author">Mara Quill</div>`, want: "Mara Quill",
		},
		"a heading below the text":        {below: `<p>Weitere Informationen</p>`},
		"in a cited work":                 {below: `<ol><li itemprop="citation" itemscope><meta itemprop="author" content="Tom Hask">On bridges, 1988</li></ol>`},
		"in a comment":                    {below: `<div itemprop="comment" itemscope><meta itemprop="author" content="Tom Hask"><p>Well said.</p></div>`},
		"in an embed":                     {within: `<blockquote class="twitter-tweet"><p>The bridge is old.</p>Posted by Tom Hask on Sunday, 5 May 2024</blockquote>`},
		"a notice outside of the article": {below: `</article><div><p>Missing Permission</p></div><article>`},
		"in a sentence":                   {within: `<p>The bridge was drawn by Tom Hask in the year 1924, and by nobody else, as the council says.</p>`},
	} {
		t.Run(name, func(t *testing.T) {
			above := c.above
			if c.within != "" {
				above += strings.Repeat(para, 3) + c.within
			}
			a, err := Extract(testPage([]byte(datedPage(c.head, above, c.below))))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, au := range a.Authors {
				names = append(names, au.Name)
			}
			if got := strings.Join(names, "; "); got != c.want {
				t.Errorf("authors %q, want %q (%v)", got, c.want, a.Prov["authors"])
			}
		})
	}
}
