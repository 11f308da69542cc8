package warc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

const (
	maxLine   = 64 << 10  // the longest line of a record's header in bytes
	maxHeader = 256 << 10 // and all of it
	// maxDamages is how many damages are described; further ones are counted.
	maxDamages = 20
)

// ErrNotWARC says that there is not one record in what was read.
var ErrNotWARC = errors.New("is no WARC file")

// Reader reads the records of a WARC file one after the other: gzip members, of
// which each may hold several records, or plain text. It holds one record in
// memory.
type Reader struct {
	// MaxBlock is the most that is kept of a record's block in bytes; by
	// default 16 MiB.
	MaxBlock int
	// Base is the offset of the first byte read in its file.
	Base int64

	from  *source
	in    *bufio.Reader // the file
	zr    *gzip.Reader  // nil: the file is plain
	body  *bufio.Reader // the open member without its compression, or in
	open  bool          // a member
	block []byte
	begun bool
	found int64 // records

	at      int64 // offset of the member or plain record in work
	broken  bool  // since the last good record
	damages []Damage
	damaged int64
}

// Damage is a place from which on records could not be read.
type Damage struct {
	Offset int64
	Err    error
}

// source counts what is read, and tells its own errors from those of the data.
type source struct {
	r   io.Reader
	n   int64
	err error // but io.EOF
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// NewReader returns a reader of a file, or of a part that begins at a record.
func NewReader(r io.Reader) *Reader {
	from := &source{r: r}
	return &Reader{MaxBlock: 16 << 20, from: from, in: bufio.NewReaderSize(from, 64<<10), body: bufio.NewReaderSize(nil, 32<<10)}
}

// Record is one record.
type Record struct {
	Fields []Field
	// Block is valid until the next call of Next. It is cut at MaxBlock.
	Block []byte
	Cut   bool
	// Offset is where the record begins in the file, or the gzip member that
	// holds it; Length is how long it is there, 0 for one of several in a member.
	Offset, Length int64
}

// Get returns the first field of a name, in any case, or "".
func (r *Record) Get(name string) string {
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Type returns the record's type, as TypeResponse.
func (r *Record) Type() string { return strings.ToLower(r.Get(fieldType)) }

// ID returns the record's id without its brackets.
func (r *Record) ID() string { return bare(r.Get(fieldID)) }

// bare returns a URI without the brackets that the grammar has around it.
func bare(uri string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(uri, "<"), ">"))
}

// Next returns the next record that is whole. What is broken or cut is passed
// over and counted; see Damages. It returns io.EOF at the end, ErrNotWARC
// instead if there was no record in the whole of a file, and other errors if it
// cannot be read.
func (r *Reader) Next() (*Record, error) {
	for {
		rec, err := r.next()
		switch {
		case r.from.err != nil:
			return nil, fmt.Errorf("read file: %w", r.from.err)
		case err == nil:
			r.broken = false
			r.found++
			return rec, nil
		case errors.Is(err, errEnd) && r.found == 0 && r.damaged > 0 && r.Base == 0:
			return nil, fmt.Errorf("%w: %w", ErrNotWARC, r.damages[0].Err)
		case errors.Is(err, errEnd):
			return nil, io.EOF
		}
		r.note(err)
		r.goOn()
	}
}

// Offset returns where the next record begins, if the file is read on from
// there: the end of the last member or plain record.
func (r *Reader) Offset() int64 {
	if r.open {
		return r.at
	}
	return r.position()
}

func (r *Reader) position() int64 { return r.Base + r.from.n - int64(r.in.Buffered()) }

// Damages returns how many times records were passed over because they were
// broken or cut, and the first of these places.
func (r *Reader) Damages() (int64, []Damage) { return r.damaged, r.damages }

func (r *Reader) note(err error) {
	if r.broken {
		return // the same place
	}
	r.broken = true
	r.damaged++
	if len(r.damages) < maxDamages {
		r.damages = append(r.damages, Damage{Offset: r.at, Err: err})
	}
}

// errEnd is the end of the file between two records.
var errEnd = errors.New("end of file")

func (r *Reader) next() (*Record, error) {
	if !r.begun {
		r.begun = true
		if magic, _ := r.in.Peek(2); string(magic) == "\x1f\x8b" {
			r.zr = new(gzip.Reader)
		} else {
			r.body = r.in
		}
	}
	if err := r.enter(); err != nil {
		return nil, err
	}
	rec := &Record{Offset: r.at}
	if err := r.readFields(rec); err != nil {
		return nil, noEOF(err)
	}
	if err := r.readBlock(rec); err != nil {
		return nil, noEOF(err)
	}
	return rec, r.leave(rec)
}

