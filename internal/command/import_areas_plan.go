package command

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// areaPlan is what files of jurisdictions would do to the tree.
type areaPlan struct {
	f     *areaFiles
	old   *place.Tree
	rowOf map[string]int // index of a code in f.rows
	mine  func(place.AreaID) bool

	changes    []AreaChange
	list       []place.NewJurisdiction // what to write
	boundaries map[string]string
	moved      int
}

// plan compares, in this order: parents are known; they form a tree; the caller administers what changes; no record changes its district.
func (f *areaFiles) plan(r *store.Reader, by By, now time.Time) (*areaPlan, error) {
	old, err := r.Tree()
	if err != nil {
		return nil, err
	}
	p := &areaPlan{f: f, old: old, rowOf: make(map[string]int, len(f.rows)), changes: slices.Clone(f.changes), boundaries: make(map[string]string, len(f.outlines))}
	if p.mine, err = by.administers(old, now); err != nil {
		return nil, err
	}
	for i := range f.rows {
		row := f.rows[i]
		p.rowOf[row.Code] = i
	}
	p.checkParents()
	p.checkCircles()
	for i := range f.rows {
		if p.changes[i].Fate != AreaRejected {
			p.compareRow(i)
		}
	}
	if err := p.checkDistricts(r); err != nil {
		return nil, err
	}
	return p, p.compareOutlines(r)
}

// administers tells of an area whether the caller may change it, and of 0 whether they may change what stands at the top: whoever administers all of it. A caller
// who administers nothing at all is Forbidden.
func (b By) administers(tree *place.Tree, now time.Time) (func(place.AreaID) bool, error) {
	if b.IsOwner() {
		return func(place.AreaID) bool { return true }, nil
	}
	scope := auth.ScopeOf(b.Actor, auth.AreaAdmin, b.Purpose, now)
	if scope.Empty() {
		return nil, &Forbidden{Action: auth.AreaAdmin, Decision: auth.May(b.Actor, auth.AreaAdmin, nil, b.Purpose, now)}
	}
	in := func(a place.AreaID) bool {
		var path []place.AreaID
		for _, j := range tree.Path(a) {
			path = append(path, j.ID)
		}
		return scope.Contains(path)
	}
	top := !slices.ContainsFunc(tree.Roots(), func(a place.AreaID) bool { return !in(a) })
	return func(a place.AreaID) bool { return a == 0 && top || a != 0 && in(a) }, nil
}

func (p *areaPlan) reject(i int, column, reason string) {
	c := &p.changes[i]
	c.Fate, c.Column, c.Reason, c.Fields, c.Records = AreaRejected, column, reason, nil, 0
}

// checkParents rejects rows whose parent is nowhere, and those below them.
func (p *areaPlan) checkParents() {
	for again := true; again; {
		again = false
		for i := range p.f.rows {
			up := p.f.rows[i].ParentCode
			if up == "" || p.changes[i].Fate == AreaRejected {
				continue
			}
			if _, known := p.old.ByCode(up); known {
				continue
			}
			if at, here := p.rowOf[up]; !here || p.changes[at].Fate == AreaRejected {
				p.reject(i, "parent", fmt.Sprintf("%q is neither in the file nor known", up))
				again = true
			}
		}
	}
}

// parentOf is the code of what a jurisdiction would lie in; empty at the top.
func (p *areaPlan) parentOf(code string) string {
	if i, ok := p.rowOf[code]; ok && p.changes[i].Fate != AreaRejected {
		return p.f.rows[i].ParentCode
	}
	j, _ := p.old.ByCode(code)
	up, _ := p.old.Get(j.Parent)
	return up.Code
}

// checkCircles rejects rows whose parents never reach the top.
func (p *areaPlan) checkCircles() {
	most := p.old.Len() + len(p.f.rows)
	var round []int
	for i := range p.f.rows {
		steps := 0
		for code := p.f.rows[i].Code; code != "" && steps <= most; steps++ {
			code = p.parentOf(code)
		}
		if steps > most {
			round = append(round, i)
		}
	}
	for _, i := range round {
		p.reject(i, "parent", "leads round in a circle: what lies above it lies below it too")
	}
}

// known is the nearest jurisdiction at or above a code that is in the tree already; 0 where there is none.
func (p *areaPlan) known(code string) place.AreaID {
	for ; code != ""; code = p.parentOf(code) {
		if j, ok := p.old.ByCode(code); ok {
			return j.ID
		}
	}
	return 0
}

// compareRow says what one row changes. What a file leaves empty does not take away what is known.
func (p *areaPlan) compareRow(i int) {
	n, c := p.f.rows[i].NewJurisdiction, &p.changes[i]
	was, there := p.old.ByCode(n.Code)
	if !there {
		if !p.mine(p.known(n.ParentCode)) {
			p.reject(i, "parent", "lies outside the areas that you administer")
			return
		}
		c.Fate = AreaCreated
		p.list = append(p.list, n)
		return
	}
	n.NameEN, n.Population = cmp.Or(n.NameEN, was.NameEN), cmp.Or(n.Population, was.Population)
	up, _ := p.old.Get(was.Parent)
	for _, f := range []AreaField{
		{"parent", up.Code, n.ParentCode}, {"level", string(was.Level), string(n.Level)}, {"name", was.Name, n.Name}, {"name_en", was.NameEN, n.NameEN},
		{"population", strconv.FormatInt(was.Population, 10), strconv.FormatInt(n.Population, 10)},
	} {
		if f.From != f.To {
			c.Fields = append(c.Fields, f)
		}
	}
	p.list = append(p.list, n)
	if len(c.Fields) == 0 {
		c.Fate = AreaUnchanged
		return
	}
	c.Fate = AreaUpdated
	moves := c.Fields[0].Field == "parent"
	switch {
	case !p.mine(was.ID):
		p.reject(i, "code", "lies outside the areas that you administer")
	case moves && (!p.mine(was.Parent) || !p.mine(p.known(n.ParentCode))):
		p.reject(i, "parent", "you do not administer both what it lies in and what it would lie in")
	case moves:
		p.moved++
	}
}

