package command

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/response"
	"firebreak/internal/store"
)

// NoteIncident tells of something that went wrong at a facility.
type NoteIncident struct {
	Facility facility.ID
	At       string // when it happened; now when empty
	IncidentFields
}

// IncidentFields are what is known of an incident.
type IncidentFields struct {
	Kind     string
	Severity string // as is usual for the kind when empty
	Where    string // room, floor or zone
	Who      string // code of the case or contact who is concerned, and stays or stayed there; empty where nobody is named
	Note     string
	Done     string // what was done
}

// NoteIncident carries out the order: by whoever checks people in and out there, or may open and close the facility.
func (c *Commands) NoteIncident(ctx context.Context, by By, in NoteIncident) (out facility.Incident, err error) {
	err = c.atFacility(ctx, by, in.Facility, func(u *unit, f facility.Facility) error {
		at, err := u.happened(in.At)
		if err != nil {
			return err
		}
		out = facility.Incident{Outbreak: u.o.ID, Facility: f.ID, Area: f.Area, District: f.District, HappenedAt: at, OpenedAt: at, NotedAt: u.now, NotedBy: u.by.Name()}
		if err := u.setIncident(&out, in.IncidentFields); err != nil {
			return err
		}
		if err := u.tx.AddIncident(&out); err != nil {
			return err
		}
		return u.tellIncident(journal.IncidentNoted, f, out)
	})
	return out, err
}

// atFacility runs an order about a facility, by whoever keeps it.
func (c *Commands) atFacility(ctx context.Context, by By, id facility.ID, fn func(*unit, facility.Facility) error) error {
	return c.db.Update(ctx, func(tx *store.Tx) error {
		f, err := tx.Facility(id)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(f.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := u.mayAny(f.Area, keepers(f.Kind)...); err != nil {
				return err
			}
			return fn(u, f)
		})
	})
}

func (u *unit) setIncident(x *facility.Incident, in IncidentFields) (err error) {
	if x.Kind, err = facility.ParseIncidentKind(in.Kind); err != nil {
		return &Invalid{"kind", in.Kind, facility.ErrIncidentKind.Error()}
	}
	if x.Severity = x.Kind.Usual(); in.Severity != "" {
		if x.Severity, err = facility.ParseIncidentSeverity(in.Severity); err != nil {
			return &Invalid{"severity", in.Severity, facility.ErrIncidentSeverity.Error()}
		}
	}
	for _, v := range []struct{ name, text string }{{"where", in.Where}, {"note", in.Note}, {"done", in.Done}} {
		if len(v.text) > longestCareNote {
			return &Invalid{Field: v.name, Reason: "is longer than 2,000 bytes"}
		}
	}
	x.Where, x.Note, x.Done, x.Stay = strings.TrimSpace(in.Where), strings.TrimSpace(in.Note), strings.TrimSpace(in.Done), 0
	if code := strings.TrimSpace(in.Who); code != "" {
		x.Stay, err = u.stayedThere(x.Facility, code)
	}
	return err
}

// stayedThere finds the newest stay of a case or contact at a facility, by its code.
func (u *unit) stayedThere(f facility.ID, code string) (facility.StayID, error) {
	nobody := &Invalid{"who", code, "is not the code of a case or contact who stays or stayed there"}
	people := map[person.ID]bool{}
	k, err := u.tx.CaseByCode(u.o.ID, code)
	if err == nil {
		people[k.Person] = true
	} else if !isNotFound(err) {
		return 0, err
	}
	known, err := u.tx.ContactsByCodes(u.o.ID, []string{code})
	if err != nil {
		return 0, err
	}
	for _, c := range known {
		people[c.Person] = true
	}
	stays, err := u.tx.StaysOf(slices.Sorted(maps.Keys(people)))
	if err != nil {
		return 0, err
	}
	var out facility.StayID
	for _, list := range stays {
		for _, s := range list {
			if s.Facility == f && (s.State == facility.In || s.State == facility.Left) && s.Leaving != facility.LeftError {
				out = max(out, s.ID)
			}
		}
	}
	if out == 0 {
		return 0, nobody
	}
	return out, nil
}

func (u *unit) tellIncident(kind journal.Kind, f facility.Facility, x facility.Incident) error {
	ref, err := u.fact(kind, onIncident(x.ID), x.Area, x.HappenedAt, map[string]any{"facility": f.Code, "kind": x.Kind, "severity": x.Severity, "open": x.Open()})
	if err != nil {
		return err
	}
	return u.react(response.Trigger{Kind: kind, Subject: onIncident(x.ID), Ref: ref, At: u.now})
}

// ChangeIncident says what more is known of an incident; all of it.
type ChangeIncident struct {
	Incident facility.IncidentID
	Version  int64 // that the caller has seen; 0 is whatever stands
	Close    bool  // it is dealt with; one that was closed, and now is not, is open again
	IncidentFields
}

// ChangeIncident carries out the order. An incident is closed only with what was done.
func (c *Commands) ChangeIncident(ctx context.Context, by By, in ChangeIncident) (out facility.Incident, err error) {
	var was facility.Incident
	if err := c.db.View(ctx, func(r *store.Reader) (err error) {
		was, err = r.Incident(in.Incident)
		return err
	}); err != nil {
		return out, err
	}
	err = c.atFacility(ctx, by, was.Facility, func(u *unit, f facility.Facility) error {
		x, err := u.tx.Incident(in.Incident)
		if err != nil {
			return err
		}
		if in.Version != 0 && in.Version != x.Version {
			return &store.Conflict{Noun: "incident", ID: int64(x.ID), Have: x.Version, Want: in.Version}
		}
		if err := u.setIncident(&x, in.IncidentFields); err != nil {
			return err
		}
		switch {
		case in.Close && x.Done == "":
			return &Invalid{Field: "done", Reason: "is needed: an incident is closed by what was done"}
		case in.Close && x.Open():
			x.ClosedAt, x.ClosedBy = u.now, u.by.Name()
		case !in.Close && !x.Open():
			x.ClosedAt, x.ClosedBy, x.OpenedAt, x.Opened = time.Time{}, "", u.now, x.Opened+1
		}
		if err := u.tx.UpdateIncident(&x); err != nil {
			return err
		}
		out = x
		return u.tellIncident(journal.IncidentChanged, f, x)
	})
	return out, err
}
