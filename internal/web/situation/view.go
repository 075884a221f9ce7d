// Package situation is the situation report on screen: the curve by day, class, district or where found; reproduction numbers, growth, delays, and the targets
// that the world measures a response by.
package situation

import (
	"embed"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("situation", files, "page.html") }

// View is the situation of an outbreak within the reader's reach.
type View struct {
	Path string
	// Cut is what the curve is drawn by and stacked by.
	Cut ui.Form
	// Area, if set, names the only jurisdiction that is reported on.
	Area string
	// Figures are the counts at the top.
	Figures []ui.Figure
	Curve   ui.StackCurve
	// Undated counts the cases that the curve leaves out for want of the day.
	Undated int
	Rt      ui.RtCurve
	// Serial says what serial interval Rt stands on, and SerialSource where it is from, in the words of the pack.
	Serial       i18n.Msg
	SerialSource string
	Growth       Growth
	Weeks        []Week
	Delays       []Delay
	Targets      []Target
	// Milestones are the days from which 7-1-7 is measured.
	Milestones []Milestone
	Empty      *ui.Empty
}

// Growth is how fast the curve rises or falls; Rate is nil where too few days or cases tell.
type Growth struct {
	First, Last string       // ISO days that it is fitted to
	Rate        *ui.Estimate // a day, as a share
	Time        i18n.Msg     // doubling or halving
	R           *ui.Estimate
}

// Week is the case reproduction number of the cases of one week.
type Week struct {
	Start, End string
	R          *float64
	Low, High  *float64
	// Rising says that it will still rise: the infections of the last cases are not all known.
	Rising bool
}

// Delay is the days between two steps of a case.
type Delay struct {
	From, To       string // keys: delay.<key>
	N, Unknown     int
	Median, Q1, Q3 *float64
	Negative       int
}

// Target is one measure of the response against what it should reach.
type Target struct {
	Label  i18n.Msg
	Found  i18n.Msg // what it is here; empty where nothing is on record
	Status ui.Status
	Word   i18n.Msg // the status in words
}

// Milestone is one day of the outbreak.
type Milestone struct {
	Key string // milestone.<key>
	Day string // ISO; empty where not on record
}
