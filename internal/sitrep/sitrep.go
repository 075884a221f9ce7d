// Package sitrep puts the situation report of an outbreak together: it reads cases and links from the store and hands them to
// package situation, which does the arithmetic. command line, API and bulletins import it.
package sitrep

import (
	"fmt"
	"math"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/facility"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/situation"
	"firebreak/internal/store"
)

// Options says how a report is made. The zero value stands for the defaults.
type Options struct {
	Window       int     // days of the sliding window of Rt; default 7
	SIMean, SISD float64 // serial interval in days; default the pack's
	Area         place.AreaID
	By           By    // the day that the curve is drawn by; default onset, or report where no onset is known
	Split        Split // what its bars are stacked by; default not
	// Now is when the report is made: what has run out of time by then counts as missed. Zero judges only what is recorded.
	Now time.Time
}

// By is a day of a case by which the curve is drawn.
type By string

// The days to draw by.
const (
	ByOnset        By = "onset"
	ByReport       By = "report"
	ByConfirmation By = "confirmation"
)

// Split is what the bars of the curve are stacked by.
type Split string

// The ways of stacking.
const (
	SplitNone  Split = ""
	SplitClass Split = "class"
	SplitArea  Split = "area"  // by code of the district
	SplitFound Split = "found" // isolation, community or unknown, as recorded
)

// OptionError is returned where an option has no such value.
type OptionError struct {
	Option string // by, split
	Value  string
	Want   string // the values that it has
}

// Error implements error.
func (e *OptionError) Error() string {
	return fmt.Sprintf("%s %q is not %s", e.Option, e.Value, e.Want)
}

var dates = map[By]situation.Date{ByOnset: situation.Onset, ByReport: situation.Report, ByConfirmation: situation.Confirmation}

func (o Options) check() error {
	if _, ok := dates[o.By]; !ok && o.By != "" {
		return &OptionError{"by", string(o.By), "onset, report or confirmation"}
	}
	switch o.Split {
	case SplitNone, SplitClass, SplitArea, SplitFound:
		return nil
	}
	return &OptionError{"split", string(o.Split), "class, area or found"}
}

// Report is the situation of an outbreak.
type Report struct {
	Outbreak string `json:"outbreak"`
	Pack     string `json:"pack"`

	Cases   int            `json:"cases"` // all that are not discarded
	ByClass map[string]int `json:"by_class"`
	Deaths  int            `json:"deaths"`
	// CountRows and CountSum are rows of line lists that stand for a number of cases and for no person; they are in no other figure.
	CountRows int64 `json:"count_rows"`
	CountSum  int64 `json:"count_sum"`

	Links       int   `json:"links"`                    // of cases to cases; events not counted
	Outside     int   `json:"linked_outside,omitempty"` // of a case within the reader's reach to one beyond it; in neither links nor chains
	Unresolved  int   `json:"unresolved"`               // of these, with an end that is on no list
	Chains      []int `json:"chains"`                   // sizes of chains of two or more, largest first; people known only from a link are in them
	Singles     int   `json:"singles"`                  // cases in no chain
	Generations []int `json:"generations"`              // cases on the list by generation; only where links say who infected whom

	By       By       `json:"by"` // what the curve is drawn by
	Onset    Span     `json:"onset"`
	Series   []string `json:"series,omitempty"` // what Bar.By counts, in its order; absent where the bars are not stacked
	EpiCurve []Bar    `json:"epicurve"`
	Undated  int      `json:"undated"` // cases that the curve leaves out for want of a day
	// IncompleteFrom is the first day of onset of which more cases are still to be reported, as of Options.Now; absent where all are in.
	IncompleteFrom day.Day `json:"incomplete_from,omitzero"`
	Rt             []Rt    `json:"rt"`
	SI             UsedSI  `json:"rt_serial_interval"`
	Serial         Measure `json:"serial_interval"` // as observed over dated transmission links

	// FoundInIsolation is the share of cases that were in quarantine or isolation when found, of those whose place is recorded; null where none is.
	FoundInIsolation *float64 `json:"found_in_isolation"`
	FoundIsolated    int      `json:"found_isolated"`
	FoundKnown       int      `json:"found_known"`
	LastCommunity    day.Day  `json:"last_community_case,omitzero"`

	// Incidents is what went wrong at hospitals and sites.
	Incidents IncidentCount `json:"incidents"`

	CaseR   []CaseR               `json:"case_reproduction"` // by Wallinga and Teunis, week by week
	Growth  *situation.GrowthRate `json:"growth"`            // of the last days that are complete, GrowthDays of them; null where there is no curve
	Delays  []StepDelay           `json:"delays"`
	Targets Targets               `json:"targets"`
}

