package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pressmill/deploy/pressmill/programtest"
)

// TestEveryLogTakesSignals has the workers, which wait for a bus, and a run say
// more, until the line that says so is there.
func TestEveryLogTakesSignals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := programtest.File(t, "config.yaml", "bus: {url: nats://127.0.0.1:1}\nsinks: [{url: mem://signals}]\n")
	run := []string{"run", "-data", filepath.Join(dir, "data"), "-out", filepath.Join(dir, "out"), "-config", config, "http://127.0.0.1:1/"}
	for name, args := range map[string][]string{"crawler": {"-config", config}, "parser": {"-config", config}, "sink": {"-config", config}, "pressmill": run} {
		log := filepath.Join(dir, name+".jsonl")
		file, err := os.Create(log)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		cmd := exec.Command(os.Args[0], args...)
		cmd.Args[0], cmd.Stderr = name, file
		cmd.Env = append(os.Environ(), "PRESSMILL_MAIN=1", "GORACE=atexit_sleep_ms=0")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		await := func(part string) bool {
			for range 3600 {
				if text, err := os.ReadFile(log); err == nil && strings.Contains(string(text), part) {
					return true
				}
				time.Sleep(50 * time.Millisecond)
			}
			return false
		}
		started := await(`"service.start"`)
		_ = cmd.Process.Signal(syscall.SIGUSR1)
		if !started || !await(`"event":"log.level","from":"info","to":"debug"`) {
			text, _ := os.ReadFile(log)
			t.Errorf("%s: started: %t\n%s", name, started, text)
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		late.Stop()
	}
}
