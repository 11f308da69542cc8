package freeport

import (
	"net"
	"testing"
)

func TestAddressesAreFreeAndDifferFromWhatSystemsGive(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 500 {
		addr, err := Address()
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		if port := l.Addr().(*net.TCPAddr).Port; port < lowest || port >= beyond || seen[addr] {
			t.Errorf("%s, after %d others", addr, len(seen))
		}
		seen[addr] = true
	}
}
