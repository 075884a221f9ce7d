package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/journal"
	"firebreak/internal/response"
	"firebreak/internal/store"
	"firebreak/internal/transfer"
	"firebreak/internal/treatment"
)

// RecordSeverity says how ill a case was found to be. Nothing that was told before is changed: the newest counts.
type RecordSeverity struct {
	Case     cases.ID
	Severity string
	AtRisk   bool   // of severe illness
	At       string // instant; now when empty
	Note     string
}

const longestCareNote = 2_000 // bytes

// RecordSeverity carries out the order.
func (c *Commands) RecordSeverity(ctx context.Context, by By, in RecordSeverity) (out treatment.SeverityChange, err error) {
	severity, err := treatment.ParseSeverity(in.Severity)
	if err != nil {
		return out, &Invalid{"severity", in.Severity, treatment.ErrSeverity.Error()}
	}
	if len(in.Note) > longestCareNote {
		return out, &Invalid{Field: "note", Reason: "is longer than 2,000 bytes"}
	}
	err = c.inCare(ctx, by, in.Case, func(u *unit, rec *caseRecord, _ *treatment.Admission) error {
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		out = treatment.SeverityChange{Outbreak: u.o.ID, Case: rec.ID, Area: rec.Area, District: rec.District, Severity: severity, AtRisk: in.AtRisk, At: at, Note: strings.TrimSpace(in.Note), By: u.by.Name(), ToldAt: u.now}
		before, err := u.placeFor(rec)
		if err != nil {
			return err
		}
		if err := u.tx.AddSeverity(&out); err != nil {
			return err
		}
		u.cares(rec.ID)
		after, err := u.placeFor(rec)
		if err != nil {
			return err
		}
		if before.purpose != after.purpose || before.icu != after.icu {
			u.bringElsewhere(rec.ID)
		}
		if after.purpose == transfer.ToHospital {
			if err := u.staysInHospital(rec.Person, "severity"); err != nil {
				return err
			}
		}
		// The note is about somebody's health, and stays out of the journal.
		return u.tellCase(journal.SeverityRecorded, rec, at, map[string]any{"severity": severity, "at_risk": in.AtRisk})
	})
	return out, err
}

// inCare runs an order about how a case is treated: by whoever records care where the case belongs, or where it lies now. The admission is the open one; nil for none.
func (c *Commands) inCare(ctx context.Context, by By, id cases.ID, fn func(*unit, *caseRecord, *treatment.Admission) error) error {
	now, err := c.readCase(ctx, id)
	if err != nil {
		return err
	}
	return c.inID(ctx, by, now.Outbreak, func(u *unit) error {
		rec, err := u.getCase(id)
		if err != nil {
			return err
		}
		list, err := u.tx.AdmissionsOf([]cases.ID{id})
		if err != nil {
			return err
		}
		var in *treatment.Admission
		for i := range list[id] {
			if list[id][i].Open() {
				in = &list[id][i]
			}
		}
		err = u.by.may(&u.tx.Reader, u.o, auth.CareWrite, rec.Area, u.now)
		if err != nil && in != nil {
			err = u.by.may(&u.tx.Reader, u.o, auth.CareWrite, in.Area, u.now)
		}
		if err != nil {
			return err
		}
		if err := u.standingCase(rec); err != nil {
			return err
		}
		return fn(u, rec, in)
	})
}

// tellCase writes a fact of how a case is treated, and lets the rulebook answer.
func (u *unit) tellCase(kind journal.Kind, rec *caseRecord, at time.Time, payload map[string]any) error {
	u.cares(rec.ID)
	ref, err := u.fact(kind, onCase(rec.ID), rec.Area, at, payload)
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: kind, Subject: onCase(rec.ID), Ref: ref, At: at})
}

// EndMonitoring says that looking after somebody at home, after they left a hospital, is over.
type EndMonitoring struct {
	Case cases.ID
	At   string // instant; now when empty
}

// EndMonitoring carries out the order. Before the pack's last day it is refused: until then somebody looks after them.
func (c *Commands) EndMonitoring(ctx context.Context, by By, in EndMonitoring) error {
	now, err := c.readCase(ctx, in.Case)
	if err != nil {
		return err
	}
	return c.inID(ctx, by, now.Outbreak, func(u *unit) error {
		rec, err := u.getCase(in.Case)
		if err != nil {
			return err
		}
		if err := u.mayAny(rec.Area, auth.CareWrite, auth.FollowUpWrite); err != nil {
			return err
		}
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		return u.endMonitoring(rec, at)
	})
}

func (u *unit) endMonitoring(rec *caseRecord, at time.Time) error {
	list, err := u.tx.AdmissionsOf([]cases.ID{rec.ID})
	if err != nil {
		return err
	}
	var last *treatment.Admission
	for i := range list[rec.ID] {
		if list[rec.ID][i].Ended == treatment.Discharged {
			last = &list[rec.ID][i]
		}
	}
	if last == nil || rec.Outcome != cases.Recovered {
		return &Invalid{"case", rec.Code, "is not one that was discharged"}
	}
	if !last.MonitoredAt.IsZero() {
		return &Invalid{"case", rec.Code, "is not looked after any more since " + last.MonitoredAt.In(u.loc).Format(time.RFC3339)}
	}
	if until := dayOf(last.EndedAt, u.loc).Add(u.pack.Discharge.HomeDays.Value); dayOf(at, u.loc) < until {
		return &Invalid{"at", at.In(u.loc).Format(time.RFC3339), fmt.Sprintf("is before the last day at home, %s", until)}
	}
	last.MonitoredAt = at
	if err := u.tx.UpdateAdmission(last); err != nil {
		return err
	}
	return u.tellCase(journal.MonitoringOver, rec, at, map[string]any{"admission": last.ID})
}

