package operate

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"pressmill/pkg/worker"
)

func certificateCommand() worker.Command {
	return worker.Command{
		Name: "bus certificate", Args: "-o DIR NAME...", Short: "Make a certificate for NATS servers, where no authority is at hand",
		Long: "Writes DIR/ca.crt, which workers trust (bus.ca_file), and DIR/tls.crt and DIR/tls.key, which servers show to clients and to each\n" +
			"other. NAMEs are those by which they are reached: DNS names, *. for one label before them, and IP addresses. The\n" +
			"authority's key is kept nowhere, so that no one can make another certificate that workers trust; files that are\n" +
			"there are not written over.",
		Run: func(_ context.Context, env *worker.Env, args []string) error {
			flags := env.Flags()
			dir := flags.String("o", "", "`DIR` to write to; it is made if needed")
			valid := flags.Duration("valid", 10*365*24*time.Hour, "how long the certificate is valid")
			if err := flags.Parse(args); err != nil {
				return err
			}
			if *dir == "" || flags.NArg() == 0 {
				return worker.Usagef("name a folder with -o, and the names of the servers")
			}
			pems, err := Certificate(flags.Args(), *valid)
			if err != nil {
				return err
			}
			return writeNew(*dir, pems)
		},
	}
}

// Certificate makes an authority (ca.crt), and a certificate of the names that
// it signed (tls.crt, tls.key), in PEM.
func Certificate(names []string, valid time.Duration) (map[string][]byte, error) {
	now := time.Now()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Pressmill NATS authority"},
		NotBefore: now.Add(-time.Minute), NotAfter: now.Add(valid),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "nats"},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		// Servers are each other's clients.
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			server.IPAddresses = append(server.IPAddresses, ip)
		} else {
			server.DNSNames = append(server.DNSNames, name)
		}
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, signer.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("make authority: %w", err)
	}
	leaf, err := x509.CreateCertificate(rand.Reader, server, authority, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	encode := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	return map[string][]byte{
		"ca.crt": encode("CERTIFICATE", root), "tls.crt": encode("CERTIFICATE", leaf), "tls.key": encode("PRIVATE KEY", secret),
	}, nil
}

// writeNew writes files that only their owner may read, all or none: it is an
// error if one is there.
func writeNew(dir string, files map[string][]byte) error {
	for name := range files {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there; choose another folder, or move it away", filepath.Join(dir, name))
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
