package bus

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"pressmill/pkg/news"
)

// TestPageFormat sends bodies of all kinds through the wire, one after the
// other, so that what one leaves in a buffer would show in the next.
func TestPageFormat(t *testing.T) {
	noise := make([]byte, 100_000)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(noise) // never fails
	for name, body := range map[string][]byte{
		"none": nil, "short": []byte("<p>"), "long": bytes.Repeat([]byte("<p>harbour</p>\n"), 50_000), "noise": noise,
		"like an old one": zstdMagic, "forty bytes": bytes.Repeat([]byte{0xb5}, 40),
	} {
		page := &news.Page{PageID: name, FinalURL: "https://example.org/", Body: body}
		wire, err := encodePage(page)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodePage(wire)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(page.Body, got.Body) {
			t.Errorf("%s: a body of %d bytes became another one of %d", name, len(page.Body), len(got.Body))
		}
		page.Body, got.Body = nil, nil // cmp takes its time for long ones
		if diff := cmp.Diff(page, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestOldPageFormat reads a page as it was sent when bodies were zstd frames.
func TestOldPageFormat(t *testing.T) {
	page := &news.Page{PageID: "p", Body: []byte("<p>the old pier</p>")}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := json.Marshal(page)
	if err != nil {
		t.Fatal(err)
	}
	wire := append(binary.AppendUvarint(nil, uint64(len(meta))), meta...)
	got, err := decodePage(enc.EncodeAll(page.Body, wire))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page, got); diff != "" {
		t.Error(diff)
	}
}

// TestOddPageFormat wants an error, and no memory, for what is no page.
func TestOddPageFormat(t *testing.T) {
	head := append(binary.AppendUvarint(nil, 2), "{}"...)
	for name, wire := range map[string][]byte{
		"cut":         s2.Encode(nil, bytes.Repeat([]byte("a long story. "), 99))[:9],
		"a huge body": binary.AppendUvarint(nil, 1<<31),
		"a cut frame": append(bytes.Clone(zstdMagic), 1),
	} {
		if _, err := decodePage(append(bytes.Clone(head), wire...)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzPage: whatever lies in the stream is a page that can be sent on, or an
// error.
func FuzzPage(f *testing.F) {
	for _, body := range []string{"", "<p>", strings.Repeat("<p>harbour</p>", 99)} {
		wire, err := encodePage(&news.Page{PageID: "p", Header: map[string][]string{"Content-Type": {"text/html"}}, Body: []byte(body)})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	head := append(binary.AppendUvarint(nil, 2), "{}"...)
	f.Add(append(bytes.Clone(head), zstdMagic...))
	f.Add(append(bytes.Clone(head), s2.Encode(nil, []byte("harbour"))...))
	f.Fuzz(func(t *testing.T, wire []byte) {
		page, err := decodePage(wire)
		if err != nil {
			return
		}
		again, err := encodePage(page)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodePage(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(page, got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzHostToken: any host is one token of a subject, without wildcards, and
// comes back; and whatever is taken for a token is read or refused.
func FuzzHostToken(f *testing.F) {
	for _, s := range []string{"example.org:8080", "[::1]:80", "a b*>.\x00", "=2", "=zz", "a_b=2eC"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		token := HostToken(s)
		if strings.ContainsAny(token, ".*> \t\r\n\x00") {
			t.Errorf("%q has the token %q", s, token)
		}
		if host, err := ParseHostToken(token); err != nil || host != s {
			t.Errorf("%q came back as %q: %v", s, host, err)
		}
		_, _ = ParseHostToken(s)
	})
}
