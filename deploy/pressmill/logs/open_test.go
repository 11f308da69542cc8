package logs

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestFilesAreToldApartByWhatIsInThem(t *testing.T) {
	text := []byte(strings.Repeat(plain+"\n", 3000))
	var zipped, packed bytes.Buffer
	gz := gzip.NewWriter(&zipped)
	gz.Write(text)
	gz.Close()
	zs, _ := zstd.NewWriter(&packed)
	zs.Write(text)
	zs.Close()
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	names := []string{
		file("plain.gz", text), file("a.log", zipped.Bytes()), file("b.log", packed.Bytes()), file("empty", nil),
		file("cut.gz", zipped.Bytes()[:zipped.Len()-9]), StandardInput,
	}
	lines, in := 0, Input{}
	r := Reader{Each: func(*Line) { lines++ }, Told: func(i Input) { in.Add(i) }}
	if err := r.ReadFiles(t.Context(), names, bytes.NewReader(zipped.Bytes())); err != nil {
		t.Fatal(err)
	}
	if lines < 4*3000 || lines > 5*3000 || in.Broken[Unreadable].Lines != 1 || !strings.Contains(in.Broken[Unreadable].Example, "cut.gz") {
		t.Errorf("%d lines, %+v", lines, in.Broken[Unreadable])
	}
	for _, name := range []string{dir, filepath.Join(dir, "none")} {
		lines = 0
		if err := r.ReadFiles(t.Context(), []string{names[0], name}, nil); err == nil || lines > 0 {
			t.Errorf("%s: %v after %d lines", name, err, lines)
		}
	}
}
