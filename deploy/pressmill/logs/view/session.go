package view

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"

	"pressmill/deploy/pressmill/logs"
)

// Session is one use of `pressmill logs`.
type Session struct {
	Files  []string  // none: Stdin
	Follow bool      // read on as files grow
	Once   bool      // no live view, but plain text when the input ends
	Since  time.Time // leave out lines that are older; zero: none
	Stdin  io.Reader
	Stdout io.Writer

	mu    sync.Mutex
	tally *logs.Tally
	ended bool // there are no more lines to come
	fresh bool // lines were read that were just written
}

const (
	// window is the time that the recent numbers are of.
	window = 10 * time.Minute
	// young is how old the last line of what goes on now may be.
	young = time.Minute
	// plainWidth is how wide plain text is.
	plainWidth = 120
)

// Run reads and shows lines: on a terminal until the user leaves or ctx ends,
// elsewhere, or with Once, until the input ends, with plain text then. A
// terminal is left as it was.
func (s *Session) Run(ctx context.Context) error {
	if len(s.Files) == 0 {
		s.Files = []string{logs.StandardInput}
	}
	out, ok := s.Stdout.(*os.File)
	if s.Once || !ok || !term.IsTerminal(int(out.Fd())) {
		s.tally = logs.NewTally(0) // the whole is all that is asked for
		return s.plain(ctx)
	}
	s.tally = logs.NewTally(window)
	return s.live(ctx, out)
}

func (s *Session) reader() *logs.Reader {
	oldest := int64(0)
	if !s.Since.IsZero() {
		oldest = s.Since.UnixNano()
	}
	return &logs.Reader{
		Lock: &s.mu,
		Each: func(l *logs.Line) {
			if l.At >= oldest {
				s.tally.Add(l)
			}
		},
		Told: s.tally.Input.Add,
	}
}

// read reads all there is, and with Follow until ctx ends.
func (s *Session) read(ctx context.Context) error {
	var err error
	if s.Follow {
		err = s.reader().Follow(ctx, s.Files, s.Stdin)
	} else {
		err = s.reader().ReadFiles(ctx, s.Files, s.Stdin)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// plain prints what was read when it has ended, or ctx has.
func (s *Session) plain(ctx context.Context) error {
	if err := s.read(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return Print(s.Stdout, s.tally, plainWidth)
}

// live shows the view until the user leaves it.
func (s *Session) live(ctx context.Context, out *os.File) error {
	keyboard, err := s.keyboard()
	if err != nil {
		return err
	}
	defer keyboard.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	program := tea.NewProgram(newModel(s.title(), s.look), tea.WithInput(keyboard), tea.WithOutput(out), tea.WithoutSignalHandler())
	failed := make(chan error, 1)
	go func() { // reading a silent pipe ends with the process alone
		if err := s.read(ctx); err != nil {
			failed <- err
			program.Quit()
		}
	}()
	context.AfterFunc(ctx, program.Quit)
	if _, err := program.Run(); err != nil {
		return fmt.Errorf("show the view: %w", err)
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// keyboard is the terminal that keys come from: standard input may be the lines.
func (s *Session) keyboard() (*os.File, error) {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return nil, fmt.Errorf("read keys: %w; -once prints the summary without a terminal", err)
	}
	return tty, nil
}

func (s *Session) title() string {
	switch {
	case len(s.Files) == 1 && s.Files[0] == logs.StandardInput:
		return "standard input"
	case len(s.Files) <= 3:
		return strings.Join(s.Files, " ")
	}
	return fmt.Sprintf("%d files", len(s.Files))
}

// look takes a shot of what was read so far. What goes on now is told as of
// now, and what is over as of its last line.
func (s *Session) look(recent bool) *shot {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, last := time.Now().UTC(), time.Unix(0, s.tally.Whole.To).UTC()
	if !s.ended && s.tally.Whole.Lines > 0 && now.Sub(last) < young {
		s.fresh = true
	}
	live := s.fresh && !s.ended
	if !live || last.After(now) {
		now = last
	}
	return snap(s.tally, recent, live, now)
}
