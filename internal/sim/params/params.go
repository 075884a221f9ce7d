// Package params holds the numbers of the simulator: how a city is made up, how a disease spreads, and what a response really takes. Each has its unit,
// source and status, as the values of a protocol pack have.
//
// The files stand beside it and are embedded; SOURCES.md says where the numbers are from. They are decoded strictly and checked whole. It imports protocol
// for the form of a value; sim and the folders below it import it.
package params

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"firebreak/internal/protocol"
)

//go:embed *.yaml diseases/*.yaml SOURCES.md
var files embed.FS

// ErrUnknown is wrapped by Load when no disease has the name.
var ErrUnknown = errors.New("no such simulation parameters")

// ErrInvalid is wrapped by every error that says what is wrong with a file.
var ErrInvalid = errors.New("not valid simulation parameters")

// Number and List are a value and a list of values with unit, source and status.
type (
	Number = protocol.Value[float64]
	List   = protocol.Value[[]float64]
	Word   = protocol.Value[string]
)

// Disease is how an infection runs and spreads. It is read-only once loaded.
type Disease struct {
	Name  string        `yaml:"name"`
	Title protocol.Text `yaml:"title"`

	// Reproduction is whom one infected person infects on average, everybody else being susceptible and nothing being done.
	Reproduction Number `yaml:"reproduction" unit:"people"`
	// Household is the share of the others at home whom one infected person infects.
	Household Number `yaml:"household_attack" unit:"share"`
	// Dispersion is the k of the gamma distribution by which people differ in how many they infect outside their home.
	Dispersion Number `yaml:"dispersion" unit:"k"`

	Incubation   Delay  `yaml:"incubation"`
	Infectious   Delay  `yaml:"infectious"`          // days from Counted to an infection that this person causes
	Counted      Word   `yaml:"counted"`             // from infection, or from onset
	NotBefore    Word   `yaml:"not_before"`          // whether onset bounds infectiousness: "onset" or "none"
	Asymptomatic Share  `yaml:"asymptomatic"`        // and what they infect beside those with symptoms
	Immune       Number `yaml:"immune" unit:"share"` // of all people at the start

	Sensitivity List   `yaml:"sensitivity" unit:"share by day"` // of one PCR by days since infection, from day 0
	Antigen     List   `yaml:"antigen" unit:"share by day"`
	Specificity Number `yaml:"specificity" unit:"share"`

	Care Care `yaml:"care"`
	Beds Beds `yaml:"beds"`
}

// Beds is which of the infected who were found need a bed in hospital, and for how long.
type Beds struct {
	Ward     Number `yaml:"ward" unit:"share"` // intensive care not counted
	ICU      Number `yaml:"icu" unit:"share"`
	WardDays Number `yaml:"ward_days" unit:"d"`
	ICUAfter Number `yaml:"icu_after" unit:"d"` // from being found, in a ward bed
	ICUDays  Number `yaml:"icu_days" unit:"d"`
}

// Delay is a distribution of whole days, with its mean and standard deviation.
type Delay struct {
	Mean Number `yaml:"mean" unit:"d"`
	SD   Number `yaml:"sd" unit:"d"`
}

// Share is those without symptoms and their infectiousness.
type Share struct {
	Share    Number `yaml:"share" unit:"share"`
	Relative Number `yaml:"relative" unit:"share"`
}

// Care is what people with symptoms do about them.
type Care struct {
	Share Number `yaml:"share" unit:"share"` // who go to a clinic at all
	Delay Delay  `yaml:"delay"`              // from onset
	// Background is how many of those without this infection come with the like in a day.
	Background Number `yaml:"background" unit:"share by day"`
}

