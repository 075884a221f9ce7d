// Package care reads how cases are treated as the rules see it: hospitals with their beds, who waits for one, and each patient with what is still missing for discharge.
//
// It keeps nothing. web, api and cmd import it; it imports store, response, protocol and the nouns.
package care

import (
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
	"firebreak/internal/treatment"
)

// House is a hospital or isolation site for cases, with its beds.
type House struct {
	facility.Facility
	Levels   map[facility.Level]treatment.Beds
	Reported []store.BedReport // what it tells of all its beds, in the last two days
	UsableIn time.Duration     // 0: now
	Usable   bool              // false: it takes nobody, nor will
	Patients map[treatment.Severity]int64
	Proposal *treatment.Proposal // that nobody has decided
}

// Waiting is a case that is to be in a hospital, or in intensive care, and is not.
type Waiting struct {
	Task     task.Task
	Case     cases.Case
	Need     response.Need
	Transfer transfer.Request // by which they are brought somewhere; its State is empty where nothing asks for it
}

// Overview is how cases are treated in the areas that a reader sees.
type Overview struct {
	Houses  []House
	Waiting []Waiting // by deadline
	Events  []treatment.Event
	Ward    treatment.Beds // of open hospitals
	ICU     treatment.Beds
	Sites   treatment.Beds // of open isolation sites
	Reserve map[facility.Kind]int64
}

// mostWaiting is how many who wait an overview names, mostEvents how many events.
const (
	mostWaiting = 500
	mostEvents  = 200
	reportAge   = 48 * time.Hour
)

// waitingKinds are the tasks that say that somebody is not yet where they are to be treated.
func waitingKinds() []task.Kind {
	return []task.Kind{task.AdmitCase, task.TransferCase, task.MoveToICU, task.ReadmitCase}
}

// Read reads the overview.
func Read(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, w store.Within, now time.Time) (out Overview, err error) {
	out.Reserve = map[facility.Kind]int64{}
	list, err := r.Facilities(o.ID, w)
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(f facility.Facility) bool { return f.Kind == facility.QuarantineSite })
	if out.Houses, err = houses(r, o, list, now); err != nil {
		return out, err
	}
	for _, h := range out.Houses {
		var all treatment.Beds
		for _, b := range h.Levels {
			all = all.Add(b)
		}
		switch {
		case h.State == facility.Reserve || h.State == facility.Opening:
			out.Reserve[h.Kind] += all.Beds
		case h.State != facility.Open:
		case h.Kind == facility.Hospital:
			out.ICU = out.ICU.Add(h.Levels[facility.ICU])
			out.Ward = out.Ward.Add(h.Levels[facility.WardLevel])
		default:
			out.Sites = out.Sites.Add(all)
		}
	}
	if out.Events, err = r.CareEvents(o.ID, w, true, mostEvents); err != nil {
		return out, err
	}
	out.Waiting, err = waiting(r, o, p, w)
	return out, err
}

// ICULeft is how many beds of intensive care of open hospitals are free; false where no hospital has any.
func ICULeft(r *store.Reader, o outbreak.Outbreak, w store.Within) (left int64, any bool, err error) {
	list, err := r.Facilities(o.ID, w)
	if err != nil {
		return 0, false, err
	}
	var ids []facility.ID
	for _, f := range list {
		if f.Kind == facility.Hospital && f.State == facility.Open {
			ids = append(ids, f.ID)
		}
	}
	rooms, err := r.RoomsOf(ids)
	if err != nil {
		return 0, false, err
	}
	stays, err := r.StaysIn(ids)
	for _, id := range ids {
		b := treatment.BedsByLevel(rooms[id], stays[id])[facility.ICU]
		left, any = left+b.Free(), any || b.Beds > 0
	}
	return left, any, err
}

func houses(r *store.Reader, o outbreak.Outbreak, list []facility.Facility, now time.Time) ([]House, error) {
	ids := make([]facility.ID, len(list))
	for i, f := range list {
		ids[i] = f.ID
	}
	rooms, err := r.RoomsOf(ids)
	if err != nil {
		return nil, err
	}
	stays, err := r.StaysIn(ids)
	if err != nil {
		return nil, err
	}
	reports, err := r.LatestBedReports(ids, now.Add(-reportAge))
	if err != nil {
		return nil, err
	}
	patients, err := r.Patients(ids)
	if err != nil {
		return nil, err
	}
	var of []cases.ID
	for _, l := range patients {
		for _, a := range l {
			of = append(of, a.Case)
		}
	}
	severities, err := r.SeveritiesOf(of)
	if err != nil {
		return nil, err
	}
	proposals, err := r.Proposals(o.ID, now)
	if err != nil {
		return nil, err
	}
	out := make([]House, len(list))
	for i, f := range list {
		h := House{Facility: f, Levels: treatment.BedsByLevel(rooms[f.ID], stays[f.ID]), Reported: reports[f.ID], Patients: map[treatment.Severity]int64{}}
		h.UsableIn, h.Usable = treatment.Usable(f, now)
		for _, a := range patients[f.ID] {
			s := treatment.Unassessed
			if last := treatment.Newest(severities[a.Case]); last != nil {
				s = last.Severity
			}
			h.Patients[s]++
		}
		for j := range proposals {
			if proposals[j].Facility == f.ID && proposals[j].State == treatment.Proposed {
				h.Proposal = &proposals[j]
			}
		}
		out[i] = h
	}
	return out, nil
}

