// Package supervise keeps processes of one machine running: each has a log file,
// is started again when it dies, later each time, and is stopped gracefully. It
// signals nothing that it did not start.
package supervise

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Process is what to run.
type Process struct {
	Name string
	Path string // of the executable
	Args []string
	Env  []string // added to that of this process
	Log  string   // the file that its output is appended to
}

// Event is something that happened to a process.
type Event struct {
	Name  string
	PID   int
	Ended bool          // otherwise it was started
	Err   error         // how it ended, or why it did not start; nil for exit code 0
	Again time.Duration // until it is started again; 0 if it was to end
}

// Config is how a Group treats its processes. Zero values are the defaults.
type Config struct {
	// Tell is told of every event, and Line of every line of output, without its
	// end. Both may be called from several goroutines at once, and must not call
	// the group.
	Tell func(Event)
	Line func(name, line string)
	// MinWait is the time until a process that died is started again, by default
	// 1 s. It doubles with every death up to MaxWait, by default 30 s, and begins
	// anew with a process that ran for as long as that.
	MinWait, MaxWait time.Duration
}

func (c Config) defaults() Config {
	if c.Tell == nil {
		c.Tell = func(Event) {}
	}
	if c.Line == nil {
		c.Line = func(string, string) {}
	}
	if c.MinWait == 0 {
		c.MinWait = time.Second
	}
	if c.MaxWait == 0 {
		c.MaxWait = 30 * time.Second
	}
	return c
}

// Group is processes that run side by side. Who starts some stops them all.
type Group struct {
	cfg Config

	mu  sync.Mutex
	all map[string]*child
}

// New returns a group without processes.
func New(cfg Config) *Group { return &Group{cfg: cfg.defaults(), all: map[string]*child{}} }

// Start starts a process, and again whenever it dies, until Stop.
func (g *Group) Start(p Process) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all[p.Name] != nil {
		return fmt.Errorf("start %s: the name is taken", p.Name)
	}
	c := &child{Process: p, cfg: g.cfg, stop: make(chan struct{}), done: make(chan struct{})}
	if err := c.start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	g.all[p.Name] = c
	go c.keep()
	return nil
}

// Stop sends SIGTERM to the named processes, all at once, and SIGKILL to those
// that have not ended when the grace is over. It returns when all have ended,
// with the names of those that were killed.
func (g *Group) Stop(grace time.Duration, names ...string) (killed []string) {
	var ending []*child
	for _, name := range names {
		if c := g.child(name); c != nil {
			c.end()
			ending = append(ending, c)
		}
	}
	over := time.NewTimer(grace)
	defer over.Stop()
	for i, c := range ending {
		select {
		case <-c.done:
			continue
		case <-over.C:
		}
		for _, late := range ending[i:] {
			if !late.ended() {
				_ = late.signal(syscall.SIGKILL)
				killed = append(killed, late.Name)
			}
		}
		for _, late := range ending[i:] {
			<-late.done
		}
		break
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range ending {
		delete(g.all, c.Name)
	}
	return killed
}

// PID returns the id of a process as it runs now, or ran last; 0 if there is none.
func (g *Group) PID(name string) int {
	c := g.child(name)
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cmd.Process.Pid
}

func (g *Group) child(name string) *child {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all[name]
}

// child is a process through all its lives.
type child struct {
	Process
	cfg  Config
	stop chan struct{} // is closed when it is to end
	done chan struct{} // is closed when it has ended for good

	mu  sync.Mutex // guards what follows
	cmd *exec.Cmd
	out *output
}

func (c *child) start() error {
	file, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	out := &output{file: file, line: func(line string) { c.cfg.Line(c.Name, line) }}
	cmd := exec.Command(c.Path, c.Args...) //nolint:gosec,noctx // the programs that Config names, stopped by signals
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stdout, cmd.Stderr = out, out // one writer: no two lines at once
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = apart()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := cmd.Start(); err != nil {
		file.Close()
		return err
	}
	c.cmd, c.out = cmd, out
	c.cfg.Tell(Event{Name: c.Name, PID: cmd.Process.Pid})
	return nil
}

// keep starts the process again until it is to end.
func (c *child) keep() {
	defer close(c.done)
	wait, begun := c.cfg.MinWait, time.Now()
	for {
		err := c.cmd.Wait()
		_ = c.out.Close()
		if time.Since(begun) >= c.cfg.MaxWait {
			wait = c.cfg.MinWait
		}
		for again := false; !again; wait = min(2*wait, c.cfg.MaxWait) {
			gone := Event{Name: c.Name, PID: c.cmd.Process.Pid, Ended: true, Err: err, Again: wait}
			if c.stopping() {
				gone.Again = 0
				c.cfg.Tell(gone)
				return
			}
			c.cfg.Tell(gone)
			select {
			case <-c.stop:
				return
			case <-time.After(wait):
			}
			begun = time.Now()
			err = c.start()
			again = err == nil
		}
		if c.stopping() { // it was told before it was there
			_ = c.signal(syscall.SIGTERM)
		}
	}
}

// end has the process end. It may be called more than once.
func (c *child) end() {
	c.mu.Lock()
	if !c.stopping() {
		close(c.stop)
	}
	c.mu.Unlock()
	_ = c.signal(syscall.SIGTERM)
}

func (c *child) stopping() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *child) signal(sig syscall.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cmd.Process.Signal(sig)
}

// maxLine bounds what of a line is kept for Line; the file has all of it.
const maxLine = 64 << 10

// output writes to a file, and tells of every whole line.
type output struct {
	file io.WriteCloser
	line func(string)
	rest []byte
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.file.Write(p)
	for _, b := range p[:n] {
		switch {
		case b == '\n':
			o.line(string(o.rest))
			o.rest = o.rest[:0]
		case len(o.rest) < maxLine:
			o.rest = append(o.rest, b)
		}
	}
	return n, err
}

func (o *output) Close() error { return o.file.Close() }
