package logging

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"pressmill/pkg/logging/redact"
)

// core is what every line passes before it is encoded: secrets are redacted in
// all its text, and fields get the names of the preset.
type core struct {
	zapcore.Core
	preset  Preset
	keys    *keys
	service Service
	spare   *sync.Pool // of *[]zapcore.Field
}

func newCore(inner zapcore.Core, preset Preset, service Service) *core {
	return &core{inner, preset, newKeys(preset), service, &sync.Pool{New: func() any { return new([]zapcore.Field) }}}
}

// Check implements zapcore.Core.
func (c *core) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

// With implements zapcore.Core.
func (c *core) With(fields []zapcore.Field) zapcore.Core {
	clone := *c
	clone.Core = c.Core.With(c.append(nil, fields))
	return &clone
}

// Write implements zapcore.Core.
func (c *core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	e.Message = redact.Text(e.Message)
	own := c.spare.Get().(*[]zapcore.Field) //nolint:forcetypeassert // nothing else is in there
	*own = c.append((*own)[:0], fields)
	*own = c.extra(*own, e, fields)
	err := c.Core.Write(e, *own)
	clear(*own)
	c.spare.Put(own)
	return err
}

// append adds what is written of fields to a list.
func (c *core) append(to, fields []zapcore.Field) []zapcore.Field {
	to = slices.Grow(to, len(fields))
	for _, f := range fields {
		if f.Type == zapcore.InlineMarshalerType && c.keys != nil {
			to = c.inlined(to, f)
			continue
		}
		f.Key = c.keys.name(f.Key)
		to = append(to, clean(f))
	}
	return to
}

// inlined adds the fields that a field without a name holds.
func (c *core) inlined(to []zapcore.Field, f zapcore.Field) []zapcore.Field {
	inner := zapcore.NewMapObjectEncoder()
	f.AddTo(inner)
	for _, key := range slices.Sorted(maps.Keys(inner.Fields)) {
		to = append(to, clean(zap.Any(c.keys.name(key), inner.Fields[key])))
	}
	return to
}

// extra adds the fields that a preset has beside the canonical ones.
func (c *core) extra(to []zapcore.Field, e zapcore.Entry, fields []zapcore.Field) []zapcore.Field {
	switch c.preset {
	case PresetECS:
		for _, f := range fields {
			switch {
			case f.Key == KeyEvent && outcome(f.String) != "":
				to = append(to, zap.String(ecsOutcomeKey, outcome(f.String)))
			case f.Key == KeyTook && f.Type == zapcore.DurationType:
				to = append(to, zap.Int64(ecsDurationKey, f.Integer))
			}
		}
	case PresetGCP:
		if e.Level >= zapcore.ErrorLevel {
			to = append(to, zap.String(gcpTypeKey, gcpError), zap.Object(gcpServiceKey, c.service))
		}
	case PresetDefault:
	}
	return to
}

// clean is a field without secrets: errors and what says itself as a string are
// written as one.
func clean(f zapcore.Field) zapcore.Field {
	switch f.Type {
	case zapcore.StringType:
		f.String = redact.Text(f.String)
	case zapcore.ByteStringType:
		return zap.String(f.Key, redact.Text(string(f.Interface.([]byte)))) //nolint:forcetypeassert // by the type of the field
	case zapcore.ErrorType, zapcore.StringerType:
		return zap.String(f.Key, redact.Text(said(f.Interface)))
	case zapcore.ObjectMarshalerType, zapcore.InlineMarshalerType:
		f.Interface = object{f.Interface.(zapcore.ObjectMarshaler)} //nolint:forcetypeassert // by the type of the field
	case zapcore.ArrayMarshalerType:
		f.Interface = array{f.Interface.(zapcore.ArrayMarshaler)} //nolint:forcetypeassert // by the type of the field
	case zapcore.ReflectType:
		f.Interface = reflected(f.Interface)
	default: // numbers and times
	}
	return f
}

// said is what an error or a Stringer says; a nil pointer that cannot says nil.
func said(v any) (text string) {
	defer func() {
		if r := recover(); r != nil {
			if p := reflect.ValueOf(v); p.Kind() != reflect.Pointer || !p.IsNil() {
				panic(r)
			}
			text = "<nil>"
		}
	}()
	if err, ok := v.(error); ok {
		return err.Error()
	}
	return fmt.Sprint(v)
}

// reflected is what JSON would be made of, without secrets.
func reflected(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return redact.Text(fmt.Sprintf("%+v", v))
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return redact.Text(string(text))
	}
	return redact.Tree(tree)
}

// object is an object without secrets.
type object struct{ zapcore.ObjectMarshaler }

// MarshalLogObject implements zapcore.ObjectMarshaler.
func (o object) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	return o.ObjectMarshaler.MarshalLogObject(objectEncoder{enc})
}

type objectEncoder struct{ zapcore.ObjectEncoder }

func (e objectEncoder) AddString(key, s string) { e.ObjectEncoder.AddString(key, redact.Text(s)) }

func (e objectEncoder) AddByteString(key string, s []byte) { e.AddString(key, string(s)) }

func (e objectEncoder) AddObject(key string, o zapcore.ObjectMarshaler) error {
	return e.ObjectEncoder.AddObject(key, object{o})
}

func (e objectEncoder) AddArray(key string, a zapcore.ArrayMarshaler) error {
	return e.ObjectEncoder.AddArray(key, array{a})
}

func (e objectEncoder) AddReflected(key string, v any) error {
	return e.ObjectEncoder.AddReflected(key, reflected(v))
}

// array is an array without secrets.
type array struct{ zapcore.ArrayMarshaler }

// MarshalLogArray implements zapcore.ArrayMarshaler.
func (a array) MarshalLogArray(enc zapcore.ArrayEncoder) error {
	return a.ArrayMarshaler.MarshalLogArray(arrayEncoder{enc})
}

type arrayEncoder struct{ zapcore.ArrayEncoder }

func (e arrayEncoder) AppendString(s string) { e.ArrayEncoder.AppendString(redact.Text(s)) }

func (e arrayEncoder) AppendByteString(s []byte) { e.AppendString(string(s)) }

func (e arrayEncoder) AppendObject(o zapcore.ObjectMarshaler) error {
	return e.ArrayEncoder.AppendObject(object{o})
}

func (e arrayEncoder) AppendArray(a zapcore.ArrayMarshaler) error {
	return e.ArrayEncoder.AppendArray(array{a})
}

func (e arrayEncoder) AppendReflected(v any) error {
	return e.ArrayEncoder.AppendReflected(reflected(v))
}
