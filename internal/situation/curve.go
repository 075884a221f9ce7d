package situation

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"firebreak/internal/day"
)

// Split says by what the bars of an epidemic curve are stacked.
type Split uint8

// The ways of stacking.
const (
	SplitNone  Split = iota
	SplitClass       // by classification
	SplitArea        // by area code
	SplitFound       // found in isolation, in the community, or unknown: see [Case.Found]
)

// Entry is a number of cases of one day and one series (part of the stack).
type Entry struct {
	Day    day.Day // zero = unknown: counted as undated
	Series string
	N      int
}

// CurveOptions are the settings of [Curve] and [CurveOf]. The zero value stands for the defaults.
type CurveOptions struct {
	BinDays  int     // days in a bar; at least 1; default 1
	From, To day.Day // first and last day to show; default: those of the data. Cases outside are counted, not drawn
}

// EpiCurve is an epidemic curve with a bar for every bin from the first to the last, those without cases included.
type EpiCurve struct {
	First   day.Day  `json:"first,omitzero"`    // first day drawn; zero if there is nothing to draw
	Last    day.Day  `json:"last,omitzero"`     // last day drawn
	PeakDay day.Day  `json:"peak_day,omitzero"` // first day of the highest bar; the earliest of equals
	Peak    int      `json:"peak"`              // cases in that bar
	Total   int      `json:"total"`             // cases drawn
	Undated int      `json:"undated"`           // cases whose day is unknown
	Outside int      `json:"outside"`           // cases before From or after To
	BinDays int      `json:"bin_days"`
	Series  []string `json:"series"` // names in the order of Bin.N, sorted
	Bins    []Bin    `json:"bins"`
}

// Bin is one bar.
type Bin struct {
	Start      day.Day `json:"start"` // first day of the bar
	Total      int     `json:"total"`
	N          []int   `json:"n"`                    // by series
	Incomplete bool    `json:"incomplete,omitempty"` // more cases of these days are still to be reported: see [EpiCurve.MarkIncomplete]
}

// MaxCurveDays is the longest curve that is drawn: fifty years. A longer span is a typing error in some date.
const MaxCurveDays = 18263

// ErrSpan is returned when the days of the cases lie too far apart to draw; set CurveOptions.From and To to leave strays out.
var ErrSpan = errors.New("the days lie too far apart for a curve")

// Curve draws the cases by the given day, stacked by split.
func Curve(cases []Case, by Date, split Split, opts CurveOptions) (EpiCurve, error) {
	return CurveOf(Entries(cases, by, split), opts)
}

// Entries goes through the cases as entries for [CurveOf].
func Entries(cases []Case, by Date, split Split) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i := range cases {
			e := Entry{Day: cases[i].On(by), N: 1}
			switch split {
			case SplitNone:
			case SplitClass:
				e.Series = cases[i].Class
			case SplitArea:
				e.Series = cases[i].Area
			case SplitFound:
				e.Series = cases[i].Found().String()
			}
			if !yield(e) {
				return
			}
		}
	}
}

// CurveOf draws entries, which may come counted (from a query with GROUP BY) and in any order. Negative N is a correction.
func CurveOf(entries iter.Seq[Entry], opts CurveOptions) (EpiCurve, error) {
	if opts.BinDays == 0 {
		opts.BinDays = 1
	}
	if opts.BinDays < 1 || opts.BinDays > MaxCurveDays {
		return EpiCurve{}, fmt.Errorf("draw curve: bars of %d days: %w", opts.BinDays, ErrArgument)
	}
	c := EpiCurve{BinDays: opts.BinDays, Series: []string{}, Bins: []Bin{}}
	type cell struct {
		day    day.Day
		series int
	}
	number := map[string]int{}
	counts := map[cell]int{}
	var first, last day.Day
	for e := range entries {
		switch {
		case e.Day.IsZero():
			c.Undated += e.N
			continue
		case !opts.From.IsZero() && e.Day < opts.From, !opts.To.IsZero() && e.Day > opts.To:
			c.Outside += e.N
			continue
		}
		id, ok := number[e.Series]
		if !ok {
			id = len(c.Series)
			number[e.Series] = id
			c.Series = append(c.Series, e.Series)
		}
		counts[cell{e.Day, id}] += e.N
		if first.IsZero() || e.Day < first {
			first = e.Day
		}
		last = max(last, e.Day)
	}
	if !opts.From.IsZero() {
		first = opts.From
	}
	if !opts.To.IsZero() {
		last = opts.To
	}
	if first.IsZero() || last.IsZero() || last < first {
		return c, nil
	}
	if last.Sub(first) >= MaxCurveDays {
		return EpiCurve{}, fmt.Errorf("draw curve from %s to %s: %w", first, last, ErrSpan)
	}
	c.First, c.Last = first, last
	place := sortSeries(c.Series, number)
	bins := last.Sub(first)/opts.BinDays + 1
	all := make([]int, bins*len(c.Series))
	c.Bins = make([]Bin, bins)
	for i := range c.Bins {
		c.Bins[i].Start = first.Add(i * opts.BinDays)
		c.Bins[i].N = all[i*len(c.Series) : (i+1)*len(c.Series) : (i+1)*len(c.Series)]
	}
	for at, n := range counts {
		b := &c.Bins[at.day.Sub(first)/opts.BinDays]
		b.N[place[at.series]] += n
		b.Total += n
		c.Total += n
	}
	for _, b := range c.Bins {
		if b.Total > c.Peak {
			c.Peak, c.PeakDay = b.Total, b.Start
		}
	}
	return c, nil
}

// sortSeries sorts the names and returns, for each number given out before, its new place.
func sortSeries(names []string, number map[string]int) []int {
	slices.Sort(names)
	place := make([]int, len(names))
	for i, name := range names {
		place[number[name]] = i
	}
	return place
}

// MarkIncomplete flags every bar that reaches from or beyond the day, which comes from [Nowcast.IncompleteFrom] (zero: none).
func (c *EpiCurve) MarkIncomplete(from day.Day) {
	for i := range c.Bins {
		end := c.Bins[i].Start.Add(c.BinDays - 1)
		c.Bins[i].Incomplete = !from.IsZero() && end >= from
	}
}
