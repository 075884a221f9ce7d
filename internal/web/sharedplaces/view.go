// Package sharedplaces is the page on which several cases are chosen, and which asks visits where they were on one day and who was with several of them: the source that nobody told of.
package sharedplaces

import (
	"embed"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("shared", files, "page.html") }

// View is the page.
type View struct {
	Path string
	// Cluster is whose cases are looked at, and its page; empty for the cases of the whole outbreak.
	Cluster, ClusterHref string
	Filter               *ui.Form // nil for a cluster
	Cases                []Case
	Limit                int  // more cases than these are not listed; 0 where all are
	Vault                bool // whether visits can be read at all
	// Left of Days of visits are still to be read.
	Left, Days int
	// Fields are what is asked besides the cases: which days, and what for. None where the reader may not ask.
	Fields []ui.Field
	Wrong  i18n.Msg
	Answer *Answer // nil before the question
}

// Case is one that can be chosen.
type Case struct {
	Code, Href string
	Class      string // key: class.<Class>
	Onset      string // ISO day
	Confirmed  time.Time
	Area       string
	Inside     bool // found in isolation
	Source     bool // it is known who infected them
	Chosen     bool
}

// Answer is what visits say.
type Answer struct {
	Backward   bool
	Cases      int      // of those chosen, whom visits know
	Unknown    []string // the others
	Visits     int
	Population int
	Places     []Place
	Found      int // places and days, those not listed too
	Shown      int // of them
	People     []Person
	Beside     int // people, those not listed too
}

// Place is a place, with the days on which it was shared: the one that is least likely by chance first.
type Place struct {
	Rank int
	Name string
	Kind string // key: shared.kind.<Kind>; empty where unknown
	Days []Day
}

// Best is the day for which the place stands where it does, More the others.
func (p Place) Best() Day { return p.Days[0] }

// More are the other days.
func (p Place) More() []Day { return p.Days[1:] }

// Day is one day in a place.
type Day struct {
	Day       string // ISO
	Cases, Of int
	Visits    int
	Expected  float64
	ByChance  float64
	Chance    string // key: shared.chance.<Chance>: hardly, perhaps or likely
	Who       []Stay
	Open      *ui.Form // opens a cluster of those cases; nil where the reader may not
}

// Stay is when a case was there: on that day, in its own zone.
type Stay struct {
	Code, Href string
	From, To   time.Time
	// X and Width are in minutes of the day.
	X, Width int
}

// Hours are where lines stand, in minutes of the day.
func (Day) Hours() []int { return []int{360, 720, 1080} }

// Person is somebody who was with several of the cases.
type Person struct {
	Name     string // as the sender of the visits calls them
	Code     string // of the case that they are themselves; empty where they are none, as far as the reader may know
	Href     string
	Cases    int
	Together time.Duration // weighed by the kind of place
	Met      []Met
	Others   int // cases beside those
}

// Met is that they were with one case.
type Met struct {
	Code, Href string
	Tier       string // key: tier.<Tier>
	For        time.Duration
	First      time.Time
}
