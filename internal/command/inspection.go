package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/response"
	"firebreak/internal/store"
)

// InspectFacility tells of an inspection of an isolation or quarantine site by the standards of the pack in force: all of them, or those that were looked at.
type InspectFacility struct {
	Facility  facility.ID
	At        string // when it was made; now when empty
	Inspector string // office or person who looked; the caller when empty
	Note      string
	Seen      facility.InspectionID // the newest inspection that the caller has seen, -1 where they saw that there is none; another one refuses the order. 0 is whatever stands
	Checked   []CheckedFields
}

// CheckedFields are how one standard was found.
type CheckedFields struct {
	Standard string // ID in the pack
	Finding  string // met, unmet or not-applicable
	Note     string
}

// longestItemNote is of a note on one standard, in bytes.
const longestItemNote = 500

// InspectFacility carries out the order. Each standard that is not met is a deficiency, for those of the house to put right by the pack's clock, until a later inspection finds it met.
func (c *Commands) InspectFacility(ctx context.Context, by By, in InspectFacility) (out facility.Inspection, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		f, err := tx.Facility(in.Facility)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(f.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.mayAny(f.Area, auth.FacilityInspect); err != nil {
				return err
			}
			out, err = u.inspect(f, in)
			return err
		})
	})
	return out, err
}

func (u *unit) inspect(f facility.Facility, in InspectFacility) (x facility.Inspection, err error) {
	if !f.Kind.Inspected() {
		return x, &Invalid{"facility", f.Code, "is a hospital: the standards are of isolation and quarantine sites"}
	}
	at, err := u.happened(in.At)
	if err != nil {
		return x, err
	}
	x = facility.Inspection{Outbreak: u.o.ID, Facility: f.ID, Area: f.Area, District: f.District, Pack: u.pack.Ref(), Inspector: cmp.Or(strings.TrimSpace(in.Inspector), u.by.Name()), Note: strings.TrimSpace(in.Note), MadeAt: at, NotedAt: u.now, NotedBy: u.by.Name()}
	if len(x.Inspector) > longestName {
		return x, &Invalid{Field: "inspector", Reason: "is longer than 200 bytes"}
	}
	if len(x.Note) > longestCareNote {
		return x, &Invalid{Field: "note", Reason: "is longer than 2,000 bytes"}
	}
	if err := u.setChecked(&x, in.Checked); err != nil {
		return x, err
	}
	if in.Seen != 0 {
		newest, err := u.tx.InspectionsAt(f.ID, 1)
		if err != nil {
			return x, err
		}
		have := facility.InspectionID(-1)
		if len(newest) > 0 {
			have = newest[0].ID
		}
		if have != in.Seen {
			return x, &store.Conflict{Noun: "inspection", ID: int64(f.ID), Have: int64(have), Want: int64(in.Seen)}
		}
	}
	again, err := u.tx.InspectionAgain(x)
	if err != nil {
		return x, err
	}
	if again {
		return x, &Invalid{"at", in.At, "is of an inspection by " + x.Inspector + " that is on record"}
	}
	open, err := u.tx.OpenDeficiencies([]facility.ID{f.ID})
	if err != nil {
		return x, err
	}
	looked, err := u.tx.LookedAt(f.ID)
	if err != nil {
		return x, err
	}
	lookedAt := make(map[string]time.Time, len(looked))
	for id, l := range looked {
		lookedAt[id] = l.At
	}
	if err := u.tx.AddInspection(&x); err != nil {
		return x, err
	}
	var unmet []string
	for _, k := range x.Checked {
		if k.Finding == facility.Unmet {
			unmet = append(unmet, k.Standard)
		}
	}
	if _, err := u.fact(journal.FacilityInspected, onFacility(f.ID), f.Area, at, map[string]any{"facility": f.Code, "inspection": x.ID, "pack": x.Pack, "whole": x.Whole,
		"met": x.Count(facility.Met), "unmet": unmet, "not_applicable": x.Count(facility.NotApplicable)}); err != nil {
		return x, err
	}
	for _, k := range x.Changes(open[f.ID], lookedAt) {
		if err := u.changeDeficiency(f, x, k); err != nil {
			return x, err
		}
	}
	return x, nil
}

// setChecked reads how the standards were found. They are kept in the order of the pack's list.
func (u *unit) setChecked(x *facility.Inspection, list []CheckedFields) error {
	standards := u.pack.Isolation.Standards
	if len(standards) == 0 {
		return &Invalid{"pack", u.pack.Ref(), "has no list of standards for sites"}
	}
	if len(list) == 0 {
		return &Invalid{Field: "items", Reason: "are needed: an inspection looks at one standard at least"}
	}
	order := make(map[string]int, len(standards))
	for n, s := range standards {
		order[s.ID] = n
	}
	seen := map[string]bool{}
	for i, in := range list {
		field := func(name string) string { return fmt.Sprintf("items[%d].%s", i, name) }
		c := facility.Checked{Standard: strings.TrimSpace(in.Standard), Note: strings.TrimSpace(in.Note)}
		var err error
		if _, ok := order[c.Standard]; !ok {
			return &Invalid{field("standard"), in.Standard, "is none of the standards of pack " + u.pack.Ref()}
		}
		if seen[c.Standard] {
			return &Invalid{field("standard"), in.Standard, "is there twice"}
		}
		if c.Finding, err = facility.ParseFinding(strings.TrimSpace(in.Finding)); err != nil {
			return &Invalid{field("finding"), in.Finding, facility.ErrFinding.Error()}
		}
		if len(c.Note) > longestItemNote {
			return &Invalid{Field: field("note"), Reason: "is longer than " + strconv.Itoa(longestItemNote) + " bytes"}
		}
		seen[c.Standard] = true
		x.Checked = append(x.Checked, c)
	}
	slices.SortFunc(x.Checked, func(a, b facility.Checked) int { return cmp.Compare(order[a.Standard], order[b.Standard]) })
	x.Whole = len(x.Checked) == len(standards)
	return nil
}

// changeDeficiency begins a deficiency, writes what was seen of it now, or ends it.
func (u *unit) changeDeficiency(f facility.Facility, x facility.Inspection, k facility.Change) error {
	switch {
	case k.Was == nil:
		s, _ := u.pack.Isolation.Standard(k.Standard)
		d := facility.Deficiency{Outbreak: u.o.ID, Facility: f.ID, Area: f.Area, District: f.District, Standard: k.Standard, Critical: s.Critical.Value, Note: k.Note, FoundAt: x.MadeAt, FoundIn: x.ID}
		if err := u.tx.AddDeficiency(&d); err != nil {
			return err
		}
		return u.tellDeficiency(journal.DeficiencyFound, f, d, x.MadeAt)
	case k.Finding == facility.Unmet: // its clock runs on
		k.Was.Note = k.Note
		return u.tx.UpdateDeficiency(k.Was)
	}
	d := *k.Was
	d.EndedAt, d.EndedIn, d.End = x.MadeAt, x.ID, k.Finding
	if err := u.tx.UpdateDeficiency(&d); err != nil {
		return err
	}
	return u.tellDeficiency(journal.DeficiencyEnded, f, d, x.MadeAt)
}

func (u *unit) tellDeficiency(kind journal.Kind, f facility.Facility, d facility.Deficiency, at time.Time) error {
	ref, err := u.fact(kind, onDeficiency(d.ID), d.Area, at, map[string]any{"facility": f.Code, "standard": d.Standard, "critical": d.Critical, "end": d.End})
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: kind, Subject: onDeficiency(d.ID), Ref: ref, At: u.now})
}
