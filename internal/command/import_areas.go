package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
)

// ImportAreas brings jurisdictions and their boundaries from files: new ones are created and known ones, by their code, changed. What the files do not name stays
// as it is: nothing is ever deleted, since records lie in it.
type ImportAreas struct {
	Jurisdictions AreaFile // CSV, as place.ReadJurisdictions reads it; may be left out
	Boundaries    AreaFile // GeoJSON, as place.ReadOutlines reads it; may be left out
	DryRun        bool     // say what would happen, and change nothing
	// Seen is the AreasSeq of the dry run that somebody agreed to; a tree that has changed since is a *store.Conflict. nil asks for no such agreement.
	Seen *int64
}

// AreaFile is a file as it was sent. One without content is left out.
type AreaFile struct {
	Name    string
	Content []byte
}

// AreaSource is one of the files, as the journal notes it.
type AreaSource struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"`
}

// AreasImported is what became of the files, or would: every row is counted once. Its counts are the payload of the journal entry.
type AreasImported struct {
	Files     []AreaSource `json:"files"`
	Created   int          `json:"created"`
	Updated   int          `json:"updated"`
	Unchanged int          `json:"unchanged"`
	Moved     int          `json:"moved"` // of Updated: hung elsewhere in the tree
	Rejected  int          `json:"rejected"`
	Outlines  int          `json:"outlines"`     // boundaries in the file
	Drawn     int          `json:"outlines_new"` // of Outlines: new, or drawn otherwise

	Changes []AreaChange `json:"-"` // one for each row of each file
	Seen    int64        `json:"-"` // AreasSeq of the tree they were compared with
}

// AreaFate is what becomes of a row.
type AreaFate string

// The fates.
const (
	AreaCreated   AreaFate = "created"
	AreaUpdated   AreaFate = "updated"
	AreaUnchanged AreaFate = "unchanged"
	AreaRejected  AreaFate = "rejected"
)

// AreaChange is one row of the CSV file or one feature of the GeoJSON file.
type AreaChange struct {
	File    string      `json:"file"`
	Row     int         `json:"row"` // line of the CSV file, or number of the feature
	Outline bool        `json:"outline,omitempty"`
	Code    string      `json:"code"`
	Name    string      `json:"name"`
	Fate    AreaFate    `json:"fate"`
	Fields  []AreaField `json:"fields,omitempty"`  // of an updated one
	Records int         `json:"records,omitempty"` // of a moved one: how many lie in it or below, and come with it
	Column  string      `json:"column,omitempty"`  // of a rejected one; empty where the row as a whole is wrong
	Reason  string      `json:"reason,omitempty"`
}

// AreaField is a field that changes.
type AreaField struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// AreasRejected is returned by an import with rows that cannot be right. Nothing was changed.
type AreasRejected struct{ Rows []AreaChange }

// Error names the first row and says how many there are.
func (e *AreasRejected) Error() string {
	if len(e.Rows) == 1 {
		return e.Rows[0].String()
	}
	return fmt.Sprintf("%s; and %d more rows are rejected", e.Rows[0], len(e.Rows)-1)
}

// String says what is wrong with a rejected row.
func (c AreaChange) String() string {
	at := fmt.Sprintf("%s, row %d", c.File, c.Row)
	if c.Outline {
		at = fmt.Sprintf("%s, feature %d", c.File, c.Row)
	}
	if c.Code != "" {
		at += " (" + c.Code + ")"
	}
	if c.Column != "" {
		at += ", column " + c.Column
	}
	return at + ": " + c.Reason
}

// ImportAreas carries out the order. It is all or nothing: with one rejected row the error is an *AreasRejected, and a dry run counts it.
//
// A jurisdiction may be hung elsewhere, or stand at another level, as long as each record keeps the district that its row is kept by: what lies in its subtree,
// and who may see it, follows the tree at once, and the counters of tasks are counted anew. A change that would carry records into another district is rejected.
func (c *Commands) ImportAreas(ctx context.Context, by By, in ImportAreas) (done AreasImported, err error) {
	files, err := readAreaFiles(in)
	if err != nil {
		return done, err
	}
	if in.DryRun {
		err = c.db.View(ctx, func(r *store.Reader) (err error) {
			done, _, err = files.compare(r, by, in, c.db.Now())
			return err
		})
		return done, err
	}
	err = c.db.Update(ctx, func(tx *store.Tx) (err error) {
		done, err = files.apply(tx, by, in)
		return err
	})
	return done, err
}

// areaFiles are the files as read, without a look at the tree.
type areaFiles struct {
	sources  []AreaSource
	rows     []place.JurisdictionRow
	outlines []place.Outline
	changes  []AreaChange // those of rows, then those of outlines, then what could not be read
}

