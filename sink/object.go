package sink

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
)

const dateFolder = "ingest_date="

// objectKey is the key of an object: a function of epoch, partition and
// position. The date is the UTC day on which the stream stored the first
// message at or after the position; keys sort by date, epoch, partition and
// position.
type objectKey struct {
	prefix    string
	date      string // 2006-01-02
	epoch     epoch
	partition int
	position  uint64
	ext       string // .jsonl, .jsonl.zst, .jsonl.gz
}

func (k objectKey) String() string {
	return fmt.Sprintf("%s/%s%s/%s-p%02d-%020d%s", k.prefix, dateFolder, k.date, k.epoch, k.partition, k.position, k.ext)
}

func parseKey(s string) (objectKey, error) {
	dir, name := path.Split(s)
	prefix, date := path.Split(strings.TrimSuffix(dir, "/"))
	base, ext, _ := strings.Cut(name, ".")
	parts := strings.Split(base, "-")
	if len(parts) != 3 || !strings.HasPrefix(date, dateFolder) {
		return objectKey{}, fmt.Errorf("parse key %q: not an object's", s)
	}
	k := objectKey{prefix: strings.TrimSuffix(prefix, "/"), date: strings.TrimPrefix(date, dateFolder), ext: "." + ext}
	var errs [3]error
	k.epoch, errs[0] = parseEpoch(parts[0])
	k.partition, errs[1] = strconv.Atoi(strings.TrimPrefix(parts[1], "p"))
	k.position, errs[2] = strconv.ParseUint(parts[2], 10, 64)
	if err := errors.Join(errs[:]...); err != nil {
		return objectKey{}, fmt.Errorf("parse key %q: %w", s, err)
	}
	if k.String() != s || k.partition < 0 || k.partition >= Partitions {
		return objectKey{}, fmt.Errorf("parse key %q: not in its one form", s)
	}
	return k, nil
}

// Meta is what an object says about itself. It travels inside the object: in
// a leading skippable frame (zstd, RFC 8878 section 3.1.2) or in the extra
// field of the first header (gzip, RFC 1952 section 2.3.1.1), so that one
// create-only write stores both and zstdcat and zcat print the articles alone.
// For objects without compression it is an object of its own under
// <prefix>/.meta, named by the key and the hash of the body and written before
// the object.
type Meta struct {
	Epoch     string `json:"epoch"`
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
	Takedowns int    `json:"takedowns,omitempty"`
	Bytes     int64  `json:"bytes"`  // of the body
	SHA256    string `json:"sha256"` // of the body, before compression, hex
	Writer    string `json:"writer"`
	LastID    string `json:"last_id"` // MsgID of the last message
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
func (m Meta) describes(k objectKey) bool {
	return m.Epoch == k.epoch.String() && m.Partition == k.partition && m.Position == k.position &&
		m.First >= m.Position && m.Last >= m.First && m.Next == m.Last+1
}

// putObject stores an object and returns its metadata as it is stored. ErrExists
// means that the key is taken.
func putObject(ctx context.Context, s Store, k objectKey, m Meta, body []byte) (Meta, int, error) {
	sum := sha256.Sum256(body)
	m.SHA256, m.Bytes = hex.EncodeToString(sum[:]), int64(len(body))
	if k.ext == None.ext() {
		var err error
		if m, err = putCompanion(ctx, s, k, m); err != nil {
			return m, 0, err
		}
	}
	data, err := encode(k.ext, m, body)
	if err != nil {
		return m, 0, fmt.Errorf("encode %s: %w", k, err)
	}
	return m, len(data), s.Create(ctx, k.String(), data)
}

// putCompanion stores the metadata of an object without compression. When a
// twin has described the same body already, its words hold: both ranges end
// after the same articles.
func putCompanion(ctx context.Context, s Store, k objectKey, m Meta) (Meta, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return m, fmt.Errorf("encode metadata of %s: %w", k, err)
	}
	name := companionKey(k, m.SHA256)
	err = s.Create(ctx, name, data)
	if !errors.Is(err, ErrExists) {
		return m, err
	}
	return getCompanion(ctx, s, k, m.SHA256)
}

func getCompanion(ctx context.Context, s Store, k objectKey, sum string) (Meta, error) {
	data, err := readAll(ctx, s, companionKey(k, sum))
	if err != nil {
		return Meta{}, err
	}
	return parseMeta(k, data)
}

func companionKey(k objectKey, sum string) string {
	return fmt.Sprintf("%s/.meta/%s%s/%s-%s.json", k.prefix, dateFolder, k.date, path.Base(k.String()), sum)
}

func parseMeta(k objectKey, data []byte) (Meta, error) {
	var m Meta
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read metadata of %s: %w", k, err)
	}
	if !m.describes(k) {
		return m, fmt.Errorf("read metadata of %s: %w: it describes another object", k, ErrCorrupt)
	}
	return m, nil
}

// getMeta reads the metadata of an object, or returns ErrNotFound.
func getMeta(ctx context.Context, s Store, k objectKey) (Meta, error) {
	if k.ext == None.ext() {
		m, _, err := getObject(ctx, s, k)
		return m, err
	}
	r, err := s.Open(ctx, k.String())
	if err != nil {
		return Meta{}, err
	}
	defer func() { _ = r.Close() }()
	data, err := readHead(k.ext, r)
	if err != nil {
		return Meta{}, fmt.Errorf("read metadata of %s: %w", k, err)
	}
	return parseMeta(k, data)
}

// getObject reads an object and checks its body against its metadata. A body
// that is not what the metadata says is ErrCorrupt.
func getObject(ctx context.Context, s Store, k objectKey) (Meta, []byte, error) {
	data, err := readAll(ctx, s, k.String())
	if err != nil {
		return Meta{}, nil, err
	}
	body, err := decode(k.ext, data)
	if err != nil {
		return Meta{}, nil, fmt.Errorf("read %s: %w: %w", k, ErrCorrupt, err)
	}
	sum := sha256.Sum256(body)
	m, err := metaOf(ctx, s, k, data, hex.EncodeToString(sum[:]))
	if err != nil {
		return m, nil, err
	}
	if hex.EncodeToString(sum[:]) != m.SHA256 || bytes.Count(body, []byte{'\n'}) != m.Count {
		return m, nil, fmt.Errorf("read %s: %w: the body has another hash or count", k, ErrCorrupt)
	}
	return m, body, nil
}

func metaOf(ctx context.Context, s Store, k objectKey, data []byte, sum string) (Meta, error) {
	if k.ext == None.ext() {
		m, err := getCompanion(ctx, s, k, sum)
		if errors.Is(err, ErrNotFound) {
			return m, fmt.Errorf("read %s: %w: no metadata for this body", k, ErrCorrupt)
		}
		return m, err
	}
	head, err := readHead(k.ext, bytes.NewReader(data))
	if err != nil {
		return Meta{}, fmt.Errorf("read metadata of %s: %w", k, err)
	}
	return parseMeta(k, head)
}

func readAll(ctx context.Context, s Store, key string) ([]byte, error) {
	r, err := s.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return data, nil
}
