package logging

import (
	"math"
	"time"

	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"
)

// lineEncoder writes a JSON object per line that begins with the time, the
// level and the message, so that lines of several files can be merged by their
// text.
type lineEncoder struct {
	zapcore.Encoder // the message and the fields
	keys            *keys
	preset          Preset
	pool            buffer.Pool
}

func newLineEncoder(preset Preset) zapcore.Encoder {
	names := newKeys(preset)
	return &lineEncoder{zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		MessageKey:     names.name(KeyMessage),
		LineEnding:     "\n",
		EncodeTime:     encodeTime,
		EncodeDuration: encodeDuration,
	}), names, preset, buffer.NewPool()}
}

// Clone implements zapcore.Encoder.
func (e *lineEncoder) Clone() zapcore.Encoder {
	clone := *e
	clone.Encoder = e.Encoder.Clone()
	return &clone
}

// EncodeEntry implements zapcore.Encoder.
func (e *lineEncoder) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	rest, err := e.Encoder.EncodeEntry(entry, fields)
	if err != nil {
		return nil, err
	}
	defer rest.Free()
	line := e.pool.Get()
	line.AppendString(`{"`)
	line.AppendString(e.keys.name(KeyTime))
	line.AppendString(`":"`)
	line.AppendTime(entry.Time.UTC(), timeLayout)
	line.AppendString(`","`)
	line.AppendString(e.keys.name(KeyLevel))
	line.AppendString(`":"`)
	line.AppendString(e.preset.levelName(entry.Level))
	line.AppendString(`",`)
	_, _ = line.Write(rest.Bytes()[1:]) // a buffer takes all
	return line, nil
}

// timeLayout is RFC 3339 with all nine digits of the nanoseconds, in UTC, so
// that the order of texts is that of times.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

func encodeTime(t time.Time, enc zapcore.PrimitiveArrayEncoder) {
	enc.AppendString(t.UTC().Format(time.RFC3339Nano))
}

// encodeDuration writes milliseconds with three decimals at most.
func encodeDuration(d time.Duration, enc zapcore.PrimitiveArrayEncoder) { enc.AppendFloat64(millis(d)) }

func millis(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}
