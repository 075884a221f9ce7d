package command

import (
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/treatment"
)

func onReserve(id treatment.ProposalID) task.Subject {
	return task.Subject{Kind: task.OnReserve, ID: int64(id)}
}

func onConversion(id treatment.ConversionID) task.Subject {
	return task.Subject{Kind: task.OnConversion, ID: int64(id)}
}

func onIncident(id facility.IncidentID) task.Subject {
	return task.Subject{Kind: task.OnIncident, ID: int64(id)}
}

func onDeficiency(id facility.DeficiencyID) task.Subject {
	return task.Subject{Kind: task.OnDeficiency, ID: int64(id)}
}

func onCareEvent(id treatment.EventID) task.Subject {
	return task.Subject{Kind: task.OnCareEvent, ID: int64(id)}
}

// careFacts reads how a case is treated. What an order writes of it is in the store at once.
func (w *world) careFacts(id cases.ID, stays []facility.Stay) (f response.CareFacts, err error) {
	if f, err = w.careRecords(id); err != nil {
		return f, err
	}
	for _, s := range stays {
		if s.CaseOf != id || s.Companion || s.AtHome() {
			continue
		}
		kind, err := w.kindOf(s.Facility)
		if err != nil {
			return f, err
		}
		if kind == facility.Hospital {
			f.Stays = append(f.Stays, s)
		}
	}
	f.FullICU, err = w.fullICU(&f)
	return f, err
}

// kindOf returns the kind of a facility, which never changes.
func (w *world) kindOf(id facility.ID) (facility.Kind, error) {
	if k, is := w.kinds[id]; is {
		return k, nil
	}
	f, err := w.tx.Facility(id)
	if err != nil {
		return "", err
	}
	if w.kinds == nil {
		w.kinds = map[facility.ID]facility.Kind{}
	}
	w.kinds[id] = f.Kind
	return f.Kind, nil
}

// fullICU says whether the hospital that somebody lies in, in a ward while they need intensive care, has no bed of it free.
func (w *world) fullICU(f *response.CareFacts) (bool, error) {
	last := treatment.Newest(f.Severity)
	if last == nil {
		return false, nil
	}
	if setting, _ := w.pack.Care.Setting(last.Severity, last.AtRisk); setting != treatment.InICU {
		return false, nil
	}
	for _, a := range f.Admissions {
		if !a.Open() || a.Level == facility.ICU {
			continue
		}
		ids := []facility.ID{a.Facility}
		rooms, err := w.tx.RoomsOf(ids)
		if err != nil {
			return false, err
		}
		stays, err := w.tx.StaysIn(ids)
		return treatment.BedsByLevel(rooms[a.Facility], stays[a.Facility])[facility.ICU].Free() <= 0, err
	}
	return false, nil
}

// careRecords reads what was told of how ill a case is, and its admissions.
func (w *world) careRecords(id cases.ID) (f response.CareFacts, err error) {
	if has, err := w.hasCare(); err != nil || !has {
		return f, err
	}
	if f, ok := w.ahead.care[id]; ok {
		return f, nil
	}
	severities, err := w.tx.SeveritiesOf([]cases.ID{id})
	if err != nil {
		return f, err
	}
	admissions, err := w.tx.AdmissionsOf([]cases.ID{id})
	return response.CareFacts{Severity: severities[id], Admissions: admissions[id]}, err
}

// hasCare says whether anybody of the outbreak was ever in a hospital or assessed, so that an import need not ask for each case.
func (w *world) hasCare() (bool, error) {
	if w.cared == nil {
		has, err := w.tx.HasCare(w.o.ID)
		if err != nil {
			return false, err
		}
		w.cared = &has
	}
	return *w.cared, nil
}

// cares notes that the order has written how a case is treated.
func (w *world) cares(id cases.ID) {
	yes := true
	w.cared = &yes
	delete(w.ahead.care, id)
}

// readCare reads how many cases are treated.
func (a *ahead) readCare(w *world, ids []cases.ID) error {
	if has, err := w.hasCare(); err != nil || !has {
		return err
	}
	severities, err := w.tx.SeveritiesOf(ids)
	if err != nil {
		return err
	}
	admissions, err := w.tx.AdmissionsOf(ids)
	a.care = make(map[cases.ID]response.CareFacts, len(ids))
	for _, id := range ids {
		a.care[id] = response.CareFacts{Severity: severities[id], Admissions: admissions[id]}
	}
	return err
}

