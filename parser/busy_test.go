package parser

import (
	"testing"
	"testing/synctest"
	"time"

	"pressmill/pkg/news"
)

func TestBusyKnowsThePageThatTakesLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b busy
		want := func(longest time.Duration) {
			t.Helper()
			if got := b.longest(); got != longest {
				t.Errorf("longest %s, want %s", got, longest)
			}
		}
		want(0)
		stuck := b.with(new(news.Page))
		time.Sleep(time.Minute)
		b.with(new(news.Page))()
		quick := b.with(new(news.Page))
		want(time.Minute)
		stuck()
		want(0)
		time.Sleep(time.Second)
		want(time.Second)
		quick()
		want(0)
	})
}
