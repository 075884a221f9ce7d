package command

import (
	"context"
	"errors"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/response"
	"firebreak/internal/store"
)

// CaseRef is a case as somebody saw it. Version 0 means as it is now.
type CaseRef struct {
	Case    cases.ID
	Version int64
}

// CorrectCases makes one change to many cases.
type CorrectCases struct {
	Outbreak outbreak.ID
	Cases    []CaseRef // at most MostInBulk
	Fields   map[string]string
	Reason   string
	// Progress is told, after each chunk is on disk, how many are done; may be nil.
	Progress func(done int)
}

// MostInBulk bounds one change to many records.
const MostInBulk = 10_000

// bulkChunk is how many are changed in one transaction, so that others' orders wait only briefly.
const bulkChunk = 250

// BulkOutcome says what became of one case: changed, already so, or why not.
type BulkOutcome struct {
	Case    cases.ID
	Code    string
	Changed bool
	Err     error // *Invalid, *Forbidden, *store.Conflict or wrapping store.ErrNotFound; nil otherwise
}

// CorrectCases carries out the order, chunk by chunk: what one case forbids does not stop the others. The outcomes are in the order of the cases. An
// error that is nobody's fault ends it; the outcomes of the chunks on disk are returned with it.
func (c *Commands) CorrectCases(ctx context.Context, by By, in CorrectCases) ([]BulkOutcome, error) {
	if len(in.Cases) > MostInBulk {
		return nil, &Invalid{Field: "cases", Reason: "are more than 10,000 at a time"}
	}
	if len(in.Fields) == 0 {
		return nil, &Invalid{Field: "fields", Reason: "say nothing to change"}
	}
	var out []BulkOutcome
	for start := 0; start < len(in.Cases); start += bulkChunk {
		part := in.Cases[start:min(start+bulkChunk, len(in.Cases))]
		var done []BulkOutcome
		err := c.inID(ctx, by, in.Outbreak, func(u *unit) error {
			done = done[:0] // a change may be run again
			ids := make([]cases.ID, len(part))
			for i, ref := range part {
				ids[i] = ref.Case
			}
			if err := u.lookAhead(ids); err != nil {
				return err
			}
			for _, ref := range part {
				o := BulkOutcome{Case: ref.Case}
				var err error
				o.Code, o.Changed, err = u.correctOneOfMany(ref, in)
				if err != nil && !ofOneCase(err) {
					return err
				}
				o.Err = err
				done = append(done, o)
			}
			return nil
		})
		if err != nil {
			return out, err
		}
		out = append(out, done...)
		if in.Progress != nil {
			in.Progress(len(out))
		}
	}
	return out, nil
}

// ofOneCase says whether an error is about the one case, which was left as it was.
func ofOneCase(err error) bool {
	var invalid *Invalid
	var forbidden *Forbidden
	var conflict *store.Conflict
	var merged *Merged
	return errors.As(err, &merged) || errors.As(err, &invalid) || errors.As(err, &forbidden) || errors.As(err, &conflict) || errors.Is(err, store.ErrNotFound)
}

// correctOneOfMany changes one case, or leaves it exactly as it was.
func (u *unit) correctOneOfMany(ref CaseRef, in CorrectCases) (code string, changed bool, err error) {
	rec, err := u.getCase(ref.Case)
	if err != nil {
		return "", false, err
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.CaseWrite, rec.Area, u.now); err != nil {
		return "", false, err // not even the code of a case that the caller may not touch
	}
	if err := u.standingCase(rec); err != nil {
		return rec.Code, false, err
	}
	if ref.Version != 0 && ref.Version != rec.Version {
		return rec.Code, false, &store.Conflict{Noun: "case", ID: int64(rec.ID), Have: rec.Version, Want: ref.Version}
	}
	was := rec.Case
	changes, err := setFields(caseFields, &rec.Case, &rec.Attributes, reading{u.loc, u.tree}, in.Fields)
	if err == nil {
		err = checkCase(rec.Case, u.now, u.loc)
	}
	if err == nil && rec.Area != was.Area {
		err = u.by.may(&u.tx.Reader, u.o, auth.CaseWrite, rec.Area, u.now)
	}
	if err != nil || len(changes) == 0 {
		rec.Case = was
		return was.Code, false, err
	}
	if rec.Class.Infected() && !was.Class.Infected() && rec.ConfirmedAt.IsZero() {
		rec.ConfirmedAt = u.now
	}
	rec.dirty = true
	kind, at := caseFact(was, rec.Case, changes, u.now)
	r, err := u.fact(kind, onCase(rec.ID), rec.Area, at, map[string]any{"changed": changes, "reason": in.Reason, "bulk": true})
	if err != nil {
		return was.Code, false, err
	}
	return was.Code, true, u.react(response.Trigger{Kind: kind, Subject: onCase(rec.ID), Ref: r, At: at})
}

// NoteExport writes to the journal that records left the system: what, in which form, how many, and with which filters.
func (c *Commands) NoteExport(ctx context.Context, by By, o outbreak.ID, what, format string, rows int, filters string) error {
	return c.inID(ctx, by, o, func(u *unit) error {
		_, err := u.fact(journal.Exported, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{"what": what, "format": format, "rows": rows, "filters": filters})
		return err
	})
}
