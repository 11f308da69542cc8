// Package odd logs as nobody may: a test has each of these found.
package odd

import (
	"fmt"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pressmill/pkg/logging"
)

const ownKey = "host"

type host struct{ name string }

// MarshalLogObject writes a field by a name of its own.
func (h host) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("name", h.name)
	enc.AddString(logging.KeyWords, h.name)
	return nil
}

func about(event string, part int) []zap.Field {
	return []zap.Field{logging.Event(event), zap.Int(logging.KeyPartition, part)}
}

func all(log *zap.Logger, h host) {
	log.Info("no event", zap.String(logging.KeyHost, h.name))
	log.Info("a literal event", logging.Event("fetch.done"), logging.Reason("x"))
	log.Info("a literal key", logging.Event(logging.HostDelayed), zap.String("host", h.name))
	log.Info("a key of its own", logging.Event(logging.HostDelayed), zap.String(ownKey, h.name))
	log.Info("a made key", logging.Event(logging.HostDelayed), zap.String(fmt.Sprint("h", "ost"), h.name))
	log.Info("a field too many", logging.Event(logging.HostRecovered), zap.Int(logging.KeyWords, 1))
	log.Info("too many by a function", append(about(logging.HostRecovered, 1), zap.Time(logging.KeyDropped, zapcore.DefaultClock.Now()))...)
	log.Info("too many by an object", logging.Event(logging.HostRecovered), zap.Inline(h))
	log.Warn("at another level", logging.Event(logging.HostRecovered))
	log.Sugar().Infow("with sugar", "key", 1)
	log.Info("a field by hand", logging.Event(logging.HostDelayed), zap.Field{Key: logging.KeyHost, Type: zapcore.StringType})
}

func well(log *zap.Logger, over bool) {
	event := logging.SourceDrift
	if over {
		event = logging.SourceSteady
	}
	fields := []zap.Field{zap.String(logging.KeySource, "a")}
	fields = append(fields, zap.String(logging.KeyField, "b"))
	log.With(fields...).Log(zap.InfoLevel, "well", append([]zap.Field{logging.Event(event)}, fields...)...)
	log.Warn("well", append(about(logging.SegmentGap, 1), zap.Uint64(logging.KeyFirst, 1))...)
}
