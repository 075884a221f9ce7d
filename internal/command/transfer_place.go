package command

import (
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/response"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
	"firebreak/internal/treatment"
)

// placeFor is where a case is brought to by how ill they are, as far as anybody has told.
type placeFor struct {
	purpose transfer.Purpose
	icu     bool
	since   time.Time // that they were found to need a hospital
}

func (w *world) placeFor(c *caseRecord) (out placeFor, err error) {
	facts, err := w.careRecords(c.ID)
	if err != nil {
		return out, err
	}
	out.purpose = transfer.ToIsolation
	if need := response.NeedOf(w.pack, response.CaseFacts{Case: c.Case, Care: facts}); need.Told && need.Setting.Hospital() {
		out.purpose, out.icu, out.since = transfer.ToHospital, need.Setting == treatment.InICU, need.ToldSince
	}
	return out, nil
}

// bringElsewhere has it looked at, when the order ends, where a case is brought to.
func (w *world) bringElsewhere(id cases.ID) {
	if w.needsElse == nil {
		w.needsElse = map[task.Subject]bool{}
	}
	w.needsElse[onCase(id)] = true
	w.askAgain = append(w.askAgain, onCase(id))
}

// askAnew cancels the request of a case who is to be brought elsewhere than was asked for, or from elsewhere, and makes the one that is asked for now; nil where it stands. Whoever is in a vehicle is brought somewhere first.
// What the crew has to know of them goes on; whoever went along with them does not, where they go to a hospital.
func (w *world) askAnew(have []transfer.Request, open task.Task, look bool) (*asked, error) {
	i := slices.IndexFunc(have, func(q transfer.Request) bool { return !q.Companion })
	if open.Subject.Kind != task.OnCase || i < 0 || have[i].State == transfer.Aboard {
		return nil, nil
	}
	q := &have[i]
	changed := w.needsElse[open.Subject] || q.TaskKey != open.Key && (q.TaskKey.Kind == task.TransferCase || open.Kind == task.TransferCase)
	if !changed && look {
		stays, err := w.staysOf(q.Person)
		if err != nil {
			return nil, err
		}
		from := facility.ID(0)
		for _, s := range stays {
			if s.State == facility.In {
				from = s.Facility
			}
		}
		changed = from != 0 && from != q.From
	}
	if !changed {
		return nil, nil
	}
	a, err := w.askedOf(open)
	if err != nil {
		return nil, err
	}
	if a.Note = q.Note; a.Seat == transfer.Sitting {
		a.Seat = q.Seat
	}
	for _, need := range q.Care {
		if need != transfer.ICU {
			a.Care = append(a.Care, need)
		}
	}
	slices.Sort(a.Care)
	if err := w.cancelRequest(q, "severity"); err != nil {
		return nil, err
	}
	return &a, w.cancelCompanions(q, "severity")
}

// askedOf makes the request of a task.
func (w *world) askedOf(t task.Task) (a asked, err error) {
	a.Request = transfer.Request{Outbreak: w.o.ID, Task: t.Subject, TaskKey: t.Key, Area: t.Area, District: t.District, Seat: transfer.Sitting, NotBefore: t.NotBefore, Deadline: t.Due,
		State: transfer.Open, StateAt: w.now, MadeAt: w.now, MadeBy: "rule:" + t.Because.Rule}
	a.because = t.Because
	switch t.Subject.Kind {
	case task.OnCase:
		c, err := w.getCase(caseID(t.Subject.ID))
		if err != nil {
			return a, err
		}
		a.imported = c.fresh != nil && c.fresh.Origin.Row > 0
		a.Person, a.CaseOf, a.Class, a.Purpose, a.Lon, a.Lat, a.Located = c.Person, c.ID, facility.Case, transfer.ToIsolation, c.Lon, c.Lat, c.Located
		if a.FoundAt = c.ConfirmedAt; a.FoundAt.IsZero() {
			a.FoundAt = c.NotedAt
		}
		place, err := w.placeFor(c)
		if err != nil {
			return a, err
		}
		if a.Purpose = place.purpose; place.icu {
			a.Care, a.Seat = []string{transfer.ICU}, transfer.Stretcher
		}
		if t.Kind == task.TransferCase && place.since.After(a.FoundAt) {
			a.FoundAt = place.since
		}
	default:
		c, err := w.getContact(contactID(t.Subject.ID))
		if err != nil {
			return a, err
		}
		a.imported = c.fresh != nil && c.fresh.Origin.Row > 0
		a.Person, a.ContactOf, a.Class, a.Purpose, a.Tier, a.FoundAt = c.Person, c.ID, facility.Contact, transfer.ToQuarantine, c.Tier, c.ListedAt
	}
	return a, nil
}
