package rules

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"

	"pressmill/pkg/config"
	"pressmill/pkg/weburl"
)

// Load reads every .yaml and .yml file of a folder. All faults come back at
// once, joined, each with file and line; each is a config.ErrInvalid. The
// folder "" has no rules.
func Load(dir string) (*Set, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: read rules: %w", config.ErrInvalid, err)
	}
	d := newDecoder()
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			d.faults = append(d.faults, fmt.Errorf("%w: read rules: %w", config.ErrInvalid, err))
			continue
		}
		d.file(path, data)
	}
	return d.result()
}

// Parse is Load for one file that is in memory; name stands for it in errors
// and in Site.Name.
func Parse(name string, data []byte) (*Set, error) {
	d := newDecoder()
	d.file(name, data)
	return d.result()
}

// decoder gathers the rules of several files and their faults.
type decoder struct {
	name   string // of the file
	set    *Set
	known  map[string]string // domain and path: where the rule stands
	faults []error
}

func newDecoder() *decoder {
	return &decoder{set: &Set{sites: make(map[string][]*Site)}, known: make(map[string]string)}
}

func (d *decoder) result() (*Set, error) {
	if err := errors.Join(d.faults...); err != nil {
		return nil, err
	}
	for _, sites := range d.set.sites {
		slices.SortStableFunc(sites, func(a, b *Site) int { return cmp.Compare(len(b.Path), len(a.Path)) })
	}
	return d.set, nil
}

func (d *decoder) fault(line int, key, format string, args ...any) {
	d.faults = append(d.faults, &config.Error{File: d.name, Line: line, Path: key, Msg: fmt.Sprintf(format, args...)})
}

// file reads a site, or a list of sites.
func (d *decoder) file(name string, data []byte) {
	d.name = name
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		d.syntax(err)
		return
	}
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		return
	case err != nil:
		d.syntax(err)
		return
	}
	if err := loader.Load(&second); err == nil {
		d.fault(second.Line, "", "a second document begins; write several sites as a list")
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
	}
	switch root := doc.Content[0]; {
	case root.Kind == yaml.SequenceNode:
		for _, n := range root.Content {
			d.site(n)
		}
	case root.ShortTag() != "!!null":
		d.site(root)
	}
}

func (d *decoder) syntax(err error) {
	line, msg := 0, strings.TrimPrefix(err.Error(), "yaml: ")
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		line, msg = e.Mark.Line, e.Message
	}
	if e, ok := errors.AsType[*yaml.LoadErrors](err); ok && len(e.Errors) > 0 {
		line, msg = e.Errors[0].Mark.Line, e.Errors[0].Message
	}
	d.fault(line, "", "%s", msg)
}

// site reads one rule and adds it to the set.
func (d *decoder) site(n *yaml.Node) {
	if n = resolve(n); n.Kind != yaml.MappingNode {
		d.fault(n.Line, "", "a site must be a mapping of keys to values")
		return
	}
	var s Site
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		if first, twice := lines[key.Value]; twice {
			d.fault(key.Line, "", "key %s stands twice, first in line %d", key.Value, first)
			continue
		}
		lines[key.Value] = key.Line
		d.key(&s, key, value)
	}
	if lines["domain"] == 0 {
		d.fault(n.Line, "domain", "is missing")
		return
	}
	d.add(&s, n.Line)
}

func (d *decoder) add(s *Site, line int) {
	where := fmt.Sprintf("%s:%d", d.name, line)
	if first, twice := d.known[s.Domain+s.Path]; twice {
		d.fault(line, "", "%s%s has a rule already, at %s", s.Domain, s.Path, first)
		return
	}
	d.known[s.Domain+s.Path] = where
	s.Name = filepath.Base(d.name) + "#" + s.Domain + s.Path
	d.set.sites[s.Domain] = append(d.set.sites[s.Domain], s)
	d.set.count++
}

