package markup

import (
	"bytes"
	"strings"
)

// Root returns the local name, in lower case, of the first element of a
// document whose beginning is head, in UTF-8, or "". Whatever stands before an
// XML declaration does not count.
func Root(head []byte) string {
	if at := bytes.Index(head, []byte("<?xml")); at >= 0 {
		head = head[at:]
	}
	for {
		at := bytes.IndexByte(head, '<')
		if at < 0 || at+1 >= len(head) {
			return ""
		}
		head = head[at+1:]
		switch {
		case isLetter(head[0]):
			return rootName(head)
		case bytes.HasPrefix(head, []byte("!--")):
			_, head, _ = bytes.Cut(head, []byte("-->"))
		case head[0] == '!' && beginsSubset(head):
			_, head, _ = bytes.Cut(head, []byte("]"))
		}
	}
}

// beginsSubset says whether a document type has an internal subset.
func beginsSubset(head []byte) bool {
	at := bytes.IndexAny(head, "[>")
	return at >= 0 && head[at] == '['
}

func rootName(head []byte) string {
	end := bytes.IndexAny(head, " \t\r\n/>")
	if end < 0 {
		return ""
	}
	name := strings.ToLower(string(head[:end]))
	return name[strings.IndexByte(name, ':')+1:]
}
