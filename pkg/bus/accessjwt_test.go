package bus_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"go.uber.org/zap"

	"pressmill/pkg/bus"
)

// Where an operator of NATS hands out JWTs, users with the same permissions do,
// through bus.creds_file.
func TestUsersWithJWTs(t *testing.T) {
	dir := t.TempDir()
	operator, account, system := pair(t, nkeys.CreateOperator), pair(t, nkeys.CreateAccount), pair(t, nkeys.CreateAccount)
	claims := jwt.NewAccountClaims(public(t, account))
	claims.Name = "PRESSMILL"
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: -1, MemoryStorage: -1, Streams: -1, Consumer: -1}
	operatorJWT, err1 := jwt.NewOperatorClaims(public(t, operator)).Encode(operator)
	accountJWT, err2 := claims.Encode(operator)
	systemJWT, err3 := jwt.NewAccountClaims(public(t, system)).Encode(operator)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "nats.conf")
	text := fmt.Sprintf("listen: \"127.0.0.1:-1\"\njetstream { store_dir: %q }\nmax_payload: 8MB\noperator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: { %[3]s: %[4]s, %[5]s: %[6]s }\n",
		dir, operatorJWT, public(t, system), systemJWT, public(t, account), accountJWT)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	srv, _ := serveFile(t, conf)

	for _, r := range []bus.Role{bus.RoleOperator, bus.RoleCrawler, bus.RoleParser, bus.RoleSink} {
		cfg := archiving()
		cfg.URL, cfg.CredsFile = srv.ClientURL(), filepath.Join(dir, string(r)+".creds")
		writeCreds(t, cfg.CredsFile, account, cfg.Permissions(r))
		b, err := bus.Connect(cfg, string(r), zap.NewNop())
		if err != nil {
			t.Fatalf("%s: %v", r, err)
		}
		if r == bus.RoleOperator {
			if err := b.Apply(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", r, err)
		}
		b.Close()
	}
	refused := make(chan error, 10)
	nc, err := nats.Connect(srv.ClientURL(), nats.UserCredentials(filepath.Join(dir, "crawler.creds")),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.Publish("articles.p00.a", nil); err != nil {
		t.Fatal(err)
	}
	if err := <-refused; !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("a crawler's article: %v", err)
	}
}

// writeCreds writes the JWT and the seed of a new user of an account.
func writeCreds(t *testing.T, path string, account nkeys.KeyPair, may bus.Permissions) {
	t.Helper()
	user := pair(t, nkeys.CreateUser)
	claims := jwt.NewUserClaims(public(t, user))
	claims.Pub.Allow.Add(may.Publish...)
	claims.Sub.Allow.Add(may.Subscribe...)
	token, err := claims.Encode(account)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	creds, err := jwt.FormatUserConfig(token, seed)
	if err == nil {
		err = os.WriteFile(path, creds, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func pair(t *testing.T, create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	t.Helper()
	p, err := create()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func public(t *testing.T, p nkeys.KeyPair) string {
	t.Helper()
	key, err := p.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}
