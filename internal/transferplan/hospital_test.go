package transferplan_test

import (
	"slices"
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
	"firebreak/internal/treatment"
)

// hospital enters one with beds of a level, one to a room.
func (n *town) hospital(code string, lon float64, ward, icu int) facility.Facility {
	area, _ := n.tree.ByCode("3701")
	f := facility.Facility{Outbreak: n.outbreak, Code: code, Name: code, Kind: facility.Hospital, State: facility.Open, StateAt: n.now, Area: area.ID, District: area.ID, Lon: lon, Lat: 36.05, Located: true}
	n.must(n.db.Update(n.t.Context(), func(tx *store.Tx) error {
		if err := tx.AddFacilities([]*facility.Facility{&f}); err != nil {
			return err
		}
		var list []*facility.Room
		for i := range ward + icu {
			m := &facility.Room{Facility: f.ID, Outbreak: f.Outbreak, District: f.District, Code: string(rune('a' + i)), Beds: 1, Use: facility.Ward, Level: facility.WardLevel, State: facility.Ready, StateAt: n.now}
			if i >= ward {
				m.Level = facility.ICU
			}
			list = append(list, m)
		}
		return tx.AddRooms(list)
	}))
	n.sites[code] = f
	return f
}

// sick adds a case, and says how ill it is; empty: nobody has said.
func (n *town) sick(code, severity string) cases.Case {
	n.t.Helper()
	c, err := n.commands.AddCase(n.t.Context(), by, command.AddCase{Outbreak: "o", Code: code, Fields: map[string]string{"class": "confirmed", "onset": "2022-03-08", "area": "370101"}})
	n.must(err)
	if severity != "" {
		n.found(c.Case, severity)
	}
	return c.Case
}

func (n *town) found(c cases.Case, severity string) {
	n.t.Helper()
	_, err := n.commands.RecordSeverity(n.t.Context(), by, command.RecordSeverity{Case: c.ID, Severity: severity})
	n.must(err)
}

// atSite has a case in the isolation site.
func (n *town) atSite(c cases.Case) {
	n.t.Helper()
	_, err := n.commands.WalkIn(n.t.Context(), by, command.WalkIn{BookStays: command.BookStays{Outbreak: "o", Facility: "I1", Guests: []command.Guest{{Case: c.ID}}}})
	n.must(err)
}

// request is the one of a case that is not over; its state is empty where there is none.
func (n *town) request(c cases.Case) (q transfer.Request) {
	n.t.Helper()
	for _, x := range n.requests() {
		if x.CaseOf == c.ID && !x.Companion {
			q = x
		}
	}
	return q
}

// asks are the tasks of a kind about a case.
func (n *town) asks(c cases.Case, kind task.Kind) (out []task.Task) {
	n.t.Helper()
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) error {
		list, err := r.TasksOf(task.Subject{Kind: task.OnCase, ID: int64(c.ID)})
		out = slices.DeleteFunc(list, func(t task.Task) bool { return t.Kind != kind })
		return err
	}))
	return out
}

func (n *town) asked(c cases.Case, kind task.Kind) (t task.Task) {
	n.t.Helper()
	if list := n.asks(c, kind); len(list) > 0 {
		t = list[len(list)-1]
	}
	return t
}

// treated is where a case has lain, the first first, and where they stay.
func (n *town) treated(c cases.Case) (out []treatment.Admission, stay facility.Stay) {
	n.t.Helper()
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) error {
		found, err := r.AdmissionsOf([]cases.ID{c.ID})
		if err != nil {
			return err
		}
		out = found[c.ID]
		stays, err := r.StaysOf([]person.ID{c.Person})
		for _, s := range stays[c.Person] {
			if s.State == facility.In {
				stay = s
			}
		}
		return err
	}))
	return out, stay
}

// fetch plans, and drives whoever is planned to where they get off.
func (n *town) fetch(c cases.Case) {
	n.t.Helper()
	n.plan()
	q := n.request(c)
	if q.State != transfer.Planned {
		n.t.Fatalf("not planned: %+v", q)
	}
	n.now = n.now.Add(10 * time.Minute)
	n.tell(command.TellTrip{Trip: q.Trip, What: transfer.ToldStart})
	n.tell(command.TellTrip{Trip: q.Trip, Party: q.Party, What: transfer.ToldIn, Gave: "nurse", Took: "driver"})
	n.now = n.now.Add(20 * time.Minute)
	n.tell(command.TellTrip{Trip: q.Trip, What: transfer.ToldOff, Gave: "driver", Took: "ward"})
	n.now = n.now.Add(time.Minute)
}

