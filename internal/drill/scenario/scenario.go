// Package scenario holds what a drill plays: where, which disease, who is infected first, how it is found, how many people and machines there are to act, how long
// they take and what they get wrong, and what goes wrong besides.
//
// A scenario is a file, read strictly; docs/drill.md describes it. Those that ship stand in scenarios/. It does no I/O beyond its embedded files and reads no
// clock. drill and cmd import it; it imports protocol and sim/params for the form of a value.
package scenario

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"firebreak/internal/protocol"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/params"
)

//go:embed scenarios/*.yaml
var files embed.FS

// ErrUnknown is wrapped by Load when no scenario has the name.
var ErrUnknown = errors.New("no such scenario")

// ErrInvalid is wrapped by every error that says what is wrong with a file.
var ErrInvalid = params.ErrInvalid

// Number is a value with unit, source and status.
type Number = params.Number

// Scenario is one. It is read-only once read.
type Scenario struct {
	Name    string        `yaml:"name"`
	Title   protocol.Text `yaml:"title"`
	Sources []string      `yaml:"sources"` // [1] in a value's source is the first of them

	Place   Place     `yaml:"place"`
	Disease Disease   `yaml:"disease"`
	Pack    string    `yaml:"pack"`
	Start   time.Time `yaml:"start"` // midnight of a Monday, where the zone says
	Zone    string    `yaml:"zone"`
	Days    int       `yaml:"days"`
	First   []First   `yaml:"first"`

	Clinics    Clinics    `yaml:"clinics"`
	Routine    []Routine  `yaml:"routine"` // may be left out
	Office     Office     `yaml:"office"`
	Tracing    Tracing    `yaml:"tracing"`
	Sampling   Sampling   `yaml:"sampling"`
	Laboratory Laboratory `yaml:"laboratories"`
	Rounds     Rounds     `yaml:"rounds"`
	Transfer   Transfer   `yaml:"transfer"`
	Beds       Beds       `yaml:"beds"`
	People     People     `yaml:"people"`
	Injects    []Inject   `yaml:"injects"`
	Paper      Paper      `yaml:"paper"`

	location *time.Location
}

// Place is where it is played: a part of the shipped tree of Qingdao.
type Place struct {
	Area   string `yaml:"area"`
	People Number `yaml:"people" unit:"people"`
	Port   string `yaml:"port"` // code of the district that has the port; may be left out
}

// Disease is how it spreads.
type Disease struct {
	Params      string `yaml:"params"`                   // as of firebreak sim
	Specificity Number `yaml:"specificity" unit:"share"` // of one PCR in a laboratory that examines whole cities
	CtFirst     Number `yaml:"ct_first" unit:"Ct"`       // of somebody on the day of infection
	CtADay      Number `yaml:"ct_a_day" unit:"Ct a day"` // by which it rises
	Moderate    Number `yaml:"moderate" unit:"share"`    // of those with symptoms, who need a hospital
}

// First are people who are infected from outside.
type First struct {
	Day   int    `yaml:"day"`   // counted from the start, 0
	Hour  int    `yaml:"hour"`  // of the day
	Site  string `yaml:"site"`  // what they have in common, in the words of firebreak sim: "middle school"; empty: nothing
	Group bool   `yaml:"group"` // they are of one class, team or unit
	Cases int    `yaml:"cases"`
}

// Clinics are the fever clinics.
type Clinics struct {
	Tested   Number `yaml:"tested" unit:"share"`                        // of those who come with symptoms
	Capacity Number `yaml:"capacity" unit:"per day per 100,000 people"` // whoever comes later is sent away
	Result   Number `yaml:"result" unit:"h"`                            // from the swab
	Report   Number `yaml:"report" unit:"h"`                            // from a positive until it is entered
}

