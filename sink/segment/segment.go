// Package segment is one object of a sink: its key, what it says about itself,
// its formats, and how it is written and read back.
package segment

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pressmill/sink/store"
)

// ErrCorrupt says that an object is not what its metadata says, or has none.
var ErrCorrupt = errors.New("object is corrupt")

// Meta is what an object says about itself. The body is what is compressed: the
// JSON lines or the rows of a table. It travels inside the object: in
// a leading skippable frame (zstd, RFC 8878 section 3.1.2) or in the extra
// field of the first header (gzip, RFC 1952 section 2.3.1.1), so that one
// create-only write stores both and zstdcat and zcat print the articles alone;
// or in the footer (Parquet).
// For objects without compression it is an object of its own under
// a folder .meta beside it, named by the key and the hash of the body and written before
// the object.
type Meta struct {
	Epoch string `json:"epoch"`
	// Shape is that of the format and layout: another one begins a new epoch.
	Shape     string `json:"shape,omitempty"`
	Partition int    `json:"partition"`
	Position  uint64 `json:"position"`
	First     uint64 `json:"first"` // sequence of the first message
	Last      uint64 `json:"last"`  // sequence of the last message
	Next      uint64 `json:"next"`  // position of the next object: Last + 1
	// Count is the number of articles, and of takedowns that the sink writes,
	// which is the number of lines.
	Count int `json:"count"`
	// Skipped counts messages that an earlier epoch has written already.
	Skipped int `json:"skipped,omitempty"`
	// Rejected counts messages that are no JSON.
	Rejected int `json:"rejected,omitempty"`
	// Takedowns counts takedowns that the sink does not write.
	Takedowns int `json:"takedowns,omitempty"`
	// Filtered counts messages that the sink's filter keeps out.
	Filtered int `json:"filtered,omitempty"`
	// Deleted counts articles that were taken out after they had been written.
	Deleted int `json:"deleted,omitempty"`
	// Merged counts the objects that this one was merged of.
	Merged int    `json:"merged,omitempty"`
	Bytes  int64  `json:"bytes"`  // of the body
	SHA256 string `json:"sha256"` // of the body, hex
	Writer string `json:"writer"`
	LastID string `json:"last_id"` // MsgID of the last message
	// LastTime is when the stream stored the last message.
	LastTime time.Time `json:"last_time"`
	// Created is when the stream was made.
	Created time.Time `json:"created"`
	// Gap is the range of sequences that were gone before they were read.
	Gap *Range `json:"gap,omitempty"`
	// Overlap says which articles of earlier epochs this epoch skips.
	Overlap *Overlap `json:"overlap,omitempty"`
}

// Range is a range of sequences, both ends included.
type Range struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Overlap says that articles which objects of earlier epochs hold, from the
// date on, are skipped until the time.
type Overlap struct {
	Since string    `json:"since"` // 2006-01-02
	Until time.Time `json:"until"` // by the stream's time
}

// describes says whether m is the metadata of the object with this key.
func (m Meta) describes(k Key) bool {
	return m.Epoch == k.Epoch.String() && m.Partition == k.Partition && m.Position == k.Position &&
		m.First >= m.Position && m.Last >= m.First && m.Next == m.Last+1 && (k.End == 0 || k.End == m.Next)
}

// Put stores JSON lines, or the records of pages, as an object of the format and returns its metadata as
// it is stored, and its size in bytes. store.ErrExists means that the key is
// taken; the metadata is then what was to be stored.
func Put(ctx context.Context, s store.Store, k Key, f Format, m Meta, lines []byte) (Meta, int, error) {
	switch f.Kind {
	case WARC:
		return putWARC(ctx, s, k, m, lines)
	case Parquet:
		return putParquet(ctx, s, k, m, lines)
	default:
	}
	body, err := f.render(lines)
	if err != nil {
		return m, 0, fmt.Errorf("encode %s: %w", k, err)
	}
	sum := sha256.Sum256(body)
	m.SHA256, m.Bytes = hex.EncodeToString(sum[:]), int64(len(body))
	if f.Compression == None {
		if m, err = putCompanion(ctx, s, k, m); err != nil {
			return m, 0, err
		}
	}
	head, err := json.Marshal(m)
	if err != nil {
		return m, 0, fmt.Errorf("encode metadata of %s: %w", k, err)
	}
	data, err := compress(f.Compression, head, body)
	if err != nil {
		return m, 0, fmt.Errorf("encode %s: %w", k, err)
	}
	return m, len(data), s.Create(ctx, k.String(), data)
}

