// Command bench compares the parser with other extractors: what a page costs
// each of them beside html.Parse, measured in one run, and what they make of it.
//
// It is a module of its own, so that nobody who uses the parser depends on
// its peers.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"pressmill/parser/corpus"
	"pressmill/pkg/news"
)

const help = `usage: bench [-rounds N] [-only TEXT] DIR...
       bench -articles NAME DIR...

Measures on one core what the pages of each DIR cost: those of DIR/pages.jsonl,
or else every .html file below DIR. Each contestant has a process of its own, in
which it and html.Parse take turns: what others keep in memory makes collecting
garbage rarer, and so html.Parse cheaper. With -articles it prints what the
extractor NAME makes of them, for "parser evaluate -articles".

`

func main() {
	fs := flag.NewFlagSet("bench", flag.ExitOnError)
	fs.Usage = func() {
		fmt.Fprint(fs.Output(), help)
		fs.PrintDefaults()
	}
	rounds := fs.Int("rounds", 5, "how often every page is measured; the table shows the median")
	only := fs.String("only", "", "measure only html.Parse and the contestants whose name holds this `text`")
	articles := fs.String("articles", "", "print the articles of the extractor of this `name`")
	alone := fs.String("alone", "", "measure only html.Parse and the contestant of this `name`, in this process, and print the figures as JSON")
	_ = fs.Parse(os.Args[1:])
	if err := run(os.Stdout, fs.Args(), *rounds, *only, *articles, *alone); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, dirs []string, rounds int, only, articles, alone string) error {
	labels, err := openCorpus(dirs)
	if err != nil {
		return err
	}
	if articles != "" {
		return writeArticles(w, labels, articles)
	}
	if alone != "" {
		runtime.GOMAXPROCS(1)
		return writeFigures(w, labels, alone, rounds)
	}
	return compare(w, dirs, only, rounds)
}

// writeArticles prints a line for every page that the named extractor makes an
// article of.
func writeArticles(w io.Writer, labels []corpus.Label, name string) error {
	extract, ok := extractors()[name]
	if !ok {
		return fmt.Errorf("no extractor %q", name)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i := range labels {
		page, err := labels[i].Page()
		if err != nil {
			return err
		}
		a, err := extract(page)
		if err != nil {
			continue
		}
		line := struct {
			ID      string        `json:"id"`
			Article *news.Article `json:"article"`
		}{labels[i].ID, a}
		if err := enc.Encode(line); err != nil {
			return fmt.Errorf("write article: %w", err)
		}
	}
	return nil
}
