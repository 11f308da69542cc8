// Package storetest starts real servers of object stores for tests, and breaks
// the wire to them.
package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pressmill/pkg/freeport"
)

// EnvServers names the folder of the servers, as `make conformance` sets it:
// bin/versitygw, bin/fake-gcs-server and node_modules/azurite.
const EnvServers = "PRESSMILL_SERVERS"

// What the servers know their clients by.
const (
	accessKey = "pressmill"
	secretKey = "pressmill-secret"
	account   = "devstoreaccount1"
	region    = "us-east-1"
	// accountKey is any base64.
	accountKey = "cHJlc3NtaWxsLXNlY3JldA=="
)

// Server is a process that keeps objects in a folder.
type Server struct {
	Scheme string // s3, gs or azblob
	Addr   string // host:port; stays over a restart

	dir     string
	cmd     *exec.Cmd
	out     bytes.Buffer
	buckets int
}

// Start starts the server of a scheme with an empty folder, and sets the
// environment so that clients find their credentials there and nothing asks a
// cloud's metadata service. It skips the test where the servers are not
// installed.
func Start(t testing.TB, scheme string) *Server {
	t.Helper()
	return StartIn(t, scheme, t.TempDir())
}

// StartIn is Start with a folder.
func StartIn(t testing.TB, scheme, dir string) *Server {
	t.Helper()
	if os.Getenv(EnvServers) == "" {
		t.Skip("needs servers of object stores: run make conformance")
	}
	setEnvironment(t)
	s := &Server{Scheme: scheme, Addr: freeAddr(t), dir: dir}
	s.Restart(t)
	t.Cleanup(func() { s.Kill(t) })
	return s
}

func setEnvironment(t testing.TB) {
	t.Helper()
	for key, value := range map[string]string{
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey, "AWS_REGION": region,
		"AZURE_STORAGE_ACCOUNT": account, "AZURE_STORAGE_KEY": accountKey,
		"GCE_METADATA_HOST": "127.0.0.1:1", "NO_GCE_CHECK": "true",
	} {
		t.Setenv(key, value)
	}
}

func freeAddr(t testing.TB) string {
	t.Helper()
	addr, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// command is how a server is started.
func (s *Server) command() *exec.Cmd {
	home := os.Getenv(EnvServers)
	host, port, _ := net.SplitHostPort(s.Addr)
	switch s.Scheme {
	case "s3":
		return exec.Command(filepath.Join(home, "bin/versitygw"), "--port", s.Addr, "--access", accessKey, "--secret", secretKey,
			"--region", region, "--quiet", "posix", s.dir)
	case "gs":
		return exec.Command(filepath.Join(home, "bin/fake-gcs-server"), "-backend", "filesystem", "-filesystem-root", s.dir,
			"-scheme", "http", "-host", host, "-port", port, "-public-host", s.Addr, "-log-level", "error")
	}
	cmd := exec.Command("node", filepath.Join(home, "node_modules/azurite/dist/src/blob/main.js"), "--location", s.dir,
		"--blobHost", host, "--blobPort", port, "--silent", "--disableTelemetry", "--skipApiVersionCheck")
	cmd.Env = append(os.Environ(), "AZURITE_ACCOUNTS="+account+":"+accountKey)
	return cmd
}

// Restart starts the server, again after Kill, on the same folder and address.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if s.Scheme == "gs" {
		s.mend(t)
	}
	s.cmd = s.command()
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(90 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + s.Addr + "/")
		if err == nil {
			resp.Body.Close()
			return
		}
		if time.Now().After(end) {
			s.Kill(t)
			t.Fatalf("%s server does not answer: %v\n%s", s.Scheme, err, s.out.String())
		}
	}
}

// Kill ends the server at once (SIGKILL). Azurite is asked first, because it
// keeps its index in memory and forgets what it has acknowledged; it
// breaks off requests all the same.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		_ = s.cmd.Wait() // says that it was killed
		close(ended)
	}()
	if s.Scheme == "azblob" {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
			s.cmd = nil
			return
		case <-time.After(8 * time.Second):
		}
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	<-ended
	s.cmd = nil
}

// URL makes a bucket and returns its URL. via is the address of a proxy, or "".
// A request is given up after timeout.
func (s *Server) URL(t testing.TB, via string, timeout time.Duration) string {
	t.Helper()
	s.buckets++
	name := "bucket" + strconv.Itoa(s.buckets)
	s.makeBucket(t, name)
	if via == "" {
		via = s.Addr
	}
	switch s.Scheme {
	case "s3":
		return fmt.Sprintf("s3://%s/some/prefix?endpoint=http://%s&use_path_style=true&timeout=%s", name, via, timeout)
	case "gs":
		return fmt.Sprintf("gs://%s/some/prefix?endpoint=http://%s&anonymous=true&timeout=%s", name, via, timeout)
	}
	return fmt.Sprintf("azblob://%s/some/prefix?endpoint=http://%s/%s&timeout=%s", name, via, account, timeout)
}

// mend removes objects that a killed fake-gcs-server had no time to describe:
// it writes the description last, and cannot list a bucket without.
func (s *Server) mend(t testing.TB) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Dir(path) == s.dir {
			return err
		}
		if _, err := unix.Getxattr(path, "user.metadata", nil); errors.Is(err, unix.ENODATA) {
			return os.Remove(path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
