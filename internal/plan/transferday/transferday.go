// Package transferday makes of the nouns the day that plan/trip plans, and of its plan what is to be done: which vehicle fetches which household when, and who gets which bed.
//
// What is under way is not planned anew: whoever is in a vehicle stays in it, a vehicle on its way to a door goes there first, and whoever was promised a time keeps it where that can be. Beds that
// are booked for people who are still to be fetched count as free, and as theirs.
//
// It does no I/O and reads no clock. It imports the nouns and plan/trip; transferplan and command import it.
package transferday

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/trip"
	"firebreak/internal/transfer"
)

// Facts are what is known of those who are to be moved, of vehicles and of beds.
type Facts struct {
	Now      time.Time
	Zone     *time.Location // days of age and hours of sites are counted in it
	Rules    trip.Rules     // Horizon is set here
	Sites    []Site
	Vehicles []Vehicle
	Requests []transfer.Request // that are not over
	Trips    []transfer.Trip    // planned and started
	People   map[person.ID]person.Person
	Areas    map[place.AreaID]trip.Point // where those lie that are somebody's only known place
	// ChildUntil is the last age in whole years at which somebody is not left alone in a room: the pack's. Below 0: nobody is too young.
	ChildUntil int
	// Keep are beds that stay with those whom they are kept for, though a plan could not bring them there (Day.Kept).
	Keep map[facility.StayID]bool
}

// Site is a facility with its rooms and who has a bed there, booked ones included.
type Site struct {
	facility.Facility
	Rooms []facility.Room
	Stays []facility.Stay
	Full  bool // it takes nobody more for now
}

// Vehicle is a vehicle with the shifts that end after now.
type Vehicle struct {
	transfer.Vehicle
	Shifts []transfer.Shift
}

// past is how long before now the day begins, so that deadlines that have passed keep their order; ahead is how long after now all vehicles are back.
const (
	past  = 24 * time.Hour
	ahead = 24 * time.Hour
)

// Skipped is a party that cannot be put to the planner.
type Skipped struct {
	Party  transfer.RequestID
	People int
	Short  string
}

// What can be short before any planning.
const (
	ShortPlace = "place" // nobody knows where they are, or where they go
)

// Day is the question, with what leads back to the nouns.
type Day struct {
	trip.Day
	Skipped []Skipped

	facts   *Facts
	parties map[string][]*transfer.Request
	sites   map[string]*site
	own     map[facility.StayID]facility.Stay // booked for somebody who is still to arrive
	started map[transfer.VehicleID]*transfer.Trip
	frozen  map[string]bool // parties that a vehicle is on its way to
	shifts  map[transfer.VehicleID][]transfer.ShiftID
	due     map[string]float64 // the deadline of each party; the day's own is earlier by what is spare

	handOver time.Duration // people have arrived when it is over: a plan's deadlines are those by which it begins
}

// site is a site of the day: a facility, its intensive care, or a home.
type site struct {
	facility facility.ID
	point    trip.Point
	rooms    map[string]*alike
}

// alike are rooms that are alike, with the beds that are free in them.
type alike struct {
	use   facility.Use
	rooms []free      // whole rooms, or a ward
	begun [2][]oneBed // beds in rooms where women, or men, already are
}

type free struct {
	id   facility.RoomID
	beds []int64
}

// oneBed is one bed.
type oneBed struct {
	room facility.RoomID
	bed  int64
}

func siteID(id facility.ID) string         { return "f" + strconv.FormatInt(int64(id), 10) }
func icuID(id facility.ID) string          { return siteID(id) + "-icu" }
func homeID(id transfer.RequestID) string  { return "h" + strconv.FormatInt(int64(id), 10) }
func partyID(id transfer.RequestID) string { return "p" + strconv.FormatInt(int64(id), 10) }
func aboardID(id transfer.RequestID, t transfer.TripID) string {
	return "a" + strconv.FormatInt(int64(id), 10) + "-" + strconv.FormatInt(int64(t), 10)
}

// VehicleID is what the day calls a vehicle.
func VehicleID(id transfer.VehicleID) string { return "v" + strconv.FormatInt(int64(id), 10) }

// minute is an instant in the day's minutes, not before it begins.
func (d *Day) minute(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return min(max(0, t.Sub(d.Start).Minutes()), (past + 7*24*time.Hour).Minutes())
}

// at is the instant of a minute, to the second.
func (d *Day) at(m float64) time.Time {
	return d.Start.Add(time.Duration(m*60+0.5) * time.Second).UTC()
}

