package bus_test

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
)

// relay is what lies between a client and a server, and lets only so many bytes
// of the server's through on each connection, by its number from 0 on; -1: all.
func relay(t *testing.T, server string, allowed func(n int64) int64, behind func(net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	var connections atomic.Int64
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			n := connections.Add(1) - 1
			go func() {
				defer client.Close()
				upstream, err := net.Dial("tcp", strings.TrimPrefix(server, "nats://"))
				if err != nil {
					return
				}
				defer upstream.Close()
				go func() { _, _ = io.Copy(upstream, client) }()
				if most := allowed(n); most >= 0 {
					_, _ = io.CopyN(client, upstream, most)
					behind(client)
					return
				}
				_, _ = io.Copy(client, upstream)
			}()
		}
	}()
	return "nats://" + l.Addr().String()
}

// joinOver connects over a relay to a server with the topology, waits until it
// is ready, and returns how long that took.
func joinOver(t *testing.T, allowed func(n int64) int64, behind func(net.Conn)) time.Duration {
	t.Helper()
	srv, err := embedded.Start(t.TempDir(), "127.0.0.1:0")
	must(t, err)
	t.Cleanup(srv.Stop)
	must(t, connect(t, srv, nil).Apply(t.Context()))
	cfg := bus.Defaults()
	cfg.URL, cfg.AckWait = relay(t, srv.URL(), allowed, behind), time.Minute // as connect has it
	begun := time.Now()
	p := bus.Patience{Until: begun.Add(time.Minute)}
	b, err := bus.Await(t.Context(), cfg, "crawler", zap.NewNop(), p)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	must(t, b.WaitReady(t.Context(), p))
	return time.Since(begun)
}

// TestReadyAlthoughServersFailAllTheTime has every connection fail after a part
// of the topology has been told: what was told is not asked for again.
func TestReadyAlthoughServersFailAllTheTime(t *testing.T) {
	t.Parallel()
	took := joinOver(t, func(int64) int64 { return 8 << 10 }, func(net.Conn) {})
	t.Logf("ready after %s", took)
}

// TestReadyAlthoughAServerIsFrozen connects to a server that then says nothing
// more, which pings notice after half a minute.
func TestReadyAlthoughAServerIsFrozen(t *testing.T) {
	t.Parallel()
	frozen := func(n int64) int64 {
		if n == 0 {
			return 4 << 10
		}
		return -1
	}
	took := joinOver(t, frozen, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	t.Logf("ready after %s", took)
	if took > 15*time.Second {
		t.Errorf("ready after %s", took)
	}
}
