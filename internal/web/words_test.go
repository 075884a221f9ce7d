package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/protocol"
	"firebreak/internal/web/packs"
)

// TestOneChineseWordForAThing reads what may be shown for words that the glossary has another for.
func TestOneChineseWordForAThing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	glossary, err := os.ReadFile("../../docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	for word, others := range map[string]*regexp.Regexp{
		"防控方案包": regexp.MustCompile(`规程包|预案|(?:^|[^控])方案包|协议包|方案套包`),
		"采样管":   regexp.MustCompile(`试管|样本管|标本管`),
		"转运箱":   regexp.MustCompile(`标本箱|样本箱|采样箱|运输箱|样品箱|标本盒|样本盒`),
	} {
		if !strings.Contains(string(glossary), word) {
			t.Errorf("the glossary has no %s: this test no longer fits", word)
		}
		shown := 0
		err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
			switch ext := filepath.Ext(path); {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || d.Name() == "vendor"):
				return filepath.SkipDir
			case filepath.Base(path) == "tube_rows.go": // what laboratories may call a column
				return nil
			case d.IsDir() || strings.HasSuffix(path, "_test.go") || ext != ".go" && ext != ".json" && ext != ".html" && ext != ".js":
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			shown += strings.Count(string(text), word)
			for i, line := range strings.Split(string(text), "\n") {
				if bad := others.FindString(line); bad != "" {
					t.Errorf("%s:%d says %s for %s", path, i+1, bad, word)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if shown == 0 {
			t.Errorf("%s is shown nowhere: this test no longer fits", word)
		}
	}
}

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
		{"auth", "Action", "right"},
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

// TestEveryPackHasWords looks at what the shipped packs hold: each section and unit is told by a word of its own.
func TestEveryPackHasWords(t *testing.T) {
	t.Parallel()
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := protocol.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range words.Languages() {
		have := words.Keys(l.Lang)
		for _, p := range shipped {
			for _, c := range p.Clauses() {
				section, _, _ := strings.Cut(c.Path, ".")
				if key := "pack.section." + section; !slices.Contains(have, key) {
					t.Errorf("%s: %s: the section of %s is shown raw: no text for %q", l.Lang, p.Ref(), c.Path, key)
				}
				if unit := packs.UnitKey(c.Unit); unit != "" && !slices.Contains(have, "pack.unit."+unit) {
					t.Errorf("%s: %s: the unit of %s is shown raw: no text for pack.unit.%s", l.Lang, p.Ref(), c.Path, unit)
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
