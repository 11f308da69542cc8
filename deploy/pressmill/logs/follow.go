package logs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// followEvery is how often a file that is followed is looked at.
const followEvery = 250 * time.Millisecond

// Follow reads files at once and goes on as they grow, until ctx ends: then it
// returns nil. A file that was rotated away is read to its end, and then the
// one that has its name; one that became shorter is read from its beginning. A
// compressed file, and stdin under the name StandardInput, are read to their
// end. The Reader needs a Lock.
func (r *Reader) Follow(ctx context.Context, names []string, stdin io.Reader) error {
	for _, name := range names {
		if err := readable(name); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() {
			if err := r.follow(ctx, name, stdin); err != nil && ctx.Err() == nil {
				r.damaged(name, err)
			}
		})
	}
	wg.Wait()
	return nil
}

func (r *Reader) follow(ctx context.Context, name string, stdin io.Reader) error {
	if name == StandardInput {
		return r.readFile(ctx, name, stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	head := make([]byte, 4)
	n, _ := f.ReadAt(head, 0)
	if compressed(head[:n]) {
		f.Close()
		return r.readFile(ctx, name, nil)
	}
	g := &growing{stop: ctx.Done(), name: name, f: f}
	wait, err := r.read(ctx, g)
	wait()
	g.f.Close()
	return err
}

// growing reads a file that grows, until it is stopped.
type growing struct {
	stop <-chan struct{}
	name string
	f    *os.File
	at   int64
	open bool // the last line has not ended
}

// Read implements io.Reader: it waits until there is something to read.
func (g *growing) Read(p []byte) (int, error) {
	for {
		n, err := g.f.Read(p)
		if n > 0 {
			g.at += int64(n)
			g.open = p[n-1] != '\n'
			return n, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		switch moved, err := g.moved(); {
		case err != nil:
			return 0, err
		case moved && g.open:
			g.open = false
			p[0] = '\n'
			return 1, nil
		case moved:
			continue
		}
		select {
		case <-g.stop:
			return 0, io.EOF
		case <-time.After(followEvery):
		}
	}
}

// moved turns to the file that has the name now, if it is another one, or to
// the beginning of the same one, if it was cut. It says whether it did.
func (g *growing) moved() (bool, error) {
	now, err := os.Stat(g.name)
	if err != nil {
		return false, nil // between two files of a rotation there is none
	}
	was, err := g.f.Stat()
	if err != nil {
		return false, err
	}
	if os.SameFile(now, was) {
		if now.Size() >= g.at {
			return false, nil
		}
		g.at, err = g.f.Seek(0, io.SeekStart)
		return true, err
	}
	if was.Size() > g.at { // written between the read and the rotation
		return true, nil
	}
	next, err := os.Open(g.name)
	if err != nil {
		return false, nil // rotated again
	}
	g.f.Close()
	g.f, g.at = next, 0
	return true, nil
}

// compressed says whether a file that begins so is compressed.
func compressed(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) || bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd})
}
