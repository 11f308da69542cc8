package redact

import (
	"encoding/base64"
	"strings"
)

// pairs redacts the values of name=value outside of URLs: parameters of a URL
// without scheme, connection strings, forms; and of name = value, as settings
// are written.
func pairs(s string) string {
	return after(s, '=', func(s string, at int) (from, to int) {
		if spaced := at > 0 && s[at-1] == ' '; spaced {
			if at+2 < len(s) && s[at+1] == ' ' && secret(keyBefore(s, at-1)) {
				return value(s, at+2)
			}
			return 0, 0
		}
		name := keyBefore(s, at)
		before := at - len(name) - 1
		if parameterLike := before >= 0 && strings.IndexByte("?&#;", s[before]) >= 0; parameterLike && parameter(name) || secret(name) {
			return value(s, at+1)
		}
		return 0, 0
	})
}

// headers redacts the values of "Name: value", "name":"value" and Name:[value],
// which is how headers, JSON, YAML and Go's maps are printed.
func headers(s string) string {
	return after(s, ':', func(s string, at int) (from, to int) {
		end := at
		for end > 0 && (s[end-1] == '"' || s[end-1] == '\\') {
			end--
		}
		name := keyBefore(s, end)
		from = at + 1
		for from < len(s) && s[from] == ' ' {
			from++
		}
		opened := from < len(s) && strings.IndexByte("\"\\[", s[from]) >= 0
		isHeader := header(name)
		switch {
		case isHeader && !opened:
			return from, until(s, from, "\r\n\"")
		case !isHeader && !secret(name):
			return 0, 0
		case isHeader, opened, from == at+1, end < at:
			return value(s, from)
		}
		return said(s, at-len(name), from)
	})
}

// said is the value of "name: value" in a text, if it is no word of a sentence:
// it is all that stands on its line besides the name, or it has what words have
// not. References to a secret (env:NAME, file:PATH, a path) are none.
func said(s string, name, from int) (start, end int) {
	start, end = value(s, from)
	for end > start && strings.IndexByte(".!?:", s[end-1]) >= 0 {
		end--
	}
	word := s[start:end]
	switch {
	case word == "", strings.HasPrefix(word, "env:"), strings.HasPrefix(word, "file:"), word[0] == '/', word[0] == '.':
		return 0, 0
	case odd(word), begins(s[:name]) && ends(s[end:]):
		return start, end
	}
	return 0, 0
}

// odd says whether a word is of letters and digits, or has signs that stand in
// passwords rather than in sentences.
func odd(word string) bool {
	if len(word) < 6 {
		return false
	}
	letters := strings.ContainsFunc(word, func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' })
	return letters && strings.ContainsAny(word, "0123456789") || strings.ContainsAny(word, "!@#$%^*+=~")
}

// begins says whether a line begins behind s, or the item of a list; ends
// whether one ends before s.
func begins(s string) bool {
	s = strings.TrimRight(s, " \t-")
	return s == "" || s[len(s)-1] == '\n'
}

func ends(s string) bool {
	s = strings.TrimLeft(s, " \t\r")
	return s == "" || s[0] == '\n'
}

// ports redacts what net/url takes for a port, and may be the password of a URL
// without a host.
func ports(s string) string {
	const before, behind = `invalid port ":`, `" after host`
	head, rest, found := strings.Cut(s, before)
	if !found {
		return s
	}
	port, rest, found := strings.Cut(rest, behind)
	if !found {
		return s
	}
	if port != Mark && strings.Trim(port, "0123456789") != "" {
		port = Mark
	}
	return head + before + port + behind + ports(rest)
}

// schemes redacts what follows "Bearer" and "Basic", as in the header
// Authorization.
func schemes(s string) string {
	return after(s, ' ', func(s string, at int) (from, to int) {
		scheme := strings.ToLower(nameBefore(s, at))
		if scheme != "bearer" && scheme != "basic" {
			return 0, 0
		}
		from, to = at+1, at+1
		for to < len(s) && (isName(s[to]) || strings.IndexByte("~+/=", s[to]) >= 0) {
			to++
		}
		if credential(scheme, s[from:to]) {
			return from, to
		}
		return 0, 0
	})
}

// credential says whether a word after Bearer or Basic is one, and not a word
// of a sentence.
func credential(scheme, word string) bool {
	if scheme == "basic" {
		plain, err := base64.StdEncoding.WithPadding(base64.NoPadding).DecodeString(strings.TrimRight(word, "=."))
		return err == nil && strings.IndexByte(string(plain), ':') >= 0
	}
	switch strings.ToLower(strings.TrimRight(word, ".")) {
	case "authentication", "authorization", "authorisation", "credentials":
		return false
	}
	return len(word) >= 8
}

// after calls find for every place of the byte c; what it answers is redacted,
// if it is not empty.
func after(s string, c byte, find func(s string, at int) (from, to int)) string {
	var out strings.Builder
	done, next := 0, 0
	for {
		at := strings.IndexByte(s[next:], c)
		if at < 0 {
			break
		}
		at += next
		next = at + 1
		if from, to := find(s, at); to > from && s[from:to] != Mark {
			out.WriteString(s[done:from])
			out.WriteString(Mark)
			done, next = to, max(to, next)
		}
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// before calls find for every place of the byte c; what lies between its answer
// and that place is redacted, if it is not empty.
func before(s string, c byte, find func(s string, at int) (from int)) string {
	var out strings.Builder
	done := 0
	for next := 0; ; next++ {
		at := strings.IndexByte(s[next:], c)
		if at < 0 {
			break
		}
		next += at
		if from := find(s, next); from >= done && from < next && s[from:next] != Mark {
			out.WriteString(s[done:from])
			out.WriteString(Mark)
			done = next
		}
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// longest bounds what is looked at for the beginning of a name or an authority,
// so that long texts cost no more than many short ones.
const longest = 256

// nameBefore is the name that ends before the byte at.
func nameBefore(s string, at int) string {
	from := at
	for from > 0 && isName(s[from-1]) {
		from--
	}
	return s[from:at]
}

// keyBefore is nameBefore with the brackets that a name may end with: token[],
// user[password].
func keyBefore(s string, at int) string {
	from := at
	for from > 0 && s[from-1] == ']' {
		window := s[max(0, from-longest):from]
		open := strings.LastIndexByte(window, '[')
		if open < 0 || strings.ContainsAny(window[open:], " =&\"") {
			break
		}
		from -= len(window) - open
	}
	from -= len(nameBefore(s, from))
	return s[from:at]
}

// value is where the value lies that begins at from: what is in quotes or
// brackets, or else a word.
func value(s string, from int) (start, end int) {
	rest := s[from:]
	switch {
	case rest == "":
		return from, from
	case rest[0] == '"' || rest[0] == '\'':
		return from + 1, from + 1 + closing(rest[1:], rest[0], false)
	case strings.HasPrefix(rest, `\"`):
		return from + 2, from + 2 + closing(rest[2:], '"', true)
	case rest[0] == '[':
		return from + 1, until(s, from+1, "]")
	}
	return from, until(s, from, " \t\r\n\"'&;,<>)]}\\")
}

// until is where the first of ends stands in s behind from, or where s ends.
func until(s string, from int, ends string) int {
	if n := strings.IndexAny(s[from:], ends); n >= 0 {
		return from + n
	}
	return len(s)
}
