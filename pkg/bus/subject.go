package bus

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
)

// Partitions is the number of partitions of the articles. It is part of every
// object's key and never changes.
const Partitions = 16

// HostToken encodes a host, with its port if it has one, as one token of a
// subject: letters, digits and "-" stand for themselves, "." is "_", any other
// byte is "=" and two hex digits. ParseHostToken is its inverse.
func HostToken(host string) string {
	var b strings.Builder
	for _, c := range []byte(host) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c == '-':
			b.WriteByte(c)
		case c == '.':
			b.WriteByte('_')
		default:
			fmt.Fprintf(&b, "=%02x", c)
		}
	}
	return b.String()
}

// ParseHostToken returns the host of a token.
func ParseHostToken(token string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(token); i++ {
		switch token[i] {
		case '_':
			b.WriteByte('.')
		case '=':
			if i+3 > len(token) {
				return "", fmt.Errorf("host token %q: cut escape", token)
			}
			c, err := hex.DecodeString(token[i+1 : i+3])
			if err != nil {
				return "", fmt.Errorf("host token %q: %w", token, err)
			}
			b.Write(c)
			i += 2
		default:
			b.WriteByte(token[i])
		}
	}
	return b.String(), nil
}

// Partition returns the partition of a host's articles.
func Partition(host string) int {
	h := fnv.New32a()
	h.Write([]byte(host))
	return int(h.Sum32() % Partitions)
}

// PartitionName returns the token of a partition, p00 to p15.
func PartitionName(p int) string { return fmt.Sprintf("p%02d", p) }
