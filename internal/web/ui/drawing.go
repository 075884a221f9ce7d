package ui

import (
	"math"
	"strconv"
	"time"

	"firebreak/internal/i18n"
)

// EpiCurve is cases by day, found inside and outside isolation. Days is every day of the axis; a
// negative count says that the day has no data, and is drawn as a gap.
type EpiCurve struct {
	ID     string
	Label  i18n.Msg
	Days   []string // ISO days
	In     []int    // found already isolated
	Out    []int    // found in the community
	ByWhat string   // key: curve.<ByWhat>: onset, report
	// Incomplete is how many of the last days will still rise; drawn as a band.
	Incomplete int
	Href       string // ?day= is added by a click
}

// StackCurve is new cases by day, stacked by what divides them: class, district, where they were found.
type StackCurve struct {
	ID         string
	Label      i18n.Msg
	Days       []string // ISO days
	Stacks     []Stack
	ByWhat     string // key: curve.<ByWhat>
	Incomplete int    // as in EpiCurve
}

// Stack is one part of a StackCurve.
type Stack struct {
	Name i18n.Msg
	N    []int // by day
}

// Mark is the class of the colour that a part is drawn in; js/chart.js draws it in that too.
func (c StackCurve) Mark(i int) string { return "stack-" + strconv.Itoa(i+1) }

// StackRow is one day of a StackCurve.
type StackRow struct {
	Day string
	N   []int
}

// Rows lists the days that have cases, for the table that stands behind the drawing.
func (c StackCurve) Rows() []StackRow {
	var out []StackRow
	for t, d := range c.Days {
		row := StackRow{Day: d}
		any := false
		for _, s := range c.Stacks {
			row.N = append(row.N, s.N[t])
			any = any || s.N[t] > 0
		}
		if any {
			out = append(out, row)
		}
	}
	return out
}

// Chart is the curve as the browser module reads it; names are in the template's words.
func (c StackCurve) Chart() Chart {
	out := Chart{Kind: "stack", Days: c.Days, Incomplete: c.Incomplete}
	for _, s := range c.Stacks {
		out.Stacks = append(out.Stacks, counts(s.N))
	}
	return out
}

// RtCurve is the reproduction number by day with its interval. A day without an estimate has NaN
// and is drawn as a gap.
type RtCurve struct {
	ID              string
	Label           i18n.Msg
	Days            []string
	Mean, Low, High []float64
}

// BurnDown is how many are still to come, against a plan, with a forecast as a band. Times are in order and evenly apart.
type BurnDown struct {
	ID       string
	Label    i18n.Msg
	Points   []BurnPoint
	Forecast bool // some point has a band
	Planned  bool // the plan is one that was made, not a straight line
}

// BurnPoint is one instant of a BurnDown. A value that is not known then is negative.
type BurnPoint struct {
	At                    time.Time
	Left, Plan, Low, High float64
}

// HasLeft and the others are what a point knows, and its numbers in whole people, for the table behind the drawing.
func (p BurnPoint) HasLeft() bool  { return p.Left >= 0 }
func (p BurnPoint) HasPlan() bool  { return p.Plan >= 0 }
func (p BurnPoint) HasBand() bool  { return p.High >= 0 }
func (p BurnPoint) LeftNow() int64 { return int64(p.Left) }
func (p BurnPoint) PlanNow() int64 { return int64(p.Plan) }
func (p BurnPoint) LowNow() int64  { return int64(p.Low) }
func (p BurnPoint) HighNow() int64 { return int64(p.High) }

// Chart is the burn-down as the browser module reads it; the times stand in the page in the reader's words.
func (b BurnDown) Chart() Chart {
	c := Chart{Kind: "burn", Days: []string{}}
	known := func(x float64) *float64 {
		if x < 0 {
			return nil
		}
		x = math.Round(x)
		return &x
	}
	for _, p := range b.Points {
		c.Left, c.Plan, c.Low, c.High = append(c.Left, known(p.Left)), append(c.Plan, known(p.Plan)), append(c.Low, known(p.Low)), append(c.High, known(p.High))
	}
	return c
}

// Rows are the points of whole hours, for the table behind the drawing.
func (b BurnDown) Rows() []BurnPoint {
	var out []BurnPoint
	for _, p := range b.Points {
		if p.At.Minute() == 0 {
			out = append(out, p)
		}
	}
	return out
}

// Fan is a number by day as a forecast has it, under one or two policies: the median, and where it lies in the middle half of the courses and in 9 of 10.
type Fan struct {
	ID    string
	Label i18n.Msg
	Hint  i18n.Msg
	Days  []string // ISO days
	Lines []FanLine
}

// FanLine is one policy of a Fan; its lists are by day.
type FanLine struct {
	Name                                 string
	Median, Low50, High50, Low90, High90 []float64
}

// FanRow is one day of a Fan.
type FanRow struct {
	Day   string
	Cells []FanCell // by line
}

// FanCell is the number of one policy on one day.
type FanCell struct{ Median, Low90, High90 int64 }

// Mark is the class of the colour that a line is drawn in.
func (f Fan) Mark(i int) string { return "stack-" + strconv.Itoa(i+1) }

// Rows lists every seventh day and the last, for the table behind the drawing.
func (f Fan) Rows() []FanRow {
	var out []FanRow
	for k, d := range f.Days {
		if k%7 != 0 && k != len(f.Days)-1 {
			continue
		}
		row := FanRow{Day: d}
		for _, l := range f.Lines {
			row.Cells = append(row.Cells, FanCell{int64(l.Median[k]), int64(l.Low90[k]), int64(l.High90[k])})
		}
		out = append(out, row)
	}
	return out
}

