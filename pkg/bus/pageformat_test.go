package bus

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
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
