// Package docs_test holds the documents of this repository to what is there:
// what package comments and Markdown files name must exist.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the repository, from here.
const root = "../.."

// pack is the code of one folder as comments may name it.
type pack struct {
	dir     string            // from the root, with slashes
	comment string            // the package comment
	names   map[string]bool   // those of its tests too
	files   []string          // without tests
	imports map[string]string // folders of this module, by their names in imports
}

// module reads the packages of this module, without nested modules.
func module(t *testing.T) map[string]*pack {
	t.Helper()
	packs := map[string]*pack{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || exists(filepath.Join(path, "go.mod"))) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), root+string(filepath.Separator)))
		p := packs[dir]
		if p == nil {
			p = &pack{dir: dir, names: map[string]bool{}, imports: map[string]string{}}
			packs[dir] = p
		}
		p.add(filepath.Base(path), file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packs
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// add notes what a file declares: functions, types, values, and Type.Member of
// methods, fields and methods of interfaces.
func (p *pack) add(name string, file *ast.File) {
	if !strings.HasSuffix(name, "_test.go") {
		p.files = append(p.files, name)
		p.comment += file.Doc.Text()
	}
	for _, spec := range file.Imports {
		if path, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), "pressmill/"); ours {
			p.imports[path[strings.LastIndex(path, "/")+1:]] = path
		}
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			p.names[strings.TrimPrefix(receiver(d)+"."+d.Name.Name, ".")] = true
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				p.declare(spec)
			}
		}
	}
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	name, _ := t.(*ast.Ident)
	return name.Name
}

func (p *pack) declare(spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			p.names[name.Name] = true
		}
	case *ast.TypeSpec:
		p.names[s.Name.Name] = true
		var members *ast.FieldList
		switch t := s.Type.(type) {
		case *ast.StructType:
			members = t.Fields
		case *ast.InterfaceType:
			members = t.Methods
		default:
			return
		}
		for _, m := range members.List {
			for _, name := range m.Names {
				p.names[s.Name.Name+"."+name.Name] = true
			}
		}
	}
}

// knows says whether a name in brackets is one of the package, or of one that
// it imports.
func (p *pack) knows(packs map[string]*pack, name string) bool {
	if p.names[name] {
		return true
	}
	first, rest, qualified := strings.Cut(name, ".")
	other := packs[p.imports[first]]
	return qualified && other != nil && other.names[rest]
}

// anywhere says whether any package declares a name.
func anywhere(packs map[string]*pack, name string) bool {
	for _, p := range packs {
		if p.names[name] {
			return true
		}
	}
	return false
}

var (
	bracketed = regexp.MustCompile(`\[([\pL_][\pL\pN_]*(?:\.[\pL_][\pL\pN_]*){0,2})\]`) // as gopls finds links in comments
	goFile    = regexp.MustCompile(`[\w/.-]+\.go\b`)
	testName  = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w*`)
	inTree    = regexp.MustCompile(`(?:^|[\s(` + "`" + `"])((?:crawler|parser|sink|pkg|deploy|\.tools)/[\w./{},*-]*\w)`)
)

// TestPackageCommentsNameWhatIsThere holds package comments to the code: names
// in brackets, files, tests and folders exist. A comment with a heading Files
// names all files of its package.
func TestPackageCommentsNameWhatIsThere(t *testing.T) {
	packs := module(t)
	for _, p := range packs {
		for _, m := range bracketed.FindAllStringSubmatch(p.comment, -1) {
			if !p.knows(packs, m[1]) {
				t.Errorf("%s: the package comment names [%s], which is not there", p.dir, m[1])
			}
		}
		for _, name := range goFile.FindAllString(p.comment, -1) {
			if !exists(filepath.Join(root, p.dir, name)) && !exists(filepath.Join(root, name)) {
				t.Errorf("%s: the package comment names the file %s, which is not there", p.dir, name)
			}
		}
		for _, name := range testName.FindAllString(p.comment, -1) {
			if !anywhere(packs, name) {
				t.Errorf("%s: the package comment names %s, which is not there", p.dir, name)
			}
		}
		for _, m := range inTree.FindAllStringSubmatch(p.comment, -1) {
			if !exists(filepath.Join(root, m[1])) {
				t.Errorf("%s: the package comment names %s, which is not there", p.dir, m[1])
			}
		}
		if !strings.Contains(p.comment, "# Files\n") {
			continue
		}
		for _, file := range p.files {
			if file != "doc.go" && !slices.Contains(goFile.FindAllString(p.comment, -1), file) {
				t.Errorf("%s: the package comment leaves out the file %s", p.dir, file)
			}
		}
	}
}
