package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"pressmill/pkg/logging"
)

// TestWayOfAStory has a story go its way with known times, and expects each leg
// to have its own, and nothing of the way to be missing.
func TestWayOfAStory(t *testing.T) {
	l := &latency{delay: time.Second, poll: 5 * time.Second, maxAge: time.Second}
	room, err := openNewsroom(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer room.close()
	room.publish(1, 50, true)
	get := func(path string) (*http.Response, string) {
		resp, err := http.Get(room.origins[1] + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(body)
	}
	path := newStory(1, 0).path
	feed, text := get("/feed")
	if !strings.Contains(text, "<link>"+room.origins[1]+path+"</link>") {
		t.Errorf("the feed has no %s:\n%s", path, text)
	}
	if _, text := get(path); !strings.Contains(text, "<article>") {
		t.Errorf("the story's page has no article:\n%.500s", text)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, room.origins[1]+"/feed", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("If-None-Match", feed.Header.Get("ETag"))
	if resp, err := http.DefaultClient.Do(req); err != nil || resp.StatusCode != http.StatusNotModified {
		t.Errorf("a feed without news: %v, %v", resp, err)
	}

	begun := time.Date(2026, 11, 29, 7, 0, 0, 0, time.UTC)
	after := func(ms int) time.Time { return begun.Add(time.Duration(ms) * time.Millisecond) }
	url := room.origins[1] + path
	room.with(url, func(it *item, _ int) { it.appeared, it.listed, it.asked = begun, after(2000), after(3110) })
	room.note(line{Event: logging.ParseDone, URL: url, Time: after(3133), Took: 3, Waited: 5})
	room.note(line{Event: logging.SegmentCommitted, Key: "object", Took: 20})
	room.note(line{Event: logging.ArticleWritten, URL: url, Key: "object", Time: after(4160), Waited: 1025})
	room.with(url, func(it *item, _ int) { it.read = after(4165) })
	items := room.counted(50)
	if len(items) != 1 || room.unread(50) != 0 {
		t.Fatalf("%d stories, %d of them unread", len(items), room.unread(50))
	}
	it := &items[0]
	want := []int{2000, 1100, 10, 15, 5, 5, 1000, 30}
	var sum time.Duration
	for i, leg := range legs() {
		took := leg.took(l, it)
		if took != time.Duration(want[i])*time.Millisecond {
			t.Errorf("%s: %s, want %d ms", leg.name, took, want[i])
		}
		sum += took
	}
	if sum != whole(it) || whole(it) != 4165*time.Millisecond {
		t.Errorf("the legs sum up to %s, of %s", sum, whole(it))
	}
	if own := l.own(it); own != 65*time.Millisecond {
		t.Errorf("the pipeline's own part is %s, want 65 ms", own)
	}
}

func TestQuantiles(t *testing.T) {
	var all []time.Duration
	for i := range 200 {
		all = append(all, time.Duration(i+1))
	}
	for part, want := range map[float64]time.Duration{0.005: 1, 0.5: 100, 0.99: 198, 1: 200} {
		if got := quantile(all, part); got != want {
			t.Errorf("%v: %d, want %d", part, got, want)
		}
	}
}
