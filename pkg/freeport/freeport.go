// Package freeport finds addresses for servers whose port others must know
// before they listen.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Systems give ports above these by themselves, to listeners on port 0 and to
// every connection that goes out (Linux from 32768 on, others from 49152).
const lowest, beyond = 10_000, 32_768

// given are the ports that this process was given.
var given sync.Map //nolint:gochecknoglobals // ports belong to the machine, whoever of the process asks for one

// Address returns an address of this machine that nobody listens on, for TCP,
// another one each time. Its port is one of those that systems do not give by
// themselves, drawn by lot: nobody is likely to have it until the caller's
// server listens.
func Address() (string, error) {
	err := errors.New("all are given")
	for range 1000 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+rand.IntN(beyond-lowest)))
		if _, again := given.LoadOrStore(addr, true); again {
			continue
		}
		var l net.Listener
		if l, err = net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", fmt.Errorf("find a free port: %w", err)
}
