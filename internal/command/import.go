package command

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/response"
	"firebreak/internal/store"
)

// importChunk is how many rows are one transaction: enough to share its flush, few enough that others' orders wait only briefly.
const importChunk = 2000

// errDryRun ends what was only tried: all was done as it would be, and is taken back.
var errDryRun = errors.New("dry run")

// ErrUnaccounted is returned when a file's rows and what became of them do not add up, or the file looks cut off. It is never to be swallowed.
var ErrUnaccounted = errors.New("rows are not accounted for")

// ImportFile takes the rows of another system's file into an outbreak.
type ImportFile struct {
	Outbreak string
	Source   *exchange.Source
	Map      exchange.Map // from exchange.Recognise, or chosen by a person
	DryRun   bool
	// Area bounds the import: rows that would touch records outside of it are rejected. 0 is the outbreak's own.
	Area     place.AreaID
	SkipRows int // data rows done by an import that was interrupted; they count as unchanged

	// Problem gets every rejected row and every warning; may be nil.
	Problem func(exchange.Problem) error
	// Progress is told, after each chunk is on disk, how many data rows are done; may be nil.
	Progress func(ImportResult)
	// Kept is called within the transaction of each chunk, with the counts as they are once it is committed; its error takes the chunk back. May be
	// nil; a dry run does not call it.
	Kept func(*store.Tx, ImportResult) error
}

// ImportResult says what became of a file's rows: Rows = Created + Updated + Unchanged + Rejected.
type ImportResult struct {
	File      string `json:"file"`
	Kind      string `json:"kind"`   // cases, contacts or links
	Format    string `json:"format"` // the layout that was recognised
	Rows      int    `json:"rows"`
	Created   int    `json:"created"`
	Updated   int    `json:"updated"`
	Unchanged int    `json:"unchanged"`
	Rejected  int    `json:"rejected"`
	// UnresolvedLinks have an end that is no known case once the file is in. They are kept and listed.
	UnresolvedLinks int `json:"unresolved_links"`
	Links           int `json:"links"`  // links the file names, repeated mentions not counted
	Counts          int `json:"counts"` // rows that are a number of cases and no person
	Warnings        int `json:"warnings"`
}

// importer is one file under way.
type importer struct {
	c     *Commands
	by    By
	in    ImportFile
	out   ImportResult
	skip  int
	open  [][2]string // codes of the unknown ends of each link that has one
	found bool        // the file tells who was in quarantine, so that the others were not
}

// Import carries out the order, chunk by chunk: each chunk with all that the rulebook makes of it is one transaction. Importing the same file again
// changes nothing. When it is interrupted, what was acknowledged is kept, and the next run goes on from there.
func (c *Commands) Import(ctx context.Context, by By, in ImportFile) (ImportResult, error) {
	im := &importer{c: c, by: by, in: in, skip: in.SkipRows,
		out: ImportResult{File: in.Source.Name(), Kind: string(in.Map.Kind), Format: in.Map.Format}}
	_, im.found = in.Map.Fields[exchange.FieldQuarantined]
	tally, err := eachChunk(ctx, in.Source, in.Map, func(chunk importRows) error { return im.put(ctx, chunk) })
	if err != nil {
		return im.out, fmt.Errorf("import %s: %w", in.Source.Name(), err)
	}
	im.out.Links, im.out.Counts, im.out.Warnings = tally.Links, tally.Counts, tally.Warnings
	for _, p := range tally.Problems {
		if err := im.tell(p); err != nil {
			return im.out, err
		}
	}
	if err := im.finish(ctx, tally); err != nil {
		return im.out, fmt.Errorf("import %s: %w", in.Source.Name(), err)
	}
	return im.out, im.reconcile(tally)
}

// reconcile is the last word on an import: what came in is what was accounted for, by two counts that know nothing of each other.
func (im *importer) reconcile(t exchange.Tally) error {
	o := im.out
	if err := t.Check(); err != nil {
		return fmt.Errorf("import %s: %w: %w", o.File, ErrUnaccounted, err)
	}
	if o.Rows != t.Rows || o.Created+o.Updated+o.Unchanged+o.Rejected != o.Rows {
		return fmt.Errorf("import %s: %d rows read, but %d created + %d updated + %d unchanged + %d rejected = %d: %w", o.File, t.Rows, o.Created, o.Updated, o.Unchanged, o.Rejected,
			o.Created+o.Updated+o.Unchanged+o.Rejected, ErrUnaccounted)
	}
	if t.Truncated {
		return fmt.Errorf("import %s: the file looks cut off after %d rows; what it holds was taken in, the rest is missing: %w", o.File, t.Rows, ErrUnaccounted)
	}
	return nil
}

func (im *importer) tell(p exchange.Problem) error {
	if im.in.Problem == nil {
		return nil
	}
	return im.in.Problem(p)
}

