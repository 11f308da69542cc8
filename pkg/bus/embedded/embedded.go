// Package embedded runs a NATS server inside the process, for a machine that
// has no other and for tests.
package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"golang.org/x/sys/unix"
)

// ErrLocked says that another process uses the data directory.
var ErrLocked = errors.New("data directory is in use by another process")

// Server is a NATS server in this process. It holds a lock on its data
// directory: two servers on one store corrupt it.
type Server struct {
	srv  *server.Server
	lock *os.File
}

// Start starts a server that stores under dir, which is made if needed. With
// listen empty it takes connections of this process only; otherwise also on
// that TCP address.
func Start(dir, listen string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	opts := options(dir)
	opts.DontListen = listen == ""
	if listen != "" {
		if opts.Host, opts.Port, err = splitAddr(listen); err != nil {
			lock.Close()
			return nil, err
		}
	}
	srv, err := run(opts)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &Server{srv: srv, lock: lock}, nil
}

func options(dir string) *server.Options {
	return &server.Options{
		ServerName: "pressmill", JetStream: true, StoreDir: dir, JetStreamMaxStore: 1 << 40,
		NoSigs: true, NoLog: true, MaxPayload: 8 << 20, SyncInterval: 10 * time.Second,
	}
}

func run(opts *server.Options) (*server.Server, error) {
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("make NATS server: %w", err)
	}
	srv.Start()
	if !srv.ReadyForConnections(30 * time.Second) {
		srv.Shutdown()
		return nil, errors.New("start NATS server: not ready after 30 s")
	}
	return srv, nil
}

func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %s (stop that process, or choose another -data directory)", ErrLocked, dir)
	}
	return f, nil
}

func splitAddr(addr string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("listen address: %w", err)
	}
	if port, err = strconv.Atoi(p); err != nil {
		return "", 0, fmt.Errorf("listen address %q: port is not a number", addr)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// Option returns the option that connects to this server in process. There is
// no other to try, so a busy machine is given time for it.
func (s *Server) Option() nats.Option {
	return func(o *nats.Options) error {
		o.Timeout = time.Minute
		return nats.InProcessServer(s.srv)(o)
	}
}

// URL returns the server's address for clients; only useful if it listens.
func (s *Server) URL() string { return s.srv.ClientURL() }

// Stop shuts the server down and unlocks the data directory.
func (s *Server) Stop() {
	s.srv.Shutdown()
	s.srv.WaitForShutdown()
	if s.lock != nil {
		s.lock.Close()
	}
}
