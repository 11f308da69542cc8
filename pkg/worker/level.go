package worker

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"go.uber.org/zap"

	"pressmill/pkg/logging"
)

// LevelHelp tells, in the help of a command that has a log, how its level is
// changed while it runs.
const LevelHelp = "SIGUSR1 has the log say more, from error to warn, info and debug, SIGUSR2 less; the event log.level says\n" +
	"from what to what. Where there is no kill, as in an image, `level more` and `level less` of the same program\n" +
	"send these to process 1, or to -pid."

// levelSignals are what changes the level of the log. A process without a log
// outlives them.
func levelSignals() []os.Signal { return []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2} }

// Logger opens the log of the program, which is on Stderr or in the file that
// the configuration names. Until done is called, signals change its level.
func (e *Env) Logger(cfg logging.Config) (log *zap.Logger, done func(), err error) {
	out, err := logging.Open(cfg, logging.Service{Name: e.program, Version: Version()}, e.Stderr, e.Terminal)
	if err != nil {
		return nil, nil, err
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case sig := <-e.levels:
				out.Step(map[os.Signal]int{syscall.SIGUSR1: -1, syscall.SIGUSR2: 1}[sig])
			case <-stop:
				return
			}
		}
	})
	return out.Log, func() {
		close(stop)
		wg.Wait()
		_ = out.Close() // standard error cannot always be synced
	}, nil
}

// levelCommand changes the level of another process.
func levelCommand() Command {
	return Command{
		Name: "level", Args: "[-pid N] more|less", Short: "have the log of a running process say more or less",
		Long: "It sends SIGUSR1 or SIGUSR2 to a process of this host, by default to process 1, which a container begins\n" +
			"with: kubectl exec POD -- /crawler level more. That changes the level by one step, among debug, info,\n" +
			"warn and error, until the process ends; its event log.level says from what to what.",
		Run: func(_ context.Context, env *Env, args []string) error {
			flags := env.Flags()
			pid := flags.Int("pid", 1, "the `PROCESS` to tell")
			if err := flags.Parse(args); err != nil {
				return err
			}
			sig := map[string]syscall.Signal{"more": syscall.SIGUSR1, "less": syscall.SIGUSR2}[flags.Arg(0)]
			if sig == 0 || flags.NArg() != 1 || *pid < 1 {
				return Usagef("say more or less, and of which process: level [-pid N] more|less")
			}
			return tell(*pid, sig)
		},
	}
}

// tell sends a signal to a process that waits for it: one that does not would
// end by it.
func tell(pid int, sig syscall.Signal) error {
	waits, err := catches(pid, sig)
	if err != nil {
		return fmt.Errorf("look at process %d: %w", pid, err)
	}
	if !waits {
		return fmt.Errorf("process %d is none of Pressmill: it does not wait for the signal", pid)
	}
	if err := syscall.Kill(pid, sig); err != nil {
		return fmt.Errorf("tell process %d: %w", pid, err)
	}
	return nil
}

// catches says whether a process has a handler for a signal: in the mask SigCgt
// of proc(5), bit n-1 is signal n.
func catches(pid int, sig syscall.Signal) (bool, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return false, err
	}
	_, rest, _ := strings.Cut(string(status), "\nSigCgt:")
	line, _, _ := strings.Cut(rest, "\n")
	mask, err := strconv.ParseUint(strings.TrimSpace(line), 16, 64)
	return mask&(1<<(sig-1)) != 0, err
}
