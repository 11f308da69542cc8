package direct_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"pressmill/pkg/bus/direct"
	"pressmill/pkg/bus/embedded"
)

// Parts of an answer that the connection loses end what is read: nothing after
// a hole is taken.
func TestAnswersWithHoles(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	nc, err := nats.Connect("", srv.Option())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	parts := []string{"3 0", "5 3", "8 5", "9 8", "end 9"} // sequence, and the one before it
	for _, c := range []struct {
		lost int // of the parts
		want string
	}{{-1, "[3 5 8 9]"}, {0, "error"}, {1, "[3]"}, {2, "[3 5]"}, {3, "[3 5 8]"}, {4, "[3 5 8 9]"}} {
		sub, err := nc.Subscribe("$JS.API.DIRECT.GET.FAKE", func(req *nats.Msg) {
			for i, part := range parts {
				if i != c.lost {
					_ = req.RespondMsg(answer(part))
				}
			}
			_ = req.RespondMsg(answer("end 9"))
		})
		if err != nil {
			t.Fatal(err)
		}
		msgs, err := direct.Read(t.Context(), nc, "FAKE", direct.Request{Subject: "x.*", Limit: 10, MaxBytes: 1000})
		var got []uint64
		for _, m := range msgs {
			got = append(got, m.Seq)
		}
		if s := fmt.Sprint(got); err == nil && s != c.want || (err != nil) != (c.want == "error") {
			t.Errorf("without part %d: %s, %v, want %s", c.lost, s, err, c.want)
		}
		if err := sub.Unsubscribe(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := direct.Read(t.Context(), nc, "NONE", direct.Request{Subject: "x.*", Limit: 10, MaxBytes: 1000}); err == nil {
		t.Error("a stream that is not there: no error")
	}
}

func answer(part string) *nats.Msg {
	seq, before, _ := strings.Cut(part, " ")
	h := nats.Header{"Nats-Last-Sequence": {before}, "Nats-Num-Pending": {"7"}}
	if seq == "end" {
		h.Set("Status", "204")
		return &nats.Msg{Header: h}
	}
	h.Set("Nats-Sequence", seq)
	h.Set("Nats-Time-Stamp", "2026-11-28T10:00:00.000000001Z")
	return &nats.Msg{Header: h, Data: []byte("data")}
}