// Who is found too ill for the site that they are in is brought to a bed of a hospital, and admitted there, without anybody typing it again; their stay at the site ends, and what asked for it is done. The first time
// that anybody says how ill they are, too.
func TestTooIllForASite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		h := n.hospital("H1", 120.08, 2, 1)
		for _, x := range []struct {
			severity string
			level    facility.Level
		}{{"moderate", facility.WardLevel}, {"severe", facility.ICU}} {
			c := n.sick("A-"+x.severity, "")
			n.atSite(c)
			n.now = n.now.Add(time.Minute)
			n.found(c, x.severity)
			k := n.asked(c, task.TransferCase)
			if k.State != task.Open || k.Owner != task.TransferDesk || !k.Due.Equal(n.now.Add(2*time.Hour)) {
				t.Fatalf("%s: %+v", x.severity, k)
			}
			q := n.request(c)
			if q.Purpose != transfer.ToHospital || q.From != n.sites["I1"].ID || q.TaskKey != k.Key || !q.Deadline.Equal(k.Due) || slices.Contains(q.Care, transfer.ICU) != (x.level == facility.ICU) || (q.Seat == transfer.Stretcher) != (x.level == facility.ICU) {
				t.Fatalf("%s: asked for %+v", x.severity, q)
			}
			n.fetch(c)
			in, stay := n.treated(c)
			if len(in) != 1 || !in[0].Open() || in[0].Facility != h.ID || in[0].Level != x.level || in[0].Stay != stay.ID || stay.Facility != h.ID {
				t.Errorf("%s: admitted %+v, stays %+v", x.severity, in, stay)
			}
			for _, kind := range []task.Kind{task.TransferCase, task.AdmitCase, task.MoveCase} {
				if k := n.asked(c, kind); k.State != task.Done {
					t.Errorf("%s: %s is %s", x.severity, kind, k.State)
				}
			}
			if q := n.request(c); q.State != "" {
				t.Errorf("%s: still asked for: %+v", x.severity, q)
			}
		}
	})
}

// Who is found too ill before anybody has fetched them is brought to the hospital at once, and to a site again where they get better meanwhile. What the crew has to know of them goes on.
func TestTooIllBeforeTheyAreFetched(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		h := n.hospital("H1", 120.08, 1, 1)
		c := n.sick("A", "mild")
		n.plan()
		q := n.request(c)
		if q.Purpose != transfer.ToIsolation || q.State != transfer.Planned {
			t.Fatalf("mild: %+v", q)
		}
		_, err := n.commands.ChangeTransfer(t.Context(), by, command.ChangeTransfer{Transfer: q.ID, TransferNeeds: command.TransferNeeds{Seat: "stretcher", Note: "third floor"}})
		n.must(err)
		n.now = n.now.Add(time.Minute)
		n.found(c, "severe")
		q = n.request(c)
		if q.Purpose != transfer.ToHospital || q.State != transfer.Open || q.Seat != transfer.Stretcher || q.Note != "third floor" || q.TaskKey.Kind != task.MoveCase || !slices.Equal(q.Care, []string{transfer.ICU}) {
			t.Fatalf("severe: %+v", q)
		}
		if k := n.asks(c, task.TransferCase); len(k) != 0 {
			t.Errorf("asked for twice: %+v", k)
		}
		n.check()
		n.now = n.now.Add(time.Minute)
		n.found(c, "mild")
		if q = n.request(c); q.Purpose != transfer.ToIsolation || q.State != transfer.Open || len(q.Care) != 0 || q.Seat != transfer.Stretcher {
			t.Fatalf("mild again: %+v", q)
		}
		n.now = n.now.Add(time.Minute)
		n.found(c, "moderate")
		n.fetch(c)
		in, _ := n.treated(c)
		if len(in) != 1 || in[0].Facility != h.ID || in[0].Level != facility.WardLevel || n.asked(c, task.MoveCase).State != task.Done || n.asked(c, task.AdmitCase).State != task.Done || len(n.asks(c, task.TransferCase)) != 0 {
			t.Errorf("admitted %+v, move %s, admit %s, transfer %+v", in, n.asked(c, task.MoveCase).State, n.asked(c, task.AdmitCase).State, n.asks(c, task.TransferCase))
		}
	})
}