// Chart is the fan as the browser module reads it: five lists for each line, from the lowest up.
func (f Fan) Chart() Chart {
	out := Chart{Kind: "fan", Days: f.Days}
	for _, l := range f.Lines {
		for _, list := range [][]float64{l.Low90, l.Low50, l.Median, l.High50, l.High90} {
			x := make([]*float64, len(list))
			for i := range list {
				x[i] = &list[i]
			}
			out.Stacks = append(out.Stacks, x)
		}
	}
	return out
}

// Chart is what js/chart.js is given: words and numbers, ready to draw.
type Chart struct {
	Kind       string       `json:"kind"` // "epi", "stack", "rt", "burn" or "fan"
	Days       []string     `json:"days"`
	In         []*float64   `json:"in,omitempty"`
	Out        []*float64   `json:"out,omitempty"`
	Stacks     [][]*float64 `json:"stacks,omitempty"`
	Mean       []*float64   `json:"mean,omitempty"`
	Low        []*float64   `json:"low,omitempty"`
	High       []*float64   `json:"high,omitempty"`
	Left       []*float64   `json:"left,omitempty"`
	Plan       []*float64   `json:"plan,omitempty"`
	Incomplete int          `json:"incomplete,omitempty"`
	Href       string       `json:"href,omitempty"`
}

// Chart is the curve as the browser module reads it.
func (c EpiCurve) Chart() Chart {
	return Chart{Kind: "epi", Days: c.Days, In: counts(c.In), Out: counts(c.Out), Incomplete: c.Incomplete, Href: c.Href}
}

// Chart is the curve as the browser module reads it.
func (c RtCurve) Chart() Chart {
	return Chart{Kind: "rt", Days: c.Days, Mean: numbers(c.Mean), Low: numbers(c.Low), High: numbers(c.High)}
}

func counts(in []int) []*float64 {
	out := make([]*float64, len(in))
	for i, n := range in {
		if n >= 0 {
			x := float64(n)
			out[i] = &x
		}
	}
	return out
}

func numbers(in []float64) []*float64 {
	out := make([]*float64, len(in))
	for i, x := range in {
		if x == x { // not NaN
			out[i] = &in[i]
		}
	}
	return out
}

// CurveRow is one day of a curve, for the table that stands behind the drawing.
type CurveRow struct {
	Day     string
	In, Out int
	Known   bool
}

// Rows lists the days of the curve.
func (c EpiCurve) Rows() []CurveRow {
	out := make([]CurveRow, len(c.Days))
	for i, d := range c.Days {
		out[i] = CurveRow{Day: d, In: c.In[i], Out: c.Out[i], Known: c.In[i] >= 0 && c.Out[i] >= 0}
	}
	return out
}

// RtRow is one day of Rt, for the table that stands behind the drawing.
type RtRow struct {
	Day string
	Estimate
	Known bool
}

// Rows lists the days of the curve.
func (c RtCurve) Rows() []RtRow {
	out := make([]RtRow, len(c.Days))
	for i, d := range c.Days {
		out[i] = RtRow{Day: d, Estimate: Estimate{c.Mean[i], c.Low[i], c.High[i]}, Known: c.Mean[i] == c.Mean[i]}
	}
	return out
}

// Map is what js/map.js draws, and the table that says the same without a map.
type Map struct {
	ID    string
	Label i18n.Msg
	// Layers are drawn in order, the first at the bottom.
	Layers []MapLayer
	Areas  []MapArea
	// Protected, where counts of Areas were left out, says why.
	Protected i18n.Msg
}

// MapLayer is one GeoJSON source of our own server. Features may carry: name, href, level, status,
// n. Kind is "area", "zone" or "point".
type MapLayer struct {
	Key   string `json:"key"` // layer.<Key>: the word of its switch
	Kind  string `json:"kind"`
	Href  string `json:"href"`
	Shown bool   `json:"shown"`
	Focus bool   `json:"focus,omitempty"` // what the map is drawn to fit; where no layer is, the areas
}

// MapArea is one row of the table behind the map. A count is nil where it would point at people: it is left out (see package disclosure).
type MapArea struct {
	Code  string
	Name  string
	Href  string // empty where there is nothing more to see
	Cases *int64
	New   *int64
	Late  *int64
}

// AnyLate tells whether something is late there that may be told.
func (a MapArea) AnyLate() bool { return a.Late != nil && *a.Late > 0 }

// Graph is a laid-out transmission graph. Positions are computed by the server: x is time in days
// from the first day, y is the lane; the browser only draws.
type Graph struct {
	ID    string
	Label i18n.Msg
	Days  []string // ISO days of the time axis
	Lanes int
	Nodes []GraphNode
	Links []GraphLink
}

// GraphNode is one case, contact or event in the graph.
type GraphNode struct {
	ID    string  `json:"id"`
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	Kind  string  `json:"kind"` // confirmed, suspected, event, unknown
	In    bool    `json:"in"`   // found inside isolation
	Label string  `json:"label"`
	Href  string  `json:"href,omitempty"`
	// Size is the number of people this one infected.
	Size int `json:"size"`
}

// GraphLink is who infected whom.
type GraphLink struct {
	From string `json:"from"`
	To   string `json:"to"`
	Sure bool   `json:"sure"`
	// Place is where, if known.
	Place string `json:"place,omitempty"`
}
