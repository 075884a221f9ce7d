package protocol

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"firebreak/protocols"
)

// ErrUnknown is wrapped by Load when no pack has the name.
var ErrUnknown = errors.New("no such protocol pack")

// Load returns the shipped pack with the name, "covid19/2022-v9@1"; without a version the newest. The error of an unknown
// name wraps ErrUnknown.
func Load(name string) (*Pack, error) {
	if p, ok := loaded.Load(name); ok {
		return p.(*Pack), nil
	}
	p, err := find(name)
	if err == nil {
		loaded.Store(name, p)
	}
	return p, err
}

// loaded are the packs that were asked for, by name: they ship with the program and are read-only, and each request asks for one.
var loaded sync.Map

func find(name string) (*Pack, error) {
	edition, wanted, pinned := strings.Cut(name, "@")
	dir := path.Clean(edition)
	if strings.Count(dir, "/") != 1 || dir != edition {
		return nil, fmt.Errorf("load pack %q: the name is <pathogen>/<edition>@<version>: %w", name, ErrUnknown)
	}
	files, err := fs.Glob(protocols.Files, dir+"/pack*.yaml")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("load pack %q: %w", name, ErrUnknown)
	}
	var newest *Pack
	for _, file := range files {
		p, err := load(file)
		if err != nil {
			return nil, fmt.Errorf("load pack %q: %w", name, err)
		}
		if pinned && strconv.Itoa(p.Version) == wanted {
			return p, nil
		}
		if newest == nil || p.Version > newest.Version {
			newest = p
		}
	}
	if pinned {
		return nil, fmt.Errorf("load pack %q: the newest version is %d: %w", name, newest.Version, ErrUnknown)
	}
	return newest, nil
}

// List returns every shipped pack in every version, by name and version.
func List() ([]*Pack, error) {
	files, err := fs.Glob(protocols.Files, "*/*/pack*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list packs: %w", err)
	}
	out := make([]*Pack, 0, len(files))
	for _, file := range files {
		p, err := load(file)
		if err != nil {
			return nil, fmt.Errorf("list packs: %w", err)
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Pack) int {
		if a.Name != b.Name {
			return strings.Compare(a.Name, b.Name)
		}
		return a.Version - b.Version
	})
	return out, nil
}

func load(file string) (*Pack, error) {
	text, err := fs.ReadFile(protocols.Files, file)
	if err != nil {
		return nil, err
	}
	p, err := Parse(file, text)
	if err != nil {
		return nil, err
	}
	if dir := path.Dir(file); p.Name != dir {
		return nil, fmt.Errorf("%s: name: is %q, but the pack lies in %q", file, p.Name, dir)
	}
	return p, nil
}

// Parse reads a pack. Unknown and repeated keys are errors, and so is everything Validate finds; an error names the file,
// the line and the path. The file name is used in errors only.
func Parse(file string, text []byte) (*Pack, error) {
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, true))
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, fmt.Errorf("%s: a pack is one YAML document", file)
	}
	p := &Pack{clauses: map[string]Clause{}}
	if err := yaml.NodeToValue(tree.Docs[0].Body, p, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, true))
	}
	p.ref = p.Name + "@" + strconv.Itoa(p.Version)
	lines := map[string]int{}
	p.index(tree.Docs[0].Body, "", lines)
	if err := p.check(file, lines); err != nil {
		return nil, err
	}
	return p, nil
}

// index walks the file: which line each path stands on, and every clause as it is written.
func (p *Pack) index(n ast.Node, at string, lines map[string]int) {
	lines[at] = n.GetToken().Position.Line
	switch n := n.(type) {
	case *ast.MappingNode:
		if c, ok := asClause(n.Values); ok {
			c.Path, c.Line = at, lines[at]
			p.clauses[at] = c
			return
		}
		for _, v := range n.Values {
			p.index(v.Value, join(at, v.Key.String()), lines)
			lines[join(at, v.Key.String())] = v.Key.GetToken().Position.Line
		}
	case *ast.MappingValueNode:
		p.index(n.Value, join(at, n.Key.String()), lines)
	case *ast.SequenceNode:
		for i, v := range n.Values {
			p.index(v, join(at, strconv.Itoa(i)), lines)
		}
	}
}

func asClause(values []*ast.MappingValueNode) (Clause, bool) {
	var c Clause
	found := false
	for _, v := range values {
		text := strings.Trim(v.Value.String(), `"`)
		switch v.Key.String() {
		case "value":
			c.Value, found = text, true
			if m, ok := v.Value.(*ast.MappingNode); ok {
				c.Value, c.ZH = language(m, "en"), language(m, "zh")
			}
		case "unit":
			c.Unit = text
		case "source":
			c.Source = text
		case "status":
			c.Status = Status(text)
		}
	}
	return c, found
}

// language is the text in one language of a clause that has it in both.
func language(m *ast.MappingNode, lang string) string {
	for _, v := range m.Values {
		if v.Key.String() == lang {
			return strings.Trim(v.Value.String(), `"`)
		}
	}
	return m.String()
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

// walk calls visit for every Value of the pack with its path, the units it may have, and whether it may be left out.
func (p *Pack) walk(visit func(h holder, path, units string, optional bool)) {
	var down func(v reflect.Value, at, units string, optional bool)
	down = func(v reflect.Value, at, units string, optional bool) {
		if h, ok := v.Addr().Interface().(holder); ok {
			visit(h, at, units, optional)
			return
		}
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				f := v.Type().Field(i)
				if key := f.Tag.Get("yaml"); key != "" && key != "-" {
					down(v.Field(i), join(at, key), f.Tag.Get("unit"), f.Tag.Get("optional") != "")
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				down(v.Index(i), join(at, strconv.Itoa(i)), units, optional)
			}
		default: // it holds nothing further
		}
	}
	down(reflect.ValueOf(p).Elem(), "", "", false)
}
