package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// The errors of a fetch that are not the network's.
var (
	// ErrBlocked is a dial to an address that is not allowed.
	ErrBlocked = errors.New("address is not allowed")
	// ErrDecode is a body whose content encoding is broken, cut or unknown.
	ErrDecode = errors.New("body cannot be decoded")
	// ErrTooManyRedirects is for the redirect policy of the client; a
	// Transport follows none.
	ErrTooManyRedirects = errors.New("too many redirects")
)

// Classify names what an error of a fetch comes from, as the reason in logs:
// "timeout", "dns", "refused", "tls", "blocked", "decode", "reset",
// "canceled", "redirects", or "network" for any other. It returns "" for nil.
func Classify(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrBlocked):
		return "blocked"
	case errors.Is(err, ErrTooManyRedirects):
		return "redirects"
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
		// Alerts of the other side have no exported type.
		strings.Contains(err.Error(), "tls: ")
}

func isReset(err error) bool {
	for _, target := range []error{syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, target) {
			return true
		}
	}
	// HTTP/2 errors of net/http have no exported type.
	text := err.Error()
	return strings.Contains(text, "stream error") || strings.Contains(text, "GOAWAY") ||
		strings.Contains(text, "server closed idle connection") || strings.Contains(text, "connection lost")
}
