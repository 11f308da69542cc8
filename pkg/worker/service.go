package worker

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/logging"
)

// Service runs what lasts: it logs service.start, calls run, and logs
// service.stop with the reason: the signal or cause that ended ctx, "done" if
// run came to its own end, or "error". It returns the error of run, unless
// that is merely ctx's cancellation, which is how a service is meant to end.
// What libraries write to the standard logger in the meantime, as net/http does
// about odd servers, becomes lines of the log, at debug.
func Service(ctx context.Context, log *zap.Logger, run func(context.Context) error) error {
	begun := time.Now()
	restore, err := zap.RedirectStdLogAt(log.With(logging.Event(logging.LibraryLog)), zap.DebugLevel)
	if err != nil {
		return err
	}
	defer restore()
	log.Info("starting", logging.Event(logging.ServiceStart),
		zap.String(logging.KeyVersion, Version()), zap.String(logging.KeyGo, runtime.Version()), zap.Int(logging.KeyPID, os.Getpid()),
		zap.Int(logging.KeyGOMAXPROCS, runtime.GOMAXPROCS(0)), zap.Int64(logging.KeyMemoryLimit, debug.SetMemoryLimit(-1)))
	err = run(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	fields := []zap.Field{
		logging.Event(logging.ServiceStop), logging.Reason(stopReason(ctx, err)),
		zap.Float64(logging.KeySeconds, time.Since(begun).Round(time.Millisecond).Seconds()),
	}
	if err != nil {
		log.Error("stopped", append(fields, zap.Error(err))...)
		return err
	}
	log.Info("stopped", fields...)
	return nil
}

func stopReason(ctx context.Context, err error) string {
	switch {
	case err != nil:
		return "error"
	case ctx.Err() != nil:
		return context.Cause(ctx).Error()
	}
	return "done"
}
