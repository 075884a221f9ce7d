// Package scorecard is how a drill went, on screen: what was lost or does not meet first, then the drill beside the last one, beside paper, and beside doing nothing.
package scorecard

import (
	"embed"
	"slices"
	"time"

	"firebreak/internal/drill/scorecard"
	"firebreak/internal/web/ui"
)

//go:embed page.html
var files embed.FS

// New parses the page.
func New(k *ui.Kit) (*ui.Page, error) { return k.Page("scorecard", files, "page.html") }

// View is the screen: one card, and all that are kept.
type View struct {
	Empty *ui.Empty // none is kept, or none is for the reader
	Told  *Told
	Kept  []KeptRow
}

// Told is one card.
type Told struct {
	Number             int64
	KeptAt             time.Time
	KeptBy             string
	Card               *scorecard.Card
	Seed               string
	Last               int64 // number of the card before it; 0: there is none
	LastPeople         int
	LastSeed           string
	Rows               []Row
	Screening          []scorecard.PlayedRound
	Duties             []scorecard.PlayedDuty
	Refused            []Counted
	Lost, Unreconciled int
	Why                []string // names of what is lost or does not meet, as the card has them
	More               int      // of them that are not listed
}

// Row is one figure in each of the four.
type Row struct {
	Key                         string // key: scorecard.row.<key>
	Drill, Last, Paper, Nothing Cell
}

// Cell is a figure. One that is not Has does not exist there: nobody is moved where nothing is done.
type Cell struct {
	Has   bool
	Never bool // a day that was not reached
	N     float64
	Of    float64 // N of so many; 0: N alone
	Hours bool    // N is in hours
}

// Share is N of Of.
func (c Cell) Share() float64 { return c.N / c.Of }

// Counted is how often something was refused.
type Counted struct {
	What string
	N    int
}

// KeptRow is one card of the list.
type KeptRow struct {
	Number  int64
	Href    string
	Current bool
	KeptAt  time.Time
	People  int64
	Days    int64
	Seed    string
	Sound   bool
	Zero    Cell
}

func count(n int) Cell { return Cell{Has: true, N: float64(n)} }

func of(n, all int) Cell { return Cell{Has: true, N: float64(n), Of: float64(all)} }

func zero(day *int) Cell {
	if day == nil {
		return Cell{Has: true, Never: true}
	}
	return count(*day)
}

// most is how much of what is lost or does not meet is listed.
const most = 20

// Say fills in what a card says, and the one before it, which may be nil.
func (t *Told) Say(c, last *scorecard.Card) {
	t.Card, t.Screening, t.Duties, t.Lost, t.Unreconciled, t.Why, t.More = c, c.Tested, c.Duties, c.Lost, c.Unreconciled, c.Why[:min(most, len(c.Why))], max(0, len(c.Why)-most)
	row := func(key string, of func(*scorecard.Card) Cell, paper, nothing Cell) {
		r := Row{Key: key, Drill: of(c), Paper: paper, Nothing: nothing}
		if last != nil {
			r.Last = of(last)
		}
		t.Rows = append(t.Rows, r)
	}
	none := Cell{}
	row("infected", func(c *scorecard.Card) Cell { return count(c.TrueInfected) }, count(c.Paper.Infected), count(c.Nothing.Infected))
	row("found", func(c *scorecard.Card) Cell { return of(c.Found, c.TrueInfected) }, of(c.Paper.Found, c.Paper.Infected), none)
	row("before", func(c *scorecard.Card) Cell { return of(c.FoundBefore, c.Found) }, none, none)
	row("in_isolation", func(c *scorecard.Card) Cell { return of(c.FoundInIsolation, c.Found) }, of(c.Paper.InIsolation, c.Paper.Found), none)
	row("zero", func(c *scorecard.Card) Cell { return zero(c.CommunityZero) }, zero(c.Paper.CommunityZero), none)
	row("to_isolation", func(c *scorecard.Card) Cell {
		return Cell{Has: c.ToIsolation.N > 0, N: c.ToIsolation.Median, Hours: true}
	}, none, none)
	row("contacts", func(c *scorecard.Card) Cell { return count(c.Contacts) }, count(c.Paper.Contacts), none)
	row("contacts_ill", func(c *scorecard.Card) Cell { return of(c.ContactsIll, c.Contacts) }, none, none)
	row("rounds", func(c *scorecard.Card) Cell { return of(c.RoundsIn24h, c.Rounds) }, none, none)
	row("transfers", func(c *scorecard.Card) Cell { return of(c.TransfersInTime, c.Transfers) }, none, none)
	row("needs", func(c *scorecard.Card) Cell { return of(c.NeedsMet, c.Needs) }, none, none)
	row("without", func(c *scorecard.Card) Cell { return of(c.WithoutNeed, c.Restricted) }, none, none)
	row("days_without", func(c *scorecard.Card) Cell { return Cell{Has: true, N: c.DaysWithout} }, none, none)
	row("rooms", func(c *scorecard.Card) Cell { return count(c.PeakRooms) }, count(c.Paper.PeakRooms), none)
	row("beds", func(c *scorecard.Card) Cell { return count(c.PeakBeds) }, none, none)
	row("tubes", func(c *scorecard.Card) Cell { return count(c.PeakTubes) }, none, none)
	row("late", func(c *scorecard.Card) Cell { return of(int(c.TasksLate), int(c.TasksDue)) }, none, none)
	for what, n := range c.Refused {
		t.Refused = append(t.Refused, Counted{what, n})
	}
	slices.SortFunc(t.Refused, func(a, b Counted) int {
		if a.N != b.N {
			return b.N - a.N
		}
		if a.What < b.What {
			return -1
		}
		return 1
	})
}
