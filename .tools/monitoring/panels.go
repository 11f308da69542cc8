package monitoring

import (
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/logs"
	"github.com/grafana/grafana-foundation-sdk/go/loki"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

type (
	panel = cog.Builder[dashboard.Panel]
	row   struct {
		title  string
		panels []panel
	}
	// query is an expression, and how its series are called: "{{stage}}".
	query struct{ expr, legend string }
)

// The grid is 24 wide. No interval is shorter than two summaries.
const (
	whole, half, third, quarter, sixth = 24, 12, 8, 6, 4

	high, low = 8, 4

	shortest = "1m"
)

// units of Grafana.
const (
	perSecond = "cps"
	count     = "short"
	millis    = "ms"
	size      = "bytes"
	share     = "percentunit"
)

// lines is a panel of series over time.
func lines(title, about, unit string, width uint32, queries ...query) panel {
	return chart(title, about, unit, width, queries).FillOpacity(8)
}

// stack is as lines, with the series on top of each other.
func stack(title, about, unit string, width uint32, queries ...query) panel {
	return chart(title, about, unit, width, queries).FillOpacity(60).LineWidth(0).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal))
}

func chart(title, about, unit string, width uint32, queries []query) *timeseries.PanelBuilder {
	p := timeseries.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(width).Height(high).
		Unit(unit).Min(0).Interval(shortest).ShowPoints(common.VisibilityModeNever).SpanNulls(common.BoolOrFloat64{Float64: new(120_000.0)}).
		Legend(common.NewVizLegendOptionsBuilder().DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom).ShowLegend(true)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
	for i, q := range queries {
		p.WithTarget(target(i, q).QueryType("range"))
	}
	return p
}

// figure is one number for the whole time that is looked at; red from alarming
// on, if that is not zero.
func figure(title, about string, alarming float64, q query) panel {
	steps := []dashboard.Threshold{{Color: "green"}}
	if alarming > 0 {
		steps = append(steps, dashboard.Threshold{Color: "red", Value: &alarming})
	}
	return stat.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(sixth).Height(low).
		Unit(count).NoValue("0").GraphMode(common.BigValueGraphModeNone).
		Thresholds(dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		WithTarget(target(0, q).QueryType("instant"))
}

// ranking is the largest of many, with a bar each.
func ranking(title, about, unit string, width uint32, q query) panel {
	return bargauge.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(width).Height(high).
		Unit(unit).Min(0).Orientation(common.VizOrientationHorizontal).DisplayMode(common.BarGaugeDisplayModeGradient).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}).Values(false)).
		WithTarget(target(0, q).QueryType("instant"))
}

// listing is the lines themselves.
func listing(title, about string, order common.LogsSortOrder, expr string) panel {
	q := target(0, query{expr: expr}).QueryType("range").MaxLines(1000)
	if order == common.LogsSortOrderAscending {
		q.Direction(loki.LokiQueryDirectionForward)
	}
	return logs.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(whole).Height(high + low).
		ShowTime(true).WrapLogMessage(true).EnableLogDetails(true).SortOrder(order).DedupStrategy(common.LogsDedupStrategyNone).
		WithTarget(q)
}

func target(i int, q query) *loki.DataqueryBuilder {
	return loki.NewDataqueryBuilder().RefId(string(rune('A' + i))).Datasource(source()).Expr(q.expr).LegendFormat(q.legend).
		EditorMode(loki.QueryEditorModeCode)
}
