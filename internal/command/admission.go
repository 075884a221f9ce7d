package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/treatment"
)

// AdmitCase takes a case into a hospital: from elsewhere, from another hospital, or back after a discharge.
type AdmitCase struct {
	Case     cases.ID
	Hospital string // code
	Level    string // ward or icu; empty: what the pack asks for
	Room     string // code; empty: the smallest room of the level with a free bed
	Ground   string // empty: severity
	Why      string
	At       string // instant; now when empty
}

// NotCovered is returned when the bed that a case is given is not what they need, or no bed of the level is free. Nothing was changed.
type NotCovered struct {
	Hospital string
	Level    facility.Level
}

// Error implements error.
func (e *NotCovered) Error() string {
	return fmt.Sprintf("hospital %s has no free bed of level %s", e.Hospital, e.Level)
}

// AdmitCase carries out the order. Every admission has a bed of its level.
func (c *Commands) AdmitCase(ctx context.Context, by By, in AdmitCase) (out treatment.Admission, err error) {
	ground, err := treatment.ParseGround(cmp.Or(in.Ground, string(treatment.BySeverity)))
	if err != nil {
		return out, &Invalid{"ground", in.Ground, treatment.ErrGround.Error()}
	}
	level, err := facility.ParseLevel(in.Level)
	if err != nil {
		return out, &Invalid{"level", in.Level, facility.ErrLevel.Error()}
	}
	if len(in.Why) > longestCareNote {
		return out, &Invalid{Field: "why", Reason: "is longer than 2,000 bytes"}
	}
	now, err := c.readCase(ctx, in.Case)
	if err != nil {
		return out, err
	}
	err = c.inID(ctx, by, now.Outbreak, func(u *unit) error {
		rec, err := u.getCase(in.Case)
		if err != nil {
			return err
		}
		b, err := u.hospital(in.Hospital)
		if err != nil {
			return err
		}
		if err := u.by.may(&u.tx.Reader, u.o, auth.CareWrite, b.Area, u.now); err != nil {
			return err
		}
		if err := u.standingCase(rec); err != nil {
			return err
		}
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		list, err := u.tx.AdmissionsOf([]cases.ID{rec.ID})
		if err != nil {
			return err
		}
		before, from, err := u.beforeAdmission(rec, b, list[rec.ID])
		if err != nil {
			return err
		}
		facts, err := u.CaseFacts(rec.ID)
		if err != nil {
			return err
		}
		if level == facility.NoLevel {
			if level = facility.WardLevel; response.NeedOf(u.pack, facts).Setting == treatment.InICU {
				level = facility.ICU
			}
		}
		stay, err := u.bedFor(b, rec, level, in.Room)
		if err != nil {
			return err
		}
		if before != nil {
			if err := before.End(treatment.Moved, at, u.by.Name(), "to "+b.Code); err != nil {
				return err
			}
			if err := u.tx.UpdateAdmission(before); err != nil {
				return err
			}
		}
		if out, err = u.admit(rec, b, stay, treatment.Admission{Level: level, Ground: ground, Why: strings.TrimSpace(in.Why), From: from, AdmittedAt: at}); err != nil {
			return err
		}
		if stay.State != facility.In {
			if err := u.checkIn(stay, at); err != nil {
				return err
			}
		}
		return u.tellAdmitted(rec, b, &out)
	})
	return out, err
}

// hospital locks and reads a hospital by its code.
func (u *unit) hospital(code string) (*book, error) {
	b, err := u.bookOfCode(code)
	if err == nil && b.Kind != facility.Hospital {
		err = &Invalid{"hospital", code, "is no hospital: " + string(b.Kind)}
	}
	return b, err
}

