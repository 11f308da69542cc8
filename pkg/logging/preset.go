package logging

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Preset says under which names the fields of a line are written. The names of
// the catalogue are canonical; readers turn others into these with Canonical.
type Preset string

const (
	// PresetDefault writes the canonical names.
	PresetDefault Preset = "default"
	// PresetECS writes those of the Elastic Common Schema with dots, as its
	// specification of loggers has them. What has no place there, and all that
	// its types do not fit, is below pressmill. A line gets event.outcome and
	// event.duration (nanoseconds, the work itself) beside the canonical fields.
	PresetECS Preset = "ecs"
	// PresetGCP writes time, severity and message as Google Cloud Logging takes
	// them out of a line. Lines at error get what Error Reporting looks for.
	PresetGCP Preset = "gcp"
)

const (
	// ecsVersion is the version of the Elastic Common Schema that PresetECS keeps to.
	ecsVersion = "8.11.0"
	// ecsOwn begins the names of fields that the Elastic Common Schema does not have.
	ecsOwn = "pressmill."

	// Fields that presets have beside the canonical ones.
	ecsVersionKey  = "ecs.version"
	ecsOutcomeKey  = "event.outcome"
	ecsDurationKey = "event.duration"
	gcpTypeKey     = "@type"
	gcpServiceKey  = "serviceContext"
	gcpError       = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
)

// names is what a field is called; an empty one is the canonical name, for ecs
// below ecsOwn.
type names struct{ canonical, ecs, gcp string }

// table is the one place where presets differ in names. Values are the same,
// but for the names of levels.
func table() []names {
	return []names{
		{KeyTime, "@timestamp", "time"},
		{KeyLevel, "log.level", "severity"},
		{KeyMessage, "message", "message"},
		{KeyService, "service.name", ""},
		{KeyInstance, "service.node.name", ""},
		{KeyVersion, "service.version", ""},
		{KeyPID, "process.pid", ""},
		{KeyEvent, "event.action", ""},
		{KeyReason, "event.reason", ""},
		{KeyURL, "url.full", ""},
		{KeyHost, "url.domain", ""},
		{KeyStatus, "http.response.status_code", ""},
		{KeyError, "error.message", ""},
	}
}

// Canonical maps the names of fields that any preset gives them to the names
// of the catalogue; names that it does not hold are canonical after
// CanonicalPrefix is cut off. The presets do not contradict each other.
func Canonical() map[string]string {
	canonical := map[string]string{}
	for _, n := range table() {
		for _, foreign := range []string{n.ecs, n.gcp} {
			if foreign != "" {
				canonical[foreign] = n.canonical
			}
		}
	}
	return canonical
}

// CanonicalPrefix begins the names of a preset that are otherwise canonical.
const CanonicalPrefix = ecsOwn

// CanonicalLevel is the level, in the catalogue's words, that any preset writes
// as name; what it does not know it returns as it is.
func CanonicalLevel(name string) string {
	switch name {
	case "DEBUG":
		return "debug"
	case "INFO":
		return "info"
	case "WARNING":
		return "warn"
	case "ERROR":
		return "error"
	}
	return name
}

// levelName is what a preset calls a level.
func (p Preset) levelName(l zapcore.Level) string {
	switch {
	case p != PresetGCP:
		return l.String()
	case l == zapcore.WarnLevel:
		return "WARNING"
	case l > zapcore.ErrorLevel:
		return "CRITICAL"
	}
	return l.CapitalString()
}

// validate says what is wrong with a preset.
func (p Preset) validate() error {
	switch p {
	case "", PresetDefault, PresetECS, PresetGCP:
		return nil
	}
	return fmt.Errorf("preset %q is none of default, ecs, gcp", p)
}

// keys are the names that a preset gives to fields; it is nil for the default.
type keys struct {
	known atomic.Pointer[map[string]string] // canonical to foreign; copied to add to it
	ours  string                            // begins the names of others
}

// maxKeys bounds the names that are remembered.
const maxKeys = 1000

func newKeys(p Preset) *keys {
	k, known := &keys{}, map[string]string{}
	for _, n := range table() {
		switch p {
		case PresetECS:
			known[n.canonical] = n.ecs
			k.ours = ecsOwn
		case PresetGCP:
			known[n.canonical] = cmp.Or(n.gcp, n.canonical)
		default:
			return nil
		}
	}
	k.known.Store(&known)
	return k
}

// name is the preset's name of a field at the top of a line. Fields inside of
// others keep theirs: what they are called in full begins with the outer name.
func (k *keys) name(canonical string) string {
	if k == nil {
		return canonical
	}
	known := *k.known.Load()
	if foreign, ok := known[canonical]; ok {
		return foreign
	}
	foreign := k.ours + canonical
	if len(known) < maxKeys { // two that add at once cost one of them a second look
		more := maps.Clone(known)
		more[canonical] = foreign
		k.known.Store(&more)
	}
	return foreign
}

// besides are all fields that presets have beside the canonical ones.
func besides() []string {
	return []string{ecsVersionKey, ecsOutcomeKey, ecsDurationKey, gcpTypeKey, gcpServiceKey}
}

// presetFields are those that every line has beside the canonical ones.
func presetFields(p Preset) []zapcore.Field {
	if p == PresetECS {
		return []zapcore.Field{zap.String(ecsVersionKey, ecsVersion)}
	}
	return nil
}

// outcome is the value of event.outcome: whether what an event tells of went
// well. Most events tell of neither.
func outcome(event string) string {
	_, verb, _ := strings.Cut(event, ".")
	switch verb {
	case "done", "published", "committed", "written":
		if event == DeadLetter {
			return "failure"
		}
		return "success"
	case "failed", "rejected", "conflict":
		return "failure"
	}
	return ""
}
