package bus_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/keys"
)

// guarded is a server with the generated accounts.
type guarded struct {
	url, keys, log string
}

// guard starts a server that knows the roles, from a configuration as an
// operator writes one; more is added to it.
func guard(t *testing.T, cfg bus.Config, more string) guarded {
	t.Helper()
	dir := t.TempDir()
	g := guarded{keys: filepath.Join(dir, "keys"), log: filepath.Join(dir, "server.log")}
	var names []string
	for _, r := range bus.Roles() {
		names = append(names, string(r))
	}
	if _, err := keys.Make(g.keys, names...); err != nil {
		t.Fatal(err)
	}
	accounts, err := cfg.Authorization(publicKeys(g.keys))
	if err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf("listen: \"127.0.0.1:-1\"\njetstream { store_dir: %q }\nmax_payload: 8MB\nlog_file: %q\n%s\ninclude accounts.conf\n", dir, g.log, more)
	for name, text := range map[string]string{"accounts.conf": string(accounts), "nats.conf": conf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	srv, _ := serveFile(t, filepath.Join(dir, "nats.conf"))
	g.url = srv.ClientURL()
	return g
}

// serveFile runs a server with a configuration file until the test ends.
func serveFile(t *testing.T, path string) (*server.Server, *server.Options) {
	t.Helper()
	opts, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opts.NoSigs, opts.NoLog = true, opts.LogFile == ""
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.ConfigureLogger()
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return srv, opts
}

// publicKeys returns the keys of a folder.
func publicKeys(dir string) bus.PublicKeys {
	return func(r bus.Role) ([]string, error) {
		key, err := keys.Public(dir, string(r))
		return []string{key}, err
	}
}

// as returns the configuration of a role.
func (g guarded) as(cfg bus.Config, r bus.Role) bus.Config {
	cfg.URL, cfg.NKeyFile = g.url, filepath.Join(g.keys, string(r)+".nk")
	return cfg
}

func (g guarded) connect(t *testing.T, cfg bus.Config, r bus.Role, opts ...nats.Option) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(g.as(cfg, r), string(r), zap.NewNop(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// violations returns what the server has refused so far.
func (g guarded) violations(t *testing.T) (lines []string) {
	t.Helper()
	log, err := os.ReadFile(g.log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "Violation") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestEveryRoleSeesItsTopology(t *testing.T) {
	for _, archive := range []bool{false, true} {
		cfg := bus.Defaults()
		cfg.Archive = archive
		g := guard(t, cfg, "")
		if err := g.connect(t, cfg, bus.RoleOperator).Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, r := range bus.Roles() {
			if err := g.connect(t, cfg, r).Check(t.Context()); err != nil {
				t.Errorf("archive %t, %s: %v", archive, r, err)
			}
		}
		if lines := g.violations(t); len(lines) > 0 {
			t.Errorf("archive %t: refused:\n%s", archive, strings.Join(lines, "\n"))
		}
	}
}

// What nobody may do, and what is another role's. Each line is a publish
// subject, or a subscription if it begins with "sub ".
func TestForbidden(t *testing.T) {
	cfg := bus.Defaults()
	cfg.Archive = true
	g := guard(t, cfg, "")
	if err := g.connect(t, cfg, bus.RoleOperator).Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	for role, subjects := range forbidden() {
		t.Run(string(role), func(t *testing.T) {
			var mu sync.Mutex
			refused := map[string]bool{}
			nc := g.raw(t, role, func(err error) {
				mu.Lock()
				defer mu.Unlock()
				kind, subject, _ := strings.Cut(err.Error(), `"`)
				subject, _, _ = strings.Cut(subject, `"`)
				if strings.Contains(kind, "Subscription") {
					subject = "sub " + subject
				}
				refused[subject] = true
			})
			for _, s := range subjects {
				var err error
				if filter, ok := strings.CutPrefix(s, "sub "); ok {
					_, err = nc.SubscribeSync(filter)
				} else {
					err = nc.Publish(s, nil)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := nc.Flush(); err != nil {
				t.Fatal(err)
			}
			var allowed []string
			for range 6000 { // errors are told by another goroutine than the answer to Flush
				mu.Lock()
				allowed = slices.DeleteFunc(slices.Clone(subjects), func(s string) bool { return refused[s] })
				mu.Unlock()
				if len(allowed) == 0 {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if len(allowed) > 0 {
				t.Errorf("allowed:\n%s", strings.Join(allowed, "\n"))
			}
		})
	}
}

// raw connects as a role, but not as the package does.
func (g guarded) raw(t *testing.T, r bus.Role, refused func(error)) *nats.Conn {
	t.Helper()
	opt, err := nats.NkeyOptionFromSeed(filepath.Join(g.keys, string(r)+".nk"))
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(g.url, opt, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		if errors.Is(err, nats.ErrPermissionViolation) {
			refused(err)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func forbidden() map[bus.Role][]string {
	nobody := []string{
		"anything", "$SYS.REQ.SERVER.PING", "sub $SYS.>", "sub >", "sub _INBOX.>", "sub $JS.API.>", "sub $JS.ACK.>",
		"sub pages.*", "sub articles.>", "sub $KV.>",
	}
	streams := []string{"HOSTS", "SINKS", "FRONTIER", "REVISITS", "PARKED", "SEEN", "PAGES", "ARTICLES", "DLQ", "AGAIN", "KV_sources", "KV_positions"}
	var noWorker []string
	for _, s := range streams {
		for _, action := range []string{"STREAM.CREATE.", "STREAM.UPDATE.", "STREAM.DELETE.", "STREAM.SNAPSHOT.", "STREAM.RESTORE.", "CONSUMER.LIST.", "CONSUMER.NAMES."} {
			noWorker = append(noWorker, "$JS.API."+action+s)
		}
		noWorker = append(noWorker, "$JS.API.CONSUMER.CREATE."+s, "$JS.API.CONSUMER.CREATE."+s+".mine", "$JS.API.CONSUMER.CREATE."+s+".mine.x.y",
			"$JS.API.CONSUMER.DURABLE.CREATE."+s+".mine", "$JS.API.CONSUMER.DELETE."+s+".crawler", "$JS.API.CONSUMER.PAUSE."+s+".parser")
	}
	noWorker = append(noWorker, "$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES", "$JS.API.INFO", "again.files.p00", "$KV.sources.a", "$JS.API.STREAM.PURGE.HOSTS",
		"$JS.API.STREAM.PURGE.DLQ", "$JS.API.STREAM.MSG.DELETE.DLQ", "$JS.API.DIRECT.GET.DLQ", "$JS.API.STREAM.MSG.GET.DLQ")
	worker := slices.Concat(nobody, noWorker)
	return map[bus.Role][]string{
		bus.RoleCrawler: append(slices.Clone(worker),
			"articles.p00.a", "sink.files-p00.turn", "sink.files-p00.ready", "dlq.parser.a", "dlq.sink.a", "$KV.positions.a", "$KV.cursors.a", "$KV.source_coverage.a",
			"$JS.API.STREAM.INFO.ARTICLES", "$JS.API.DIRECT.GET.ARTICLES", "$JS.API.STREAM.MSG.GET.ARTICLES", "$JS.API.STREAM.PURGE.ARTICLES",
			"$JS.API.DIRECT.GET.PAGES", "$JS.API.STREAM.MSG.GET.PAGES", "$JS.API.STREAM.PURGE.PAGES", "$JS.API.CONSUMER.MSG.NEXT.PAGES.parser",
			"$JS.API.CONSUMER.MSG.NEXT.PAGES.archive", "$JS.API.CONSUMER.MSG.NEXT.SINKS.sink", "$JS.ACK.PAGES.parser.1.1.1.1.1",
			// An acknowledgement of another consumer in the clothes of the second form.
			"$JS.ACK.PAGES.archive.HOSTS.crawler.1.1.1", "$JS.ACK.PAGES.archive.HOSTS.crawler.1.1.1.1",
			"$JS.API.STREAM.PURGE.FRONTIER", "$JS.API.STREAM.PURGE.SEEN", "$JS.API.STREAM.MSG.DELETE.SEEN", "$JS.API.DIRECT.GET.KV_positions.$KV.positions.a",
			"sub _INBOX.parser.>", "sub _INBOX.sink.a", "sub _INBOX.operator.>", "sub host.*.ready"),
		bus.RoleParser: append(slices.Clone(worker),
			"host.a.turn", "host.a.ready", "frontier.a.0", "revisit.a.1", "parked.a.b.0", "seen.a.202611.0", "pages.a", "sink.files-p00.ready",
			"dlq.crawler.a", "dlq.sink.a", "$KV.robots.a", "$KV.source_status.a.b", "$KV.groups.a", "$KV.positions.a", "$JS.API.DIRECT.GET.KV_source_coverage", "$JS.API.STREAM.PURGE.KV_source_coverage",
			"$JS.API.STREAM.INFO.HOSTS", "$JS.API.STREAM.INFO.FRONTIER", "$JS.API.DIRECT.GET.HOSTS", "$JS.API.DIRECT.GET.FRONTIER",
			"$JS.API.DIRECT.GET.PAGES", "$JS.API.STREAM.MSG.GET.PAGES", "$JS.API.STREAM.MSG.DELETE.PAGES", "$JS.API.STREAM.PURGE.PAGES",
			"$JS.API.DIRECT.GET.ARTICLES", "$JS.API.STREAM.MSG.GET.ARTICLES", "$JS.API.STREAM.PURGE.ARTICLES", "$JS.API.STREAM.MSG.DELETE.ARTICLES",
			"$JS.API.CONSUMER.MSG.NEXT.HOSTS.crawler", "$JS.API.CONSUMER.MSG.NEXT.PAGES.archive", "$JS.ACK.HOSTS.crawler.1.1.1.1.1", "$JS.ACK.PAGES.archive.1.1.1.1.1",
			"sub _INBOX.crawler.>", "sub _INBOX.sink.a", "sub _INBOX.operator.>"),
		bus.RoleSink: append(slices.Clone(worker),
			"pages.a", "articles.p00.a", "host.a.turn", "host.a.ready", "frontier.a.0", "revisit.a.1", "parked.a.b.0", "seen.a.202611.0",
			"dlq.crawler.a", "dlq.parser.a", "$KV.robots.a", "$KV.source_status.a.b", "$KV.source_coverage.a", "$KV.groups.a",
			"$JS.API.STREAM.INFO.HOSTS", "$JS.API.DIRECT.GET.FRONTIER", "$JS.API.STREAM.PURGE.PAGES", "$JS.API.STREAM.MSG.DELETE.PAGES",
			"$JS.API.STREAM.MSG.DELETE.ARTICLES", "$JS.API.STREAM.PURGE.SINKS", "$JS.API.CONSUMER.MSG.NEXT.HOSTS.crawler", "$JS.API.CONSUMER.MSG.NEXT.PAGES.parser",
			"$JS.ACK.HOSTS.crawler.1.1.1.1.1", "$JS.ACK.PAGES.parser.1.1.1.1.1", "sub _INBOX.crawler.>", "sub _INBOX.parser.a", "sub _INBOX.operator.>"),
		bus.RoleOperator: append(slices.Clone(nobody), "$KV.others.a", "$JS.ACK.PAGES.parser.1.1.1.1.1",
			"sub _INBOX.crawler.>", "sub _INBOX.parser.>", "sub _INBOX.sink.>"),
	}
}

// A connection without a key, or with one that the server does not know, gets
// nowhere.
func TestStrangersAreRefused(t *testing.T) {
	cfg := bus.Defaults()
	g := guard(t, cfg, "")
	if _, err := keys.Make(t.TempDir(), "crawler"); err != nil {
		t.Fatal(err)
	}
	strange := t.TempDir()
	if _, err := keys.Make(strange, "crawler"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"", filepath.Join(strange, "crawler.nk")} {
		cfg.URL, cfg.NKeyFile = g.url, file
		if b, err := bus.Connect(cfg, "crawler", zap.NewNop()); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("with key %q: %v", file, err)
			if err == nil {
				b.Close()
			}
		}
	}
}

// A server that verifies its clients takes a certificate, and a key that is a raw
// seed in base64; without either, nobody gets in.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir)
	ca.issue(t, "server")
	ca.issue(t, "client")
	file := func(name string) string { return filepath.Join(dir, name) }
	cfg := bus.Defaults()
	g := guard(t, cfg, fmt.Sprintf("tls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }", file("server.crt"), file("server.key"), file("ca.crt")))

	seed, err := os.ReadFile(filepath.Join(g.keys, "operator.nk"))
	if err != nil {
		t.Fatal(err)
	}
	_, raw, err := nkeys.DecodeSeed(bytes.TrimSpace(seed))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file("raw"), []byte(base64.StdEncoding.EncodeToString(raw)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.URL, cfg.NKeyFile, cfg.CAFile, cfg.CertFile, cfg.KeyFile = g.url, file("raw"), file("ca.crt"), file("client.crt"), file("client.key")
	b, err := bus.Connect(cfg, "operator", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := errors.Join(b.Apply(t.Context()), b.Check(t.Context())); err != nil {
		t.Error(err)
	}

	for name, change := range map[string]func(*bus.Config){
		"no certificate":    func(c *bus.Config) { c.CertFile, c.KeyFile = "", "" },
		"unknown authority": func(c *bus.Config) { c.CAFile = "" },
		"no key":            func(c *bus.Config) { c.NKeyFile = "" },
		"not a key":         func(c *bus.Config) { c.NKeyFile = file("ca.crt") },
		"not a certificate": func(c *bus.Config) { c.CertFile = file("raw") },
		"no such authority": func(c *bus.Config) { c.CAFile = file("none.crt") },
	} {
		other := cfg
		change(&other)
		if b, err := bus.Connect(other, "operator", zap.NewNop()); err == nil {
			b.Close()
			t.Errorf("%s: connected", name)
		}
	}
}

// Whoever adds a stream, a consumer or a bucket says who uses it.
func TestEveryPartOfTheTopologyHasAUser(t *testing.T) {
	cfg := bus.Defaults()
	cfg.Archive = true
	if diff := cmp.Diff([]string(nil), bus.Unused(cfg)); diff != "" {
		t.Errorf("no role uses it, or a role uses what is not there (pkg/bus/access.go): %s", diff)
	}
}
