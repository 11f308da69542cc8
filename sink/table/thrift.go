package table

import (
	"encoding/binary"
	"fmt"
)

// The types of Thrift's compact protocol, in which the footer of a Parquet
// file and the headers of its pages are written.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI64    = 6 // 16, 32 and 64 bits are written alike
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

const (
	thriftDepth    = 32
	thriftElements = 1 << 17
)

// thriftWalk steps through a message before a decoder does that would make
// room for as many elements as the message says it has.
type thriftWalk struct {
	data     []byte
	at       int
	elements int // of all lists
}

// thriftSize returns how many bytes the struct takes that data begins with.
// Lists and texts that are longer than data are errors.
func thriftSize(data []byte) (int, error) {
	w := &thriftWalk{data: data}
	err := w.value(thriftStruct, 0)
	return w.at, err
}

func (w *thriftWalk) value(kind byte, depth int) error {
	if depth > thriftDepth {
		return fmt.Errorf("%w: it is nested too deep", ErrCorrupt)
	}
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return w.skip(1)
	case 4, 5, thriftI64:
		_, err := w.uvarint()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftBinary:
		n, err := w.uvarint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thriftList, thriftSet:
		return w.list(depth)
	case thriftMap:
		return w.pairs(depth)
	case thriftStruct:
		return w.fields(depth)
	}
	return fmt.Errorf("%w: type %d is unknown", ErrCorrupt, kind)
}

func (w *thriftWalk) fields(depth int) error {
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 {
			if _, err := w.uvarint(); err != nil {
				return err
			}
		}
		if kind := head & 15; kind != thriftTrue && kind != thriftFalse {
			if err := w.value(kind, depth+1); err != nil {
				return err
			}
		}
	}
}

func (w *thriftWalk) list(depth int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.uvarint(); err != nil {
			return err
		}
	}
	return w.repeat(n, depth, head&15)
}

func (w *thriftWalk) pairs(depth int) error {
	n, err := w.uvarint()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := w.byte()
	if err != nil {
		return err
	}
	return w.repeat(n, depth, kinds>>4, kinds&15)
}

func (w *thriftWalk) repeat(n uint64, depth int, kinds ...byte) error {
	if n > uint64(len(w.data)-w.at) || w.elements+int(n) > thriftElements {
		return fmt.Errorf("%w: a list of %d elements", ErrCorrupt, n)
	}
	w.elements += int(n)
	for range n {
		for _, kind := range kinds {
			if err := w.value(kind, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *thriftWalk) byte() (byte, error) {
	if err := w.skip(1); err != nil {
		return 0, err
	}
	return w.data[w.at-1], nil
}

func (w *thriftWalk) uvarint() (uint64, error) {
	v, n := binary.Uvarint(w.data[w.at:])
	if n <= 0 {
		return 0, fmt.Errorf("%w: it ends in a number", ErrCorrupt)
	}
	w.at += n
	return v, nil
}

func (w *thriftWalk) skip(n uint64) error {
	if n > uint64(len(w.data)-w.at) {
		return fmt.Errorf("%w: it ends too early", ErrCorrupt)
	}
	w.at += int(n)
	return nil
}
