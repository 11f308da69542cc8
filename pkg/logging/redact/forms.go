package redact

import "strings"

// forms redacts what is a secret by its form.
func forms(s string) string {
	if strings.Contains(s, "eyJ") || len(s) >= seedLength && strings.IndexByte(s, 'S') >= 0 {
		s = words(s)
	}
	if strings.Contains(s, webhookSecret) {
		s = webhookSecrets(s)
	}
	if strings.Contains(s, endOfMark) {
		s = privateKeys(s)
	}
	return s
}

// words redacts JSON Web Tokens (RFC 7519) and the seeds of NATS' keys: S, the
// kind, and 56 letters of base32.
func words(s string) string {
	var out strings.Builder
	done := 0
	for from := 0; from < len(s); {
		to := from
		for to < len(s) && (isName(s[to]) && s[to] != '%') {
			to++
		}
		if word := strings.TrimRight(s[from:to], "."); token(word) || seed(word) {
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

func token(word string) bool {
	return len(word) >= 40 && strings.HasPrefix(word, "eyJ") && strings.Count(word, ".") >= 2
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
