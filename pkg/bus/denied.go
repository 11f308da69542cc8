package bus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"regexp"

	"github.com/nats-io/nats.go"
	"go.uber.org/zap"

	"pressmill/pkg/logging"
)

// DeniedError says that the servers refuse this program something that it
// needs. It does not pass by waiting.
type DeniedError struct {
	User    string // who connects: crawler, parser, sink, operator
	Action  string // "publish" or "subscribe"; "" if the connection itself is refused
	Subject string // of the action
	Err     error  // as NATS tells it
}

func (e *DeniedError) Error() string {
	if e.Action == "" {
		return fmt.Sprintf("NATS does not let the user %s in: %v: check bus.nkey_file or bus.creds_file, "+
			"and that the servers know this key: `pressmill bus authorization` prints what they have to know", e.User, e.Err)
	}
	return fmt.Sprintf("the user %s may not %s to %s: apply the permissions that `pressmill bus authorization` prints", e.User, e.Action, e.Subject)
}

// Unwrap returns what NATS said.
func (e *DeniedError) Unwrap() error { return e.Err }

// violation is how a server tells of a refused permission (nats-server,
// server/client.go).
var violation = regexp.MustCompile(`(?i)permissions violation for (publish|subscription)[^"]*"([^"]+)"`)

// denial returns the DeniedError that an error of the connection means for a
// user, nil if it means none.
func denial(user string, err error) *DeniedError {
	switch {
	case errors.Is(err, nats.ErrPermissionViolation):
		d := &DeniedError{User: user, Action: "publish", Subject: "a subject", Err: err}
		if m := violation.FindStringSubmatch(err.Error()); m != nil {
			d.Subject = m[2]
			if m[1][0]|0x20 == 's' {
				d.Action = "subscribe"
			}
		}
		return d
	case isAuth(err):
		return &DeniedError{User: user, Err: err}
	}
	return nil
}

func isAuth(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) ||
		errors.Is(err, nats.ErrAuthRevoked) || errors.Is(err, nats.ErrAccountAuthExpired)
}

// isTLS says whether two sides could not agree on a secure connection: waiting
// does not help.
func isTLS(err error) bool {
	if errors.Is(err, nats.ErrSecureConnRequired) || errors.Is(err, nats.ErrSecureConnWanted) {
		return true
	}
	// Alerts of the other side have no type of their own.
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return true
	}
	return isType[*tls.CertificateVerificationError](err) || isType[tls.RecordHeaderError](err) ||
		isType[x509.UnknownAuthorityError](err) || isType[x509.HostnameError](err) || isType[x509.CertificateInvalidError](err)
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// Denied returns why the servers refuse this connection something, nil as long
// as they do not. It is a *DeniedError, or the error that the connection was
// closed with.
func (b *Bus) Denied() error {
	select {
	case <-b.denied:
		return b.deniedErr
	default:
		return nil
	}
}

// Guard returns a context that also ends when the servers refuse something;
// its cause is what Denied returns then. A refused message would look like one
// that is never answered.
func (b *Bus) Guard(ctx context.Context) (guarded context.Context, stop context.CancelFunc) {
	guarded, cancel := context.WithCancelCause(ctx)
	watch := make(chan struct{})
	go func() {
		defer close(watch)
		select {
		case <-b.denied:
			cancel(b.deniedErr)
		case <-guarded.Done():
		}
	}()
	return guarded, func() { cancel(nil); <-watch }
}

// deny notes the first refusal.
func (b *Bus) deny(err error) {
	b.denyOnce.Do(func() {
		b.deniedErr = err
		fields := []zap.Field{logging.Event(logging.NATSDenied), zap.Error(err)}
		if d, ok := errors.AsType[*DeniedError](err); ok {
			fields = append(fields, zap.String(logging.KeyUser, d.User), zap.String(logging.KeySubject, d.Subject), zap.NamedError(logging.KeyNATS, d.Err))
		}
		b.log.Error("NATS refuses what this program needs; stopping", fields...)
		close(b.denied)
	})
}

func (b *Bus) disconnected(_ *nats.Conn, err error) {
	if err != nil {
		b.log.Warn("lost the connection to NATS; reconnecting", logging.Event(logging.NATSDisconnected), zap.Error(err))
	}
}

func (b *Bus) reconnected(nc *nats.Conn) {
	b.log.Info("connected to NATS again", logging.Event(logging.NATSReconnected), zap.String(logging.KeyServer, logging.RedactURL(nc.ConnectedUrl())))
}

// asyncError is told what concerns no call in particular. That the key is
// refused is not the end yet: credentials expire and are renewed in their file,
// which is read again. Who is refused twice is closed.
func (b *Bus) asyncError(_ *nats.Conn, sub *nats.Subscription, err error) {
	if errors.Is(err, nats.ErrPermissionViolation) {
		b.deny(denial(string(b.role), err))
		return
	}
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	b.log.Error("NATS reports an error", logging.Event(logging.NATSError), zap.String(logging.KeySubject, subject), zap.Error(err))
}

// notYet is told of every attempt to connect again that failed.
func (b *Bus) notYet(_ *nats.Conn, err error) {
	if !b.patience.due() {
		return
	}
	b.log.Warn("NATS cannot be reached yet", logging.Event(logging.NATSWaiting), zap.Error(explain(b.cfg.URL, err)))
}

// closed is told that the connection will not come back.
func (b *Bus) closed(nc *nats.Conn) {
	if b.closing.Load() {
		return
	}
	err := nc.LastError()
	if d := denial(string(b.role), err); d != nil {
		b.deny(d)
		return
	}
	b.deny(fmt.Errorf("the connection to NATS is closed: %w", err))
}
