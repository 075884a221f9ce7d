package command

import (
	"firebreak/internal/auth"
	"firebreak/internal/exchange"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// top is the area that an import is bound to: the outbreak's own unless a smaller one is given.
func (im *importer) top(o outbreak.Outbreak) place.AreaID {
	if im.in.Area != 0 {
		return im.in.Area
	}
	return o.Area
}

// checkBound refuses an import that is bound to an area outside of the outbreak's, or given by somebody who may not import there.
func (im *importer) checkBound(u *unit) error {
	top := im.top(u.o)
	if top != u.o.Area && u.o.Area != 0 && !u.tree.Contains(u.o.Area, top) {
		j, _ := u.tree.Get(top)
		return &Invalid{Field: "area", Value: j.Code, Reason: "is not in the outbreak's area"}
	}
	return u.by.may(&u.tx.Reader, u.o, auth.Import, top, u.now)
}

// bound rejects the rows of a chunk that would touch records outside the area that the import is bound to: rows of a known case or contact elsewhere, rows
// that name an area elsewhere, and links without an end in the area. A row that names no area belongs to the bound.
func bound(r *store.Reader, o outbreak.Outbreak, tree *place.Tree, top place.AreaID, rows []exchange.Record) error {
	if top == o.Area || top == 0 {
		return nil
	}
	var caseCodes, contactCodes []string
	for i := range rows {
		switch x := &rows[i]; {
		case x.Rejected:
		case x.Case != nil:
			caseCodes, contactCodes = append(caseCodes, x.Case.Code), append(contactCodes, x.Case.Code)
		case x.Contact != nil:
			caseCodes, contactCodes = append(caseCodes, x.Contact.Code), append(contactCodes, x.Contact.Code)
		case x.Count == nil:
			for _, l := range x.Links {
				caseCodes = append(caseCodes, l.FromCode, l.ToCode)
			}
		}
	}
	cases, err := r.CasesByCodes(o.ID, unique(caseCodes))
	if err != nil {
		return err
	}
	contacts, err := r.ContactsByCodes(o.ID, unique(contactCodes))
	if err != nil {
		return err
	}
	within := func(a place.AreaID) bool { return a != 0 && tree.Contains(top, a) }
	const (
		known = "is known outside the area of this import"
		named = "lies outside the area of this import"
		apart = "neither end is a case in the area of this import"
	)
	for i := range rows {
		x := &rows[i]
		if x.Rejected {
			continue
		}
		var p exchange.Problem
		person := func(code string, a exchange.Area) {
			if k, ok := cases[code]; ok && !within(k.Area) {
				p.Value, p.Reason = code, known
			} else if k, ok := contacts[code]; ok && !within(k.Area) {
				p.Value, p.Reason = code, known
			} else if found, words := resolveArea(tree, o.Area, a); found != o.Area && !within(found) && !tree.Contains(found, top) {
				p.Value, p.Reason = words, named
			}
		}
		switch {
		case x.Case != nil:
			person(x.Case.Code, x.Case.Area)
		case x.Contact != nil:
			person(x.Contact.Code, x.Contact.Area)
		case x.Count != nil:
			if found, words := resolveArea(tree, o.Area, x.Count.Area); found != o.Area && !within(found) && !tree.Contains(found, top) {
				p.Value, p.Reason = words, named
			}
		default:
			for _, l := range x.Links {
				from, okFrom := cases[l.FromCode]
				to, okTo := cases[l.ToCode]
				if !(okFrom && within(from.Area)) && !(okTo && within(to.Area)) {
					p.Value, p.Reason = l.FromCode+" – "+l.ToCode, apart
				}
			}
		}
		if p.Reason != "" {
			p.Row, p.Severity = x.Row, exchange.Reject
			x.Case, x.Contact, x.Count, x.Links, x.Rejected = nil, nil, nil, nil, true
			x.Problems = append(x.Problems, p)
		}
	}
	return nil
}
