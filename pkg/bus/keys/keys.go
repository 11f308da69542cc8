// Package keys reads and makes the nkeys that workers prove themselves to a
// NATS server with: ed25519 keys, of which the server knows the public one
// alone.
package keys

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"
)

// Load reads the key of a user from a file, see Parse.
func Load(path string) (nkeys.KeyPair, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(data)
	pair, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return pair, nil
}

// Parse returns the key that a text holds: an nkey seed of a user (SU...), also
// between the lines that other tools put around it, or 32 bytes in base64, which
// are the seed of an ed25519 key as such.
func Parse(text []byte) (nkeys.KeyPair, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err == nil && len(raw) == 32 {
		return nkeys.FromRawSeed(nkeys.PrefixByteUser, raw)
	}
	pair, err := nkeys.ParseDecoratedNKey(text)
	if err != nil {
		return nil, errors.New("it holds neither an nkey seed (SU...) nor 32 bytes in base64")
	}
	if err := nkeys.CompatibleKeyPair(pair, nkeys.PrefixByteUser); err != nil {
		return nil, errors.New("its nkey seed is not that of a user (SU...)")
	}
	return pair, nil
}

// Make writes the keys of names into a folder, which is made if needed: the
// seed as NAME.nk, which only the owner of the file may read, and the public
// key as NAME.pub. It keeps the keys that are there, and returns the names of
// those that it made.
func Make(dir string, names ...string) (made []string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of keys: %w", err)
	}
	for _, name := range names {
		_, err := Public(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			made, err = append(made, name), create(filepath.Join(dir, name+".nk"))
		}
		if err == nil {
			err = publish(dir, name)
		}
		if err != nil {
			return nil, fmt.Errorf("make key of %s: %w", name, err)
		}
	}
	return made, nil
}

func create(path string) error {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return err
	}
	defer pair.Wipe()
	seed, err := pair.Seed()
	if err != nil {
		return err
	}
	defer clear(seed)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(seed, '\n'))
	return errors.Join(err, f.Close())
}

// publish writes the public key of a name beside its seed.
func publish(dir, name string) error {
	public, err := Public(dir, name)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".pub"), []byte(public+"\n"), 0o644)
}

// Public returns the public key (U...) of a name. It is taken from the first of
// the files NAME.nk, NAME.pub and NAME/nkey, as a mounted Secret has it, that is
// in the folder; each may hold a seed (see Parse) or the public key. The error is
// fs.ErrNotExist if none is there.
func Public(dir, name string) (string, error) {
	for _, file := range []string{name + ".nk", name + ".pub", filepath.Join(name, "nkey")} {
		path := filepath.Join(dir, file)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("read key of %s: %w", name, err)
		}
		public, err := publicOf(data)
		if err != nil {
			return "", fmt.Errorf("read key of %s from %s: %w", name, path, err)
		}
		return public, nil
	}
	return "", fmt.Errorf("key of %s in %s: %w", name, dir, fs.ErrNotExist)
}

func publicOf(text []byte) (string, error) {
	if public := strings.TrimSpace(string(text)); nkeys.IsValidPublicUserKey(public) {
		return public, nil
	}
	pair, err := Parse(text)
	if err != nil {
		return "", fmt.Errorf("%w nor a public key (U...)", err)
	}
	defer pair.Wipe()
	return pair.PublicKey()
}
