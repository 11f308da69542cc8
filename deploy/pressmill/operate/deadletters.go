package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"pressmill/deploy/pressmill/terminal"
	"pressmill/pkg/bus"
	"pressmill/pkg/config"
	"pressmill/pkg/worker"
)

func listDead(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
	stage := ""
	if len(args) > 0 {
		stage = args[0]
	}
	return b.DeadLetters(ctx, stage, func(d bus.DeadLetter) bool {
		_, err := fmt.Fprintln(env.Stdout, deadLine(d))
		return err == nil
	})
}

// deadLine is a dead letter as one line. What it says of itself may come from a
// page.
func deadLine(d bus.DeadLetter) string {
	return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s", d.Seq, d.Time.UTC().Format(time.RFC3339), terminal.Printable(d.Stage), terminal.Printable(d.Key), terminal.Printable(d.Reason), terminal.Printable(d.Error))
}

func showDead(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
	if len(args) != 1 {
		return worker.Usagef("name one dead letter by its number")
	}
	d, err := findDead(ctx, b, args[0])
	if err != nil {
		return err
	}
	data := d.Data
	if terminal.Width(env.Stdout) > 0 { // a page's bytes are for files and pipes
		data = []byte(terminal.PrintableLines(string(data)))
	}
	if json.Valid(d.Data) {
		data = append(bytes.Clone(data), '\n')
	}
	_, err = env.Stdout.Write(data)
	return err
}

func findDead(ctx context.Context, b *bus.Bus, seq string) (found bus.DeadLetter, err error) {
	want, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		return found, worker.Usagef("%q is not a number", seq)
	}
	err = b.DeadLetters(ctx, "", func(d bus.DeadLetter) bool {
		if d.Seq == want {
			found = d
		}
		return d.Seq < want
	})
	if err == nil && found.Seq == 0 {
		err = fmt.Errorf("dead letter %d: %w", want, bus.ErrNotFound)
	}
	return found, err
}

func replayDead(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
	var seqs []uint64
	if len(args) == 1 && args[0] == "all" {
		if err := b.DeadLetters(ctx, "", func(d bus.DeadLetter) bool { seqs = append(seqs, d.Seq); return true }); err != nil {
			return err
		}
	} else {
		var err error
		if seqs, err = numbers(args); err != nil {
			return err
		}
	}
	for _, n := range seqs {
		tries := 0
		err := insist(ctx, env, fmt.Sprintf("replay %d", n), func() error {
			tries++
			return b.Replay(ctx, n)
		})
		if errors.Is(err, bus.ErrNotFound) && tries > 1 {
			err = nil // it was replayed, and the answer was lost
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "%d replayed\n", len(seqs))
	return nil
}

func deleteDead(ctx context.Context, env *worker.Env, b *bus.Bus, _ *config.File, args []string) error {
	if len(args) == 1 && args[0] == "all" {
		var n uint64
		err := insist(ctx, env, "delete all", func() (err error) {
			n, err = b.PurgeDead(ctx)
			return err
		})
		if err == nil {
			fmt.Fprintf(env.Stdout, "%d deleted\n", n)
		}
		return err
	}
	seqs, err := numbers(args)
	if err != nil {
		return err
	}
	if len(seqs) == 0 {
		return worker.Usagef("name dead letters by their numbers, or all")
	}
	for _, n := range seqs {
		tries := 0
		err := insist(ctx, env, fmt.Sprintf("delete %d", n), func() error {
			tries++
			return b.DeleteDead(ctx, n)
		})
		if errors.Is(err, bus.ErrNotFound) && tries > 1 {
			err = nil // it was deleted, and the answer was lost
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "%d deleted\n", len(seqs))
	return nil
}

func numbers(args []string) (seqs []uint64, err error) {
	for _, a := range args {
		n, err := strconv.ParseUint(a, 10, 64)
		if err != nil {
			return nil, worker.Usagef("%q is not a number", a)
		}
		seqs = append(seqs, n)
	}
	return seqs, nil
}