// City is how people live together.
type City struct {
	Households List `yaml:"households" unit:"share"` // by size, from 1
	Elders     List `yaml:"elders" unit:"people"`    // people of 60 and above in a household of each size
	Children   List `yaml:"children" unit:"people"`  // people below 23 in a household of each size

	Community Number `yaml:"community_min" unit:"people"` // smaller communities are joined with their neighbours

	Kindergarten School `yaml:"kindergarten"`
	Primary      School `yaml:"primary"`
	Middle       School `yaml:"middle"`
	High         School `yaml:"high"`

	Employed      Number `yaml:"employed" unit:"share"`       // of those from 18 to 59
	EmployedElder Number `yaml:"employed_elder" unit:"share"` // of those from 60 to 69
	WorkNear      Number `yaml:"work_near" unit:"share"`      // in their own part of the city
	WorkDistrict  Number `yaml:"work_district" unit:"share"`  // elsewhere in their own district
	Zone          Number `yaml:"zone" unit:"people"`          // of one part of the city, which has its line and its hospital
	Workplace     Number `yaml:"workplace_min" unit:"people"`
	WorkplaceTail Number `yaml:"workplace_tail" unit:"exponent"` // of the sizes, which have no other scale
	WorkplaceMax  Number `yaml:"workplace_max" unit:"people"`
	Team          Number `yaml:"team" unit:"people"`
	OpenDaily     Number `yaml:"open_daily" unit:"share"` // of workplaces: shops, kitchens, transport

	CareHome    Number `yaml:"care_home" unit:"people"`     // residents of one
	CareHomePer Number `yaml:"care_home_per" unit:"people"` // inhabitants for each
	CareUnit    Number `yaml:"care_unit" unit:"people"`     // residents of a unit
	CareStaff   Number `yaml:"care_staff" unit:"people"`    // staff of a unit
	Hospital    Number `yaml:"hospital_staff" unit:"share"` // of those who work in a part of the city
	Port        Number `yaml:"port_staff" unit:"share"`     // of those who work in the port's district
	ShopPer     Number `yaml:"shop_per" unit:"people"`      // inhabitants for each shop
	Building    Number `yaml:"building" unit:"people"`      // of one building

	Site    Layer `yaml:"site"`
	Line    Layer `yaml:"line"`
	Shop    Layer `yaml:"shop"`
	Leisure Layer `yaml:"leisure"`
	Group   Times `yaml:"group"`
	Home    Times `yaml:"home"`
}

// School is one kind of school.
type School struct {
	Share     Number `yaml:"share" unit:"share"`      // of the children of its age
	Catchment Number `yaml:"catchment" unit:"people"` // inhabitants for each
	Class     Number `yaml:"class" unit:"people"`
}

// Layer is one way of meeting people by chance.
type Layer struct {
	Share  Number `yaml:"share" unit:"share"`   // of those who could, who take part on a day
	Rounds Number `yaml:"rounds" unit:"people"` // whom each of them meets, if everybody took part
	Weight Number `yaml:"weight" unit:"times"`  // how well it infects, beside a day in one class or team
	Times  `yaml:",inline"`
}

// Times are when and how long people are together.
type Times struct {
	From Number `yaml:"from" unit:"h"`
	To   Number `yaml:"to" unit:"h"`
	Min  Number `yaml:"min" unit:"min"`
	Max  Number `yaml:"max" unit:"min"`
}

// Response is what a response really takes where a protocol pack only says by when: coverage, delays and what people do.
type Response struct {
	Result       Number `yaml:"result" unit:"h"`         // from a swab to its result
	Pace         Number `yaml:"pace" unit:"times"`       // of a clock of the pack, that is used up
	Compliance   Number `yaml:"compliance" unit:"share"` // of days at home on which people stay there
	Tested       Number `yaml:"tested" unit:"share"`     // of those who come to a clinic
	NamedHome    Number `yaml:"named_home" unit:"share"` // of contacts of each kind, who are found
	NamedGroup   Number `yaml:"named_group" unit:"share"`
	NamedSite    Number `yaml:"named_site" unit:"share"`
	NamedLine    Number `yaml:"named_line" unit:"share"`
	NamedShop    Number `yaml:"named_shop" unit:"share"`
	NamedLeisure Number `yaml:"named_leisure" unit:"share"`
	Second       Number `yaml:"second" unit:"share"`  // of those found, whose own contacts are asked for
	Cases        Number `yaml:"cases" unit:"per day"` // investigated for each million people
	Sites        Number `yaml:"sites" unit:"people"`  // places in quarantine for each million people
	Without      Number `yaml:"without" unit:"h"`     // a step for which the pack has no clock
}

// Forecast is what is not known of a city before it is looked at, and what work a case or contact makes.
type Forecast struct {
	Reproduction Number `yaml:"reproduction_sd" unit:"log sd"` // of how well meetings outside the home infect before anything is done, beside the disease's
	AfterLow     Number `yaml:"after_low" unit:"times"`        // the same once the first case is known: from
	AfterHigh    Number `yaml:"after_high" unit:"times"`       // to, each factor as likely as another
	Wobble       Number `yaml:"wobble_sd" unit:"log sd"`       // by which it differs from week to week
	TestedLow    Number `yaml:"tested_low" unit:"share"`       // of those with symptoms who come to a clinic
	TestedHigh   Number `yaml:"tested_high" unit:"share"`
	Pace         Number `yaml:"pace_sd" unit:"log sd"`   // of the pace of the response
	NamedLow     Number `yaml:"named_low" unit:"times"`  // of the share of contacts who are named
	Seeds        Number `yaml:"seeds_max" unit:"people"` // infected at the start; n of them 1/n as likely as one
	Unfound      Number `yaml:"unfound" unit:"d"`        // that an outbreak goes unseen, at most

	Case     Number `yaml:"case_work" unit:"h"`    // to investigate a case
	Contact  Number `yaml:"contact_work" unit:"h"` // to find and list a contact
	Check    Number `yaml:"check_work" unit:"min"` // of a contact
	PerDay   Number `yaml:"checks" unit:"per day"`
	Swab     Number `yaml:"swab_work" unit:"min"`
	Shift    Number `yaml:"shift" unit:"h"` // of work on one day by one person
	WardCare Number `yaml:"ward_staff" unit:"per bed"`
	ICUCare  Number `yaml:"icu_staff" unit:"per bed"`
}

