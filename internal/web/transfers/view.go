// Package transfers is the dispatcher's board: vehicles against time with their stops, who waits by deadline, what giving a party to another vehicle would cost, which sites are full, and who is on the way
// to which of them.
package transfers

import (
	"embed"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/transfer"
	"firebreak/internal/web/ui"
)

//go:embed page.html request.html vehicle.html form.html auto_plan.html
var files embed.FS

// New parses the board.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("transfers", files, "page.html") }

// NewRequest parses the page of one request.
func NewRequest(k *ui.Kit) (*ui.Page, error) { return k.Page("transfer", files, "request.html") }

// NewVehicle parses the page of one vehicle.
func NewVehicle(k *ui.Kit) (*ui.Page, error) { return k.Page("vehicle", files, "vehicle.html") }

// NewForm parses the form that asks by hand.
func NewForm(k *ui.Kit) (*ui.Page, error) { return k.Page("transfer-form", files, "form.html") }

// View is the board.
type View struct {
	Href     string
	May      bool // plan, and say what became of vehicles
	Figures  []Figure
	ToBed    *ToBed // nil where nobody arrived within a day
	Plan     *Plan  // nil before the first
	Auto     int64  // minutes between two plans where it is planned by itself; 0: when somebody asks
	Cost     *Cost  // of what was dragged or chosen
	Needed   *Needed
	Failed   i18n.Msg
	Waiting  []Party // to be fetched, the first deadline first
	Vehicles []Vehicle
	Hours    []Hour
	Map      *ui.Map
	Arriving ui.Table
	Sites    []Site
}

// Figure is how many people are in a state.
type Figure struct {
	Key  string // key: transfer.state.<Key>; late: transfer.late
	N    int
	Late bool
}

// ToBed is how long it took from the result to the bed.
type ToBed struct {
	People, Late int
	Median, P90  time.Duration
}

// Plan is the newest plan in short.
type Plan struct {
	Version        int64
	MadeAt         time.Time
	By             string
	People         int64
	Unserved, Late int64
	InTime         bool
}

// Party is people who move together.
type Party struct {
	ID          int64
	Href        string
	People      int
	Class       string // key: transfer.class.<Class>
	Purpose     string // key: transfer.purpose.<Purpose>
	Area        string
	State       string // key: transfer.state.<State>
	Status      ui.Status
	Deadline    time.Time
	Promised    time.Time
	Vehicle     string
	Needs       []string // words as they are
	Wheelchairs int
	Stretchers  int
	Companions  int  // of the people, who go along with a child
	Alone       bool // children, and no adult goes along
	Reason      string
	Moves       bool // it can be given to another vehicle
	Again       string
}

// Vehicle is a row of the board.
type Vehicle struct {
	ID     int64
	Code   string
	Href   string
	State  string // key: transfer.vehicle.<State>
	Broken bool
	Crew   string
	Seats  int64
	Last   string // key: transfer.class.<Last>; empty: clean
	Bars   []Bar  // shifts and trips on the time line
	Trips  []Trip
	Option ui.Option
}

// Bar is a part of the time line, in thousandths of its width.
type Bar struct {
	X, Width int
	Kind     string // shift, planned, started, done
	Stops    []int  // where it stops
}

// Hour is a mark of the time line.
type Hour struct {
	X  int // of 1,000
	At time.Time
}

// Percent is how far along the line it stands.
func (h Hour) Percent() float64 { return float64(h.X) / 10 }

// Trip is a trip in words.
type Trip struct {
	ID      int64
	State   string // key: transfer.trip.<State>
	Class   string // key: transfer.class.<Class>
	To      string
	Leaves  time.Time
	Arrives time.Time
	Delay   time.Duration
	Stops   int
	Done    int
	People  int
	Late    bool // somebody of it comes after the deadline
}

// Needed is how many more vehicles would bring in time those who are not; none where they would help nobody.
type Needed struct{ Items []More }

// More is what more vehicles would do for those of a class.
type More struct {
	Class                                    string // key: transfer.class.<Class>
	Vehicles, Seats, Wheelchairs, Stretchers int
	Unserved, Late                           int // parties, as it is planned
	UnservedThen, LateThen                   int
}

// Cost is what giving a party to a vehicle costs.
type Cost struct {
	Party   int64
	Vehicle string
	ID      int64 // of the vehicle
	Fits    bool
	Minutes float64
	Km      float64
	At      time.Time
	Late    []CostLate
	Left    []int64
}

// CostLate is a party that would be late, or later.
type CostLate struct {
	Party int64
	By    time.Duration
}

// Site is a place that takes people, and whether it is full.
type Site struct {
	Code, Name string
	Kind       string // key: transfer.kind.<Kind>
	Full       bool
	Reason     string
	Since      time.Time
	Grave      int    // standards that are critical, and that it does not meet: whoever sends people there should know
	Standards  string // address of its standards; empty where the reader may not see them
}

// RequestView is one request.
type RequestView struct {
	Party
	Who    []Member
	Along  *ui.Form // an adult goes along; nil where nobody is asked
	None   bool     // children alone, and their household has no adult who can go along: Along is of somebody whom the family has chosen
	Change *ui.Form
	Cancel *ui.Form
	Stays  *ui.Form // an adult does not go along after all; nil where nobody does
	Hands  ui.Table
	Back   string
	child  transfer.RequestID // whom Along is about
}

// Member is one person of a party.
type Member struct {
	Code string // of the case or contact
	Href string
	Seat string // key: transfer.seat.<Seat>
	Bed  string
	With bool // goes along with the child whose code it is
}

// VehicleView is one vehicle.
type VehicleView struct {
	Vehicle
	Back   string
	Change *ui.Form
	Invite *ui.Form
	Stops  ui.Table
	Phones ui.Table
	Card   *Card
}

// Card is an invitation, shown once.
type Card struct {
	URL     string
	Size    int
	Path    string
	EnrolBy time.Time
}

// FormView asks by hand.
type FormView struct{ Form ui.Form }