// Routine is a test on certain days of everybody of some kind of site: port workers, the staff of markets, who lives and works in a care home.
type Routine struct {
	Site   string `yaml:"site"`               // in the words of First.Site
	Every  Number `yaml:"every" unit:"d"`     // whole days
	Share  Number `yaml:"share" unit:"share"` // of those whose day it is, who are swabbed
	Result Number `yaml:"result" unit:"h"`    // from the swab
}

// Office is how long desks take, and what they decide where the system leaves it to a person.
type Office struct {
	Report     Number      `yaml:"report" unit:"h"`
	Verify     Number      `yaml:"verify" unit:"h"`
	Tell       Number      `yaml:"tell" unit:"h"` // somebody that they are isolated, quarantined or held
	Decide     Number      `yaml:"decide" unit:"h"`
	Meet       Number      `yaml:"meet" unit:"h"`          // what somebody asked for, from when it was noted
	MeetLate   Number      `yaml:"meet_late" unit:"share"` // of it
	MeetLateBy Number      `yaml:"meet_late_by" unit:"h"`
	Zones      params.Word `yaml:"zones"` // draw or decline what the rulebook proposes
}

// Tracing is who asks whom cases met, and how well.
type Tracing struct {
	Teams        Number `yaml:"teams" unit:"per 100,000 people"`
	Interview    Number `yaml:"interview" unit:"h"` // of one case, by one team
	NamedHome    Number `yaml:"named_home" unit:"share"`
	NamedGroup   Number `yaml:"named_group" unit:"share"`
	NamedSite    Number `yaml:"named_site" unit:"share"`
	NamedLine    Number `yaml:"named_line" unit:"share"`
	NamedShop    Number `yaml:"named_shop" unit:"share"`
	NamedLeisure Number `yaml:"named_leisure" unit:"share"`
	Second       Number `yaml:"second" unit:"share"`       // of close contacts, who are asked whom they met
	Reach        Number `yaml:"reach" unit:"h"`            // until somebody answers
	WrongNumber  Number `yaml:"wrong_number" unit:"share"` // of telephone numbers
	Visit        Number `yaml:"visit" unit:"h"`            // until somebody stands at the door of who has a wrong number
}

// Sampling is how people are swabbed singly.
type Sampling struct {
	Delay Number `yaml:"delay" unit:"h"` // from the order to the swab
	Round Number `yaml:"round" unit:"h"` // hour of the day at which contacts are swabbed on their test days
}

// Laboratory is what all laboratories together can do.
type Laboratory struct {
	Count      Number `yaml:"count" unit:"count"`
	Tubes      Number `yaml:"tubes" unit:"tubes an hour per 100,000 people"`
	Courier    Number `yaml:"courier" unit:"h"`
	Turnaround Number `yaml:"turnaround" unit:"h"`
	Late       Number `yaml:"late" unit:"share"`
	LateBy     Number `yaml:"late_by" unit:"h"`
	Lost       Number `yaml:"lost" unit:"share"` // of tubes, on the way
	Notice     Number `yaml:"notice" unit:"h"`   // until a lost one is noticed
}

// Rounds are the orders of the command post about testing everybody, and how that is done.
type Rounds struct {
	Held    params.Word `yaml:"held"`           // asked: whenever the stop rule says go on; none
	First   Number      `yaml:"first" unit:"h"` // from the first case to the first round, at the earliest
	Every   Number      `yaml:"every" unit:"h"` // from the beginning of a round to that of the next, at the earliest
	Pool    int         `yaml:"pool"`           // people a tube; 0: by the pack
	Opens   Number      `yaml:"opens" unit:"h"` // hour of the day
	Closes  Number      `yaml:"closes" unit:"h"`
	Site    Number      `yaml:"site" unit:"people"` // inhabitants for each site
	Rate    Number      `yaml:"rate" unit:"people an hour"`
	Absent  Number      `yaml:"absent" unit:"share"` // of those due, who do not come by themselves
	Refuse  Number      `yaml:"refuse" unit:"share"` // who will not be swabbed even at their door
	Doors   Number      `yaml:"doors" unit:"h"`      // after closing, until all doors were knocked at
	Collect Number      `yaml:"collect" unit:"h"`    // between two boxes of a site
}

