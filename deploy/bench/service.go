package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"pressmill/pkg/logging"
)

// line is what the experiments look at in a line of the log.
type line struct {
	Time   time.Time `json:"ts"`
	Event  string    `json:"event"`
	URL    string    `json:"url.full"`
	Key    string    `json:"key"`
	Took   float64   `json:"took_ms"`
	Waited float64   `json:"waited_ms"`
}

// milliseconds is a duration as lines have it.
func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// service is a process that runs until it is stopped.
type service struct {
	name  string
	cmd   *exec.Cmd
	said  tail
	ready chan struct{} // closed when it has said so
	ended chan struct{} // closed at the end of its log
}

// startService starts a program of the folder bin and calls each, if there is
// one, for every line of its log.
func startService(ctx context.Context, bin, program string, each func(line), args ...string) (*service, error) {
	return startCommand(exec.CommandContext(ctx, filepath.Join(bin, program), args...), each)
}

// startCommand is startService for a command that was made with a context.
func startCommand(cmd *exec.Cmd, each func(line)) (*service, error) {
	s := &service{name: filepath.Base(cmd.Path), cmd: cmd, ready: make(chan struct{}), ended: make(chan struct{})}
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = time.Minute
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	go s.read(log, each)
	return s, nil
}

func (s *service) read(log io.Reader, each func(line)) {
	defer close(s.ended)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		_, _ = s.said.Write(append(lines.Bytes(), '\n'))
		var l line
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue // not of the log
		}
		if l.Event == logging.ServiceReady {
			close(s.ready)
		}
		if each != nil {
			each(l)
		}
	}
	_, _ = io.Copy(io.Discard, log) // after a line that is too long
}

// await waits until the service does its work.
func (s *service) await(ctx context.Context) error {
	select {
	case <-s.ready:
		return nil
	case <-s.ended:
		return fmt.Errorf("%s ended: %s", s.name, s.said.text)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// running is an error if the service has ended.
func (s *service) running() error {
	select {
	case <-s.ended:
		return fmt.Errorf("%s ended: %s", s.name, s.said.text)
	default:
		return nil
	}
}

// stop has the service finish what is in flight, and returns the CPU time that it took.
func (s *service) stop() (time.Duration, error) {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-s.ended
	if err := s.cmd.Wait(); err != nil {
		return 0, fmt.Errorf("stop %s: %w: %s", s.name, err, s.said.text)
	}
	return s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime(), nil
}
