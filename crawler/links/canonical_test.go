package links

import "testing"

func TestCanonicalAsWritten(t *testing.T) {
	for want, html := range map[string]string{
		"":          `<title>x</title><meta property="og:title" content="t"><link rel="stylesheet" href="s.css"><!-- <link rel=canonical href=/c> -->`,
		"/a?b=1&c":  `<link rel="Canonical" href="/a?b=1&amp;c"><link rel=canonical href=/second>`,
		"/link":     `<meta property="og:url" content="/og"><body><p>late</p><link rel=canonical href="/link">`,
		"/og":       `<link rel=canonical href=""><meta property="og:url" content="/og"><meta name="og:url" content="/other">`,
		"/by-name":  `<meta name="OG:URL" content="/by-name">`,
		"https://x": `<script>"<link rel=canonical href=/js>"</script><link href=https://x rel=canonical>`,
	} {
		if got := Canonical([]byte(html)); got != want {
			t.Errorf("%s: %q, want %q", html, got, want)
		}
	}
}