// checkDistricts rejects rows that would carry records into another district, by which tables are kept apart; and counts the records that come along with a row
// that moves.
func (p *areaPlan) checkDistricts(r *store.Reader) error {
	after, err := p.tree()
	if err != nil {
		return nil //nolint:nilerr // rows are rejected already, and what is left of the file is no tree
	}
	var other, moving []place.AreaID
	for _, j := range p.old.All() {
		if p.old.District(j.ID) != after.District(j.ID) {
			other = append(other, j.ID)
		}
	}
	for i := range p.f.rows {
		if c := p.changes[i]; c.Fate == AreaUpdated && c.Fields[0].Field == "parent" {
			j, _ := p.old.ByCode(c.Code)
			for _, k := range p.old.Subtree(j.ID) {
				moving = append(moving, k.ID)
			}
		}
	}
	if len(other)+len(moving) == 0 {
		return nil
	}
	records, err := r.RecordsIn(slices.Concat(other, moving))
	if err != nil {
		return err
	}
	blamed := map[int]int{}
	for _, a := range other {
		if records[a] == 0 {
			continue
		}
		path := after.Path(a)
		for k := len(path) - 1; k >= 0; k-- {
			i, ok := p.rowOf[path[k].Code]
			if !ok || !p.reshapes(i) {
				continue
			}
			blamed[i] += records[a]
			break
		}
	}
	for i := range p.f.rows {
		c := &p.changes[i]
		if n := blamed[i]; n > 0 {
			column := "level"
			if c.Fate == AreaCreated || c.Fields[0].Field == "parent" {
				column = "parent"
			}
			if c.Fate == AreaUpdated && column == "parent" {
				p.moved--
			}
			p.reject(i, column, fmt.Sprintf("%d records lie in it or below and would come to lie in another district: rows are kept by district. Add it there under a new code, and give the records that one", n))
			continue
		}
		if c.Fate != AreaUpdated || c.Fields[0].Field != "parent" {
			continue
		}
		j, _ := p.old.ByCode(c.Code)
		for _, k := range p.old.Subtree(j.ID) {
			c.Records += records[k.ID]
		}
	}
	return nil
}

// reshapes says whether a row changes what lies in which district.
func (p *areaPlan) reshapes(i int) bool {
	c := p.changes[i]
	return c.Fate == AreaCreated || c.Fate == AreaUpdated && slices.ContainsFunc(c.Fields, func(f AreaField) bool { return f.Field == "parent" || f.Field == "level" })
}

// tree is the tree as it would be.
func (p *areaPlan) tree() (*place.Tree, error) {
	list := slices.Clone(p.old.All())
	at := make(map[string]int, len(list))
	var last place.AreaID
	for i, j := range list {
		at[j.Code] = i
		last = max(last, j.ID)
	}
	for _, n := range p.list {
		if _, ok := at[n.Code]; !ok {
			last++
			at[n.Code] = len(list)
			list = append(list, place.Jurisdiction{ID: last, Code: n.Code})
		}
	}
	for _, n := range p.list {
		j := n.Jurisdiction
		j.ID, j.Parent = list[at[n.Code]].ID, 0
		if n.ParentCode != "" {
			up, ok := at[n.ParentCode]
			if !ok {
				return nil, place.ErrNoTree
			}
			j.Parent = list[up].ID
		}
		list[at[n.Code]] = j
	}
	return place.NewTree(list)
}

// compareOutlines says which boundaries are new or drawn otherwise.
func (p *areaPlan) compareOutlines(r *store.Reader) error {
	var ids []place.AreaID
	for _, o := range p.f.outlines {
		if j, ok := p.old.ByCode(o.Code); ok {
			ids = append(ids, j.ID)
		}
	}
	stand := map[place.AreaID]string{}
	list, err := r.Boundaries(ids)
	if err != nil {
		return err
	}
	for _, b := range list {
		stand[b.Area] = b.Geometry
	}
	for k, o := range p.f.outlines {
		i := len(p.f.rows) + k
		c := &p.changes[i]
		j, known := p.old.ByCode(o.Code)
		row, here := p.rowOf[o.Code]
		switch {
		case !known && !here:
			p.reject(i, "code", "no jurisdiction has this code")
			continue
		case here && p.changes[row].Fate == AreaRejected:
			p.reject(i, "code", "the row of this jurisdiction is rejected")
			continue
		}
		c.Name = j.Name
		if here {
			c.Name = p.f.rows[row].Name
		}
		was := stand[j.ID]
		switch {
		case was == o.Geometry:
			c.Fate = AreaUnchanged
			continue
		case known && !p.mine(j.ID):
			p.reject(i, "code", "lies outside the areas that you administer")
			continue
		case was == "":
			c.Fate = AreaCreated
		default:
			c.Fate = AreaUpdated
		}
		p.boundaries[o.Code] = o.Geometry
		if !here {
			up, _ := p.old.Get(j.Parent)
			j.NameEN = cmp.Or(j.NameEN, o.NameEN)
			p.list = append(p.list, place.NewJurisdiction{Jurisdiction: j, ParentCode: up.Code})
		}
	}
	return nil
}
