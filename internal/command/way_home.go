package command

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
)

// Going is how people go home who are released, as they say.
type Going struct {
	WayHome string // transport or own; empty: as they said before, otherwise transport where the pack has a clock for it
	TakenBy string // who takes them, of those who go by themselves: such as family, or a taxi
}

// going is the same, checked.
type going struct {
	way     facility.WayHome
	takenBy string
}

func (in Going) parse() (out going, err error) {
	if out.way, err = facility.ParseWayHome(strings.TrimSpace(in.WayHome)); err != nil {
		return out, &Invalid{"way_home", in.WayHome, facility.ErrWayHome.Error()}
	}
	switch out.takenBy = strings.TrimSpace(in.TakenBy); {
	case utf8.RuneCountInString(out.takenBy) > longestNote:
		return out, &Invalid{Field: "taken_by", Reason: "is more than 300 characters"}
	case out.takenBy != "" && out.way != facility.WayOwn:
		return out, &Invalid{"taken_by", out.takenBy, "goes with way_home own"}
	}
	return out, nil
}

// waitsForVehicle is after how long nobody is at a facility any more whom it let go.
const waitsForVehicle = 24 * time.Hour

// SetWayHome says how people go home who are released, or will be: ahead of it, or while they wait for a vehicle.
type SetWayHome struct {
	Stays []facility.StayID
	Going
}

// SetWayHome carries out the order and returns the stays. Who goes by themselves is waited for by nobody; who asks for a vehicle after all is fetched by the clock from now on.
func (c *Commands) SetWayHome(ctx context.Context, by By, in SetWayHome) ([]facility.Stay, error) {
	how, err := in.parse()
	if err == nil && how.way == facility.WayUnsaid {
		err = &Invalid{Field: "way_home", Reason: "is needed: " + facility.ErrWayHome.Error()}
	}
	if err != nil {
		return nil, err
	}
	return c.withStays(ctx, by, in.Stays, keepers, func(u *unit, list []*facility.Stay) error {
		for _, s := range list {
			if s.AtHome() || s.State != facility.In && (s.Leaving != facility.LeftRelease || u.now.Sub(s.LeftAt) > waitsForVehicle) {
				return &Invalid{"stay", strconv.FormatInt(int64(s.ID), 10), "is not of somebody who goes home from there"}
			}
			s.WayHome, s.TakenBy = how.way, how.takenBy
			if err := u.tx.UpdateStay(s); err != nil {
				return err
			}
			delete(u.ahead.stays, s.Person)
			payload := stayFact(nil, s, "")
			delete(payload, "home")
			payload["way_home"] = s.WayHome
			if _, err := u.fact(journal.WayHomeSaid, onStay(s.ID), s.Area, u.now, payload); err != nil {
				return err
			}
		}
		list = slices.DeleteFunc(slices.Clone(list), func(s *facility.Stay) bool { return s.State == facility.In })
		return u.goHome(list, u.now)
	})
}

// sayWay writes on the stays of people who leave how they go home.
func (u *unit) sayWay(how going, list []*facility.Stay) {
	for _, s := range list {
		switch {
		case s.AtHome():
		case how.way != facility.WayUnsaid:
			s.WayHome, s.TakenBy = how.way, how.takenBy
		case s.WayHome == facility.WayUnsaid && u.pack.Clocks.GoHome.Set():
			s.WayHome = facility.WayTransport
		}
	}
}

