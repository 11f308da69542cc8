package parser

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"pressmill/parser/corpus"
	"pressmill/parser/explain"
	"pressmill/parser/rules"
	"pressmill/pkg/config"
	"pressmill/pkg/news"
)

// The exit codes of the commands.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

const extractHelp = `usage: parser extract [-rules DIR] -url URL FILE|-
       parser extract [-rules DIR] -corpus DIR

Prints the article in an HTML page as JSON. FILE is read, or standard input
for "-". With -corpus, prints a line {"id":..., "article":{...}} for every page
of DIR/pages.jsonl, in order; a page that is no article has article null and
an "error".

` + rulesHelp

const rulesHelp = `-rules names a folder of site rules in YAML: a file for each site, or a list of
sites in one.

  domain: example.com           # and its subdomains; the only key that must be there
  path: /news/*                 # only pages whose path matches; * is any run of characters
  title: h1.headline            # and standfirst, authors, published, modified, section, tags, image
  published: [time.pub, "meta[name=date]@content"]
  body: [article .text, .story] # the elements that hold the text
  drop: [.promo, aside.shop]    # elements that are no part of the article
  keep: [aside.facts]           # elements of the text that the engine would leave out
  zone: Europe/Berlin           # of dates that state none
  lang: de                      # in place of what the pages declare

Selectors are CSS: tag, *, .class, #id, [name], [name=value] with = ^= $= *= ~=,
:first-child, descendants, children (>), comma lists; @name behind one reads an
attribute. Of a list the first that matches counts, of drop and keep all. The
rule with the longest domain, then the longest path, is used alone. One that
matches nothing on a page is a warning in the article.

`

const evaluateHelp = `usage: parser evaluate [-rules DIR] -corpus DIR [-corpus DIR...] [DIR...]
       parser evaluate -articles FILE.jsonl -corpus DIR...

Prints a table of scores: the pages of each DIR/pages.jsonl are extracted and
compared with their labels. With -articles the articles are read from a file of
JSON lines, as a sink writes them, instead, and found by their URL.

The sites are cut in two halves by a hash of their name. Work on the engine
with the pages of the open half only; a gain that the held half does not show
was made for single pages. -halves prints both. The models that are built in may
have learned from either: "parser train" tells how good they are.

`

const trainHelp = `usage: parser train -o DIR -corpus DIR [-corpus DIR...] [DIR...]

Trains the models that choose a page's text on the pages of each
DIR/pages.jsonl, and writes them to a folder. Prints the scores of each corpus
twice: of pages whose sites the models were not trained with, in five folds,
and of pages that they have seen. Only the former tell how good they are. They
are means over several ways to cut the sites into folds, as a single one is off
by chance; a page counts once for each.

The program has its models built in: to change them, write to parser/model and
build it again.

`

// listFlag is a flag that may be repeated.
type listFlag []string

func (l *listFlag) String() string { return fmt.Sprint(*l) }

func (l *listFlag) Set(s string) error {
	*l = append(*l, s)
	return nil
}

func newFlags(name, help string, stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(fs.Output(), help)
		fs.PrintDefaults()
	}
	return fs
}

// parseFlags returns an exit code, and whether the command goes on.
func parseFlags(fs *flag.FlagSet, args []string, stdout io.Writer) (int, bool) {
	for _, a := range args {
		if a == "-h" || a == "-help" || a == "--help" {
			fs.SetOutput(stdout)
		}
	}
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitDone, false
	case err != nil:
		return exitUsage, false
	}
	return exitDone, true
}

// RunExtract is the command "parser extract". It returns the exit code: 0 done,
// 1 failed or no article, 2 wrong use.
func RunExtract(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	fs := newFlags("extract", extractHelp, stderr)
	saved := savedFlags(fs)
	dir := fs.String("corpus", "", "folder with pages.jsonl")
	rulesDir := rulesFlag(fs)
	if code, ok := parseFlags(fs, args, stdout); !ok {
		return code
	}
	e, err := newExtractor(*rulesDir)
	switch {
	case err != nil:
		return done(stderr, err)
	case *dir != "" && (*saved.url != "" || fs.NArg() > 0):
		return misuse(fs, stderr, "-corpus goes with neither -url nor FILE")
	case *dir != "":
		return done(stderr, corpus.WriteArticles(stdout, e.Extract, *dir))
	case saved.fault() != "":
		return misuse(fs, stderr, saved.fault())
	}
	page, err := saved.read(stdin)
	if err == nil {
		err = e.writeArticle(stdout, page)
	}
	return done(stderr, err)
}

func misuse(fs *flag.FlagSet, stderr io.Writer, msg string) int {
	fmt.Fprintf(stderr, "parser %s: %s\n\n", fs.Name(), msg)
	fs.Usage()
	return exitUsage
}

// done tells the error, if there is one, and returns the exit code.
func done(stderr io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(stderr, "parser:", line)
	}
	if errors.Is(err, config.ErrInvalid) {
		return exitUsage
	}
	return exitFailed
}

func rulesFlag(fs *flag.FlagSet) *string {
	return fs.String("rules", "", "`folder` with site rules (default: none)")
}

func newExtractor(rulesDir string) (*Extractor, error) {
	set, err := rules.Load(rulesDir)
	return &Extractor{Rules: set}, err
}

