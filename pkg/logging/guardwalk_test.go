package logging_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"strings"
	"testing"

	"pressmill/pkg/logging"
)

const (
	zapPath     = "go.uber.org/zap"
	loggingPath = "pressmill/pkg/logging"
)

// guard follows the fields of every log call through the code, as far as it
// can be seen: through calls, variables, append and the parameters of functions.
type guard struct {
	*program
	faults       []string
	events, keys map[string]bool // that are logged
	visiting     map[types.Object]bool
}

func newGuard(t *testing.T, patterns ...string) *guard {
	t.Helper()
	return &guard{program: load(t, patterns...), events: map[string]bool{}, keys: map[string]bool{}, visiting: map[types.Object]bool{}}
}

// found is what was seen of some fields.
type found struct {
	events []string
	keys   []string
	faults []string
}

func (f *found) add(o found) {
	f.events, f.keys, f.faults = append(f.events, o.events...), append(f.keys, o.keys...), append(f.faults, o.faults...)
}

func (f *found) fault(format string, args ...any) {
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

// check looks at every call and at every type that writes its own fields.
func (g *guard) check() {
	for _, p := range g.packages {
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					g.call(p, call)
				}
				return true
			})
		}
	}
	slices.Sort(g.faults)
	g.faults = slices.Compact(g.faults)
}

// call checks a call of a logger; other calls are none of its concern.
func (g *guard) call(p *pkg, call *ast.CallExpr) {
	fn := p.callee(call)
	if fn == nil || fn.Pkg() == nil {
		return
	}
	at := g.fset.Position(call.Pos()).String()
	switch name := fn.FullName(); name {
	case "(*go.uber.org/zap.Logger).Sugar", zapPath + ".NewStdLog", zapPath + ".RedirectStdLog":
		g.faults = append(g.faults, at+": log."+fn.Name()+": only *zap.Logger logs")
	case "(*go.uber.org/zap.Logger).With":
		g.note(g.fields(p, call.Args, nil), at+": With")
	case "(*go.uber.org/zap.Logger).Log":
		g.logged(p, at, "", call.Args[1:])
	case "(go.uber.org/zap/zapcore.Core).Write": // a line of the log's own; others that pass are made elsewhere
		if fields, ok := call.Args[1].(*ast.CompositeLit); ok {
			g.logged(p, at, "", append([]ast.Expr{call.Fun}, fields.Elts...))
		}
	case "(*go.uber.org/zap.Logger).Debug", "(*go.uber.org/zap.Logger).Info", "(*go.uber.org/zap.Logger).Warn", "(*go.uber.org/zap.Logger).Error",
		"(*go.uber.org/zap.Logger).DPanic", "(*go.uber.org/zap.Logger).Panic", "(*go.uber.org/zap.Logger).Fatal":
		g.logged(p, at, strings.ToLower(fn.Name()), call.Args)
	}
}

// note takes note of what was found, and tells of its faults.
func (g *guard) note(f found, at string) {
	for _, event := range f.events {
		g.events[event] = true
	}
	for _, key := range f.keys {
		g.keys[key] = true
	}
	for _, fault := range f.faults {
		g.faults = append(g.faults, at+": "+fault)
	}
}

// logged checks a line: args are the message and the fields.
func (g *guard) logged(p *pkg, at, level string, args []ast.Expr) {
	f := g.fields(p, args[1:], nil)
	at += ": " + types.ExprString(args[0])
	if len(f.events) == 0 && len(f.faults) == 0 {
		f.fault("no event")
	}
	for _, name := range f.events {
		event := logging.Catalogue().Event(name)
		if level != "" && !slices.Contains(event.Levels, level) {
			f.fault("%s is not logged at %s", name, level)
		}
		for _, key := range f.keys {
			if key != logging.KeyEvent && key != logging.KeyStage && !event.Has(key) {
				f.fault("the catalogue lists no %s for %s", key, name)
			}
		}
	}
	g.note(f, at)
}

func (g *guard) fields(p *pkg, exprs []ast.Expr, env scope) (f found) {
	for _, expr := range exprs {
		f.add(g.field(place{p, expr, env}))
	}
	return f
}

// field follows an expression that is a field or a slice of fields.
func (g *guard) field(at place) (f found) {
	switch expr := ast.Unparen(at.expr).(type) {
	case *ast.CallExpr:
		return g.made(at, expr)
	case *ast.CompositeLit:
		if _, ok := at.TypeOf(expr).Underlying().(*types.Slice); ok {
			return g.fields(at.pkg, expr.Elts, at.env)
		}
	case *ast.SliceExpr:
		return g.field(place{at.pkg, expr.X, at.env})
	case *ast.Ident:
		return g.variable(at, expr)
	}
	f.fault("%s is no field that can be followed", types.ExprString(at.expr))
	return f
}

// variable follows all that a variable may be. One that is made of itself, as
// append does, is told once.
func (g *guard) variable(at place, id *ast.Ident) (f found) {
	obj := at.info.ObjectOf(id)
	if g.visiting[obj] || id.Name == "nil" {
		return f
	}
	g.visiting[obj] = true
	defer delete(g.visiting, obj)
	from := g.values(at, id)
	for _, value := range from {
		f.add(g.field(value))
	}
	if len(from) == 0 && !g.declared(at, id) {
		f.fault("%s is no field that can be followed", id.Name)
	}
	return f
}

