package logging

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/DeRuina/timberjack"
	"golang.org/x/sys/unix"

	"pressmill/pkg/config"
)

// File is where lines go instead of standard error, if Path is set.
type File struct {
	// Path of the file. {service} and {instance} in its name stand for the
	// program and the process; processes that run at once need a file each.
	Path string `yaml:"path"`
	// MaxSize is how large a file becomes, in whole MiB (default 100 MiB). What
	// is full is renamed to the time that it was full at.
	MaxSize config.Bytes `yaml:"max_size"`
	// Keep is how many full files are kept (default 10).
	Keep int `yaml:"keep"`
	// MaxAge is how long they are kept, in whole days; 0: as long as Keep says.
	// With {instance}, so are the files of processes that are no more.
	MaxAge time.Duration `yaml:"max_age"`
	// Compress has full files compressed with zstd.
	Compress bool `yaml:"compress"`
}

const (
	day        = 24 * time.Hour
	service    = "{service}"
	instance   = "{instance}"
	lockSuffix = ".lock"
)

// validate reports every fault.
func (f File) validate() error {
	var faults []error
	fault := func(is bool, text string) {
		if is {
			faults = append(faults, errors.New("file."+text))
		}
	}
	fault(f.Path == "" && f != File{}, "path: it is not set, the rest is")
	fault(strings.Contains(filepath.Dir(f.Path), "{"), "path: {service} and {instance} stand in the name of the file, not of its folder")
	fault(f.MaxSize < 0 || f.MaxSize > 0 && f.MaxSize < config.MiB, "max_size: it is less than 1MiB")
	fault(f.Keep < 0, "keep: it is negative")
	fault(f.MaxAge < 0 || f.MaxAge%day != 0, "max_age: it is no number of whole days (24h, 168h)")
	return errors.Join(faults...)
}

// settled fills in what is not set.
func (f File) settled() File {
	if f.Path == "" {
		return f
	}
	if f.MaxSize == 0 {
		f.MaxSize = 100 * config.MiB
	}
	if f.Keep == 0 {
		f.Keep = 10
	}
	return f
}

// rotating is a file that this process alone writes.
type rotating struct {
	*timberjack.Logger
	lock *os.File
}

// open opens the file of a process. An error is what the operator has to see to,
// such as a path that another process writes.
func (f File) open(program, process string) (*rotating, error) {
	f = f.settled()
	path := strings.NewReplacer(service, program, instance, process).Replace(f.Path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	lock, err := lockLog(path)
	if err != nil {
		return nil, err
	}
	f.sweep(program)
	log := &timberjack.Logger{
		Filename: path, MaxSize: int((f.MaxSize + config.MiB - 1) / config.MiB), MaxBackups: f.Keep, MaxAge: int(f.MaxAge / day), Compression: "none",
	}
	if f.Compress {
		log.Compression = "zstd"
	}
	if _, err := log.Write(nil); err != nil { // it opens the file
		return nil, errors.Join(fmt.Errorf("open log: %w", err), lock.Close())
	}
	return &rotating{log, lock}, nil
}

// lockLog keeps other processes from a log until the file that it returns is
// closed: rotating would have them write into each other's full files.
func lockLog(path string) (*os.File, error) {
	lock, err := os.OpenFile(path+lockSuffix, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = fmt.Errorf("another process writes it; have %s in log.file.path, so that each has its own", instance)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open log %s: %w", path, err), lock.Close())
	}
	return lock, nil
}

// Close finishes what is being compressed, and closes the file.
func (r *rotating) Close() error { return errors.Join(r.Logger.Close(), r.lock.Close()) }

// sweep removes what processes that are no more have left behind, when it is
// older than MaxAge. What it cannot remove, the next one tries again.
func (f File) sweep(program string) {
	if f.MaxAge == 0 || !strings.Contains(f.Path, instance) {
		return
	}
	pattern := strings.NewReplacer(service, program, instance, "*").Replace(filepath.Base(f.Path))
	locks, _ := filepath.Glob(filepath.Join(filepath.Dir(f.Path), pattern+lockSuffix)) // a bad pattern finds none
	for _, path := range locks {
		lock, err := lockLog(strings.TrimSuffix(path, lockSuffix))
		if err != nil {
			continue // it is in use
		}
		if removeOld(strings.TrimSuffix(path, lockSuffix), time.Now().Add(-f.MaxAge)) {
			_ = os.Remove(path)
		}
		_ = lock.Close()
	}
}

// removeOld removes a log and its full files as far as they were written before
// a time, and says whether none is left.
func removeOld(path string, before time.Time) bool {
	ext := filepath.Ext(path)
	full, _ := filepath.Glob(strings.TrimSuffix(path, ext) + "-*" + ext + "*")
	left := 0
	for _, file := range append(full, path) {
		info, err := os.Stat(file)
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil || info.ModTime().After(before) || os.Remove(file) != nil:
			left++
		}
	}
	return left == 0
}

// wholeLines begins a new line after one of which only a part could be written.
type wholeLines struct {
	io.Writer
	torn bool
}

// Write writes one line.
func (w *wholeLines) Write(line []byte) (int, error) {
	whole := line
	if w.torn {
		whole = append([]byte{'\n'}, line...)
	}
	n, err := w.Writer.Write(whole)
	if n > 0 {
		w.torn = n < len(whole)
	}
	return min(n, len(line)), err
}
