package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/checks"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// OpenFacility enters a hospital or site with its rooms.
type OpenFacility struct {
	Facility command.FacilityFields
	Rooms    []command.RoomFields
}

// EnterVehicles enters what people are moved in, with its shifts.
type EnterVehicles struct{ Vehicles []command.VehicleFields }

// TakeIn has a contact come to a quarantine site, or, with no code of one, stay at home.
type TakeIn struct{ Code, Facility string }

// Admit has a case come to a hospital.
type Admit struct{ Code, Hospital string }

// Discharge has a case leave it.
type Discharge struct{ Code string }

func (OpenFacility) order()  {}
func (EnterVehicles) order() {}
func (TakeIn) order()        {}
func (Admit) order()         {}
func (Discharge) order()     {}

// Rooms of the sites and hospitals; assumed, and enough for everybody whom the script names. One site stands in reserve.
const (
	siteCode     = "Q1"
	roomsOnFloor = 20
	bedsOfWard   = 6
	icuRooms     = 4
	ageWithAdult = 15 // up to this age a contact of the story stays at home: no script names the adult of the household who would go with them
)

// sites writes where people are moved to, and in what, before anybody is found.
func (s *story) sites(n int) {
	at := s.dayAt(1).Start(s.loc).Add(12 * time.Hour)
	site := func(code, name, area string, floors int, open bool) {
		o := OpenFacility{Facility: command.FacilityFields{Code: code, Name: name, Kind: facility.QuarantineSite, Area: area, ReadyIn: 24 * time.Hour, Bays: 2, Unload: 10 * time.Minute, Open: open}}
		o.Facility.Lon, o.Facility.Lat = s.near(area)
		for f := range floors {
			for r := range roomsOnFloor {
				o.Rooms = append(o.Rooms, command.RoomFields{Code: fmt.Sprintf("%d%02d", f+1, r+1), Group: strconv.Itoa(f + 1), Beds: int64(1 + r/(roomsOnFloor/2))})
			}
		}
		s.add(at, o)
	}
	site(siteCode, "Quarantine site 1", Laixi, 10+n/roomsOnFloor, true)
	site("Q2", "Quarantine site 2", "370215", 6, false)
	wards := n/len(hospitals)/bedsOfWard + 8 // any hospital may be drawn more often than the others
	for i, name := range hospitals {
		area := []string{Laixi, "370215", "370214"}[i]
		o := OpenFacility{Facility: command.FacilityFields{Code: hospitalCode(i), Name: name, Kind: facility.Hospital, Area: area, Bays: 1, Unload: 15 * time.Minute, Open: true}}
		o.Facility.Lon, o.Facility.Lat = s.near(area)
		for r := range wards {
			o.Rooms = append(o.Rooms, command.RoomFields{Code: fmt.Sprintf("W%02d", r+1), Beds: bedsOfWard, Use: facility.Ward, Level: facility.WardLevel, Convertible: r == 0})
		}
		for r := range icuRooms {
			o.Rooms = append(o.Rooms, command.RoomFields{Code: fmt.Sprintf("ICU%d", r+1), Beds: 1, Level: facility.ICU})
		}
		s.add(at, o)
	}
	s.add(at.Add(time.Minute), EnterVehicles{s.vehicles()})
}

func hospitalCode(i int) string { return "H" + strconv.Itoa(i+1) }

// near is a point in the middle of a district, as it is typed; the set has one for each.
func (s *story) near(area string) (lon, lat string) {
	for _, o := range s.city.Outlines {
		if o.Code == area {
			return strconv.FormatFloat(round(o.Centre[0], 4), 'f', -1, 64), strconv.FormatFloat(round(o.Centre[1], 4), 'f', -1, 64)
		}
	}
	return "", ""
}

