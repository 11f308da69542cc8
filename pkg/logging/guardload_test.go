package logging_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is type-checked code, without its tests.
type program struct {
	fset     *token.FileSet
	packages []*pkg
	funcs    map[string]function       // by full name
	assigned map[types.Object][]place  // what a variable was set to
	calls    map[string][]place        // of a function, by its full name
	params   map[types.Object]argument // which parameter it is
}

type pkg struct {
	info  *types.Info
	files []*ast.File
}

// place is an expression where it stands; env tells what parameters are there.
type place struct {
	*pkg
	expr ast.Expr
	env  scope
}

type scope map[types.Object]place

type function struct {
	pkg  *pkg
	decl *ast.FuncDecl
}

// argument is the position of a parameter; the last may be variadic.
type argument struct {
	function string
	index    int
	variadic bool
}

func (p *pkg) TypeOf(expr ast.Expr) types.Type { return p.info.TypeOf(expr) }

func (p *pkg) callee(call *ast.CallExpr) *types.Func {
	if id := lastIdent(call.Fun); id != nil {
		fn, _ := p.info.Uses[id].(*types.Func)
		return fn
	}
	return nil
}

// load type-checks the packages of the module that match: their sources, and
// of what they import what the compiler has left in its cache.
func load(t *testing.T, patterns ...string) *program {
	t.Helper()
	type listed struct {
		Dir, ImportPath, Export string
		GoFiles                 []string
		DepOnly                 bool
	}
	cmd := exec.Command("go", append([]string{"list", "-trimpath", "-export", "-deps", "-json=Dir,ImportPath,Export,GoFiles,DepOnly"}, patterns...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports, sources := map[string]string{}, []listed{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var l listed
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[l.ImportPath] = l.Export
		if !l.DepOnly || l.ImportPath == loggingPath {
			sources = append(sources, l)
		}
	}
	g := &program{
		fset: token.NewFileSet(), funcs: map[string]function{}, assigned: map[types.Object][]place{},
		calls: map[string][]place{}, params: map[types.Object]argument{},
	}
	imp := importer.ForCompiler(g.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, l := range sources {
		p := g.checkPackage(t, imp, l.Dir, l.ImportPath, l.GoFiles)
		if !l.DepOnly {
			g.packages = append(g.packages, p)
		}
	}
	return g
}

func (g *program) checkPackage(t *testing.T, imp types.Importer, dir, path string, names []string) *pkg {
	t.Helper()
	p := &pkg{info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
	}}
	for _, name := range names {
		file, err := parser.ParseFile(g.fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p.files = append(p.files, file)
	}
	if _, err := (&types.Config{Importer: imp}).Check(path, g.fset, p.files, p.info); err != nil {
		t.Fatal(err)
	}
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool { g.index(p, n); return true })
	}
	return p
}

// index notes where functions, their parameters, calls and values stand.
func (g *program) index(p *pkg, n ast.Node) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		g.function(p, n)
	case *ast.CallExpr:
		if fn := p.callee(n); fn != nil {
			g.calls[fn.FullName()] = append(g.calls[fn.FullName()], place{p, n, nil})
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if id, ok := left.(*ast.Ident); ok && len(n.Lhs) == len(n.Rhs) {
				g.set(p, id, n.Rhs[i])
			}
		}
	case *ast.ValueSpec:
		for i, id := range n.Names {
			if i < len(n.Values) {
				g.set(p, id, n.Values[i])
			}
		}
	}
}

func (g *program) set(p *pkg, id *ast.Ident, to ast.Expr) {
	if obj := p.info.ObjectOf(id); obj != nil {
		g.assigned[obj] = append(g.assigned[obj], place{p, to, nil})
	}
}

func (g *program) function(p *pkg, decl *ast.FuncDecl) {
	fn := p.info.Defs[decl.Name].(*types.Func)
	g.funcs[fn.FullName()] = function{p, decl}
	sig := fn.Signature()
	for i := range sig.Params().Len() {
		g.params[sig.Params().At(i)] = argument{fn.FullName(), i, sig.Variadic() && i == sig.Params().Len()-1}
	}
}

// bind returns what the parameters of a function are in a call.
func (f function) bind(at place, call *ast.CallExpr) scope {
	env, i := scope{}, 0
	for _, field := range f.decl.Type.Params.List {
		for _, name := range field.Names {
			if _, variadic := field.Type.(*ast.Ellipsis); !variadic && i < len(call.Args) {
				env[f.pkg.info.Defs[name]] = place{at.pkg, call.Args[i], at.env}
			}
			i++
		}
	}
	return env
}

// values returns what a variable may be: what it was set to, and of a
// parameter what it is in this call, or else in any.
func (g *program) values(at place, id *ast.Ident) (values []place) {
	obj := at.info.ObjectOf(id)
	if bound, ok := at.env[obj]; ok {
		values = append(values, bound)
	} else if param, ok := g.params[obj]; ok {
		values = append(values, g.arguments(param)...)
	}
	for _, from := range g.assigned[obj] {
		values = append(values, place{from.pkg, from.expr, at.env})
	}
	return values
}

func (g *program) arguments(param argument) (values []place) {
	for _, at := range g.calls[param.function] {
		call := at.expr.(*ast.CallExpr)
		if param.variadic && !call.Ellipsis.IsValid() {
			for _, arg := range call.Args[min(param.index, len(call.Args)):] {
				values = append(values, place{at.pkg, arg, nil})
			}
		} else if param.index < len(call.Args) {
			values = append(values, place{at.pkg, call.Args[param.index], nil})
		}
	}
	return values
}

// declared says whether a variable is known, though nothing is known of its
// values: var fields []zap.Field.
func (g *program) declared(at place, id *ast.Ident) bool {
	_, param := g.params[at.info.ObjectOf(id)]
	v, ok := at.info.ObjectOf(id).(*types.Var)
	return ok && !v.IsField() && (param || v.Parent() != nil)
}
