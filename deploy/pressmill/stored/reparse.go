package stored

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"pressmill/deploy/pressmill/operate"
	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/news"
	"pressmill/pkg/weburl"
	"pressmill/pkg/worker"
	"pressmill/sink/archive"
	"pressmill/sink/store"
	"pressmill/sink/warc"
)

const (
	// reparseBody is the most that is taken of a page's body in bytes, as from
	// the web.
	reparseBody = 6 << 20
	// fullEvery is how many pages are published between two looks at how full
	// their stream is.
	fullEvery = 64
	saveEvery = 2 * time.Second
)

func reparseCommand() worker.Command {
	var hosts, since, until, state string
	return operate.With(worker.Command{
		Name: "reparse", Args: "[-host H,...] [-since T] [-until T] [-state FILE] URL...", Short: "Put archived pages through the pipeline again",
		Long: `Reads WARC files, those of an archive sink or of others, such as Common Crawl's news archives, and gives their pages
to the parsers, so that a better engine makes new versions of articles without a fetch. A URL is a file or folder, a
file: URL, or that of a bucket; it names one .warc or .warc.gz file, all in a folder, or all whose names begin so. Only
HTML that came with status 200 is taken. While the pages' stream is full it waits. With -state it goes on where it
stopped, and leaves out files that are done. Archives do not take these pages again.`,
	}, func(f *worker.Flags) {
		f.StringVar(&hosts, "host", "", "only pages of these `HOSTS` and those below them, comma separated")
		f.StringVar(&since, "since", "", "only pages fetched at or after this `TIME`, as 2026-11-01 or 2026-11-01T06:00:00Z")
		f.StringVar(&until, "until", "", "only pages fetched before this `TIME`")
		f.StringVar(&state, "state", "", "`FILE` that remembers what is done")
	}, func(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, urls []string) error {
		if len(urls) == 0 {
			return worker.Usagef("name WARC files, folders or URLs of them")
		}
		r := &reparse{bus: b, env: env, counts: map[string]int64{}, began: time.Now()}
		if err := r.only.parse(hosts, since, until); err != nil {
			return err
		}
		var err error
		if r.state, err = loadReparseState(state); err != nil {
			return err
		}
		return r.run(ctx, urls)
	})
}

// reparse is one run of the command.
type reparse struct {
	bus   *bus.Bus
	env   *worker.Env
	only  pageFilter
	state *reparseState
	began time.Time

	published int64
	counts    map[string]int64 // of records that were left out, by reason
	files     int
	damages   int64
	shown     time.Time
}

// run reads all files. It goes on behind one that cannot be read, and stops
// where it is when ctx ends.
func (r *reparse) run(ctx context.Context, urls []string) error {
	var failed error
	for _, raw := range urls {
		if ctx.Err() != nil {
			break
		}
		if err := r.url(ctx, raw); err != nil && ctx.Err() == nil {
			fmt.Fprintf(r.env.Stderr, "%v\n", err)
			failed = errors.New("some files could not be read")
		}
	}
	if err := r.state.save(); err != nil {
		return err
	}
	r.summary(ctx.Err() != nil)
	return failed
}

func (r *reparse) url(ctx context.Context, raw string) error {
	rawURL, err := store.URL(raw)
	if err != nil {
		return err
	}
	files, done, err := archive.Find(ctx, rawURL)
	if err != nil {
		return err
	}
	defer done()
	var errs []error
	for _, f := range files {
		if ctx.Err() != nil {
			break
		}
		if err := r.file(ctx, f); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.URL, err))
		}
	}
	return errors.Join(errs...)
}

// file publishes the pages of one file from where an earlier run stopped.
func (r *reparse) file(ctx context.Context, f archive.File) error {
	at := r.state.of(f.URL)
	if at.Done {
		return nil
	}
	in, err := f.Open(ctx, at.Offset)
	if err != nil {
		return err
	}
	defer in.Close()
	records := warc.NewReader(in)
	records.Base = at.Offset
	for ctx.Err() == nil {
		rec, err := records.Next()
		if errors.Is(err, io.EOF) {
			at.Done = true
			break
		}
		if err != nil {
			return err
		}
		if err := r.record(ctx, rec); err != nil {
			return err
		}
		at.Offset = records.Offset()
		if err := r.tick(f); err != nil {
			return err
		}
	}
	if at.Done {
		r.files++
	}
	damaged, places := records.Damages()
	r.damages += damaged
	for _, d := range places {
		fmt.Fprintf(r.env.Stderr, "%s: passed over what is broken at %d: %v\n", f.URL, d.Offset, d.Err)
	}
	return r.state.save()
}

