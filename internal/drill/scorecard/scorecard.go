// Package scorecard holds a drill against what is true: whom the response found, how early, and what it cost; beside the same outbreak met with telephone and paper,
// and with nothing.
//
// It does no I/O and reads no clock. drill and cmd import it; it imports sim.
package scorecard

import (
	"encoding/json"
	"fmt"
	"slices"

	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// Card is the score of one drill. The fields of its first group are a contract with checks outside of this repository.
type Card struct {
	TrueInfected     int     `json:"true_infected"`
	Found            int     `json:"found"`                  // of them, whose positive result the system was told
	FoundBefore      int     `json:"found_before_infecting"` // of those found, who had infected nobody by then
	FoundInIsolation int     `json:"found_in_isolation"`     // of those found, who were kept apart when the swab was taken
	CommunityZero    *int    `json:"community_zero_day"`     // days from the first case until nobody was found outside isolation any more; null: not by the end
	Rounds           int     `json:"rounds"`                 // that were closed
	RoundsIn24h      int     `json:"rounds_in_24h"`          // everybody accounted for and all results there within a day of their start
	Transfers        int     `json:"transfers"`              // people moved, and those who wait beyond their deadline
	TransfersInTime  int     `json:"transfers_in_time"`
	Lost             int     `json:"lost"`         // people whom the system was told of, and does not know
	Unreconciled     int     `json:"unreconciled"` // counts that do not meet
	Wall             float64 `json:"wall_s"`

	Scenario string `json:"scenario"`
	People   int    `json:"people"`
	Days     int    `json:"days"`
	Seed     uint64 `json:"seed"`

	FirstDay       *int    `json:"first_found_day"` // counted from the start of the drill; null: nobody was found
	InfectedThen   int     `json:"infected_when_first_found"`
	LastInfection  int     `json:"last_infection_day"` // from the first case on
	ToIsolation    Spread  `json:"hours_from_infection_to_isolation"`
	ToKnown        Spread  `json:"hours_from_infection_to_result"`
	Contacts       int     `json:"contacts_listed"`
	ContactsIll    int     `json:"contacts_infected"` // of those listed, ever
	Needs          int     `json:"needs"`             // that people kept apart asked for
	NeedsMet       int     `json:"needs_met"`         // in time or late
	Restricted     int     `json:"people_restricted"` // told to stay, held or brought away
	WithoutNeed    int     `json:"restricted_without_need"`
	DaysWithout    float64 `json:"person_days_without_need"`
	PeakRooms      int     `json:"peak_rooms"` // people at quarantine sites at once
	PeakBeds       int     `json:"peak_beds"`  // cases at isolation sites and in hospitals at once
	PeakTubes      int     `json:"peak_tubes_a_day"`
	ClinicTests    int     `json:"clinic_tests"`
	ClinicsCrowded int     `json:"sent_away_by_clinics"`
	RoutineTests   int     `json:"routine_tests"` // of people at sites that are tested on certain days
	TasksDue       int64   `json:"tasks_due"`
	TasksLate      int64   `json:"tasks_late"` // done late, or late and open
	Kills          int     `json:"server_killed"`

	Paper   Other `json:"paper"`
	Nothing Other `json:"nothing"`

	Duties  []PlayedDuty   `json:"duties"`
	Tested  []PlayedRound  `json:"screening"`
	Why     []string       `json:"why_unreconciled,omitempty"`
	Refused map[string]int `json:"refused"` // requests that the server said no to, by route: what the world had changed meanwhile
	SetUp   float64        `json:"setup_s"`
	Routes  []Took         `json:"routes"` // where the time went, the longest first
}

// Took is how often a route was asked, and how long its answers took in all.
type Took struct {
	Route string  `json:"route"`
	N     int     `json:"n"`
	S     float64 `json:"s"`
}

// PlayedDuty is how far the system says that a duty was done.
type PlayedDuty struct {
	Duty     string `json:"duty"`
	Due      int64  `json:"due"`
	Done     int64  `json:"done"`
	DoneLate int64  `json:"done_late"`
	Open     int64  `json:"open"`
	OpenLate int64  `json:"open_late"`
}

// PlayedRound is how one round went.
type PlayedRound struct {
	Number    int64   `json:"number"`
	Day       int     `json:"day"` // from the first case
	Due       int64   `json:"due"`
	Sampled   int64   `json:"sampled"`
	Exempt    int64   `json:"exempt"`
	Refused   int64   `json:"refused"`
	Missing   int64   `json:"missing"`
	Tubes     int64   `json:"tubes"`
	Positive  int64   `json:"positive"`
	HoursLast float64 `json:"hours_to_last_result"` // 0: not all were there
}

// Other is the same outbreak met in another way.
type Other struct {
	Infected      int  `json:"infected"`
	Found         int  `json:"found"`
	InIsolation   int  `json:"found_in_isolation"`
	Contacts      int  `json:"contacts_listed"`
	PeakRooms     int  `json:"peak_rooms"`
	Peak          int  `json:"peak_infectious"`
	CommunityZero *int `json:"community_zero_day"`
}

// Spread is how something is distributed.
type Spread struct {
	N      int     `json:"n"`
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
}

// Decode reads a card as it was kept, as JSON.
func Decode(text []byte) (*Card, error) {
	c := &Card{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("read a score card: %w", err)
	}
	return c, nil
}

// Sound says whether nothing broke that must not: nobody lost, and all counts meet.
func (c *Card) Sound() bool { return c.Lost == 0 && c.Unreconciled == 0 }

// finding is how an infection was proven.
type finding struct {
	taken, known sim.Minute
	apart        bool       // when the swab was taken
	isolated     sim.Minute // since when they are kept apart; never while they are not
}

// Truth gathers what is true, and what was done, as a drill goes on. The zero value is ready.
type Truth struct {
	First    sim.Minute // when the first case was entered; meaningful once Began
	Began    bool
	Then     int // infected by then
	Kills    int
	found    map[city.Person]*finding
	since    map[city.Person]sim.Minute // of who is kept apart now
	spent    map[city.Person]sim.Minute // minutes kept apart before
	listed   map[city.Person]bool
	tubes    map[int]int
	moved    int
	in       int
	Waiting  int // beyond their deadline, at the end
	Unserved int // at most, of one plan
}

// Find notes that a result proved somebody's infection. Only the first counts; who was never infected is none.
func (t *Truth) Find(w *sim.World, p city.Person, taken, known sim.Minute, apart bool) {
	if _, ill := w.Infection(p); !ill || t.found[p] != nil {
		return
	}
	if t.found == nil {
		t.found = map[city.Person]*finding{}
	}
	f := &finding{taken, known, apart, sim.Forever}
	if at, ok := t.since[p]; ok {
		f.isolated = at
	}
	t.found[p] = f
}

// LastOutside is the latest day on which somebody was found outside isolation; first where nobody was since.
func (t *Truth) LastOutside(first int) int {
	for _, f := range t.found {
		if !f.apart {
			first = max(first, f.known.Day())
		}
	}
	return first
}

// FoundAlready says whether somebody's infection was proven.
func (t *Truth) FoundAlready(p city.Person) bool { return t.found[p] != nil }

// All returns whose infection was proven, by number.
func (t *Truth) All() []city.Person {
	out := make([]city.Person, 0, len(t.found))
	for p := range t.found {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Apart notes that somebody is kept apart from a minute on, or not any more.
func (t *Truth) Apart(p city.Person, is bool, at sim.Minute) {
	if t.since == nil {
		t.since, t.spent = map[city.Person]sim.Minute{}, map[city.Person]sim.Minute{}
	}
	from, was := t.since[p]
	switch {
	case is && !was:
		t.since[p] = at
		if f := t.found[p]; f != nil && f.isolated == sim.Forever {
			f.isolated = at
		}
	case !is && was:
		t.spent[p] += at - from
		delete(t.since, p)
	}
}

// List notes a contact.
func (t *Truth) List(p city.Person) {
	if t.listed == nil {
		t.listed = map[city.Person]bool{}
	}
	t.listed[p] = true
}

// Tubes notes tubes that a laboratory took in on a day.
func (t *Truth) Tubes(day, n int) {
	if t.tubes == nil {
		t.tubes = map[int]int{}
	}
	t.tubes[day] += n
}

// Moved notes that somebody was brought where they should be.
func (t *Truth) Moved(inTime bool) {
	t.moved++
	if inTime {
		t.in++
	}
}

// Score fills the card in, from what is true at the end of a minute.
func (t *Truth) Score(w *sim.World, end sim.Minute, c *Card) {
	c.TrueInfected, c.Found = w.Infected(), len(t.found)
	c.Contacts, c.Transfers, c.TransfersInTime, c.Kills = len(t.listed), t.moved+t.Waiting, t.in, t.Kills
	for _, n := range t.tubes {
		c.PeakTubes = max(c.PeakTubes, n)
	}
	first := map[city.Person]sim.Minute{} // when somebody first infected another
	last := 0
	var toKnown, toIsolation []float64
	community := -1
	w.Infections(func(i sim.Infection) {
		if !i.Imported() {
			if at, ok := first[i.By]; !ok || i.At < at {
				first[i.By] = i.At
			}
		}
		last = max(last, i.At.Day())
		if t.listed[i.Person] {
			c.ContactsIll++
		}
		f := t.found[i.Person]
		if f == nil {
			return
		}
		toKnown = append(toKnown, float64(f.known-i.At)/60)
		if f.isolated != sim.Forever {
			toIsolation = append(toIsolation, float64(max(0, f.isolated-i.At))/60)
		}
		if f.apart {
			c.FoundInIsolation++
		} else {
			community = max(community, f.known.Day())
		}
	})
	for p, f := range t.found {
		if at, ok := first[p]; !ok || at >= f.known {
			c.FoundBefore++
		}
	}
	c.ToKnown, c.ToIsolation = spread(toKnown), spread(toIsolation)
	if t.Began {
		day := t.First.Day()
		c.FirstDay, c.InfectedThen, c.LastInfection = &day, t.Then, last-day
		c.CommunityZero = Zero(day, community, (end - 1).Day())
	}
	minutes := int64(0) // summed up whole: in which order makes no difference
	for p, n := range t.spent {
		minutes += t.count(w, p, n, end, c)
	}
	for p := range t.since {
		if _, both := t.spent[p]; !both {
			minutes += t.count(w, p, 0, end, c)
		}
	}
	c.DaysWithout = float64(minutes) / sim.DayLength
}

// count adds one of those who were kept apart, and returns the minutes that were without need.
func (t *Truth) count(w *sim.World, p city.Person, spent, end sim.Minute, c *Card) int64 {
	c.Restricted++
	if from, still := t.since[p]; still {
		spent += end - from
	}
	if _, ill := w.Infection(p); ill {
		return 0
	}
	c.WithoutNeed++
	return int64(spent)
}

// Zero is the days from the first case to the first day from which on nobody was found outside isolation, until the end; nil where somebody was on the last day.
func Zero(first, last, end int) *int {
	if last >= end {
		return nil
	}
	n := max(last+1, first) - first
	return &n
}

func spread(list []float64) Spread {
	if len(list) == 0 {
		return Spread{}
	}
	slices.Sort(list)
	at := func(q float64) float64 { return list[min(len(list)-1, int(q*float64(len(list))))] }
	return Spread{len(list), at(0.5), at(0.9)}
}
