package logs

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/logging"
)

// TestEveryPresetAddsUpToTheSame has the programs' own logger write lines in
// each preset, and reads them.
func TestEveryPresetAddsUpToTheSame(t *testing.T) {
	for _, preset := range []logging.Preset{logging.PresetDefault, logging.PresetECS, logging.PresetGCP} {
		t.Run(string(preset), func(t *testing.T) {
			var text bytes.Buffer
			log, err := logging.New(logging.Config{Format: "json", Preset: preset, Level: "debug"}, "crawler", &text, false)
			if err != nil {
				t.Fatal(err)
			}
			stageLog := log.With(zap.String(logging.KeyStage, "crawler"))
			stage := logging.NewStage(stageLog, "crawler")
			stage.Settled(logging.Passed, "", 1)
			stage.Settled(logging.Failed, "timeout", 1)
			stageLog.Info("fetched", logging.Event(logging.FetchDone), logging.URL("https://a.example/x?token=secret"), zap.String(logging.KeyHost, "a.example"),
				zap.String(logging.KeySource, "a"), zap.String(logging.KeyKind, "page"), zap.Int(logging.KeyStatus, 200), zap.Int(logging.KeyBytes, 1234),
				zap.Duration(logging.KeyTook, 50*time.Millisecond), zap.Duration(logging.KeyWaited, time.Second))
			stageLog.Error("gave up", logging.Event(logging.FetchFailed), logging.Reason("timeout"), zap.String(logging.KeyHost, "a.example"), zap.Error(errors.New("deadline \"exceeded\"")))
			stageLog.Warn("waits", logging.Event(logging.BackpressureOn))
			stageLog.Debug("detail", logging.Event(logging.HostDelayed))
			ended, end := context.WithCancel(t.Context())
			end()
			stage.Run(ended)

			tally := tallied(t, text.String())
			c := tally.Whole.Stages[Crawler]
			if tally.Input.Faults() != 0 || c.Lines != 5 || c.In != 2 || c.Out != 1 || c.FailedBy["timeout"] != 1 || c.Bytes != 1234 || c.Statuses["200"] != 1 {
				t.Errorf("%+v, %+v of\n%s", c, tally.Input, text.String())
			}
			if p := c.Took.Quantile(.5); p < 49 || p > 51 {
				t.Errorf("took %v ms", p)
			}
			if told, lines := tally.Instances.Balance(Crawler); tally.Instances.Len() != 1 || told != lines {
				t.Errorf("summaries %+v, lines %+v", told, lines)
			}
			if l := tally.Whole.Levels; l != [4]int64{1, 2, 1, 1} {
				t.Errorf("levels %v", l)
			}
			if n := tally.Notes; len(n) != 2 || n[0].Text != `gave up: deadline "exceeded"` || n[0].Host != "a.example" || len(tally.Waiting(Crawler)) != 1 {
				t.Errorf("notes %+v", n)
			}
		})
	}
}
