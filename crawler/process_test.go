package crawler

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// roleKey is the environment variable that makes the test binary another
// program: one of roles.
const roleKey = "PRESSMILL_TEST_ROLE"

// roles are what the test binary can be besides the tests: processes of their
// own, whose CPU and death are theirs alone. They read what they need from
// standard input and end with it.
var roles = map[string]func(stdin io.Reader, stdout io.Writer) error{
	"sites":   serveSites,
	"crawler": runCrawler,
}

func TestMain(m *testing.M) {
	run, ok := roles[os.Getenv(roleKey)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := run(os.Stdin, os.Stdout); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

// process is the test binary in one of its roles.
type process struct {
	*os.Process
	lines *bufio.Scanner // of its standard output
	kill  func()         // waits until it is dead
}

// startProcess starts a role with a first line of input. It is killed at the
// end of the test if it is not before.
func startProcess(tb testing.TB, role, input string) *process {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleKey+"="+role)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.WriteString(in, input+"\n"); err != nil {
		tb.Fatal(err)
	}
	p := &process{Process: cmd.Process, lines: bufio.NewScanner(out)}
	p.kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // tells of the kill
	})
	tb.Cleanup(p.kill)
	return p
}

// line returns the next line that the process writes.
func (p *process) line(tb testing.TB) string {
	tb.Helper()
	if !p.lines.Scan() {
		tb.Fatalf("the process ended: %v", p.lines.Err())
	}
	return p.lines.Text()
}
