package markup

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// tokens writes a document's tokens one after the other: <name a="v">, </name>
// and the texts between bars.
func tokens(r io.Reader) (string, error) {
	var b strings.Builder
	s := NewScanner(r)
	for {
		token, err := s.Next()
		if err != nil {
			return b.String(), err
		}
		switch token.Kind {
		case Text:
			fmt.Fprintf(&b, "|%s|", token.Text)
		case Start:
			fmt.Fprintf(&b, "<%s", token.Name)
			for name, value := range token.Attributes {
				fmt.Fprintf(&b, " %s=%q", name, value)
			}
			if token.Empty {
				b.WriteString("/")
			}
			b.WriteString(">")
		case End:
			fmt.Fprintf(&b, "</%s>", token.Name)
		}
	}
}

func TestScanner(t *testing.T) {
	long := strings.Repeat("x", bufferSize)
	for _, c := range []struct {
		name, document, want string
		err                  error
	}{
		{"plain", `<a><B c="1" D='2'>x</B><e/></a>`, `<a><b c="1" d="2">|x|</b><e/></a>`, io.EOF},
		{"prefix", `<x:a b:c="1"/>`, `<a b:c="1"/>`, io.EOF},
		{"skipped", `<?xml version="1.0"?><!-- <a> --><!DOCTYPE x><a>x<!-- - -- --->y</a>`, `<a>|x||y|</a>`, io.EOF},
		{"document type", `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;"> ] ><a>&lol2;</a>`, `<a>|&lol2;|</a>`, io.EOF},
		{"external entity", `<!DOCTYPE a SYSTEM "http://127.0.0.1/x" [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, `<a>|&x;|</a>`, io.EOF},
		{"references", `<a>&amp;&lt;&#65;&#x42;&eacute;&nbsp;&bogus;&amp;amp;</a>`, "<a>|&<ABé\u00a0&bogus;&amp;|</a>", io.EOF},
		{"bare ampersands", `<a b="?a=1&copy=2&amp;c=3">R&D & S; &</a>`, `<a b="?a=1&copy=2&c=3">|R&D & S; &|</a>`, io.EOF},
		{"bare angle", `<a>1 < 2 <3</a>`, `<a>|1 ||<|| 2 ||<||3|</a>`, io.EOF},
		{"forbidden characters", "<a>a\x00b\x0bc&#0;&#x1F;&#xFFFF;&#xD800;&#99999999999;d\uffff</a>", `<a>|abcd|</a>`, io.EOF},
		{"references of windows-1252", `<a>&#147;x&#148;</a>`, `<a>|“x”|</a>`, io.EOF},
		{"no references", `<a>&#;&#x;&#xyz;&;&semi;</a>`, `<a>|&#;&#x;&#xyz;&;;|</a>`, io.EOF},
		{"CDATA", `<a><![CDATA[<b>&amp;]]></a>`, `<a>|<b>&amp;|</a>`, io.EOF},
		{"CDATA within CDATA", `<a><![CDATA[x<![CDATA[y]]>z]]></a>`, `<a>|x<![CDATA[y||z|</a>`, io.EOF},
		{"CDATA not closed", `<a><![CDATA[x</a><b><![CDATA[y]]></b>`, `<a>|x|</a><b>|y|</b>`, io.EOF},
		{"last CDATA not closed", `<a><![CDATA[x</a><b>y</b>`, `<a>|x|</a><b>|y|</b>`, io.EOF},
		{"long CDATA", `<a><![CDATA[` + long + long + `]]></a>`, `<a>|` + long[:maxText] + `|</a>`, io.EOF},
		{"long text", `<a>` + long + long + `</a>`, `<a>|` + long[:maxText] + `|</a>`, io.EOF},
		{"long tag", `<a b="` + long + long + `"/><c/>`, `<c/>`, io.EOF},
		{"quote not closed", `<a b="1><c>x</c>`, `<a b="1"><c>|x|</c>`, io.EOF},
		{"last quote not closed", `<a b="1>x`, `<a b="1">|x|`, io.EOF},
		{"angle in a quote", `<a b="x>y">`, `<a b="x>y">`, io.EOF},
		{"attributes", `<a b c=d e = "f" g='' / h="&lt;">`, `<a b="" c="d" e="f" g="" h="<">`, io.EOF},
		{"cut in a tag", `<a><b c="`, `<a>`, io.ErrUnexpectedEOF},
		{"cut in a comment", `<a><!-- x`, `<a>`, io.ErrUnexpectedEOF},
		{"cut in a text", `<a>xy`, `<a>|xy|`, io.EOF},
		{"cut after an angle", `<a>xy<`, `<a>|xy|`, io.ErrUnexpectedEOF},
		{"nothing", "", "", io.EOF},
	} {
		for how, r := range map[string]io.Reader{
			"at once": strings.NewReader(c.document), "byte by byte": iotest.OneByteReader(strings.NewReader(c.document)),
		} {
			got, err := tokens(r)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%s, %s: %.300s, %v", c.name, how, got, err)
			}
		}
	}
}

