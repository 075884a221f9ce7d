// Package isolation is the screen of where people are kept apart: facilities and how full they are, and the rooms, arrivals and stays of one.
package isolation

import (
	"embed"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed *.html
var files embed.FS

// New parses the list of facilities.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("isolation", files, "page.html", "ahead.html") }

// NewForm parses the page on which a facility or its rooms are entered.
func NewForm(k *ui.Kit) (*ui.Page, error) { return k.Page("isolation-form", files, "form.html") }

// NewFacility parses the page of one facility.
func NewFacility(k *ui.Kit) (*ui.Page, error) {
	return k.Page("facility", files, "facility.html", "head.html", "ahead.html")
}

// NewOne parses the page of one room, or of one stay.
func NewOne(k *ui.Kit) (*ui.Page, error) {
	return k.Page("isolation-one", files, "one.html", "head.html")
}

// RoomState is how a room stands for whoever gives beds: what it is used for, or why it cannot be.
type RoomState string

// The states, by what is done next with the room.
const (
	Free     RoomState = "free"
	Booked   RoomState = "booked"
	In       RoomState = "in"
	Cleaning RoomState = "cleaning"
	Broken   RoomState = "broken"
)

// Status is the shape that goes with the word.
func (s RoomState) Status() ui.Status {
	switch s {
	case Free:
		return ui.OnTime
	case Booked:
		return ui.DueSoon
	case In:
		return ui.Done
	case Broken:
		return ui.Late
	case Cleaning:
	}
	return ui.Void
}

// stateOf says how a room stands with those who have a bed in it. Somebody who is there counts more than that it is broken.
func stateOf(m facility.Room, stays []facility.Stay) RoomState {
	booked := false
	for _, s := range stays {
		switch s.State {
		case facility.In:
			return In
		case facility.Booked:
			booked = true
		case facility.Left, facility.Dropped:
		}
	}
	switch {
	case m.State == facility.Broken:
		return Broken
	case m.State == facility.Cleaning:
		return Cleaning
	case booked:
		return Booked
	}
	return Free
}

// Count is a number over its word.
type Count struct {
	Label  i18n.Msg
	N      int64
	Sub    i18n.Msg
	Status ui.Status // empty where it has no shape
}

// ListView is the list of facilities.
type ListView struct {
	Totals  []Count // empty where there is no facility
	Ahead   []AheadView
	Table   ui.Table
	NewHref string // empty where the reader enters none
	Error   i18n.Msg
}

// FormView is a facility being entered, or rooms of one.
type FormView struct {
	Title i18n.Msg
	Back  string // address of the facility
	Forms []Form
}

// Form is what the reader may do, under a heading.
type Form struct {
	Title i18n.Msg
	Hint  i18n.Msg
	ui.Form
}

// Head is what stands over every page of a facility.
type Head struct {
	Code, Name string
	Href       string
	Kind       string // key: facility_kind.<Kind>
	State      string // key: facility_state.<State>
	Status     ui.Status
	Area       string
	Tier       string    // key: tier.<Tier>; empty for any
	Usable     time.Time // of one that opens
	Phone      string
	RoomsHref  string // where rooms are entered; empty where the reader enters none
}

// View is the page of a facility.
type View struct {
	Head
	Counts    []Count
	Arrivals  []Arrival
	CheckIn   string   // where arrivals are posted; empty where the reader may not
	Needs     []string // key: restriction.need.<need>; what can be asked for on arrival
	Turns     []Turn
	MoreTurns int // rooms to turn round that are only in the grid
	Corridors []Corridor
	Rooms     int
	People    ui.Table
	Forms     []Form
	Error     i18n.Msg // of a step that has no form of its own
	// Checks says how many are to be checked now; empty where nobody there is.
	Checks     i18n.Msg
	ChecksHref string
	// Incidents says how many are open.
	Incidents     i18n.Msg
	IncidentsHref string
	// Standing is how it stands by the standards that it is held to; nil where it has no list of them.
	Standing        *Standing
	InspectionsHref string
	MayInspect      bool
	Staff           *StaffLine // nil where the reader may not see the roster
	Ahead           *AheadView // nil where it has no rooms
}

// Arrival is those who are expected in one room, together.
type Arrival struct {
	Room   string
	Href   string
	Guests []Guest
	Wait   RoomState // Cleaning or Broken where they cannot come in yet; otherwise empty
}

// Guest is somebody who has a bed.
type Guest struct {
	Stay   int64
	Of     string // code of the case or contact
	OfHref string // of its page; of the stay where the reader may not see that
	Href   string // of the stay
	Bed    int64
	In     bool
	Since  time.Time // there, or booked
	Ends   string    // ISO day, where a day is known
	Over   bool      // follow-up is over: to be let go
	With   bool      // an adult who chose to be with the child whose code it is
}

// Turn is a room to be turned round.
type Turn struct {
	Code, Href string
	Since      time.Time
	Action     string // empty where the reader may not
	Version    int64
}

// Corridor is the rooms that share a lift or corridor.
type Corridor struct {
	Name  string // empty: rooms that share none
	Class string // key: class of those who are there; empty where nobody is
	Rooms []Room
}

// Room is a room of the grid.
type Room struct {
	Code, Href string
	State      RoomState
	Use        string // key: room_use.<Use>
	Beds       int64
	Guests     []Guest // the first few
	More       int     // others
}

// Taken is how many beds somebody has.
func (r Room) Taken() int64 { return int64(len(r.Guests) + r.More) }

// OneView is the page of one room or one stay.
type OneView struct {
	Head
	Title    i18n.Msg
	StateKey string // key of the word
	Status   ui.Status
	Facts    []Fact
	Guests   []Guest
	Forms    []Form
	// Certificate is the address of the certificate of release; empty for somebody who was not released.
	Certificate string
}

// Fact is one thing that is known.
type Fact struct {
	Label i18n.Msg
	Value ui.Cell
}
