package logging_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pressmill/pkg/logging"
)

// Code logs what is in the catalogue alone, and all of that.
func TestEverythingLoggedIsCatalogued(t *testing.T) {
	g := newGuard(t, "pressmill/...")
	g.check()
	for _, fault := range g.faults {
		t.Error(fault)
	}
	for _, event := range logging.Catalogue().Events {
		if !g.events[event.Name] {
			t.Errorf("the event %s is never logged", event.Name)
		}
	}
	for _, field := range logging.Catalogue().Fields {
		if !g.keys[field.Name] && !slices.Contains(byOpen, field.Name) {
			t.Errorf("the field %s is never logged", field.Name)
		}
	}
}

// Everything that the guard is for is found.
func TestGuardFinds(t *testing.T) {
	g := newGuard(t, "./testdata/odd")
	g.check()
	want := []string{
		`"a literal event": the event "fetch.done" is no constant of the catalogue`,
		`"a literal key": the key "host" is no constant of the catalogue`,
		`"a key of its own": the key ownKey is no constant of the catalogue`,
		`"a made key": the key fmt.Sprint("h", "ost") is no constant of the catalogue`,
		`"no event": no event`,
		`"a field too many": the catalogue lists no words for host.recovered`,
		`"too many by a function": the catalogue lists no partition for host.recovered`,
		`"too many by an object": the key "name" is no constant of the catalogue`,
		`"too many by an object": the catalogue lists no words for host.recovered`,
		`"at another level": host.recovered is not logged at warn`,
		`log.Sugar: only *zap.Logger logs`,
		`"a field by hand": zap.Field{…} is no field that can be followed`,
	}
	var got []string
	for _, fault := range g.faults {
		_, text, _ := strings.Cut(fault, ": ")
		got = append(got, text)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	events := slices.Sorted(maps.Keys(g.events))
	if want := []string{"host.delayed", "host.recovered", "segment.gap", "source.drift", "source.steady"}; !slices.Equal(events, want) {
		t.Errorf("events logged: %v, want %v", events, want)
	}
}

// byOpen is what the log itself adds to every line.
var byOpen = []string{
	logging.KeyTime, logging.KeyLevel, logging.KeyMessage, logging.KeySchema, logging.KeyService, logging.KeyInstance,
}
