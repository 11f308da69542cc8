package main

import (
	"archive/tar"
	"errors"
	"io"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"pressmill/tools/images/rootfs"
)

// untar returns the files of a layer, in its order.
func untar(t *testing.T, l v1.Layer) []rootfs.File {
	t.Helper()
	r := must(l.Uncompressed())(t)
	defer r.Close()
	var files []rootfs.File
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.ModTime.Unix() != 0 {
			t.Errorf("%s belongs to %d:%d %q, of %s", h.Name, h.Uid, h.Gid, h.Uname, h.ModTime)
		}
		files = append(files, rootfs.File{
			Name: strings.TrimSuffix(h.Name, "/"), Mode: h.FileInfo().Mode(), Body: must(io.ReadAll(tr))(t),
		})
	}
}