// Transfer is who drives.
type Transfer struct {
	Buses      Number `yaml:"buses" unit:"per 100,000 people"`
	Seats      Number `yaml:"seats" unit:"people"`
	Ambulances Number `yaml:"ambulances" unit:"per 100,000 people"`
	Lent       Number `yaml:"lent" unit:"times"` // as many as the own ones, by neighbours who are asked
	LentAfter  Number `yaml:"lent_after" unit:"h"`
	Late       Number `yaml:"late" unit:"share"` // of stops
	LateBy     Number `yaml:"late_by" unit:"h"`
	NoShow     Number `yaml:"no_show" unit:"share"` // of parties who are not at home when they are fetched first
	Plan       Number `yaml:"plan" unit:"h"`        // between two plans of the desk
}

// Beds is where people can be brought.
type Beds struct {
	Quarantine Number `yaml:"quarantine" unit:"rooms per 100,000 people"`
	Isolation  Number `yaml:"isolation" unit:"beds per 100,000 people"`
	Hospital   Number `yaml:"hospital" unit:"beds per 100,000 people"`
	Turn       Number `yaml:"turn" unit:"h"` // until a room is ready again
}

// People is what everybody does.
type People struct {
	StaysBehind Number `yaml:"stays_behind" unit:"share"` // of adults who could go along with a child of their household who is moved, who would not
	OwnWay      Number `yaml:"own_way" unit:"share"`      // of those who are let go, who go home by themselves
	Asks        Number `yaml:"asks" unit:"share"`         // of those who are quarantined or isolated, who ask for food, medicine or care
	Compliance  Number `yaml:"compliance" unit:"share"`   // of days at home on which people stay there
}

// Kinds of injects.
const (
	LabDown   = "lab-down"   // a laboratory reads nothing for some hours
	BusBreaks = "bus-breaks" // a vehicle breaks down, and stays so for some hours
	Rumour    = "rumour"     // many more come to the clinics
	Kill      = "kill"       // the server is killed, and started again after some minutes
)

// Inject is something that goes wrong.
type Inject struct {
	Day   int     `yaml:"day"`  // counted from the day on which the first case was found, 0
	Time  string  `yaml:"time"` // 14:00
	Kind  string  `yaml:"kind"`
	Hours float64 `yaml:"hours"` // how long
	Times float64 `yaml:"times"` // of a rumour: as many come
	Which int     `yaml:"which"` // laboratory or bus, from 1
}

// Paper is a response by telephone and paper: what the same world is measured against. Tracing alone; nobody tests everybody.
type Paper struct {
	Result       Number `yaml:"result" unit:"h"`
	Pace         Number `yaml:"pace" unit:"times"`
	Tested       Number `yaml:"tested" unit:"share"`
	NamedHome    Number `yaml:"named_home" unit:"share"`
	NamedGroup   Number `yaml:"named_group" unit:"share"`
	NamedSite    Number `yaml:"named_site" unit:"share"`
	NamedLine    Number `yaml:"named_line" unit:"share"`
	NamedShop    Number `yaml:"named_shop" unit:"share"`
	NamedLeisure Number `yaml:"named_leisure" unit:"share"`
	Second       Number `yaml:"second" unit:"share"`
	Cases        Number `yaml:"cases" unit:"per day"`
	Sites        Number `yaml:"sites" unit:"people"`
	Without      Number `yaml:"without" unit:"h"`
}

// Location is the zone in which days are counted.
func (s *Scenario) Location() *time.Location { return s.location }

// At is when an inject happens, by the day on which the first case was found.
func (i Inject) At(found time.Time) time.Time {
	at, _ := time.Parse("15:04", i.Time) // was read before
	y, m, d := found.Date()
	return time.Date(y, m, d+i.Day, at.Hour(), at.Minute(), 0, 0, found.Location())
}

