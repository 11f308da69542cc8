package report

import (
	"math"
	"strconv"
	"time"
)

// tick is a mark of an axis: where, in per cent of its length, and what it says.
type tick struct {
	At    float64
	Label string
	Minor bool // left out where there is little room
}

// Class is the style of the label: one at an end of the axis stays within it.
func (t tick) Class() string {
	class := ""
	if t.At > 94 {
		class = "last"
	}
	if t.Minor {
		class += " minor"
	}
	return class
}

// scale puts values on an axis from 0 to 100.
type scale struct {
	at    func(v float64) float64
	Ticks []tick
}

// linear is a scale from 0 to a round number that is not below most.
func linear(most float64, label func(float64) string) scale {
	top := niceTop(most)
	s := scale{at: func(v float64) float64 { return 100 * min(1, max(0, v/top)) }}
	for _, part := range []float64{0, 0.5, 1} {
		s.Ticks = append(s.Ticks, tick{At: 100 * part, Label: label(top * part)})
	}
	return s
}

// niceTop is the least of 1, 2, 4, 6, 8 or 10 times a power of ten that is not below v.
func niceTop(v float64) float64 {
	if !(v > 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 6, 8} {
		if v <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// durations are the marks of a logarithmic scale, in milliseconds.
var durations = []struct {
	ms    float64
	label string
}{
	{0.01, "10 µs"},
	{0.1, "0.1 ms"},
	{1, "1 ms"},
	{10, "10 ms"},
	{100, "100 ms"},
	{1e3, "1 s"},
	{1e4, "10 s"},
	{6e4, "1 min"},
	{6e5, "10 min"},
	{3.6e6, "1 h"},
	{3.6e7, "10 h"},
	{3.456e8, "4 d"},
	{3.456e9, "40 d"},
	{3.456e10, "400 d"},
}

// logarithmic is a scale of milliseconds from the mark below least to the one above most.
func logarithmic(least, most float64) scale {
	first, last := 0, len(durations)-1
	for first < last-1 && durations[first+1].ms <= least {
		first++
	}
	for last > first+1 && durations[last-1].ms >= most {
		last--
	}
	low, high := math.Log(durations[first].ms), math.Log(durations[last].ms)
	s := scale{at: func(ms float64) float64 {
		return 100 * min(1, max(0, (math.Log(max(ms, 1e-9))-low)/(high-low)))
	}}
	for i, d := range durations[first : last+1] {
		s.Ticks = append(s.Ticks, tick{At: s.at(d.ms), Label: d.label, Minor: i%2 == 1 && last-first > 3})
	}
	return s
}

// steps are the distances between marks of time.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 96 * time.Hour,
	7 * 24 * time.Hour, 14 * 24 * time.Hour, 28 * 24 * time.Hour, 91 * 24 * time.Hour, 364 * 24 * time.Hour,
}

// marks is how many marks an axis of time has at most.
const marksOfTime = 8

// timeTicks are the marks between two times; a mark at midnight names the day.
func timeTicks(from, to time.Time) (ticks []tick) {
	span := to.Sub(from)
	if span <= 0 {
		return nil
	}
	step := steps[len(steps)-1]
	for i := len(steps) - 1; i >= 0 && span/steps[i] < marksOfTime; i-- {
		step = steps[i]
	}
	at := from.Truncate(step)
	if at.Before(from) {
		at = at.Add(step)
	}
	for i := 0; !at.After(to); i++ {
		ticks = append(ticks, tick{At: 100 * at.Sub(from).Seconds() / span.Seconds(), Label: timeLabel(at, step), Minor: i%2 == 1})
		at = at.Add(step)
	}
	return ticks
}

func timeLabel(at time.Time, step time.Duration) string {
	switch {
	case at.Equal(at.Truncate(24*time.Hour)) && step >= time.Hour:
		return at.Format("2 Jan")
	case step < time.Minute:
		return at.Format("15:04:05")
	}
	return at.Format("15:04")
}

// span names a bin: as few digits as tell it from the next.
func (t Times) span(i int) string {
	from, to := t.At(i), t.At(i+1)
	switch {
	case t.Width >= 24*time.Hour:
		return from.Format("2 Jan 2006") + ", " + lasted(t.Width)
	case t.Width >= time.Minute:
		return from.Format("2 Jan 15:04") + "–" + to.Format("15:04")
	}
	return from.Format("2 Jan 15:04:05") + "–" + to.Format("15:04:05")
}

// coordinate writes a number for a path, with two decimals at most.
func coordinate(f float64) string {
	return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
}
