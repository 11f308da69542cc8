package chart

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chartutil"
	corev1 "k8s.io/api/core/v1"
)

// binaries builds the project's binaries, or finds them as built, and returns
// their folder.
var binaries = sync.OnceValues(func() (string, error) {
	if out, err := exec.Command("make", "--silent", "-C", "../..", "build").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build binaries: %w\n%s", err, out)
	}
	return filepath.Abs("../../bin")
})

// machine runs containers of a rendered release as processes: the volumes of a
// pod are folders below root, and paths in arguments and texts point there.
type machine struct {
	t       *testing.T
	r       *Rendered
	root    string
	given   map[string]map[string]string // Secrets and ConfigMaps of the user: name -> key -> text
	replace []string                     // what else differs in arguments and texts, as for strings.NewReplacer
}

// run starts a container's process with further arguments; it is killed when
// the test ends.
func (m machine) run(pod Pod, c corev1.Container, binary string, more ...string) *process {
	m.t.Helper()
	dir, err := binaries()
	if err != nil {
		m.t.Fatal(err)
	}
	at := m.mount(pod, c)
	args := slices.Clone(c.Args)
	for i := range args {
		args[i] = at.Replace(args[i])
	}
	return start(m.t, filepath.Join(dir, binary), append(args, more...)...)
}

// mount lays out what a container sees, and returns what turns its paths into
// those of this machine.
func (m machine) mount(pod Pod, c corev1.Container) *strings.Replacer {
	m.t.Helper()
	var paths []string
	mounts := slices.Clone(c.VolumeMounts)
	slices.SortFunc(mounts, func(a, b corev1.VolumeMount) int { return len(b.MountPath) - len(a.MountPath) })
	for _, mount := range mounts {
		if mount.MountPath != "/tmp" {
			paths = append(paths, mount.MountPath, m.folder(pod, mount.Name))
		}
	}
	at := strings.NewReplacer(append(slices.Clone(m.replace), paths...)...)
	for _, mount := range mounts {
		for name, text := range m.files(pod, mount.Name) {
			m.write(filepath.Join(m.folder(pod, mount.Name), name), at.Replace(text))
		}
	}
	return at
}

func (m machine) folder(pod Pod, volume string) string {
	dir := filepath.Join(m.root, pod.Owner.GetName(), volume)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		m.t.Fatal(err)
	}
	return dir
}

func (m machine) write(path, text string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// files is what lies in a volume: path -> text.
func (m machine) files(pod Pod, volume string) map[string]string {
	found := map[string]string{}
	for _, v := range pod.Spec.Volumes {
		if v.Name != volume {
			continue
		}
		switch {
		case v.ConfigMap != nil:
			m.project(found, v.ConfigMap.Name, v.ConfigMap.Items)
		case v.Secret != nil:
			m.project(found, v.Secret.SecretName, v.Secret.Items)
		case v.Projected != nil:
			for _, source := range v.Projected.Sources {
				if s := source.ConfigMap; s != nil {
					m.project(found, s.Name, s.Items)
				}
				if s := source.Secret; s != nil {
					m.project(found, s.Name, s.Items)
				}
			}
		}
	}
	return found
}

func (m machine) project(found map[string]string, name string, items []corev1.KeyToPath) {
	data := m.data(name)
	for key, text := range data {
		if len(items) == 0 {
			found[key] = text
		}
	}
	for _, item := range items {
		found[item.Path] = data[item.Key]
	}
}

func (m machine) data(name string) map[string]string {
	if data, ok := m.given[name]; ok {
		return data
	}
	found := map[string]string{}
	for _, o := range m.r.Objects {
		switch spec := o.Spec.(type) {
		case *corev1.ConfigMap:
			if o.GetName() == name {
				return spec.Data
			}
		case *corev1.Secret:
			for key, value := range spec.Data {
				if o.GetName() == name {
					found[key] = string(value)
				}
			}
		}
	}
	return found
}

// process is a program that runs.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	mu     sync.Mutex
	output bytes.Buffer
	ended  chan struct{}
}

func start(t *testing.T, path string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // code tells
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s %q:\n%s", filepath.Base(path), args, p)
		}
	})
	return p
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.Write(b)
}

func (p *process) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// code waits for the end and returns the exit code.
func (p *process) code() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.t.Fatalf("%s does not end", p.cmd.Path)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) terminate() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Error(err)
	}
	return p.code()
}

// healthy waits until an address answers 200.
func (p *process) healthy(url string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	for {
		last := get(ctx, url)
		if last == "200 OK" {
			return
		}
		select {
		case <-p.ended:
			p.t.Fatalf("%s ended", p.cmd.Path)
		case <-ctx.Done():
			p.t.Fatalf("%s: %s", url, last)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func get(ctx context.Context, url string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err.Error()
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	res.Body.Close()
	return res.Status
}

// ports are free ones of the loopback interface.
func ports(t *testing.T, n int) []int {
	t.Helper()
	var free []int
	for range n {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		free = append(free, l.Addr().(*net.TCPAddr).Port)
	}
	return free
}

// given makes texts for what the values say the user has: keys of nkeys by the
// program itself, certificates for 127.0.0.1, and of others something.
func given(t *testing.T, r *Rendered) map[string]map[string]string {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	made := t.TempDir()
	if p := start(t, filepath.Join(dir, "pressmill"), "bus", "keys", "-o", made); p.code() != 0 {
		t.Fatal("no keys")
	}
	cert := certificate(t)
	all := map[string]map[string]string{}
	add := func(path, key, text string) {
		name, _ := chartutil.Values(r.Values).PathValue(path)
		if name, _ := name.(string); name != "" {
			if all[name] == nil {
				all[name] = map[string]string{}
			}
			all[name][key] = text
		}
	}
	key, _ := chartutil.Values(r.Values).PathValue("nats.auth.key")
	ca, _ := chartutil.Values(r.Values).PathValue("nats.tls.caKey")
	for _, role := range []string{"crawler", "parser", "sink", "operator"} {
		seed, err := os.ReadFile(filepath.Join(made, role+".nk"))
		if err != nil {
			t.Fatal(err)
		}
		creds := "-----BEGIN NATS USER JWT-----\ne30.e30.e30\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n" + string(seed) + "\n------END USER NKEY SEED------\n"
		add("nats.auth.existingSecrets."+role, "nkey", string(seed))
		add("nats.auth.existingSecrets."+role, "nats.creds", creds)
		if key, _ := key.(string); key != "" {
			add("nats.auth.existingSecrets."+role, key, string(seed))
		}
		add("nats.tls.clientSecrets."+role, "tls.crt", cert["tls.crt"])
		add("nats.tls.clientSecrets."+role, "tls.key", cert["tls.key"])
	}
	for name, text := range cert {
		add("nats.tls.existingSecret", name, text)
	}
	add("nats.tls.caSecret", ca.(string), cert["ca.crt"])
	add("nats.tls.caConfigMap", ca.(string), cert["ca.crt"])
	return all
}