// beforeAdmission says which admission this one follows, and takes up again a case that was discharged. It is refused for a case that has ended otherwise.
func (u *unit) beforeAdmission(rec *caseRecord, b *book, list []treatment.Admission) (before *treatment.Admission, from treatment.AdmissionID, err error) {
	discharged := false
	for i := range list {
		switch {
		case list[i].Open():
			before, from = &list[i], list[i].ID
		case list[i].Ended == treatment.Discharged:
			discharged = true
		}
	}
	switch {
	case before != nil && before.Facility == b.ID:
		return nil, 0, &Invalid{"case", rec.Code, "is in this hospital already: move them to another bed"}
	case rec.Outcome == cases.Recovered && discharged:
		rec.Outcome, rec.OutcomeOn, rec.dirty = cases.Open, 0, true
	case rec.Closed():
		return nil, 0, &Invalid{"case", rec.Code, "has ended"}
	}
	return before, from, nil
}

// bedFor finds a bed of a level for a case: the one that they are in there already, because a vehicle brought them, or that is kept for them, if it is such; the room asked for, or the smallest
// room that has one. What else is kept for them is given up.
func (u *unit) bedFor(b *book, rec *caseRecord, level facility.Level, room string) (*facility.Stay, error) {
	have, err := u.staysOf(rec.Person)
	if err != nil {
		return nil, err
	}
	for _, s := range have {
		m := (*facility.Room)(nil)
		if s.Facility == b.ID {
			m = b.roomByID(s.Room)
		}
		if m != nil && !s.State.Over() && m.Level == level && (room == "" || room == m.Code) {
			return s, nil
		}
		if s.State == facility.In && s.Facility == b.ID {
			if room, err = b.bedOf(level, room); err != nil {
				return nil, err
			}
			return s, u.moveRoom([]*facility.Stay{s}, room, "admitted")
		}
		if s.State != facility.Booked {
			continue
		}
		if err := u.dropBooking(s, "admitted to another bed"); err != nil {
			return nil, err
		}
	}
	if room, err = b.bedOf(level, room); err != nil {
		return nil, err
	}
	party, err := u.party([]Guest{{Case: rec.ID, Room: room}}, false)
	if err != nil {
		return nil, err
	}
	stays, err := u.bookStays(b, party)
	if err != nil {
		return nil, err
	}
	return stays[0], nil
}

// bedOf chooses a room of a level with a free bed.
func (b *book) bedOf(level facility.Level, room string) (string, error) {
	if room != "" {
		m := b.room(room)
		if m == nil {
			return "", &Invalid{"room", room, "is not the code of a room of this hospital"}
		}
		if m.Level != level {
			return "", &Invalid{"room", room, fmt.Sprintf("is of level %q, not %q", m.Level, level)}
		}
		return room, nil
	}
	var best *facility.Room
	for _, m := range b.rooms {
		if m.Level != level || m.State != facility.Ready || len(b.free(m)) == 0 {
			continue
		}
		if best == nil || len(b.free(m)) < len(b.free(best)) {
			best = m
		}
	}
	if best == nil {
		return "", &NotCovered{b.Code, level}
	}
	return best.Code, nil
}

// Unwrap makes the error one of a field of the order.
func (e *NotCovered) Unwrap() error { return &Invalid{"level", string(e.Level), e.Error()} }

// MoveBed moves a patient to another bed of their hospital: a room, or any room of a level.
type MoveBed struct {
	Case  cases.ID
	Level string // ward or icu; empty: as now
	Room  string // code; empty: the smallest room of the level with a free bed
	Why   string
}