// NoteEvent tells of an infection in a hospital or at a site, or of a breach.
type NoteEvent struct {
	Outbreak string
	Facility string // code
	At       string // when it happened; now when empty
	EventFields
}

// EventFields are what is known of an event.
type EventFields struct {
	Kind            string
	Where           string // ward, room, or zone of the house
	Case            string // code of the first who is infected; empty where nobody is known
	ExposedStaff    int64
	ExposedPatients int64
	Measures        string
	Note            string
}

const mostExposed = 100_000

// NoteEvent carries out the order.
func (c *Commands) NoteEvent(ctx context.Context, by By, in NoteEvent) (out treatment.Event, err error) {
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		h, err := u.tx.FacilityByCode(u.o.ID, strings.TrimSpace(in.Facility))
		if isNotFound(err) {
			return &Invalid{"facility", in.Facility, "is not the code of a known facility"}
		}
		if err != nil {
			return err
		}
		if err := u.mayAny(h.Area, keepers(h.Kind)...); err != nil {
			return err
		}
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		out = treatment.Event{Outbreak: u.o.ID, Facility: h.ID, Area: h.Area, District: h.District, State: treatment.EventOpen, HappenedAt: at, NotedAt: u.now, NotedBy: u.by.Name()}
		if err := u.setEvent(&out, in.EventFields); err != nil {
			return err
		}
		if err := u.tx.AddCareEvent(&out); err != nil {
			return err
		}
		return u.tellHouse(journal.CareEventNoted, out, map[string]any{"facility": h.Code})
	})
	return out, err
}

func (u *unit) setEvent(e *treatment.Event, in EventFields) (err error) {
	if e.Kind, err = treatment.ParseEventKind(in.Kind); err != nil {
		return &Invalid{"kind", in.Kind, treatment.ErrEventKind.Error()}
	}
	for name, n := range map[string]int64{"exposed_staff": in.ExposedStaff, "exposed_patients": in.ExposedPatients} {
		if n < 0 || n > mostExposed {
			return &Invalid{name, fmt.Sprint(n), "is a number from 0 to 100,000"}
		}
	}
	for name, text := range map[string]string{"where": in.Where, "measures": in.Measures, "note": in.Note} {
		if len(text) > longestCareNote {
			return &Invalid{Field: name, Reason: "is longer than 2,000 bytes"}
		}
	}
	if e.Case = 0; strings.TrimSpace(in.Case) != "" {
		k, err := u.tx.CaseByCode(u.o.ID, strings.TrimSpace(in.Case))
		if err != nil {
			if isNotFound(err) {
				err = &Invalid{"case", in.Case, "is not the code of a known case"}
			}
			return err
		}
		e.Case = k.ID
	}
	e.Where, e.Measures, e.Note, e.ExposedStaff, e.ExposedPatients = strings.TrimSpace(in.Where), strings.TrimSpace(in.Measures), strings.TrimSpace(in.Note), in.ExposedStaff, in.ExposedPatients
	return nil
}

func (u *unit) tellHouse(kind journal.Kind, e treatment.Event, payload map[string]any) error {
	payload["kind"], payload["state"], payload["exposed_staff"], payload["exposed_patients"] = e.Kind, e.State, e.ExposedStaff, e.ExposedPatients
	ref, err := u.fact(kind, onCareEvent(e.ID), e.Area, u.now, payload)
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: kind, Subject: onCareEvent(e.ID), Ref: ref, At: u.now})
}

// ChangeEvent says what more is known of an event, and how it stands.
type ChangeEvent struct {
	Event   treatment.EventID
	Version int64 // that the caller has seen; 0 is whatever stands
	State   string
	EventFields
}

// ChangeEvent carries out the order. It is contained only with measures in place.
func (c *Commands) ChangeEvent(ctx context.Context, by By, in ChangeEvent) (out treatment.Event, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		e, err := tx.CareEvent(in.Event)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(e.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			h, err := tx.Facility(e.Facility)
			if err != nil {
				return err
			}
			if err := u.mayAny(h.Area, keepers(h.Kind)...); err != nil {
				return err
			}
			if in.Version != 0 && in.Version != e.Version {
				return &store.Conflict{Noun: "care event", ID: int64(e.ID), Have: e.Version, Want: in.Version}
			}
			if err := u.setEvent(&e, in.EventFields); err != nil {
				return err
			}
			to, err := treatment.ParseEventState(in.State)
			if err == nil {
				to, err = e.State.Move(to)
			}
			if err != nil {
				return &Invalid{"state", in.State, "is open, contained or closed, and an event is contained before it is closed"}
			}
			if to != treatment.EventOpen && e.Measures == "" {
				return &Invalid{Field: "measures", Reason: "are needed: an event is contained by what was done"}
			}
			switch {
			case to == e.State:
			case to == treatment.EventContained:
				e.ContainedAt = u.now
			case to == treatment.EventOpen:
				e.ContainedAt = time.Time{}
			default:
				e.ClosedAt = u.now
			}
			e.State = to
			if err := tx.UpdateCareEvent(&e); err != nil {
				return err
			}
			out = e
			return u.tellHouse(journal.CareEventChanged, e, map[string]any{})
		})
	})
	return out, err
}
