package command

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/trace"
	"firebreak/internal/vault"
)

// ImportVisits takes a list of visits: who was where and when. The rows are kept as they came, in blocks; the same rows again change nothing. What people and places are called is sealed.
type ImportVisits struct {
	Outbreak string
	Source   *exchange.Source
	Form     exchange.VisitForm // empty: visits
	Steps    string             // what the steps of a list of meetings are; see exchange.ParseSteps
	DryRun   bool

	Problem  func(exchange.Problem) error // gets every rejected row and every warning; may be nil
	Progress func(VisitsResult)           // told after each block; may be nil
}

// VisitsResult says what became of the rows of a list of visits: Rows = Taken + Again + Rejected.
type VisitsResult struct {
	File     string   `json:"file"`
	Rows     int      `json:"rows"`
	Taken    int      `json:"taken"`
	Again    int      `json:"again"` // were in already
	Rejected int      `json:"rejected"`
	Warnings int      `json:"warnings"`
	Unused   []string `json:"unused_columns,omitempty"`
}

// visitsBlock is how many visits are one block and one change, or a few more: what one row says is not parted.
const visitsBlock = 5000

// ImportVisits carries out the order, block by block, each one change with one fact that counts it.
func (c *Commands) ImportVisits(ctx context.Context, by By, in ImportVisits) (out VisitsResult, err error) {
	out.File = in.Source.Name()
	if c.identities == nil {
		return out, &Invalid{Field: "file", Reason: "visits cannot be kept: no vault is open"}
	}
	var zone *time.Location
	err = c.db.View(ctx, func(r *store.Reader) error {
		o, err := r.OutbreakByName(in.Outbreak)
		if err != nil {
			return err
		}
		if err := by.may(r, o, auth.Import, o.Area, c.db.Now()); err != nil {
			return err
		}
		zone, err = o.Location()
		return err
	})
	if err != nil {
		return out, err
	}
	tell := func(p exchange.Problem) error {
		if p.Severity != exchange.Reject {
			out.Warnings++
		}
		if in.Problem == nil {
			return nil
		}
		return in.Problem(p)
	}
	var rows []exchange.VisitRow
	held := 0 // rows of the list that the visits in rows are of
	put := func() error {
		if len(rows) == 0 {
			return nil
		}
		again, err := c.takeVisits(ctx, by, in, rows)
		switch {
		case err != nil:
			return err
		case again:
			out.Again += held
		default:
			out.Taken += held
		}
		rows, held = rows[:0], 0
		if in.Progress != nil {
			in.Progress(out)
		}
		return nil
	}
	last := 0
	list := exchange.VisitList{Source: in.Source, Form: in.Form, Steps: in.Steps, Zone: zone}
	tally, err := list.Scan(ctx, func(v exchange.VisitRow) error {
		if v.Row != last { // what one row says is not parted
			if len(rows) >= visitsBlock {
				if err := put(); err != nil {
					return err
				}
			}
			out.Rows++
			if !v.Rejected {
				held++
			}
		}
		last = v.Row
		for _, p := range v.Problems {
			if err := tell(p); err != nil {
				return err
			}
		}
		if v.Rejected {
			out.Rejected++
			return nil
		}
		v.Problems = nil
		rows = append(rows, v)
		return nil
	})
	if err == nil {
		err = put()
	}
	if err != nil {
		return out, fmt.Errorf("%s %s: %w", cmp.Or(in.Form, exchange.Visits), out.File, err)
	}
	out.Unused = tally.Unused
	for _, p := range tally.Problems {
		if err := tell(p); err != nil {
			return out, err
		}
	}
	switch {
	case out.Rows != tally.Rows || out.Taken+out.Again+out.Rejected != out.Rows:
		return out, fmt.Errorf("visits %s: %d rows read, but %d taken + %d again + %d rejected: %w", out.File, tally.Rows, out.Taken, out.Again, out.Rejected, ErrUnaccounted)
	case tally.Truncated:
		return out, fmt.Errorf("visits %s: the file looks cut off after %d rows; what it holds was taken in, the rest is missing: %w", out.File, out.Rows, ErrUnaccounted)
	}
	return out, nil
}

// visitsDigest is of what the rows say, however the file writes it.
func visitsDigest(rows []exchange.VisitRow) [sha256.Size]byte {
	var b bytes.Buffer
	for _, v := range rows {
		fmt.Fprintf(&b, "%q %q %d %d %v %s\n", v.Person, v.Place, v.Start.Unix(), v.End.Unix(), v.Spot, v.Kind)
	}
	return sha256.Sum256(b.Bytes())
}

// fromFiles is the source of blocks that come in files: they are numbered by their digest, so that the same rows are the same block in whichever file they come.
const fromFiles = "file"

func (c *Commands) takeVisits(ctx context.Context, by By, in ImportVisits, rows []exchange.VisitRow) (again bool, err error) {
	digest := visitsDigest(rows)
	seq := int64(binary.BigEndian.Uint64(digest[:]) >> 1)
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		again = false
		if err := by.may(&u.tx.Reader, u.o, auth.Import, u.o.Area, u.now); err != nil {
			return err
		}
		was, sent, err := u.tx.VisitBlockSent(u.o.ID, fromFiles, seq)
		switch {
		case err != nil:
			return err
		case sent && bytes.Equal(was, digest[:]):
			again = true
			return nil
		case sent:
			return fmt.Errorf("block %d came with other content before", seq)
		}
		blocks, kinds, err := u.visitBlocks(rows)
		if err != nil {
			return err
		}
		for i := range blocks {
			blocks[i].Source, blocks[i].Seq, blocks[i].Digest = fromFiles, seq, digest
		}
		if err := u.identities.AddVisits(u.tx, blocks); err != nil {
			return err
		}
		if _, err := u.fact(journal.VisitsImported, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{"visits": len(rows), "source": fromFiles, "seq": strconv.FormatInt(seq, 10), "digest": fmt.Sprintf("%x", digest), "places": kinds}); err != nil {
			return err
		}
		if in.DryRun {
			return errDryRun
		}
		return nil
	})
	if in.DryRun && errors.Is(err, errDryRun) {
		err = nil
	}
	return again, err
}

