package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/transfer"
)

// VehicleFields are what is known of a vehicle.
type VehicleFields struct {
	Code        string // on its side; unique in the outbreak
	Name        string // the code when empty
	Area        string // code of the jurisdiction of its depot
	Lat, Lon    float64
	Seats       int64
	Wheelchairs int64
	Stretchers  int64
	Takes       string // case, contact or empty
	Disinfect   time.Duration
	Shifts      []ShiftFields
}

// ShiftFields are a shift of a vehicle's crew.
type ShiftFields struct {
	Crew     string
	From, To string // instants
}

// mostSeats bounds a vehicle of any kind.
const mostSeats = 200

func onVehicle(id transfer.VehicleID) task.Subject {
	return task.Subject{Kind: store.OnVehicle, ID: int64(id)}
}

// AddVehicles enters vehicles with their shifts, or corrects those that are known by their code: a list can be given again. All or none.
func (c *Commands) AddVehicles(ctx context.Context, by By, outbreak string, list []VehicleFields) (out []transfer.Vehicle, err error) {
	err = c.in(ctx, by, outbreak, func(u *unit) error {
		out = nil
		seen := map[string]bool{}
		var codes []string
		for i, f := range list {
			code := strings.TrimSpace(f.Code)
			if seen[code] {
				return inRow("vehicles", i, &Invalid{"code", code, "is there twice"})
			}
			seen[code] = true
			v, err := u.vehicle(f)
			if err != nil {
				return inRow("vehicles", i, err)
			}
			codes, out = append(codes, v.Code), append(out, v)
		}
		if len(out) == 0 {
			return nil
		}
		_, err := u.fact(journal.VehiclesAdded, onOutbreak(u.o.ID), u.o.Area, u.now, map[string]any{"vehicles": codes})
		return err
	})
	return out, err
}

// vehicle enters or corrects a vehicle.
func (u *unit) vehicle(f VehicleFields) (v transfer.Vehicle, err error) {
	code := strings.TrimSpace(f.Code)
	const longest = 40
	if code == "" || len(code) > longest {
		return v, &Invalid{"code", f.Code, "is needed, of 40 bytes at most"}
	}
	v, err = u.tx.VehicleByCode(u.o.ID, code)
	fresh := isNotFound(err)
	if err != nil && !fresh {
		return v, err
	}
	if fresh {
		v = transfer.Vehicle{Outbreak: u.o.ID, Code: code, State: transfer.Ready, StateAt: u.now}
	} else if err := u.by.may(&u.tx.Reader, u.o, auth.TransferWrite, v.Area, u.now); err != nil {
		return v, err
	}
	j, ok := u.tree.ByCode(strings.TrimSpace(f.Area))
	switch {
	case !ok:
		return v, &Invalid{"area", f.Area, "is not the code of a known jurisdiction"}
	case f.Lat < -90 || f.Lat > 90 || f.Lon < -180 || f.Lon > 180 || f.Lat == 0 && f.Lon == 0:
		return v, &Invalid{"lat", fmt.Sprintf("%g %g", f.Lat, f.Lon), "and lon are needed: where its depot is, in degrees"}
	case f.Seats < 0 || f.Wheelchairs < 0 || f.Stretchers < 0 || f.Seats+f.Wheelchairs+f.Stretchers == 0 || f.Seats+f.Wheelchairs+f.Stretchers > mostSeats:
		return v, &Invalid{"seats", fmt.Sprint(f.Seats), "with wheelchairs and stretchers are from 1 to 200"}
	case f.Disinfect < 0 || f.Disinfect > 24*time.Hour:
		return v, &Invalid{"disinfect", f.Disinfect.String(), "is a span from 0 to 24 hours"}
	}
	if v.Takes = ""; f.Takes != "" {
		if v.Takes, err = facility.ParseClass(f.Takes); err != nil {
			return v, &Invalid{"takes", f.Takes, facility.ErrClass.Error()}
		}
	}
	v.Area, v.District, v.Lat, v.Lon, v.Seats, v.Wheelchairs, v.Stretchers, v.Disinfect = j.ID, u.tree.District(j.ID), f.Lat, f.Lon, f.Seats, f.Wheelchairs, f.Stretchers, f.Disinfect
	if v.Name = strings.TrimSpace(f.Name); v.Name == "" {
		v.Name = v.Code
	}
	if err := u.by.may(&u.tx.Reader, u.o, auth.TransferWrite, v.Area, u.now); err != nil {
		return v, err
	}
	if fresh {
		err = u.tx.AddVehicles([]*transfer.Vehicle{&v})
	} else {
		err = u.tx.UpdateVehicle(&v)
	}
	if err != nil || f.Shifts == nil {
		return v, err
	}
	return v, u.setShifts(v, f.Shifts)
}