func (f *Forecast) check(file string) error {
	bad := func(at, why string) error { return fmt.Errorf("%s: %s: %s: %w", file, at, why, ErrInvalid) }
	switch {
	case f.AfterLow.Value <= 0 || f.AfterHigh.Value < f.AfterLow.Value:
		return bad("after_low", "must be above 0 and at most after_high")
	case f.TestedHigh.Value > 1 || f.TestedHigh.Value < f.TestedLow.Value:
		return bad("tested_high", "must be from tested_low to 1")
	case f.NamedLow.Value > 1:
		return bad("named_low", "must be at most 1")
	case f.Seeds.Value < 1 || f.Unfound.Value < 1 || f.Shift.Value <= 0:
		return bad("seeds_max", "seeds_max and unfound must be at least 1, shift above 0")
	}
	return nil
}

// LoadForecast returns what a forecast starts from.
func LoadForecast() (*Forecast, error) {
	f := &Forecast{}
	const file = "forecast.yaml"
	if err := read(file, f); err != nil {
		return nil, err
	}
	return f, f.check(file)
}

// Load returns the disease with the name, "omicron-ba2". The error of an unknown one wraps ErrUnknown and names those there are.
func Load(name string) (*Disease, error) {
	names, err := Names()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("%q; there are %s: %w", name, strings.Join(names, ", "), ErrUnknown)
	}
	d := &Disease{}
	file := "diseases/" + name + ".yaml"
	if err := read(file, d); err != nil {
		return nil, err
	}
	if d.Name != name {
		return nil, fmt.Errorf("%s: name: is %q: %w", file, d.Name, ErrInvalid)
	}
	return d, d.check(file)
}

// Names lists the diseases.
func Names() ([]string, error) {
	list, err := fs.Glob(files, "diseases/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list simulation parameters: %w", err)
	}
	for i, f := range list {
		list[i] = strings.TrimSuffix(path.Base(f), ".yaml")
	}
	return list, nil
}

// LoadCity returns how people live together.
func LoadCity() (*City, error) {
	c := &City{}
	const file = "city.yaml"
	if err := read(file, c); err != nil {
		return nil, err
	}
	return c, c.check(file)
}

// LoadResponse returns what a response really takes.
func LoadResponse() (*Response, error) {
	r := &Response{}
	return r, read("response.yaml", r)
}

func read(file string, into any) error {
	text, err := files.ReadFile(file)
	if err != nil {
		return err
	}
	return parse(file, text, into)
}

// parse reads a file strictly and gives each value its path.
func parse(file string, text []byte, into any) error {
	sources, err := files.ReadFile("SOURCES.md")
	if err != nil {
		return err
	}
	if err := Decode(file, text, into); err != nil {
		return err
	}
	return Check(file, string(sources), into, func(string) int { return 0 })
}

// Decode reads a file strictly: what it does not know, or what is there twice, is an error that shows the line.
func Decode(file string, text []byte, into any) (err error) {
	// The decoder panics on some texts that are no YAML; to whoever wrote the file that is an error like another.
	defer func() {
		if bad := recover(); bad != nil {
			err = fmt.Errorf("%s: is not YAML that can be read: %w", file, ErrInvalid)
		}
	}()
	if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
		return fmt.Errorf("%s: %s: %w", file, yaml.FormatError(err, false, true), ErrInvalid)
	}
	return nil
}

// Check looks at the unit, source, status and range of every value of a struct whose fields say their unit, and gives each its path. sources has one entry a line,
// "1. ..."; line tells where a path stands, 0 where that is not known.
func Check(file, sources string, into any, line func(path string) int) error {
	var wrong []error
	walk(reflect.ValueOf(into).Elem(), "", "", func(at, unit string, v reflect.Value) {
		if bad := checkValue(unit, v, sources); bad != "" {
			where := file
			if n := line(at); n > 0 {
				where = fmt.Sprintf("%s:%d", file, n)
			}
			wrong = append(wrong, fmt.Errorf("%s: %s: %s: %w", where, at, bad, ErrInvalid))
		}
		v.FieldByName("Path").SetString(at)
	})
	return errors.Join(wrong...)
}

