package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"pressmill/deploy/pressmill/operate"
)

const (
	certValid = 10 * 365 * 24 * time.Hour // of a cluster for trying things on one machine
	certLeft  = 24 * time.Hour
)

// makeCertificates makes an authority, ca.crt, and a certificate of 127.0.0.1 for
// servers, server.crt and server.key, unless they are there and valid for
// another day.
func makeCertificates(dir string) error {
	if certificatesHold(dir) {
		return nil
	}
	pems, err := operate.Certificate([]string{"127.0.0.1"}, certValid)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"ca.crt": pems["ca.crt"], "server.crt": pems["tls.crt"], "server.key": pems["tls.key"]} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return fmt.Errorf("write certificate: %w", err)
		}
	}
	return nil
}

// certificatesHold says whether the files are there, fit and stay valid.
func certificatesHold(dir string) bool {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key"))
	if err != nil {
		return false
	}
	root, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		return false
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		return false
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "127.0.0.1", CurrentTime: time.Now().Add(certLeft)})
	return err == nil
}