// IncidentCount counts what went wrong at hospitals and sites.
type IncidentCount struct {
	Day    int64                           `json:"last_24h"` // that happened in the 24 hours before Options.Now; 0 without one
	Open   int64                           `json:"open"`     // not dealt with, whenever they happened
	ByKind map[facility.IncidentKind]int64 `json:"by_kind"`  // of the last 24 hours
}

func incidents(r *store.Reader, o outbreak.ID, w store.Within, now time.Time) (IncidentCount, error) {
	out := IncidentCount{ByKind: map[facility.IncidentKind]int64{}}
	from := now.Add(-24 * time.Hour)
	if now.IsZero() {
		from = time.UnixMicro(math.MaxInt64)
	}
	list, err := r.IncidentCounts(o, w, from)
	for _, c := range list {
		out.Day, out.Open = out.Day+c.Lately, out.Open+c.Open
		if c.Lately > 0 {
			out.ByKind[c.Kind] += c.Lately
		}
	}
	return out, err
}

// Span is the extent of the curve.
type Span struct {
	First   day.Day `json:"first,omitzero"`
	Last    day.Day `json:"last,omitzero"`
	PeakDay day.Day `json:"peak_day,omitzero"`
	Peak    int     `json:"peak"`
	Known   int     `json:"known"` // cases with that day
}

// Bar is one day of the curve.
type Bar struct {
	Date day.Day `json:"date"`
	N    int     `json:"n"`
	By   []int   `json:"by,omitempty"` // by Report.Series
}

// Rt is the reproduction number of one window; numbers are null where it has none.
type Rt struct {
	Start day.Day  `json:"start"`
	End   day.Day  `json:"end"`
	Mean  *float64 `json:"mean"`
	Q025  *float64 `json:"q025"`
	Q975  *float64 `json:"q975"`
}

// UsedSI is the serial interval that Rt stands on.
type UsedSI struct {
	Mean   float64 `json:"mean"`
	SD     float64 `json:"sd"`
	Source string  `json:"source"`
}

// Measure is a measured delay in days.
type Measure struct {
	N    int      `json:"n"`
	Mean *float64 `json:"mean"`
	SD   *float64 `json:"sd"`
}

