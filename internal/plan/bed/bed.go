// Package bed says who gets which bed: households of cases and of contacts go to the rooms of isolation sites and hospitals.
//
// A household stays together, a child stays in a room with an adult of its own, people of several households share a room only where the room is meant
// for it and, unless it is a ward for all, with their own sex; what a person needs in care the room has; and a lift or corridor group holds cases or
// contacts, never both. [Ledger] is the book of what is free, fast enough to be asked at every step of a search: the trip planner chooses beds and
// routes together with it. [Assign] chooses beds where nobody drives, nearest first, with a bound. [Check] tests an assignment and shares no code with
// either.
//
// The package does no I/O and reads no clock; the same question gives the same answer. It imports plan/flow for the bound; plan/trip imports it.
package bed

import (
	"fmt"

	"firebreak/internal/plan/planfile"
)

// The classes of people who are moved; they never share a vehicle, a room or a lift group. Whoever is released goes home, which is a site of theirs alone.
const (
	Case     = "case"
	Contact  = "contact"
	Released = "released"
)

// Person is one person to be moved. Sex and needs matter only for the room, the seat only for the vehicle.
type Person struct {
	ID    string   `json:"id"`
	Sex   string   `json:"sex,omitempty"`   // "f" or "m"; otherwise the person shares no room with strangers
	Child bool     `json:"child,omitempty"` // must not be alone
	Seat  string   `json:"seat,omitempty"`  // "seat" (the default), "wheelchair" or "stretcher"
	Needs []string `json:"needs,omitempty"` // of care, such as "oxygen" or "barrier_free"
}

// Party is a household, or whoever else stays together, at a place.
type Party struct {
	ID     string   `json:"id"`
	Lat    float64  `json:"lat"`
	Lon    float64  `json:"lon"`
	Class  string   `json:"class"`          // "case", "contact" or "released"
	Kin    string   `json:"kin,omitempty"`  // the household, where others of it may be in rooms already
	Risk   string   `json:"risk,omitempty"` // a risk class that sites may name, such as "close" or "secondary"
	People []Person `json:"people"`
	To     string   `json:"to,omitempty"` // the only site it may go to
}

// Site is an isolation site or a hospital.
type Site struct {
	ID            string   `json:"id"`
	Name          string   `json:"name,omitempty"`
	Lat           float64  `json:"lat"`
	Lon           float64  `json:"lon"`
	Open          *Window  `json:"open,omitempty"`           // when vehicles are received; none: always
	UnloadMinutes float64  `json:"unload_minutes,omitempty"` // that a vehicle stands, whoever is on it; default: the rule's
	PersonMinutes float64  `json:"person_minutes,omitempty"` // and for each person
	Bays          int      `json:"bays,omitempty"`           // vehicles that are unloaded at the same time; 0: any number
	Risks         []string `json:"risks,omitempty"`          // the risk classes it takes; none: all
	Rooms         []Rooms  `json:"rooms"`
}

// Window is from one minute of the day to another.
type Window struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Rooms are free rooms of a site that are alike.
type Rooms struct {
	ID     string   `json:"id"`
	Group  string   `json:"group"`            // the lift or corridor group they share
	Count  int      `json:"count"`            // rooms free
	Beds   int      `json:"beds"`             // in each
	Shared bool     `json:"shared,omitempty"` // single people share one with others of their sex
	Ward   bool     `json:"ward,omitempty"`   // all of one class share it, households too
	Care   []string `json:"care,omitempty"`   // the needs it meets
	Takes  string   `json:"takes,omitempty"`  // "case" or "contact" only
	Holds  string   `json:"holds,omitempty"`  // the class that is already in the group
	Of     string   `json:"of,omitempty"`     // a ward for this household alone, some of whom are in it
	Adults []string `json:"adults,omitempty"` // households of whom an adult is in this ward: their children may come by themselves
	Female int      `json:"free_female,omitempty"`
	Male   int      `json:"free_male,omitempty"` // beds free in shared rooms where women, or men, already are; not in Count
}

// Assignment is a party's place: its rooms, and who is in which.
type Assignment struct {
	Party string   `json:"party"`
	Site  string   `json:"site"`
	Rooms string   `json:"rooms"`   // ID of Site.Rooms
	Group string   `json:"group"`   // lift or corridor
	Room  []string `json:"room"`    // of each person, in the party's order: the number among Rooms, from 1, or "f1" ("m1") for a bed among women (men) already there
	Km    float64  `json:"line_km"` // straight line from the party's place
}

// Unplaced is a party without a bed, and what is short.
type Unplaced struct {
	Party   string `json:"party"`
	People  int    `json:"people"`
	Short   string `json:"short"` // one of the Short constants
	Meaning string `json:"meaning"`
}

// What can be short.
const (
	ShortGuardian = "guardian"   // children, and no adult of theirs with them or in a room with a free bed
	ShortSite     = "site"       // no site takes this class, risk class, or name
	ShortCare     = "care"       // no room meets the needs
	ShortTogether = "large room" // no rooms hold the household with each child beside an adult
	ShortRooms    = "rooms"      // such rooms there are, and they are taken
)

// FieldError says which field of a question is wrong, such as "sites[12].rooms[0].beds".
type FieldError = planfile.FieldError