// record publishes the page of a record, or counts why not.
func (r *reparse) record(ctx context.Context, rec *warc.Record) error {
	if t := rec.Type(); t == warc.TypeRevisit {
		r.counts["revisits"]++ // of a page that is elsewhere
		return nil
	} else if t != warc.TypeResponse {
		return nil
	}
	page, host, why := r.only.page(rec)
	if why != "" {
		r.counts[why]++
		return nil
	}
	if err := r.publish(ctx, host, page); err != nil {
		return err
	}
	r.published++
	return nil
}

// publish waits while the parsers are too far behind.
func (r *reparse) publish(ctx context.Context, host string, page *news.Page) error {
	full, err := false, error(nil)
	if r.published%fullEvery == 0 {
		full, err = r.bus.PagesFull(ctx)
	}
	for {
		if err == nil && !full {
			err = r.bus.PublishPage(ctx, host, page)
			if err == nil {
				return nil
			}
		}
		if err != nil && !errors.Is(err, bus.ErrFull) {
			return fmt.Errorf("publish page: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
		full, err = r.bus.PagesFull(ctx)
	}
}

// tick saves the state and shows progress, now and then.
func (r *reparse) tick(f archive.File) error {
	if time.Since(r.shown) < saveEvery {
		return nil
	}
	r.shown = time.Now()
	if r.env.Terminal {
		fmt.Fprintf(r.env.Stderr, "%s%d pages, %.0f a second, in %s", terminal.ClearLine, r.published, float64(r.published)/time.Since(r.began).Seconds(), f.URL)
	}
	return r.state.save()
}

func (r *reparse) summary(stopped bool) {
	if r.env.Terminal {
		fmt.Fprint(r.env.Stderr, terminal.ClearLine)
	}
	left := make([]string, 0, len(r.counts))
	for why, n := range r.counts {
		left = append(left, fmt.Sprintf("%d %s", n, why))
	}
	slices.Sort(left)
	fmt.Fprintf(r.env.Stdout, "%d pages published from %d files", r.published, r.files)
	if len(left) > 0 {
		fmt.Fprintf(r.env.Stdout, "; records left out: %s", strings.Join(left, ", "))
	}
	if r.damages > 0 {
		fmt.Fprintf(r.env.Stdout, "; broken places: %d", r.damages)
	}
	if stopped {
		fmt.Fprint(r.env.Stdout, "; stopped before the end")
	}
	fmt.Fprintln(r.env.Stdout)
}

// pageFilter says which pages are taken.
type pageFilter struct {
	hosts        []string
	since, until time.Time // zero: any
}

func (f *pageFilter) parse(hosts, since, until string) (err error) {
	for h := range strings.SplitSeq(strings.ToLower(hosts), ",") {
		if h = strings.Trim(h, " ."); h != "" {
			f.hosts = append(f.hosts, h)
		}
	}
	if f.since, err = parseTime(since); err != nil {
		return worker.Usagef("-since: %v", err)
	}
	if f.until, err = parseTime(until); err != nil {
		return worker.Usagef("-until: %v", err)
	}
	return nil
}

// parseTime parses a day or an instant; "" is the zero time.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%q is neither a day, as 2026-11-01, nor a time, as 2026-11-01T06:00:00Z", s)
	}
	return t, nil
}

// page returns the page of a response and the host of its URL, or why it is not
// taken.
func (f *pageFilter) page(rec *warc.Record) (page *news.Page, host, why string) {
	u, err := weburl.Parse(rec.Target())
	at := rec.Date()
	switch {
	case err != nil:
		return nil, "", "of no web address"
	case !f.takesHost(u.Hostname()):
		return nil, "", "of other hosts"
	case at.Before(f.since) || !f.until.IsZero() && !at.Before(f.until):
		return nil, "", "of other times"
	}
	page, err = rec.Page(reparseBody)
	switch {
	case err != nil:
		return nil, "", "without a page"
	case page.Status != http.StatusOK:
		return nil, "", fmt.Sprintf("http_%d", page.Status)
	case !isHTML(page.HeaderValue("Content-Type")) || len(page.Body) == 0:
		return nil, "", "not HTML"
	}
	page.FinalURL = u.String()
	return page, u.Host, ""
}

func (f *pageFilter) takesHost(host string) bool {
	return len(f.hosts) == 0 || slices.ContainsFunc(f.hosts, func(h string) bool { return host == h || strings.HasSuffix(host, "."+h) })
}

// isHTML says whether a Content-Type is HTML's, or leaves it open.
func isHTML(contentType string) bool {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	media = strings.TrimSpace(media)
	return media == "" || media == "text/html" || media == "application/xhtml+xml"
}
