package parser

import "testing"

// TestAnnouncedImage wants the image of the structured data from wherever its
// address stands.
func TestAnnouncedImage(t *testing.T) {
	const address, caption = "https://www.example-times.com/i/bridge.jpg", "The old bridge in May"
	for name, head := range map[string]string{
		"address of the content": ld(`"image":{"@type":"ImageObject","contentUrl":"` + address + `","caption":"` + caption + `"}`),
		"list":                   ld(`"image":[{"@type":"ImageObject","url":"` + address + `","caption":"` + caption + `"}]`),
		"reference": `<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","headline":"The old bridge is repaired","image":{"@id":"#lead"}},` +
			`{"@type":"ImageObject","@id":"#lead","contentUrl":"` + address + `","caption":"` + caption + `"}]}</script>`,
	} {
		a, err := Extract(testPage([]byte(datedPage(head, "", ""))))
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Images) != 1 || a.Images[0].URL != address || a.Images[0].Caption != caption {
			t.Errorf("%s: images %+v", name, a.Images)
		}
	}
}

// TestFurnitureNames wants icons and logos to be told by their names, and no
// pictures of what only holds these words.
func TestFurnitureNames(t *testing.T) {
	for address, want := range map[string]bool{
		"/img/site-logo.svg": true, "/img/fblogo.png": true, "/img/facebookicon.png": true, "/img/icon-mail.png": true, "/u/avatar_3.jpg": true, "/img/badge.png": true,
		"/2026/silicon-valley.jpg": false, "/2026/semiconductors.jpg": false, "/2026/iconic-tower.jpg": false, "/2026/catalogo-ponte.jpg": false,
		"/2026/Dialogo-sul-ponte.jpg": false, "/2026/badgers-at-night.jpg": false, "/2026/silicon-valley-logo.png": true,
	} {
		if got := isFurnitureURL([]byte(address)); got != want {
			t.Errorf("%s: furniture %t", address, got)
		}
	}
}