// MoveBed carries out the order.
func (c *Commands) MoveBed(ctx context.Context, by By, in MoveBed) (out treatment.Admission, err error) {
	level, err := facility.ParseLevel(in.Level)
	if err != nil {
		return out, &Invalid{"level", in.Level, facility.ErrLevel.Error()}
	}
	err = c.inCare(ctx, by, in.Case, func(u *unit, rec *caseRecord, a *treatment.Admission) error {
		if a == nil {
			return &Invalid{"case", rec.Code, "is in no hospital"}
		}
		b, err := u.bookOf(a.Facility)
		if err != nil {
			return err
		}
		stay, err := u.stay(a.Stay)
		if err != nil {
			return err
		}
		if in.Room != "" && level == facility.NoLevel {
			if m := b.room(in.Room); m != nil {
				level = m.Level
			}
		}
		level = cmp.Or(level, a.Level)
		if in.Room == "" && level == a.Level {
			return &Invalid{"level", string(level), "is what they have: name a room, or another level"}
		}
		room, err := b.bedOf(level, in.Room)
		if err != nil {
			return err
		}
		old := b.roomByID(stay.Room)
		move := treatment.BedMove{Outbreak: u.o.ID, Admission: a.ID, District: a.District, At: u.now, FromLevel: a.Level, Level: level, Why: strings.TrimSpace(in.Why), By: u.by.Name()}
		if old != nil {
			move.FromRoom = old.Code
		}
		if err := u.moveRoom([]*facility.Stay{stay}, room, move.Why); err != nil {
			return err
		}
		move.Room, move.Bed = room, stay.Bed
		if err := u.tx.AddBedMove(&move); err != nil {
			return err
		}
		if level != a.Level {
			a.Level, a.LevelAt = level, u.now
		}
		if err := u.tx.UpdateAdmission(a); err != nil {
			return err
		}
		out = *a
		return u.tellCase(journal.BedMoved, rec, u.now, map[string]any{"admission": a.ID, "from": move.FromLevel, "level": level, "why": move.Why})
	})
	return out, err
}

// DischargeCase lets a patient go as recovered: by the pack's criteria, or before them because two people agree, each in an order of their own.
type DischargeCase struct {
	Case     cases.ID
	Version  int64 // of the admission that the caller has seen; 0 is whatever stands
	At       string
	Override bool   // before the criteria are met
	Reason   string // needed with Override
	Going
}

// NotDischargeable is returned when the pack's criteria are not met. Nothing was changed.
type NotDischargeable struct {
	Case     string
	Criteria []response.Criterion
}

// Error implements error.
func (e *NotDischargeable) Error() string {
	var open []string
	for _, c := range e.Criteria {
		if !c.Met {
			open = append(open, fmt.Sprintf("%s (%d of %d, %s)", c.Key, c.Have, c.Want, c.Clause))
		}
	}
	return fmt.Sprintf("case %s may not be discharged yet: %s", e.Case, strings.Join(open, ", "))
}

// Unwrap makes the error one of a field of the order.
func (e *NotDischargeable) Unwrap() error { return &Invalid{"case", e.Case, e.Error()} }

// DischargeCase carries out the order. With Override, the first of two people is kept and nobody leaves; out says so by FirstBy.
func (c *Commands) DischargeCase(ctx context.Context, by By, in DischargeCase) (out treatment.Admission, err error) {
	reason := strings.TrimSpace(in.Reason)
	if len(reason) > longestCareNote || in.Override && reason == "" {
		return out, &Invalid{Field: "reason", Reason: "is needed for a discharge before the criteria are met, of 2,000 bytes at most"}
	}
	how, err := in.parse()
	if err != nil {
		return out, err
	}
	err = c.inCare(ctx, by, in.Case, func(u *unit, rec *caseRecord, a *treatment.Admission) error {
		if a == nil {
			return &Invalid{"case", rec.Code, "is in no hospital"}
		}
		if in.Version != 0 && in.Version != a.Version {
			return &store.Conflict{Noun: "admission", ID: int64(a.ID), Have: a.Version, Want: in.Version}
		}
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		if at.Before(a.AdmittedAt) {
			return &Invalid{"at", at.In(u.loc).Format(time.RFC3339), "lies before they were admitted"}
		}
		f, err := u.CaseFacts(rec.ID)
		if err != nil {
			return err
		}
		list := response.Criteria(u.pack, f, at)
		met := response.Dischargeable(list)
		payload := map[string]any{"admission": a.ID, "criteria": list}
		switch {
		case met:
		case !in.Override:
			return &NotDischargeable{rec.Code, list}
		case a.FirstBy == u.by.Name():
			return &Invalid{"override", rec.Code, "waits for a second person: two must agree, and you are the first"}
		case a.FirstBy == "":
			a.FirstAt, a.FirstBy, a.FirstReason = u.now, u.by.Name(), reason
			if err := u.tx.UpdateAdmission(a); err != nil {
				return err
			}
			out = *a
			payload["reason"] = reason
			return u.tellOnly(journal.DischargeSeconded, rec, payload)
		default:
			payload["first"], payload["first_reason"], payload["reason"] = a.FirstBy, a.FirstReason, reason
		}
		if err := u.staysInHospital(rec.Person, "discharged"); err != nil {
			return err
		}
		if err := u.leaves(rec, a, treatment.Discharged, at, reason, how); err != nil {
			return err
		}
		out = *a
		return u.tellCase(journal.CaseDischarged, rec, at, payload)
	})
	return out, err
}

