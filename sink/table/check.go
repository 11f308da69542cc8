package table

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// What EncodeParquet stays below, and so what a file may ask for at most. The
// reader of Parquet makes room for what a file says it holds; files are
// checked before.
const (
	maxFooter = 64 << 20
	maxHeader = 64 << 10 // of a page
	maxPage   = 48 << 20 // decompressed
	// maxPages is the sum of the columns' largest pages and dictionaries,
	// which are in memory at the same time.
	maxPages  = 128 << 20
	maxValues = 1 << 22 // of a group of rows
	maxLeaves = 512
	maxRow    = 64 << 20 // the texts of a row
)

// checker reads the pages of a group of rows, decompresses them and counts
// what they ask for.
type checker struct {
	r      io.ReaderAt
	size   int64
	schema *parquet.Schema
	in     *bufio.Reader
	zstd   *zstd.Decoder
	page   bytes.Buffer
	values int64 // so far
	pages  int64 // sum of the columns' largest
}

func newChecker(r io.ReaderAt, size int64, schema *parquet.Schema) (*checker, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxPage))
	if err != nil {
		return nil, err
	}
	return &checker{r: r, size: size, schema: schema, zstd: dec, in: bufio.NewReaderSize(nil, maxHeader)}, nil
}

func (c *checker) close() { c.zstd.Close() }

// group returns ErrCorrupt for a group of rows that is broken or asks for more
// memory than one of ours does.
func (c *checker) group(g *format.RowGroup) error {
	c.values, c.pages = 0, 0
	for i := range g.Columns {
		m := &g.Columns[i].MetaData
		leaf, ok := c.schema.Lookup(m.PathInSchema...)
		if !ok {
			return fmt.Errorf("%w: column %q is not in the schema", ErrCorrupt, m.PathInSchema)
		}
		if err := c.chunk(m, leaf); err != nil {
			return fmt.Errorf("column %q: %w", m.PathInSchema, err)
		}
	}
	return nil
}

func (c *checker) chunk(m *format.ColumnMetaData, leaf parquet.LeafColumn) error {
	begin := m.DataPageOffset
	if m.DictionaryPageOffset != 0 {
		begin = m.DictionaryPageOffset
	}
	if begin < 0 || m.TotalCompressedSize < 0 || begin > c.size || m.TotalCompressedSize > c.size-begin {
		return fmt.Errorf("%w: it reaches beyond the file", ErrCorrupt)
	}
	if m.Codec != format.Zstd {
		return fmt.Errorf("%w: codec %v", ErrCorrupt, m.Codec)
	}
	in := c.in
	in.Reset(io.NewSectionReader(c.r, begin, m.TotalCompressedSize))
	left, largest, dictionary := m.TotalCompressedSize, int64(0), int64(0)
	for left > 0 {
		h, n, err := readHeader(in)
		if err != nil {
			return err
		}
		left -= int64(n) + int64(h.CompressedPageSize)
		if err := c.read(in, h); err != nil {
			return err
		}
		if err := c.inspect(h, leaf); err != nil {
			return err
		}
		if h.Type == format.DictionaryPage {
			dictionary += int64(h.UncompressedPageSize)
		} else {
			largest = max(largest, int64(h.UncompressedPageSize))
		}
	}
	if c.pages += largest + dictionary; c.pages > maxPages {
		return fmt.Errorf("%w: pages of %d bytes", ErrCorrupt, c.pages)
	}
	return nil
}

func readHeader(in *bufio.Reader) (*format.PageHeader, int, error) {
	head, err := in.Peek(maxHeader)
	if err != nil && len(head) == 0 {
		return nil, 0, fmt.Errorf("read header of a page: %w", err)
	}
	n, err := thriftSize(head)
	if err != nil {
		return nil, 0, fmt.Errorf("read header of a page: %w", err)
	}
	h := new(format.PageHeader)
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), head[:n], h); err != nil {
		return nil, 0, fmt.Errorf("read header of a page: %w: %w", ErrCorrupt, err)
	}
	_, err = in.Discard(n)
	return h, n, err
}

