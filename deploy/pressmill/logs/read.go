package logs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
)

const (
	// MaxLine is the longest line that is read, in bytes.
	MaxLine = 1 << 20
	// blockSize is how much is read, and how many bytes of lines are parsed, in one step.
	blockSize = 256 << 10
)

// Reader reads log lines. Memory is bounded whatever is read: a few blocks of
// blockSize, and one line.
type Reader struct {
	// Each is called with every line that is ours, in the order of the input.
	// The line is valid until Each returns.
	Each func(*Line)
	// Told, if there is one, is called after the lines of a block with what was
	// counted in it, broken lines among them.
	Told func(Input)
	// Lock, if there is one, is held while Each and Told are called for a block,
	// and not while the Reader waits. Several Read at once need one.
	Lock sync.Locker
}

// Read reads src until it ends or ctx does, and returns the error that ended
// it, if it was another one than the end: what was read before has been given
// to Each. Lines are parsed on all cores and handed to Each on one goroutine,
// block by block, as soon as they are there. src is plain text: see Open.
//
// A Read of src that is blocked when ctx ends is left behind.
func (r *Reader) Read(ctx context.Context, src io.Reader) error {
	_, err := r.read(ctx, src)
	return err
}

// read is Read; wait returns when nothing reads src any more.
func (r *Reader) read(ctx context.Context, src io.Reader) (wait func(), err error) {
	workers := runtime.GOMAXPROCS(0)
	p := &pipeline{
		free: make(chan *batch, workers+2), work: make(chan *batch, workers+2), order: make(chan *batch, workers+2),
		stop: ctx.Done(),
	}
	for range cap(p.free) {
		p.free <- &batch{ready: make(chan struct{}, 1)}
	}
	var working sync.WaitGroup
	working.Go(func() { p.split(src) })
	for range workers {
		working.Go(p.parse)
	}
	return working.Wait, r.take(ctx, p)
}

// take hands out the lines of blocks in the order of the input.
func (r *Reader) take(ctx context.Context, p *pipeline) error {
	var joiner joiner
	for b := range p.order {
		select {
		case <-b.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
		r.deliver(b, &joiner)
		if b.err != nil {
			if errors.Is(b.err, io.EOF) {
				return nil
			}
			return b.err
		}
		p.free <- b
	}
	return ctx.Err()
}

// deliver hands out the lines of a block, and after the last one what is left.
func (r *Reader) deliver(b *batch, j *joiner) {
	if r.Lock != nil {
		r.Lock.Lock()
		defer r.Lock.Unlock()
	}
	in := b.in
	hand := func(l *Line) {
		switch {
		case l.state == good:
			in.Lines++
			r.Each(l)
		case l.state >= bad:
			in.Lines++
			in.spoilt(Broken(l.state-bad), l.Raw)
		}
	}
	for i := range b.lines[:b.count] {
		hand(j.join(&b.lines[i]))
	}
	if b.err != nil {
		j.flush(hand)
	}
	if r.Told != nil {
		r.Told(in)
	}
}

// pipeline takes blocks from the goroutine that reads to those that parse, and
// to the one that hands out lines in the order that they were read in.
type pipeline struct {
	free, work, order chan *batch
	stop              <-chan struct{}
}

// batch is a block of whole lines.
type batch struct {
	data, arena []byte
	lines       []Line
	count       int
	in          Input
	err         error // what ended the input after this block
	ready       chan struct{}
}

// split cuts src into blocks until it ends or the reading stops.
func (p *pipeline) split(src io.Reader) {
	defer close(p.work)
	defer close(p.order)
	s := splitter{src: src}
	for {
		var b *batch
		select {
		case b = <-p.free:
		case <-p.stop:
			return
		}
		s.fill(b)
		err := b.err // the block is another's from here
		p.work <- b
		p.order <- b
		if err != nil {
			return
		}
	}
}

// parse parses the lines of blocks.
func (p *pipeline) parse() {
	for b := range p.work {
		b.arena = b.arena[:0]
		for rest := b.data; len(rest) > 0; {
			var text []byte
			text, rest, _ = bytes.Cut(rest, []byte{'\n'})
			if b.count == len(b.lines) {
				b.lines = append(b.lines, Line{})
			}
			l := &b.lines[b.count]
			b.count++
			if b.arena = l.parse(text, b.arena); l.state >= bad {
				l.Raw = text
			}
		}
		b.ready <- struct{}{}
	}
}

// splitter cuts a text into blocks of whole lines.
type splitter struct {
	src      io.Reader
	rest     []byte // the beginning of the line that the next block goes on with
	skipping bool   // inside a line that is too long
}

// fill reads once. The block has the lines that ended, and at the end of the
// input the last one, even if it did not.
func (s *splitter) fill(b *batch) {
	from := len(s.rest)
	b.data = append(slices.Grow(b.data[:0], from+blockSize), s.rest...)
	n, err := s.src.Read(b.data[from : from+blockSize])
	b.data, b.count, b.err = b.data[:from+n], 0, err
	b.in = Input{Bytes: int64(n)}
	end := len(b.data)
	if err == nil {
		end = 0
		if at := bytes.LastIndexByte(b.data[from:], '\n'); at >= 0 {
			end = from + at + 1
		}
	}
	s.rest = append(s.rest[:0], b.data[end:]...)
	b.data = s.skip(b.data[:end])
	if len(s.rest) > MaxLine {
		b.in.Lines++
		b.in.spoilt(TooLong, s.rest)
		s.skipping = true
	}
	if s.skipping {
		s.rest = s.rest[:0]
	}
}

// skip takes off what belongs to a line that was too long.
func (s *splitter) skip(data []byte) []byte {
	if !s.skipping || len(data) == 0 {
		return data
	}
	_, data, ended := bytes.Cut(data, []byte{'\n'})
	s.skipping = !ended
	return data
}

// joiner puts lines together that their carrier cut into parts.
type joiner struct {
	parts [2]struct { // by channel
		text []byte
		open bool
	}
	line  Line
	arena []byte
}

// join returns the line, or in the place of the last of its parts the whole of
// it. It is valid until the next join.
func (j *joiner) join(l *Line) *Line {
	if l.channel == 0 {
		return l
	}
	p := &j.parts[l.channel-1]
	if l.state != part && !p.open {
		return l
	}
	if !p.open {
		p.text = p.text[:0]
	}
	p.text, p.open = append(p.text, l.inner...), l.state == part
	switch {
	case len(p.text) > MaxLine:
		l.Raw, l.state, p.open = p.text, bad+state(TooLong), false
	case p.open:
		l.state = blank
	default:
		return j.parse(p.text)
	}
	return l
}

func (j *joiner) parse(text []byte) *Line {
	if j.arena = j.line.parse(text, j.arena[:0]); j.line.state >= bad {
		j.line.Raw = text
	}
	return &j.line
}

// flush hands out lines whose last part never came.
func (j *joiner) flush(hand func(*Line)) {
	for i := range j.parts {
		if p := &j.parts[i]; p.open {
			p.open = false
			hand(j.parse(p.text))
		}
	}
}
