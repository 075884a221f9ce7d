// Package now is the Now screen: the whole situation at a glance, for a desk or a wall.
package now

import (
	"embed"
	"strings"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// Live topics: the names of the events after which a part of the page asks for itself again.
const (
	TopicFigures = "figures"
	TopicDuties  = "duties"
	TopicLate    = "late"
	TopicEvents  = "events"
)

// New parses the page. Its fragments "figures", "duties", "late" and "events" are what the live
// refresh asks for with ?part=.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("now", files, "page.html") }

// View is what the Now screen shows.
type View struct {
	// Path is this page's address, for the live refresh of its parts.
	Path string
	// Days since the last community case; its Value is nil while none is known.
	Days ui.Figure
	// Inside and Outside are the new cases of today, by where they were found.
	Inside, Outside ui.Figure
	// Rt is nil while there are too few cases to say, or, where RtEarly says so, too few days whose onsets are all in.
	Rt      *ui.Estimate
	RtEarly bool
	RtHref  string
	Curve   ui.EpiCurve
	Duties  []ui.Duty
	Map     ui.Map
	Late    []Holder
	// LateHref is the list of everything late.
	LateHref string
	Events   []ui.Event // newest first
	// Narrow, if set, says that the area asked for is too small to be told apart, and that what holds it is shown.
	Narrow i18n.Msg
	// Empty, if set, replaces everything: no outbreak or no case yet, and what to do.
	Empty *ui.Empty
}

// Holder is someone with late or soon-due work, worst first.
type Holder struct {
	Name   string
	Status ui.Status
	Count  int64
	// Oldest is how late the latest one is; 0 if none is late.
	Oldest time.Duration
	// Note says it instead where no count does ("backlog 3.2 h").
	Note i18n.Msg
	Href string
}

// PartHref is the address of one part alone, as the live refresh asks for it.
func (v View) PartHref(part string) string {
	if strings.Contains(v.Path, "?") {
		return v.Path + "&part=" + part
	}
	return v.Path + "?part=" + part
}

// HasCurve tells whether there is any day to draw.
func (v View) HasCurve() bool { return len(v.Curve.Days) > 0 }
