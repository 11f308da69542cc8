package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
)

const (
	// staleAfter is how old the last beat of a stage's loop may be. A loop that
	// waits for a fetch or an upload beats later than one that has nothing to do.
	staleAfter = 2 * time.Minute
	// drainTime bounds what a stage does after SIGTERM. Each keeps to less:
	// see its own stopGrace.
	drainTime = 40 * time.Second
	// deniedTime bounds it after the bus refused something: most of what is in
	// flight cannot be finished.
	deniedTime = 5 * time.Second
)

// Deps is what a stage works with.
type Deps struct {
	Config *config.File
	Bus    *bus.Bus
	Log    *zap.Logger
	Stage  *logging.Stage
	Health *Health
}

// StageCommand returns the command that runs a stage as one worker against
// NATS: it serves its health, waits for the servers and their topology, and
// calls run, which blocks until its context is cancelled and then finishes what
// is in flight. load decodes the stage's section, so that a bad one ends the
// worker before it connects; what it returns is logged as config.effective.
func StageCommand(name, short string, load func(*config.File) (any, error), run func(ctx context.Context, d Deps) error) *Command {
	return &Command{
		Args: "-config FILE", Short: short,
		Long: "It connects to the NATS servers of the section bus and waits for the topology, which\n" +
			"`pressmill topology apply` makes. It ends with exit code 1 when that takes longer than -wait,\n" +
			"and at once when the servers refuse its key, its certificate or something that it publishes.\n\n" +
			"SIGTERM or Ctrl-C finish what is in flight and give the rest back to the others, within 30 s; what\n" +
			"has not ended by then is given up after 40 s, as in a crash. terminationGracePeriodSeconds: 45.\n\n" +
			"With -health, /livez says whether the worker's loop turns, whatever becomes of the servers, and /readyz\n" +
			"whether it takes work: it is connected, the topology was right at the start, and it is not stopping.\n\n" +
			LevelHelp,
		Run: func(ctx context.Context, env *Env, args []string) error {
			flags := env.Flags()
			path := flags.String("config", "", "`FILE` with the sections bus, log and those of the stage (YAML)")
			health := flags.String("health", "", "`ADDRESS` to answer /livez and /readyz on, as in :8080")
			profiles := flags.String("pprof", "", ProfilesHelp)
			wait := flags.Duration("wait", 5*time.Minute, "how long to wait for the NATS servers and their topology")
			if err := flags.Parse(args); err != nil {
				return err
			}
			if err := flags.NoArgs(); err != nil {
				return err
			}
			s := stage{name: name, health: *health, pprof: *profiles, wait: *wait, load: load, run: run}
			return s.start(ctx, env, *path)
		},
	}
}

// stage is one worker.
type stage struct {
	name, health string
	pprof        string
	wait         time.Duration
	load         func(*config.File) (any, error)
	run          func(context.Context, Deps) error
	bus          bus.Config
}

// start reads the configuration and works until ctx ends.
func (s *stage) start(ctx context.Context, env *Env, path string) error {
	file, err := config.Load(path)
	if err != nil {
		return err
	}
	var logCfg logging.Config
	s.bus = bus.Defaults()
	for section, into := range map[string]any{"log": &logCfg, "bus": &s.bus} {
		if err := file.Decode(section, into); err != nil {
			return err
		}
	}
	section, err := s.load(file)
	if err != nil {
		return err
	}
	log, done, err := env.Logger(logCfg)
	if err != nil {
		return err
	}
	defer done()
	stopProfiles, err := ServeProfiles(s.pprof)
	if err != nil {
		return err
	}
	defer stopProfiles()
	return Service(ctx, log, func(ctx context.Context) error {
		LogConfig(log, map[string]any{"log": logCfg.Settled(), "bus": s.bus, s.name: section})
		return s.serve(ctx, Deps{Config: file, Log: log, Stage: logging.NewStage(log, s.name), Health: NewHealth(staleAfter)})
	})
}

// serve answers probes from the start, joins the bus, and works.
func (s *stage) serve(ctx context.Context, d Deps) error {
	stopHealth, err := d.Health.Listen(ctx, s.health)
	if err != nil {
		return err
	}
	defer stopHealth()
	b, err := s.join(ctx, d)
	if err != nil {
		return err
	}
	defer b.Close()
	d.Bus = b
	side, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() { d.Stage.Run(side) })
	wg.Go(func() { tellLag(side, d) })
	d.Log.Info("ready", logging.Event(logging.ServiceReady))
	staged := d // the bus and the summaries go on with the log of the process
	staged.Log = d.Log.With(zap.String(logging.KeyStage, s.name))
	return s.work(ctx, staged)
}

// lagEvery is how old what summaries say of the lag may be.
const lagEvery = logging.SummaryInterval / 3

// tellLag keeps up to date what waits in front of the stage, for its summaries,
// until ctx ends. While the bus does not answer it is unknown.
func tellLag(ctx context.Context, d Deps) {
	for ctx.Err() == nil {
		lag, err := d.Bus.Lag(ctx)
		switch {
		case ctx.Err() != nil:
			return // the last summary says what was known
		case err != nil:
			lag = -1
		}
		d.Stage.Lag(lag)
		select {
		case <-ctx.Done():
		case <-time.After(lagEvery):
		}
	}
}

// join returns a bus whose topology is right.
func (s *stage) join(ctx context.Context, d Deps) (*bus.Bus, error) {
	servers := logging.RedactURL(s.bus.URL)
	waits := func(what string) bus.Patience {
		d.Health.NotReady("waits for " + what + " at " + servers)
		return bus.Patience{Until: time.Now().Add(s.wait), Told: func(err error) {
			d.Health.Beat()
			d.Health.NotReady("waits for " + what + " at " + servers + ": " + err.Error())
		}}
	}
	patience := waits("NATS")
	b, err := bus.Await(ctx, s.bus, s.name, d.Log, patience)
	if err != nil {
		return nil, err
	}
	until := patience.Until
	patience = waits("the topology")
	patience.Until = until
	guarded, stop := b.Guard(ctx)
	defer stop()
	if err := b.WaitReady(guarded, patience); err != nil {
		b.Close()
		return nil, err
	}
	d.Health.Beat()
	d.Health.ReadyUnless(func() string {
		if b.Connected() {
			return ""
		}
		return "not connected to NATS at " + servers
	})
	return b, nil
}

// work runs the stage until ctx ends or the bus refuses something. It does not
// wait for ever for what is in flight: that is given up as in a crash, and the
// process is about to end.
func (s *stage) work(ctx context.Context, d Deps) error {
	guarded, stop := d.Bus.Guard(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.run(guarded, d) }()
	select {
	case err := <-done:
		return errors.Join(d.Bus.Denied(), err)
	case <-guarded.Done():
	}
	d.Health.Drain()
	grace := drainTime
	if d.Bus.Denied() != nil {
		grace = deniedTime
	}
	select {
	case err := <-done:
		return errors.Join(d.Bus.Denied(), err)
	case <-time.After(grace):
		return errors.Join(d.Bus.Denied(), fmt.Errorf("stop %s: what is in flight has not ended after %s and is given up", s.name, grace))
	}
}

// LogConfig logs the configuration that is in force, redacted.
func LogConfig(log *zap.Logger, sections map[string]any) {
	effective, err := config.Effective(sections)
	if err != nil {
		log.Error("show the configuration", logging.Event(logging.ConfigEffective), zap.Error(err))
		return
	}
	log.Info("configuration", logging.Event(logging.ConfigEffective), zap.Any(logging.KeyConfig, effective))
}