// tellOnly writes a fact that no rule answers.
func (u *unit) tellOnly(kind journal.Kind, rec *caseRecord, payload map[string]any) error {
	_, err := u.fact(kind, onCase(rec.ID), rec.Area, u.now, payload)
	return err
}

// notInHospital refuses to close a case as recovered that lies in a hospital: it is discharged there, by the pack's criteria or by two people.
func (u *unit) notInHospital(rec *caseRecord) error {
	f, err := u.careRecords(rec.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(f.Admissions, treatment.Admission.Open) {
		return &Invalid{"outcome", string(cases.Recovered), "is given by the discharge from the hospital that the case lies in"}
	}
	return nil
}

// PatientDied says that a patient has died.
type PatientDied struct {
	Case cases.ID
	At   string // instant; now when empty
	Note string
}

// PatientDied carries out the order.
func (c *Commands) PatientDied(ctx context.Context, by By, in PatientDied) (out treatment.Admission, err error) {
	err = c.inCare(ctx, by, in.Case, func(u *unit, rec *caseRecord, a *treatment.Admission) error {
		if a == nil {
			return &Invalid{"case", rec.Code, "is in no hospital"}
		}
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		if at.Before(a.AdmittedAt) {
			return &Invalid{"at", at.In(u.loc).Format(time.RFC3339), "lies before they were admitted"}
		}
		if err := u.leaves(rec, a, treatment.Died, at, strings.TrimSpace(in.Note), going{}); err != nil {
			return err
		}
		out = *a
		return u.tellCase(journal.CaseClosed, rec, at, map[string]any{"admission": a.ID, "outcome": cases.Died})
	})
	return out, err
}

// DecideReserve opens a reserve hospital or site that a rule proposes, or says why not.
type DecideReserve struct {
	Proposal treatment.ProposalID
	Version  int64 // that the caller has seen; 0 is whatever stands
	Accept   bool
	Reason   string // needed where it is declined
}

// DecideReserve carries out the order. A reserve that is accepted is being opened from now on.
func (c *Commands) DecideReserve(ctx context.Context, by By, in DecideReserve) (out treatment.Proposal, err error) {
	reason := strings.TrimSpace(in.Reason)
	if !in.Accept && reason == "" || len(reason) > longestCareNote {
		return out, &Invalid{Field: "reason", Reason: "is needed where a reserve stays shut, of 2,000 bytes at most"}
	}
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		p, err := tx.Proposal(in.Proposal)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(p.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			// A hospital does not decide on what the command post has to pay and to staff.
			if err := u.by.may(&tx.Reader, o, auth.DirectiveWrite, p.Area, u.now); err != nil {
				return err
			}
			if in.Version != 0 && in.Version != p.Version {
				return &store.Conflict{Noun: "reserve proposal", ID: int64(p.ID), Have: p.Version, Want: in.Version}
			}
			to := treatment.Declined
			if in.Accept {
				to = treatment.Accepted
			}
			if p.State != treatment.Proposed {
				return &Invalid{"proposal", string(p.State), "was decided already"}
			}
			p.State, p.DecidedAt, p.DecidedBy, p.Reason = to, u.now, u.by.Name(), reason
			if err := tx.UpdateProposal(&p); err != nil {
				return err
			}
			if in.Accept {
				if err := u.setHouse(p.Facility, facility.Opening, reason); err != nil {
					return err
				}
			}
			out = p
			return u.tellReserve(journal.ReserveDecided, p, map[string]any{"state": p.State, "reason": reason})
		})
	})
	return out, err
}

