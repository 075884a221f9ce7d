package command

import (
	"firebreak/internal/cases"
	"firebreak/internal/journal"
	"firebreak/internal/response"
	"firebreak/internal/store"
)

// link draws the link that a rule orders, unless the two are linked, or a person removed their link.
func (w *world) link(a response.LinkCases) error {
	from, err := w.getCase(a.From)
	if err != nil {
		return err
	}
	to, err := w.getCase(a.To)
	if err != nil {
		return err
	}
	l := cases.Link{Outbreak: w.o.ID, From: from.ID, To: to.ID, FromCode: from.Code, ToCode: to.Code, Kind: cases.Direct, Setting: a.Setting, Certainty: a.Certainty}
	known, err := w.tx.LinksBetween(l)
	if err != nil || len(known) > 0 {
		return err
	}
	there, err := w.tx.LinksOf(to.ID)
	if err != nil {
		return err
	}
	for _, k := range there { // under other codes, since a merge
		if k.Kind.Personal() && (k.From == from.ID || k.To == from.ID) {
			return nil
		}
	}
	t, err := w.byRule(journal.LinkAdded, onCase(to.ID), to.Area, w.now, a.Because, map[string]any{"from": l.FromCode, "to": l.ToCode, "kind": l.Kind, "setting": l.Setting, "certainty": l.Certainty})
	if err != nil {
		return err
	}
	list := []store.NewLink{{Link: l, Origin: t.Ref}}
	put, err := w.tx.AddLinks(list)
	if err == nil && put[0] == store.LinkCreated {
		w.linked = append(w.linked, list[0].ID)
	}
	return err
}