func waiting(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, w store.Within) ([]Waiting, error) {
	page, err := r.Tasks(store.TaskFilter{Outbreak: o.ID, Within: w, States: []task.State{task.Open}, Kinds: waitingKinds()}, store.ByDue, store.Page{Limit: mostWaiting})
	if err != nil {
		return nil, err
	}
	var ids []cases.ID
	for _, t := range page.Tasks {
		if t.Subject.Kind == task.OnCase {
			ids = append(ids, cases.ID(t.Subject.ID))
		}
	}
	found, err := r.CasesByID(ids)
	if err != nil {
		return nil, err
	}
	severities, err := r.SeveritiesOf(ids)
	if err != nil {
		return nil, err
	}
	var people []person.ID
	for _, c := range found {
		people = append(people, c.Person)
	}
	moved, err := r.LiveRequestsOf(o.ID, people)
	if err != nil {
		return nil, err
	}
	var out []Waiting
	for _, t := range page.Tasks {
		c, ok := found[cases.ID(t.Subject.ID)]
		if !ok || t.Subject.Kind != task.OnCase {
			continue
		}
		out = append(out, Waiting{t, c, response.NeedOf(p, response.CaseFacts{Case: c, Care: response.CareFacts{Severity: severities[c.ID]}}), moved[c.Person]})
	}
	return out, nil
}

// Patient is a case in care, with all that is known of it there.
type Patient struct {
	Case       cases.Case
	Need       response.Need
	Severity   []treatment.SeverityChange
	Admissions []treatment.Admission
	Moves      map[treatment.AdmissionID][]treatment.BedMove
	Specimens  []lab.Specimen
	Criteria   []response.Criterion
	Met        bool              // every criterion
	StepDown   treatment.Setting // to which less care they may go; empty: none
}

// In is the admission that is open; nil for none.
func (p *Patient) In() *treatment.Admission {
	for i := range p.Admissions {
		if p.Admissions[i].Open() {
			return &p.Admissions[i]
		}
	}
	return nil
}

// ReadPatient reads how a case is treated. The caller has checked, or checks, that it may be read.
func ReadPatient(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, c cases.Case, now time.Time, loc *time.Location) (out Patient, err error) {
	all, err := ReadPatients(r, o, p, []cases.Case{c}, now, loc)
	if err != nil {
		return out, err
	}
	out = all[0]
	ids := make([]treatment.AdmissionID, len(out.Admissions))
	for i, a := range out.Admissions {
		ids[i] = a.ID
	}
	out.Moves, err = r.BedMovesOf(ids)
	return out, err
}

// ReadPatients reads how several cases are treated, in their order, without the beds they had.
func ReadPatients(r *store.Reader, o outbreak.Outbreak, p *protocol.Pack, list []cases.Case, now time.Time, loc *time.Location) ([]Patient, error) {
	ids := make([]cases.ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	severities, err := r.SeveritiesOf(ids)
	if err != nil {
		return nil, err
	}
	admissions, err := r.AdmissionsOf(ids)
	if err != nil {
		return nil, err
	}
	out := make([]Patient, len(list))
	for i, c := range list {
		specimens, err := r.SpecimensOf(c.Person, o.ID)
		if err != nil {
			return nil, err
		}
		f := response.CaseFacts{Case: c, Specimens: specimens, Loc: loc, Care: response.CareFacts{Severity: severities[c.ID], Admissions: admissions[c.ID]}}
		out[i] = Patient{Case: c, Need: response.NeedOf(p, f), Severity: severities[c.ID], Admissions: admissions[c.ID], Specimens: specimens, Criteria: response.Criteria(p, f, now)}
		out[i].Met, out[i].StepDown = response.Dischargeable(out[i].Criteria), response.StepDown(p, f, now)
	}
	return out, nil
}
