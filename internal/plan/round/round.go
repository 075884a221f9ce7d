// Package round plans a mass-testing round: which community is sampled where and when, how many lanes each site opens in which hour, which
// laboratory gets the tubes of which collection zone when, and when the last person is sampled and the last result is known.
//
// A [City] goes in, a [Plan] comes out of [Make]. Time is counted in hours since the round's start and planned in periods of 15, 30 or 60 minutes.
// The smallest deadline is proven: one period earlier a cut of the network holds less than what must pass, and names the [Bottleneck]. At that
// deadline the plan with the least walking, waiting and driving is taken. [Remedies] changes the city in one thing at a time, solves it again and
// says what each saves. [Continue] turns a plan, a time and what went wrong into the city that is left to plan, with what has happened frozen.
// [Check] tests a plan against its city and shares no code with what makes it.
//
// Where all tubes hold the same number of people the answer is exact: one network from community to result, in whole tubes. Where pool sizes differ
// the network splits in two (people to sites, tubes to laboratories), and Plan.Gap says how far the answer can be from the best.
//
// A server builds a City from what it stores: communities with the people due by class, sites with lanes and hours, laboratories with their capacity,
// zones in which couriers collect. See the example of [Make]. The package does no I/O and reads no clock; the same city gives the same plan. It
// imports plan/flow; commands and screens import it.
package round

import "time"

// City is the question: who is due, and what there is to sample, carry and test with. Hours count from Start.
type City struct {
	Name      string    `json:"name"`
	Start     time.Time `json:"start"`                    // when sampling may begin; hours of the night are counted in its time zone
	Period    int       `json:"period_minutes,omitempty"` // 15, 30 or 60; default 15
	Deadline  float64   `json:"deadline_hours,omitempty"` // when all results were promised; default 24
	Horizon   float64   `json:"horizon_hours,omitempty"`  // beyond this nothing is planned; default 96
	Classes   []Class   `json:"classes"`
	Community []Commune `json:"communities"`
	Zones     []Zone    `json:"zones"`
	Sites     []Site    `json:"sites"`
	Labs      []Lab     `json:"labs"`
	Rules     Rules     `json:"rules,omitzero"`
	Prices    Prices    `json:"prices,omitzero"`
	Costs     Costs     `json:"costs,omitzero"`
	Done      Done      `json:"done,omitzero"`
}

// Class is a class of people whose swabs are pooled alike, such as those who live in a precaution area.
type Class struct {
	ID   string `json:"id"`
	Pool int    `json:"pool"` // people a tube: 1, 5, 10 or 20
}

// Commune is a community: people who walk to a site from about the same place.
type Commune struct {
	ID     string  `json:"id"`
	Name   string  `json:"name,omitempty"`
	Lat    float64 `json:"lat"`
	Lon    float64 `json:"lon"`
	Groups []Group `json:"groups"`
}

// Group is how many people of a class are due in a community.
type Group struct {
	Class  string `json:"class"`
	People int64  `json:"people"`
}

// Zone is where couriers collect tubes; every site is in one. Samplers may be limited per zone.
type Zone struct {
	ID           string  `json:"id"`
	Lat          float64 `json:"lat"`
	Lon          float64 `json:"lon"`
	Samplers     []Shift `json:"samplers,omitempty"`       // on duty; empty: as many as lanes ask for
	Couriers     int     `json:"couriers,omitempty"`       // 0: as many as needed
	TubesPerTrip int     `json:"tubes_per_trip,omitempty"` // that one courier carries; default 1000
}

// Shift is a number of people on duty between two hours.
type Shift struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Count int     `json:"count"`
}

// Site is a candidate sampling site.
type Site struct {
	ID    string   `json:"id"`
	Name  string   `json:"name,omitempty"`
	Zone  string   `json:"zone"`
	Lat   float64  `json:"lat"`
	Lon   float64  `json:"lon"`
	Lanes int      `json:"lanes"`
	Rate  float64  `json:"people_per_lane_hour,omitempty"` // default: the rule's
	Open  []Window `json:"open,omitempty"`                 // default: always
}

// Window is from one hour to another.
type Window struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Lab is a laboratory.
type Lab struct {
	ID         string  `json:"id"`
	Name       string  `json:"name,omitempty"`
	Lat        float64 `json:"lat"`
	Lon        float64 `json:"lon"`
	Turnaround float64 `json:"turnaround_hours"` // from being taken into a run to the result
	Capacity   []Rate  `json:"capacity"`         // hours in no window: closed
}

// Rate is how many tubes a laboratory takes in an hour, between two hours.
type Rate struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Tubes float64 `json:"tubes_per_hour"`
}

