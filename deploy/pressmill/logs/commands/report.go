package commands

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pressmill/deploy/pressmill/logs"
	"pressmill/deploy/pressmill/logs/report"
	"pressmill/deploy/pressmill/timeflag"
	"pressmill/pkg/worker"
)

// reportFlags are the flags of `pressmill logs report`.
type reportFlags struct {
	out, title   string
	since, until timeflag.Flag
}

func (r *reportFlags) define(f *worker.Flags) {
	f.StringVar(&r.out, "o", "", "`FILE` to write the page to (default: standard output)")
	f.StringVar(&r.title, "title", "", "`TITLE` of the page")
	f.Var(&r.since, "since", "only lines from `TIME` on: a date, a time (RFC 3339), or an age such as 90m, 24h or 7d")
	f.Var(&r.until, "until", "only lines before `TIME`; a date is counted to its end")
}

func reportCommand() worker.Command {
	return worker.Command{
		Name: "logs report", Args: "[-o FILE] [-since TIME] [-until TIME] [-title TITLE] [FILE...]", Short: "make one HTML page of logs: what is wrong, and charts",
		Long: "Read log lines, from FILE... in any order or from standard input, and write one HTML page that says\n" +
			"what is wrong, if anything, and shows throughput, lag, latencies, outcomes, sources, hosts, processes\n" +
			"and sinks. The page stands alone: it loads nothing, and can be mailed or kept. It stays below 2 MB.\n\n" +
			"Files may be of any stage and process, plain, gzip or zstd, of any preset of key names, and as kubectl,\n" +
			"Docker or journald give them:\n\n" +
			"  kubectl logs -l app.kubernetes.io/name=pressmill --prefix --tail=-1 | pressmill logs report -o report.html\n\n" +
			"Without any line to tell of, as when none lies within -since and -until, no page is written and the exit\n" +
			"code is 1.",
		Run: makeReport,
	}
}

func makeReport(ctx context.Context, env *worker.Env, args []string) error {
	flags := reportFlags{until: timeflag.Flag{End: true}}
	f := env.Flags()
	flags.define(f)
	if err := f.Parse(args); err != nil {
		return err
	}
	inputs := f.Args()
	if len(inputs) == 0 {
		inputs = []string{logs.StandardInput}
	}
	if slices.ContainsFunc(inputs, func(name string) bool { return sameFile(name, flags.out) }) {
		return worker.Usagef("-o %s is a log to be read, and would be overwritten", flags.out)
	}
	b := report.NewBuilder()
	b.Since, b.Until = flags.since.At, flags.until.At
	for _, name := range inputs {
		var in logs.Input
		reader := logs.Reader{Each: b.Add, Told: in.Add}
		if err := reader.ReadFiles(ctx, []string{name}, env.Stdin); err != nil {
			return err
		}
		b.File(inputName(name), in)
	}
	r := b.Report(cmp.Or(flags.title, "Pressmill: what the logs say"))
	if r.Totals.Lines == 0 {
		return nothingToReport(r)
	}
	var page bytes.Buffer
	if err := report.Write(&page, r); err != nil {
		return err
	}
	if flags.out == "" {
		_, err := page.WriteTo(env.Stdout)
		return err
	}
	if err := os.WriteFile(flags.out, page.Bytes(), 0o600); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.Stderr, strings.TrimSpace(flags.out))
	return err
}

// nothingToReport says why a report has no line: what was read instead.
func nothingToReport(r *report.Report) error {
	if r.Outside > 0 {
		return fmt.Errorf("no page is written: none of the %d lines lies within -since and -until; they are from %s to %s",
			r.Outside, r.Beyond[0].Format(time.RFC3339), r.Beyond[1].Format(time.RFC3339))
	}
	var lines int64
	for _, f := range r.Files {
		lines += f.Lines
	}
	if lines == 0 {
		return errors.New("no page is written: there is not one line to read")
	}
	return fmt.Errorf("no page is written: none of the %d lines could be read as one of Pressmill's logs", lines)
}

// sameFile says whether two names are those of one file that is there.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// inputName is the name of a file, without the folders that it lies in.
func inputName(name string) string {
	if name == logs.StandardInput {
		return "standard input"
	}
	return filepath.Base(name)
}
