package logs

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// StandardInput is the name of a file that is standard input.
const StandardInput = "-"

// Plain returns what a stream says, decompressed if it begins as gzip (RFC
// 1952) or Zstandard (RFC 8878) does. It blocks until the stream's first bytes
// are there. free gives back what it holds, and does not close r.
func Plain(r io.Reader) (plain io.Reader, free func(), err error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	head, _ := buffered.Peek(1) // an error comes again with the first Read
	if len(head) == 0 || head[0] != 0x1f && head[0] != 0x28 {
		return buffered, func() {}, nil
	}
	head, _ = buffered.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, nil, fmt.Errorf("read gzip: %w", err)
		}
		return full{z}, func() { _ = z.Close() }, nil
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(buffered, zstd.WithDecoderMaxMemory(1<<30), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, nil, fmt.Errorf("read zstd: %w", err)
		}
		return full{z}, z.Close, nil
	}
	return buffered, func() {}, nil
}

// full fills what it is asked to read, as a decompressor does not.
type full struct{ io.Reader }

// Read implements io.Reader.
func (f full) Read(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = f.Reader.Read(p[n:])
		n += more
	}
	return n, err
}

// ReadFiles reads files to their ends, one after the other in the order in
// which they are named; StandardInput is stdin. A file that cannot be opened is
// an error, before anything is read. One that is damaged is read as far as it
// goes and counted as Unreadable.
func (r *Reader) ReadFiles(ctx context.Context, names []string, stdin io.Reader) error {
	for _, name := range names {
		if err := readable(name); err != nil {
			return err
		}
	}
	for _, name := range names {
		err := r.readFile(ctx, name, stdin)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.damaged(name, err)
		}
	}
	return nil
}

// readable says why a file cannot be read.
func readable(name string) error {
	if name == StandardInput {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return fmt.Errorf("read %s: it is a directory; name the files in it", name)
	}
	return nil
}

func (r *Reader) readFile(ctx context.Context, name string, stdin io.Reader) error {
	src := stdin
	if name != StandardInput {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		src = f
	}
	plain, free, err := Plain(src)
	if err != nil {
		return err
	}
	wait, err := r.read(ctx, plain)
	if name != StandardInput { // a pipe may be silent for ever
		wait()
		free()
	}
	return err
}

// damaged counts a file whose rest cannot be read.
func (r *Reader) damaged(name string, err error) {
	if r.Told == nil {
		return
	}
	if r.Lock != nil {
		r.Lock.Lock()
		defer r.Lock.Unlock()
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	in := Input{}
	in.spoilt(Unreadable, []byte(name+": "+err.Error()))
	r.Told(in)
}
