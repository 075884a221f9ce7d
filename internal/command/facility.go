package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

func onFacility(id facility.ID) task.Subject {
	return task.Subject{Kind: store.OnFacility, ID: int64(id)}
}

// FacilityFields are what is known of a facility.
type FacilityFields struct {
	Code     string // unique in the outbreak
	Name     string // the code when empty
	Kind     facility.Kind
	Area     string // code of a jurisdiction
	Lon, Lat string // both or neither
	ReadyIn  time.Duration
	Unload   time.Duration
	Bays     int64
	Opens    time.Duration // since midnight in the outbreak's zone; both 0: day and night
	Closes   time.Duration
	Tier     contact.Tier
	Phone    string
	Open     bool // of a new facility: it takes people at once; otherwise it is in reserve
}

// AddFacilities enters facilities, all or none.
type AddFacilities struct {
	Outbreak   string
	Facilities []FacilityFields
}

// Bounds of what is said of a facility.
const (
	longestCode   = 60
	longestName   = 200
	mostReadyIn   = 30 * 24 * time.Hour
	mostUnload    = 24 * time.Hour
	mostBays      = 1000
	mostAtOnce    = 2000  // facilities in one order
	mostRooms     = 5000  // in one order
	mostBeds      = 2000  // of a room: the largest hall of 2022 had some 2,000
	mostInParty   = 60    // people who are given beds together
	shortestPhone = 3     // digits
	longestReason = 2_000 // bytes
)