// setShifts replaces the shifts of a vehicle that are not over. A shift that stays keeps its number, so that trips know it.
func (u *unit) setShifts(v transfer.Vehicle, list []ShiftFields) error {
	have, err := u.tx.ShiftsOf([]transfer.VehicleID{v.ID}, u.now)
	if err != nil {
		return err
	}
	var out []transfer.Shift
	for i, f := range list {
		field := fmt.Sprintf("shifts[%d]", i)
		s := transfer.Shift{Crew: strings.TrimSpace(f.Crew)}
		if utf8.RuneCountInString(s.Crew) > 60 {
			return &Invalid{field + ".crew", s.Crew, "is more than 60 characters"}
		}
		var err error
		if s.From, err = ParseInstant(f.From, u.loc); err != nil || s.From.IsZero() {
			return &Invalid{field + ".from", f.From, "is no instant such as 2022-03-10T08:00:00+08:00"}
		}
		if s.To, err = ParseInstant(f.To, u.loc); err != nil || s.To.IsZero() {
			return &Invalid{field + ".to", f.To, "is no instant such as 2022-03-10T20:00:00+08:00"}
		}
		s.From, s.To = s.From.UTC(), s.To.UTC()
		if !s.To.After(u.now) {
			continue
		}
		if k := slices.IndexFunc(have[v.ID], func(h transfer.Shift) bool { return h.From.Equal(s.From) }); k >= 0 {
			s.ID = have[v.ID][k].ID
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b transfer.Shift) int { return a.From.Compare(b.From) })
	if i, err := transfer.CheckShifts(out); err != nil {
		return &Invalid{fmt.Sprintf("shifts[%d]", i), out[i].From.In(u.loc).Format(time.RFC3339), err.Error()}
	}
	return u.tx.SetShifts(v, u.now, out)
}

// onTheVehicle runs an order about a vehicle whose depot lies where the caller may give it.
func (c *Commands) onTheVehicle(ctx context.Context, by By, id transfer.VehicleID, fn func(*unit, *transfer.Vehicle) error) (out transfer.Vehicle, err error) {
	err = c.db.Update(ctx, func(tx *store.Tx) error {
		v, err := tx.Vehicle(id)
		if err != nil {
			return err
		}
		o, err := tx.Outbreak(v.Outbreak)
		if err != nil {
			return err
		}
		return c.run(tx, by, o, func(u *unit) error {
			if err := by.may(&tx.Reader, o, auth.TransferWrite, v.Area, u.now); err != nil {
				return err
			}
			err := fn(u, &v)
			out = v
			return err
		})
	})
	return out, err
}

// SetVehicle says that a vehicle broke down, can be sent again, was disinfected, or is not used any more. When one breaks down, whoever is in it waits where it last stopped to be fetched by another at
// once, and whoever it was to fetch is to be planned anew, with the time they were promised.
type SetVehicle struct {
	Vehicle transfer.VehicleID
	State   string
	Clean   bool // it was disinfected
	Reason  string
}

// SetVehicle carries out the order.
func (c *Commands) SetVehicle(ctx context.Context, by By, in SetVehicle) (transfer.Vehicle, error) {
	return c.onTheVehicle(ctx, by, in.Vehicle, func(u *unit, v *transfer.Vehicle) error {
		return u.setVehicle(v, in)
	})
}

func (u *unit) setVehicle(v *transfer.Vehicle, in SetVehicle) error {
	to := v.State
	if in.State != "" {
		s, err := transfer.ParseVehicleState(in.State)
		if err == nil {
			to, err = v.State.Move(s)
		}
		if err != nil {
			return &Invalid{"state", in.State, transfer.ErrVehicleState.Error()}
		}
	}
	reason := strings.TrimSpace(in.Reason)
	if utf8.RuneCountInString(reason) > longestNote {
		return &Invalid{Field: "reason", Reason: "is more than 300 characters"}
	}
	broke := v.State == transfer.Ready && to != transfer.Ready
	if broke && reason == "" {
		return &Invalid{Field: "reason", Reason: "is needed: why it cannot be sent"}
	}
	if to != v.State {
		v.State, v.StateAt = to, u.now
	}
	stranded := 0
	if broke {
		var err error
		if stranded, err = u.strand(v); err != nil {
			return err
		}
	}
	if in.Clean {
		carries, err := u.carries(v)
		if err != nil {
			return err
		}
		if carries {
			return &Invalid{"clean", "true", "while somebody is in it"}
		}
		v.Last = ""
	}
	if err := u.tx.UpdateVehicle(v); err != nil {
		return err
	}
	kind := journal.VehicleChanged
	if broke {
		kind = journal.VehicleBroke
	}
	_, err := u.fact(kind, onVehicle(v.ID), v.Area, u.now, map[string]any{"code": v.Code, "state": v.State, "clean": in.Clean, "reason": reason, "stranded": stranded})
	return err
}

