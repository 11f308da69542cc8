package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// release is what the images are built of. Nothing else of the machine or the
// hour gets into them.
type release struct {
	version  string
	revision string    // the commit, with "-dirty" when files differ from it; "" without git
	created  time.Time // the commit's time, or SOURCE_DATE_EPOCH
	source   string    // URL; may be empty
}

// tagged is what may stand behind the colon of an image (OCI distribution
// specification, "Pulling manifests").
var tagged = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// findRelease asks git for what is not given: a version is the tag of the
// commit without its "v", or else what `git describe` calls it.
func findRelease(ctx context.Context, root, version, source string) (release, error) {
	r := release{version: version, source: source, created: time.Unix(0, 0).UTC()}
	if commit, err := git(ctx, root, "log", "-1", "--format=%H %ct"); err == nil {
		hash, seconds, _ := strings.Cut(commit, " ")
		described, err := git(ctx, root, "describe", "--tags", "--always", "--abbrev=12", "--match=v[0-9]*", "--dirty")
		if err != nil {
			return r, err
		}
		if r.created, err = epoch(seconds); err != nil {
			return r, err
		}
		r.revision = hash
		if strings.HasSuffix(described, "-dirty") {
			r.revision += "-dirty"
		}
		r.version = cmp.Or(version, strings.TrimPrefix(described, "v"))
	}
	if r.version == "" {
		return r, errors.New("say which version this is: there is no git history to tell it from")
	}
	if !tagged.MatchString(r.version) {
		return r, fmt.Errorf("version %q cannot be the tag of an image", r.version)
	}
	if seconds := os.Getenv("SOURCE_DATE_EPOCH"); seconds != "" {
		var err error
		if r.created, err = epoch(seconds); err != nil {
			return r, fmt.Errorf("read SOURCE_DATE_EPOCH: %w", err)
		}
	}
	return r, nil
}

func epoch(seconds string) (time.Time, error) {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(n, 0).UTC(), nil
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	return output(exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...))
}

// output runs a command and returns what it printed, trimmed. What it
// complained about is in the error.
func output(cmd *exec.Cmd) (string, error) {
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("run %s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
