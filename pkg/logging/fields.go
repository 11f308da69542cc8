package logging

import "go.uber.org/zap"

// Schema is the version of the catalogue, the value of the field "schema". It
// changes when an event or a field is renamed, removed or changes its meaning.
const Schema = "log/v1"

// Event is the field that names a line.
func Event(name string) zap.Field { return zap.String(KeyEvent, name) }

// Reason is the field that says why.
func Reason(reason string) zap.Field { return zap.String(KeyReason, reason) }

// StageName is the field that names the stage of a line.
func StageName(stage string) zap.Field { return zap.String(KeyStage, stage) }

// URL is the field url.full, with the userinfo and the values of signatures
// and tokens redacted.
func URL(raw string) zap.Field { return zap.String(KeyURL, RedactURL(raw)) }
