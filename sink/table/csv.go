package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"

	"pressmill/pkg/news"
)

const (
	// between stands between the values of a list in a cell.
	between = "; "
	// bom tells spreadsheets that a file is UTF-8, and us that its cells are
	// guarded.
	bom = "\ufeff"
	// formula are the beginnings of cells that spreadsheets take for formulas.
	formula = "=+-@\t\r"
)

// CSV writes chosen fields of articles as a table: RFC 4180 in UTF-8, with a
// header of the fields' names. What is absent is empty; the values of a list
// are joined by "; ", one for each of its elements, empty or not.
type CSV struct {
	fields      []field
	spreadsheet bool
}

// NewCSV returns a table of the fields, which are dotted paths of the JSON, or
// of DefaultFields for none. It reports all that are unknown or doubled.
//
// Values are written as they are, which is what programs want. A table for
// spreadsheets begins with a byte order mark, without which they do not take
// it for UTF-8, and has an apostrophe before texts that they would compute as
// formulas. Decoding takes both away.
func NewCSV(names []string, spreadsheet bool) (*CSV, error) {
	if len(names) == 0 {
		names = DefaultFields()
	}
	c := &CSV{spreadsheet: spreadsheet}
	var errs []error
	for i, name := range names {
		f, err := findField(name)
		if err == nil && slices.Contains(names[:i], name) {
			err = fmt.Errorf("%q is named twice", name)
		}
		errs, c.fields = append(errs, err), append(c.fields, f)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// Encode writes lines, each a JSON object, and returns the number of rows.
func (c *CSV) Encode(dst io.Writer, lines iter.Seq[[]byte]) (rows int, err error) {
	w := bufio.NewWriter(dst)
	if c.spreadsheet {
		_, _ = w.WriteString(bom)
	}
	cells := make([]string, len(c.fields))
	for i, f := range c.fields {
		cells[i] = f.name
	}
	record := appendRecord(nil, cells)
	for line := range lines {
		// A writer that failed returns its error at the end, too.
		_, _ = w.Write(record)
		if err := c.cells(cells, line); err != nil {
			return rows, fmt.Errorf("encode row %d: %w", rows, err)
		}
		record = appendRecord(record[:0], cells)
		rows++
	}
	_, _ = w.Write(record)
	if err := w.Flush(); err != nil {
		return rows, fmt.Errorf("write rows: %w", err)
	}
	return rows, nil
}

// cells puts the values of a line into out.
func (c *CSV) cells(out []string, line []byte) error {
	doc := &lazy{raw: line}
	if err := doc.open(); err != nil {
		return fmt.Errorf("read JSON object: %w", err)
	}
	if doc.members == nil {
		return errors.New("read JSON object: it is null")
	}
	// A takedown's url is a text.
	if url := doc.member("url"); url != nil && bytes.HasPrefix(url.raw, []byte{'"'}) {
		url.members = map[string]*lazy{"requested": {raw: url.raw}}
	}
	for i, f := range c.fields {
		cell := f.cell(doc)
		if c.spreadsheet && isFormula(cell) {
			cell = "'" + cell
		}
		out[i] = cell
	}
	return nil
}

// cell returns the text of a field of an object.
func (f field) cell(doc *lazy) string {
	if f.list == 0 {
		return doc.descend(f.path).text()
	}
	v := doc.descend(f.path[:f.list])
	list, ok := v.elements()
	if !ok {
		return v.text()
	}
	texts, some := make([]string, len(list)), false
	for i := range list {
		texts[i] = list[i].descend(f.path[f.list:]).text()
		some = some || texts[i] != ""
	}
	if !some {
		return ""
	}
	return strings.Join(texts, between)
}

// lazy is a JSON value of which no more is taken apart than is asked for. nil
// is one that is not there.
type lazy struct {
	raw     json.RawMessage
	members map[string]*lazy // of an object that was opened
}

// open takes an object apart. Anything else is an error, but for null.
func (l *lazy) open() error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(l.raw, &raw); err != nil || raw == nil {
		return err
	}
	l.members = make(map[string]*lazy, len(raw))
	for name, v := range raw {
		l.members[name] = &lazy{raw: v}
	}
	return nil
}

// member returns what an object has by a name, or nil.
func (l *lazy) member(name string) *lazy {
	if l == nil || l.members == nil && l.open() != nil {
		return nil
	}
	return l.members[name]
}

func (l *lazy) descend(path []string) *lazy {
	for _, name := range path {
		l = l.member(name)
	}
	return l
}

// elements returns those of a list; ok is false for what is none.
func (l *lazy) elements() (list []lazy, ok bool) {
	var raw []json.RawMessage
	if l == nil || json.Unmarshal(l.raw, &raw) != nil || raw == nil {
		return nil, false
	}
	list = make([]lazy, len(raw))
	for i, v := range raw {
		list[i].raw = v
	}
	return list, true
}

// text returns a value as it stands in a cell. What is no single value is JSON.
func (l *lazy) text() string {
	if l == nil || string(l.raw) == "null" {
		return ""
	}
	var text string
	if l.raw[0] == '"' && json.Unmarshal(l.raw, &text) == nil {
		return text
	}
	return string(l.raw)
}

func unguarded(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && isFormula(rest) {
		return rest
	}
	return cell
}

// isFormula says whether a cell begins as formulas do, after any apostrophes,
// so that what has one already gets another and can be told apart.
func isFormula(cell string) bool {
	rest := strings.TrimLeft(cell, "'")
	return rest != "" && strings.IndexByte(formula, rest[0]) >= 0
}

// appendRecord appends a line of the table (RFC 4180 section 2). Line breaks in
// cells stay as they are.
func appendRecord(dst []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		if !quoted(cell) && (cell != "" || len(cells) > 1) {
			dst = append(dst, cell...)
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, strings.ReplaceAll(cell, `"`, `""`)...)
		dst = append(dst, '"')
	}
	return append(dst, '\r', '\n')
}

