// Package explain writes a web page that shows what became of every block of a
// page: in place, coloured by type, in the article or not and why, beside the
// article's fields with their provenance. It loads nothing and holds nothing of
// the page but text.
package explain

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
)

// Page is what is shown.
type Page struct {
	URL        string
	Title      string // of the article or, for want of one, of the page
	Reject     string // why the page is no article, or ""
	Engine     string
	Rule       string // the site rule that was used, or ""
	Fields     []Field
	Warnings   []string
	Candidates []Candidate // elements that might hold the text, the best first
	Elsewhere  []Block     // text of the article that the page does not show
	Root       *Box        // the whole page, or nil if it could not be read
}

// Field is a field of the article with its provenance.
type Field struct {
	Name  string
	Value string
	Src   string  // "" where the article does not tell
	Conf  float64 // 0..1
}

// Candidate is an element that might hold the text.
type Candidate struct {
	ID     int32 // that of its box, or 0 where it has none
	Path   string
	Score  float64 // 0..1: how likely the engine takes it to be the container
	Chosen bool
}

// Box is an element with what stands in it.
type Box struct {
	ID     int32
	Path   string // from the box around it, as in "main > div.story"
	Why    string // why nothing of it is in the article, or ""
	Score  string
	Chosen bool // it holds the text
	Folded bool // at first
	Items  []Item
}

// Item is a box or a block.
type Item struct {
	Box   *Box
	Block *Block
}

// State says whether a block is in the article.
type State string

// The states of blocks.
const (
	Kept State = "kept" // part of the text
	Used State = "used" // read for a field
	Out  State = "out"
)

// Block is one run of text, or a picture.
type Block struct {
	Type  string // paragraph, heading, image, ...: see Types
	State State
	Why   string // why it is out, or what it is used for
	Score string
	Path  string // from its box
	Text  string
}

// Types are the types of blocks in the order of the legend.
var Types = []string{
	"title", "standfirst", "byline", "date", "paragraph", "heading", "list_item", "quote", "table", "fact_box", "embed", "caption", "image", "text",
}

//go:embed page.html style.css script.js
var files embed.FS

var pageTemplate = template.Must(template.ParseFS(files, "page.html"))

// Write writes the page as one HTML file.
func Write(w io.Writer, p *Page) error {
	style, err := files.ReadFile("style.css")
	if err != nil {
		return err
	}
	script, err := files.ReadFile("script.js")
	if err != nil {
		return err
	}
	return pageTemplate.Execute(w, &view{
		Page: p, Counts: p.counts(),
		Style: template.CSS(style), StyleHash: hash(style), //nolint:gosec // a file of the program
		Script: template.JS(script), ScriptHash: hash(script), //nolint:gosec // a file of the program
	})
}

// hash is how a content security policy names an inline style or script.
func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// view is what the template sees.
type view struct {
	*Page
	Counts     counts
	Style      template.CSS
	StyleHash  string
	Script     template.JS
	ScriptHash string
}

// counts is how many blocks there are of each sort.
type counts struct {
	All   int
	State map[string]int
	Type  map[string]int
}

func (p *Page) counts() counts {
	c := counts{State: make(map[string]int), Type: make(map[string]int)}
	for i := range p.Elsewhere {
		c.add(&p.Elsewhere[i])
	}
	if p.Root != nil {
		c.addBox(p.Root)
	}
	return c
}

func (c *counts) addBox(b *Box) {
	for _, it := range b.Items {
		if it.Box != nil {
			c.addBox(it.Box)
		} else {
			c.add(it.Block)
		}
	}
}

func (c *counts) add(b *Block) {
	c.All++
	c.State[string(b.State)]++
	c.Type[b.Type]++
}

// Legend lists the types that the page has.
func (v *view) Legend() []string {
	var out []string
	for _, t := range Types {
		if v.Counts.Type[t] > 0 {
			out = append(out, t)
		}
	}
	return out
}

// Container is the ID of the box that holds the text, or 0.
func (v *view) Container() int32 {
	for _, c := range v.Candidates {
		if c.Chosen {
			return c.ID
		}
	}
	return 0
}

// Blocks is how many blocks a box holds.
func (b *Box) Blocks() int {
	c := counts{State: make(map[string]int), Type: make(map[string]int)}
	c.addBox(b)
	return c.All
}

// Percent is the field's confidence.
func (f *Field) Percent() int { return int(f.Conf*100 + 0.5) }

// Percent is the candidate's score.
func (c Candidate) Percent() int { return int(c.Score*100 + 0.5) }

// Bar is the length of the candidate's bar, in twentieths.
func (c Candidate) Bar() int { return int(c.Score*20 + 0.5) }
