package bus_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
)

// Workers that start after their server has started anew find the topology that
// was applied before.
func TestTopologyOutlivesItsServer(t *testing.T) {
	dir := t.TempDir()
	srv := startIn(t, dir)
	b := connectTo(t, srv)
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.Close()
	srv.Stop()
	srv = startIn(t, dir)
	t.Cleanup(srv.Stop)
	if err := connectTo(t, srv).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestApplyBringsABucketFromMemoryIntoFiles(t *testing.T) {
	srv := startIn(t, t.TempDir())
	t.Cleanup(srv.Stop)
	nc, err := nats.Connect("", srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "groups", Storage: jetstream.MemoryStorage}); err != nil {
		t.Fatal(err)
	}
	b := connectTo(t, srv)
	if err := b.Check(t.Context()); err == nil {
		t.Error("a bucket in memory is taken for right")
	}
	if err := b.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func startIn(t *testing.T, dir string) *embedded.Server {
	t.Helper()
	srv, err := embedded.Start(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

func connectTo(t *testing.T, srv *embedded.Server) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(bus.Defaults(), "operator", zap.NewNop(), srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}