// carries says whether somebody is in a vehicle.
func (u *unit) carries(v *transfer.Vehicle) (bool, error) {
	trips, err := u.tx.TripsOf(v.ID, u.now)
	if err != nil {
		return false, err
	}
	for _, t := range trips {
		list, err := u.tx.RequestsOfTrip(t.ID)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(list, func(q transfer.Request) bool { return q.State == transfer.Aboard }) {
			return true, nil
		}
	}
	return false, nil
}

// strand leaves whoever is in a vehicle where it last stopped, and gives up its trips. Whoever waits for it keeps the time they were promised until the next plan says another.
func (u *unit) strand(v *transfer.Vehicle) (n int, err error) {
	trips, err := u.tx.TripsOf(v.ID, u.now)
	if err != nil {
		return 0, err
	}
	for i := range trips {
		t := &trips[i]
		if t.State.Over() {
			continue
		}
		list, err := u.tx.RequestsOfTrip(t.ID)
		if err != nil {
			return n, err
		}
		for _, q := range list {
			switch q.State {
			case transfer.Planned: // the bed stays theirs, and so does the time that they were told
				q.State, q.StateAt, q.Trip = transfer.Open, u.now, 0
				if err := u.tx.UpdateRequest(&q); err != nil {
					return n, err
				}
				continue
			case transfer.Aboard:
			default:
				continue
			}
			n++
			q.State, q.StateAt, q.Trip, q.From, q.NotBefore, q.Promised = transfer.Open, u.now, 0, 0, time.Time{}, time.Time{}
			if q.Lon, q.Lat, q.Located = v.AtLon, v.AtLat, true; !v.Away() {
				q.Lon, q.Lat = v.Lon, v.Lat
			}
			if err := u.tx.UpdateRequest(&q); err != nil {
				return n, err
			}
			if _, err := u.fact(journal.TransferStranded, onTransfer(q.ID), q.Area, u.now, map[string]any{"vehicle": v.Code}); err != nil {
				return n, err
			}
		}
		for k := range t.Stops {
			if s := &t.Stops[k]; s.DoneAt.IsZero() {
				s.DoneAt, s.Outcome = u.now, transfer.NotNeeded
			}
		}
		if t.DoneAt = u.now; t.State == transfer.TripStarted {
			t.State = transfer.TripDone
		} else {
			t.State = transfer.TripDropped
		}
		if err := u.tx.SetStops(t); err != nil {
			return n, err
		}
		if err := u.tx.UpdateTrip(t); err != nil {
			return n, err
		}
	}
	return n, nil
}

// SetFull says that a facility takes nobody more for now, or does again: the transfer desk was told, or a vehicle was turned away. Whoever was to be brought there is planned anew.
func (c *Commands) SetFull(ctx context.Context, by By, outbreak, code string, full bool, reason string) (out facility.Facility, err error) {
	err = c.in(ctx, by, outbreak, func(u *unit) error {
		f, err := u.tx.FacilityByCode(u.o.ID, strings.TrimSpace(code))
		if err != nil {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.TransferWrite, f.Area, u.now); err != nil {
			return err
		}
		out = f
		return u.setFull(f, full, reason)
	})
	return out, err
}

func (u *unit) setFull(f facility.Facility, full bool, reason string) error {
	reason = strings.TrimSpace(reason)
	if full && reason == "" || utf8.RuneCountInString(reason) > longestNote {
		return &Invalid{Field: "reason", Reason: "is needed, of 300 characters at most"}
	}
	x := store.Full{Facility: f.ID, Outbreak: u.o.ID, ToldBy: u.by.Name(), Reason: reason}
	if full {
		x.Since = u.now
	}
	if err := u.tx.SetFull(x); err != nil {
		return err
	}
	_, err := u.fact(journal.FacilityFull, task.Subject{Kind: store.OnFacility, ID: int64(f.ID)}, f.Area, u.now, map[string]any{"code": f.Code, "full": full, "reason": reason})
	return err
}
