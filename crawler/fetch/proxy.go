package fetch

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/proxy"
)

// ErrProxy is a proxy that cannot be reached or does not connect.
var ErrProxy = errors.New("proxy does not connect")

// CheckProxy reports what is wrong with the URL of a proxy.
func CheckProxy(u *url.URL) error {
	switch u.Scheme {
	case "http", "https", "socks5":
	default:
		return fmt.Errorf("proxy scheme %q is not http, https or socks5", u.Scheme)
	}
	if u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return errors.New("proxy must be a scheme, a host and a port")
	}
	return nil
}

type proxyKey struct{}

// WithProxy returns a context whose requests go through a proxy: an http or
// https one, which has to allow CONNECT to the ports of the sites, or a socks5
// one. The URL may hold a user and a password. The proxy is given addresses
// that were resolved and checked here, never names, so it reaches nothing that
// could not be dialled directly.
func WithProxy(ctx context.Context, u *url.URL) context.Context {
	return context.WithValue(ctx, proxyKey{}, u)
}

// through returns a connect that has a proxy make the connection.
func through(u *url.URL, to *dialer, secure *tls.Config) connect {
	c := connectProxy{url: u, to: to, secure: secure}
	if u.Scheme != "socks5" {
		return c.connect
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		// It has no state, and no error that CheckProxy leaves.
		socks, err := proxy.SOCKS5("tcp", c.address(), socksUser(u), dialContext(to.dial))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrProxy, err)
		}
		conn, err := socks.(proxy.ContextDialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrProxy, err)
		}
		return conn, nil
	}
}

func socksUser(u *url.URL) *proxy.Auth {
	if u.User == nil {
		return nil
	}
	password, _ := u.User.Password()
	return &proxy.Auth{User: u.User.Username(), Password: password}
}

// dialContext makes a function the dialers that x/net/proxy takes.
type dialContext connect

func (d dialContext) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d(ctx, network, address)
}

func (d dialContext) Dial(network, address string) (net.Conn, error) {
	return d(context.Background(), network, address)
}

// connectProxy asks an HTTP proxy for connections (RFC 9110, section 9.3.6).
type connectProxy struct {
	url    *url.URL
	to     *dialer     // to the proxy
	secure *tls.Config // of https proxies
}

func (p connectProxy) connect(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.to.dial(ctx, network, p.address())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	interrupt := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	tunnel, err := p.ask(ctx, conn, address)
	if !interrupt() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: %w", ErrProxy, err)
	}
	return tunnel, nil
}

// maxConnectHeader is the longest answer of a proxy in bytes.
const maxConnectHeader = 64 << 10

// ask sends the request over a connection to the proxy and returns the
// connection that is one to the address from then on.
func (p connectProxy) ask(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	if p.url.Scheme == "https" {
		secure := p.secure.Clone()
		secure.ServerName, secure.NextProtos = p.url.Hostname(), nil
		client := tls.Client(conn, secure)
		if err := client.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = client
	}
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if user := p.url.User; user != nil {
		password, _ := user.Password()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := req.Write(conn); err != nil {
		return nil, err
	}
	answer := bufio.NewReader(io.LimitReader(conn, maxConnectHeader))
	resp, err := http.ReadResponse(answer, req) //nolint:bodyclose // what follows the header is the tunnel
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("CONNECT %s: %s", address, resp.Status)
	}
	if answer.Buffered() > 0 {
		return nil, errors.New("it speaks before it is spoken to")
	}
	return conn, nil
}

// address is the proxy's host and port.
func (p connectProxy) address() string {
	port := p.url.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080"}[p.url.Scheme]
	}
	return net.JoinHostPort(p.url.Hostname(), port)
}
