package table

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

const (
	// A group of rows is complete with as many, or with as many bytes of lines.
	groupRows  = 10_000
	groupBytes = 32 << 20
	// groupElements is how many elements the lists of a group may have, and
	// rowElements those of a row; a row with more is in the column extra.
	groupElements = 400_000
	rowElements   = 100_000
	// maxLine is more than the bus carries.
	maxLine = 9 << 20
	// So many rows are handed over at once.
	batchRows = 64
	// A page of a column is complete with so many bytes.
	pageBytes = 128 << 10
	// dictionaryBytes is up to where a column of few values is written as
	// places in a list of them.
	dictionaryBytes = 256 << 10
	// bloomBits are the bits an id takes in the Bloom filter: 1 % of the ids
	// that are not there seem to be.
	bloomBits = 10
)

// EncodeParquet writes lines, each a JSON object of up to 9 MiB, as one Parquet
// file, and returns the number of rows. keyValues returns the file's key-value
// metadata; it is called when all rows are with dst, and may be nil. One group
// of rows is in memory at a time, compressed.
func EncodeParquet(dst io.Writer, lines iter.Seq[[]byte], keyValues func() (map[string]string, error)) (rows int, err error) {
	w := parquet.NewGenericWriter[row](dst, writerOptions()...)
	e := &encoder{w: w}
	for line := range lines {
		if err := e.add(line); err != nil {
			return rows, fmt.Errorf("encode row %d: %w", rows, err)
		}
		rows++
	}
	if err := e.flush(); err != nil {
		return rows, fmt.Errorf("write rows: %w", err)
	}
	if keyValues != nil {
		values, err := keyValues()
		if err != nil {
			return rows, err
		}
		for _, key := range slices.Sorted(maps.Keys(values)) {
			w.SetKeyValueMetadata(key, values[key])
		}
	}
	if err := guard(w.Close); err != nil {
		return rows, fmt.Errorf("write footer: %w", err)
	}
	return rows, nil
}

// encoder collects rows, which cost less in batches, and groups of rows.
type encoder struct {
	w     *parquet.GenericWriter[row]
	batch []row
	// Of the group of rows:
	rows     int
	size     int // of the lines
	elements int // of their lists
}

func (e *encoder) add(line []byte) error {
	if len(line) > maxLine {
		return fmt.Errorf("a line of %d bytes, more than %d", len(line), maxLine)
	}
	r, err := rowOf(line)
	if err != nil {
		return err
	}
	n := r.elements()
	if e.rows == groupRows || e.size+len(line) > groupBytes || e.elements+n > groupElements {
		if err := e.flush(); err != nil {
			return err
		}
	}
	e.batch = append(e.batch, r)
	e.rows, e.size, e.elements = e.rows+1, e.size+len(line), e.elements+n
	if len(e.batch) == batchRows {
		return e.write()
	}
	return nil
}

func (e *encoder) write() error {
	err := guard(func() error {
		_, err := e.w.Write(e.batch)
		return err
	})
	clear(e.batch)
	e.batch = e.batch[:0]
	return err
}

// flush ends a group of rows.
func (e *encoder) flush() error {
	if err := e.write(); err != nil {
		return err
	}
	e.rows, e.size, e.elements = 0, 0, 0
	return guard(e.w.Flush)
}

// ordered are the texts whose least and greatest a query may ask for. Of the
// others, which may be long, they would be kept in full and tell nothing.
var ordered = map[string]bool{
	"schema": true, "id": true, "rev": true, "kind": true, "lang": true,
	"url.final": true, "url.canonical": true, "source.id": true, "source.domain": true,
	"published.local": true, "modified.local": true, "trace.crawl_id": true, "trace.page_id": true,
}

func writerOptions() []parquet.WriterOption {
	options := []parquet.WriterOption{
		parquet.Compression(&parquet.Zstd),
		// Every reader knows version 1 and plain texts.
		parquet.DataPageVersion(1),
		parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.Plain),
		parquet.PageBufferSize(pageBytes),
		parquet.WriteBufferSize(0),
		parquet.DictionaryMaxBytes(dictionaryBytes),
		parquet.BloomFilters(parquet.SplitBlockFilter(bloomBits, "id")),
		// What is known of pages is in the column index, cut to a length.
		parquet.DataPageStatistics(false),
	}
	for _, path := range schema().Columns() {
		leaf, _ := schema().Lookup(path...)
		if leaf.Node.Type().Kind() == parquet.ByteArray && !ordered[strings.Join(path, ".")] {
			options = append(options, parquet.SkipPageBounds(path...))
		}
	}
	return options
}

// DecodeParquet yields the lines of a file that EncodeParquet wrote, in their
// order: the JSON says what it said, and is the same to the byte if it was
// written as pkg/news writes it. A file that is none is ErrCorrupt, which ends
// the iteration.
func DecodeParquet(r io.ReaderAt, size int64) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		f, err := open(r, size)
		if err != nil {
			yield(nil, err)
			return
		}
		for line, err := range f.lines() {
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// ParquetKeyValues returns the key-value metadata of a file. It reads its
// footer alone.
func ParquetKeyValues(r io.ReaderAt, size int64) (map[string]string, error) {
	in := &input{ReaderAt: r}
	values := map[string]string{}
	err := guard(func() error {
		meta, err := readFooter(in, size)
		if err != nil {
			return err
		}
		for _, kv := range meta.KeyValueMetadata {
			values[kv.Key] = kv.Value
		}
		return nil
	})
	return values, in.verdict(err)
}
