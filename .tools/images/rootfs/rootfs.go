// Package rootfs is what lies in every image beside its program: the roots that
// TLS trusts, the time zones, a user who is not root, and /tmp. All of it comes
// from pinned versions of Go and of Go modules, so that it is the same wherever
// and whenever it is put together.
package rootfs

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// User is the one whom programs run as, as "uid:gid": numbers, for the kubelet
// tells only by these that it is not root.
const User = "65532:65532"

// Where programs look, Go's among them.
const (
	Certificates = "etc/ssl/certs/ca-certificates.crt"
	Zones        = "usr/share/zoneinfo"
)

// Licences is the file of the licences of what a program is made of.
const Licences = "LICENSES"

const (
	passwd = "root:x:0:0:root:/:/sbin/nologin\n" +
		"nonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n"
	group = "root:x:0:\n" +
		"nonroot:x:65532:\n"
)

// A File is a file or a folder of an image. It belongs to root.
type File struct {
	Name string // without a leading slash
	Mode fs.FileMode
	Body []byte
}

// Files returns the files, each after the folder it lies in, in an order that
// is always the same. The time zones are those of the Go tree at goroot.
func Files(goroot string) ([]File, error) {
	zones, err := zoneFiles(filepath.Join(goroot, "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return nil, fmt.Errorf("read time zones: %w", err)
	}
	files := append(zones,
		File{Name: "etc/passwd", Mode: 0o644, Body: []byte(passwd)},
		File{Name: "etc/group", Mode: 0o644, Body: []byte(group)},
		File{Name: Certificates, Mode: 0o644, Body: certificates()},
		File{Name: "tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
	)
	return sorted(withFolders(files)), nil
}

// certificates are Mozilla's roots as PEM. PEM cannot say that a root is trusted
// for certificates up to a date only; such a root is in it, as in the bundles
// of the distributions.
func certificates() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		// A buffer takes every write.
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
	}
	return out.Bytes()
}

func zoneFiles(archive string) ([]File, error) {
	body, err := os.ReadFile(archive)
	if err != nil {
		return nil, err
	}
	r, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	var files []File
	for _, f := range r.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		body, err := readAll(f)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Name, err)
		}
		files = append(files, File{Name: path.Join(Zones, f.Name), Mode: 0o644, Body: body})
	}
	return files, nil
}

func readAll(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// withFolders adds the folders that files lie in.
func withFolders(files []File) []File {
	seen := map[string]bool{".": true}
	for _, f := range files {
		for dir := path.Dir(f.Name); !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			files = append(files, File{Name: dir, Mode: fs.ModeDir | 0o755})
		}
	}
	return files
}

// sorted puts each folder before what is in it, for its name is the shorter.
func sorted(files []File) []File {
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return files
}

// Write puts the files into the folder dir, for builders of images that copy
// from folders.
func Write(dir string, files []File) error {
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := write(name, f); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

func write(name string, f File) error {
	if f.Mode.IsDir() {
		if err := os.MkdirAll(name, 0o755); err != nil {
			return err
		}
	} else if err := os.WriteFile(name, f.Body, f.Mode); err != nil {
		return err
	}
	return os.Chmod(name, f.Mode) // whatever the umask is
}
