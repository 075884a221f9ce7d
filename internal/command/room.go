package command

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

func onRoom(id facility.RoomID) task.Subject {
	return task.Subject{Kind: store.OnRoom, ID: int64(id)}
}

// RoomFields are what is known of a room.
type RoomFields struct {
	Code        string // on its door; unique in the facility
	Group       string // the lift or corridor that it shares
	Beds        int64
	Use         facility.Use // private when empty
	Level       facility.Level
	Convertible bool
	Care        []string
}

// AddRooms enters rooms of a facility, all or none.
type AddRooms struct {
	Facility facility.ID
	Rooms    []RoomFields
}

// AddRooms carries out the order and returns the rooms.
func (c *Commands) AddRooms(ctx context.Context, by By, in AddRooms) (out []facility.Room, err error) {
	if n := len(in.Rooms); n == 0 || n > mostRooms {
		return nil, &Invalid{"rooms", strconv.Itoa(n), fmt.Sprintf("are from 1 to %d at once", mostRooms)}
	}
	err = c.inFacility(ctx, by, in.Facility, func(u *unit, b *book) error {
		if err := u.by.may(&u.tx.Reader, u.o, auth.FacilityWrite, b.Area, u.now); err != nil {
			return err
		}
		list := make([]*facility.Room, len(in.Rooms))
		codes := map[string]bool{}
		for _, m := range b.rooms {
			codes[m.Code] = true
		}
		beds := int64(0)
		for i, f := range in.Rooms {
			m := &facility.Room{Facility: b.ID, Outbreak: b.Outbreak, District: b.District, Code: strings.TrimSpace(f.Code), State: facility.Ready, StateAt: u.now}
			err := setRoom(m, f)
			switch {
			case err != nil:
			case m.Code == "" || len(m.Code) > longestCode:
				err = &Invalid{"code", f.Code, "is needed, of 60 bytes at most"}
			case codes[m.Code]:
				err = &Invalid{"code", m.Code, "is another room's of this facility"}
			}
			if err != nil {
				return inRow("rooms", i, err)
			}
			codes[m.Code] = true
			beds += m.Beds
			list[i] = m
		}
		if err := u.tx.AddRooms(list); err != nil {
			return err
		}
		out = make([]facility.Room, len(list))
		for i, m := range list {
			out[i] = *m
		}
		_, err := u.fact(journal.RoomsAdded, onFacility(b.ID), b.Area, u.now, map[string]any{"rooms": len(list), "beds": beds})
		return err
	})
	return out, err
}

func setRoom(m *facility.Room, f RoomFields) error {
	use := f.Use
	if use == "" {
		use = facility.Private
	}
	if _, err := facility.ParseUse(string(use)); err != nil {
		return &Invalid{"use", string(f.Use), facility.ErrUse.Error()}
	}
	if _, err := facility.ParseLevel(string(f.Level)); err != nil {
		return &Invalid{"level", string(f.Level), facility.ErrLevel.Error()}
	}
	if f.Beds < 1 || f.Beds > mostBeds {
		return &Invalid{"beds", strconv.FormatInt(f.Beds, 10), "is a number from 1 to 2,000"}
	}
	group := strings.TrimSpace(f.Group)
	if len(group) > longestCode {
		return &Invalid{"group", f.Group, "is of 60 bytes at most"}
	}
	var care []string
	for _, w := range f.Care {
		w = strings.TrimSpace(w)
		switch {
		case w == "":
			continue
		case strings.ContainsAny(w, " \t\n") || len(w) > longestCode:
			return &Invalid{"care", w, "is one word, such as oxygen or barrier_free"}
		}
		care = append(care, w)
	}
	slices.Sort(care)
	m.Group, m.Beds, m.Use, m.Level, m.Convertible, m.Care = group, f.Beds, use, f.Level, f.Convertible, slices.Compact(care)
	return nil
}

// ChangeRoom corrects what is known of a room.
type ChangeRoom struct {
	Room    facility.RoomID
	Version int64 // that the caller has seen; 0 is whatever stands
	RoomFields
}

// ChangeRoom carries out the order. The code and the state stay. What the room is made into must hold those who are in it.
func (c *Commands) ChangeRoom(ctx context.Context, by By, in ChangeRoom) (facility.Room, error) {
	return c.changeRoom(ctx, by, in.Room, in.Version, []auth.Action{auth.FacilityWrite}, func(u *unit, b *book, m *facility.Room) (any, error) {
		was := *m
		if err := setRoom(m, in.RoomFields); err != nil {
			return nil, err
		}
		if there := b.in(m); len(there) > 0 {
			as := *m
			as.State = facility.Ready
			if top := slices.MaxFunc(b.stays[m.ID], func(x, y *facility.Stay) int { return int(x.Bed - y.Bed) }); top.Bed > m.Beds {
				return nil, &Invalid{"beds", strconv.FormatInt(m.Beds, 10), fmt.Sprintf("are fewer than bed %d, which somebody has", top.Bed)}
			}
			if err := as.Fits(b.group(m), nil, there); err != nil {
				*m = was
				return nil, &Invalid{"room", m.Code, err.Error()}
			}
		}
		return map[string]any{"beds": m.Beds, "use": m.Use, "group": m.Group, "level": m.Level, "convertible": m.Convertible, "care": m.Care}, nil
	})
}

