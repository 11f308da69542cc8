package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pressmill/deploy/pressmill/programtest"
	"pressmill/pkg/bus"
)

func TestBusKeysAndAuthorization(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	if got := mustRun(t, "bus", "keys", "-o", dir); strings.Count(got, "made the key of ") != 4 || strings.Contains(got, "kept") {
		t.Errorf("keys: %q", got)
	}
	if got := mustRun(t, "bus", "keys", "-o", dir); got != "kept 4\n" {
		t.Errorf("keys again: %q", got)
	}
	public, err := os.ReadFile(filepath.Join(dir, "sink.pub"))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := os.ReadFile(filepath.Join(dir, "sink.nk"))
	if err != nil {
		t.Fatal(err)
	}
	key, secret := strings.TrimSpace(string(public)), strings.TrimSpace(string(seed))
	conf := mustRun(t, "bus", "authorization", "-keys", dir)
	values := mustRun(t, "bus", "authorization", "-keys", dir, "-format", "helm")
	for name, text := range map[string]string{"conf": conf, "helm": values} {
		if strings.Count(text, key) != 1 || strings.Contains(text, secret) || !strings.Contains(text, "PAGES.archive") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	if text := mustRun(t, "bus", "authorization", "-config", programtest.File(t, "c.yaml", "bus: {archive: false}")); strings.Contains(text, "DIRECT.GET.PAGES") || !strings.Contains(text, "PUBLIC KEY OF SINK") {
		t.Errorf("without an archive:\n%s", text)
	}
	file := filepath.Join(t.TempDir(), "accounts.conf")
	mustRun(t, "bus", "authorization", "-keys", dir, "-keys", dir, "-o", file)
	if text, err := os.ReadFile(file); err != nil || string(text) != conf {
		t.Errorf("-o, and twice the same keys: %v\n%s", err, text)
	}

	empty := t.TempDir()
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"bus keys", 2, "-o"},
		{"bus authorization -keys " + empty, 1, "authorize crawler: key of crawler in " + empty},
		{"bus authorization -keys " + empty, 1, "`pressmill bus keys` makes it"},
		{"bus authorization -format yaml", 2, "conf or helm"},
		{"bus authorization all", 2, `unexpected argument "all"`},
		{"bus serve", 2, "-config"},
		{"bus serve -config " + filepath.Join(empty, "none.conf"), 1, "read configuration of NATS server"},
		{"bus", 2, "bus keys, bus authorization, "},
	} {
		code, _, stderr := pressmill(t, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit code %d, want %d: %q", c.args, code, c.code, stderr)
		}
	}
	for command, want := range map[string]string{"keys": "bus.nkey_file", "authorization": "include accounts.conf", "serve": "SIGHUP"} {
		if help := mustRun(t, "bus", command, "-h"); !strings.Contains(help, want) {
			t.Errorf("%s -h does not teach %q:\n%s", command, want, help)
		}
	}
}

// Keys are exchanged while the server runs: for a while both are good.
func TestKeysAreExchanged(t *testing.T) {
	// Not in parallel: the signal is for every server of this process.
	g := startKeyed(t, "", "")
	g.operate(t, "topology", "apply")
	older, newer := filepath.Join(g.dir, "keys"), filepath.Join(g.dir, "newer")
	mustRun(t, "bus", "keys", "-o", newer)
	check := func(dir string) bool {
		c := *g
		c.keys = dir
		code, _, _ := pressmill(t, "topology", "check", "-wait", "0s", "-config", c.as(t, bus.RoleOperator))
		return code == 0
	}
	reload := func(dirs ...string) {
		args := []string{"bus", "authorization", "-o", filepath.Join(g.dir, "accounts.conf")}
		for _, dir := range dirs {
			args = append(args, "-keys", dir)
		}
		mustRun(t, args...)
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	if !check(older) || check(newer) {
		t.Error("the server does not tell keys apart")
	}
	reload(newer, older)
	waitFor(t, func() bool { return check(newer) })
	if !check(older) {
		t.Error("the old key is refused before its time")
	}
	reload(newer)
	waitFor(t, func() bool { return !check(older) })
	if !check(newer) {
		t.Error("the new key is refused")
	}
}
