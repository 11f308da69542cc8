// Package loki tries deploy/monitoring on a real Loki: every query of the rules
// and the dashboard is evaluated by it on lines of days that went well and of
// days that did not.
package loki

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// folder is deploy/monitoring.
var folder = filepath.Join("..", "..", "..", "deploy", "monitoring")

// program returns the path of a binary that make test-monitoring builds.
func program(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skipf("%s names no binary; make test-monitoring does", variable)
	}
	return path
}

// server is a Loki of this test's own, on loopback, with its data in a folder
// that goes with the test.
type server struct{ url string }

// config has Loki's defaults but for where it listens and stores, takes and
// finds lines of last week at once, and answers with as many series as there
// are hosts, which the README asks for.
const config = `
auth_enabled: false
server: {http_listen_address: 127.0.0.1, http_listen_port: %[2]d, grpc_listen_address: 127.0.0.1, grpc_listen_port: %[3]d, log_level: warn}
common:
  instance_addr: 127.0.0.1
  path_prefix: %[1]s
  storage: {filesystem: {chunks_directory: %[1]s/chunks, rules_directory: %[1]s/unused}}
  replication_factor: 1
  ring: {kvstore: {store: inmemory}}
schema_config:
  configs:
    - {from: 2020-01-01, store: tsdb, object_store: filesystem, schema: v13, index: {prefix: index_, period: 24h}}
limits_config: {max_query_series: 100000, reject_old_samples: false, ingestion_rate_mb: 1000, ingestion_burst_size_mb: 1000, per_stream_rate_limit: 1GB, per_stream_rate_limit_burst: 1GB}
querier: {query_ingesters_within: 0s}
ingester: {max_chunk_age: 480h, chunk_idle_period: 480h, lifecycler: {min_ready_duration: 0s}}
analytics: {reporting_enabled: false}
ruler:
  storage: {type: local, local: {directory: %[1]s/rules}}
  rule_path: %[1]s/ruler
  enable_api: true
  evaluation_interval: 5s
  poll_interval: 5s
  ring: {kvstore: {store: inmemory}}
`

func startLoki(t *testing.T, rules []byte) *server {
	t.Helper()
	binary, dir := program(t, "PRESSMILL_LOKI"), t.TempDir()
	write(t, filepath.Join(dir, "rules", "fake", "rules.yaml"), rules) // fake is the tenant where there are none
	port, grpc := freePort(t), freePort(t)
	write(t, filepath.Join(dir, "loki.yaml"), fmt.Appendf(nil, config, dir, port, grpc))
	out, err := os.Create(filepath.Join(dir, "loki.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-config.file="+filepath.Join(dir, "loki.yaml"))
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // its data is of no use to anyone
		_ = cmd.Wait()
		_ = out.Close()
		if t.Failed() {
			log, _ := os.ReadFile(out.Name())
			t.Logf("the end of Loki's log:\n%s", log[max(0, len(log)-4000):])
		}
	})
	s := &server{url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	s.await(t)
	return s
}

func (s *server) await(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if resp, err := http.Get(s.url + "/ready"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatal("Loki is not ready after a minute")
}

// push sends lines as the pipelines do: the line as it is, with four labels.
// The lines of a stream have to be in order.
func (s *server) push(t *testing.T, namespace string, lines []line) {
	t.Helper()
	for part := range slices.Chunk(lines, 4000) { // a request has 4 MiB at most
		s.pushPart(t, namespace, part)
	}
}

func (s *server) pushPart(t *testing.T, namespace string, lines []line) {
	t.Helper()
	type stream struct {
		Stream map[string]string `json:"stream"`
		Values [][]any           `json:"values"`
	}
	streams := map[string]*stream{}
	for _, l := range lines {
		key := l.service + " " + l.event
		if streams[key] == nil {
			streams[key] = &stream{Stream: map[string]string{"app": "pressmill", "namespace": namespace, "service": l.service, "event": l.event}}
		}
		ids := map[string]string{}
		if l.page != "" {
			ids["page_id"] = l.page
		}
		streams[key].Values = append(streams[key].Values, []any{strconv.FormatInt(l.at.UnixNano(), 10), l.text, ids})
	}
	var body struct {
		Streams []*stream `json:"streams"`
	}
	for _, each := range streams {
		body.Streams = append(body.Streams, each)
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(s.url+"/loki/api/v1/push", "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusNoContent {
		t.Fatalf("push %d lines: %s %s", len(lines), resp.Status, answer)
	}
}

// series is one series of an answer; log lines come in the same form.
type series struct {
	Metric, Stream map[string]string
	Value          []any
	Values         [][]any
}

// query evaluates at one moment, or over from..to in steps if to is not from.
func (s *server) query(t *testing.T, expr string, from, to time.Time, step time.Duration) []series {
	t.Helper()
	path, args := "query", url.Values{"query": {expr}, "limit": {"1000"}}
	if from.Equal(to) {
		args.Set("time", strconv.FormatInt(to.UnixNano(), 10))
	} else {
		path = "query_range"
		args.Set("start", strconv.FormatInt(from.UnixNano(), 10))
		args.Set("end", strconv.FormatInt(to.UnixNano(), 10))
		args.Set("step", step.String())
	}
	var answer struct{ Data struct{ Result []series } }
	s.get(t, "/loki/api/v1/"+path+"?"+args.Encode(), &answer, expr)
	return answer.Data.Result
}

func (s *server) get(t *testing.T, path string, into any, about string) {
	t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s %s %v", about, resp.Status, text, err)
		return
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Errorf("%s: %v", about, err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{folder}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Loki's own tool takes the rules.
func TestLokitoolTakesTheRules(t *testing.T) {
	cmd := exec.Command(program(t, "PRESSMILL_LOKITOOL"), "rules", "check", filepath.Join(folder, "loki", "rules.yaml"))
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "level=error") {
		t.Errorf("%v\n%s", err, out)
	}
}