// Limits that catch numbers that have slipped.
const (
	maxSites    = 2_000
	maxBeds     = 10_000
	maxParties  = 200_000
	maxPeople   = 60 // of a party
	maxDayMins  = 14_400
	maxCares    = 60
	maxTextSize = 200
)

// Validate says what in the sites makes no sense; the error is a [FieldError].
func Validate(sites []Site) error {
	if len(sites) > maxSites {
		return planfile.Wrong("sites", "%d entries, more than %d", len(sites), maxSites)
	}
	seen := map[string]bool{}
	for i, s := range sites {
		if err := s.validate(fmt.Sprintf("sites[%d]", i)); err != nil {
			return err
		}
		if seen[s.ID] {
			return planfile.Wrong(fmt.Sprintf("sites[%d].id", i), "%q is there twice", s.ID)
		}
		seen[s.ID] = true
	}
	return nil
}

func (s *Site) validate(field string) error {
	if err := checkID(field, s.ID); err != nil {
		return err
	}
	for _, x := range []struct {
		name        string
		v, from, to float64
	}{
		{"lat", s.Lat, -90, 90}, {"lon", s.Lon, -180, 180},
		{"unload_minutes", s.UnloadMinutes, 0, 1440}, {"person_minutes", s.PersonMinutes, 0, 240}, {"bays", float64(s.Bays), 0, 1000},
	} {
		if !(x.v >= x.from && x.v <= x.to) { // not a number fails too
			return planfile.Wrong(field+"."+x.name, "%g is not from %g to %g", x.v, x.from, x.to)
		}
	}
	if w := s.Open; w != nil && !(w.From >= 0 && w.To > w.From && w.To <= maxDayMins) {
		return planfile.Wrong(field+".open", "%g to %g is no window within %d minutes", w.From, w.To, maxDayMins)
	}
	seen := map[string]bool{}
	for i, r := range s.Rooms {
		at := fmt.Sprintf("%s.rooms[%d]", field, i)
		if err := r.validate(at); err != nil {
			return err
		}
		if seen[r.ID] {
			return planfile.Wrong(at+".id", "%q is there twice", r.ID)
		}
		seen[r.ID] = true
	}
	return nil
}

func (r *Rooms) validate(field string) error {
	if err := checkID(field, r.ID); err != nil {
		return err
	}
	for _, x := range []struct {
		name string
		v    int
		from int
		to   int
	}{
		{"count", r.Count, 0, maxBeds}, {"beds", r.Beds, 1, maxBeds}, {"free_female", r.Female, 0, maxBeds}, {"free_male", r.Male, 0, maxBeds},
	} {
		if x.v < x.from || x.v > x.to {
			return planfile.Wrong(field+"."+x.name, "%d is not from %d to %d", x.v, x.from, x.to)
		}
	}
	switch {
	case r.Ward && r.Shared:
		return planfile.Wrong(field+".ward", "is either a ward for all or shared by sex")
	case !r.Ward && (r.Of != "" || len(r.Adults) > 0):
		return planfile.Wrong(field+".of", "and adults are said of a ward only")
	case !r.Shared && r.Female+r.Male > 0:
		return planfile.Wrong(field+".free_female", "counts beds of shared rooms only")
	case r.Takes != "" && r.Takes != Case && r.Takes != Contact:
		return planfile.Wrong(field+".takes", "%q is not case or contact", r.Takes)
	case r.Holds != "" && r.Holds != Case && r.Holds != Contact:
		return planfile.Wrong(field+".holds", "%q is not case or contact", r.Holds)
	}
	return nil
}

// Validate says what in the party makes no sense; field is its name in the error, which is a [FieldError].
func (p *Party) Validate(field string) error {
	if err := checkID(field, p.ID); err != nil {
		return err
	}
	switch {
	case !(p.Lat >= -90 && p.Lat <= 90):
		return planfile.Wrong(field+".lat", "%g is not from -90 to 90", p.Lat)
	case !(p.Lon >= -180 && p.Lon <= 180):
		return planfile.Wrong(field+".lon", "%g is not from -180 to 180", p.Lon)
	case p.Class != Case && p.Class != Contact && p.Class != Released:
		return planfile.Wrong(field+".class", "%q is not case, contact or released", p.Class)
	case len(p.People) == 0 || len(p.People) > maxPeople:
		return planfile.Wrong(field+".people", "%d people, not from 1 to %d", len(p.People), maxPeople)
	}
	seen := map[string]bool{}
	for i, m := range p.People {
		at := fmt.Sprintf("%s.people[%d]", field, i)
		if err := checkID(at, m.ID); err != nil {
			return err
		}
		switch {
		case seen[m.ID]:
			return planfile.Wrong(at+".id", "%q is there twice", m.ID)
		case m.Sex != "" && m.Sex != "f" && m.Sex != "m":
			return planfile.Wrong(at+".sex", "%q is not f or m", m.Sex)
		case m.Seat != "" && m.Seat != "seat" && m.Seat != "wheelchair" && m.Seat != "stretcher":
			return planfile.Wrong(at+".seat", "%q is not seat, wheelchair or stretcher", m.Seat)
		}
		seen[m.ID] = true
	}
	return nil
}

func checkID(field, id string) error {
	if id == "" || len(id) > maxTextSize {
		return planfile.Wrong(field+".id", "%.20q is not 1 to %d characters", id, maxTextSize)
	}
	return nil
}