// put takes in the rows collected so far.
func (im *importer) put(ctx context.Context, rows importRows) error {
	if im.skip > 0 {
		n := min(im.skip, len(rows.list))
		im.skip -= n
		im.out.Rows += n
		im.out.Unchanged += n
		rows = importRows{rows.list[n:], rows.digests[n:]}
	}
	if len(rows.list) == 0 {
		return nil
	}
	before, open := im.out, len(im.open)
	var after ImportResult
	err := im.c.in(ctx, im.by, im.in.Outbreak, func(u *unit) error {
		im.out, im.open = before, im.open[:open] // a change may be run again
		if err := im.rows(u, rows); err != nil {
			return err
		}
		after = im.out
		if im.in.DryRun {
			return errors.Join(errDryRun, u.flush())
		}
		if im.in.Kept != nil {
			return im.in.Kept(u.tx, after)
		}
		return nil
	})
	if im.in.DryRun && errors.Is(err, errDryRun) {
		// Only the dry run's own error: a failed flush is told.
		if j, ok := err.(interface{ Unwrap() []error }); !ok || len(j.Unwrap()) == 1 {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	im.out = after
	for _, r := range rows.list {
		for _, p := range r.Problems {
			if err := im.tell(p); err != nil {
				return err
			}
		}
	}
	if im.in.Progress != nil {
		im.in.Progress(im.out)
	}
	return nil
}

// rows takes in one chunk: it looks up what is known in a few queries, puts each row into the world, and lets the rulebook answer all of them.
func (im *importer) rows(u *unit, chunk importRows) error {
	if err := im.checkBound(u); err != nil {
		return err
	}
	rows := chunk.list
	if err := bound(&u.tx.Reader, u.o, u.tree, im.top(u.o), rows); err != nil {
		return err
	}
	known := &knownRows{r: &u.tx.Reader, ids: im.c.identities, o: u.o, tree: u.tree, top: im.top(u.o)}
	if err := known.find(rows); err != nil {
		return err
	}
	ref, err := u.append(journal.Entry{Kind: journal.ImportChunk, Subject: onOutbreak(u.o.ID), Area: im.top(u.o), Actor: "import:" + im.by.Name()},
		map[string]any{"file": im.in.Source.Name(), "format": im.in.Map.Format, "first_row": rows[0].Row, "last_row": rows[len(rows)-1].Row, "rows": len(rows), "sha256": chunk.sum()})
	if err != nil {
		return err
	}
	b := &batch{im: im, unit: u, ref: ref, found: known}
	if err := b.lookUp(rows); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		im.out.Rows++
		switch {
		case r.Rejected:
			im.out.Rejected++
		case r.Repeat:
			im.out.Unchanged++
		case r.Case != nil:
			err = b.putCase(r.Case, chunk.digests[i][:])
		case r.Contact != nil:
			err = b.putContact(r.Contact, chunk.digests[i][:])
		case r.Count != nil:
			err = b.putCount(r.Count)
		case len(r.Links) == 0:
			im.out.Unchanged++ // a row of a links file whose pair an earlier row has named
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", r.Row, err)
		}
		if err := b.putLinks(r); err != nil {
			return fmt.Errorf("row %d: %w", r.Row, err)
		}
	}
	return b.settle()
}

// finish joins what can be joined now that the whole file is in, and writes the result to the journal.
func (im *importer) finish(ctx context.Context, t exchange.Tally) error {
	err := im.c.in(ctx, im.by, im.in.Outbreak, func(u *unit) error {
		if _, err := u.tx.ResolveLinks(u.o.ID); err != nil {
			return err
		}
		if err := u.resolveSources(); err != nil {
			return err
		}
		var codes []string
		for _, ends := range im.open {
			codes = append(codes, ends[:]...)
		}
		slices.Sort(codes)
		known, err := u.tx.CasesByCodes(u.o.ID, slices.Compact(codes))
		if err != nil {
			return err
		}
		im.out.UnresolvedLinks = 0
		for _, ends := range im.open {
			for _, code := range ends {
				if _, ok := known[code]; !ok && code != "" {
					im.out.UnresolvedLinks++
					break
				}
			}
		}
		if _, err := u.append(journal.Entry{Kind: journal.ImportFinished, Subject: onOutbreak(u.o.ID), Area: im.top(u.o), Actor: "import:" + im.by.Name()},
			map[string]any{"result": im.out, "read": map[string]int{"rows": t.Rows, "blank": t.Blank, "rejected": t.Rejected}}); err != nil {
			return err
		}
		if im.in.DryRun {
			return errDryRun
		}
		return nil
	})
	if im.in.DryRun && errors.Is(err, errDryRun) {
		return nil
	}
	return err
}

// resolveSources joins exposures that waited for their case, and lets the rules answer.
func (u *unit) resolveSources() error {
	ids, err := u.tx.ResolveSources(u.o.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		rec, err := u.getContact(contact.ID(id))
		if err != nil {
			return err
		}
		if err := u.resolveSource(rec); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) resolveSource(rec *contactRecord) error {
	list, err := u.exposuresOf(rec)
	if err != nil {
		return err
	}
	found := map[string]caseID{}
	for _, e := range list {
		if e.SourceCode == "" {
			continue
		}
		s, err := u.tx.CaseByCode(u.o.ID, e.SourceCode)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		code := e.SourceCode
		found[code] = s.GoesOn()
		if rec.met(s.GoesOn(), 0) { // told of under both names
			e.EndedAt, e.EndedBy, e.EndReason, e.dirty = u.now, "import:"+u.by.Name(), "the case of this code is known", true
			continue
		}
		e.Case, e.SourceCode, e.dirty = s.GoesOn(), "", true
	}
	if len(found) == 0 {
		return nil
	}
	rec.dirty = true
	ref, err := u.append(journal.Entry{Kind: journal.ContactCorrected, Subject: onContact(rec.ID), Area: rec.Area, Actor: "import:" + u.by.Name()}, map[string]any{"sources": found})
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: journal.ContactCorrected, Subject: onContact(rec.ID), Ref: ref, At: u.now})
}