// visitBlocks gives people and places their numbers, and parts the rows by the day on which they began. kinds are the places of which the rows say what they are, and nobody had before.
func (u *unit) visitBlocks(rows []exchange.VisitRow) (out []store.VisitBlock, kinds []int64, err error) {
	people, places := map[string]day.Day{}, map[string]day.Day{}
	days := make([]day.Day, len(rows))
	for i, v := range rows {
		days[i] = day.In(v.Start, u.loc)
		people[v.Person] = max(people[v.Person], days[i])
		places[v.Place] = max(places[v.Place], days[i])
	}
	who, err := u.identities.VisitorNumbers(u.tx, u.o.ID, u.o.Area, people, u.registered)
	if err != nil {
		return nil, nil, err
	}
	where, err := u.identities.PlaceNumbers(u.tx, u.o.ID, u.o.Area, places)
	if err != nil {
		return nil, nil, err
	}
	told := map[int64]trace.Kind{}
	for _, v := range rows {
		if v.Kind != trace.Unknown {
			told[where[v.Place]] = v.Kind
		}
	}
	if kinds, err = u.tx.SetVisitPlaceKinds(told, false); err != nil {
		return nil, nil, err
	}
	for i, v := range rows {
		at := slices.IndexFunc(out, func(b store.VisitBlock) bool { return b.Day == days[i] })
		if at < 0 {
			at = len(out)
			out = append(out, store.VisitBlock{Outbreak: u.o.ID, District: u.o.Area, Day: days[i], Received: u.now})
		}
		b := &out[at]
		x := trace.Visit{Person: trace.Person(who[v.Person]), Place: trace.Place(where[v.Place]), Start: trace.At(v.Start), End: trace.At(v.End)}
		if err := x.Check(); err != nil || who[v.Person] >= trace.MaxPerson || where[v.Place] >= trace.MaxPlace {
			return nil, nil, fmt.Errorf("row %d: person number %d, place number %d: %w", v.Row, who[v.Person], where[v.Place], errors.Join(err, trace.ErrVisit))
		}
		b.Visits = append(b.Visits, x)
		b.Spots = append(b.Spots, v.Spot)
	}
	for i := range out {
		if !slices.ContainsFunc(out[i].Spots, trace.Spot.Known) {
			out[i].Spots = nil
		}
	}
	return out, kinds, nil
}

// registered says which person of the register each text names: by the code on their card, or by their document.
func (u *unit) registered(texts []string) (map[string]person.ID, error) {
	out := map[string]person.ID{}
	secrets := make([]vault.Secret, len(texts))
	for i, t := range texts {
		secrets[i] = vault.NewSecret(t)
	}
	found, err := u.identities.FindMany(&u.tx.Reader, vault.FieldDocument, secrets)
	if err != nil {
		return nil, err
	}
	v, err := u.identities.Vault(&u.tx.Reader)
	if err != nil {
		return nil, err
	}
	for i, t := range texts {
		if len(found[i]) == 1 {
			out[t] = found[i][0]
		} else if p, ok := v.ReadPersonCode(t); ok {
			out[t] = p
		}
	}
	return out, nil
}

// PurgeVisits drops the visits that the pack lets nobody keep any longer: first the keys of their days, which is the end of every copy, and then, in steps, what cannot be read any more. It says
// what was dropped, and so does the journal.
func (c *Commands) PurgeVisits(ctx context.Context, by By, id outbreak.ID) (out store.PurgedVisits, err error) {
	var before day.Day
	due := false
	err = c.db.View(ctx, func(r *store.Reader) error {
		o, err := r.Outbreak(id)
		if err != nil {
			return err
		}
		if err := by.may(r, o, auth.OutbreakAdmin, o.Area, c.db.Now()); err != nil {
			return err
		}
		pack, err := protocol.Load(o.Pack)
		if err != nil {
			return err
		}
		zone, err := o.Location()
		if err != nil {
			return err
		}
		before = day.In(c.db.Now(), zone).Add(-pack.Retention.Visits.Value)
		due, err = r.VisitsBefore(id, before)
		return err
	})
	if err != nil || !due {
		return out, err
	}
	err = c.inID(ctx, by, id, func(u *unit) error {
		if out, err = u.tx.DestroyVisitKeys(u.o.ID, before); err != nil || len(out.Days) == 0 {
			return err
		}
		_, err = u.fact(journal.VisitsPurged, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{
			"before": before.String(), "days": len(out.Days), "blocks": out.Blocks, "visits": out.Visits, "names": out.Names, "clause": u.pack.Retention.Visits.Path, "pack": u.pack.Ref(),
		})
		return err
	})
	if err != nil {
		return out, err
	}
	for {
		n := int64(0)
		err := c.inID(ctx, by, id, func(u *unit) (err error) {
			n, err = u.tx.DropVisits(u.o.ID, before, 1000)
			return err
		})
		if err != nil || n == 0 {
			return out, err
		}
	}
}
