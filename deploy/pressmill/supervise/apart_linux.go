package supervise

import "syscall"

// apart has a process not get the terminal's signals, so that it is this one
// that decides in which order they end, and end with this process however that
// ends.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
