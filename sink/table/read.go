package table

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	magic = "PAR1"
	// readRows is how many rows are taken apart at a time.
	readRows = 16
)

// source is what a file is read from. It remembers its own error, to tell a
// broken file from one that cannot be read.
type input struct {
	io.ReaderAt
	err error
}

func (in *input) ReadAt(p []byte, off int64) (int, error) {
	n, err := in.ReaderAt.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) && in.err == nil {
		in.err = err
	}
	return n, err
}

// verdict returns the error of the input if it had one, and err as ErrCorrupt
// otherwise. io.EOF and nil stay what they are.
func (in *input) verdict(err error) error {
	switch {
	case err == nil || errors.Is(err, ErrCorrupt) && in.err == nil:
		return err
	case in.err != nil:
		return in.err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

// guard calls f, and makes a panic of what reads and writes Parquet, which
// trusts its input, an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// readFooter reads the footer of a file.
func readFooter(r io.ReaderAt, size int64) (*format.FileMetaData, error) {
	tail := make([]byte, 8)
	if size < int64(len(magic)+len(tail)) {
		return nil, fmt.Errorf("read footer: %w: %d bytes", ErrCorrupt, size)
	}
	if err := readFull(r, tail, size-int64(len(tail))); err != nil {
		return nil, fmt.Errorf("read footer: %w", err)
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[4:]) != magic || n > maxFooter || n > size-int64(len(magic)+len(tail)) {
		return nil, fmt.Errorf("read footer: %w: there is none", ErrCorrupt)
	}
	data := make([]byte, n)
	if err := readFull(r, data, size-int64(len(tail))-n); err != nil {
		return nil, fmt.Errorf("read footer: %w", err)
	}
	if took, err := thriftSize(data); err != nil || took != len(data) {
		return nil, fmt.Errorf("read footer: %w: %w", ErrCorrupt, err)
	}
	meta := new(format.FileMetaData)
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), data, meta); err != nil {
		return nil, fmt.Errorf("read footer: %w: %w", ErrCorrupt, err)
	}
	return meta, nil
}

// readFull reads all of p. A reader may return io.EOF with its last bytes.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	if n, err := r.ReadAt(p, off); n < len(p) {
		return err
	}
	return nil
}

// file is a Parquet file that is being read.
type file struct {
	*parquet.File
	in   *input
	size int64
}

func open(r io.ReaderAt, size int64) (*file, error) {
	f := &file{in: &input{ReaderAt: r}, size: size}
	err := guard(func() error {
		meta, err := readFooter(f.in, size)
		if err != nil {
			return err
		}
		if len(meta.Schema) > 4*maxLeaves {
			return fmt.Errorf("read footer: %w: a schema of %d elements", ErrCorrupt, len(meta.Schema))
		}
		if f.File, err = parquet.OpenFile(f.in, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true)); err != nil {
			return err
		}
		return checkColumns(f.Schema())
	})
	return f, f.in.verdict(err)
}

// checkColumns returns an error for a file that has columns that are not known
// and not all that are. Columns are only ever added, so that this is the work of
// no version.
func checkColumns(have *parquet.Schema) error {
	missing, strange := leftOut(schema(), have), leftOut(have, schema())
	if missing != "" && strange != "" {
		return fmt.Errorf("%w: it has a column %s, and none %s", ErrCorrupt, strange, missing)
	}
	return nil
}

// leftOut returns a column of one schema that another has not, or "".
func leftOut(of, in *parquet.Schema) string {
	for _, path := range of.Columns() {
		if _, ok := in.Lookup(path...); !ok {
			return strings.Join(path, ".")
		}
	}
	return ""
}

// lines yields the file's rows. An error is the last.
func (f *file) lines() iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		c, err := newChecker(f.in, f.size, f.Schema())
		if err != nil {
			yield(nil, err)
			return
		}
		defer c.close()
		for i, g := range f.RowGroups() {
			if err := guard(func() error { return c.group(&f.Metadata().RowGroups[i]) }); err != nil {
				yield(nil, fmt.Errorf("check rows: %w", f.in.verdict(err)))
				return
			}
			if !f.group(g, yield) {
				return
			}
		}
	}
}

// group yields the lines of a group of rows. It returns false when no more are
// wanted, or none can be read.
func (f *file) group(g parquet.RowGroup, yield func(json.RawMessage, error) bool) bool {
	var rows parquet.Rows
	err := guard(func() (err error) {
		rows, err = openRows(g)
		return err
	})
	if err != nil {
		yield(nil, fmt.Errorf("read rows: %w", f.in.verdict(err)))
		return false
	}
	defer func() { _ = guard(rows.Close) }()
	values, count, done := make([]parquet.Row, readRows), int64(0), false
	for !done {
		var lines []json.RawMessage
		err := guard(func() (err error) {
			lines, done, err = nextLines(rows, values)
			return err
		})
		for _, line := range lines {
			if !yield(line, nil) {
				return false
			}
		}
		if count += int64(len(lines)); err == nil && done && count != g.NumRows() {
			err = fmt.Errorf("%w: %d rows of %d", ErrCorrupt, count, g.NumRows())
		}
		if err != nil {
			yield(nil, fmt.Errorf("read rows: %w", f.in.verdict(err)))
			return false
		}
	}
	return true
}

// schema is that of row. Files with other columns, of another version, are
// read by it.
func schema() *parquet.Schema { return parquet.SchemaOf(row{}) }

func openRows(g parquet.RowGroup) (parquet.Rows, error) {
	if want := schema(); !parquet.EqualNodes(want, g.Schema()) {
		conv, err := parquet.Convert(want, g.Schema())
		if err != nil {
			return nil, err
		}
		g = parquet.ConvertRowGroup(g, conv)
	}
	return g.Rows(), nil
}

// nextLines returns the lines of the next rows, and whether they are the last.
// buf is room for rows.
func nextLines(rows parquet.Rows, buf []parquet.Row) (lines []json.RawMessage, done bool, err error) {
	n, err := rows.ReadRows(buf)
	if done = errors.Is(err, io.EOF); err != nil && !done {
		return nil, false, err
	}
	if n == 0 && !done {
		return nil, false, io.ErrNoProgress
	}
	for _, values := range buf[:n] {
		line, err := lineOf(values)
		if err != nil {
			return lines, false, err
		}
		lines = append(lines, line)
	}
	return lines, done, nil
}

func lineOf(values parquet.Row) (json.RawMessage, error) {
	size := 0
	for _, v := range values {
		if k := v.Kind(); k == parquet.ByteArray || k == parquet.FixedLenByteArray {
			size += len(v.ByteArray())
		}
	}
	if size > maxRow {
		return nil, fmt.Errorf("%w: a row of %d bytes", ErrCorrupt, size)
	}
	var r row
	if err := schema().Reconstruct(&r, values); err != nil {
		return nil, err
	}
	return r.line()
}