// setHouse changes the state of a facility.
func (u *unit) setHouse(id facility.ID, to facility.State, reason string) error {
	b, err := u.bookOf(id)
	if err != nil {
		return err
	}
	from := b.State
	if _, err := from.Move(to); err != nil {
		return &Invalid{"state", string(to), err.Error()}
	}
	b.State, b.StateAt = to, u.now
	if err := u.tx.UpdateFacility(&b.Facility); err != nil {
		return err
	}
	_, err = u.fact(journal.FacilityMoved, onFacility(id), b.Area, u.now, map[string]any{"from": from, "to": to, "reason": reason})
	return err
}

func (u *unit) tellReserve(kind journal.Kind, p treatment.Proposal, payload map[string]any) error {
	ref, err := u.fact(kind, onReserve(p.ID), p.Area, u.now, payload)
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: kind, Subject: onReserve(p.ID), Ref: ref, At: u.now})
}

// OpenReserve says that a reserve is ready and takes people.
type OpenReserve struct {
	Outbreak string
	Facility string // code
	Reason   string
}

// OpenReserve carries out the order.
func (c *Commands) OpenReserve(ctx context.Context, by By, in OpenReserve) (out facility.Facility, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		b, err := u.bookOfCode(in.Facility)
		if err != nil {
			return err
		}
		if err := u.by.may(&u.tx.Reader, u.o, auth.FacilityWrite, b.Area, u.now); err != nil {
			return err
		}
		if err := u.setHouse(b.ID, facility.Open, strings.TrimSpace(in.Reason)); err != nil {
			return err
		}
		out = b.Facility
		p, err := u.tx.ProposalOf(b.ID)
		if err != nil || p == nil || p.State != treatment.Accepted {
			return err
		}
		return u.tellReserve(journal.ReserveOpened, *p, map[string]any{"facility": b.Code})
	})
	return out, err
}

// ConvertRoom begins to make a ward room intensive care, or a converted room a ward again, or says that it is ready.
type ConvertRoom struct {
	Outbreak string
	Hospital string // code
	Room     string // code
	Done     bool   // it is ready
}

