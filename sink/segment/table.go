package segment

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"pressmill/sink/store"
	"pressmill/sink/table"
)

// The kinds of tables.
const (
	Parquet Kind = "parquet"
	CSV     Kind = "csv"
)

const (
	parquetExt = ".parquet"
	// parquetKey is the key of the metadata in the footer of a Parquet object. Its
	// body, as Meta has it, is what stands before the index and the footer: the
	// rows, compressed as they are.
	parquetKey = "pressmill"
	// parquetTail is read at once to find the metadata.
	parquetTail = 96 << 10
)

// csv returns the format's table.
func (f Format) csv() (*table.CSV, error) { return table.NewCSV(f.Fields, f.Spreadsheet) }

// validateTable says what is wrong with what only tables have.
func (f Format) validateTable() (errs []error) {
	if f.Kind != CSV {
		if len(f.Fields) > 0 || f.Spreadsheet {
			errs = append(errs, fmt.Errorf("fields, spreadsheet: the format %s has none, only csv", f.Kind))
		}
		if f.Kind == Parquet && f.Compression != Zstd {
			errs = append(errs, fmt.Errorf("compression: %q is not zstd, which the format parquet has within", f.Compression))
		}
		return errs
	}
	if _, err := f.csv(); err != nil {
		errs = append(errs, fmt.Errorf("fields: %w", err))
	}
	for _, name := range []string{"id", "rev"} {
		if len(f.Fields) > 0 && !slices.Contains(f.Fields, name) {
			errs = append(errs, fmt.Errorf("fields: %s is not among them, without which an article cannot be told from another", name))
		}
	}
	return errs
}

// putParquet stores lines as a Parquet object; see Put.
func putParquet(ctx context.Context, s store.Store, k Key, m Meta, lines []byte) (Meta, int, error) {
	var data bytes.Buffer
	_, err := table.EncodeParquet(&data, Lines(lines), func() (map[string]string, error) {
		sum := sha256.Sum256(data.Bytes())
		m.SHA256, m.Bytes = hex.EncodeToString(sum[:]), int64(data.Len())
		head, err := json.Marshal(m)
		return map[string]string{parquetKey: string(head)}, err
	})
	if err != nil {
		return m, 0, fmt.Errorf("encode %s: %w", k, err)
	}
	return m, data.Len(), s.Create(ctx, k.String(), data.Bytes())
}

// errTail says that more than the tail of an object is needed.
var errTail = errors.New("read before the tail")

// tail is the end of an object of a size.
type tail struct {
	data []byte
	size int64
}

func (t tail) ReadAt(p []byte, off int64) (int, error) {
	begin := t.size - int64(len(t.data))
	switch {
	case off < begin:
		return 0, errTail
	case off >= t.size:
		return 0, io.EOF
	}
	n := copy(p, t.data[off-begin:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// getParquetMeta reads the metadata of a Parquet object from its end.
func getParquetMeta(ctx context.Context, s store.Store, k Key) (Meta, error) {
	for n := int64(parquetTail); ; {
		data, size, err := s.OpenTail(ctx, k.String(), n)
		if err != nil {
			return Meta{}, err
		}
		m, err := parquetMeta(k, tail{data, size})
		if !errors.Is(err, errTail) || n >= size {
			return m, err
		}
		n = size
	}
}

func parquetMeta(k Key, t tail) (Meta, error) {
	values, err := table.ParquetKeyValues(t, t.size)
	if err != nil {
		return Meta{}, fmt.Errorf("read metadata of %s: %w", k, corrupt(err))
	}
	return parseMeta(k, []byte(values[parquetKey]))
}

// getParquet returns the lines of a Parquet object; see Get.
func getParquet(k Key, data []byte) (Meta, []byte, error) {
	m, err := parquetMeta(k, tail{data, int64(len(data))})
	if err != nil {
		return m, nil, err
	}
	sum := sha256.Sum256(data[:min(max(m.Bytes, 0), int64(len(data)))])
	if hex.EncodeToString(sum[:]) != m.SHA256 {
		return m, nil, fmt.Errorf("read %s: %w: the body has another hash", k, ErrCorrupt)
	}
	lines, n, err := joined(table.DecodeParquet(bytes.NewReader(data), int64(len(data))))
	if err == nil && n != m.Count {
		err = fmt.Errorf("%w: it has %d rows, not %d", ErrCorrupt, n, m.Count)
	}
	if err != nil {
		return m, nil, fmt.Errorf("read %s: %w", k, corrupt(err))
	}
	return m, lines, nil
}

// corrupt makes a broken table a corrupt object.
func corrupt(err error) error {
	if errors.Is(err, table.ErrCorrupt) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// joined returns rows as lines, and how many.
func joined(rows iter.Seq2[json.RawMessage, error]) (lines []byte, n int, err error) {
	for row, err := range rows {
		if err != nil {
			return nil, n, err
		}
		lines = append(append(lines, row...), '\n')
		n++
	}
	return lines, n, nil
}
