// Package trip plans the transfer of a day: which household is fetched by which vehicle when, and which bed it is brought to.
//
// A [Day] goes in, a [Plan] comes out of [Make]. A vehicle makes trips: it fetches households, cases or contacts, never both, and lets them off at one
// site; before people of another class get in it is disinfected. The site is chosen together with the route, from the beds that are free in
// plan/bed's ledger. First everybody is fetched, then nobody is late, then the driving is short. Whoever cannot be fetched, or comes late, is in the
// plan with what is short. [Continue] turns a plan and what happened since (a new request, a breakdown, a full site) into the day that is left, in
// which people who were promised a time keep it. [Check] tests a plan against its day and shares no code with the search.
//
// The search (search.go) is slack induction by string removals. It does no I/O, reads no clock and draws from its own seed: the same day, seed and number of
// steps give the same plan. Times of the way come from [Roads]; without one they are straight lines and a detour. It imports plan/bed; commands
// and screens import it.
package trip

import (
	"time"

	"firebreak/internal/plan/bed"
)

// Day is the question. All times are minutes after Start.
type Day struct {
	Name     string     `json:"name"`
	Start    time.Time  `json:"start"`
	Now      float64    `json:"now,omitempty"` // nothing begins before
	Rules    Rules      `json:"rules,omitzero"`
	Sites    []bed.Site `json:"sites"`
	Full     []string   `json:"full,omitempty"` // sites that take nobody more
	Vehicles []Vehicle  `json:"vehicles"`
	Requests []Request  `json:"requests"`
	Begin    []Begun    `json:"begin,omitempty"` // trips to begin the search with, such as those of an earlier plan
}

// Rules are how people are moved. A zero stands for the default.
type Rules struct {
	Detour    float64 `json:"detour,omitempty"`            // way over straight line; default 1.3
	Kmh       float64 `json:"kmh,omitempty"`               // default 30
	Stop      float64 `json:"stop_minutes,omitempty"`      // at a door; default 5
	Unload    float64 `json:"unload_minutes,omitempty"`    // at a site; default 10
	Disinfect float64 `json:"disinfect_minutes,omitempty"` // between cases and contacts; default 30
	Promise   float64 `json:"promise_minutes,omitempty"`   // before or after a promised time that still keeps it; default 15
	Horizon   float64 `json:"horizon_minutes,omitempty"`   // by which all vehicles are back; default 1440
}

// Vehicle is a vehicle with its crew's shifts. At the end of a shift it is back at its depot, and disinfected.
type Vehicle struct {
	ID          string       `json:"id"`
	Lat         float64      `json:"lat"` // of its depot
	Lon         float64      `json:"lon"`
	Seats       int          `json:"seats"`
	Wheelchairs int          `json:"wheelchairs,omitempty"`
	Stretchers  int          `json:"stretchers,omitempty"`
	Shifts      []bed.Window `json:"shifts,omitempty"` // none: the whole day
	Takes       string       `json:"takes,omitempty"`  // "case" only; or "contact" only, and whoever is released
	Disinfect   float64      `json:"disinfect_minutes,omitempty"`
	From        *From        `json:"from,omitempty"`
}

// From is where a vehicle is that is on its way: from that minute on it can be sent elsewhere.
type From struct {
	Lat    float64 `json:"lat"`
	Lon    float64 `json:"lon"`
	Minute float64 `json:"minute"`
	Last   string  `json:"last,omitempty"` // the class it carries, or carried and was not disinfected since
}

// Request is a household to be fetched, or to be brought to its bed from the vehicle that it is in.
type Request struct {
	bed.Party
	Ready    float64         `json:"ready"`                  // not before
	Deadline float64         `json:"deadline"`               // to be at the site by
	PickupBy *float64        `json:"pickup_by,omitempty"`    // to be fetched by
	Stop     float64         `json:"stop_minutes,omitempty"` // at the door; default: the rule's
	Promised *float64        `json:"promised,omitempty"`     // the minute that they were told
	Vehicle  string          `json:"vehicle,omitempty"`      // the only one that may fetch them, in the first of its shifts that is left
	Aboard   string          `json:"aboard,omitempty"`       // the vehicle they are in
	Bed      *bed.Assignment `json:"bed,omitempty"`          // that was planned; they get it unless they are brought elsewhere
	Stay     *bed.Assignment `json:"stay,omitempty"`         // where they already are: there is nothing to do but keep their bed
	Yields   bool            `json:"yields,omitempty"`       // they are put in last, where nobody else is kept waiting beyond their deadline by it
}