// noEOF returns an error that is no end of a file where one must not end.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// enter goes to the beginning of a record, opening the next member if none is
// open.
func (r *Reader) enter() error {
	if r.open {
		return noEOF(r.skipLines())
	}
	if r.zr == nil {
		if err := r.skipLines(); err != nil {
			return endOr(err)
		}
		r.at = r.position()
		return nil
	}
	r.at = r.position()
	if magic, err := r.in.Peek(len(memberMark)); len(magic) == 0 {
		return endOr(err)
	} else if string(magic) != memberMark {
		return fmt.Errorf("gzip member begins with %x", magic)
	}
	if err := r.zr.Reset(r.in); err != nil {
		return fmt.Errorf("open gzip member: %w", noEOF(err))
	}
	r.zr.Multistream(false)
	r.body.Reset(r.zr)
	r.open = true
	return nil
}

func endOr(err error) error {
	if errors.Is(err, io.EOF) {
		return errEnd
	}
	return err
}

// skipLines passes over line ends.
func (r *Reader) skipLines() error {
	for {
		b, err := r.body.Peek(1)
		if err != nil {
			return err
		}
		if b[0] != '\r' && b[0] != '\n' {
			return nil
		}
		_, _ = r.body.Discard(1)
	}
}

// readFields reads the version and the named fields of a record (section 4).
func (r *Reader) readFields(rec *Record) error {
	line, err := r.line()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "WARC/") {
		return fmt.Errorf("record begins with %.40q, not with WARC/", line)
	}
	for size := len(line); ; {
		if line, err = r.line(); err != nil || line == "" {
			return err
		}
		if size += len(line); size > maxHeader {
			return fmt.Errorf("header of the record is longer than %d bytes", maxHeader)
		}
		if line[0] == ' ' || line[0] == '\t' {
			if n := len(rec.Fields); n > 0 && len(rec.Fields[n-1].Value) < maxFolded {
				rec.Fields[n-1].Value += " " + strings.TrimSpace(line)
			}
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			rec.Fields = append(rec.Fields, Field{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
}

// line reads one line without its end.
func (r *Reader) line() (string, error) {
	var long []byte
	for {
		part, err := r.body.ReadSlice('\n')
		if err == nil && long == nil {
			return strings.TrimRight(string(part), "\r\n"), nil
		}
		if long = append(long, part...); len(long) > maxLine {
			return "", fmt.Errorf("line is longer than %d bytes", maxLine)
		}
		if err == nil {
			return strings.TrimRight(string(long), "\r\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
}

func (r *Reader) readBlock(rec *Record) error {
	raw := rec.Get(fieldContentLength)
	size, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || size < 0 {
		return fmt.Errorf("Content-Length %.40q is no size", raw)
	}
	keep := min(size, int64(r.MaxBlock))
	// The block grows with what is there: a header can say anything.
	block := bytes.NewBuffer(r.block[:0])
	if _, err := io.CopyN(block, r.body, keep); err != nil {
		return err
	}
	r.block = block.Bytes()
	rec.Block, rec.Cut = r.block, keep < size
	_, err = io.CopyN(io.Discard, r.body, size-keep)
	return err
}

// leave goes to the end of a record, and of its member if that is all it holds.
// Only then the member's checksum has been looked at.
func (r *Reader) leave(rec *Record) error {
	err := r.skipLines()
	switch {
	case r.zr == nil && (err == nil || errors.Is(err, io.EOF)):
		rec.Length = r.position() - r.at
		return nil
	case errors.Is(err, io.EOF):
		r.open = false
		rec.Length = r.position() - r.at
		return nil
	}
	return noEOF(err)
}

// The marks of what may be a record: a line that begins with a version, and
// the head of a gzip member (RFC 1952, section 2.3).
const (
	versionMark = "\nWARC/"
	memberMark  = "\x1f\x8b\x08"
)

// goOn goes behind damage: to the next record of the open member, if that can
// be decompressed, or else to the next member.
func (r *Reader) goOn() {
	if r.open || r.zr == nil {
		err := seek(r.body, versionMark)
		if err == nil {
			return
		}
		r.open = false
		if errors.Is(err, io.EOF) {
			return
		}
	}
	if r.zr != nil {
		_ = seek(r.in, memberMark) // at the end, the next look finds it
	}
}

// seek goes to the next mark. It fails where there is none.
func seek(in *bufio.Reader, mark string) error {
	for {
		if _, err := in.Peek(len(mark)); err != nil {
			_, _ = in.Discard(in.Buffered())
			return err
		}
		part, _ := in.Peek(in.Buffered())
		if i := bytes.Index(part, []byte(mark)); i >= 0 {
			_, _ = in.Discard(i)
			return nil
		}
		_, _ = in.Discard(len(part) - len(mark) + 1)
	}
}