func (c *Commands) changeRoom(ctx context.Context, by By, id facility.RoomID, version int64, actions []auth.Action, fn func(*unit, *book, *facility.Room) (any, error)) (out facility.Room, err error) {
	var at facility.ID
	err = c.db.View(ctx, func(r *store.Reader) error {
		m, err := r.Room(id)
		at = m.Facility
		return err
	})
	if err != nil {
		return out, err
	}
	err = c.inFacility(ctx, by, at, func(u *unit, b *book) error {
		if err := u.mayAny(b.Area, actions...); err != nil {
			return err
		}
		m := b.roomByID(id)
		if version != 0 && version != m.Version {
			return &store.Conflict{Noun: "room", ID: int64(id), Have: m.Version, Want: version}
		}
		payload, err := fn(u, b, m)
		if err != nil || payload == nil {
			out = *m
			return err
		}
		if err := u.tx.UpdateRoom(m); err != nil {
			return err
		}
		out = *m
		_, err = u.fact(journal.RoomChanged, onRoom(id), b.Area, u.now, payload)
		return err
	})
	return out, err
}

// Swab is what the swabs of a room, taken when a stay has ended, said.
type Swab string

// The outcomes of end-of-stay swabs.
const (
	SwabNone     Swab = "none" // none were taken
	SwabNegative Swab = "negative"
	SwabPositive Swab = "positive"
)

// TurnRoom says that a room has been turned round after a stay: disinfected, with its end-of-stay swabs. It is ready when it is disinfected and no swab was positive.
// Broken sets it aside until somebody turns it round again.
type TurnRoom struct {
	Room        facility.RoomID
	Version     int64
	Disinfected bool
	Swab        Swab
	Broken      bool
	Note        string
}

// TurnRoom carries out the order. Nobody may be in a room that is turned round, nor booked there when it is set aside. One that is only booked is turned: those who come
// wait for it.
func (c *Commands) TurnRoom(ctx context.Context, by By, in TurnRoom) (facility.Room, error) {
	if in.Swab == "" {
		in.Swab = SwabNone
	}
	in.Note = strings.TrimSpace(in.Note)
	switch {
	case in.Swab != SwabNone && in.Swab != SwabNegative && in.Swab != SwabPositive:
		return facility.Room{}, &Invalid{"swab", string(in.Swab), "is none, negative or positive"}
	case len(in.Note) > longestReason:
		return facility.Room{}, &Invalid{Field: "note", Reason: "is longer than 2,000 bytes"}
	case in.Broken && in.Note == "":
		return facility.Room{}, &Invalid{Field: "note", Reason: "is needed: what is broken"}
	case !in.Broken && !in.Disinfected && in.Swab == SwabNone:
		return facility.Room{}, &Invalid{Field: "disinfected", Reason: "or the outcome of swabs is needed"}
	}
	return c.changeRoom(ctx, by, in.Room, in.Version, []auth.Action{auth.FacilityWrite, auth.IsolationWrite, auth.CareWrite}, func(u *unit, b *book, m *facility.Room) (any, error) {
		switch there := b.stays[m.ID]; {
		case slices.ContainsFunc(there, func(s *facility.Stay) bool { return s.State == facility.In }):
			return nil, &Invalid{"room", m.Code, "has somebody in it"}
		case in.Broken && len(there) > 0:
			return nil, &Invalid{"room", m.Code, "is booked: those who come are given another first"}
		}
		to := facility.Cleaning
		switch {
		case in.Broken:
			to = facility.Broken
		case in.Disinfected && in.Swab != SwabPositive:
			to = facility.Ready
		}
		from := m.State
		if to != from {
			m.State, m.StateAt = to, u.now
		}
		return map[string]any{"from": from, "to": to, "disinfected": in.Disinfected, "swab": in.Swab, "note": in.Note}, nil
	})
}

// mayAny checks that the caller may do one of the actions in an area. The first names the refusal: it is the one for whom the order is meant.
func (u *unit) mayAny(area place.AreaID, actions ...auth.Action) (refused error) {
	for _, a := range actions {
		err := u.by.may(&u.tx.Reader, u.o, a, area, u.now)
		if err == nil {
			return nil
		}
		if refused == nil {
			refused = err
		}
	}
	return refused
}
