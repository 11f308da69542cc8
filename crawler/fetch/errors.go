package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"syscall"
)

// The errors of a fetch that are not the network's.
var (
	// ErrBlocked is a dial to an address that is not allowed.
	ErrBlocked = errors.New("address is not allowed")
	// ErrDecode is a body whose content encoding is broken, cut or unknown.
	ErrDecode = errors.New("body cannot be decoded")
)

// Classify names what an error of a fetch comes from, as the reason in logs:
// "timeout", "dns", "refused", "tls", "blocked", "proxy", "decode", "protocol"
// (what came is no HTTP, or too much of it), "reset", "canceled", or
// "network" for any other. It returns "" for nil.
func Classify(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrProxy):
		return "proxy" // also if it is its address that is not allowed
	case errors.Is(err, ErrBlocked):
		return "blocked"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case isType[*net.DNSError](err):
		return "dns"
	case isTimeout(err):
		return "timeout"
	case errors.Is(err, ErrDecode):
		return "decode"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case isTLS(err):
		return "tls"
	case isProtocol(err):
		return "protocol"
	case isReset(err):
		return "reset"
	}
	return "network"
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) {
		return true
	}
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout()
}

func isTLS(err error) bool {
	return isType[*tls.CertificateVerificationError](err) || isType[tls.RecordHeaderError](err) ||
		isType[x509.UnknownAuthorityError](err) || isType[x509.HostnameError](err) ||
		isType[x509.CertificateInvalidError](err) ||
		says(err, "tls: ") // alerts of the other side have no exported type
}

func isReset(err error) bool {
	for _, target := range []error{syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, target) {
			return true
		}
	}
	// HTTP/2 errors of net/http have no exported type.
	return says(err, "stream error", "GOAWAY", "server closed idle connection", "connection lost")
}

// isProtocol knows what net/http finds wrong with an answer, most of it by its
// words: the errors have no exported type.
func isProtocol(err error) bool {
	return isType[textproto.ProtocolError](err) || says(err,
		"malformed ", "Content-Length", "transfer encoding", "headers exceeded", "header line", "header list", "advertised limit",
		"read limit of", "1xx informational", "chunk length", "chunked ", "CR in chunk", "trailer", "status code", "parse Location",
		"PROTOCOL_ERROR", "COMPRESSION_ERROR", "FRAME_SIZE_ERROR", "frame too large")
}

// says says whether the cause of an error has one of these parts in its words.
// What wraps the cause may have the URL in it, and is not looked at.
func says(err error, parts ...string) bool {
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(err) {
		err = cause
	}
	text := err.Error()
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
