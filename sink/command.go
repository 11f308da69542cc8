package sink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"pressmill/sink/segment"
	"pressmill/sink/store"
)

const catUsage = `usage: sink cat URL

Prints all articles of a store as JSON lines, in the order of its objects, and
checks every object against its metadata. URL is a folder, file:///absolute/dir,
s3://bucket/prefix, gs://bucket/prefix or azblob://container/prefix.
`

// RunCat is the command "sink cat": it prints the articles of a store and
// returns the exit code: 0 done, 1 something could not be read, 2 wrong use.
// Objects that are corrupt are named on stderr and left out.
func RunCat(args []string, stdout, stderr io.Writer) int {
	if len(args) == 1 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		_, _ = io.WriteString(stdout, catUsage)
		return 0
	}
	if len(args) != 1 || strings.HasPrefix(args[0], "-") {
		_, _ = io.WriteString(stderr, catUsage)
		return 2
	}
	from, err := store.URL(args[0])
	if err == nil {
		err = store.ValidURL(from)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "sink cat: %v\n", err)
		return 2
	}
	return cat(from, stdout, stderr)
}

func cat(rawURL string, stdout, stderr io.Writer) int {
	out := bufio.NewWriter(stdout)
	code := 0
	for a, err := range segment.ReadURL(context.Background(), rawURL) {
		if err != nil {
			_, _ = fmt.Fprintf(stderr, "sink cat: %v\n", err)
			code = 1
			continue
		}
		_, err = out.Write(a)
		if err := errors.Join(err, out.WriteByte('\n')); err != nil {
			_, _ = fmt.Fprintf(stderr, "sink cat: write: %v\n", err)
			return 1
		}
	}
	if err := out.Flush(); err != nil {
		_, _ = fmt.Fprintf(stderr, "sink cat: write: %v\n", err)
		return 1
	}
	return code
}
