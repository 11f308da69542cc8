package logs

import (
	"bytes"

	"pressmill/pkg/logging"
)

// reach is how far into a line its object may begin, behind what a carrier
// wrote in front.
const reach = 1024

// maxWraps is how many carriers may lie around each other.
const maxWraps = 3

// parse reads one line, without its line end. What is unescaped goes to arena,
// which is returned; earlier parts of it stay valid.
func (l *Line) parse(b, arena []byte) []byte {
	l.Origin, l.inner, l.channel, l.state = nil, nil, 0, good
	b = bytes.TrimRight(b, " \t\r")
	for range maxWraps {
		b = bytes.TrimLeft(b, " \t\xef\xbb\xbf")
		if len(b) == 0 {
			l.state = blank
			return arena
		}
		if b[0] != '{' && l.cri(&b) {
			l.inner = b
			switch {
			case l.state == part:
				return arena
			case len(b) == 0:
				l.state = blank
				return arena
			}
		}
		if b = l.bare(b); b == nil {
			l.state = bad + state(NotJSON)
			return arena
		}
		end := l.object(b)
		switch {
		case end == ended:
			l.state = bad + state(CutOff)
			return arena
		case end < 0 || len(bytes.TrimSpace(b[end:])) > 0:
			l.state = bad + state(NotJSON)
			return arena
		}
		inside, ok := l.carried()
		if !ok {
			l.judge()
			return arena
		}
		from := len(arena)
		arena = append(arena, inside...)
		b = arena[from:]
		if to := l.Bytes(stream); len(to) == len("stdout") { // Docker ends what is whole with a line end
			l.channel = channelOf(to)
			l.inner = bytes.TrimSuffix(b, []byte("\n"))
			if len(l.inner) == len(b) {
				l.state = part
				return arena
			}
		}
		b = bytes.TrimRight(b, " \t\r\n")
	}
	l.state = bad + state(NoEvent)
	return arena
}

// judge says whether an object is a line of ours.
func (l *Line) judge() {
	if l.Has(Schema) && !l.Is(Schema, logging.Schema) { // before there were versions, lines had none
		l.state = bad + state(UnknownSchema)
		return
	}
	if len(l.Bytes(Event)) == 0 {
		l.state = bad + state(NoEvent)
		return
	}
	at, ok := parseTime(l.Bytes(Time))
	if !ok {
		l.state = bad + state(NoTime)
		return
	}
	l.At = at
}

// carried returns the line inside an object of Docker, Fluent Bit, journald,
// Loki or Vector: a string where ours has an event.
func (l *Line) carried() ([]byte, bool) {
	if l.Has(Event) {
		return nil, false
	}
	if l.Has(wrapped) {
		inside := l.Bytes(wrapped)
		return inside, inside != nil
	}
	inside := bytes.TrimSpace(l.Bytes(Message))
	return inside, len(inside) > 0 && inside[0] == '{'
}

// bare cuts off what a carrier wrote in front of an object: "[pod/x/y] ", a
// time, "crawler-1  | ", what journald and syslog begin with, labels of Loki.
// It returns nil where no object is.
func (l *Line) bare(b []byte) []byte {
	if b[0] == '{' && (len(b) == 1 || b[1] == '"' || b[1] == '}' || b[1] == ' ') {
		return b
	}
	if b[0] == '[' {
		if end := bytes.IndexByte(b[:min(len(b), reach)], ']'); end > 0 {
			l.Origin = b[1:end]
		}
	}
	head := b[:min(len(b), reach)]
	at := bytes.Index(head, []byte(`{"`))
	if at < 0 {
		return nil
	}
	if bar := bytes.Index(head[:at], []byte(" | ")); bar > 0 {
		l.Origin = bytes.TrimSpace(head[:bar])
	}
	return b[at:]
}

// cri cuts off what a container runtime writes in front of a line in a file of
// /var/log/containers, as in "2026-11-28T23:00:00.1Z stderr F ". A line with P
// in the place of F is the beginning of a longer one.
func (l *Line) cri(b *[]byte) bool {
	rest := *b
	if rest[0]-'0' > 9 {
		return false
	}
	at := bytes.IndexByte(rest[:min(len(rest), 40)], ' ')
	if at < 0 {
		return false
	}
	rest = rest[at+1:]
	if !bytes.HasPrefix(rest, []byte("stdout ")) && !bytes.HasPrefix(rest, []byte("stderr ")) || len(rest) < len("stderr F") {
		return false
	}
	l.channel = channelOf(rest)
	tag := rest[7]
	switch {
	case tag != 'F' && tag != 'P':
		return false
	case tag == 'P':
		l.state = part
	}
	*b = bytes.TrimPrefix(rest[8:], []byte(" "))
	return true
}

// channelOf numbers what begins with stdout and stderr from 1.
func channelOf(name []byte) byte {
	if name[3] == 'o' {
		return 1
	}
	return 2
}