// Build makes the day.
func Build(f Facts) (*Day, error) {
	now := f.Now.UTC().Truncate(time.Second)
	d := &Day{facts: &f, parties: map[string][]*transfer.Request{}, sites: map[string]*site{}, own: map[facility.StayID]facility.Stay{}, started: map[transfer.VehicleID]*transfer.Trip{}, frozen: map[string]bool{},
		shifts: map[transfer.VehicleID][]transfer.ShiftID{}, due: map[string]float64{}}
	d.Name, d.Start, d.Now, d.Rules = "transfers", now.Add(-past), past.Minutes(), f.Rules
	d.Rules.Horizon = (past + ahead).Minutes()
	d.Sites, d.Vehicles, d.Requests = []bed.Site{}, []trip.Vehicle{}, []trip.Request{}
	for i := range f.Trips {
		if t := &f.Trips[i]; t.State == transfer.TripStarted {
			d.started[t.Vehicle] = t
		}
	}
	booked := map[facility.StayID]bool{}
	for i := range f.Requests {
		if q := &f.Requests[i]; q.Stay != 0 {
			booked[q.Stay] = true
		}
	}
	d.split()
	isolation := slices.ContainsFunc(f.Sites, func(s Site) bool { return s.Kind == facility.IsolationSite && s.State == facility.Open })
	for i := range f.Sites {
		d.site(&f.Sites[i], booked, !isolation)
	}
	d.handOver = d.longestHandOver()
	d.group()
	for i := range f.Vehicles {
		d.vehicle(&f.Vehicles[i])
	}
	d.begin()
	return d, d.Validate()
}

// risks are the kinds of request that a facility takes.
func risks(s *facility.Facility, isolates bool) []string {
	switch s.Kind {
	case facility.QuarantineSite:
		if s.Tier != "" {
			return []string{quarantineRisk + string(s.Tier)}
		}
		return []string{quarantineRisk + "close", quarantineRisk + "secondary", quarantineRisk + "general", quarantineRisk}
	case facility.IsolationSite:
		return []string{string(transfer.ToIsolation)}
	default:
		if isolates {
			return []string{string(transfer.ToHospital), string(transfer.ToIsolation)}
		}
		return []string{string(transfer.ToHospital)}
	}
}

const (
	quarantineRisk = "quarantine-"
	icuRisk        = "hospital-icu"
	icuNeed        = transfer.ICU
)

// site adds a facility with what is free in it. isolates says that hospitals take whoever is isolated, because there are no isolation sites.
func (d *Day) site(s *Site, booked map[facility.StayID]bool, isolates bool) {
	at, ok := d.where(s.Located, s.Lon, s.Lat, s.Area)
	for _, x := range s.Stays {
		if booked[x.ID] && x.State == facility.Booked && !d.facts.Keep[x.ID] {
			d.own[x.ID] = x
		}
	}
	if !ok || s.State != facility.Open && s.State != facility.Closing {
		return
	}
	taken := map[facility.RoomID]map[int64]facility.Stay{}
	holds := map[string]facility.Class{}
	lift := map[facility.RoomID]string{}
	for _, m := range s.Rooms {
		lift[m.ID] = m.Group
	}
	for _, x := range s.Stays {
		if _, own := d.own[x.ID]; own || x.Room == 0 {
			continue
		}
		if taken[x.Room] == nil {
			taken[x.Room] = map[int64]facility.Stay{}
		}
		taken[x.Room][x.Bed] = x
		holds[lift[x.Room]] = x.Class
	}
	add := func(id string, name string, icu bool, risk []string) {
		out := bed.Site{ID: id, Name: name, Lat: at.Lat, Lon: at.Lon, UnloadMinutes: s.Unload.Minutes(), Bays: int(s.Bays), Risks: risk, Rooms: []bed.Rooms{}, Open: d.hours(&s.Facility)}
		x := &site{facility: s.ID, point: at, rooms: map[string]*alike{}}
		rooms := slices.Clone(s.Rooms)
		slices.SortFunc(rooms, func(a, b facility.Room) int { return cmp.Compare(a.ID, b.ID) })
		keys := map[string]int{}
		for _, m := range rooms {
			if (m.Level == facility.ICU) != icu || m.State != facility.Ready {
				continue
			}
			d.room(&m, taken[m.ID], holds, s.Kind.Takes(), keys, &out, x)
		}
		if s.Full || s.State == facility.Closing {
			d.Full = append(d.Full, id)
		}
		d.Sites, d.sites[id] = append(d.Sites, out), x
	}
	add(siteID(s.ID), s.Name, false, risks(&s.Facility, isolates))
	if s.Kind == facility.Hospital && slices.ContainsFunc(s.Rooms, func(m facility.Room) bool { return m.Level == facility.ICU }) {
		add(icuID(s.ID), s.Name+" ICU", true, []string{icuRisk})
	}
}

