package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"pressmill/pkg/config"
)

const secretPrefix = "whsec_"

// keys returns the keys that the secrets stand for now.
func (c Config) keys() ([][]byte, error) {
	keys := make([][]byte, len(c.Secrets))
	for i, ref := range c.Secrets {
		secret, err := config.Dereference(ref)
		if err == nil {
			keys[i], err = parseSecret(secret)
		}
		if err != nil {
			return nil, fmt.Errorf("read secrets[%d]: %w", i, err)
		}
	}
	return keys, nil
}

// parseSecret reads a secret as the specification serialises it. No error shows
// any of it.
func parseSecret(s string) ([]byte, error) {
	text, ok := strings.CutPrefix(s, secretPrefix)
	if !ok {
		return nil, errors.New("a secret is whsec_ and the base64 of 24 to 64 random bytes, as in whsec_$(openssl rand -base64 32)")
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("what follows whsec_ is no base64")
	}
	if len(key) < 24 || len(key) > 64 {
		return nil, fmt.Errorf("the secret has %d bytes, which is not within 24..64", len(key))
	}
	return key, nil
}

// signatures returns the value of webhook-signature: for each key the version
// and the base64 of the HMAC-SHA256 of id, timestamp and the body as it is
// sent, joined by full stops.
func signatures(keys [][]byte, id, stamp string, body []byte) string {
	all := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		all[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(all, " ")
}
