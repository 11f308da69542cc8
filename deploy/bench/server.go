package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"pressmill/pkg/freeport"
)

// server is a NATS server of its own process, with the topology, and the
// configuration of the workers beside it.
type server struct {
	*service

	bin, config string
}

// startServer starts one that stores below dir. The configuration, a file in
// dir, has the given sections besides bus.
func startServer(ctx context.Context, bin, dir, sections string) (*server, error) {
	addr, err := freeport.Address()
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "nats.conf")
	s := &server{bin: bin, config: filepath.Join(dir, "config.yaml")}
	for path, text := range map[string]string{
		conf:     fmt.Sprintf("listen: %q\nmax_payload: 8MB\njetstream { store_dir: %q, sync_interval: 10s }\n", addr, filepath.Join(dir, "nats")),
		s.config: fmt.Sprintf("bus: {url: \"nats://%s\"}\n%s", addr, sections),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("write configuration: %w", err)
		}
	}
	if s.service, err = startService(ctx, bin, "pressmill", nil, "bus", "serve", "-config", conf); err != nil {
		return nil, err
	}
	return s, s.operate(ctx, "topology", "apply", "-wait", "30s")
}

// operate runs one of the operator's commands.
func (s *server) operate(ctx context.Context, args ...string) error {
	if said, err := exec.CommandContext(ctx, filepath.Join(s.bin, "pressmill"), append(args, "-config", s.config)...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, said)
	}
	return nil
}

// worker starts one and waits until it does its work.
func (s *server) worker(ctx context.Context, stage string, each func(line)) (*service, error) {
	w, err := startService(ctx, s.bin, stage, each, "-config", s.config)
	if err != nil {
		return nil, err
	}
	return w, w.await(ctx)
}
