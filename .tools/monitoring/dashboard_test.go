package monitoring

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// folder is deploy/monitoring.
var folder = filepath.Join("..", "..", "deploy", "monitoring")

var update = flag.Bool("update", false, "write the dashboard")

func TestDashboardIsAsMade(t *testing.T) {
	made, err := Dashboard()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "grafana", "dashboard.json")
	if *update {
		if err := os.WriteFile(file, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored := read(t, file)
	if !bytes.Equal(made, stored) {
		t.Error("grafana/dashboard.json is not what rows.go makes: run make dashboard")
	}
}

// Grafana's own types take every field of the file, panels' options and
// queries included, and none is missing.
func TestDashboardFitsGrafanasTypes(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	text := read(t, filepath.Join(folder, "grafana", "dashboard.json"))
	if err := decodeDashboard(text); err != nil {
		t.Fatal(err)
	}
	if wrong := bytes.Replace(text, []byte(`"graphMode"`), []byte(`"grafMode"`), 1); decodeDashboard(wrong) == nil {
		t.Error("an option that Grafana does not know was taken")
	}
	ids := map[uint32]bool{}
	for _, p := range panelsOf(t) {
		if p.ID == 0 || ids[p.ID] {
			t.Errorf("%s: id %d is taken or none", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.GridPos.X+p.GridPos.W > whole {
			t.Errorf("%s: sticks out of the grid: %+v", p.Title, p.GridPos)
		}
	}
}

// decodeDashboard is strict. The types return an empty list of faults in the
// place of nil.
func decodeDashboard(text []byte) error {
	var d dashboard.Dashboard
	err := d.UnmarshalJSONStrict(text)
	if faults, ok := errors.AsType[cog.BuildErrors](err); err != nil && (!ok || len(faults) > 0) {
		return err
	}
	return d.Validate()
}

// drawn is what tests look at of a panel.
type drawn struct {
	ID      uint32
	Title   string
	Type    string
	GridPos struct{ X, Y, W, H int }
	Targets []struct{ Expr string }
	Panels  []drawn
}

// panelsOf returns the panels of the stored dashboard, those of closed rows included.
func panelsOf(t *testing.T) []drawn {
	t.Helper()
	var d struct{ Panels []drawn }
	if err := json.Unmarshal(read(t, filepath.Join(folder, "grafana", "dashboard.json")), &d); err != nil {
		t.Fatal(err)
	}
	var all []drawn
	for _, p := range d.Panels {
		all = append(append(all, p), p.Panels...)
	}
	return all
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
