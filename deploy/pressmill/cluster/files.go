package cluster

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
	"golang.org/x/sys/unix"

	"pressmill/deploy/pressmill/operate"
	"pressmill/pkg/bus"
	"pressmill/pkg/bus/keys"
	"pressmill/pkg/freeport"
	"pressmill/sink/store"
)

// files is the folder of a cluster:
//
//	lock             held as long as the cluster runs
//	tls/             the authority and the servers' certificate
//	keys/            of the roles
//	nats/            configurations and stores of the servers
//	config/          configurations of workers and operators
//	logs/
//	articles/        unless the configuration has sinks
type files struct {
	dir      string
	sections map[string]any // of the configuration, for all
	servers  []member
	workers  []member
}

// member is a process of the cluster, with addresses.
type member struct {
	name   string
	client string // of a server, for NATS' clients
	route  string // of a server, for the others
	health string // for HTTP
}

// newFiles reads a configuration, which is right, for so many servers.
func newFiles(dir, path string, servers int, demo bool) (*files, error) {
	f := &files{dir: dir, sections: map[string]any{}}
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
		if err := yaml.Unmarshal(data, &f.sections); err != nil {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
	}
	if f.sections == nil { // of an empty file
		f.sections = map[string]any{}
	}
	if demo {
		f.sections["crawler"] = map[string]any{
			"contact": "demo@pressmill.example", "delay": "100ms", "allow_private": []string{"127.0.0.1/32"},
		}
		f.sections["sinks"] = []any{map[string]any{"url": fileURL(f.path("articles")), "max_age": "1s"}}
	}
	if f.sections["sinks"] == nil {
		f.sections["sinks"] = []any{map[string]any{"url": fileURL(f.path("articles"))}}
	}
	for i := range servers {
		s := member{name: fmt.Sprintf("nats-%d", i+1)}
		for _, addr := range []*string{&s.client, &s.route, &s.health} {
			var err error
			if *addr, err = freeport.Address(); err != nil {
				return nil, err
			}
		}
		f.servers = append(f.servers, s)
	}
	return f, nil
}

func fileURL(path string) string {
	url, _ := store.URL(path) // an absolute path has one
	return url
}

func (f *files) path(elements ...string) string {
	return filepath.Join(append([]string{f.dir}, elements...)...)
}

func (f *files) log(name string) string { return f.path("logs", name+".log") }

func (f *files) operatorConfig() string { return f.path("config", "operator.yaml") }

func (f *files) serverNames() (names []string) {
	for _, s := range f.servers {
		names = append(names, s.name)
	}
	return names
}

// write writes all that servers and operators need. Keys and certificates that
// are there stay.
func (f *files) write() error {
	for _, folder := range []string{"tls", "keys", "nats", "config", "logs"} {
		if err := os.MkdirAll(f.path(folder), 0o700); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	if err := makeCertificates(f.path("tls")); err != nil {
		return err
	}
	var names []string
	for _, r := range bus.Roles() {
		names = append(names, string(r))
	}
	if _, err := keys.Make(f.path("keys"), names...); err != nil {
		return err
	}
	access := bus.Defaults()
	access.Archive = true // the permissions for all that a configuration may need
	accounts, err := access.Authorization(operate.PublicKeys([]string{f.path("keys")}))
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.path("nats", "accounts.conf"), accounts, 0o600); err != nil {
		return err
	}
	for _, s := range f.servers {
		if err := os.WriteFile(f.path("nats", s.name+".conf"), []byte(f.serverConfig(s)), 0o600); err != nil {
			return err
		}
	}
	_, err = f.writeConfig("operator", "operator")
	return err
}

// serverConfig returns the configuration of a server.
func (f *files) serverConfig(s member) string {
	tls := fmt.Sprintf("cert_file: %q, key_file: %q, ca_file: %q", f.path("tls", "server.crt"), f.path("tls", "server.key"), f.path("tls", "ca.crt"))
	conf := fmt.Sprintf(`server_name: %s
listen: %q
http: %q
max_payload: 8MB
jetstream { store_dir: %q }
tls { %s }
include accounts.conf
`, s.name, s.client, s.health, f.path("nats", s.name), tls)
	if len(f.servers) == 1 {
		return conf
	}
	var routes []string
	for _, other := range f.servers {
		routes = append(routes, fmt.Sprintf("%q", "nats://"+other.route))
	}
	return conf + fmt.Sprintf("cluster { name: pressmill, listen: %q, routes: [%s], tls { %s, verify: true } }\n", s.route, strings.Join(routes, ", "), tls)
}

// writeConfig writes the configuration of one process, which connects with the
// key of a role.
func (f *files) writeConfig(name, role string) (path string, err error) {
	section := map[string]any{"ack_wait": "20s"}
	if given, ok := f.sections["bus"].(map[string]any); ok {
		maps.Copy(section, given)
	}
	var urls []string
	for _, s := range f.servers {
		urls = append(urls, "tls://"+s.client)
	}
	delete(section, "creds_file")
	maps.Copy(section, map[string]any{
		"url": strings.Join(urls, ","), "replicas": len(f.servers),
		"nkey_file": f.path("keys", role+".nk"), "ca_file": f.path("tls", "ca.crt"),
	})
	sections := maps.Clone(f.sections)
	sections["bus"] = section
	data, err := yaml.Marshal(sections)
	if err != nil {
		return "", fmt.Errorf("write configuration of %s: %w", name, err)
	}
	path = f.path("config", name+".yaml")
	return path, os.WriteFile(path, data, 0o600)
}

// errRuns says that another process runs a cluster in a folder.
var errRuns = errors.New("another `pressmill cluster` uses this folder")

// lock makes the folder of a cluster and holds it.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock folder: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("%w: %s (stop it, or choose another with -data)", errRuns, dir)
	}
	return func() { file.Close() }, nil
}