// Names lists the scenarios that ship.
func Names() []string {
	list, _ := fs.Glob(files, "scenarios/*.yaml") // the pattern is right
	for i, f := range list {
		list[i] = strings.TrimSuffix(path.Base(f), ".yaml")
	}
	return list
}

// Load returns the shipped scenario of a name. The error of an unknown one wraps ErrUnknown and names those there are.
func Load(name string) (*Scenario, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("%q; there are %s: %w", name, strings.Join(Names(), ", "), ErrUnknown)
	}
	text, err := files.ReadFile("scenarios/" + name + ".yaml")
	if err != nil {
		return nil, err
	}
	return Read(name+".yaml", text)
}

// Read reads a scenario strictly. Errors name the file, the line and the field, and wrap ErrInvalid.
func Read(file string, text []byte) (*Scenario, error) {
	s := &Scenario{}
	if err := params.Decode(file, text, s); err != nil {
		return nil, err
	}
	line := func(at string) int { return lineOf(text, at) }
	var sources strings.Builder
	for i, x := range s.Sources {
		fmt.Fprintf(&sources, "\n%d. %s", i+1, x)
	}
	bad := func(at, format string, args ...any) error {
		where := file
		if n := line(at); n > 0 {
			where = fmt.Sprintf("%s:%d", file, n)
		}
		return fmt.Errorf("%s: %s: %s: %w", where, at, fmt.Sprintf(format, args...), ErrInvalid)
	}
	return s, errors.Join(params.Check(file, sources.String(), s, line), s.check(bad))
}

// lineOf finds the line of a field, or of what it would stand in; 0 where it cannot be told.
func lineOf(text []byte, at string) (line int) {
	defer func() {
		if recover() != nil { // as in params.Decode
			line = 0
		}
	}()
	for at != "" {
		if p, err := yaml.PathString("$." + at); err == nil {
			if n, err := p.ReadNode(bytes.NewReader(text)); err == nil && n != nil && n.GetToken() != nil && n.GetToken().Position != nil {
				return n.GetToken().Position.Line
			}
		}
		i := strings.LastIndexAny(at, ".[")
		at = at[:max(0, i)]
	}
	return 0
}

// Siteable are the words that First.Site may be.
func Siteable() []string {
	out := []string{}
	for k := city.KindKindergarten; k <= city.KindDaily; k++ {
		out = append(out, k.String())
	}
	return out
}

