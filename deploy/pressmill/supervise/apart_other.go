//go:build !linux

package supervise

import "syscall"

// apart has a process not get the terminal's signals, so that it is this one
// that decides in which order they end.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
