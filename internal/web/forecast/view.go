// Package forecast is what may come of an outbreak, on screen: ranges under two policies, what they were made from, and how earlier forecasts have done.
package forecast

import (
	"embed"
	"time"

	"firebreak/internal/forecast"
	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("forecast", files, "page.html") }

// View is the screen: a form to make a forecast, one that was kept, and how all have done.
type View struct {
	New   ui.Form
	Job   *Job      // a forecast is being made, or could not be
	Empty *ui.Empty // nothing was forecast yet
	Told  *Told
	// Scores are of the newest forecasts.
	Scores []ScoreRow
}

// Job is a forecast that is being made.
type Job struct {
	Done, Of int64
	By       string
	Part     string   // where the progress is read again
	Error    i18n.Msg // why the last one was not made; nothing is being made then
}

// Told is one forecast.
type Told struct {
	Number             int64
	AsOf, From, To     string // ISO days
	MadeAt             time.Time
	MadeBy             string
	A, B               string // packs
	InForce, Params    string
	Courses, Draws     int
	Seed               string
	Digest             string
	Notes              []string // keys: forecast.note.<note>
	Unfound, Free      forecast.Range
	Factor             forecast.Range
	Rows               []Row
	Zero               []ZeroRow
	Nowcast            ui.Fan // infections up to AsOf
	Fans               []ui.Fan
	Lifted             bool
	Fit                []forecast.Fit
	Outgrown           bool // some policy's courses grew beyond what is modelled
	Quiet, DaysForward int
}

// Row is one quantity under each policy, in all or on the day with the most, and A less B.
type Row struct {
	Quantity  string // key: quantity.<quantity>
	Flow      bool
	A, B      Cell
	Lifted    *Cell
	Less      forecast.Range
	LessShare float64 // of courses in which A is less
}

// Cell is a number under one policy. Over says that so many courses grew beyond the model that the upper end is too low.
type Cell struct {
	forecast.Range
	Over bool
}

// ZeroRow is when the last case outside isolation is found, under one policy.
type ZeroRow struct {
	Key      string // key: forecast.policy.<key>
	Pack     string
	When     forecast.When
	Outgrown float64
}

// ScoreRow is how one forecast has done so far.
type ScoreRow struct {
	Number  int64
	Href    string
	AsOf    string
	Current bool // it is the one that is shown
	Pack    string
	Held    bool
	Scored  []forecast.Scored
}

// Median, and the others, as words: a day that was not reached is later than all that were looked at.
func said(n *int) i18n.Msg {
	if n == nil {
		return i18n.M("forecast.later")
	}
	return i18n.M("forecast.days", "n", *n)
}

// MedianSaid is the median in words.
func (z ZeroRow) MedianSaid() i18n.Msg { return said(z.When.Median) }

// HalfLow and the following are the ends of the ranges in words.
func (z ZeroRow) HalfLow() i18n.Msg  { return said(z.When.Low50) }
func (z ZeroRow) HalfHigh() i18n.Msg { return said(z.When.High50) }
func (z ZeroRow) MostLow() i18n.Msg  { return said(z.When.Low90) }
func (z ZeroRow) MostHigh() i18n.Msg { return said(z.When.High90) }