func (s *Scenario) check(bad func(at, format string, args ...any) error) error {
	var wrong []error
	say := func(at, format string, args ...any) { wrong = append(wrong, bad(at, format, args...)) }
	if s.Name == "" {
		say("name", "is needed")
	}
	if s.Title.EN == "" || s.Title.ZH == "" {
		say("title", "is needed in en and zh")
	}
	if s.Place.Area == "" {
		say("place.area", "is needed")
	}
	if !slices.Contains(must(params.Names()), s.Disease.Params) {
		say("disease.params", "%q is not one of %s", s.Disease.Params, strings.Join(must(params.Names()), ", "))
	}
	if _, err := protocol.Load(s.Pack); err != nil {
		say("pack", "%v", err)
	}
	loc, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" {
		say("zone", "%q is no time zone such as Asia/Shanghai", s.Zone)
		loc = time.UTC
	}
	s.location = loc
	if at := s.Start.In(loc); at.Weekday() != time.Monday || at.Hour() != 0 || at.Minute() != 0 {
		say("start", "%s is not the beginning of a Monday in %s", s.Start.Format(time.RFC3339), s.Zone)
	}
	if s.Days < 1 || s.Days > 366 {
		say("days", "%d is not 1 to 366", s.Days)
	}
	if len(s.First) == 0 {
		say("first", "somebody has to be infected first")
	}
	for i, f := range s.First {
		at := fmt.Sprintf("first[%d]", i)
		switch {
		case f.Day < 0 || f.Day >= s.Days:
			say(at+".day", "%d is not a day of the drill", f.Day)
		case f.Hour < 0 || f.Hour > 23:
			say(at+".hour", "%d is not 0 to 23", f.Hour)
		case f.Cases < 1 || f.Cases > 1000:
			say(at+".cases", "%d is not 1 to 1,000", f.Cases)
		case f.Site != "" && !slices.Contains(Siteable(), f.Site):
			say(at+".site", "%q is not one of %s", f.Site, strings.Join(Siteable(), ", "))
		case f.Group && f.Site == "":
			say(at+".group", "wants a site")
		}
	}
	for i, r := range s.Routine {
		at := fmt.Sprintf("routine[%d]", i)
		if !slices.Contains(Siteable(), r.Site) {
			say(at+".site", "%q is not one of %s", r.Site, strings.Join(Siteable(), ", "))
		}
		if r.Every.Value < 1 || r.Every.Value > 90 || r.Every.Value != float64(int(r.Every.Value)) {
			say(at+".every", "%g is not 1 to 90 whole days", r.Every.Value)
		}
	}
	for at, x := range map[string]params.Word{"office.zones": s.Office.Zones, "rounds.held": s.Rounds.Held} {
		words := map[string][]string{"office.zones": {"draw", "decline"}, "rounds.held": {"asked", "none"}}[at]
		if !slices.Contains(words, x.Value) {
			say(at, "%q is not one of %s", x.Value, strings.Join(words, ", "))
		}
	}
	if !slices.Contains([]int{0, 1, 5, 10, 20}, s.Rounds.Pool) {
		say("rounds.pool", "%d is not 1, 5, 10 or 20, or 0 for the pack's", s.Rounds.Pool)
	}
	for at, x := range map[string]Number{"place.people": s.Place.People, "tracing.teams": s.Tracing.Teams, "laboratories.count": s.Laboratory.Count, "laboratories.tubes": s.Laboratory.Tubes, "rounds.site": s.Rounds.Site, "rounds.rate": s.Rounds.Rate,
		"rounds.collect": s.Rounds.Collect, "transfer.buses": s.Transfer.Buses, "transfer.seats": s.Transfer.Seats, "transfer.ambulances": s.Transfer.Ambulances, "transfer.plan": s.Transfer.Plan} {
		if x.Value <= 0 {
			say(at, "must be above 0")
		}
	}
	if o, c := s.Rounds.Opens.Value, s.Rounds.Closes.Value; o >= c || c > 24 {
		say("rounds.closes", "desks that open at %g cannot close at %g", o, c)
	}
	for i, x := range s.Injects {
		at := fmt.Sprintf("injects[%d]", i)
		if _, err := time.Parse("15:04", x.Time); err != nil {
			say(at+".time", "%q is no time of day such as 14:00", x.Time)
		}
		switch {
		case x.Day < 0 || x.Day > 366:
			say(at+".day", "%d is not 0 to 366", x.Day)
		case !slices.Contains([]string{LabDown, BusBreaks, Rumour, Kill}, x.Kind):
			say(at+".kind", "%q is not one of %s, %s, %s, %s", x.Kind, LabDown, BusBreaks, Rumour, Kill)
		case !(x.Hours > 0 && x.Hours <= 1000):
			say(at+".hours", "must be above 0")
		case x.Kind == Rumour && !(x.Times >= 1 && x.Times <= 1000):
			say(at+".times", "must be 1 or more")
		case (x.Kind == LabDown || x.Kind == BusBreaks) && x.Which < 1:
			say(at+".which", "counts from 1")
		}
	}
	return errors.Join(wrong...)
}

// must is for embedded files, which a test reads.
func must(list []string, err error) []string {
	if err != nil {
		panic(err)
	}
	return list
}
