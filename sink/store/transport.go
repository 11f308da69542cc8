package store

import (
	"net"
	"net/http"
	"time"
)

const (
	// defaultTimeout is within what time an operation is to end, beyond what its
	// bytes take.
	defaultTimeout = 30 * time.Second
	// slowest is the rate that a connection is to have at least, in bytes a second.
	slowest = 256 << 10
	// tries is how often a client sends a request before it gives up.
	tries = 3
)

// bound gives up hung connections in time for another try within the timeout
// of an operation.
func bound(t *http.Transport, timeout time.Duration) {
	patience := timeout / tries
	t.DialContext = (&net.Dialer{Timeout: patience, KeepAlive: 15 * time.Second}).DialContext
	t.TLSHandshakeTimeout = patience
	t.ResponseHeaderTimeout = patience
	t.IdleConnTimeout = time.Minute
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 64, 64
	t.DisableCompression = true // objects come as they were written
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: patience, PingTimeout: patience}
}

// httpClient is a client of one store, whose connections end with close.
func httpClient(timeout time.Duration) (client *http.Client, closeIdle func() error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	bound(t, timeout)
	client = &http.Client{Transport: t}
	return client, func() error {
		client.CloseIdleConnections()
		return nil
	}
}