// read decompresses a page into c.page.
func (c *checker) read(in io.Reader, h *format.PageHeader) error {
	if h.CompressedPageSize < 0 || h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage {
		return fmt.Errorf("%w: a page of %d bytes, %d compressed", ErrCorrupt, h.UncompressedPageSize, h.CompressedPageSize)
	}
	sum := crc32.NewIEEE()
	data := io.TeeReader(io.LimitReader(in, int64(h.CompressedPageSize)), sum)
	if err := c.zstd.Reset(data); err != nil {
		return fmt.Errorf("decompress page: %w: %w", ErrCorrupt, err)
	}
	c.page.Reset()
	n, err := io.Copy(&c.page, io.LimitReader(c.zstd, int64(h.UncompressedPageSize)+1))
	switch {
	case err != nil:
		return fmt.Errorf("decompress page: %w: %w", ErrCorrupt, err)
	case n != int64(h.UncompressedPageSize):
		return fmt.Errorf("decompress page: %w: it has not the %d bytes of its header", ErrCorrupt, h.UncompressedPageSize)
	}
	if _, err := io.Copy(io.Discard, data); err != nil {
		return err
	}
	if h.CRC != 0 && uint32(h.CRC) != sum.Sum32() {
		return fmt.Errorf("%w: a page has another checksum", ErrCorrupt)
	}
	return nil
}

// inspect checks that c.page holds as many values as its header says.
func (c *checker) inspect(h *format.PageHeader, leaf parquet.LeafColumn) error {
	switch h.Type {
	case format.DictionaryPage:
		d := h.DictionaryPageHeader
		if !d.Valid || d.V.Encoding != format.Plain {
			return fmt.Errorf("%w: a dictionary that is not plain", ErrCorrupt)
		}
		return c.count(d.V.NumValues)
	case format.DataPage:
		if !h.DataPageHeader.Valid {
			return fmt.Errorf("%w: a page without header", ErrCorrupt)
		}
		return c.dataPage(&h.DataPageHeader.V, leaf)
	default:
		return fmt.Errorf("%w: a page of type %v", ErrCorrupt, h.Type)
	}
}

func (c *checker) count(values int32) error {
	if c.values += int64(values); values < 0 || c.values > maxValues {
		return fmt.Errorf("%w: %d values", ErrCorrupt, c.values)
	}
	return nil
}

func (c *checker) dataPage(h *format.DataPageHeader, leaf parquet.LeafColumn) error {
	if err := c.count(h.NumValues); err != nil {
		return err
	}
	data := c.page.Bytes()
	for _, level := range []int{leaf.MaxRepetitionLevel, leaf.MaxDefinitionLevel} {
		if level == 0 {
			continue
		}
		if len(data) < 4 || int64(binary.LittleEndian.Uint32(data)) > int64(len(data)-4) {
			return fmt.Errorf("%w: levels reach beyond the page", ErrCorrupt)
		}
		end := 4 + int(binary.LittleEndian.Uint32(data))
		if err := checkRuns(data[4:end], bitWidth(level), h.NumValues); err != nil {
			return err
		}
		data = data[end:]
	}
	switch h.Encoding {
	case format.Plain:
		return nil
	case format.RLEDictionary:
		if len(data) == 0 {
			return nil
		}
		return checkRuns(data[1:], int(data[0]), h.NumValues)
	default:
		return fmt.Errorf("%w: encoding %v", ErrCorrupt, h.Encoding)
	}
}

// checkRuns checks that runs (the RLE and bit-packing hybrid of Parquet) hold
// about as many values as they should. The last of them may be padding.
func checkRuns(data []byte, width int, values int32) error {
	if width > 32 {
		return fmt.Errorf("%w: values of %d bits", ErrCorrupt, width)
	}
	total := uint64(0)
	for len(data) > 0 {
		head, n := binary.Uvarint(data)
		if n <= 0 {
			return fmt.Errorf("%w: runs end in a number", ErrCorrupt)
		}
		count, size := head>>1, uint64(width+7)/8
		if head&1 == 1 {
			count, size = count*8, count*uint64(width)
		}
		if size > uint64(len(data)-n) || count > uint64(values)+maxPadding {
			return fmt.Errorf("%w: a run of %d values", ErrCorrupt, count)
		}
		if total += count; total > uint64(values)+maxPadding {
			return fmt.Errorf("%w: runs of more than %d values", ErrCorrupt, values)
		}
		data = data[n+int(size):]
	}
	return nil
}

const maxPadding = 512

func bitWidth(level int) (n int) {
	for ; level > 0; level >>= 1 {
		n++
	}
	return n
}