func TestScannerPassesErrors(t *testing.T) {
	cause := errors.New("cause")
	for _, document := range []string{"<a>x", "<a", "<!-- ", "<![CDATA[", "<!DOCTYPE"} {
		_, err := tokens(io.MultiReader(strings.NewReader(document), iotest.ErrReader(cause)))
		if !errors.Is(err, cause) {
			t.Errorf("%s: %v", document, err)
		}
	}
}

// endless repeats a text for ever.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		copied := copy(p[n:], e.text[e.at:])
		n, e.at = n+copied, (e.at+copied)%len(e.text)
	}
	return n, nil
}

// A document costs what its buffers cost, whatever it repeats.
func TestScannerMemory(t *testing.T) {
	const size = 4 << 20
	for _, piece := range []string{"x", "<", "<a", "<a b='", "<a>", "<![CDATA[", "<!--", "<!", "<?", "&", "&amp;", "<!DOCTYPE ["} {
		r := io.LimitReader(&endless{text: piece}, size)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := NewScanner(r)
		var err error
		for err == nil {
			_, err = s.Next()
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > size/2 {
			t.Errorf("%q over and over: %d bytes allocated", piece, got)
		}
	}
}

func TestUTF8(t *testing.T) {
	wide := func(s string, mark bool) string {
		var b []byte
		if mark {
			b = []byte{0xff, 0xfe}
		}
		for _, r := range s {
			b = append(b, byte(r), byte(r>>8))
		}
		return string(b)
	}
	long := strings.Repeat("x", headSize-1) + "ü"
	for _, c := range []struct{ name, document, contentType, want string }{
		{"plain", "Zürich", "", "Zürich"},
		{"mark", "\ufeffx", "", "x"},
		{"UTF-16", wide("<ü>", true), "", "<ü>"},
		{"UTF-16 without a mark", wide("<ü>", false), "", "<ü>"},
		{"declared", "<?xml encoding='koi8-r'?>\xed\xc9\xd2", "", "<?xml encoding='koi8-r'?>Мир"},
		{"of the header", "Z\xfcrich", "text/xml; charset=iso-8859-1", "Zürich"},
		{"declaration before header", "<?xml encoding='koi8-r'?>\xed", "text/xml; charset=iso-8859-1", "<?xml encoding='koi8-r'?>М"},
		{"UTF-8 that says it is not", "<?xml encoding='iso-8859-1'?>Zürich", "text/xml; charset=koi8-r", "<?xml encoding='iso-8859-1'?>Zürich"},
		{"windows-1252 that says it is UTF-8", "<?xml encoding='utf-8'?>\x93Z\xfcrich\x94", "", "<?xml encoding='utf-8'?>“Zürich”"},
		{"UTF-8 with a slip", "Zürich \xfc", "", "Zürich \ufffd"},
		{"ASCII that says it is UTF-16", "<?xml encoding='utf-16'?>x", "", "<?xml encoding='utf-16'?>x"},
		{"unknown", "<?xml encoding='none'?>Z\xfcrich", "", "<?xml encoding='none'?>Zürich"},
		{"an encoding that is refused", "<?xml encoding='hz-gb-2312'?>x", "", "<?xml encoding='hz-gb-2312'?>x"},
		{"a rune over the head's end", long, "", long},
		{"nothing", "", "", ""},
	} {
		got, err := io.ReadAll(UTF8(strings.NewReader(c.document), c.contentType))
		if string(got) != c.want || err != nil {
			t.Errorf("%s: %.100q, %v", c.name, got, err)
		}
		if c.name != "a rune over the head's end" {
			if got := UTF8Head([]byte(c.document), c.contentType); string(got) != c.want {
				t.Errorf("%s: the head is %.100q", c.name, got)
			}
		}
	}
}

func TestRoot(t *testing.T) {
	for document, want := range map[string]string{
		"<RSS version='2'>": "rss", "\n<?xml version='1.0'?><!-- <x> --><?xml-stylesheet?><rdf:RDF>": "rdf",
		"<br />\n<b>Warning</b>: x<?xml version='1.0'?><feed>": "feed", "<!DOCTYPE html><html>": "html",
		"<!DOCTYPE rss [<!ENTITY a '<b>'>]><rss>": "rss", "": "", "rss": "", "<": "", "<rs": "", "<!-- <rss> ": "",
	} {
		if got := Root([]byte(document)); got != want {
			t.Errorf("Root(%q) = %q, want %q", document, got, want)
		}
	}
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a b="c">&amp;<![CDATA[d]]><!-- e --></a>`))
	f.Add([]byte("<a b='>\xff\xfe<"))
	f.Fuzz(func(t *testing.T, document []byte) {
		Root(document)
		s := NewScanner(UTF8(strings.NewReader(string(document)), ""))
		read := 0
		for {
			token, err := s.Next()
			if err != nil {
				break
			}
			for name, value := range token.Attributes {
				read += len(name) + len(value)
			}
			if read += len(token.Name) + len(token.Text); read > 4*len(document)+16 {
				t.Fatalf("%d bytes of %d", read, len(document))
			}
		}
	})
}