// AddFacilities carries out the order and returns the facilities.
func (c *Commands) AddFacilities(ctx context.Context, by By, in AddFacilities) (out []facility.Facility, err error) {
	if n := len(in.Facilities); n == 0 || n > mostAtOnce {
		return nil, &Invalid{"facilities", strconv.Itoa(n), fmt.Sprintf("are from 1 to %d at once", mostAtOnce)}
	}
	err = c.in(ctx, by, in.Outbreak, func(u *unit) error {
		list := make([]*facility.Facility, len(in.Facilities))
		codes := map[string]bool{}
		for i, f := range in.Facilities {
			v, err := u.newFacility(f)
			if err == nil && codes[v.Code] {
				err = &Invalid{"code", v.Code, "is there twice"}
			}
			if err != nil {
				return inRow("facilities", i, err)
			}
			codes[v.Code] = true
			list[i] = &v
		}
		if err := u.tx.AddFacilities(list); err != nil {
			return err
		}
		out = make([]facility.Facility, len(list))
		for i, f := range list {
			out[i] = *f
			if _, err := u.fact(journal.FacilityAdded, onFacility(f.ID), f.Area, u.now, facilityFact(f)); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func facilityFact(f *facility.Facility) any {
	return map[string]any{"code": f.Code, "kind": f.Kind, "state": f.State, "ready_in_hours": int64(f.ReadyIn / time.Hour), "tier": f.Tier}
}

func (u *unit) newFacility(in FacilityFields) (f facility.Facility, err error) {
	f = facility.Facility{Outbreak: u.o.ID, Code: strings.TrimSpace(in.Code), State: facility.Reserve, StateAt: u.now}
	if f.Code == "" || len(f.Code) > longestCode {
		return f, &Invalid{"code", in.Code, "is needed, of 60 bytes at most"}
	}
	if in.Open {
		f.State = facility.Open
	}
	if err := u.setFacility(&f, in); err != nil {
		return f, err
	}
	_, err = u.tx.FacilityByCode(u.o.ID, f.Code)
	return f, unlessNotFound(err, &Invalid{"code", f.Code, "is another facility's"})
}

// setFacility reads all fields but the code and the state.
func (u *unit) setFacility(f *facility.Facility, in FacilityFields) error {
	j, ok := u.tree.ByCode(strings.TrimSpace(in.Area))
	if !ok {
		return &Invalid{"area", in.Area, "is not the code of a known jurisdiction"}
	}
	kind, err := facility.ParseKind(string(in.Kind))
	if err != nil {
		return &Invalid{"kind", string(in.Kind), facility.ErrKind.Error()}
	}
	if in.Tier != "" {
		if _, err := contact.ParseTier(string(in.Tier)); err != nil {
			return &Invalid{"tier", string(in.Tier), contact.ErrTier.Error()}
		}
		if kind.Takes() != facility.Contact {
			return &Invalid{"tier", string(in.Tier), "is of contacts; this kind of facility is for cases"}
		}
	}
	for _, d := range []struct {
		name string
		v    time.Duration
		most time.Duration
	}{{"ready_in", in.ReadyIn, mostReadyIn}, {"unload", in.Unload, mostUnload}, {"opens", in.Opens, 24 * time.Hour}, {"closes", in.Closes, 24 * time.Hour}} {
		if d.v < 0 || d.v > d.most {
			return &Invalid{d.name, d.v.String(), "is a span from 0 to " + d.most.String()}
		}
	}
	if in.Bays < 0 || in.Bays > mostBays {
		return &Invalid{"bays", strconv.FormatInt(in.Bays, 10), "is a number from 0 to 1,000"}
	}
	if phone := strings.TrimSpace(in.Phone); phone != "" && (len(phone) > longestCode || len(phone) < shortestPhone) {
		return &Invalid{"phone", in.Phone, "is a number from 3 to 60 characters long"}
	}
	if len(in.Name) > longestName {
		return &Invalid{"name", in.Name, "is of 200 bytes at most"}
	}
	f.Located = false
	f.Lon, f.Lat = 0, 0
	if in.Lon != "" || in.Lat != "" {
		var lon, lat bool
		if err := setCoordinate("lon", in.Lon, 180, &f.Lon, &lon); err != nil {
			return err
		}
		if err := setCoordinate("lat", in.Lat, 90, &f.Lat, &lat); err != nil {
			return err
		}
		if !lon || !lat {
			return &Invalid{"lat", in.Lat, "is given together with lon, or neither is"}
		}
		f.Located = true
	}
	// A facility may stand outside the outbreak's area: people are taken to other cities when a city's own are full.
	f.Area, f.District = j.ID, u.tree.District(j.ID)
	f.Name, f.Kind, f.ReadyIn, f.Unload, f.Bays, f.Opens, f.Closes = strings.TrimSpace(in.Name), kind, in.ReadyIn, in.Unload, in.Bays, in.Opens, in.Closes
	f.Tier, f.Phone = in.Tier, strings.TrimSpace(in.Phone)
	if f.Name == "" {
		f.Name = f.Code
	}
	return u.by.may(&u.tx.Reader, u.o, auth.FacilityWrite, f.Area, u.now)
}

// ChangeFacility corrects what is known of a facility.
type ChangeFacility struct {
	Facility facility.ID
	Version  int64 // that the caller has seen; 0 is whatever stands
	FacilityFields
}

// ChangeFacility carries out the order. The code and the state stay.
func (c *Commands) ChangeFacility(ctx context.Context, by By, in ChangeFacility) (facility.Facility, error) {
	return c.changeFacility(ctx, by, in.Facility, in.Version, func(u *unit, b *book) (journal.Kind, any, error) {
		was := b.Facility
		if err := u.setFacility(&b.Facility, in.FacilityFields); err != nil {
			return "", nil, err
		}
		if b.Kind.Takes() != was.Kind.Takes() && len(b.all()) > 0 {
			return "", nil, &Invalid{"kind", string(in.Kind), "is for other people than those who are there or booked"}
		}
		if b.Area != was.Area && len(b.all()) > 0 {
			return "", nil, &Invalid{"area", in.Area, "cannot change while somebody is there or booked"}
		}
		return journal.FacilityChanged, facilityFact(&b.Facility), nil
	})
}

// changeFacility changes one facility under its lock. fn checks who may; with no kind of fact nothing has changed.
func (c *Commands) changeFacility(ctx context.Context, by By, id facility.ID, version int64, fn func(*unit, *book) (journal.Kind, any, error)) (out facility.Facility, err error) {
	err = c.inFacility(ctx, by, id, func(u *unit, b *book) error {
		if err := u.by.may(&u.tx.Reader, u.o, auth.FacilityWrite, b.Area, u.now); err != nil {
			return err
		}
		if version != 0 && version != b.Version {
			return &store.Conflict{Noun: "facility", ID: int64(id), Have: b.Version, Want: version}
		}
		kind, payload, err := fn(u, b)
		if err != nil || kind == "" {
			out = b.Facility
			return err
		}
		if err := u.tx.UpdateFacility(&b.Facility); err != nil {
			return err
		}
		out = b.Facility
		_, err = u.fact(kind, onFacility(id), b.Area, u.now, payload)
		return err
	})
	return out, err
}

// inFacility runs an order about one facility, which it locks and reads.
func (c *Commands) inFacility(ctx context.Context, by By, id facility.ID, fn func(*unit, *book) error) error {
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
			b, err := u.bookOf(id)
			if err != nil {
				return err
			}
			return fn(u, b)
		})
	})
}

// MoveFacility opens a facility, closes it, or takes such an order back.
type MoveFacility struct {
	Facility facility.ID
	Version  int64
	State    facility.State
	Reason   string
}

// MoveFacility carries out the order. Nobody may be booked in one that closes; nobody may be in one that goes back into reserve.
func (c *Commands) MoveFacility(ctx context.Context, by By, in MoveFacility) (facility.Facility, error) {
	to, err := facility.ParseState(string(in.State))
	if err != nil {
		return facility.Facility{}, &Invalid{"state", string(in.State), "is reserve, opening, open or closing"}
	}
	if len(in.Reason) > longestReason {
		return facility.Facility{}, &Invalid{Field: "reason", Reason: "is longer than 2,000 bytes"}
	}
	return c.changeFacility(ctx, by, in.Facility, in.Version, func(u *unit, b *book) (journal.Kind, any, error) {
		from := b.State
		if from == to {
			return "", nil, nil
		}
		if _, err := from.Move(to); err != nil {
			return "", nil, &Invalid{"state", string(in.State), err.Error()}
		}
		held := b.all()
		booked := slices.ContainsFunc(held, func(s *facility.Stay) bool { return s.State == facility.Booked })
		switch {
		case to == facility.Closing && booked:
			return "", nil, &Invalid{"state", string(in.State), "cannot be while somebody is booked: give up the bookings first"}
		case to == facility.Reserve && len(held) > 0:
			return "", nil, &Invalid{"state", string(in.State), "cannot be while somebody is there or booked"}
		}
		b.State, b.StateAt = to, u.now
		return journal.FacilityMoved, map[string]any{"from": from, "to": to, "reason": strings.TrimSpace(in.Reason)}, nil
	})
}

