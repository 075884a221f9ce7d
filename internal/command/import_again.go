package command

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"firebreak/internal/cases"
	"firebreak/internal/exchange"
	"firebreak/internal/store"
)

// errEnough ends a reading that has all it wanted.
var errEnough = errors.New("enough rows were read")

// ImportProblems tells again what an import said of the first n data rows of its file: what an interrupted one has told nobody who still knows it.
func (c *Commands) ImportProblems(ctx context.Context, in ImportFile, n int) error {
	err := c.reread(ctx, in, n, func(rows []exchange.Record) error {
		for _, x := range rows {
			for _, p := range x.Problems {
				if err := in.Problem(p); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("problems of %s: %w", in.Source.Name(), err)
	}
	return nil
}

// ImportUnresolved counts the links that the first n data rows of an imported file name and of which an end is no known case: what an import that went on
// from there leaves out of its own count.
func (c *Commands) ImportUnresolved(ctx context.Context, in ImportFile, n int) (unresolved int, err error) {
	var ends [][2]string
	err = c.reread(ctx, in, n, func(rows []exchange.Record) error {
		for _, x := range rows {
			if x.Contact != nil {
				for _, code := range x.Contact.SourceCodes {
					ends = append(ends, [2]string{code})
				}
			}
			for _, l := range x.Links {
				e := [2]string{l.FromCode, l.ToCode}
				if cases.LinkKind(l.Kind) == cases.SameEvent { // an event is no case, and nobody misses it
					e[0] = ""
				}
				ends = append(ends, e)
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("links of %s: %w", in.Source.Name(), err)
	}
	var codes []string
	for _, e := range ends {
		codes = append(codes, e[:]...)
	}
	slices.Sort(codes)
	err = c.db.View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(in.Outbreak)
		if err != nil {
			return err
		}
		known, err := r.CasesByCodes(o.ID, slices.Compact(codes))
		for _, e := range ends {
			for _, code := range e {
				if _, ok := known[code]; !ok && code != "" {
					unresolved++
					break
				}
			}
		}
		return err
	})
	return unresolved, err
}

// reread gives the first n data rows of a file again, in chunks, those that the import's bound rejects, or the case that somebody has already, among them.
func (c *Commands) reread(ctx context.Context, in ImportFile, n int, give func([]exchange.Record) error) error {
	if n <= 0 {
		return nil
	}
	var chunk []exchange.Record
	pass := func() error {
		err := c.db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(in.Outbreak)
			if err != nil {
				return err
			}
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			im := importer{in: in}
			if err := bound(r, o, tree, im.top(o), chunk); err != nil {
				return err
			}
			known := &knownRows{r: r, ids: c.identities, o: o, tree: tree, top: im.top(o)}
			return known.find(chunk)
		})
		if err == nil {
			err = give(chunk)
		}
		chunk = chunk[:0]
		return err
	}
	_, err := exchange.Scan(ctx, in.Source, in.Map, func(x exchange.Record) error {
		chunk = append(chunk, x)
		if n--; n > 0 && len(chunk) < importChunk {
			return nil
		}
		if err := pass(); err != nil || n > 0 {
			return err
		}
		return errEnough
	})
	if err == nil {
		err = pass()
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
