package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Serve runs a NATS server with a server's own configuration file, and logs as
// that says, until ctx is cancelled. SIGHUP makes it read the file again.
func Serve(ctx context.Context, file string) error {
	opts, err := server.ProcessConfigFile(file)
	if err != nil {
		return fmt.Errorf("read configuration of NATS server: %w", err)
	}
	opts.NoSigs = true
	srv, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("make NATS server: %w", err)
	}
	srv.ConfigureLogger()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	srv.Start()
	defer srv.WaitForShutdown()
	defer srv.Shutdown()
	alive := time.NewTicker(time.Second)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-reload:
			if err := srv.Reload(); err != nil {
				srv.Errorf("read the configuration again: %v", err)
			}
		case <-alive.C:
			if !srv.Running() {
				return errors.New("the NATS server stopped by itself")
			}
		}
	}
}
