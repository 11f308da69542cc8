package cluster

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCertificatesStayAsLongAsTheyHold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	read := func() string {
		data, err := os.ReadFile(filepath.Join(dir, "server.crt"))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for i, spoil := range []func(){
		func() {},
		func() { _ = os.Remove(filepath.Join(dir, "server.key")) },
		func() { _ = os.WriteFile(filepath.Join(dir, "ca.crt"), []byte("no certificate"), 0o600) },
	} {
		if err := makeCertificates(dir); err != nil {
			t.Fatal(err)
		}
		first := read()
		spoil()
		if err := makeCertificates(dir); err != nil {
			t.Fatal(err)
		}
		if same := read() == first; same != (i == 0) {
			t.Errorf("case %d: the same certificate: %v", i, same)
		}
		if !certificatesHold(dir) {
			t.Errorf("case %d: they do not hold", i)
		}
	}
}
