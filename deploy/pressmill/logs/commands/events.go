package commands

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/config"
	"pressmill/pkg/logging"
	"pressmill/pkg/worker"
)

func eventsCommand() worker.Command {
	return worker.Command{
		Name: "logs events", Args: "[-json] [NAME...]", Short: "say what an event, a field or a reason of the log means",
		Long: "Without NAME, list every event that is ever logged. NAME is an event (fetch.failed), the first part of\n" +
			"some (fetch), a field (took_ms), or a reason (http_404), which tells where it is said. The same stands in deploy/LOGS.md.",
		Run: showEvents,
	}
}

func showEvents(_ context.Context, env *worker.Env, args []string) error {
	flags := env.Flags()
	asJSON := flags.Bool("json", false, "print the catalogue as JSON, for programs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c := logging.Catalogue()
	if *asJSON {
		enc := json.NewEncoder(env.Stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(c)
	}
	if flags.NArg() == 0 {
		listEvents(env.Stdout, c)
		return nil
	}
	for i, name := range flags.Args() {
		if i > 0 {
			_, _ = fmt.Fprintln(env.Stdout)
		}
		if err := explain(env.Stdout, c, name); err != nil {
			return err
		}
	}
	return nil
}

// textWidth is how wide what is printed may be where no terminal says so.
const textWidth = 100

func listEvents(w io.Writer, c *logging.Contents) {
	const indent = 24
	width, group := cmp.Or(terminal.Width(w), textWidth), ""
	for _, e := range c.Events {
		if e.Group != group {
			if group != "" {
				_, _ = fmt.Fprintln(w)
			}
			group = e.Group
			_, _ = fmt.Fprintln(w, strings.TrimSuffix(group, "."))
		}
		_, _ = fmt.Fprintf(w, "  %-*s%s\n", indent-2, e.Name, hang(brief(e.Doc), indent, width))
	}
}

// explain tells all of an event, of the events that begin with a name, of a
// field, or of a reason.
func explain(w io.Writer, c *logging.Contents, name string) error {
	told := false
	for _, e := range c.Events {
		if e.Name == name || strings.HasPrefix(e.Name, name+".") {
			if told {
				_, _ = fmt.Fprintln(w)
			}
			told = true
			explainEvent(w, c, e)
		}
	}
	if field := c.Field(name); field != nil && !told {
		told = true
		explainField(w, c, *field)
	}
	if told || explainReason(w, c, name) {
		return nil
	}
	var known []string
	for _, e := range c.Events {
		known = append(known, e.Name)
	}
	for _, f := range c.Fields {
		known = append(known, f.Name)
	}
	if near := config.Nearest(name, known); near != "" {
		return worker.Usagef("%q is no event, no field and no reason; did you mean %q?", name, near)
	}
	return worker.Usagef("%q is no event, no field and no reason; `pressmill logs events` lists them", name)
}

func explainEvent(w io.Writer, c *logging.Contents, e logging.EventInfo) {
	width := cmp.Or(terminal.Width(w), textWidth)
	_, _ = fmt.Fprintf(w, "%s\n\n  %s\n\n", e.Name, hangAll(e.Doc, width))
	_, _ = fmt.Fprintf(w, "  stage    %s\n  level    %s\n", strings.Join(e.Stages, ", "), strings.Join(e.Levels, ", "))
	if len(e.Reasons) > 0 {
		_, _ = fmt.Fprintf(w, "  reason   %s\n", hang(strings.Join(e.Reasons, ", "), 11, width))
	}
	if len(e.Fields) == 0 {
		return
	}
	_, _ = fmt.Fprintln(w, "  fields   beyond those of every line; [] are not always there")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, use := range e.Fields {
		name := use.Name
		if use.Optional {
			name = "[" + name + "]"
		}
		_, _ = fmt.Fprintf(table, "    %s\t%s\t%s\n", name, typeOf(c.Field(use.Name)), brief(c.Field(use.Name).Doc))
	}
	_ = table.Flush()
}

func explainField(w io.Writer, c *logging.Contents, f logging.FieldInfo) {
	width := cmp.Or(terminal.Width(w), textWidth)
	_, _ = fmt.Fprintf(w, "%s\n\n  %s\n\n  type     %s\n", f.Name, hangAll(f.Doc, width), typeOf(&f))
	var of []string
	for _, e := range c.Events {
		if e.Has(f.Name) {
			of = append(of, e.Name)
		}
	}
	if len(of) > 0 {
		_, _ = fmt.Fprintf(w, "  of       %s\n", hang(strings.Join(of, ", "), 11, width))
	}
}

func typeOf(f *logging.FieldInfo) string {
	return strings.Join(slices.DeleteFunc([]string{f.Type, f.Unit}, func(s string) bool { return s == "" }), ", ")
}

// brief is the first sentence of a text.
func brief(text string) string {
	first, _, more := strings.Cut(strings.ReplaceAll(text, "\n", " "), ". ")
	if more {
		first += "."
	}
	return first
}

func hangAll(text string, width int) string {
	all := strings.Split(text, "\n\n")
	for i, p := range all {
		all[i] = hang(p, 2, width)
	}
	return strings.Join(all, "\n\n  ")
}

// hang breaks a text into lines that end at width; all but the first begin at
// indent.
func hang(text string, indent, width int) string {
	return strings.Join(terminal.Wrap(text, max(width-indent, indent)), "\n"+strings.Repeat(" ", indent))
}

// explainReason tells which events give a reason, and says whether any does.
func explainReason(w io.Writer, c *logging.Contents, reason string) bool {
	width, told := cmp.Or(terminal.Width(w), textWidth), false
	const indent = 24
	for _, e := range c.Events {
		if len(e.Reasons) == 0 || !e.Gives(reason) {
			continue
		}
		if !told {
			_, _ = fmt.Fprintf(w, "%s\n\n  A reason of these events:\n\n", reason)
		}
		told = true
		_, _ = fmt.Fprintf(w, "  %-*s%s\n", indent-2, e.Name, hang(brief(e.Doc), indent, width))
	}
	return told
}
