package command

import (
	"context"
	"errors"
	"fmt"

	"firebreak/internal/auth"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/trace"
)

// ImportPlaces says of what kind places of visits are, from a list of them: what a place was said to be before is said anew. A place that nobody has visited yet is not taken.
type ImportPlaces struct {
	Outbreak string
	Source   *exchange.Source
	DryRun   bool

	Problem func(exchange.Problem) error // gets every rejected row and every warning; may be nil
}

// ImportPlaces carries out the order, in one change with one fact. Again counts rows that say what was known.
func (c *Commands) ImportPlaces(ctx context.Context, by By, in ImportPlaces) (out VisitsResult, err error) {
	out.File = in.Source.Name()
	if c.identities == nil {
		return out, &Invalid{Field: "file", Reason: "places cannot be found: no vault is open"}
	}
	var rows []exchange.PlaceRow
	tell := func(list ...exchange.Problem) error {
		for _, p := range list {
			if p.Severity != exchange.Reject {
				out.Warnings++
			}
			if in.Problem == nil {
				continue
			}
			if err := in.Problem(p); err != nil {
				return err
			}
		}
		return nil
	}
	tally, err := exchange.ScanPlaces(ctx, in.Source, func(p exchange.PlaceRow) error {
		out.Rows++
		if p.Rejected {
			out.Rejected++
		} else {
			rows = append(rows, p)
		}
		return tell(p.Problems...)
	})
	if err == nil {
		err = tell(tally.Problems...)
	}
	if err != nil {
		return out, fmt.Errorf("places %s: %w", out.File, err)
	}
	out.Unused = tally.Unused
	if tally.Truncated {
		return out, fmt.Errorf("places %s: the file looks cut off after %d rows: %w", out.File, out.Rows, ErrUnaccounted)
	}
	texts := make([]string, len(rows))
	for i, p := range rows {
		texts[i] = p.Place
	}
	before := out
	var unknown []exchange.Problem
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		out, unknown = before, nil
		if err := by.may(&u.tx.Reader, u.o, auth.Import, u.o.Area, u.now); err != nil {
			return err
		}
		where, err := u.identities.PlacesNumbered(&u.tx.Reader, u.o.ID, texts)
		if err != nil {
			return err
		}
		kinds := map[int64]trace.Kind{}
		for _, p := range rows {
			n, ok := where[p.Place]
			if !ok {
				out.Rejected++
				unknown = append(unknown, exchange.Problem{Row: p.Row, Column: "place", Severity: exchange.Reject, Value: p.Place, Reason: "no visit is to a place that is called so"})
				continue
			}
			kinds[n] = p.Kind
		}
		changed, err := u.tx.SetVisitPlaceKinds(kinds, true)
		if err != nil {
			return err
		}
		out.Taken = len(changed)
		out.Again = out.Rows - out.Rejected - out.Taken
		if len(changed) > 0 {
			if _, err := u.fact(journal.PlacesKnown, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{"places": changed}); err != nil {
				return err
			}
		}
		if in.DryRun {
			return errDryRun
		}
		return nil
	})
	if in.DryRun && errors.Is(err, errDryRun) {
		err = nil
	}
	if err != nil {
		return out, err
	}
	return out, tell(unknown...)
}
