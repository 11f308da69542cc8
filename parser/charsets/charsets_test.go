package charsets

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

func TestDeclared(t *testing.T) {
	for _, c := range []struct{ body, ctype, want string }{
		{`<meta charset="koi8-r">`, "", "koi8-r"},
		{`<META CHARSET = 'KOI8-R'>`, "", "koi8-r"},
		{`<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">`, "", "koi8-r"},
		{`<meta name=charset content=x><meta charset=koi8-r/>`, "", "koi8-r"},
		{`<script charset="koi8-r"></script>`, "", ""},
		{`<meta charset=utf-8>`, "", ""},
		{`<meta charset=utf-16><meta charset=koi8-r>`, "", ""},
		{`<meta charset=koi8-r>`, "text/html; charset=windows-1251", "windows-1251"},
		{`<meta charset=koi8-r>`, `text/html; charset="UTF-8"`, "koi8-r"},
		{`<meta charset=none><meta charset=koi8-r>`, "text/html; charset=none", "koi8-r"},
		{`<?xml version="1.0" encoding='koi8-r'?><html>`, "", "koi8-r"},
		{`<meta charset=hz-gb-2312>`, "", ""},
		{`<meta charset=`, "text/html; charset=", ""},
	} {
		if got := declared([]byte(c.body), c.ctype); got != c.want {
			t.Errorf("%s (%s): %q, want %q", c.body, c.ctype, got, c.want)
		}
	}
}

func TestDecodeKeepsUTF8(t *testing.T) {
	body := []byte("<meta charset=koi8-r>Größe")
	if got := Decode(body, "text/html; charset=iso-8859-1"); &got[0] != &body[0] || len(got) != len(body) {
		t.Errorf("valid UTF-8 became %q", got)
	}
}

func TestLatin(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"<html lang=pl><p>Za\xbf\xf3\xb3\xe6 g\xea\x9cl\xb9 ja\x9f\xf1", "windows-1250"},
		{"<html lang='pl-PL'><p>Za\xbf\xf3\xb3\xe6 g\xea\xb6l\xb1 ja\xbc\xf1", "iso-8859-2"},
		{"<html lang=tr><p>\xfeimdi a\xf0a\xe7 \xfdrmak", "windows-1254"},
		{"<html lang=lv><p>r\xeet\xe2 m\xe2ja b\xebrns", "windows-1257"},
		{"<html lang=fr><p>l'\xe9cole \xe0 c\xf4t\xe9 du march\xe9", "windows-1252"},
	} {
		if got := detect([]byte(c.body)); got != c.want {
			t.Errorf("%q: %s, want %s", c.body, got, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("<html lang=pl><meta charset=koi8-r>Gr\xf6\xdfe"), "text/html; charset=x")
	f.Add([]byte("\x1b$B8E$$66\x1b(B"), "")
	f.Add([]byte("\xff\xfe<\x00p\x00>\x00"), "")
	f.Fuzz(func(t *testing.T, body []byte, ctype string) {
		before := bytes.Clone(body)
		got := Decode(body, ctype)
		if !utf8.Valid(got) {
			t.Errorf("%q became %q, which is no UTF-8", body, got)
		}
		if !bytes.Equal(body, before) {
			t.Errorf("%q was changed to %q", before, body)
		}
	})
}