// saved is the page in a file that a command works on.
type saved struct {
	flags     *flag.FlagSet
	url, zone *string
}

func savedFlags(fs *flag.FlagSet) *saved {
	return &saved{
		flags: fs,
		url:   fs.String("url", "", "the page's `URL`"),
		zone:  fs.String("zone", "", "IANA time `zone` of dates that state none"),
	}
}

// fault says what is missing of the command line, or "".
func (s *saved) fault() string {
	switch {
	case *s.url == "":
		return "-url is missing"
	case s.flags.NArg() != 1:
		return "want one FILE, or -"
	}
	return ""
}

// read reads the page from the file, or from stdin for "-".
func (s *saved) read(stdin io.Reader) (*news.Page, error) {
	var body []byte
	var err error
	if name := s.flags.Arg(0); name == "-" {
		body, err = io.ReadAll(stdin)
	} else {
		body, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	page := corpus.SavedPage(*s.url, "", body)
	page.Source.Zone = *s.zone
	return page, nil
}

func (e *Extractor) writeArticle(w io.Writer, page *news.Page) error {
	a, err := e.Extract(page)
	if err != nil {
		return fmt.Errorf("extract %s: %w", page.FinalURL, err)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(a)
}

// RunEvaluate is the command "parser evaluate". It returns the exit code: 0
// done, 1 failed, 2 wrong use.
func RunEvaluate(args []string, stdout, stderr io.Writer) int {
	fs := newFlags("evaluate", evaluateHelp, stderr)
	var dirs listFlag
	fs.Var(&dirs, "corpus", "`folder` with pages.jsonl; may be repeated")
	rulesDir := rulesFlag(fs)
	articles := fs.String("articles", "", "score the articles of this `file` of JSON lines")
	var report corpus.Report
	fs.IntVar(&report.Worst, "worst", 0, "list the `n` pages with the lowest scores of each set")
	fs.BoolVar(&report.Halves, "halves", false, "also score each half of the sites, and list the worst of the open half only")
	if code, ok := parseFlags(fs, args, stdout); !ok {
		return code
	}
	dirs = append(dirs, fs.Args()...)
	if len(dirs) == 0 {
		return misuse(fs, stderr, "want at least one folder")
	}
	engine, err := evaluated(*articles, *rulesDir)
	if err == nil {
		err = corpus.Evaluate(stdout, report, engine, dirs...)
	}
	return done(stderr, err)
}

// evaluated returns what is evaluated: a file of articles, or the Extractor.
func evaluated(articles, rulesDir string) (corpus.Engine, error) {
	if articles != "" {
		found, err := corpus.ReadArticles(articles)
		return found.Find, err
	}
	e, err := newExtractor(rulesDir)
	return e.Extract, err
}

// RunTrain is the command "parser train". It returns the exit code: 0 done, 1
// failed, 2 wrong use.
func RunTrain(args []string, stdout, stderr io.Writer) int {
	fs := newFlags("train", trainHelp, stderr)
	var dirs listFlag
	fs.Var(&dirs, "corpus", "`folder` with pages.jsonl; may be repeated")
	out := fs.String("o", "", "`folder` for the models")
	cuts := fs.Int("cuts", 10, "how many `times` the sites are cut into folds anew")
	if code, ok := parseFlags(fs, args, stdout); !ok {
		return code
	}
	dirs = append(dirs, fs.Args()...)
	switch {
	case len(dirs) == 0:
		return misuse(fs, stderr, "want at least one folder")
	case *out == "":
		return misuse(fs, stderr, "-o is missing")
	case *cuts < 1:
		return misuse(fs, stderr, "want at least one cut")
	}
	return done(stderr, Train(stdout, *out, *cuts, dirs...))
}

const explainHelp = `usage: parser explain [-rules DIR] [-o OUT.html] -url URL FILE|-

Writes a web page that shows every block of a saved page in place: its type,
whether it is in the article and why not, and how likely the model took it;
beside them the fields of the article with their sources. A page that is no
article is explained too, with the grounds against it.
The output is one file; it loads and runs nothing of the page.

`

// RunExplain is the command "parser explain". It returns the exit code: 0 done,
// 1 failed, 2 wrong use.
func RunExplain(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	fs := newFlags("explain", explainHelp, stderr)
	saved := savedFlags(fs)
	out := fs.String("o", "", "`file` to write (default: standard output)")
	rulesDir := rulesFlag(fs)
	if code, ok := parseFlags(fs, args, stdout); !ok {
		return code
	}
	e, err := newExtractor(*rulesDir)
	switch {
	case err != nil:
		return done(stderr, err)
	case saved.fault() != "":
		return misuse(fs, stderr, saved.fault())
	}
	page, err := saved.read(stdin)
	if err == nil {
		err = e.writeExplained(stdout, *out, page)
	}
	return done(stderr, err)
}

func (e *Extractor) writeExplained(stdout io.Writer, name string, page *news.Page) error {
	p, err := e.Explain(page)
	if err != nil {
		return fmt.Errorf("explain %s: %w", page.FinalURL, err)
	}
	var b bytes.Buffer
	if err := explain.Write(&b, p); err != nil {
		return fmt.Errorf("explain %s: %w", page.FinalURL, err)
	}
	if name == "" {
		_, err = b.WriteTo(stdout)
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}
