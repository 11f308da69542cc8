package worker

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// ProfilesHelp is what the flag of ServeProfiles says in every command.
const ProfilesHelp = "loopback `ADDRESS` to answer Go's profiles on, as in 127.0.0.1:6060: go tool pprof http://127.0.0.1:6060/debug/pprof/profile"

// profilesGrace is how long those who wait for a profile have to take it when the process ends.
const profilesGrace = 5 * time.Second

// ServeProfiles answers the profiles of net/http/pprof below /debug/pprof/ until
// stop is called. Profiles tell what the process works on, so addr has to be a
// loopback address; anything else is a UsageError. With an empty addr it listens
// nowhere. A CPU profile that is still being taken at stop is ended and
// delivered, so that one can be had of the whole life of a process.
func ServeProfiles(addr string) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, Usagef("-pprof: %v", err)
	}
	if !at.IP.IsLoopback() {
		return nil, Usagef("-pprof %s is not a loopback address, as 127.0.0.1:6060 is", addr)
	}
	listener, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("listen for profiles: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	requests, end := context.WithCancel(context.Background())
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // it ends with Shutdown
	}()
	return func() {
		end()
		grace, cancel := context.WithTimeout(context.Background(), profilesGrace)
		defer cancel()
		_ = server.Shutdown(grace) // who does not take a profile in time does without
		_ = server.Close()
		<-done
	}, nil
}