// Rules are how sampling and carrying work. A zero stands for the default.
type Rules struct {
	Rate              float64 `json:"people_per_lane_hour,omitempty"` // default 100
	NearestSites      int     `json:"nearest_sites,omitempty"`        // sites a community may be sent to; default 30
	MaxWalk           float64 `json:"max_walk_m,omitempty"`           // default 20,000
	NearestLabs       int     `json:"nearest_labs,omitempty"`         // laboratories a zone may send to; default 10
	Detour            float64 `json:"detour,omitempty"`               // way over straight line; default 1.3
	CourierKmh        float64 `json:"courier_kmh,omitempty"`          // default 30
	PickupMinutes     float64 `json:"pickup_minutes,omitempty"`       // from the closing of a tube to the courier's start, at most; default 60
	HandoverMinutes   float64 `json:"handover_minutes,omitempty"`     // from arrival to being ready for a run; default 15
	SamplersPerLane   int     `json:"samplers_per_lane,omitempty"`    // default 1
	RegistrarsPerLane int     `json:"registrars_per_lane,omitempty"`  // default 1
}

// Prices weigh one thing against another, in metres that one person walks. A zero stands for the default; below 0 means nothing.
type Prices struct {
	Hour      float64 `json:"hour_later,omitempty"` // being sampled an hour later; default 30
	Night     float64 `json:"night,omitempty"`      // being sampled at night; default 1,500
	NightFrom int     `json:"night_from,omitempty"` // hour of the clock; default 22
	NightTo   int     `json:"night_to,omitempty"`   // default 6
	TubeKm    float64 `json:"tube_km,omitempty"`    // carrying a tube one kilometre; default 5
	TubeHour  float64 `json:"tube_waits,omitempty"` // a tube waiting an hour at the laboratory; default 20
}

// Done is what has already happened, at an hour of the round. The zero value: nothing.
type Done struct {
	Now     float64   `json:"now,omitempty"`
	Sampled []Sampled `json:"sampled,omitempty"` // before Now; still listed as due in the communities
	Waiting []Waiting `json:"waiting,omitempty"` // tubes taken that no laboratory has begun with
	Frozen  *Frozen   `json:"frozen,omitempty"`  // what of an earlier plan has happened, to be shown with the new one
}

// Sampled is how many of a community's class have been sampled.
type Sampled struct {
	Community string `json:"community"`
	Class     string `json:"class"`
	People    int64  `json:"people"`
}

// Waiting are tubes on their way: at a zone, to be collected, or at (or bound for) a laboratory, ready there at an hour.
type Waiting struct {
	Zone  string  `json:"zone,omitempty"`
	Lab   string  `json:"lab,omitempty"`
	Ready float64 `json:"ready"`
	Tubes int64   `json:"tubes"`
}

// Frozen is the part of an earlier plan that has happened.
type Frozen struct {
	Assignments []Assignment `json:"assignments"`
	Intake      []Intake     `json:"intake"`
	People      int64        `json:"people"`
	Tubes       int64        `json:"tubes"`
	Sampling    float64      `json:"finish_sampling"` // when the last of them was sampled
	Results     float64      `json:"finish_results"`  // when the last of their tubes that was taken into a run has a result
}

// Options say how much [Make] works out beside the plan.
type Options struct {
	NoRemedies  bool // leave Bottleneck[].Remedy empty
	AllRemedies bool // try all remedies, and list them
	// Before is an earlier plan of this city, such as the one that [Continue] was given. Solvers begin with what it has left to do, which is many times
	// sooner when little has changed. The smallest deadline and the least cost are those of a start from nothing (with pools of one size; with several
	// they are as good as what is found from there).
	Before *Plan
}

// Plan is the answer. Hours count from the round's start.
type Plan struct {
	City           string       `json:"city"`
	Start          time.Time    `json:"start"`
	Period         int          `json:"period_minutes"`
	Complete       bool         `json:"complete"`        // everybody due is planned for
	InTime         bool         `json:"in_time"`         // all results are there by the promised deadline
	Deadline       float64      `json:"deadline_hours"`  // that was promised
	People         int64        `json:"people"`          // planned for, without what is frozen
	Tubes          int64        `json:"tubes"`           // of theirs, and those that were waiting
	FinishSampling float64      `json:"finish_sampling"` // hour at which the last person has been sampled
	FinishResults  float64      `json:"finish_results"`  // hour at which the last result is known
	SamplingAt     time.Time    `json:"finish_sampling_at"`
	ResultsAt      time.Time    `json:"finish_results_at"`
	LowerBound     float64      `json:"lower_bound"` // no plan has all results earlier
	Gap            float64      `json:"gap"`         // finish_results - lower_bound, hours
	Proof          Proof        `json:"proof"`
	Bottleneck     []Bottleneck `json:"bottleneck"`
	Short          []Short      `json:"short,omitempty"` // what cannot be done, by how much
	Rounding       Rounding     `json:"rounding"`
	Cost           Cost         `json:"cost"`
	Walk           Walk         `json:"walk"`
	Curve          []Point      `json:"curve"` // results known by hour
	Assignments    []Assignment `json:"assignments"`
	Staff          []Staff      `json:"staff"`
	Sampling       []Sampling   `json:"sampling"`
	Deliveries     []Delivery   `json:"deliveries"`
	Intake         []Intake     `json:"intake"`
	Frozen         *Frozen      `json:"frozen,omitempty"`
	Remedies       []Remedy     `json:"remedies,omitempty"`
}

