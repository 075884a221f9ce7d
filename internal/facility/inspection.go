package facility

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/place"
)

// InspectionID names an inspection.
type InspectionID int64

// DeficiencyID names a deficiency.
type DeficiencyID int64

// Finding is how a site was found by one of the standards that it is held to.
type Finding string

// The findings.
const (
	Met           Finding = "met"
	Unmet         Finding = "unmet"
	NotApplicable Finding = "not-applicable" // nothing of the kind is there, such as infants
)

// ErrFinding is wrapped by ParseFinding.
var ErrFinding = errors.New("is met, unmet or not-applicable")

// Findings returns every finding, in the order in which screens show them.
func Findings() []Finding { return []Finding{Met, Unmet, NotApplicable} }

// ParseFinding reads the stored word.
func ParseFinding(s string) (Finding, error) {
	for _, f := range Findings() {
		if string(f) == s {
			return f, nil
		}
	}
	return "", fmt.Errorf("finding %q: %w", s, ErrFinding)
}

// Checked is one standard as an inspection found it. The note may tell of people: it stays out of the journal.
type Checked struct {
	Standard string // ID in the pack
	Finding  Finding
	Note     string
}

// Inspection is somebody going through the standards of an isolation or quarantine site, all of them or some.
type Inspection struct {
	ID        InspectionID
	Outbreak  outbreak.ID
	Facility  ID
	Area      place.AreaID
	District  place.AreaID
	Pack      string // whose list of standards it was
	Whole     bool   // every standard of the list was looked at
	Inspector string // office or person who looked
	Note      string
	MadeAt    time.Time
	NotedAt   time.Time
	NotedBy   string
	Checked   []Checked // in the order of the list
}

// Count says how many standards were found so.
func (x Inspection) Count(f Finding) (n int64) {
	for _, c := range x.Checked {
		if c.Finding == f {
			n++
		}
	}
	return n
}

// Deficiency is a standard that a site does not meet, from the inspection that found it until one that finds it met. While it is open, nothing is held up by it: whoever uses the site is warned.
type Deficiency struct {
	ID       DeficiencyID
	Outbreak outbreak.ID
	Facility ID
	Area     place.AreaID
	District place.AreaID
	Standard string
	Critical bool // as the pack said when it was found
	Note     string
	FoundAt  time.Time
	FoundIn  InspectionID
	EndedAt  time.Time // zero while it is open
	EndedIn  InspectionID
	End      Finding // Met, or NotApplicable; empty while it is open
	Version  int64
}

// Open says whether it is still to be put right.
func (d Deficiency) Open() bool { return d.EndedAt.IsZero() }

// Change is what an inspection means for one standard of a site.
type Change struct {
	Checked
	Was *Deficiency // open until now; nil where none was
}

// Changes says what follows from an inspection, given the deficiencies that are open and when each standard was last looked at:
//
//  1. Not met, and no deficiency is open: one begins. Where one is open it goes on, with what was seen now.
//  2. Met, or nothing of the kind is there: a deficiency that is open ends.
//  3. A standard that was looked at later than in this inspection, which was entered late, stays as the later one found it.
func (x Inspection) Changes(open []Deficiency, looked map[string]time.Time) (out []Change) {
	of := map[string]*Deficiency{}
	for i := range open {
		of[open[i].Standard] = &open[i]
	}
	for _, c := range x.Checked {
		was := of[c.Standard]
		if looked[c.Standard].After(x.MadeAt) || c.Finding != Unmet && was == nil {
			continue
		}
		if c.Finding == Unmet && was != nil && (c.Note == "" || c.Note == was.Note) {
			continue
		}
		out = append(out, Change{Checked: c, Was: was})
	}
	return out
}

// InspectionDue says when a site is to be inspected anew, whole, after the last time; zero where it never was, which is due at once.
func InspectionDue(last time.Time, every time.Duration) time.Time {
	if last.IsZero() {
		return time.Time{}
	}
	return last.Add(every)
}

// Inspected says whether the list of standards is meant for a kind of facility: a hospital is held to others.
func (k Kind) Inspected() bool { return k != Hospital }