// BedFacts implements response.World.
func (w *world) BedFacts() (f response.BedFacts, err error) {
	f.Kinds = map[facility.Kind]response.KindFacts{}
	houses, err := w.tx.Facilities(w.o.ID, store.Everywhere())
	if err != nil || len(houses) == 0 {
		return f, err
	}
	ids := make([]facility.ID, len(houses))
	for i, h := range houses {
		ids[i] = h.ID
	}
	rooms, err := w.tx.RoomsOf(ids)
	if err != nil {
		return f, err
	}
	stays, err := w.tx.StaysIn(ids)
	if err != nil {
		return f, err
	}
	const day = 24 * time.Hour
	turned, err := w.tx.Turnovers(w.o.ID, w.now.Add(-day))
	if err != nil {
		return f, err
	}
	for _, h := range houses {
		var all treatment.Beds
		for _, b := range treatment.BedsByLevel(rooms[h.ID], stays[h.ID]) {
			all = all.Add(b)
		}
		switch h.State {
		case facility.Open:
			k := f.Kinds[h.Kind]
			k.Beds = k.Beds.Add(all)
			k.In24, k.Left24 = k.In24+turned[h.ID].Came, k.Left24+turned[h.ID].Left
			f.Kinds[h.Kind] = k
		case facility.Opening:
			f.Opening = append(f.Opening, response.ReserveFacts{Facility: h, Beds: all.Beds})
		case facility.Reserve:
			f.Reserves = append(f.Reserves, response.ReserveFacts{Facility: h, Beds: all.Beds})
		case facility.Closing: // takes nobody more
		}
	}
	f.Proposals, err = w.tx.Proposals(w.o.ID, w.now.Add(-w.pack.Care.Reserve.AskAgain.Duration()))
	return f, err
}

// HouseFacts implements response.World.
func (w *world) HouseFacts(s task.Subject) (f response.HouseFacts, err error) {
	var id facility.ID
	switch s.Kind {
	case task.OnReserve:
		p, err := w.tx.Proposal(treatment.ProposalID(s.ID))
		if err != nil {
			return f, err
		}
		f.Proposal, id = &p, p.Facility
	case task.OnConversion:
		c, err := w.tx.Conversion(treatment.ConversionID(s.ID))
		if err != nil {
			return f, err
		}
		f.Conversion, id = &c, c.Facility
	case task.OnCareEvent:
		e, err := w.tx.CareEvent(treatment.EventID(s.ID))
		if err != nil {
			return f, err
		}
		f.Event, id = &e, e.Facility
	case task.OnIncident:
		x, err := w.tx.Incident(facility.IncidentID(s.ID))
		if err != nil {
			return f, err
		}
		f.Incident, id = &x, x.Facility
	case task.OnDeficiency:
		d, err := w.tx.Deficiency(facility.DeficiencyID(s.ID))
		if err != nil {
			return f, err
		}
		f.Deficiency, id = &d, d.Facility
	default:
		return f, fmt.Errorf("%s %d is at no hospital or site: %w", s.Kind, s.ID, store.ErrNotFound)
	}
	f.Facility, err = w.tx.Facility(id)
	return f, err
}

func (w *world) proposeReserve(a response.ProposeReserve) ([]response.Trigger, error) {
	h, err := w.tx.Facility(a.Facility)
	if err != nil {
		return nil, err
	}
	p := treatment.Proposal{Outbreak: w.o.ID, Facility: h.ID, Area: h.Area, District: h.District, State: treatment.Proposed, Beds: a.Short.Beds, Occupied: a.Short.Taken, Projected: a.Short.Projected, ProposedAt: w.now}
	if err := w.tx.AddProposal(&p); err != nil {
		return nil, err
	}
	t, err := w.byRule(journal.ReserveProposed, onReserve(p.ID), h.Area, w.now, a.Because,
		map[string]any{"facility": h.Code, "kind": h.Kind, "beds": p.Beds, "taken": p.Occupied, "projected": p.Projected, "share": a.Short.Share})
	return []response.Trigger{t}, err
}

func (w *world) withdrawReserve(a response.WithdrawReserve) ([]response.Trigger, error) {
	p, err := w.tx.Proposal(a.Proposal)
	if err != nil || p.State != treatment.Proposed {
		return nil, err
	}
	p.State, p.DecidedAt, p.DecidedBy = treatment.Withdrawn, w.now, "rule:"+a.Because.Rule
	if err := w.tx.UpdateProposal(&p); err != nil {
		return nil, err
	}
	t, err := w.byRule(journal.ReserveDecided, onReserve(p.ID), p.Area, w.now, a.Because, map[string]any{"state": p.State})
	return []response.Trigger{t}, err
}

// watchBeds counts the beds, and lets the rulebook answer where something follows from it.
func (u *unit) watchBeds() (int, error) {
	if !u.pack.Care.Reserve.Ahead.Set() {
		return 0, nil
	}
	f, err := u.BedFacts()
	if err != nil || len(f.Reserves) == 0 && len(f.Proposals) == 0 || !response.BedsCounted(response.Asked{Pack: u.pack, Now: u.now}, f) {
		return 0, err
	}
	counted := map[string]any{}
	for _, k := range facility.Kinds() {
		if b, ok := f.Kinds[k]; ok {
			counted[string(k)] = map[string]int64{"beds": b.Beds.Beds, "occupied": b.Occupied, "booked": b.Booked, "came": b.In24, "left": b.Left24}
		}
	}
	ref, err := u.fact(journal.BedsCounted, onOutbreak(u.o.ID), u.o.Area, u.now, counted)
	if err != nil {
		return 0, err
	}
	return 1, u.react(response.Trigger{Kind: journal.BedsCounted, Subject: onOutbreak(u.o.ID), Ref: ref, At: u.now})
}