// made follows a call that makes a field or some of them.
func (g *guard) made(at place, call *ast.CallExpr) (f found) {
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && id.Name == "append" {
		return g.fields(at.pkg, call.Args, at.env)
	}
	fn := at.callee(call)
	switch {
	case fn == nil:
		f.fault("%s is no field that can be followed", types.ExprString(call))
	case fn.FullName() == loggingPath+".Event":
		f.keys = append(f.keys, logging.KeyEvent)
		f.add(g.event(place{at.pkg, call.Args[0], at.env}))
	case fn.Pkg().Path() == zapPath:
		return g.zapField(at, call, fn)
	default:
		return g.returned(at, call, fn)
	}
	return f
}

// returned follows what a function of the module returns.
func (g *guard) returned(at place, call *ast.CallExpr, fn *types.Func) (f found) {
	decl := g.funcs[fn.FullName()]
	if decl.decl == nil || decl.decl.Body == nil {
		f.fault("%s is no field that can be followed", types.ExprString(call))
		return f
	}
	env := decl.bind(at, call)
	ast.Inspect(decl.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			for _, result := range n.Results {
				if isField(decl.pkg.TypeOf(result)) {
					f.add(g.field(place{decl.pkg, result, env}))
				}
			}
		}
		return true
	})
	return f
}

// zapField is a field that zap makes: most take the key first.
func (g *guard) zapField(at place, call *ast.CallExpr, fn *types.Func) (f found) {
	switch fn.Name() {
	case "Skip":
	case "Error":
		f.keys = append(f.keys, logging.KeyError)
	case "Inline":
		f.add(g.object(at.TypeOf(call.Args[0])))
	case "Object", "Any":
		f.add(g.key(place{at.pkg, call.Args[0], at.env}))
		inner := g.object(at.TypeOf(call.Args[1]))
		for _, key := range inner.keys { // is inside, and not the event's
			g.keys[key] = true
		}
		f.faults = append(f.faults, inner.faults...)
	default:
		f.add(g.key(place{at.pkg, call.Args[0], at.env}))
	}
	return f
}

// object finds the fields that a type writes by itself.
func (g *guard) object(t types.Type) (f found) {
	m, _, _ := types.LookupFieldOrMethod(t, true, nil, "MarshalLogObject")
	fn, ok := m.(*types.Func)
	if !ok || slices.Contains(freeObjects, fn.FullName()) {
		return f
	}
	decl := g.funcs[fn.FullName()]
	if decl.decl == nil {
		return f
	}
	ast.Inspect(decl.decl.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		inner := decl.pkg.callee(call)
		switch {
		case inner == nil:
		case inner.Name() == "MarshalLogObject":
			f.add(g.object(inner.Signature().Recv().Type()))
		case inner.Signature().Recv() != nil && strings.HasPrefix(inner.Name(), "Add") && inner.Pkg().Path() == zapPath+"/zapcore":
			f.add(g.key(place{decl.pkg, call.Args[0], nil}))
		}
		return true
	})
	return f
}

// freeObjects write names that are data: reasons of failures.
var freeObjects = []string{"(" + loggingPath + ".reasons).MarshalLogObject"}

func (g *guard) key(at place) found {
	keys, strange := g.constants(at, "Key")
	f := found{keys: keys}
	for _, expr := range strange {
		f.fault("the key %s is no constant of the catalogue", expr)
	}
	return f
}

func (g *guard) event(at place) found {
	events, strange := g.constants(at, "")
	f := found{events: events}
	for _, expr := range strange {
		f.fault("the event %s is no constant of the catalogue", expr)
	}
	return f
}

// constants returns the values that an expression may have, if they are
// constants of the catalogue, and the others as they are written.
func (g *guard) constants(at place, prefix string) (values, strange []string) {
	if id := lastIdent(at.expr); id != nil {
		switch obj := at.info.ObjectOf(id).(type) {
		case *types.Const:
			if value := constant.StringVal(obj.Val()); obj.Pkg() != nil && obj.Pkg().Path() == loggingPath && catalogued(value, prefix) {
				return []string{value}, nil
			}
		case *types.Var:
			for _, from := range g.values(at, id) {
				v, s := g.constants(from, prefix)
				values, strange = append(values, v...), append(strange, s...)
			}
			if len(values)+len(strange) > 0 {
				return values, strange
			}
		}
	}
	return nil, []string{types.ExprString(at.expr)}
}

func catalogued(value, prefix string) bool {
	if prefix == "Key" {
		return logging.Catalogue().Field(value) != nil
	}
	return logging.Catalogue().Event(value) != nil
}

// lastIdent is x of x and of p.x.
func lastIdent(expr ast.Expr) *ast.Ident {
	switch expr := ast.Unparen(expr).(type) {
	case *ast.Ident:
		return expr
	case *ast.SelectorExpr:
		return expr.Sel
	}
	return nil
}

func isField(t types.Type) bool {
	if slice, ok := t.(*types.Slice); ok {
		t = slice.Elem()
	}
	return t != nil && strings.HasSuffix(t.String(), "zap/zapcore.Field") || t != nil && t.String() == zapPath+".Field"
}
