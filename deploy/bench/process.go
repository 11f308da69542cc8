package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// spent is what processes took from their start to their end.
type spent struct {
	wall time.Duration
	cpu  time.Duration // user and system
	rss  int64         // bytes, at the peak; 0 where the system does not tell
}

// measure runs a process to its end. Every now and then it calls look, if there
// is one, with the memory that the process has at the moment, in bytes.
func measure(cmd *exec.Cmd, look func(rss int64)) (spent, error) {
	var said tail
	cmd.Stdout, cmd.Stderr = &said, &said
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return spent{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var peak int64
	for {
		select {
		case <-tick.C:
			// Not Maxrss: for a child, that is at least what this process has.
			now, most := memory(cmd.Process.Pid)
			if peak = max(peak, most); look != nil && now > 0 {
				look(now)
			}
		case err := <-ended:
			if err != nil {
				return spent{}, fmt.Errorf("%w: %s", err, said.text)
			}
			return spent{time.Since(begun), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak}, nil
		}
	}
}

// memory returns the resident memory of a process and its peak so far, in bytes;
// zeros where there is no /proc.
func memory(pid int) (now, peak int64) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, 0
	}
	kilobytes := func(key string) int64 {
		_, rest, _ := strings.Cut(string(status), "\n"+key+":")
		line, _, _ := strings.Cut(rest, "\n")
		n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(line), " kB"), 10, 64)
		return n << 10
	}
	return kilobytes("VmRSS"), kilobytes("VmHWM")
}

// tail keeps the end of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if n := len(t.text); n > 4000 {
		t.text = bytes.Clone(t.text[n-2000:])
	}
	return len(p), nil
}

// size is the sum of the sizes of all files below a folder.
func size(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
