package embedded

import (
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"

	"pressmill/pkg/freeport"
)

// StartCluster starts n servers that form a cluster and store below dir, for
// tests of replicated streams. Each listens on a port of 127.0.0.1; it takes
// some seconds until they have a leader.
func StartCluster(dir string, n int) ([]*Server, error) {
	var routes []*url.URL
	for range n {
		addr, err := freeport.Address()
		if err != nil {
			return nil, err
		}
		routes = append(routes, &url.URL{Scheme: "nats", Host: addr})
	}
	servers := make([]*Server, 0, n)
	for i, route := range routes {
		_, port, err := splitAddr(route.Host)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("pressmill-%d", i)
		opts := options(filepath.Join(dir, name))
		opts.ServerName, opts.Host, opts.Port = name, "127.0.0.1", server.RANDOM_PORT
		opts.Cluster = server.ClusterOpts{Name: "pressmill", Host: "127.0.0.1", Port: port}
		opts.Routes = routes
		srv, err := run(opts)
		if err != nil {
			for _, s := range servers {
				s.Stop()
			}
			return nil, err
		}
		servers = append(servers, &Server{srv: srv})
	}
	return servers, nil
}

// LeaveStream has another server of the cluster lead a stream, and says whether
// this one did.
func (s *Server) LeaveStream(name string) (led bool, err error) {
	if !s.srv.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, name) {
		return false, nil
	}
	if err := s.srv.JetStreamStepdownStream(server.DEFAULT_GLOBAL_ACCOUNT, name); err != nil {
		return true, fmt.Errorf("step down as the leader of %s: %w", name, err)
	}
	return true, nil
}
