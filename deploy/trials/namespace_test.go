//go:build linux

package trials_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	envInside = "PRESSMILL_TRIALS_INSIDE" // is set in the namespaces
	envGroup  = "PRESSMILL_TRIALS_GROUP"  // has the test binary run its arguments as that group
)

// firstGroup is the group of the first worker: the firewall knows workers by it.
// They keep the rights of root, as nobody may read the folder of a cluster but
// who started it.
const firstGroup = 20001

// inNamespaces runs the test again in namespaces of its own, where nothing can
// leave the machine, packets can be dropped and disks be small, and whose
// processes end with it. It returns true there, and also where namespaces cannot
// be had, with what is lacking: the kinds of faults that need them are then left
// out.
func inNamespaces(t *testing.T) (here bool, lacking string) {
	if isolated() {
		if err := enter(); err != nil {
			t.Fatal(err)
		}
		return true, ""
	}
	if os.Getuid() != 0 {
		return true, "root"
	}
	if out, err := again(t.Context(), attempt).CombinedOutput(); err != nil {
		return true, fmt.Sprintf("namespaces and a firewall (%v: %s)", err, strings.TrimSpace(string(out)))
	}
	cmd := again(t.Context(), "the test", append(os.Args[1:], "-test.run=^"+t.Name()+"$")...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("in the namespaces: %v", err)
	}
	return false, ""
}

// attempt is what envInside says in a process that only tries to enter namespaces.
const attempt = "an attempt"

// again is this program in new namespaces.
func again(ctx context.Context, inside string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), envInside+"="+inside)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL,
	}
	return cmd
}

// isolated says whether the test runs in namespaces of its own.
func isolated() bool { return os.Getenv(envInside) != "" }

// enter makes the new namespaces usable: mounts are private, /proc shows the
// processes in here, the loopback device is up, and the firewall drops what
// members of the set cut send to ports of the set servers.
func enter() error {
	for _, step := range []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount("proc", "/proc", "proc", 0, "") },
		loopbackUp,
		func() error {
			return nft(`table inet chaos {
	set cut { type gid; }
	set servers { type inet_service; }
	chain out { type filter hook output priority 0; meta skgid @cut tcp dport @servers drop; }
}`)
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func loopbackUp() error {
	sock, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(sock) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(sock, unix.SIOCSIFFLAGS, lo)
}

func nft(rules string) error {
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, out)
	}
	return nil
}

// cutOff drops all that a group sends to servers from now on, or no more.
func cutOff(group int, yes bool) error {
	verb := "add"
	if !yes {
		verb = "delete"
	}
	return nft(fmt.Sprintf("%s element inet chaos cut { %d }", verb, group))
}

// smallDisk mounts a disk of its own size on a new folder.
func smallDisk(t *testing.T, dir string, size int) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+strconv.Itoa(size)); err != nil {
		t.Fatalf("mount %s: %v", dir, err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
}

// fill uses up the disk of a folder until free is called.
func fill(dir string) (free func() error, err error) {
	file, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for size := 1 << 20; size >= 4<<10; {
		if _, err := file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return func() error { return os.Remove(file.Name()) }, nil
}

// runAsGroup becomes the program of the arguments, as a group.
func runAsGroup(group string, args []string) error {
	gid, err := strconv.Atoi(group)
	if err != nil {
		return err
	}
	if err := os.Unsetenv(envGroup); err != nil {
		return err
	}
	if err := syscall.Setgid(gid); err != nil {
		return fmt.Errorf("become group %d: %w", gid, err)
	}
	return syscall.Exec(args[0], args, os.Environ())
}
