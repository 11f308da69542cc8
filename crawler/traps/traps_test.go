package traps

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse("https://e.com" + raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"/", ""},
		{"/news/world/2026/11/24/a-story-of-some-length.html?page=2", ""},
		{"/2024/04/04/04/story", ""},
		{"/a/b/a/b", ""},
		{"/a/b/a/b/a/b", Path},
		{"/x/news/en/y/news/en/y/news/en/y", Path},
		{"/a/a/a/", ""},
		{"/a/a/a/a/", Path},
		{"/a/b/a/c/a/d/a", Path},
		{"//a//b//c//d", ""}, // empty segments are no segments
		{"/" + strings.Repeat("x/y1/", 3), Path},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", ""},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", Path},
		{"/s?tag=a&tag=b&tag=c&tag=d", ""},
		{"/s?tag=a&tag=a&tag=a&tag=a", Path},
		{"/" + strings.Repeat("x", 200-len("https://e.com/")), ""},
		{"/" + strings.Repeat("x", 200), Length},
		{"/?" + strings.Repeat("x", 200), Length},
	} {
		if got := Check(parse(t, c.url), 200); got != c.want {
			t.Errorf("Check(%s) = %q, want %q", c.url, got, c.want)
		}
	}
	if got := Check(parse(t, "/"+strings.Repeat("x", 2000)), 0); got != "" {
		t.Errorf("without a limit: %q", got)
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct{ url, narrow, broad string }{
		{"/", "/", "/"},
		{"/News/World/", "/news/world", "/news/w"},
		{"/calendar/2026/11/", "/calendar/0/0", "/calendar/0/0"},
		{"/calendar/2026-11-24", "/calendar/0", "/calendar/0"},
		{"/calendar?year=2026&month=11&month=12", "/calendar?month&year", "/calendar?"},
		{"/story/a-title-of-words", "/story/*", "/story/*"},
		{"/story/titleofonewordthatisfartoolong", "/story/*", "/story/*"},
		{"/story/%D8%A3%D8%AE", "/story/*", "/story/*"},
		{"/story/world-news", "/story/world-news", "/story/w"},
		{"/a/5f0a1b2c3d4e.html", "/a/x.html", "/a/x.html"},
		{"/a/123e4567-e89b-12d3-a456-426614174000", "/a/x", "/a/x"},
		{"/a/facade", "/a/facade", "/a/w"},
		{"/a/story123.html", "/a/*.html", "/a/*.html"},
		{"/shop/red/large", "/shop/red/large", "/shop/w/w"},
		{"/shop?f[12]=1&f[13]=2", "/shop?*", "/shop?"},
		{"/shop?/2026/11/24", "/shop?0", "/shop?"},
	} {
		narrow, broad := Patterns(parse(t, c.url))
		if narrow != c.narrow || broad != c.broad {
			t.Errorf("Patterns(%s) = %s, %s; want %s, %s", c.url, narrow, broad, c.narrow, c.broad)
		}
	}
}

func TestPatternIsCutWhenItBringsNothing(t *testing.T) {
	var c Counters
	calendar, story := KindOf(parse(t, "/calendar/2026/11")), KindOf(parse(t, "/news/a-story-of-today"))
	for i := range 20 {
		if got, want := c.Cut(calendar, 10), i >= 10; got != want {
			t.Fatalf("after %d requests: cut is %v", i, got)
		}
		if c.Cut(story, 10) {
			t.Fatalf("the stories are cut after %d", i)
		}
		c.Asked(calendar)
		c.Asked(story)
		c.Brought(story)
	}
	if c.Cut(calendar, 0) {
		t.Error("cut without a budget")
	}
	c.Brought(calendar)
	if c.Cut(calendar, 10) {
		t.Error("cut although it brought something")
	}
}

func TestCombinationsShareABudget(t *testing.T) {
	var c Counters
	asked := 0
	for i := range 1000 {
		u := fmt.Sprintf("/shop?%c=1&%c=1&%c=1", 'a'+i%26, 'a'+i/26%26, 'a'+i/26/26)
		k := KindOf(parse(t, u))
		if c.Cut(k, 20) {
			continue
		}
		c.Asked(k)
		asked++
	}
	if asked > broadShare*20 {
		t.Errorf("%d requests for combinations of filters", asked)
	}
}

func TestCutPatternsAreTriedAgainNextDay(t *testing.T) {
	var c Counters
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	k := KindOf(parse(t, "/calendar/1"))
	asked := func() (n int) {
		c.NewDay(now)
		for ; !c.Cut(k, 100); n++ {
			c.Asked(k)
		}
		return n
	}
	if first, again := asked(), asked(); first != 100 || again != 0 {
		t.Errorf("%d requests on the first day and %d more", first, again)
	}
	if !c.Holds(100) {
		t.Error("what is cut is forgotten")
	}
	now = now.Add(24 * time.Hour)
	if c.NewDay(now); c.Holds(100) {
		t.Error("it is held on to for another day")
	}
	if n := asked(); n != 10 {
		t.Errorf("%d requests on the second day", n)
	}
}

func TestLoopOfTheSamePage(t *testing.T) {
	var c Counters
	page := func(title string, length int) []byte {
		return []byte("<html><title>" + title + "</title>" + strings.Repeat("x", length))
	}
	asked := 0
	for i := range 100 {
		u := parse(t, fmt.Sprintf("/story?visitor=%d", i))
		if c.Turns(u) {
			break
		}
		c.Saw(u, page("one", 5000+i%10))
		asked++
	}
	if asked != loopLimit+1 {
		t.Errorf("%d requests for the same page", asked)
	}
	for i := range 100 {
		u := parse(t, fmt.Sprintf("/article?id=%d", i))
		if c.Turns(u) {
			t.Fatalf("articles of one path are taken for one page after %d", i)
		}
		c.Saw(u, page("The Paper", 1000+i*i*37%9000))
	}
	if c.Turns(parse(t, "/story")) {
		t.Error("the page without a query is cut")
	}
}

func TestBudgetOfPages(t *testing.T) {
	var c Counters
	now := time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC)
	c.NewDay(now)
	links, items := 0, 0
	for range 100 {
		if c.Admit(50, false) {
			links++
		}
	}
	for range 100 {
		if c.Admit(50, true) {
			items++
		}
	}
	if links != 45 || items != 5 || !c.Spent(50, true) {
		t.Errorf("%d links and %d items, want 45 and 5", links, items)
	}
	if !c.Holds(0) || (&Counters{Pages: 7}).Holds(1) {
		t.Error("what was refused is forgotten, or nothing held on to")
	}
	c.NewDay(now.Add(time.Minute))
	if c.Admit(50, false) {
		t.Error("admitted a minute later")
	}
	c.NewDay(now.Add(time.Hour))
	if !c.Admit(50, false) || !(&Counters{}).Admit(0, false) {
		t.Error("not admitted on another day, or without a budget")
	}
}

// TestCountersAreSmall fills everything there is.
func TestCountersAreSmall(t *testing.T) {
	var c Counters
	c.NewDay(time.Now())
	trap := KindOf(parse(t, "/trap/1"))
	for range 5 {
		c.Asked(trap)
	}
	for i := range 10_000 {
		c.Asked(Kind{uint32(i) * 2654435761, uint32(i) * 40503})
		c.Saw(parse(t, fmt.Sprintf("/%d?x=1", i)), []byte(strings.Repeat("x", i)))
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 4<<10 {
		t.Errorf("%d bytes: %s", len(data), data)
	}
	if n, _ := c.Used(trap); n != 5 {
		t.Errorf("the worst pattern was forgotten: %d", n)
	}
}