// book is a facility as an order sees it: its rooms, who is in them or booked, and what the rules of a room ask of them. It is locked until the transaction ends, so
// that two orders cannot give one bed, or one corridor to both classes. All changes go through the unit's functions, which keep it right.
type book struct {
	facility.Facility
	rooms  []*facility.Room // by code
	stays  map[facility.RoomID][]*facility.Stay
	people map[person.ID]facility.Occupant
}

// bookOf locks and reads a facility of the outbreak.
func (w *world) bookOf(id facility.ID) (*book, error) {
	if b := w.books[id]; b != nil {
		return b, nil
	}
	if err := w.tx.LockFacility(id); err != nil {
		return nil, err
	}
	f, err := w.tx.Facility(id)
	if err != nil {
		return nil, err
	}
	if f.Outbreak != w.o.ID {
		return nil, fmt.Errorf("facility %d of outbreak %q: %w", id, w.o.Name, store.ErrNotFound)
	}
	b := &book{Facility: f, stays: map[facility.RoomID][]*facility.Stay{}, people: map[person.ID]facility.Occupant{}}
	rooms, err := w.tx.RoomsOf([]facility.ID{id})
	if err != nil {
		return nil, err
	}
	for i := range rooms[id] {
		b.rooms = append(b.rooms, &rooms[id][i])
	}
	stays, err := w.tx.StaysIn([]facility.ID{id})
	if err != nil {
		return nil, err
	}
	var people []person.ID
	for i := range stays[id] {
		s := &stays[id][i]
		if known := w.stays[s.ID]; known != nil {
			s = known
		}
		w.keepStay(s)
		b.stays[s.Room] = append(b.stays[s.Room], s)
		people = append(people, s.Person)
	}
	known, err := w.tx.PeopleByID(people)
	if err != nil {
		return nil, err
	}
	for _, list := range b.stays {
		for _, s := range list {
			o := w.occupant(known[s.Person], s.Class)
			o.Person, o.Household = s.Person, s.Household
			b.people[s.Person] = o
		}
	}
	if w.books == nil {
		w.books = map[facility.ID]*book{}
	}
	w.books[id] = b
	return b, nil
}

// bookOfCode locks and reads the facility of a code.
func (w *world) bookOfCode(code string) (*book, error) {
	f, err := w.tx.FacilityByCode(w.o.ID, strings.TrimSpace(code))
	if errors.Is(err, store.ErrNotFound) {
		return nil, &Invalid{"facility", code, "is not the code of a known facility"}
	}
	if err != nil {
		return nil, err
	}
	return w.bookOf(f.ID)
}

// all are the stays that hold a bed, by room.
func (b *book) all() (out []*facility.Stay) {
	for _, m := range b.rooms {
		out = append(out, b.stays[m.ID]...)
	}
	return out
}

// room finds a room by its code.
func (b *book) room(code string) *facility.Room {
	i := slices.IndexFunc(b.rooms, func(m *facility.Room) bool { return m.Code == code })
	if i < 0 {
		return nil
	}
	return b.rooms[i]
}

func (b *book) roomByID(id facility.RoomID) *facility.Room {
	i := slices.IndexFunc(b.rooms, func(m *facility.Room) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return b.rooms[i]
}

// in are the occupants of a room, those of the stays left out.
func (b *book) in(m *facility.Room, but ...*facility.Stay) []facility.Occupant {
	var out []facility.Occupant
	for _, s := range b.stays[m.ID] {
		if !slices.Contains(but, s) {
			out = append(out, b.people[s.Person])
		}
	}
	return out
}

// group is the class of those along the lift or corridor of a room, the room itself and the stays left out.
func (b *book) group(m *facility.Room, but ...*facility.Stay) facility.Class {
	if m.Group == "" {
		return ""
	}
	for _, other := range b.rooms {
		if other == m || other.Group != m.Group {
			continue
		}
		for _, s := range b.stays[other.ID] {
			if !slices.Contains(but, s) {
				return s.Class
			}
		}
	}
	return ""
}

// free are the beds of a room that nobody has, in their order.
func (b *book) free(m *facility.Room) (out []int64) {
	taken := map[int64]bool{}
	for _, s := range b.stays[m.ID] {
		taken[s.Bed] = true
	}
	for bed := int64(1); bed <= m.Beds; bed++ {
		if !taken[bed] {
			out = append(out, bed)
		}
	}
	return out
}

// leave takes a stay out of its room.
func (b *book) leave(s *facility.Stay) {
	b.stays[s.Room] = slices.DeleteFunc(b.stays[s.Room], func(x *facility.Stay) bool { return x == s })
}
