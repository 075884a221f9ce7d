package place

import (
	"errors"
	"fmt"
	"slices"
)

// ErrNoTree is wrapped by NewTree when jurisdictions do not form a tree.
var ErrNoTree = errors.New("jurisdictions do not form a tree")

// Tree answers questions about the jurisdictions of a site: it is built once and then only read, by any number of goroutines.
// Nodes are numbered in preorder, so that a subtree is a range of positions.
type Tree struct {
	nodes []Jurisdiction // in preorder
	end   []int          // end[i] is one past the last position of the subtree at i
	depth []int
	at    map[AreaID]int
	code  map[string]AreaID
	name  map[string][]AreaID
}

// NewTree builds the tree. Several roots are allowed; an unknown parent, a code or ID used twice and a cycle are errors.
func NewTree(list []Jurisdiction) (*Tree, error) {
	t := &Tree{at: make(map[AreaID]int, len(list)), code: make(map[string]AreaID, len(list)), name: make(map[string][]AreaID, len(list))}
	byID := make(map[AreaID]Jurisdiction, len(list))
	children := make(map[AreaID][]Jurisdiction, len(list))
	for _, j := range list {
		if j.ID == 0 || j.Code == "" || j.Name == "" {
			return nil, fmt.Errorf("jurisdiction %q: id, code and name are needed: %w", j.Code, ErrNoTree)
		}
		if _, twice := byID[j.ID]; twice {
			return nil, fmt.Errorf("jurisdiction %q: id %d is used twice: %w", j.Code, j.ID, ErrNoTree)
		}
		if _, twice := t.code[j.Code]; twice {
			return nil, fmt.Errorf("jurisdiction code %q is used twice: %w", j.Code, ErrNoTree)
		}
		byID[j.ID] = j
		t.code[j.Code] = j.ID
		children[j.Parent] = append(children[j.Parent], j)
	}
	for _, j := range list {
		if _, ok := byID[j.Parent]; !ok && j.Parent != 0 {
			return nil, fmt.Errorf("jurisdiction %q: its parent is not in the list: %w", j.Code, ErrNoTree)
		}
	}
	var walk func(j Jurisdiction, depth int)
	walk = func(j Jurisdiction, depth int) {
		pos := len(t.nodes)
		t.nodes = append(t.nodes, j)
		t.end = append(t.end, 0)
		t.depth = append(t.depth, depth)
		t.at[j.ID] = pos
		t.name[j.Name] = append(t.name[j.Name], j.ID)
		if j.NameEN != "" && j.NameEN != j.Name {
			t.name[j.NameEN] = append(t.name[j.NameEN], j.ID)
		}
		kids := children[j.ID]
		slices.SortFunc(kids, func(a, b Jurisdiction) int {
			if a.Code < b.Code {
				return -1
			}
			return 1
		})
		for _, k := range kids {
			walk(k, depth+1)
		}
		t.end[pos] = len(t.nodes)
	}
	roots := children[0]
	slices.SortFunc(roots, func(a, b Jurisdiction) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	for _, r := range roots {
		walk(r, 0)
	}
	if len(t.nodes) != len(list) {
		return nil, fmt.Errorf("%d of %d jurisdictions hang on a cycle: %w", len(list)-len(t.nodes), len(list), ErrNoTree)
	}
	return t, nil
}

// Numbered builds the tree of a file, with numbers of its own: for what is asked without a store. A parent that is not in the list makes a root.
func Numbered(list []NewJurisdiction) (*Tree, error) {
	ids := make(map[string]AreaID, len(list))
	for i := range list {
		ids[list[i].Code] = AreaID(i + 1)
	}
	out := make([]Jurisdiction, len(list))
	for i := range list {
		out[i] = list[i].Jurisdiction
		out[i].ID, out[i].Parent = AreaID(i+1), ids[list[i].ParentCode]
	}
	return NewTree(out)
}

// Len returns the number of jurisdictions.
func (t *Tree) Len() int { return len(t.nodes) }

// All returns the jurisdictions in preorder: a parent stands before its children, children stand by code. Do not change it.
func (t *Tree) All() []Jurisdiction { return t.nodes }

// Roots returns the jurisdictions without a parent.
func (t *Tree) Roots() []AreaID {
	var out []AreaID
	for i := 0; i < len(t.nodes); i = t.end[i] {
		out = append(out, t.nodes[i].ID)
	}
	return out
}

// Get returns a jurisdiction.
func (t *Tree) Get(id AreaID) (Jurisdiction, bool) {
	i, ok := t.at[id]
	if !ok {
		return Jurisdiction{}, false
	}
	return t.nodes[i], true
}

// ByCode returns the jurisdiction with that official code.
func (t *Tree) ByCode(code string) (Jurisdiction, bool) {
	id, ok := t.code[code]
	if !ok {
		return Jurisdiction{}, false
	}
	return t.Get(id)
}

// ByName returns every jurisdiction of that exact name; names repeat in every country.
func (t *Tree) ByName(name string) []AreaID { return t.name[name] }

// Contains says whether id lies in the subtree of root (a node lies in its own subtree).
func (t *Tree) Contains(root, id AreaID) bool {
	r, ok := t.at[root]
	if !ok {
		return false
	}
	i, ok := t.at[id]
	return ok && i >= r && i < t.end[r]
}

// Subtree returns root and everything below it, in preorder; nil when root is unknown. Do not change it.
func (t *Tree) Subtree(root AreaID) []Jurisdiction {
	i, ok := t.at[root]
	if !ok {
		return nil
	}
	return t.nodes[i:t.end[i]]
}

// Children returns the jurisdictions directly below id, by code; for 0 the roots.
func (t *Tree) Children(id AreaID) []Jurisdiction {
	start, end := 0, len(t.nodes)
	if id != 0 {
		i, ok := t.at[id]
		if !ok {
			return nil
		}
		start, end = i+1, t.end[i]
	}
	var out []Jurisdiction
	for i := start; i < end; i = t.end[i] {
		out = append(out, t.nodes[i])
	}
	return out
}

// Path returns the jurisdictions from the root down to id, id included; nil when id is unknown.
func (t *Tree) Path(id AreaID) []Jurisdiction {
	i, ok := t.at[id]
	if !ok {
		return nil
	}
	out := make([]Jurisdiction, t.depth[i]+1)
	for d := t.depth[i]; ; d-- {
		out[d] = t.nodes[i]
		if d == 0 {
			return out
		}
		i = t.at[t.nodes[i].Parent]
	}
}

// At returns the ancestor of id (or id itself) that stands at the level; 0 when there is none.
func (t *Tree) At(id AreaID, level Level) AreaID {
	for i, ok := t.at[id]; ok; i, ok = t.at[t.nodes[i].Parent] {
		if t.nodes[i].Level == level {
			return t.nodes[i].ID
		}
	}
	return 0
}

// District returns the district that id lies in: what every table is partitioned by. Above the district it is id itself,
// so that a row never lacks one.
func (t *Tree) District(id AreaID) AreaID {
	if d := t.At(id, District); d != 0 {
		return d
	}
	return id
}
