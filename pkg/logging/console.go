package logging

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"
)

// consoleEncoder writes lines for people:
//
//	15:04:05.000 INFO  fetch.done  fetched  host=example.org status=200
//
// Whatever could move the cursor or colour the terminal is quoted.
type consoleEncoder struct {
	*zapcore.MapObjectEncoder // the fields of With
	colour                    bool
	pool                      buffer.Pool
}

func newConsoleEncoder(colour bool) zapcore.Encoder {
	return &consoleEncoder{zapcore.NewMapObjectEncoder(), colour, buffer.NewPool()}
}

// Clone implements zapcore.Encoder.
func (c *consoleEncoder) Clone() zapcore.Encoder {
	fields := zapcore.NewMapObjectEncoder()
	maps.Copy(fields.Fields, c.Fields)
	return &consoleEncoder{fields, c.colour, c.pool}
}

// EncodeEntry implements zapcore.Encoder.
func (c *consoleEncoder) EncodeEntry(e zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	all := zapcore.NewMapObjectEncoder()
	maps.Copy(all.Fields, c.Fields)
	order := slices.Sorted(maps.Keys(c.Fields))
	for _, f := range fields {
		if _, twice := all.Fields[f.Key]; !twice && f.Key != "" {
			order = append(order, f.Key)
		}
		f.AddTo(all)
	}
	line := c.pool.Get()
	line.AppendString(e.Time.Format("15:04:05.000 "))
	line.AppendString(c.level(e.Level))
	if event, ok := all.Fields[KeyEvent].(string); ok {
		line.AppendString(event + "  ")
	}
	line.AppendString(printable(e.Message))
	gap := "  "
	for _, key := range order {
		value, ok := all.Fields[key]
		if !ok || slices.Contains(notShown, key) {
			continue
		}
		line.AppendString(gap + key + "=" + text(value))
		gap = " "
	}
	line.AppendByte('\n')
	return line, nil
}

// notShown are the fields that a person has no need of: the event stands in front, and the rest is the same in every line.
var notShown = []string{KeyEvent, KeySchema, KeyService, KeyInstance}

func (c *consoleEncoder) level(l zapcore.Level) string {
	name := fmt.Sprintf("%-6s", l.CapitalString())
	if !c.colour {
		return name
	}
	switch {
	case l >= zapcore.ErrorLevel:
		return "\x1b[31m" + name + "\x1b[0m"
	case l == zapcore.WarnLevel:
		return "\x1b[33m" + name + "\x1b[0m"
	case l == zapcore.DebugLevel:
		return "\x1b[2m" + name + "\x1b[0m"
	}
	return name
}

// text is one value of a field: strings are quoted where they need it,
// mappings are {key=value ...} in the order of their keys.
func text(v any) string {
	switch v := v.(type) {
	case string:
		if v == "" || strings.ContainsFunc(v, func(r rune) bool { return r == ' ' || r == '"' || !unicode.IsPrint(r) }) {
			return strconv.Quote(v)
		}
		return v
	case time.Duration:
		return v.Round(time.Microsecond).String()
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case map[string]any:
		return mapping(v)
	case []any:
		parts := make([]string, len(v))
		for i, inner := range v {
			parts[i] = text(inner)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32:
		return fmt.Sprint(v)
	default:
		return text(fmt.Sprint(v))
	}
}

func mapping(m map[string]any) string {
	parts := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+text(m[k]))
	}
	return "{" + strings.Join(parts, " ") + "}"
}

// printable escapes what a terminal would act upon.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	return strconv.Quote(s)
}