// walk visits every value of a file.
func walk(v reflect.Value, at, unit string, visit func(at, unit string, v reflect.Value)) {
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			walk(v.Index(i), fmt.Sprintf("%s[%d]", at, i), unit, visit)
		}
		return
	}
	if v.Kind() != reflect.Struct {
		return
	}
	if strings.HasPrefix(v.Type().Name(), "Value[") {
		visit(at, unit, v)
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		name := at
		if key != "" {
			name = strings.TrimPrefix(at+"."+key, ".")
		}
		walk(v.Field(i), name, f.Tag.Get("unit"), visit)
	}
}

var cited = regexp.MustCompile(`\[([0-9]+)\]`)

func checkValue(unit string, v reflect.Value, sources string) string {
	status, source := protocol.Status(v.FieldByName("Status").String()), v.FieldByName("Source").String()
	switch got := v.FieldByName("Unit").String(); {
	case status == "":
		return "is needed"
	case !slices.Contains([]protocol.Status{protocol.Official, protocol.Measured, protocol.Assumed}, status):
		return fmt.Sprintf("status %q is not official, measured or assumed", status)
	case unit == "" && got != protocol.Word, unit != "" && got != unit:
		return fmt.Sprintf("unit %q is not %q", got, unit)
	case source == "":
		return "source is needed"
	case status != protocol.Assumed && !cited.MatchString(source):
		return fmt.Sprintf("%s, so its source must cite an entry of SOURCES.md: [n]", status)
	}
	for _, n := range cited.FindAllStringSubmatch(source, -1) {
		if !strings.Contains(sources, "\n"+n[1]+". ") {
			return fmt.Sprintf("source [%s] is not in SOURCES.md", n[1])
		}
	}
	var list []float64
	switch x := v.FieldByName("Value").Interface().(type) {
	case float64:
		list = []float64{x}
	case []float64:
		if list = x; len(x) == 0 {
			return "needs at least one number"
		}
	}
	for _, x := range list {
		if !(x >= 0) || strings.HasPrefix(unit, "share") && x > 1 {
			return fmt.Sprintf("%g is out of range", x)
		}
	}
	return ""
}

// Kinds of counting infectious days.
const (
	FromInfection = "infection"
	FromOnset     = "onset"
)

func (d *Disease) check(file string) error {
	bad := func(at, why string) error { return fmt.Errorf("%s: %s: %s: %w", file, at, why, ErrInvalid) }
	switch {
	case d.Title.EN == "" || d.Title.ZH == "":
		return bad("title", "is needed in en and zh")
	case d.Counted.Value != FromInfection && d.Counted.Value != FromOnset:
		return bad("counted", "is infection or onset")
	case d.NotBefore.Value != "none" && d.NotBefore.Value != FromOnset:
		return bad("not_before", "is none or onset")
	case d.Dispersion.Value <= 0:
		return bad("dispersion", "must be above 0")
	case d.Household.Value >= 1:
		return bad("household_attack", "must be below 1")
	}
	for at, x := range map[string]Delay{"incubation": d.Incubation, "infectious": d.Infectious, "care.delay": d.Care.Delay} {
		if x.Mean.Value <= 0 || x.SD.Value <= 0 {
			return bad(at, "mean and sd must be above 0")
		}
	}
	return nil
}

func (c *City) check(file string) error {
	bad := func(at, why string) error { return fmt.Errorf("%s: %s: %s: %w", file, at, why, ErrInvalid) }
	n := len(c.Households.Value)
	sum := 0.0
	for _, x := range c.Households.Value {
		sum += x
	}
	switch {
	case n > 15:
		return bad("households", "has more than 15 sizes")
	case len(c.Elders.Value) != n || len(c.Children.Value) != n:
		return bad("elders", "elders and children want a number for each size of households")
	case sum < 0.999 || sum > 1.001:
		return bad("households", fmt.Sprintf("shares add up to %g", sum))
	}
	for i := range n {
		if c.Elders.Value[i]+c.Children.Value[i] > float64(i+1) {
			return bad("elders", fmt.Sprintf("more elders and children than people in households of %d", i+1))
		}
	}
	for at, x := range map[string]Number{"zone": c.Zone, "team": c.Team, "workplace_min": c.Workplace, "workplace_tail": c.WorkplaceTail, "care_unit": c.CareUnit, "shop_per": c.ShopPer, "building": c.Building,
		"kindergarten.class": c.Kindergarten.Class, "primary.class": c.Primary.Class, "middle.class": c.Middle.Class, "high.class": c.High.Class,
		"kindergarten.catchment": c.Kindergarten.Catchment, "primary.catchment": c.Primary.Catchment, "middle.catchment": c.Middle.Catchment, "high.catchment": c.High.Catchment} {
		if x.Value <= 0 {
			return bad(at, "must be above 0")
		}
	}
	return nil
}
