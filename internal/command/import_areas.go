package command

import (
	"context"

	"firebreak/internal/auth"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// ImportAreas brings jurisdictions and their outlines into the store: new ones are added, known ones brought up to date by their code.
type ImportAreas struct {
	Areas    []place.NewJurisdiction
	Outlines []place.Outline // of any of them; an absent one leaves what is there
}

// AreasImported counts what ImportAreas did: the three add up to the areas given.
type AreasImported struct{ Created, Updated, Unchanged int }

// ImportAreas carries out the order. The caller must administer areas at every root there is; before there is any, only the owner can.
func (c *Commands) ImportAreas(ctx context.Context, by By, in ImportAreas) (out AreasImported, err error) {
	outlines := make(map[string]string, len(in.Outlines))
	for _, o := range in.Outlines {
		outlines[o.Code] = o.Geometry
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		tree, err := tx.Tree()
		if err != nil {
			return err
		}
		roots := tree.Roots()
		if len(roots) == 0 {
			roots = append(roots, 0)
		}
		for _, root := range roots {
			if err := by.may(&tx.Reader, outbreak.Outbreak{}, auth.AreaAdmin, root, tx.Now()); err != nil {
				return err
			}
		}
		known := 0
		for _, a := range in.Areas {
			if _, ok := tree.ByCode(a.Code); ok {
				known++
			}
		}
		w := &world{tx: tx}
		ref, err := w.append(journal.Entry{Kind: journal.AreasImported, Actor: by.Name()},
			map[string]any{"areas": len(in.Areas), "known": known, "outlines": len(in.Outlines)})
		if err != nil {
			return err
		}
		out.Created, out.Updated, out.Unchanged, err = tx.PutAreas(in.Areas, outlines, ref.Seq)
		return err
	})
	return out, err
}
