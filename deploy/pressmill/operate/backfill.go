package operate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pressmill/crawler"
	"pressmill/crawler/backfill"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

func backfillCommand() worker.Command {
	var from, to string
	return With(worker.Command{
		Name: "sources backfill", Args: "-from DAY [-to DAY] ID", Short: "Collect a source's articles of days gone by",
		Long: `The crawlers read the sitemaps that the site's robots.txt names, /sitemap.xml and the sitemaps that these list,
as far as their names or dates can hold the days, and fetch the articles of the days that are not known yet: by the
date of publication that a sitemap gives, else by the date in the address, else by the last change. Articles without
any date are fetched too. All this waits until nothing else of the host does, and no limit of age or of pages a day
applies. Nothing is fetched by this command. Run again, it goes on with what is missing, as after a full frontier.`,
	}, func(f *worker.Flags) {
		f.StringVar(&from, "from", "", "first `DAY`, as 2026-11-01")
		f.StringVar(&to, "to", time.Now().UTC().Format(time.DateOnly), "last `DAY`")
	}, func(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, ids []string) error {
		if len(ids) != 1 {
			return worker.Usagef("name one source by its id (`pressmill sources list` shows them)")
		}
		days, err := backfill.Parse(from, to)
		if err != nil {
			return worker.Usagef("%v", err)
		}
		hosts, err := crawler.Backfill(ctx, b, ids[0], days, crawler.NewCrawlID())
		if errors.Is(err, bus.ErrNotFound) {
			return unknownSource(ctx, b, ids[0])
		}
		if err != nil {
			return err
		}
		if len(hosts) == 0 {
			return fmt.Errorf("source %s has no seed on its own domain, and so no sitemaps", ids[0])
		}
		fmt.Fprintf(env.Stdout, "%s: %s to %s, from the sitemaps of %s\n", ids[0], days.From, days.To, strings.Join(hosts, ", "))
		return nil
	})
}