// quoted says whether a cell needs quotes: spaces at an end are trimmed by some.
func quoted(cell string) bool {
	return strings.ContainsAny(cell, "\",\r\n") || strings.TrimSpace(cell) != cell
}

// DecodeCSV yields the rows of a table that CSV wrote as JSON objects of its
// fields. It gives back what was there but for lists whose values hold "; ",
// and CR LF in texts, which becomes LF. A table that is none is ErrCorrupt,
// which ends the iteration.
func DecodeCSV(r io.Reader) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		in, columns, guarded, err := openCSV(r)
		for err == nil {
			var cells []string
			if cells, err = in.Read(); err != nil {
				break
			}
			var line json.RawMessage
			if line, err = lineOfCells(columns, cells, guarded); err == nil && !yield(line, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, fmt.Errorf("read rows: %w", corruptCSV(err)))
		}
	}
}

func corruptCSV(err error) error {
	if _, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// openCSV reads the header.
func openCSV(r io.Reader) (in *csv.Reader, columns []field, guarded bool, err error) {
	buf := bufio.NewReader(r)
	if begin, err := buf.Peek(len(bom)); string(begin) == bom {
		guarded = true
		_, _ = buf.Discard(len(bom))
	} else if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, false, err
	}
	in = csv.NewReader(buf)
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: no header", ErrCorrupt)
	}
	for _, name := range header {
		f, err := findField(name)
		if err != nil {
			return nil, nil, false, fmt.Errorf("%w: column %w", ErrCorrupt, err)
		}
		columns = append(columns, f)
	}
	in.ReuseRecord = true
	return in, columns, guarded, err
}

func lineOfCells(columns []field, cells []string, guarded bool) (json.RawMessage, error) {
	doc := map[string]any{}
	for i, f := range columns {
		cell := cells[i]
		if guarded {
			cell = unguarded(cell)
		}
		switch {
		case cell == "":
		case f.list == 0:
			set(doc, f.path, f.value(cell))
		default:
			setList(doc, f, strings.Split(cell, between))
		}
	}
	if url, ok := doc["url"].(map[string]any); ok && doc["schema"] == news.TakedownSchema {
		doc["url"] = url["requested"]
	}
	return json.Marshal(doc)
}

// value returns a cell as the JSON that it was made from.
func (f field) value(cell string) any {
	if f.kind != reflect.String && f.kind != reflect.Struct && json.Valid([]byte(cell)) {
		return json.RawMessage(cell)
	}
	return cell
}

func set(doc map[string]any, path []string, v any) {
	for _, name := range path[:len(path)-1] {
		inner, ok := doc[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			doc[name] = inner
		}
		doc = inner
	}
	doc[path[len(path)-1]] = v
}

// setList puts the texts into the elements of the field's list.
func setList(doc map[string]any, f field, texts []string) {
	path, inner := f.path[:f.list], f.path[f.list:]
	list := listAt(doc, path)
	for i, text := range texts {
		switch {
		case len(inner) == 0:
			list = append(list, f.value(text))
			continue
		case i == len(list):
			list = append(list, map[string]any{})
		}
		if elem, ok := list[i].(map[string]any); ok && text != "" {
			set(elem, inner, f.value(text))
		}
	}
	set(doc, path, list)
}

func listAt(doc map[string]any, path []string) []any {
	for _, name := range path[:len(path)-1] {
		doc, _ = doc[name].(map[string]any)
	}
	list, _ := doc[path[len(path)-1]].([]any)
	return list
}