// hours is when the facility receives people next: now, or from its next opening.
func (d *Day) hours(s *facility.Facility) *bed.Window {
	if s.Opens == s.Closes {
		return nil
	}
	now := d.facts.Now.In(d.facts.Zone)
	for back := -1; back <= 1; back++ {
		midnight := day.In(now, d.facts.Zone).Add(back).Start(d.facts.Zone)
		from, to := midnight.Add(s.Opens), midnight.Add(s.Closes)
		if s.Closes < s.Opens {
			to = to.Add(24 * time.Hour)
		}
		if to.After(now) {
			return &bed.Window{From: d.minute(from), To: d.minute(to)}
		}
	}
	return nil
}

// room adds what is free in a room.
func (d *Day) room(m *facility.Room, taken map[int64]facility.Stay, holds map[string]facility.Class, takes facility.Class, keys map[string]int, out *bed.Site, x *site) {
	group := m.Group
	if group == "" {
		group = "all"
	}
	key := fmt.Sprint(group, "|", m.Use, "|", m.Beds, "|", m.Care)
	var left []int64
	for n := int64(1); n <= m.Beds; n++ {
		if _, is := taken[n]; !is {
			left = append(left, n)
		}
	}
	switch {
	case len(left) == 0:
		return
	case m.Use == facility.Private && len(taken) > 0: // for the rest of the household that is in it
		of := person.HouseholdID(0)
		for _, s := range taken {
			if s.Household == 0 || of != 0 && s.Household != of {
				return
			}
			of = s.Household
		}
		id := "kin" + strconv.FormatInt(int64(m.ID), 10)
		out.Rooms = append(out.Rooms, bed.Rooms{ID: id, Group: group, Count: 1, Beds: len(left), Ward: true, Of: kinID(of), Adults: d.adults(taken), Care: m.Care, Takes: string(takes), Holds: string(holds[m.Group])})
		x.rooms[id] = &alike{use: facility.Ward, rooms: []free{{m.ID, left}}}
		return
	case m.Use == facility.Ward: // each is one of its own
		key = fmt.Sprint("ward ", m.ID)
	}
	i, is := keys[key]
	if !is {
		i = len(out.Rooms)
		keys[key] = i
		r := bed.Rooms{ID: "r" + strconv.Itoa(i), Group: group, Beds: int(m.Beds), Shared: m.Use == facility.Shared, Ward: m.Use == facility.Ward, Care: m.Care, Takes: string(takes), Holds: string(holds[m.Group])}
		if m.Use == facility.Ward {
			r.Beds, r.Adults = len(left), d.adults(taken)
		}
		out.Rooms = append(out.Rooms, r)
		x.rooms[r.ID] = &alike{use: m.Use}
	}
	r, a := &out.Rooms[i], x.rooms[out.Rooms[i].ID]
	if m.Use == facility.Shared && len(taken) > 0 {
		sex := ""
		for _, s := range taken {
			is := sexOf(d.facts.People[s.Person])
			if is == "" || sex != "" && is != sex {
				return // whoever is there shares with nobody
			}
			sex = is
		}
		n := 0
		if sex == "m" {
			n = 1
			r.Male += len(left)
		} else {
			r.Female += len(left)
		}
		for _, b := range left {
			a.begun[n] = append(a.begun[n], oneBed{m.ID, b})
		}
		return
	}
	r.Count++
	a.rooms = append(a.rooms, free{m.ID, left})
}

// kinID is what the day calls a household; empty where nobody knows it.
func kinID(h person.HouseholdID) string {
	if h == 0 {
		return ""
	}
	return "k" + strconv.FormatInt(int64(h), 10)
}

