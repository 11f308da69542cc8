package bus_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/zap"
	"go.yaml.in/yaml/v4"

	"pressmill/pkg/bus"
)

var update = flag.Bool("update", false, "write the files of deploy/nats that are generated")

const examples = "../../deploy/nats"

// The examples beside the values and configurations of NATS show what the code
// generates.
func TestExamplesAreGenerated(t *testing.T) {
	cfg := bus.Defaults()
	cfg.Archive = true
	for name, generate := range map[string]func(bus.PublicKeys) ([]byte, error){
		"accounts.example.conf": cfg.Authorization,
		"accounts.example.yaml": cfg.AuthorizationValues,
	} {
		want, err := generate(bus.PlaceholderKeys)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(examples, name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs from what is generated (go test ./pkg/bus -run Examples -update):\n%s", path, diff)
		}
	}
}

// chartValues are what the chart of the NATS project is given, as far as it makes
// nats.conf of it.
type chartValues struct {
	Config struct {
		JetStream struct {
			FileStore struct {
				MaxSize string `yaml:"maxSize"`
				PVC     struct{ Size string }
			} `yaml:"fileStore"`
			Merge map[string]any
		} `yaml:"jetstream"`
		Merge map[string]any
	}
}

// The values for the chart of the NATS project make a configuration that a server
// takes, and with it the topology, which fits into what JetStream may store, and
// every role.
func TestValuesOfTheNATSChart(t *testing.T) {
	g := guard(t, archiving(), "") // for its keys
	accounts, err := archiving().AuthorizationValues(publicKeys(g.keys))
	if err != nil {
		t.Fatal(err)
	}
	values, err := os.ReadFile(filepath.Join(examples, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(values, []byte("tag: "+server.VERSION+"-")) {
		t.Errorf("values.yaml does not name server %s, with which everything is tested", server.VERSION)
	}
	var v chartValues
	for _, text := range [][]byte{values, accounts} {
		more := maps.Clone(v.Config.Merge)
		if err := yaml.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		maps.Copy(v.Config.Merge, more)
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "nats.conf")
	if err := os.WriteFile(conf, v.conf(t, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	srv, opts := serveFile(t, conf)
	if opts.MaxPayload != 8<<20 || opts.JetStreamMaxMemory != 0 || opts.SyncInterval != 10*time.Second {
		t.Errorf("max_payload is %d, max_memory_store %d, sync_interval %v", opts.MaxPayload, opts.JetStreamMaxMemory, opts.SyncInterval)
	}
	volume, err := strconv.ParseInt(strings.TrimSuffix(v.Config.JetStream.FileStore.PVC.Size, "Gi"), 10, 64)
	if err != nil || opts.JetStreamMaxStore > volume<<30*9/10 {
		t.Errorf("JetStream may store %d bytes on %s (%v)", opts.JetStreamMaxStore, v.Config.JetStream.FileStore.PVC.Size, err)
	}
	g.url = srv.ClientURL()
	allConnect(t, g)
}

// conf writes a server's configuration in the way of the chart: merged values as
// JSON with a key on each line, what stands in << >> without quotes, and keys that
// end in $include as directives.
func (v chartValues) conf(t *testing.T, dir string) []byte {
	t.Helper()
	jetstream := map[string]any{"store_dir": dir, "max_memory_store": 0, "max_file_store": "<< " + v.Config.JetStream.FileStore.MaxSize + " >>"}
	maps.Copy(jetstream, v.Config.JetStream.Merge)
	all := maps.Clone(v.Config.Merge)
	all["listen"], all["jetstream"] = "127.0.0.1:-1", jetstream
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil {
		t.Fatal(err)
	}
	included := regexp.MustCompile(`".*\$include": "(.*)",?`).ReplaceAll(text.Bytes(), []byte("include $1;"))
	return regexp.MustCompile(`"<<\s+(.*)\s+>>"`).ReplaceAll(included, []byte("$1"))
}

// allConnect has the operator make the topology, and every role look at it.
func allConnect(t *testing.T, g guarded) {
	t.Helper()
	if err := g.connect(t, archiving(), bus.RoleOperator).Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range bus.Roles() {
		if err := g.connect(t, archiving(), r).Check(t.Context()); err != nil {
			t.Errorf("%s: %v", r, err)
		}
	}
}

// The example of a configuration for machines is one, with TLS and accounts.
func TestExampleOfAServer(t *testing.T) {
	g := guard(t, archiving(), "") // for its keys
	dir := t.TempDir()
	ca := newAuthority(t, dir)
	ca.issue(t, "tls")
	accounts, err := archiving().Authorization(publicKeys(g.keys))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(examples, "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer("/etc/nats", dir, "/var/lib/nats", dir, "0.0.0.0:4222", "127.0.0.1:-1", "127.0.0.1:8222", "127.0.0.1:-1").Replace(string(text))
	alone := regexp.MustCompile(`(?ms)^cluster \{.*?^\}`).ReplaceAllString(here, "")
	for name, conf := range map[string]string{"nats.conf": here, "alone.conf": alone, "accounts.conf": string(accounts)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opts, err := server.ProcessConfigFile(filepath.Join(dir, "nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if opts.Cluster.TLSConfig == nil || len(opts.Routes) != 3 {
		t.Errorf("cluster: %+v, routes %v", opts.Cluster, opts.Routes)
	}

	srv, _ := serveFile(t, filepath.Join(dir, "alone.conf"))
	cfg := archiving()
	cfg.URL, cfg.CAFile, cfg.NKeyFile = srv.ClientURL(), filepath.Join(dir, "ca.crt"), filepath.Join(g.keys, "operator.nk")
	b, err := bus.Connect(cfg, "operator", zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := errors.Join(b.Apply(t.Context()), b.Check(t.Context())); err != nil {
		t.Error(err)
	}
}