// Begun is a trip, in the order of its stops.
type Begun struct {
	Vehicle  string   `json:"vehicle"`
	Shift    int      `json:"shift"`
	Requests []string `json:"requests"`
	Site     string   `json:"site"`
}

// Options say how [Make] searches.
type Options struct {
	Roads  Roads  // nil: straight lines with the day's detour and speed
	Seed   uint64 // of the search
	Budget Budget // nil: the first plan that fits, at once
	Fixed  bool   // beds are chosen beforehand, nearest first, instead of together with the routes; to see what that costs
}

// Plan is the answer. All times are minutes after Start.
type Plan struct {
	Day      string           `json:"day"`
	Start    time.Time        `json:"start"`
	Complete bool             `json:"complete"` // everybody is fetched
	InTime   bool             `json:"in_time"`  // and nobody comes late
	Requests int              `json:"requests"` // that are fetched, or brought to their bed
	People   int              `json:"people"`
	Unserved []bed.Unplaced   `json:"unserved,omitempty"`
	Late     []Late           `json:"late,omitempty"`
	LateMin  float64          `json:"late_minutes"`   // of all together
	Travel   float64          `json:"travel_minutes"` // of all vehicles
	Km       float64          `json:"km"`
	Vehicles int              `json:"vehicles"` // that are used
	Trips    int              `json:"trips"`
	LastOff  float64          `json:"last_off"` // when the last household is let off
	Wait     Wait             `json:"wait"`
	Routes   []Route          `json:"routes"`
	Beds     []bed.Assignment `json:"beds"`
	Steps    int              `json:"steps"` // of the search
	Seed     uint64           `json:"seed"`
}

// Wait is how long people wait from being ready to being let off, in minutes.
type Wait struct {
	Mean float64 `json:"mean"`
	P90  float64 `json:"p90"`
	Max  float64 `json:"max"`
}

// Late is a request that comes after its deadline, or is fetched after what was asked or promised.
type Late struct {
	Request string  `json:"request"`
	Minutes float64 `json:"minutes"`
	Short   string  `json:"short"`
	Meaning string  `json:"meaning"`
}

// What can be short for vehicles, beside what is short for beds.
const (
	ShortSeats    = "seats"    // no vehicle has such seats
	ShortVehicles = "vehicles" // none is free in time
	ShortTime     = "time"     // the way is too long, with any vehicle
	ShortBays     = "bays"     // too many vehicles are at the site at once
)

// Route is what a vehicle does in a shift.
type Route struct {
	Vehicle string  `json:"vehicle"`
	Shift   int     `json:"shift"`
	From    float64 `json:"from"`                   // leaves
	To      float64 `json:"to"`                     // is back
	Over    float64 `json:"over_minutes,omitempty"` // after the shift's end, because of queues at sites or of whoever was aboard
	Travel  float64 `json:"travel_minutes"`
	Km      float64 `json:"km"`
	Visits  []Visit `json:"visits"`
}

// Visit is a stop at a door or an unloading at a site.
type Visit struct {
	Request string  `json:"request,omitempty"` // who is fetched
	Site    string  `json:"site,omitempty"`    // or where all get off
	Class   string  `json:"class"`
	Arrive  float64 `json:"arrive"`
	Begin   float64 `json:"begin"`
	Done    float64 `json:"done"`
	Leave   float64 `json:"leave"`                  // so as not to wait at the next door
	Aboard  int     `json:"aboard"`                 // people, when it leaves
	Over    float64 `json:"over_minutes,omitempty"` // after the site's hours, because of queues
	Already bool    `json:"already,omitempty"`      // they were in the vehicle before
}