// adults are the households of whom an adult is in a room.
func (d *Day) adults(there map[int64]facility.Stay) (out []string) {
	for _, s := range there {
		if s.Household != 0 && !d.child(s.Person) {
			out = append(out, kinID(s.Household))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// child says whether somebody is too young to be alone. Of whom the age is not known, that is not known either.
func (d *Day) child(p person.ID) bool {
	age := d.facts.People[p].AgeAt(day.In(d.facts.Now, d.facts.Zone))
	return age != person.AgeUnknown && int(age) <= d.facts.ChildUntil
}

func sexOf(p person.Person) string {
	switch p.Sex {
	case person.Female:
		return "f"
	case person.Male:
		return "m"
	default:
		return ""
	}
}

// where is a place that is known, or the middle of its area.
func (d *Day) where(located bool, lon, lat float64, area place.AreaID) (trip.Point, bool) {
	if located {
		return trip.Point{Lat: lat, Lon: lon}, true
	}
	p, ok := d.facts.Areas[area]
	return p, ok
}

// stands is where somebody waits to be fetched, and where they go if that is home.
func (d *Day) stands(q *transfer.Request) (from, home trip.Point, ok bool) {
	home, known := d.where(q.Located, q.Lon, q.Lat, q.Area)
	if q.From == 0 {
		return home, home, known && q.Purpose != transfer.ToHome
	}
	for i := range d.facts.Sites {
		if s := &d.facts.Sites[i]; s.ID == q.From {
			from, ok = d.where(s.Located, s.Lon, s.Lat, s.Area)
			return from, home, ok && (known || q.Purpose != transfer.ToHome)
		}
	}
	return from, home, false
}

// group makes parties of the requests.
func (d *Day) group() {
	byID := map[string][]*transfer.Request{}
	var order []string
	for i := range d.facts.Requests {
		q := &d.facts.Requests[i]
		var id string
		switch q.State {
		case transfer.Open, transfer.Planned:
			id = partyID(q.Party)
		case transfer.Aboard:
			id = aboardID(q.Party, q.Trip)
		default: // nobody was there, or they would not come: somebody asks again first
			continue
		}
		if byID[id] == nil {
			order = append(order, id)
		}
		byID[id] = append(byID[id], q)
	}
	for _, id := range order {
		list := byID[id]
		slices.SortFunc(list, func(a, b *transfer.Request) int { return cmp.Compare(a.ID, b.ID) })
		d.party(id, list)
	}
}

func (d *Day) party(id string, list []*transfer.Request) {
	lead := list[0]
	from, home, ok := d.stands(lead)
	if !ok && lead.State != transfer.Aboard {
		d.Skipped = append(d.Skipped, Skipped{lead.Party, len(list), ShortPlace})
		return
	}
	q := trip.Request{Party: bed.Party{ID: id, Lat: from.Lat, Lon: from.Lon, Class: string(lead.Rides()), Kin: kinID(lead.Household)}, Yields: lead.Purpose == transfer.ToHome, Deadline: d.minute(lead.Deadline)}
	icu := false
	for _, m := range list {
		p := d.facts.People[m.Person]
		who := bed.Person{ID: strconv.FormatInt(int64(m.ID), 10), Sex: sexOf(p), Seat: string(m.Seat)}
		for _, need := range m.Care {
			icu = icu || need == icuNeed
			if need != icuNeed {
				who.Needs = append(who.Needs, need)
			}
		}
		who.Child = d.child(m.Person) && (lead.Purpose == transfer.ToIsolation || lead.Purpose == transfer.ToQuarantine)
		q.People = append(q.People, who)
		q.Ready = max(q.Ready, d.minute(m.NotBefore))
		q.Deadline = min(q.Deadline, d.minute(m.Deadline))
		if !m.Promised.IsZero() && m.State != transfer.Aboard {
			at := d.minute(m.Promised)
			if q.Promised == nil || at < *q.Promised {
				q.Promised = &at
			}
		}
	}
	q.Deadline -= d.handOver.Minutes()
	if q.Promised != nil && d.comesLate(lead, q.Deadline) {
		by := *q.Promised + d.Rules.Full().Promise // as much later as for everybody else
		q.Promised, q.PickupBy = nil, &by
	}
	d.due[id] = q.Deadline
	q.Deadline = d.aim(list, true)
	switch {
	case lead.Purpose == transfer.ToHome:
		q.Risk, q.To = homeID(lead.Party), homeID(lead.Party)
		d.home(q, home)
	case lead.Purpose == transfer.ToHospital && icu:
		q.Risk = icuRisk
	case lead.Purpose == transfer.ToQuarantine:
		q.Risk = quarantineRisk + string(lead.Tier)
	default:
		q.Risk = string(lead.Purpose)
	}
	if lead.To != 0 {
		q.To = siteID(lead.To)
		if icu && lead.Purpose == transfer.ToHospital {
			q.To = icuID(lead.To)
		}
		i := slices.IndexFunc(d.Sites, func(s bed.Site) bool { return s.ID == q.To })
		if i < 0 {
			d.Skipped = append(d.Skipped, Skipped{lead.Party, len(list), ShortPlace})
			return
		}
		// The place that somebody chose takes them whatever it is for.
		if !slices.Contains(d.Sites[i].Risks, q.Risk) {
			d.Sites[i].Risks = append(slices.Clone(d.Sites[i].Risks), q.Risk)
		}
	}
	q.Bed = d.booked(id, list)
	d.parties[id] = list
	d.Requests = append(d.Requests, q)
}

// comesLate says whether somebody is brought after their deadline by the trip that they are promised. Such a promise binds nobody to come no sooner: where a vehicle is free by now they are fetched before, by another one or not.
func (d *Day) comesLate(q *transfer.Request, deadline float64) bool {
	i := slices.IndexFunc(d.facts.Trips, func(t transfer.Trip) bool { return t.ID == q.Trip && !t.State.Over() })
	if i < 0 {
		return false
	}
	t := &d.facts.Trips[i]
	for k := len(t.Stops) - 1; k >= 0; k-- {
		if s := &t.Stops[k]; s.Off() {
			return d.minute(s.Begin.Add(t.Delay)) > deadline
		}
	}
	return false
}

// home adds somebody's home as a place to be let off, with room for them.
func (d *Day) home(q trip.Request, at trip.Point) {
	id := q.To
	if d.sites[id] != nil {
		return
	}
	var care []string
	for _, p := range q.People {
		care = append(care, p.Needs...)
	}
	slices.Sort(care)
	d.Sites = append(d.Sites, bed.Site{ID: id, Lat: at.Lat, Lon: at.Lon, Risks: []string{id}, UnloadMinutes: 5, Rooms: []bed.Rooms{{ID: "home", Group: "home", Count: 1, Beds: len(q.People), Ward: true, Care: slices.Compact(care)}}})
	d.sites[id] = &site{point: at, rooms: map[string]*alike{}}
}

// booked is the bed of a party as the day says it; nil where it has none, or one that is not to be had any more.
func (d *Day) booked(id string, list []*transfer.Request) *bed.Assignment {
	var out *bed.Assignment
	for _, q := range list {
		s, is := d.own[q.Stay]
		if !is {
			return nil
		}
		sid, rid, label := d.labelled(s, d.facts.People[q.Person])
		if sid == "" || out != nil && (out.Site != sid || out.Rooms != rid) {
			return nil
		}
		if out == nil {
			out = &bed.Assignment{Party: id, Site: sid, Rooms: rid}
		}
		out.Room = append(out.Room, label)
	}
	return out
}

// labelled finds the bed of a stay among what is free.
func (d *Day) labelled(s facility.Stay, p person.Person) (site, rooms, label string) {
	for _, id := range []string{siteID(s.Facility), icuID(s.Facility)} {
		x := d.sites[id]
		if x == nil {
			continue
		}
		for rid, a := range x.rooms {
			for i, m := range a.rooms {
				if m.id == s.Room {
					return id, rid, strconv.Itoa(i + 1)
				}
			}
			for n, list := range a.begun {
				for i, b := range list {
					if b.room == s.Room && b.bed == s.Bed {
						return id, rid, []string{"f", "m"}[n] + strconv.Itoa(i+1)
					}
				}
			}
		}
	}
	return "", "", ""
}

// vehicle adds a vehicle that can be sent, or is on its way.
func (d *Day) vehicle(v *Vehicle) {
	if v.State != transfer.Ready {
		return
	}
	out := trip.Vehicle{ID: VehicleID(v.ID), Lat: v.Lat, Lon: v.Lon, Seats: int(v.Seats), Wheelchairs: int(v.Wheelchairs), Stretchers: int(v.Stretchers), Takes: string(v.Takes), Disinfect: v.Disinfect.Minutes()}
	horizon := d.Start.Add(past + ahead)
	var last float64
	for _, s := range v.Shifts {
		if !s.To.After(d.facts.Now) || !s.From.Before(horizon) {
			continue
		}
		w := bed.Window{From: max(last, d.minute(s.From)), To: min(d.minute(s.To), (past + ahead).Minutes())}
		if w.To <= w.From {
			continue
		}
		last = w.To
		out.Shifts, d.shifts[v.ID] = append(out.Shifts, w), append(d.shifts[v.ID], s.ID)
	}
	t := d.started[v.ID]
	if len(out.Shifts) == 0 {
		if t == nil {
			return // no crew
		}
		out.Shifts, d.shifts[v.ID] = []bed.Window{{From: d.Now, To: min(d.Now+240, (past + ahead).Minutes())}}, []transfer.ShiftID{t.Shift}
	}
	switch {
	case t != nil:
		d.under(v, t, &out)
	case v.Away() || v.Last != "":
		at := trip.Point{Lat: v.Lat, Lon: v.Lon}
		if v.Away() {
			at = trip.Point{Lat: v.AtLat, Lon: v.AtLon}
		}
		out.From = &trip.From{Lat: at.Lat, Lon: at.Lon, Minute: d.Now, Last: string(v.Last)}
	}
	d.Vehicles = append(d.Vehicles, out)
}

// under says where a vehicle is whose trip is under way: whoever is in it, and whoever it is on its way to, are brought by it.
func (d *Day) under(v *Vehicle, t *transfer.Trip, out *trip.Vehicle) {
	at := trip.From{Lat: v.Lat, Lon: v.Lon, Minute: d.Now, Last: string(t.Class)}
	if v.Away() {
		at.Lat, at.Lon = v.AtLat, v.AtLon
	}
	var inside []string
	for id, list := range d.parties {
		if list[0].State == transfer.Aboard && list[0].Trip == t.ID {
			inside = append(inside, id)
		}
	}
	slices.Sort(inside)
	if next := t.Next(); next != nil {
		by := max(d.Now, d.minute(next.Done.Add(t.Delay)))
		id := partyID(next.Party)
		switch {
		case !next.Off() && slices.ContainsFunc(d.parties[id], func(q *transfer.Request) bool { return q.Trip == t.ID }):
			at.Lat, at.Lon, at.Minute = next.Lat, next.Lon, by
			d.frozen[id] = true
			inside = append(inside, id)
		case next.Off() && d.sites[d.offAt(t, inside)] != nil && !slices.Contains(d.Full, d.offAt(t, inside)):
			x := d.sites[d.offAt(t, inside)]
			at.Lat, at.Lon, at.Minute = x.point.Lat, x.point.Lon, max(d.Now, d.minute(next.Arrive.Add(t.Delay)))
			for i := range d.Requests {
				if slices.Contains(inside, d.Requests[i].ID) {
					d.Requests[i].To = d.offAt(t, inside)
				}
			}
		}
	}
	for i := range d.Requests {
		if q := &d.Requests[i]; slices.Contains(inside, q.ID) {
			q.Aboard, q.Promised = out.ID, nil
		}
	}
	out.From = &at
}

// offAt is the place where the people of a trip get off, as the day calls it.
func (d *Day) offAt(t *transfer.Trip, inside []string) string {
	if t.Facility == 0 {
		for _, id := range inside {
			return homeID(d.parties[id][0].Party)
		}
	}
	for _, id := range inside {
		for _, q := range d.parties[id] {
			if s, is := d.own[q.Stay]; is {
				if at, _, _ := d.labelled(s, d.facts.People[q.Person]); at != "" {
					return at
				}
			}
		}
	}
	return siteID(t.Facility)
}

// begin keeps the trips that are planned, and what is left of those under way.
func (d *Day) begin() {
	known := map[string]bool{}
	for _, v := range d.Vehicles {
		known[v.ID] = true
	}
	for i := range d.facts.Trips {
		t := &d.facts.Trips[i]
		b := trip.Begun{Vehicle: VehicleID(t.Vehicle), Shift: max(0, slices.Index(d.shifts[t.Vehicle], t.Shift))}
		if !known[b.Vehicle] || t.State.Over() {
			continue
		}
		var all []string
		for id, list := range d.parties {
			if list[0].State == transfer.Aboard && list[0].Trip == t.ID {
				b.Requests = append(b.Requests, id)
			}
		}
		slices.Sort(b.Requests)
		for _, s := range t.Stops {
			id := partyID(s.Party)
			if s.Off() || !s.DoneAt.IsZero() || d.parties[id] == nil || !slices.ContainsFunc(d.parties[id], func(q *transfer.Request) bool { return q.Trip == t.ID }) {
				continue
			}
			b.Requests = append(b.Requests, id)
		}
		all = append(all, b.Requests...)
		b.Site = d.offAt(t, all)
		if len(b.Requests) > 0 && d.sites[b.Site] != nil {
			d.Begin = append(d.Begin, b)
		}
	}
}
