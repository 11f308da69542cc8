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
	// A page of a column is complete with so many bytes.
	pageBytes = 128 << 10
	// dictionaryBytes is up to where a column of few values is written as
	// places in a list of them.
	dictionaryBytes = 256 << 10
	// bloomBits are the bits an id takes in the Bloom filter: 1 % of the ids
	// that are not there seem to be.
	bloomBits = 10
)

// EncodeParquet writes lines, each a JSON object, as one Parquet file with the
// key-value metadata, and returns the number of rows. A line may have 32 MiB.
// It holds one group of rows in memory, compressed.
func EncodeParquet(dst io.Writer, keyValues map[string]string, lines iter.Seq[[]byte]) (rows int, err error) {
	w := parquet.NewGenericWriter[row](dst, writerOptions(keyValues)...)
	group, size := 0, 0
	for line := range lines {
		if len(line) > groupBytes {
			return rows, fmt.Errorf("encode row %d: a line of %d bytes, more than %d", rows, len(line), groupBytes)
		}
		r, err := rowOf(line)
		if err != nil {
			return rows, fmt.Errorf("encode row %d: %w", rows, err)
		}
		if group > 0 && (group == groupRows || size+len(line) > groupBytes) {
			if err := w.Flush(); err != nil {
				return rows, fmt.Errorf("write rows: %w", err)
			}
			group, size = 0, 0
		}
		if _, err := w.Write([]row{r}); err != nil {
			return rows, fmt.Errorf("encode row %d: %w", rows, err)
		}
		rows, group, size = rows+1, group+1, size+len(line)
	}
	if err := w.Close(); err != nil {
		return rows, fmt.Errorf("write rows: %w", err)
	}
	return rows, nil
}

// ordered are the texts whose least and greatest a query may ask for. Of the
// others, which may be long, they would be kept in full and tell nothing.
var ordered = map[string]bool{
	"schema": true, "id": true, "rev": true, "kind": true, "lang": true,
	"url.final": true, "url.canonical": true, "source.id": true, "source.domain": true,
	"published.local": true, "modified.local": true, "trace.crawl_id": true, "trace.page_id": true,
}

func writerOptions(keyValues map[string]string) []parquet.WriterOption {
	options := []parquet.WriterOption{
		parquet.Compression(&parquet.Zstd),
		// Every reader knows version 1 and plain texts.
		parquet.DataPageVersion(1),
		parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.Plain),
		parquet.PageBufferSize(pageBytes),
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
	for _, key := range slices.Sorted(maps.Keys(keyValues)) {
		options = append(options, parquet.KeyValueMetadata(key, keyValues[key]))
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