// keys are those of a site, as they are documented.
var keys = []string{"domain", "path", "title", "standfirst", "body", "authors", "published", "modified", "section", "tags", "image", "drop", "keep", "zone", "lang"}

// key reads one key of a site.
func (d *decoder) key(s *Site, key, value *yaml.Node) {
	var err error
	switch key.Value {
	case "domain":
		s.Domain, err = domain(value.Value)
	case "path":
		s.Path, err = pattern(value.Value)
	case "zone":
		if s.Zone, err = time.LoadLocation(value.Value); err != nil || value.Value == "" || value.Value == "Local" {
			err = fmt.Errorf("%q is no IANA time zone such as Europe/Berlin", value.Value)
		}
	case "lang":
		if _, err = language.Parse(value.Value); err != nil {
			err = fmt.Errorf("%q is no language such as de or pt-BR", value.Value)
		}
		s.Lang = value.Value
	default:
		d.selectors(s, key, value)
		return
	}
	if value.Kind != yaml.ScalarNode {
		err = errors.New("must be one value")
	}
	if err != nil {
		d.fault(value.Line, key.Value, "%v", err)
	}
}

// pattern returns a path as it is compared, without percent-encoding.
func pattern(s string) (string, error) {
	if !strings.HasPrefix(s, "/") {
		return s, errors.New("a path begins with /")
	}
	if strings.ContainsAny(s, "?#") {
		return s, errors.New("a path ends in front of ? and #")
	}
	path, err := url.PathUnescape(s)
	if err != nil {
		return s, fmt.Errorf("%q is no path: %w", s, err)
	}
	return path, nil
}

// domain returns a host as it stands in the URLs of pages.
func domain(s string) (string, error) {
	u, err := weburl.Parse("https://" + s)
	if err != nil || u.Host != u.Hostname() || u.Path != "/" || u.RawQuery != "" {
		return "", fmt.Errorf("%q is no domain such as example.com", s)
	}
	return u.Host, nil
}

// selectors reads a key that holds a selector or a list of them.
func (d *decoder) selectors(s *Site, key, value *yaml.Node) {
	into, elements := s.field(key.Value)
	if into == nil {
		msg := "unknown key " + key.Value
		if near := config.Nearest(key.Value, keys); near != "" {
			msg += "; did you mean " + near + "?"
		} else {
			msg += "; known are " + strings.Join(keys, ", ")
		}
		d.fault(key.Line, "", "%s", msg)
		return
	}
	list := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		list = value.Content
	}
	if len(list) == 0 {
		d.fault(value.Line, key.Value, "is empty")
	}
	for _, n := range list {
		n = resolve(n)
		if n.Kind != yaml.ScalarNode {
			d.fault(n.Line, key.Value, "must be a selector or a list of selectors")
			continue
		}
		sel, err := ParseSelector(n.Value)
		if err == nil && elements && slices.ContainsFunc(sel.Paths, func(p Path) bool { return p.Attr != "" }) {
			err = fmt.Errorf("selector %q: %s wants elements, not an attribute (@)", sel, key.Value)
		}
		if err != nil {
			d.fault(n.Line, key.Value, "%v", err)
			continue
		}
		*into = append(*into, sel)
	}
}

// field returns where a key's selectors go, and whether they pick elements, not
// values; nil for a key that has no selectors.
func (s *Site) field(key string) (into *[]Selector, elements bool) {
	switch key {
	case "title":
		return &s.Title, false
	case "standfirst":
		return &s.Standfirst, false
	case "authors":
		return &s.Authors, false
	case "published":
		return &s.Published, false
	case "modified":
		return &s.Modified, false
	case "section":
		return &s.Section, false
	case "tags":
		return &s.Tags, false
	case "image":
		return &s.Image, false
	case "body":
		return &s.Body, true
	case "drop":
		return &s.Drop, true
	case "keep":
		return &s.Keep, true
	}
	return nil, false
}

func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}
