package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/zap"

	"pressmill/pkg/bus"
	"pressmill/pkg/bus/embedded"
	"pressmill/pkg/news"
)

// follow is a program of somebody else that follows the feed of articles: it
// knows the name of the stream, its subjects and what is in a message, and
// nothing of Pressmill. seen is what it keeps of what it has worked on.
func follow(ctx context.Context, url, subject string, seen map[string]bool, each func(id string, article map[string]any)) error {
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	// A durable consumer goes on where it stopped. It holds nothing back: what
	// all sinks have written may be removed before it is read here.
	feed, err := js.CreateOrUpdateConsumer(ctx, "ARTICLES", jetstream.ConsumerConfig{
		Durable: "somebody", FilterSubject: subject, AckPolicy: jetstream.AckExplicitPolicy, DeliverPolicy: jetstream.DeliverAllPolicy,
	})
	if err != nil {
		return err
	}
	for range feed.CachedInfo().NumPending { // a program would go on for ever
		msg, err := feed.Next(jetstream.FetchMaxWait(time.Minute))
		if err != nil {
			return err
		}
		// A message may come again, so its name tells what was worked on already.
		if id := msg.Headers().Get("Nats-Msg-Id"); !seen[id] {
			var article map[string]any
			if err := json.Unmarshal(msg.Data(), &article); err != nil {
				return err
			}
			each(id, article)
			seen[id] = true // together with the work, in a real program
		}
		if err := msg.Ack(); err != nil {
			return err
		}
	}
	return nil
}

// Example_feed follows the articles of all hosts as somebody else would.
func Example_feed() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "feed")
	defer os.RemoveAll(dir)
	server, err := embedded.Start(dir, "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Stop()
	if err := publishFeed(ctx, server); err != nil {
		fmt.Println(err)
		return
	}
	err = follow(ctx, server.URL(), "articles.>", map[string]bool{}, func(id string, article map[string]any) {
		switch article["schema"] {
		case "article/v1":
			fmt.Println(id, article["title"])
		case "takedown/v1":
			fmt.Println(id, "is gone:", article["status"])
		}
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 00000000000000aa.0000000000000001 Pier reopens
	// 00000000000000aa.0000000000000002 Pier reopens after repairs
	// 00000000000000bb.0000000000000001 Storm warning
	// 00000000000000aa.gone is gone: 410
}

// publishFeed is what the parsers do.
func publishFeed(ctx context.Context, server *embedded.Server) error {
	b, err := bus.Connect(bus.Defaults(), "parser", zap.NewNop(), server.Option())
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Apply(ctx); err != nil {
		return err
	}
	var errs []error
	for _, a := range []struct{ host, id, rev, title string }{
		{"www.tidewick.example", "00000000000000aa", "0000000000000001", "Pier reopens"},
		{"www.tidewick.example", "00000000000000aa", "0000000000000002", "Pier reopens after repairs"},
		{"weather.example:8080", "00000000000000bb", "0000000000000001", "Storm warning"},
		{"weather.example:8080", "00000000000000bb", "0000000000000001", "Storm warning"}, // again: it is stored once
	} {
		_, err := b.PublishArticle(ctx, a.host, &news.Article{Schema: news.Schema, ID: a.id, Rev: a.rev, Title: a.title})
		errs = append(errs, err)
	}
	_, err = b.PublishTakedown(ctx, "www.tidewick.example", &news.Takedown{Schema: news.TakedownSchema, ID: "00000000000000aa", Status: 410})
	return errors.Join(append(errs, err)...)
}

// TestFeedOfOneHost pins the subjects that others filter by, and that a
// consumer which stopped goes on without a message twice or missing.
func TestFeedOfOneHost(t *testing.T) {
	server, err := embedded.Start(t.TempDir(), "127.0.0.1:0")
	must(t, err)
	t.Cleanup(server.Stop)
	must(t, publishFeed(t.Context(), server))
	var got []string
	for range 2 { // the second time there is nothing new
		must(t, follow(t.Context(), server.URL(), "articles.*.weather_example=3a8080", map[string]bool{}, func(id string, _ map[string]any) {
			got = append(got, id)
		}))
	}
	if len(got) != 1 || !strings.HasPrefix(got[0], "00000000000000bb.") {
		t.Errorf("got %q", got)
	}
	b := connect(t, server, func(c *bus.Config) { *c = bus.Defaults() })
	must(t, b.Check(t.Context())) // consumers of others are none of its business
}
