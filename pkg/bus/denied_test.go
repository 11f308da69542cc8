package bus_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pressmill/pkg/bus"
	"pressmill/pkg/logging"
	"pressmill/pkg/logging/logtest"
)

// picky starts a server on which the user crawler may do everything but
// publish to the dead letters.
func picky(t *testing.T, change func(*server.Options)) (*server.Server, *server.Options) {
	t.Helper()
	opts := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		Users: []*server.User{{Username: "crawler", Password: "right", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Deny: []string{"dlq.>"}}, Subscribe: &server.SubjectPermission{Deny: []string{"secret.>"}},
		}}},
	}
	if change != nil {
		change(opts)
	}
	srv, err := server.NewServer(opts.Clone())
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(srv.Shutdown)
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	opts.Port = srv.Addr().(*net.TCPAddr).Port
	return srv, opts
}

// as returns a configuration that connects with a password.
func as(t *testing.T, srv *server.Server, password string) bus.Config {
	t.Helper()
	cfg := bus.Defaults()
	cfg.URL = strings.Replace(srv.ClientURL(), "://", "://crawler:"+password+"@", 1)
	return cfg
}

func long() bus.Patience { return bus.Patience{Until: time.Now().Add(time.Minute)} }

// none is a patience that nobody shall make use of.
func none(t *testing.T) bus.Patience {
	t.Helper()
	p := long()
	p.Told = func(err error) { t.Errorf("it is waited for: %v", err) }
	return p
}

// denied waits for the refusal that a guarded context tells of.
func denied(t *testing.T, b *bus.Bus) *bus.DeniedError {
	t.Helper()
	ctx, stop := b.Guard(t.Context())
	defer stop()
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
		t.Fatal("nothing says that something was refused")
	}
	d, ok := errors.AsType[*bus.DeniedError](b.Denied())
	if !ok || !errors.Is(context.Cause(ctx), d) {
		t.Fatalf("denied %v, cause %v", b.Denied(), context.Cause(ctx))
	}
	return d
}

func TestARefusedMessageEndsTheGuard(t *testing.T) {
	srv, _ := picky(t, nil)
	core, seen := observer.New(zap.InfoLevel)
	b, err := bus.Connect(as(t, srv, "right"), "crawler", zap.New(zapcore.NewTee(core, logtest.Core(t, ""))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if b.Denied() != nil {
		t.Fatal("denied before anything was sent")
	}
	ctx, stop := b.Guard(t.Context())
	defer stop()
	inTime, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := b.PublishDead(inTime, bus.DeadLetter{Stage: "crawler", Key: "example_com"}, "1"); !errors.Is(err, context.Canceled) {
		t.Errorf("a refused message: %v, want an end by the guard", err)
	}
	d := denied(t, b)
	if d.User != "crawler" || d.Action != "publish" || d.Subject != "dlq.crawler.example_com" {
		t.Errorf("%+v", d)
	}
	if want := "the user crawler may not publish to dlq.crawler.example_com: apply the permissions that `pressmill bus authorization` prints"; d.Error() != want {
		t.Errorf("%q", d.Error())
	}
	lines := seen.FilterField(logging.Event(logging.NATSDenied)).All()
	if len(lines) != 1 || lines[0].ContextMap()[logging.KeySubject] != d.Subject || lines[0].ContextMap()[logging.KeyUser] != "crawler" {
		t.Errorf("%v", lines)
	}
}

func TestAKeyThatIsNotKnownIsNotWaitedFor(t *testing.T) {
	srv, _ := picky(t, nil)
	_, err := bus.Await(t.Context(), as(t, srv, "wrong"), "crawler", zap.NewNop(), none(t))
	if d, ok := errors.AsType[*bus.DeniedError](err); !ok || d.Action != "" || !strings.Contains(err.Error(), "bus.nkey_file") {
		t.Errorf("%v", err)
	}
}

// TestAKeyThatIsTakenAwayEndsTheGuard takes it away from one who is connected,
// and who therefore tries to connect again.
func TestAKeyThatIsTakenAwayEndsTheGuard(t *testing.T) {
	srv, opts := picky(t, nil)
	b, err := bus.Connect(as(t, srv, "right"), "crawler", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	opts.Users[0].Password = "another"
	if err := srv.ReloadOptions(opts.Clone()); err != nil {
		t.Fatal(err)
	}
	if d := denied(t, b); d.Action != "" || d.User != "crawler" {
		t.Errorf("%+v", d)
	}
}

// TestFilesThatAreWrongAreNotWaitedFor: no server mends them.
func TestFilesThatAreWrongAreNotWaitedFor(t *testing.T) {
	srv, _ := picky(t, nil)
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("neither a key nor a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*bus.Config){
		"read bus.nkey_file": func(c *bus.Config) { c.NKeyFile = wrong },
		"read bus.ca_file":   func(c *bus.Config) { c.CAFile = wrong },
		"read bus.cert_file": func(c *bus.Config) { c.CertFile, c.KeyFile = wrong, wrong },
	} {
		cfg := as(t, srv, "right")
		change(&cfg)
		if _, err := bus.Await(t.Context(), cfg, "crawler", zap.NewNop(), none(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestAServerThatIsNotThereIsWaitedFor(t *testing.T) {
	srv, opts := picky(t, nil)
	cfg := as(t, srv, "right")
	srv.Shutdown()
	srv.WaitForShutdown()
	if _, err := bus.Await(t.Context(), cfg, "crawler", zap.NewNop(), bus.Patience{Until: time.Now()}); err == nil || !strings.Contains(err.Error(), "is the server up, and bus.url right?") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("told to")
	p := long()
	p.Told = func(error) { cancel(why) }
	if _, err := bus.Await(ctx, cfg, "crawler", zap.NewNop(), p); !errors.Is(err, why) {
		t.Errorf("cancelled while it waits: %v", err)
	}
	tries := 0
	p.Told = func(error) {
		if tries++; tries == 2 {
			picky(t, func(o *server.Options) { o.Port = opts.Port })
		}
	}
	b, err := bus.Await(t.Context(), cfg, "crawler", zap.NewNop(), p)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	if b.Denied() != nil {
		t.Errorf("closing is no refusal: %v", b.Denied())
	}
}

func TestCertificatesThatAreNotTrustedAreNotWaitedFor(t *testing.T) {
	authority, cert := selfSigned(t)
	other, _ := selfSigned(t)
	srv, _ := picky(t, func(o *server.Options) {
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	})
	plain, _ := picky(t, nil)
	for name, c := range map[string]struct {
		srv    *server.Server
		caFile string
		want   string // part of the error
	}{
		"right":   {srv, authority, ""},
		"other":   {srv, other, "is bus.ca_file the authority"},
		"none":    {srv, "", "is bus.ca_file the authority"},
		"no TLS":  {plain, authority, "does not offer TLS"},
		"no file": {srv, "/nowhere/ca.crt", "read bus.ca_file"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := as(t, c.srv, "right")
			cfg.CAFile = c.caFile
			b, err := bus.Await(t.Context(), cfg, "crawler", zap.NewNop(), none(t))
			if err == nil {
				b.Close()
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// selfSigned returns a certificate of 127.0.0.1, also in a file.
func selfSigned(t *testing.T) (file string, cert tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
