package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// CheckLine reports every way in which a line of JSON, with the names of any
// preset, is not as the catalogue says: a field that is missing, twice
// there, unknown, not the event's or of another type, an unknown event, or one
// at a level or with a stage or a reason that it does not have.
func CheckLine(line []byte) error {
	fields, faults := readLine(line)
	if fields == nil {
		return faults
	}
	name, _ := fields[KeyEvent].(string)
	event := Catalogue().Event(name)
	if event == nil {
		return errors.Join(faults, fmt.Errorf("event %q is not in the catalogue", name))
	}
	return errors.Join(faults, checkMissing(fields, event), checkFields(fields, event), checkValues(fields, event))
}

// everyLine are the fields of every line; KeyStage is in those of a stage.
func everyLine() []string {
	return []string{KeyTime, KeyLevel, KeyMessage, KeySchema, KeyService, KeyInstance, KeyEvent}
}

// readLine returns the fields of a line by their canonical names, numbers as
// they were written; an error with fields is one that need not end the check.
func readLine(line []byte) (fields map[string]any, faults error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.Join(errors.New("the line is no JSON object"), err)
	}
	fields = map[string]any{}
	canonical := Canonical()
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		foreign, _ := token.(string)
		key, known := canonical[foreign]
		if !known {
			key = strings.TrimPrefix(foreign, CanonicalPrefix)
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		if _, twice := fields[key]; twice {
			faults = errors.Join(faults, fmt.Errorf("%s is there twice", key))
		}
		if !slices.Contains(besides(), foreign) {
			fields[key] = value
		}
	}
	if level, ok := fields[KeyLevel].(string); ok {
		fields[KeyLevel] = CanonicalLevel(level)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("the line is cut: %w", err)
	}
	return fields, faults
}

func checkMissing(fields map[string]any, event *EventInfo) (faults error) {
	must := everyLine()
	for _, use := range event.Fields {
		if !use.Optional {
			must = append(must, use.Name)
		}
	}
	for _, key := range must {
		if _, ok := fields[key]; !ok {
			faults = errors.Join(faults, fmt.Errorf("%s has no %s", event.Name, key))
		}
	}
	return faults
}

func checkFields(fields map[string]any, event *EventInfo) (faults error) {
	for key, value := range fields {
		field := Catalogue().Field(key)
		switch {
		case field == nil:
			faults = errors.Join(faults, fmt.Errorf("%s: the field %s is not in the catalogue", event.Name, key))
			continue
		case key != KeyStage && !slices.Contains(everyLine(), key) && !event.Has(key):
			faults = errors.Join(faults, fmt.Errorf("the catalogue lists no %s for %s", key, event.Name))
		}
		if err := checkType(field, value); err != nil {
			faults = errors.Join(faults, fmt.Errorf("%s: %s: %w", event.Name, key, err))
		}
	}
	return faults
}

func checkValues(fields map[string]any, event *EventInfo) (faults error) {
	if schema := fields[KeySchema]; schema != Schema {
		faults = errors.Join(faults, fmt.Errorf("schema is %v, not %s", schema, Schema))
	}
	if level, _ := fields[KeyLevel].(string); !slices.Contains(event.Levels, level) {
		faults = errors.Join(faults, fmt.Errorf("%s at level %q", event.Name, level))
	}
	stage, has := fields[KeyStage].(string)
	if !has {
		stage = StageProcess
	}
	if !slices.Contains(event.Stages, stage) {
		faults = errors.Join(faults, fmt.Errorf("%s of stage %q", event.Name, stage))
	}
	if reason, ok := fields[KeyReason].(string); ok && !event.Gives(reason) {
		faults = errors.Join(faults, fmt.Errorf("%s with reason %q", event.Name, reason))
	}
	return faults
}

// StageProcess stands in the catalogue for lines that belong to no stage.
const StageProcess = "process"

var number = regexp.MustCompile(`\d+`)

// Gives says whether a reason is one of the event's; any is where it lists none.
func (e *EventInfo) Gives(reason string) bool {
	return len(e.Reasons) == 0 || slices.Contains(e.Reasons, reason) ||
		slices.Contains(e.Reasons, number.ReplaceAllString(reason, "NNN"))
}

func checkType(field *FieldInfo, value any) error {
	ok := false
	switch field.Type {
	case TypeString:
		_, ok = value.(string)
	case TypeBoolean:
		_, ok = value.(bool)
	case TypeTime:
		text, _ := value.(string)
		_, err := time.Parse(time.RFC3339Nano, text)
		ok = err == nil
	case TypeInteger:
		n, is := value.(json.Number)
		ok = is && !strings.ContainsAny(n.String(), ".eE")
	case TypeNumber:
		n, is := value.(json.Number)
		_, decimals, _ := strings.Cut(n.String(), ".")
		ok = is && (field.Unit != "milliseconds" || len(decimals) <= 3 && n[0] != '-')
	case TypeCounts:
		return checkCounts(value)
	case TypeFields:
		return checkNested(value)
	case TypeObject:
		_, ok = value.(map[string]any)
	}
	if !ok {
		return fmt.Errorf("%v is no %s", value, field.Type)
	}
	return nil
}

func checkCounts(value any) error {
	counts, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is no object", value)
	}
	for key, n := range counts {
		if err := checkType(&FieldInfo{Type: TypeInteger}, n); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func checkNested(value any) error {
	fields, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is no object", value)
	}
	for key, inner := range fields {
		field := Catalogue().Field(key)
		if field == nil {
			return fmt.Errorf("%s is not in the catalogue", key)
		}
		if err := checkType(field, inner); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}