// vehicles are ambulances for cases and buses for contacts, day and night, until the day after tomorrow.
func (s *story) vehicles() []command.VehicleFields {
	var out []command.VehicleFields
	for i, v := range []command.VehicleFields{
		{Code: "A1", Name: "Ambulance 1", Takes: "case", Seats: 2, Stretchers: 1}, {Code: "A2", Name: "Ambulance 2", Takes: "case", Seats: 2, Stretchers: 1},
		{Code: "A3", Name: "Ambulance 3", Takes: "case", Seats: 3, Wheelchairs: 1}, {Code: "B1", Name: "Bus 1", Takes: "contact", Seats: 18},
		{Code: "B2", Name: "Bus 2", Takes: "contact", Seats: 18, Wheelchairs: 1}, {Code: "B3", Name: "Bus 3", Takes: "contact", Seats: 8},
	} {
		v.Area, v.Disinfect = []string{Laixi, "370215"}[i%2], 20*time.Minute
		lon, lat := s.near(v.Area)
		v.Lon, _ = strconv.ParseFloat(lon, 64)
		v.Lat, _ = strconv.ParseFloat(lat, 64)
		for d := s.dayAt(1); d <= s.today.Add(2); d++ {
			for k, hour := range []time.Duration{7, 19} {
				from := d.Start(s.loc).Add(hour * time.Hour)
				v.Shifts = append(v.Shifts, command.ShiftFields{Crew: v.Name + string(rune('a'+k)), From: from.Format(time.RFC3339), To: from.Add(12 * time.Hour).Format(time.RFC3339)})
			}
		}
		if v.Lon != 0 { // without outlines nobody knows where a depot is
			out = append(out, v)
		}
	}
	return out
}

func (p *player) openFacility(ctx context.Context, o OpenFacility) error {
	by := p.staff(o.Facility.Kind)
	made, err := p.c.AddFacilities(ctx, by, command.AddFacilities{Outbreak: Outbreak, Facilities: []command.FacilityFields{o.Facility}})
	if err != nil {
		return err
	}
	_, err = p.c.AddRooms(ctx, by, command.AddRooms{Facility: made[0].ID, Rooms: o.Rooms})
	return err
}

// How long people whose stay is over, and rooms that they have left, wait in the story; assumed.
const (
	leaveAfter = 2 * time.Hour
	turnAfter  = 5 * time.Hour
)

// byFamily is how people of the demo go home: nobody of it drives a vehicle.
var byFamily = command.Going{WayHome: string(facility.WayOwn), TakenBy: "family"}