// Read makes the report of an outbreak for what lies within the bound.
func Read(r *store.Reader, o outbreak.Outbreak, w store.Within, opts Options) (*Report, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	p, err := protocol.Load(o.Pack)
	if err != nil {
		return nil, err
	}
	loc, err := o.Location()
	if err != nil {
		return nil, err
	}
	within, err := r.Holds(w.At(opts.Area))
	if err != nil {
		return nil, err
	}
	out := &Report{Outbreak: o.Name, Pack: o.Pack, ByClass: map[string]int{}}
	if out.Incidents, err = incidents(r, o.ID, w.At(opts.Area), opts.Now); err != nil {
		return nil, err
	}
	tree, err := r.Tree()
	if err != nil {
		return nil, err
	}
	var list []situation.Case
	var onset []day.Day
	met := steps{loc: loc, at: map[cases.ID]*traced{}}
	index := map[string]int32{} // by code: links name cases by it
	byID := map[cases.ID]int32{}
	seen := map[cases.ID]bool{} // within the reader's reach, discarded ones too
	err = r.EachCase(o.ID, within, func(c cases.Case) error {
		out.ByClass[string(c.Class)]++
		seen[c.ID] = true
		if c.Class == cases.Discarded {
			return nil
		}
		out.Cases++
		if c.Outcome == cases.Died {
			out.Deaths++
		}
		district, _ := tree.Get(c.District)
		s := situation.Case{Onset: c.Onset, Report: day.In(c.ReportedAt, loc), Confirmed: day.In(c.ConfirmedAt, loc), Isolated: day.In(c.IsolatedAt, loc), Class: string(c.Class), Area: district.Code}
		switch c.Found {
		case cases.FoundInIsolation:
			s.Setting = situation.SettingIsolated
		case cases.FoundCommunity:
			s.Setting = situation.SettingCommunity
		default: // not recorded
		}
		met.add(c)
		if c.Found != cases.FoundUnknown {
			out.FoundKnown++
		}
		if c.Found == cases.FoundInIsolation {
			out.FoundIsolated++
		}
		if d := firstKnown(s.Confirmed, s.Report, s.Onset); c.Found == cases.FoundCommunity && d > out.LastCommunity {
			out.LastCommunity = d
		}
		index[c.Code], byID[c.ID] = int32(len(list)), int32(len(list))
		list, onset = append(list, s), append(onset, c.Onset)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if within == nil { // counts came without an area: they are the whole outbreak's
		if out.CountRows, out.CountSum, err = r.CaseCounts(o.ID); err != nil {
			return nil, err
		}
		seen = nil
	}
	if out.FoundKnown > 0 {
		share := float64(out.FoundIsolated) / float64(out.FoundKnown)
		out.FoundInIsolation = &share
	}
	if err := out.chains(r, o, seen, index, byID, onset); err != nil {
		return nil, err
	}
	if err := out.curve(list, p, opts, loc); err != nil {
		return nil, err
	}
	out.delays(list)
	return out, met.measure(r, o, opts.Now, &out.Targets)
}

func firstKnown(ds ...day.Day) day.Day {
	for _, d := range ds {
		if !d.IsZero() {
			return d
		}
	}
	return 0
}

// chains counts chains over transmission and direct links. seen bounds it to links of the cases that the reader may see; nil is all of them. An end that is on no list is a person all the same: it holds a chain together.
func (out *Report) chains(r *store.Reader, o outbreak.Outbreak, seen map[cases.ID]bool, index map[string]int32, byID map[cases.ID]int32, onset []day.Day) error {
	links, err := r.Links(o.ID)
	if err != nil {
		return err
	}
	listed := len(onset)
	end := func(id cases.ID, code string) int32 {
		if i, ok := byID[id]; ok && id != 0 {
			return i
		}
		if i, ok := index[code]; ok {
			return i
		}
		i := int32(len(onset))
		index[code], onset = i, append(onset, 0)
		return i
	}
	var all, sent []situation.Link
	for _, l := range links {
		if l.Kind == cases.SameEvent {
			continue
		}
		if seen != nil {
			if !seen[l.From] && !seen[l.To] {
				continue
			}
			if l.From != 0 && !seen[l.From] || l.To != 0 && !seen[l.To] {
				out.Outside++
				continue
			}
		}
		out.Links++
		if !l.Resolved() {
			out.Unresolved++
		}
		if l.Kind == cases.SameCluster {
			continue
		}
		k := situation.Link{From: end(l.From, l.FromCode), To: end(l.To, l.ToCode)}
		all = append(all, k)
		if l.Kind == cases.Transmission {
			sent = append(sent, k)
		}
	}
	whole, err := situation.ChainsOf(situation.ChainsInput{Cases: len(onset), Onset: onset, Links: all})
	if err != nil {
		return fmt.Errorf("chains: %w", err)
	}
	out.Chains, out.Singles = whole.Sizes, whole.Singles
	if len(sent) > 0 {
		directed, err := situation.ChainsOf(situation.ChainsInput{Cases: len(onset), Onset: onset, Links: sent, Directed: true})
		if err != nil {
			return fmt.Errorf("chains: %w", err)
		}
		for _, g := range directed.Generation[:listed] {
			for int(g) >= len(out.Generations) {
				out.Generations = append(out.Generations, 0)
			}
			out.Generations[g]++
		}
	}
	si := situation.SerialInterval(sent, onset)
	out.Serial = Measure{N: si.N, Mean: si.Mean, SD: si.SD}
	return nil
}
