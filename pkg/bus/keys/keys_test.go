package keys

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nkeys"
)

func TestMake(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	made, err := Make(dir, "crawler", "sink")
	if diff := cmp.Diff([]string{"crawler", "sink"}, made); err != nil || diff != "" {
		t.Fatal(err, diff)
	}
	info, err := os.Stat(filepath.Join(dir, "sink.nk"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	pair, err := Load(filepath.Join(dir, "sink.nk"))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := pair.PublicKey()
	if pub, err := os.ReadFile(filepath.Join(dir, "sink.pub")); err != nil || string(pub) != want+"\n" {
		t.Errorf("sink.pub is %q, want %s (%v)", pub, want, err)
	}

	if err := os.Remove(filepath.Join(dir, "crawler.nk")); err != nil { // the public key alone is kept
		t.Fatal(err)
	}
	made, err = Make(dir, "crawler", "sink", "parser")
	if diff := cmp.Diff([]string{"parser"}, made); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if again, err := Public(dir, "sink"); err != nil || again != want {
		t.Errorf("the key of sink became %s, %v", again, err)
	}
}

// A raw seed, as templates can make it, is the same key as the nkey of it.
func TestRawSeedIsTheNkey(t *testing.T) {
	raw := []byte("0123456789abcdef0123456789ABCDEF")
	pair, err := nkeys.FromRawSeed(nkeys.PrefixByteUser, raw)
	if err != nil {
		t.Fatal(err)
	}
	seed, _ := pair.Seed()
	public, _ := pair.PublicKey()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.nk":   string(seed) + "\n",
		"b.nk":   base64.StdEncoding.EncodeToString(raw),
		"c/nkey": base64.StdEncoding.EncodeToString(raw) + "\n",
		"d.pub":  public,
		"e/nkey": public + "\n",
		"f.nk":   "-----BEGIN USER NKEY SEED-----\n" + string(seed) + "\n------END USER NKEY SEED------\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		if got, err := Public(dir, name[:1]); err != nil || got != public {
			t.Errorf("%s: %s, %v; want %s", name, got, err, public)
		}
		if !strings.Contains(text, public) {
			loaded, err := Load(path)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if sig, err := loaded.Sign([]byte("nonce")); err != nil || pair.Verify([]byte("nonce"), sig) != nil {
				t.Errorf("%s signs with another key (%v)", name, err)
			}
		}
	}
}

func TestNoKey(t *testing.T) {
	account, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	accountSeed, _ := account.Seed()
	for text, want := range map[string]string{
		"":                   "neither an nkey seed",
		"hello":              "neither an nkey seed",
		"c2hvcnQ=":           "neither an nkey seed",
		string(accountSeed):  "not that of a user",
		"SUAAAAAAAAAAAAAAAA": "neither an nkey seed",
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error tells what the file holds: %v", err)
		}
	}
	if _, err := Public(t.TempDir(), "sink"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