// goHome asks for a vehicle home for people who were released, and sees to it that nobody waits for those who go by themselves:
//
//  1. Who goes by themselves has no request any more.
//  2. Who wants a vehicle has one request, from where they stayed, by the pack's clock. Where that has passed already, they have long been at home.
//  3. Nobody rides with cases or contacts. Where one of a household who leave together is still under an order, such as a parent who was with a child, they ride home as that, and with nobody else.
func (u *unit) goHome(list []*facility.Stay, at time.Time) error {
	var people []person.ID
	for _, s := range list {
		if s.WayHome != facility.WayUnsaid && !s.AtHome() {
			people = append(people, s.Person)
		}
	}
	if len(people) == 0 {
		return nil
	}
	live, err := u.tx.LiveRequestsOf(u.o.ID, people)
	if err != nil {
		return err
	}
	came, err := u.tx.BroughtTo(u.o.ID, people)
	if err != nil {
		return err
	}
	records, err := u.tx.PeopleByID(people)
	if err != nil {
		return err
	}
	under, err := u.stillUnder(list)
	if err != nil {
		return err
	}
	due := at.Add(u.pack.Clocks.GoHome.Duration())
	var asked []*transfer.Request
	for _, s := range list {
		old, waits := live[s.Person]
		switch {
		case s.WayHome == facility.WayUnsaid || s.AtHome() || waits && old.State == transfer.Aboard:
			continue
		case waits && s.WayHome == facility.WayTransport && old.Purpose == transfer.ToHome: // asked for ahead
			if old.From != s.Facility || old.Released == under[s.Household] {
				old.From, old.Released = s.Facility, !under[s.Household]
				if err := u.tx.UpdateRequest(&old); err != nil {
					return err
				}
			}
			continue
		case waits:
			if err := u.endRequest(&old, "released"); err != nil {
				return err
			}
		}
		if s.WayHome != facility.WayTransport || !u.pack.Clocks.GoHome.Set() || !due.After(u.now) {
			continue
		}
		q := &transfer.Request{Outbreak: u.o.ID, Person: s.Person, Class: s.Class, CaseOf: s.CaseOf, ContactOf: s.ContactOf, Companion: s.Companion, Released: !under[s.Household], Household: records[s.Person].Household, Purpose: transfer.ToHome,
			TaskKey: task.Key{Kind: task.BringHome}, From: s.Facility, Seat: transfer.Sitting, Deadline: due, State: transfer.Open, StateAt: u.now, FoundAt: at, MadeAt: u.now, MadeBy: u.by.Name()}
		if was, known := came[s.Person]; known {
			q.Seat, q.Note = was.Seat, was.Note // a wheelchair on the way there is one on the way back
		}
		if err := u.homeOf(q); err != nil {
			return err
		}
		asked = append(asked, q)
	}
	if err := u.addRequests(asked); err != nil {
		return err
	}
	for _, q := range asked {
		ref, err := u.fact(journal.TransferAsked, q.Task, q.Area, u.now, map[string]any{"case": q.CaseOf, "contact": q.ContactOf, "purpose": q.Purpose, "deadline": q.Deadline})
		if err != nil {
			return err
		}
		if err := u.standTransfer(q, ref); err != nil {
			return err
		}
	}
	return nil
}

// stillUnder are the households of whom somebody who leaves is a case or a contact still: of those who were somewhere for the sake of a child.
func (u *unit) stillUnder(list []*facility.Stay) (map[person.HouseholdID]bool, error) {
	out := map[person.HouseholdID]bool{}
	var along []person.ID
	for _, s := range list {
		if s.Companion {
			along = append(along, s.Person)
		}
	}
	if len(along) == 0 {
		return out, nil
	}
	sick, err := u.tx.CasesOfPeople(along, u.o.ID)
	if err != nil {
		return nil, err
	}
	met, err := u.tx.ContactsOfPeople(along, u.o.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if s.Companion {
			out[s.Household] = out[s.Household] || slices.ContainsFunc(sick[s.Person], func(k cases.Case) bool { return !k.Closed() }) ||
				slices.ContainsFunc(met[s.Person], func(c contact.Contact) bool { return c.State == contact.Listed || c.State == contact.Followed })
		}
	}
	return out, nil
}

// homeOf fills in where somebody lives, as far as that is known.
func (w *world) homeOf(q *transfer.Request) error {
	var area place.AreaID
	if q.CaseOf != 0 {
		c, err := w.getCase(q.CaseOf)
		if err != nil {
			return err
		}
		area, q.Lon, q.Lat, q.Located = c.Area, c.Lon, c.Lat, c.Located
	} else {
		c, err := w.getContact(q.ContactOf)
		if err != nil {
			return err
		}
		area, q.Tier = c.Area, c.Tier
	}
	q.Area, q.District = area, w.tree.District(area)
	return nil
}

// endRequest cancels a request, and the task of one that has its own.
func (u *unit) endRequest(q *transfer.Request, reason string) error {
	if err := u.cancelRequest(q, reason); err != nil {
		return err
	}
	ref, err := u.fact(journal.TransferCancelled, onTransfer(q.ID), q.Area, u.now, map[string]any{"reason": reason})
	if err != nil || q.Task != onTransfer(q.ID) {
		return err
	}
	return u.standTransfer(q, ref)
}
