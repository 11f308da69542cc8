// Package leader reads single messages from the leader of a stream. Direct
// reads are answered by any replica, which may be behind.
package leader

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Last returns the last message of a subject, which may hold wildcards, or
// jetstream.ErrMsgNotFound.
func Last(ctx context.Context, nc *nats.Conn, stream, subject string) (*jetstream.RawStreamMsg, error) {
	return get(ctx, nc, stream, request{Last: subject})
}

// First returns the first message of a subject, which may hold wildcards, or
// jetstream.ErrMsgNotFound.
func First(ctx context.Context, nc *nats.Conn, stream, subject string) (*jetstream.RawStreamMsg, error) {
	return Next(ctx, nc, stream, 1, subject)
}

// Next returns the first message of a subject, which may hold wildcards, from a
// sequence on, or jetstream.ErrMsgNotFound.
func Next(ctx context.Context, nc *nats.Conn, stream string, from uint64, subject string) (*jetstream.RawStreamMsg, error) {
	return get(ctx, nc, stream, request{Seq: max(from, 1), Next: subject})
}

// Since returns the first message of a subject, which may hold wildcards, that
// was stored at or after a time, or jetstream.ErrMsgNotFound.
func Since(ctx context.Context, nc *nats.Conn, stream string, t time.Time, subject string) (*jetstream.RawStreamMsg, error) {
	return get(ctx, nc, stream, request{Since: &t, Next: subject})
}

type request struct {
	Seq   uint64     `json:"seq,omitempty"`
	Last  string     `json:"last_by_subj,omitempty"`
	Next  string     `json:"next_by_subj,omitempty"`
	Since *time.Time `json:"start_time,omitempty"`
}

type answer struct {
	Message *struct {
		Subject string    `json:"subject"`
		Seq     uint64    `json:"seq"`
		Time    time.Time `json:"time"`
		Data    []byte    `json:"data"`
		Hdrs    []byte    `json:"hdrs"`
	} `json:"message"`
	Error *jetstream.APIError `json:"error"`
}

func get(ctx context.Context, nc *nats.Conn, stream string, r request) (*jetstream.RawStreamMsg, error) {
	req, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	reply, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, req)
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", stream, err)
	}
	var a answer
	if err := json.Unmarshal(reply.Data, &a); err != nil {
		return nil, fmt.Errorf("read stream %s: %w", stream, err)
	}
	switch {
	case a.Error != nil && a.Error.ErrorCode != jetstream.JSErrCodeMessageNotFound:
		return nil, fmt.Errorf("read stream %s: %w", stream, a.Error)
	case a.Message == nil:
		return nil, jetstream.ErrMsgNotFound
	}
	m := &jetstream.RawStreamMsg{Subject: a.Message.Subject, Sequence: a.Message.Seq, Time: a.Message.Time, Data: a.Message.Data}
	if len(a.Message.Hdrs) > 0 {
		if m.Header, err = nats.DecodeHeadersMsg(a.Message.Hdrs); err != nil {
			return nil, fmt.Errorf("read stream %s: %w", stream, err)
		}
	}
	return m, nil
}
