package operate

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCertificateIsGoodForItsNamesBothWays(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tls")
	mustRun(t, "bus", "certificate", "-o", dir, "nats.news.svc", "*.nats.news.svc", "127.0.0.1")
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	root, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots.AppendCertsFromPEM(root)
	for name, good := range map[string]bool{"nats.news.svc": true, "nats-0.nats.news.svc": true, "127.0.0.1": true, "nats.other.svc": false} {
		for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
			_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, KeyUsages: []x509.ExtKeyUsage{usage}})
			if (err == nil) != good {
				t.Errorf("%s, usage %d: %v", name, usage, err)
			}
		}
	}
	if code, _, stderr := pressmill(t, "bus", "certificate", "-o", dir, "x"); code != 1 || !strings.Contains(stderr, "is there") {
		t.Errorf("a second time: exit code %d, %q", code, stderr)
	}
	if code, _, _ := pressmill(t, "bus", "certificate", "-o", dir); code != 2 {
		t.Errorf("without names: exit code %d", code)
	}
}