// putCompanion stores the metadata of an object without compression. When a
// twin has described the same body already, its words hold: both ranges end
// after the same articles.
func putCompanion(ctx context.Context, s store.Store, k Key, m Meta) (Meta, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return m, fmt.Errorf("encode metadata of %s: %w", k, err)
	}
	err = s.Create(ctx, companionKey(k, m.SHA256), data)
	if !errors.Is(err, store.ErrExists) {
		return m, err
	}
	return getCompanion(ctx, s, k, m.SHA256)
}

func getCompanion(ctx context.Context, s store.Store, k Key, sum string) (Meta, error) {
	data, err := store.ReadAll(ctx, s, companionKey(k, sum))
	if err != nil {
		return Meta{}, err
	}
	return parseMeta(k, data)
}

func companionKey(k Key, sum string) string {
	return fmt.Sprintf("%s/.meta/%s-%s.json", k.Dir, k.base(), sum)
}

func parseMeta(k Key, data []byte) (Meta, error) {
	var m Meta
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read metadata of %s: %w: %w", k, ErrCorrupt, err)
	}
	if !m.describes(k) {
		return m, fmt.Errorf("read metadata of %s: %w: it describes another object", k, ErrCorrupt)
	}
	return m, nil
}

// GetMeta reads the metadata of an object, or returns store.ErrNotFound.
func GetMeta(ctx context.Context, s store.Store, k Key) (Meta, error) {
	if k.Ext == parquetExt {
		return getParquetMeta(ctx, s, k)
	}
	c := compressionOf(k.Ext)
	if c == None {
		m, _, err := Get(ctx, s, k)
		return m, err
	}
	r, err := s.Open(ctx, k.String())
	if err != nil {
		return Meta{}, err
	}
	defer func() { _ = r.Close() }()
	if k.IsArchive() {
		m, _, err := warcMeta(k, r)
		return m, err
	}
	data, err := readHead(c, r)
	if err != nil {
		return Meta{}, fmt.Errorf("read metadata of %s: %w", k, err)
	}
	return parseMeta(k, data)
}

// Get reads an object as JSON lines, or as the records of pages, and checks it against its metadata. What is
// not as the metadata says is ErrCorrupt.
func Get(ctx context.Context, s store.Store, k Key) (m Meta, lines []byte, err error) {
	data, err := store.ReadAll(ctx, s, k.String())
	if err != nil {
		return Meta{}, nil, err
	}
	switch {
	case k.IsArchive():
		return getWARC(k, data)
	case k.Ext == parquetExt:
		return getParquet(k, data)
	}
	body, err := decompress(compressionOf(k.Ext), data)
	if err != nil {
		return Meta{}, nil, fmt.Errorf("read %s: %w: %w", k, ErrCorrupt, err)
	}
	sum := sha256.Sum256(body)
	if m, err = metaOf(ctx, s, k, data, hex.EncodeToString(sum[:])); err != nil {
		return m, nil, err
	}
	lines, err = parse(k.Ext, body)
	if err != nil {
		return m, nil, fmt.Errorf("read %s: %w: %w", k, ErrCorrupt, err)
	}
	if hex.EncodeToString(sum[:]) != m.SHA256 || bytes.Count(lines, []byte{'\n'}) != m.Count {
		return m, nil, fmt.Errorf("read %s: %w: the body has another hash or count", k, ErrCorrupt)
	}
	return m, lines, nil
}

// metaOf returns the metadata of an object that was read, and whose body has
// the hash.
func metaOf(ctx context.Context, s store.Store, k Key, data []byte, sum string) (Meta, error) {
	c := compressionOf(k.Ext)
	if c == None {
		m, err := getCompanion(ctx, s, k, sum)
		if !errors.Is(err, store.ErrNotFound) {
			return m, err
		}
		if _, _, err := s.OpenTail(ctx, k.String(), 1); errors.Is(err, store.ErrNotFound) {
			return m, err // it was deleted while it was read
		}
		return m, fmt.Errorf("read %s: %w: no metadata for this body", k, ErrCorrupt)
	}
	head, err := readHead(c, bytes.NewReader(data))
	if err != nil {
		return Meta{}, fmt.Errorf("read metadata of %s: %w", k, err)
	}
	return parseMeta(k, head)
}

// Delete removes an object and what describes it. sum is the hash in its
// metadata.
func Delete(ctx context.Context, s store.Store, k Key, sum string) error {
	if k.IsArchive() {
		if err := s.Delete(ctx, IndexKey(k)); err != nil {
			return err
		}
	}
	if err := s.Delete(ctx, k.String()); err != nil {
		return err
	}
	if compressionOf(k.Ext) != None || k.Ext == parquetExt {
		return nil
	}
	return s.Delete(ctx, companionKey(k, sum))
}
