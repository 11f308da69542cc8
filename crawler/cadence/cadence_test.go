package cadence

import (
	"net/http"
	"testing"
	"time"
)

var bounds = Bounds{First: 15 * time.Minute, Min: 5 * time.Minute, Max: 6 * time.Hour}

func TestIntervalFollowsTheNews(t *testing.T) {
	t.Parallel()
	if got := bounds.After(0, true); got != 12*time.Minute {
		t.Errorf("after a first look with news: %s", got)
	}
	if got := bounds.After(10*time.Minute, false); got != 15*time.Minute {
		t.Errorf("after a look without news: %s", got)
	}
	every := bounds.First
	for range 100 {
		every = bounds.After(every, true)
	}
	if every != bounds.Min {
		t.Errorf("always news: %s, want the shortest", every)
	}
	for range 100 {
		every = bounds.After(every, false)
	}
	if every != bounds.Max {
		t.Errorf("never news: %s, want the longest", every)
	}
}

func TestBoundsAreFilledIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ given, want Bounds }{
		{Bounds{First: 15 * time.Minute}, bounds},
		{Bounds{First: time.Second}, Bounds{time.Second, time.Second, 24 * time.Second}},
		{Bounds{First: time.Hour, Max: 2 * time.Hour}, Bounds{time.Hour, 20 * time.Minute, 2 * time.Hour}},
	} {
		if got := c.given.WithDefaults(); got != c.want {
			t.Errorf("%v: got %v, want %v", c.given, got, c.want)
		}
	}
}

func TestNextLook(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 22, 10, 0, 0, time.UTC) // a Friday
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) }
	all := make([]int, 24)
	for i := range all {
		all[i] = i
	}
	for name, c := range map[string]struct {
		every time.Duration
		hints Hints
		at    float64
		want  time.Time
	}{
		"the interval":                  {20 * time.Minute, Hints{}, 0.5, at(27, 22, 30)},
		"as early as jitter goes":       {20 * time.Minute, Hints{}, 0, at(27, 22, 28)},
		"never below the minimum":       {5 * time.Minute, Hints{}, 0, at(27, 22, 15)},
		"fresh for longer":              {20 * time.Minute, Hints{Fresh: time.Hour}, 0.5, at(27, 23, 10)},
		"fresh for less":                {20 * time.Minute, Hints{Fresh: time.Minute}, 0.5, at(27, 22, 30)},
		"fresh beyond the bound":        {20 * time.Minute, Hints{Fresh: 100 * time.Hour}, 0.5, at(28, 4, 10)},
		"an hour to be skipped":         {20 * time.Minute, Hints{SkipHours: []int{22, 23}}, 0.5, at(28, 0, 0)},
		"an hour that is called 24":     {2 * time.Hour, Hints{SkipHours: []int{24}}, 0.5, at(28, 1, 0)},
		"a day to be skipped":           {2 * time.Hour, Hints{SkipDays: []time.Weekday{time.Saturday}}, 0.5, at(28, 4, 10)},
		"a day that ends in time":       {90 * time.Minute, Hints{SkipDays: []time.Weekday{time.Friday}}, 0.5, at(28, 0, 0)},
		"all hours: the longest at all": {20 * time.Minute, Hints{SkipHours: all}, 0.5, at(28, 4, 10)},
	} {
		if got := bounds.Next(now, c.every, c.hints, c.at); !got.Equal(c.want) {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestFreshness(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 22, 0, 0, 0, time.UTC)
	date := now.Add(-time.Hour).Format(http.TimeFormat) // a clock that is an hour late
	for name, c := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"says nothing":           {nil, 0},
		"max-age":                {map[string]string{"Cache-Control": `public, Max-Age="600"`}, 10 * time.Minute},
		"max-age less the age":   {map[string]string{"Cache-Control": "max-age=600", "Age": "500"}, 100 * time.Second},
		"older than fresh":       {map[string]string{"Cache-Control": "max-age=600", "Age": "700"}, 0},
		"no-cache":               {map[string]string{"Cache-Control": "max-age=600, no-cache"}, 0},
		"nonsense":               {map[string]string{"Cache-Control": "max-age=soon"}, 0},
		"a number too large":     {map[string]string{"Cache-Control": "max-age=9999999999999"}, 365 * 24 * time.Hour},
		"Expires":                {map[string]string{"Expires": now.Add(time.Minute).Format(http.TimeFormat)}, time.Minute},
		"Expires by its Date":    {map[string]string{"Expires": now.Format(http.TimeFormat), "Date": date}, time.Hour},
		"Expires in the past":    {map[string]string{"Expires": now.Add(-time.Minute).Format(http.TimeFormat)}, 0},
		"Expires 0":              {map[string]string{"Expires": "0"}, 0},
		"Cache-Control is first": {map[string]string{"Cache-Control": "max-age=1", "Expires": now.Add(time.Hour).Format(http.TimeFormat)}, time.Second},
	} {
		h := http.Header{}
		for k, v := range c.header {
			h.Set(k, v)
		}
		if got := Freshness(h, now); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// No interval is so long that a time computed from it lies in the past.
func TestIntervalsThatAreTooLong(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{longest + 1, 1<<63 - 1} {
		for _, b := range []Bounds{{First: every}, {Min: every}, {Max: every}} {
			if err := b.Validate(); err == nil {
				t.Errorf("%+v is taken", b)
			}
		}
	}
	b := Bounds{First: longest}.WithDefaults()
	if err := b.Validate(); err != nil || b.Max < b.First || b.Max*11 < 0 {
		t.Errorf("%+v: %v", b, err)
	}
}
