package bus_test

import (
	"fmt"
	"testing"
	"time"

	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/news"
)

// TestLag: each kind of worker is told what waits for it.
func TestLag(t *testing.T) {
	srv, err := embedded.Start(t.TempDir(), "")
	must(t, err)
	t.Cleanup(srv.Stop)
	as := func(r bus.Role) *bus.Bus {
		b, err := bus.Connect(bus.Defaults(), string(r), zap.NewNop(), srv.Option())
		must(t, err)
		t.Cleanup(func() { b.Close() })
		return b
	}
	op := as(bus.RoleOperator)
	must(t, op.Apply(t.Context()))
	for i := range 3 {
		_, err := op.Hosts().Arm(t.Context(), fmt.Sprintf("h%d", i), nil, time.Time{})
		must(t, err)
	}
	for i := range 2 {
		must(t, op.PublishPage(t.Context(), "a.example", &news.Page{PageID: fmt.Sprint(i)}))
	}
	for i := range 5 {
		_, err := op.PublishArticle(t.Context(), "a.example", &news.Article{ID: fmt.Sprint(i), Rev: "1"})
		must(t, err)
	}
	part := bus.Partition("a.example")
	must(t, op.PutPosition(t.Context(), "fast", part, 6))
	must(t, op.PutPosition(t.Context(), "slow", part, 2))
	for role, want := range map[bus.Role]int64{bus.RoleCrawler: 3, bus.RoleParser: 2, bus.RoleSink: 4} {
		b := as(role)
		eventually(t, 10*time.Second, fmt.Sprintf("lag %d of the %s", want, role), func() bool { // the server counts a moment after it has stored
			lag, err := b.Lag(t.Context())
			return err == nil && lag == want
		})
	}
	if _, err := op.Lag(t.Context()); err == nil {
		t.Error("nothing waits for operators")
	}
}
