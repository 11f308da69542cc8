// Package direct reads many messages of a stream with one request: batched
// direct gets (ADR-31). Any replica of the stream answers.
package direct

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

// answerTime bounds the wait for the answer to one request.
const answerTime = 10 * time.Second

// mostWaiting bounds the parts of an answer that wait to be taken; those beyond
// are lost, as a hole. A synchronous subscription has room for 65,536, and to
// make that room costs more than a small read.
const mostWaiting = 4096

// Request is what to read.
type Request struct {
	From     uint64 `json:"seq"`
	Subject  string `json:"next_by_subj"` // may hold wildcards
	Limit    int    `json:"batch"`
	MaxBytes int    `json:"max_bytes"` // the message that reaches them is the last one
}

// Message is a message as it lies in a stream.
type Message struct {
	Seq     uint64
	Subject string
	Time    time.Time // the stream's
	MsgID   string
	Data    []byte
	// Behind is how many messages of the subject the stream has behind this one,
	// as the replica knows that answers.
	Behind uint64
}

// Read returns the messages of a subject from a sequence on, in order, without
// leaving out one that the stream holds.
//
// A replica's log is a prefix of its leader's, so one that is behind ends early
// and skips nothing: that there are no messages, or no more, is for the leader
// to say. The server steps over messages that are removed while it answers, and
// over no others. Messages of the answer that the connection loses are noticed,
// since each names the one before it: what comes after the hole is dropped.
func Read(ctx context.Context, nc *nats.Conn, stream string, r Request) ([]Message, error) {
	r.From = max(r.From, 1)
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	inbox := nc.NewInbox()
	answers := make(chan *nats.Msg, min(r.Limit, mostWaiting)+1) // and the end of the answer
	sub, err := nc.ChanSubscribe(inbox, answers)
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", stream, err)
	}
	defer func() { _ = sub.Unsubscribe() }() // it fails only on a closed connection
	if err := nc.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, body); err != nil {
		return nil, fmt.Errorf("read stream %s: %w", stream, err)
	}
	out, err := collect(ctx, answers, r)
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("read stream %s: %w", stream, err)
	}
	return out, nil // after an error the next read goes on behind what came
}

var errHole = errors.New("a part of the answer is missing")

// collect returns the messages of an answer up to its end, a hole or an error.
func collect(ctx context.Context, answers <-chan *nats.Msg, r Request) (out []Message, err error) {
	var last uint64
	for len(out) < r.Limit {
		var msg *nats.Msg
		select {
		case msg = <-answers:
		case <-ctx.Done():
			return out, ctx.Err()
		}
		switch status := msg.Header.Get("Status"); status {
		case "":
		case "204", "404": // the end of the answer; nothing to answer
			return out, nil
		case "503":
			return out, nats.ErrNoResponders
		default:
			return out, fmt.Errorf("%s %s", status, msg.Header.Get("Description"))
		}
		m, before, err := parse(msg)
		if err != nil {
			return out, err
		}
		if before != last || m.Seq <= last {
			return out, errHole
		}
		out, last = append(out, m), m.Seq
	}
	return out, nil
}

// parse returns a message of an answer, and the sequence of the one before it,
// 0 if it is the first.
func parse(msg *nats.Msg) (m Message, before uint64, err error) {
	h := msg.Header
	if m.Seq, err = strconv.ParseUint(h.Get(jetstream.SequenceHeader), 10, 64); err != nil {
		return m, 0, err
	}
	if before, err = strconv.ParseUint(h.Get("Nats-Last-Sequence"), 10, 64); err != nil {
		return m, 0, err
	}
	if m.Behind, err = strconv.ParseUint(h.Get("Nats-Num-Pending"), 10, 64); err != nil {
		return m, 0, err
	}
	if m.Time, err = time.Parse(time.RFC3339Nano, h.Get(jetstream.TimeStampHeaer)); err != nil {
		return m, 0, err
	}
	m.Subject, m.MsgID, m.Data = h.Get(jetstream.SubjectHeader), h.Get(jetstream.MsgIDHeader), msg.Data
	return m, before, nil
}
