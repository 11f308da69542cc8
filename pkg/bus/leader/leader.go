// Package leader reads single messages of a stream as its leader knows them.
// Direct reads are answered by any replica, which may be behind.
package leader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Reader reads streams, all of which have as many replicas and allow direct
// reads. Those of one replica are read directly, which costs less: no other
// server can be behind.
type Reader struct {
	Conn     *nats.Conn
	Replicas int
}

// Last returns the last message of a subject, which may hold wildcards, or
// jetstream.ErrMsgNotFound.
func (r Reader) Last(ctx context.Context, stream, subject string) (*jetstream.RawStreamMsg, error) {
	return r.get(ctx, stream, request{Last: subject})
}

// Next returns the first message of a subject, which may hold wildcards, at a
// sequence or behind it, or jetstream.ErrMsgNotFound.
func (r Reader) Next(ctx context.Context, stream string, from uint64, subject string) (*jetstream.RawStreamMsg, error) {
	return r.get(ctx, stream, request{Seq: max(from, 1), Next: subject})
}

// Since returns the first message of a subject, which may hold wildcards, that
// was stored at or after a time, or jetstream.ErrMsgNotFound.
func (r Reader) Since(ctx context.Context, stream string, t time.Time, subject string) (*jetstream.RawStreamMsg, error) {
	return r.get(ctx, stream, request{Since: &t, Next: subject})
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

func (r Reader) get(ctx context.Context, stream string, what request) (*jetstream.RawStreamMsg, error) {
	req, err := json.Marshal(what)
	if err != nil {
		return nil, err
	}
	api, read := "$JS.API.STREAM.MSG.GET.", fromLeader
	if r.Replicas == 1 {
		api, read = "$JS.API.DIRECT.GET.", direct
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	reply, err := r.Conn.RequestWithContext(ctx, api+stream, req)
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", stream, err)
	}
	m, err := read(reply)
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		err = fmt.Errorf("read stream %s: %w", stream, err)
	}
	return m, err
}

// fromLeader reads the answer of the leader.
func fromLeader(reply *nats.Msg) (*jetstream.RawStreamMsg, error) {
	var a answer
	if err := json.Unmarshal(reply.Data, &a); err != nil {
		return nil, err
	}
	switch {
	case a.Error != nil && a.Error.ErrorCode != jetstream.JSErrCodeMessageNotFound:
		return nil, a.Error
	case a.Message == nil:
		return nil, jetstream.ErrMsgNotFound
	}
	m := &jetstream.RawStreamMsg{Subject: a.Message.Subject, Sequence: a.Message.Seq, Time: a.Message.Time, Data: a.Message.Data}
	if len(a.Message.Hdrs) > 0 {
		var err error
		if m.Header, err = nats.DecodeHeadersMsg(a.Message.Hdrs); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// direct reads the answer to a direct read: the message itself, with what the
// server adds to its header (NATS ADR-31).
func direct(reply *nats.Msg) (*jetstream.RawStreamMsg, error) {
	switch status := reply.Header.Get("Status"); {
	case status == "404":
		return nil, jetstream.ErrMsgNotFound
	case status != "" && len(reply.Data) == 0:
		return nil, fmt.Errorf("%s %s", status, reply.Header.Get("Description"))
	}
	m := &jetstream.RawStreamMsg{Subject: reply.Header.Get(jetstream.SubjectHeader), Header: reply.Header, Data: reply.Data}
	var err error
	if m.Sequence, err = strconv.ParseUint(reply.Header.Get(jetstream.SequenceHeader), 10, 64); err != nil {
		return nil, err
	}
	m.Time, err = time.Parse(time.RFC3339Nano, reply.Header.Get(jetstream.TimeStampHeaer))
	return m, err
}
