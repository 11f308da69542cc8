package bus_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"pressmill/pkg/bus"
)

// Operators may take a copy of a stream, remove it and put it back, as tools of
// NATS do that.
func TestOperatorsBackUpAndRestore(t *testing.T) {
	cfg := archiving()
	g := guard(t, cfg, "")
	op := g.connect(t, cfg, bus.RoleOperator)
	if err := op.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := op.PushDead(t.Context(), "a.example", bus.FrontierURL{Seq: uint64(i)}, "p", "http_500", "x"); err != nil {
			t.Fatal(err)
		}
	}
	opt, err := nats.NkeyOptionFromSeed(filepath.Join(g.keys, "operator.nk"))
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(g.url, opt, nats.CustomInboxPrefix("_INBOX.operator"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { t.Error(err) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)

	config, chunks := snapshot(t, nc, "DLQ")
	ask(t, nc, "$JS.API.STREAM.DELETE.DLQ", nil)
	if err := op.Check(t.Context()); err == nil {
		t.Error("the stream is still there")
	}
	restore := ask(t, nc, "$JS.API.STREAM.RESTORE.DLQ", config)
	var to struct {
		Subject string `json:"deliver_subject"`
	}
	if err := json.Unmarshal(restore, &to); err != nil || !strings.HasPrefix(to.Subject, "$JS.SNAPSHOT.") {
		t.Fatalf("%s: %v", restore, err)
	}
	for _, chunk := range append(chunks, nil) { // an empty one is the end
		ask(t, nc, to.Subject, chunk)
	}
	n := 0
	if err := op.DeadLetters(t.Context(), "", func(bus.DeadLetter) bool { n++; return true }); err != nil || n != 3 {
		t.Errorf("%d dead letters came back, want 3 (%v)", n, err)
	}
	if err := op.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if lines := g.violations(t); len(lines) > 0 {
		t.Errorf("refused:\n%s", strings.Join(lines, "\n"))
	}
}

// ask returns the answer to a request, which is no error.
func ask(t *testing.T, nc *nats.Conn, subject string, body []byte) []byte {
	t.Helper()
	msg, err := nc.Request(subject, body, time.Minute)
	if err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
	var answer struct{ Error json.RawMessage }
	if len(msg.Data) > 0 && (json.Unmarshal(msg.Data, &answer) != nil || answer.Error != nil) {
		t.Fatalf("%s: %s", subject, msg.Data)
	}
	return msg.Data
}

// snapshot returns a copy of a stream in pieces, and what a server wants to know
// to restore it.
func snapshot(t *testing.T, nc *nats.Conn, stream string) (about []byte, chunks [][]byte) {
	t.Helper()
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		t.Fatal(err)
	}
	var is struct {
		Config json.RawMessage `json:"config"`
		State  json.RawMessage `json:"state"`
	}
	answer := ask(t, nc, "$JS.API.STREAM.SNAPSHOT."+stream, fmt.Appendf(nil, `{"deliver_subject":%q}`, inbox))
	if err := json.Unmarshal(answer, &is); err != nil {
		t.Fatal(err)
	}
	if about, err = json.Marshal(is); err != nil {
		t.Fatal(err)
	}
	for {
		msg, err := sub.NextMsg(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if len(msg.Data) == 0 {
			return about, chunks
		}
		chunks = append(chunks, msg.Data)
		if msg.Reply != "" {
			if err := msg.Respond(nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}
