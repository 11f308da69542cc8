package redact

import "strings"

// forms redacts what is a secret by its form.
func forms(s string) string {
	if has(s, 'J') && strings.Contains(s, tokenBegin) || len(s) >= seedLength && has(s, 'S') {
		s = words(s)
	}
	if has(s, '_') {
		if strings.Contains(s, webhookSecret) {
			s = webhookSecrets(s)
		}
		if strings.Contains(s, "gh") {
			s = serviceKeys(s, "ghp_", "gho_", "ghu_", "ghs_", "ghr_")
		}
		s = serviceKeys(s, "github_pat_", "sk_live_")
	}
	if has(s, 'A') {
		s = serviceKeys(s, "AKIA", "ASIA", "AIza")
	}
	if has(s, '-') {
		if strings.Contains(s, "xox") {
			s = serviceKeys(s, "xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-")
		}
		if has(s, ' ') && strings.Contains(s, endOfMark) {
			s = privateKeys(s)
		}
	}
	return s
}

// serviceKeys redacts keys of services that write them with a beginning of their
// own, so that they are found: GitHub, Stripe, AWS, Google, Slack.
func serviceKeys(s string, begins ...string) string {
	for _, begin := range begins {
		if at := strings.Index(s, begin); at >= 0 {
			s = serviceKey(s, begin, at)
		}
	}
	return s
}

// serviceKey redacts the keys with this beginning, the first of which may be at at.
func serviceKey(s, begin string, at int) string {
	end := at + len(begin)
	for end < len(s) && inKey(begin, s[end]) {
		end++
	}
	rest := s[end:]
	if next := strings.Index(rest, begin); next >= 0 {
		rest = serviceKey(rest, begin, next)
	}
	if startsWord(s, at) && keyLength(begin, end-at-len(begin)) {
		return s[:at] + Mark + rest
	}
	return s[:end] + rest
}

// startsWord says whether a word begins at at: behind what is no letter or digit, or
// behind a byte that is percent-encoded.
func startsWord(s string, at int) bool {
	return at == 0 || !isName(s[at-1]) || strings.IndexByte("-_.", s[at-1]) >= 0 || at >= 3 && s[at-3] == '%'
}

// inKey says whether the key with this beginning may hold a byte.
func inKey(begin string, c byte) bool {
	upper, digit := c >= 'A' && c <= 'Z', c >= '0' && c <= '9'
	switch begin {
	case "AKIA", "ASIA":
		return upper || digit
	}
	return upper || digit || c >= 'a' && c <= 'z' || c == '_' || c == '-'
}

// keyLength says whether n bytes may follow the beginning of a key.
func keyLength(begin string, n int) bool {
	switch begin {
	case "AKIA", "ASIA":
		return n == 16
	case "AIza":
		return n >= 35
	case "xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-":
		return n >= 10
	}
	return n >= 16
}

// words redacts JSON Web Tokens (RFC 7519) and the seeds of NATS' keys: S, the
// kind, and 56 letters of base32.
func words(s string) string {
	var out strings.Builder
	done := 0
	for from := 0; from < len(s); {
		to := from
		for to < len(s) && isName(s[to]) && s[to] != '%' {
			to++
		}
		word := strings.TrimRight(s[from:to], ".")
		if at := strings.Index(word, tokenBegin); at > 0 && startsWord(s, from+at) {
			from, word = from+at, word[at:] // as behind Bearer%20
		}
		if token(word) || seed(word) {
			out.WriteString(s[done:from])
			out.WriteString(Mark)
			done = from + len(word)
		}
		from = to + 1
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// tokenBegin is {" in base64, with which the header of a token begins.
const tokenBegin = "eyJ"

func token(word string) bool {
	return len(word) >= 40 && strings.HasPrefix(word, tokenBegin) && strings.Count(word, ".") >= 2
}

// seedLength is that of the seed of an nkey.
const seedLength = 58

func seed(word string) bool {
	if len(word) != seedLength || word[0] != 'S' || strings.IndexByte("NCOAUX", word[1]) < 0 {
		return false
	}
	return strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// webhookSecret begins a secret that signs what is sent to a webhook
// (Standard Webhooks, "Signature scheme").
const webhookSecret = "whsec_"

func webhookSecrets(s string) string {
	before, rest, found := strings.Cut(s, webhookSecret)
	if !found {
		return s
	}
	end := 0
	for end < len(rest) && (isName(rest[end]) || strings.IndexByte("+/=", rest[end]) >= 0) {
		end++
	}
	if end == 0 {
		return before + webhookSecret + webhookSecrets(rest)
	}
	return before + webhookSecret + Mark + webhookSecrets(rest[end:])
}

// endOfMark ends the line that begins a private key in PEM, and the one that
// ends it.
const endOfMark = "PRIVATE KEY-----"

// privateKeys redacts what lies between these lines.
func privateKeys(s string) string {
	before, rest, found := strings.Cut(s, endOfMark)
	if !found {
		return s
	}
	key, _, closed := strings.Cut(rest, "-----END")
	if !closed {
		return before + endOfMark + Mark
	}
	rest = rest[len(key)+len("-----END"):]
	end, more, _ := strings.Cut(rest, endOfMark)
	return before + endOfMark + Mark + "-----END" + end + endOfMark + privateKeys(more)
}
