// Package monitoring makes the Grafana dashboard of deploy/monitoring, and its
// tests hold what lies there against the catalogue of the log and against the
// types of those who read it.
package monitoring

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// Dashboard returns the dashboard as JSON: an overview, and rows that ask
// nothing of Loki until they are opened.
func Dashboard() ([]byte, error) {
	b := dashboard.NewDashboardBuilder("Pressmill").
		Uid("pressmill").
		Description("What Pressmill's logs say: throughput, lag, failures, sources and their quality. Everything is read from Loki.").
		Tags([]string{"pressmill", "loki"}).
		Timezone("browser").
		Time("now-6h", "now").
		Refresh("1m").
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Readonly()
	for _, v := range variables() {
		b.WithVariable(v)
	}
	for i, r := range rows() {
		if i == 0 {
			b.WithRow(dashboard.NewRowBuilder(r.title))
			for _, p := range r.panels {
				b.WithPanel(p)
			}
			continue
		}
		row := dashboard.NewRowBuilder(r.title).Collapsed(true)
		for _, p := range r.panels {
			row.WithPanel(p)
		}
		b.WithRow(row)
	}
	d, err := b.Build()
	if err != nil {
		return nil, fmt.Errorf("build dashboard: %w", err)
	}
	number(&d)
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}

// number gives panels their ids, in order.
func number(d *dashboard.Dashboard) {
	id := uint32(0)
	next := func() *uint32 { id++; return new(id) }
	for i := range d.Panels {
		if p := d.Panels[i].Panel; p != nil {
			p.Id = next()
			continue
		}
		row := d.Panels[i].RowPanel
		row.Id = *next()
		for j := range row.Panels {
			row.Panels[j].Id = next()
		}
	}
}

func variables() []cog.Builder[dashboard.VariableModel] {
	text := func(s string) dashboard.StringOrMap { return dashboard.StringOrMap{String: &s} }
	chosen := func(shown, value string) dashboard.VariableOption {
		return dashboard.VariableOption{
			Text: dashboard.StringOrArrayOfString{String: &shown}, Value: dashboard.StringOrArrayOfString{String: &value},
		}
	}
	return []cog.Builder[dashboard.VariableModel]{
		dashboard.NewDatasourceVariableBuilder("datasource").Label("Loki").Type("loki"),
		dashboard.NewQueryVariableBuilder("namespace").Label("Namespace").Datasource(source()).
			Query(dashboard.StringOrMap{Map: map[string]any{"label": "namespace", "stream": `{app="pressmill"}`, "type": 1, "refId": "namespace"}}).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc).
			Multi(true).IncludeAll(true).AllValue(".+").Current(chosen("All", "$__all")),
		dashboard.NewCustomVariableBuilder("stage").Label("Stage").Values(text("crawler,parser,sink")).
			Multi(true).IncludeAll(true).AllValue(".+").Current(chosen("All", "$__all")),
		dashboard.NewTextBoxVariableBuilder("source").Label("Source (regular expression)").DefaultValue(text(".*")),
		dashboard.NewTextBoxVariableBuilder("host").Label("Host (regular expression)").DefaultValue(text(".*")),
		dashboard.NewTextBoxVariableBuilder("page").Label("page_id, URL or words").DefaultValue(text("")),
	}
}

// source is the Loki that is chosen at the top.
func source() common.DataSourceRef {
	return common.DataSourceRef{Type: new("loki"), Uid: new("${datasource}")}
}