// Proof says why the deadline cannot be earlier by one period.
type Proof struct {
	Method  string  `json:"method"`  // "cut": a minimum cut of a network that leaves nothing out (or, with pools of several sizes, too little) to be met
	Hours   float64 `json:"hours"`   // a deadline that cannot be met
	Passes  int64   `json:"passes"`  // tubes (or people) that could have results by then
	Of      int64   `json:"of"`      // of so many
	Unit    string  `json:"unit"`    // "tubes" or "people"
	Meaning string  `json:"meaning"` // in words
}

// Bottleneck is a resource that binds, between two hours, and what helps against it.
type Bottleneck struct {
	Resource   string   `json:"resource"` // laboratories, lanes, samplers, couriers, time
	IDs        []string `json:"ids,omitempty"`
	Of         int      `json:"of"` // how many of this resource there are
	From       float64  `json:"from"`
	To         float64  `json:"to"`
	Capacity   int64    `json:"capacity"`         // what all of it can take between those hours, in the proof's unit
	Change     *Change  `json:"change,omitempty"` // what helps most against it for its price; nil where nothing was tried
	Remedy     string   `json:"remedy"`           // the same in English
	HoursSaved float64  `json:"hours_saved"`
}

// Short says what is lacking.
type Short struct {
	Resource string  `json:"resource"` // sites in reach, laboratories, lanes, samplers, couriers, time
	ID       string  `json:"id,omitempty"`
	By       float64 `json:"by"` // the hour it refers to
	People   int64   `json:"people"`
	Tubes    int64   `json:"tubes"`
	Meaning  string  `json:"meaning"`
}

// Rounding is what whole lanes and whole tubes cost.
type Rounding struct {
	PartTubes int64   `json:"part_tubes"` // tubes that are not full
	LaneHours float64 `json:"lane_hours"` // of staff, as rounded up
	Exact     float64 `json:"exact_lane_hours"`
	Hours     float64 `json:"hours"` // by which the deadline grew because lanes are whole
}

// Cost is what the plan weighs, in metres that one person walks.
type Cost struct {
	Walking  int64 `json:"walking"`
	Time     int64 `json:"time"`
	Carrying int64 `json:"carrying"`
	Waiting  int64 `json:"waiting"`
}

// Walk is how far people walk, in metres.
type Walk struct {
	Mean   float64 `json:"mean_m"`
	Median float64 `json:"median_m"`
	P90    float64 `json:"p90_m"`
	P99    float64 `json:"p99_m"`
	Max    float64 `json:"max_m"`
}

// Point is how many tubes have a result by an hour.
type Point struct {
	Hour  float64 `json:"hour"`
	Tubes int64   `json:"tubes"`
}

// Assignment sends people of a community's class to a site, between two hours.
type Assignment struct {
	Community string  `json:"community"`
	Class     string  `json:"class"`
	Site      string  `json:"site"`
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	People    int64   `json:"people"`
	Tubes     int64   `json:"tubes"`
	Walk      float64 `json:"walk_m"`
}

// Staff is who must be at a site from one hour of the round to the next.
type Staff struct {
	Site       string  `json:"site"`
	From       float64 `json:"from"`
	To         float64 `json:"to"`
	Lanes      int     `json:"lanes"`
	Samplers   int     `json:"samplers"`
	Registrars int     `json:"registrars"`
}

// Sampling is what a site does in one period.
type Sampling struct {
	Site   string  `json:"site"`
	From   float64 `json:"from"`
	People int64   `json:"people"`
	Tubes  int64   `json:"tubes"` // closed by the end of the period
}

// Delivery is a courier's load: tubes closed in a zone by Collected, ready for a run at the laboratory at Ready.
type Delivery struct {
	Zone      string  `json:"zone"`
	Lab       string  `json:"lab"`
	Collected float64 `json:"collected"`
	Ready     float64 `json:"ready"`
	Tubes     int64   `json:"tubes"`
}

// Intake is what a laboratory takes into runs in one period.
type Intake struct {
	Lab    string  `json:"lab"`
	From   float64 `json:"from"`
	Tubes  int64   `json:"tubes"`
	Result float64 `json:"result"` // when they are known
}