func readAreaFiles(in ImportAreas) (*areaFiles, error) {
	f := &areaFiles{}
	if len(in.Jurisdictions.Content) == 0 && len(in.Boundaries.Content) == 0 {
		return nil, &Invalid{Field: "jurisdictions", Reason: "a file of jurisdictions or one of boundaries is needed"}
	}
	source := func(file AreaFile, rows int) string {
		name := path.Base(strings.ReplaceAll(file.Name, `\`, "/"))
		sum := sha256.Sum256(file.Content)
		f.sources = append(f.sources, AreaSource{name, hex.EncodeToString(sum[:]), rows})
		return name
	}
	var wrong []AreaChange
	if file := in.Jurisdictions; len(file.Content) > 0 {
		rows, bad, err := place.CheckJurisdictions(bytes.NewReader(file.Content))
		if err != nil {
			return nil, &Invalid{Field: "jurisdictions", Reason: err.Error()}
		}
		name := source(file, len(rows)+len(bad))
		for _, r := range rows {
			f.changes = append(f.changes, AreaChange{File: name, Row: r.Row, Code: r.Code, Name: r.Name})
		}
		for _, b := range bad {
			wrong = append(wrong, AreaChange{File: name, Row: b.Row, Fate: AreaRejected, Column: b.Column, Reason: b.Err.Error()})
		}
		f.rows = rows
	}
	if file := in.Boundaries; len(file.Content) > 0 {
		outlines, bad, err := place.CheckOutlines(bytes.NewReader(file.Content))
		if err != nil {
			return nil, &Invalid{Field: "boundaries", Reason: err.Error()}
		}
		name := source(file, len(outlines)+len(bad))
		for _, o := range outlines {
			f.changes = append(f.changes, AreaChange{File: name, Row: o.Feature, Outline: true, Code: o.Code})
		}
		for _, b := range bad {
			wrong = append(wrong, AreaChange{File: name, Row: b.Index, Outline: true, Code: b.Code, Fate: AreaRejected, Reason: b.Err.Error()})
		}
		f.outlines = outlines
	}
	f.changes = append(f.changes, wrong...)
	english := make(map[string]string, len(f.outlines))
	for _, o := range f.outlines {
		english[o.Code] = o.NameEN
	}
	for i := range f.rows {
		if r := &f.rows[i]; r.NameEN == "" {
			r.NameEN = english[r.Code]
		}
	}
	return f, nil
}

// compare says what the files would do to the tree.
func (f *areaFiles) compare(r *store.Reader, by By, in ImportAreas, now time.Time) (done AreasImported, p *areaPlan, err error) {
	done = AreasImported{Files: f.sources, Outlines: len(f.outlines)}
	if done.Seen, err = r.AreasSeq(); err != nil {
		return done, nil, err
	}
	if in.Seen != nil && *in.Seen != done.Seen {
		return done, nil, &store.Conflict{Noun: "jurisdictions", Have: done.Seen, Want: *in.Seen}
	}
	if p, err = f.plan(r, by, now); err != nil {
		return done, nil, err
	}
	done.Changes, done.Moved = p.changes, p.moved
	for _, c := range p.changes {
		switch {
		case c.Fate == AreaRejected:
			done.Rejected++
		case c.Outline && c.Fate != AreaUnchanged:
			done.Drawn++
		case c.Outline:
		case c.Fate == AreaCreated:
			done.Created++
		case c.Fate == AreaUpdated:
			done.Updated++
		default:
			done.Unchanged++
		}
	}
	return done, p, nil
}

// apply writes the files where no row is rejected, and the journal entry that tells of them.
func (f *areaFiles) apply(tx *store.Tx, by By, in ImportAreas) (AreasImported, error) {
	done, p, err := f.compare(&tx.Reader, by, in, tx.Now())
	if err != nil {
		return done, err
	}
	if done.Rejected > 0 {
		e := &AreasRejected{}
		for _, c := range p.changes {
			if c.Fate == AreaRejected {
				e.Rows = append(e.Rows, c)
			}
		}
		return done, e
	}
	// The entry holds the counts, so it is written after the rows; the cursor that tells others to read the tree again follows it.
	if _, _, _, err = tx.PutAreas(p.list, p.boundaries, 0); err != nil {
		return done, err
	}
	payload, err := json.Marshal(done)
	if err != nil {
		return done, fmt.Errorf("journal entry: %w", err)
	}
	ref, err := tx.Append(journal.Entry{Actor: by.Name(), Kind: journal.AreasImported, Payload: payload})
	if err != nil {
		return done, err
	}
	return done, tx.SetCursor("areas", ref.Seq)
}
