package config

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDereference(t *testing.T) {
	t.Setenv("PRESSMILL_TEST_SECRET", "from the environment")
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"env:PRESSMILL_TEST_SECRET": "from the environment", "file:" + path: "from a file", "de": "de", "": "",
	} {
		got, err := Dereference(value)
		if err != nil || got != want {
			t.Errorf("%q is %q, %v, want %q", value, got, err, want)
		}
		if reference := got != value; IsReference(value) != reference {
			t.Errorf("%q: a reference: %v", value, !reference)
		}
	}
	for _, value := range []string{"env:PRESSMILL_TEST_NO_SECRET", "file:" + path + ".none"} {
		if got, err := Dereference(value); err == nil || got != "" {
			t.Errorf("%q is %q, %v", value, got, err)
		}
	}
}