// letGo checks out those whose stay is over, as the tasks say.
func (p *player) letGo(ctx context.Context, now time.Time) error {
	over := map[facility.Kind][]facility.StayID{}
	err := p.read(ctx, func(r *store.Reader) error {
		kinds, err := p.facilities(r)
		if err != nil {
			return err
		}
		page, err := r.Tasks(store.TaskFilter{Outbreak: p.o.ID, Within: store.Everywhere(), States: []task.State{task.Open}, Kinds: []task.Kind{task.CheckOut}}, store.ByDue, store.Page{Limit: 200})
		if err != nil {
			return err
		}
		for _, t := range page.Tasks {
			if now.Sub(t.OpenedAt) < leaveAfter || t.NotBefore.After(now) {
				continue
			}
			s, err := r.Stay(facility.StayID(t.Ordinal))
			if err != nil {
				return err
			}
			over[kinds[s.Facility]] = append(over[kinds[s.Facility]], s.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, kind := range slices.Sorted(maps.Keys(over)) {
		for list := range slices.Chunk(over[kind], mostAtOnce) {
			if _, err := p.c.CheckOut(ctx, p.staff(kind), command.CheckOut{Stays: list, Leaving: facility.LeftRelease, Going: byFamily}); err != nil {
				return fmt.Errorf("check out of stays %d: %w", list, err)
			}
		}
	}
	return nil
}

// facilities are the facilities of the outbreak with their kinds.
func (p *player) facilities(r *store.Reader) (map[facility.ID]facility.Kind, error) {
	list, err := r.Facilities(p.o.ID, store.Everywhere())
	out := map[facility.ID]facility.Kind{}
	for _, f := range list {
		out[f.ID] = f.Kind
	}
	return out, err
}

// mostAtOnce bounds who is checked out by one order.
const mostAtOnce = 50

// staff are those who work in a kind of facility.
func (p *player) staff(k facility.Kind) command.By {
	if k == facility.Hospital {
		return p.by(auth.RoleHospital, auth.PurposeCare)
	}
	return p.by(auth.RoleIsolationStaff, auth.PurposeIsolation)
}

// turnRooms turns round the rooms of the sites that have waited long enough.
func (p *player) turnRooms(ctx context.Context, now time.Time) error {
	due := map[facility.Kind][]facility.Room{}
	err := p.read(ctx, func(r *store.Reader) error {
		kinds, err := p.facilities(r)
		if err != nil {
			return err
		}
		rooms, err := r.RoomsOf(slices.Collect(maps.Keys(kinds)))
		if err != nil {
			return err
		}
		for id, list := range rooms {
			for _, m := range list {
				if m.State == facility.Cleaning && now.Sub(m.StateAt) >= turnAfter {
					due[kinds[id]] = append(due[kinds[id]], m)
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, kind := range slices.Sorted(maps.Keys(due)) {
		slices.SortFunc(due[kind], func(a, b facility.Room) int { return cmp.Compare(a.ID, b.ID) })
		for _, m := range due[kind] {
			if _, err := p.c.TurnRoom(ctx, p.staff(kind), command.TurnRoom{Room: m.ID, Version: m.Version, Disinfected: true, Swab: command.SwabNegative}); err != nil {
				return fmt.Errorf("turn room %s round: %w", m.Code, err)
			}
		}
	}
	return nil
}

func (p *player) takeIn(ctx context.Context, o TakeIn) error {
	id, err := p.contact(o.Code)
	if err != nil {
		return err
	}
	party := []command.Guest{{Contact: id}}
	by := p.staff(facility.QuarantineSite)
	if o.Facility == "" {
		_, err = p.c.StartHomeStay(ctx, by, command.StartHomeStay{Outbreak: Outbreak, Guests: party})
		return err
	}
	_, err = p.c.WalkIn(ctx, by, command.WalkIn{BookStays: command.BookStays{Outbreak: Outbreak, Facility: o.Facility, Guests: party}})
	return err
}

// ofCare gives the orders of a hospital.
func (p *player) ofCare(ctx context.Context, order Order) error {
	by := p.staff(facility.Hospital)
	switch o := order.(type) {
	case Admit:
		k, err := p.caseOf(ctx, o.Code)
		if err != nil {
			return err
		}
		_, err = p.c.AdmitCase(ctx, by, command.AdmitCase{Case: k.ID, Hospital: o.Hospital})
		return err
	case Discharge:
		k, err := p.caseOf(ctx, o.Code)
		if err != nil {
			return err
		}
		_, err = p.c.DischargeCase(ctx, by, command.DischargeCase{Case: k.ID, Going: byFamily})
		return err
	}
	return fmt.Errorf("order %T: %w", order, store.ErrNotFound)
}

// oneInSelf is of how many contacts one answers their checks by the link on their notice; assumed.
const oneInSelf = 5

// tellsThemselves has some of those who are well, and have been spoken to, answer their check by their link. told is false for the others.
func (p *player) tellsThemselves(ctx context.Context, id contact.ID, o Check) (told bool, err error) {
	if id%oneInSelf != 0 || !o.Seen || len(o.Symptoms) > 0 || p.c.Identities() == nil { // without keys there are no links
		return false, nil
	}
	code := ""
	err = p.read(ctx, func(r *store.Reader) error {
		k, err := r.Contact(id)
		if err != nil || k.ReachedAt.IsZero() || k.State != contact.Followed {
			return err
		}
		list, err := r.RestrictionOfCause(restriction.OfContact(id))
		if err != nil || len(list) == 0 {
			return err
		}
		pack, err := protocol.Load(p.o.Pack)
		if err != nil {
			return err
		}
		keys, err := p.c.Identities().Vault(r)
		if err != nil {
			return err
		}
		if code, err = checks.Code(r, keys, pack, &list[0]); errors.Is(err, checks.ErrNone) {
			return nil
		}
		return err
	})
	if err != nil || code == "" {
		return false, err
	}
	_, err = p.c.ReportCheck(ctx, command.Owner("public"), command.ReportCheck{Code: code, Temperature: o.Temperature})
	return true, err
}