// ConvertRoom carries out the order. A room is empty while it is converted, and takes nobody.
func (c *Commands) ConvertRoom(ctx context.Context, by By, in ConvertRoom) (out treatment.Conversion, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		b, err := u.hospital(in.Hospital)
		if err != nil {
			return err
		}
		if err := u.by.may(&u.tx.Reader, u.o, auth.CareWrite, b.Area, u.now); err != nil {
			return err
		}
		m := b.room(strings.TrimSpace(in.Room))
		if m == nil {
			return &Invalid{"room", in.Room, "is not the code of a room of this hospital"}
		}
		under, err := u.tx.Converting(b.ID)
		if err != nil {
			return err
		}
		run, is := under[m.ID]
		kind := journal.RoomConverting
		switch {
		case in.Done && !is:
			return &Invalid{"room", m.Code, "is not being converted"}
		case in.Done:
			run.DoneAt, run.DoneBy = u.now, u.by.Name()
			m.State, m.StateAt, kind = facility.Ready, u.now, journal.RoomConverted
			err = u.tx.UpdateConversion(&run)
		case is:
			return &Invalid{"room", m.Code, "is being converted already"}
		case !m.Convertible:
			return &Invalid{"room", m.Code, "cannot be converted"}
		case m.State != facility.Ready || len(b.stays[m.ID]) > 0:
			return &Invalid{"room", m.Code, "is not empty and ready"}
		default:
			to := facility.ICU
			if m.Level == facility.ICU {
				to = facility.WardLevel
			}
			run = treatment.Conversion{Outbreak: u.o.ID, Facility: b.ID, Room: m.ID, Code: m.Code, Area: b.Area, District: b.District, From: m.Level, To: to, StartedAt: u.now, StartedBy: u.by.Name()}
			m.Level, m.State, m.StateAt = to, facility.Cleaning, u.now
			err = u.tx.AddConversion(&run)
		}
		if err != nil {
			return err
		}
		if err := u.tx.UpdateRoom(m); err != nil {
			return err
		}
		out = run
		ref, err := u.fact(kind, onConversion(run.ID), b.Area, u.now, map[string]any{"hospital": b.Code, "room": m.Code, "from": run.From, "to": run.To})
		if err != nil {
			return err
		}
		return u.react(response.Trigger{Kind: kind, Subject: onConversion(run.ID), Ref: ref, At: u.now})
	})
	return out, err
}

// ReportBeds is what hospitals tell of all their beds, those included in which nobody of the outbreak lies.
type ReportBeds struct {
	Outbreak string
	Rows     []BedRow
}

// BedRow is what one hospital tells of its beds of one level.
type BedRow struct {
	Hospital    string // code
	Level       string
	At          string
	Beds        int64
	Occupied    int64
	Convertible int64
}

// ReportBeds carries out the order, for all rows or none, and says how many were new.
func (c *Commands) ReportBeds(ctx context.Context, by By, in ReportBeds) (fresh int, err error) {
	const mostRows = 10_000
	if n := len(in.Rows); n == 0 || n > mostRows {
		return 0, &Invalid{"rows", fmt.Sprint(n), "are from 1 to 10,000 at once"}
	}
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		fresh = 0
		told := map[string]bool{}
		for i, r := range in.Rows {
			h, err := u.tx.FacilityByCode(u.o.ID, strings.TrimSpace(r.Hospital))
			switch {
			case isNotFound(err):
				return inRow("rows", i, &Invalid{"hospital", r.Hospital, "is not the code of a known hospital"})
			case err != nil:
				return err
			}
			if err := u.by.may(&u.tx.Reader, u.o, auth.CareWrite, h.Area, u.now); err != nil {
				return err
			}
			level, err := facility.ParseLevel(r.Level)
			if err != nil || level == facility.NoLevel {
				return inRow("rows", i, &Invalid{"level", r.Level, "is ward or icu"})
			}
			at, err := u.happened(r.At)
			if err != nil {
				return inRow("rows", i, err)
			}
			if r.Beds < 0 || r.Occupied < 0 || r.Occupied > r.Beds || r.Convertible < 0 || r.Beds > mostExposed {
				return inRow("rows", i, &Invalid{"occupied", fmt.Sprint(r.Occupied), "is a number from 0 to the number of beds"})
			}
			new, err := u.tx.PutBedReport(&store.BedReport{Outbreak: u.o.ID, Facility: h.ID, District: int64(h.District), Level: level, At: at, Beds: r.Beds, Occupied: r.Occupied, Convertible: r.Convertible, By: u.by.Name()})
			if err != nil {
				return err
			}
			if new {
				fresh++
				told[h.Code] = true
			}
		}
		if fresh == 0 {
			return nil
		}
		codes := make([]string, 0, len(told))
		for code := range told {
			codes = append(codes, code)
		}
		slices.Sort(codes)
		_, err := u.fact(journal.BedsReported, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{"rows": fresh, "hospitals": codes})
		return err
	})
	return fresh, err
}
