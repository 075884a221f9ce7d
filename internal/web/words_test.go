package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"firebreak/internal/i18n"
)

// TestEveryValueOnScreenHasWords reads the values of each type that pages show from where they are declared, so that a new one cannot be shown raw.
func TestEveryValueOnScreenHasWords(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []struct{ dir, typ, prefix string }{
		{"cases", "Class", "class"},
		{"cases", "Outcome", "outcome"},
		{"cases", "Certainty", "certainty"},
		{"cases", "LinkKind", "link"},
		{"cluster", "Kind", "cluster.kind"},
		{"cluster", "State", "cluster.state"},
		{"contact", "Tier", "tier"},
		{"contact", "State", "follow"},
		{"task", "Duty", "duty"},
		{"task", "Kind", "task.kind"},
		{"task", "State", "task.ended"},
		{"task", "SubjectKind", "happened.some"},
		{"store", "task.SubjectKind", "happened.some"},
		{"screening", "State", "round.state"},
		{"screening", "Standing", "round.standing"},
		{"lab", "TubeResult", "tube.result"},
		{"zone", "State", "zone.state"},
		{"place", "Level", "area.level"},
		{"protocol", "Status", "pack.status"},
		{"journal", "Kind", "event"},
		{"forecast", "Quantity", "quantity"},
		{"forecast", "Note", "forecast.note"},
	} {
		values := constants(t, "../"+shown.dir, shown.typ)
		if len(values) == 0 {
			t.Errorf("%s.%s has no constants: this test no longer fits", shown.dir, shown.typ)
		}
		for _, l := range words.Languages() {
			have := map[string]bool{}
			for _, k := range words.Keys(l.Lang) {
				have[k] = true
			}
			for name, value := range values {
				if key := shown.prefix + "." + value; value != "" && !have[key] {
					t.Errorf("%s: %s.%s is shown raw: no text for %q", l.Lang, shown.dir, name, key)
				}
			}
		}
	}
}

// constants returns the string constants of a type that a package declares, by name; a type of another package has that one's name before it.
func constants(t *testing.T, dir, typ string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			switch of := spec.Type.(type) {
			case *ast.Ident:
				ok = of.Name == typ
			case *ast.SelectorExpr: // of another package
				from, named := of.X.(*ast.Ident)
				ok = named && from.Name+"."+of.Sel.Name == typ
			default:
				ok = false
			}
			if !ok {
				return true
			}
			for i, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if value, err := strconv.Unquote(lit.Value); err == nil {
						out[spec.Names[i].Name] = value
					}
				}
			}
			return true
		})
	}
	return out
}
