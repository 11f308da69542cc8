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
	"path"
	"strings"

	"pressmill/sink/store"
	"pressmill/sink/warc"
)

// WARC is the kind of archives: their objects hold the records of pages.
const WARC Kind = "warc"

const (
	warcExt = ".warc.gz"
	// indexExt is that of an archive's index, which lies beside the object.
	indexExt = ".cdxj"
	// warcField is the field of warcinfo that holds the metadata of an archive's
	// object. Its body is what follows that record, as it is stored.
	warcField = "pressmill-segment"
)

// IsArchive says whether an object is an archive of pages, and not of articles.
func (k Key) IsArchive() bool { return k.Ext == warcExt }

// putWARC stores records as an archive's object; see Put.
func putWARC(ctx context.Context, s store.Store, k Key, m Meta, records []byte) (Meta, int, error) {
	sum := sha256.Sum256(records)
	m.SHA256, m.Bytes = hex.EncodeToString(sum[:]), int64(len(records))
	head, err := json.Marshal(m)
	if err != nil {
		return m, 0, fmt.Errorf("encode metadata of %s: %w", k, err)
	}
	var data bytes.Buffer
	info := warc.Info{
		Filename: k.base(), Date: m.LastTime, Software: "Pressmill",
		Fields: []warc.Field{{Name: warcField, Value: string(head)}},
	}
	if _, err := warc.Write(&data, info, []warc.Records{{Data: records}}); err != nil {
		return m, 0, fmt.Errorf("encode %s: %w", k, err)
	}
	return m, data.Len(), s.Create(ctx, k.String(), data.Bytes())
}

// warcMeta reads the metadata of an archive's object, and says where its body
// begins.
func warcMeta(k Key, r io.Reader) (Meta, int64, error) {
	in := warc.NewReader(r)
	rec, err := in.Next()
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, warc.ErrNotWARC) {
			err = fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		return Meta{}, 0, fmt.Errorf("read metadata of %s: %w", k, err)
	}
	for _, f := range rec.InfoFields() {
		if f.Name == warcField {
			m, err := parseMeta(k, []byte(f.Value))
			return m, in.Offset(), err
		}
	}
	return Meta{}, 0, fmt.Errorf("read metadata of %s: %w: the first record has none", k, ErrCorrupt)
}

// getWARC returns the records of an archive's object; see Get.
func getWARC(k Key, data []byte) (Meta, []byte, error) {
	m, start, err := warcMeta(k, bytes.NewReader(data))
	if err != nil {
		return m, nil, err
	}
	body := data[start:]
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != m.SHA256 {
		return m, nil, fmt.Errorf("read %s: %w: the body has another hash", k, ErrCorrupt)
	}
	return m, body, nil
}

// IndexKey returns the key of the index of an archive's object.
func IndexKey(k Key) string { return strings.TrimSuffix(k.String(), warcExt) + indexExt }

// PutIndex stores the index (CDXJ) of an archive's object, which it reads for
// this. One that is there is no error.
func PutIndex(ctx context.Context, s store.Store, k Key) error {
	_, _, err := s.OpenTail(ctx, IndexKey(k), 1)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	data, err := store.ReadAll(ctx, s, k.String())
	if err != nil {
		return err
	}
	m, _, err := getWARC(k, data)
	if err != nil {
		return err
	}
	entries, err := warc.IndexOf(warc.NewReader(bytes.NewReader(data)), path.Base(k.String()))
	if err == nil && len(entries) != m.Count {
		err = fmt.Errorf("%w: it has %d pages, not %d", ErrCorrupt, len(entries), m.Count)
	}
	if err != nil {
		return fmt.Errorf("index %s: %w", k, err)
	}
	var index bytes.Buffer
	if err := warc.WriteIndex(&index, entries); err != nil {
		return err
	}
	if err := s.Create(ctx, IndexKey(k), index.Bytes()); !errors.Is(err, store.ErrExists) {
		return err
	}
	return nil
}
