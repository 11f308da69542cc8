package parser

import "testing"

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