// Better, dead or released before anybody has fetched them: nobody does, and no bed is kept. Whom a hospital has admitted meanwhile is not fetched either.
func TestNobodyIsFetchedForNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*town, cases.Case){
		"better": func(n *town, c cases.Case) { n.found(c, "mild") },
		"died": func(n *town, c cases.Case) {
			k, err := n.commands.CorrectCase(n.t.Context(), by, command.CorrectCase{Case: c.ID, Version: n.version(c), Fields: map[string]string{"outcome": "died", "outcome_on": "2022-03-10"}})
			n.must(err)
			if k.Outcome != cases.Died {
				n.t.Fatalf("%+v", k)
			}
		},
		"recovered": func(n *town, c cases.Case) {
			_, err := n.commands.CorrectCase(n.t.Context(), by, command.CorrectCase{Case: c.ID, Version: n.version(c), Fields: map[string]string{"outcome": "recovered", "outcome_on": "2022-03-10"}})
			n.must(err)
		},
		"no case": func(n *town, c cases.Case) {
			_, err := n.commands.CorrectCase(n.t.Context(), by, command.CorrectCase{Case: c.ID, Version: n.version(c), Fields: map[string]string{"class": "discarded"}})
			n.must(err)
		},
		"admitted": func(n *town, c cases.Case) {
			_, err := n.commands.AdmitCase(n.t.Context(), by, command.AdmitCase{Case: c.ID, Hospital: "H1"})
			n.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, open storetest.Open) {
				n := newTown(t, open)
				n.hospital("H1", 120.08, 1, 0)
				c := n.sick("A", "")
				n.atSite(c)
				n.now = n.now.Add(time.Minute)
				n.found(c, "moderate")
				n.plan()
				q := n.request(c)
				if q.State != transfer.Planned || q.Stay == 0 {
					t.Fatalf("not planned: %+v", q)
				}
				n.now = n.now.Add(time.Minute)
				end(n, c)
				n.check()
				if q := n.request(c); q.State != "" {
					t.Errorf("still asked for: %+v", q)
				}
				want := task.Void
				if name == "admitted" {
					want = task.Done
				}
				if k := n.asked(c, task.TransferCase); k.State != want {
					t.Errorf("the task is %s", k.State)
				}
				for _, x := range n.trips() {
					if x.State == transfer.TripPlanned {
						t.Errorf("a trip for nobody: %+v", x)
					}
				}
			})
		})
	}
}

// Who lies in a ward and needs intensive care is brought to another hospital where their own has no bed of it free. They are a patient there without a break.
func TestNoIntensiveCareWhereTheyLie(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		n.hospital("H1", 120.08, 1, 0)
		h2 := n.hospital("H2", 120.12, 1, 1)
		c := n.sick("A", "moderate")
		_, err := n.commands.AdmitCase(t.Context(), by, command.AdmitCase{Case: c.ID, Hospital: "H1"})
		n.must(err)
		n.now = n.now.Add(time.Hour)
		n.found(c, "critical")
		if k := n.asked(c, task.MoveToICU); k.State != task.Open {
			t.Errorf("intensive care is %s", k.State)
		}
		q := n.request(c)
		if q.Purpose != transfer.ToHospital || q.From != n.sites["H1"].ID || !slices.Equal(q.Care, []string{transfer.ICU}) || q.TaskKey.Kind != task.TransferCase {
			t.Fatalf("asked for %+v", q)
		}
		n.fetch(c)
		in, _ := n.treated(c)
		if len(in) != 2 || in[0].Ended != treatment.Moved || in[1].From != in[0].ID || in[1].Facility != h2.ID || in[1].Level != facility.ICU {
			t.Errorf("admitted %+v", in)
		}
		for _, kind := range []task.Kind{task.TransferCase, task.MoveToICU} {
			if list := n.asks(c, kind); len(list) != 1 || list[0].State != task.Done {
				t.Errorf("%s: %+v", kind, list)
			}
		}
	})
}

// Who is moved by hand from one site to another is fetched from where they are.
func TestFetchedFromWhereTheyAre(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		n := newTown(t, open)
		n.hospital("H1", 120.08, 1, 0)
		n.site("I2", facility.IsolationSite, 120.2, 2)
		c := n.sick("A", "")
		n.atSite(c)
		n.now = n.now.Add(time.Minute)
		n.found(c, "moderate")
		n.now = n.now.Add(time.Minute)
		_, err := n.commands.WalkIn(t.Context(), by, command.WalkIn{BookStays: command.BookStays{Outbreak: "o", Facility: "I2", Guests: []command.Guest{{Case: c.ID}}}})
		n.must(err)
		if q := n.request(c); q.From != n.sites["I2"].ID || q.Purpose != transfer.ToHospital {
			t.Errorf("fetched from %+v", q)
		}
	})
}

// version is the one that a case is at.
func (n *town) version(c cases.Case) (out int64) {
	n.t.Helper()
	n.must(n.db.View(n.t.Context(), func(r *store.Reader) error {
		k, err := r.Case(c.ID)
		out = k.Version
		return err
	}))
	return out
}
