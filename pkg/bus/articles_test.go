package bus_test

import (
	"fmt"
	"testing"
	"time"

	"pressmill/pkg/bus"
	"pressmill/pkg/news"
)

// publish stores n articles of a host.
func publish(t testing.TB, b *bus.Bus, host string, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		if _, err := b.PublishArticle(t.Context(), host, &news.Article{ID: host, Rev: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

// Sequences by time, with articles of the middle gone.
func TestArticleSince(t *testing.T) {
	b, ctx := open(t, nil), t.Context()
	since := func(what string, at time.Time, want uint64) {
		t.Helper()
		if seq, err := b.ArticleSince(ctx, at); err != nil || seq != want {
			t.Errorf("%s: sequence %d, %v, want %d", what, seq, err, want)
		}
	}
	since("empty stream", time.Unix(0, 0), 1)
	hosts := []string{"a.example", "b.example", "c.example"}
	var times []time.Time
	for i := range 9 {
		publish(t, b, hosts[i%3], i, 1)
		m, err := b.ArticleAt(ctx, uint64(i+1))
		must(t, err)
		times = append(times, m.Time)
	}
	for i, at := range times {
		since("its own time", at, uint64(i+1))
		since("right after", at.Add(time.Nanosecond), uint64(i+2))
	}
	since("long ago", times[0].Add(-time.Hour), 1)
	since("the future", time.Now().Add(time.Hour), 10)
	for _, seq := range []uint64{1, 4, 5, 9} {
		bus.DeleteArticle(t, b, seq)
	}
	since("long ago", times[0].Add(-time.Hour), 2)
	since("a time whose article is gone", times[3], 6)
	since("the last one's, which is gone", times[8], 10)
}
