package rounds

import (
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

// PlanCard is the plan of a round in short, as the page of how it goes has it.
type PlanCard struct {
	Href        string
	Sampling    time.Time // when the last person is sampled by it
	Results     time.Time // when the last result is there by it
	ResultsBy   time.Time // when that was promised
	Late, Whole bool      // Late: after what was promised; Whole: everybody is planned for
	Bind        *Bind     // nil where nothing binds
	MadeAt      time.Time
}

// Bind is what holds the plan up, between two instants.
type Bind struct {
	Resource string   // key: bottleneck.<Resource>
	N, Of    int64    // how many of them
	Names    string   // the first few
	Change   []Change // where the first few can be given more, for whoever may
	More     bool     // there are more of them
	From, To time.Time
	Remedy   i18n.Msg // what helps most for its price; zero where nothing does
	Saved    time.Duration
}

// Change is the form of a site or a laboratory that binds.
type Change struct {
	Name, Href string
}

// PlanView is the plan of a round.
type PlanView struct {
	Head
	May     bool // the reader may have it planned
	Again   bool // there is a plan already
	Make    string
	Running *Running
	Failed  i18n.Msg // why the last try made no plan
	Plan    *Planned // nil where there is none
	Needs   []Need   // what to enter before, where there is none
}

// Running is the planning that is under way.
type Running struct {
	Stage string // key: plan.stage.<Stage>
	Step  int    // of Steps
	Steps int
	Since time.Time
	Poll  string
}

// Need is something that a plan takes: how many of it there are.
type Need struct {
	Text i18n.Msg
	OK   bool
	Do   i18n.Msg
	Href string // empty where the reader enters none
}

// Planned is a plan as the page shows it.
type Planned struct {
	Card                PlanCard
	Version             int64
	By                  string
	AsOf                time.Time // zero for a plan of a round that had not begun
	SamplingBy          time.Time // when everybody should have been sampled
	SamplingLate        bool
	People, Tubes       int64
	FrozenPeople        int64 // were sampled before
	WalkKnown           bool  // false where communities were put at their sites
	WalkMedian, WalkP90 int64 // metres
	Gap                 time.Duration
	Stale               bool // the round was changed since
	Short               []i18n.Msg
	Binds               []Bind
	Remedies            []Remedy
	Useless             []i18n.Msg // remedies that save nothing
	Notes               []i18n.Msg
	Map                 *ui.Map
	MapHint             i18n.Msg
	Lists               []ui.Table // the first rows of each list
	City                string     // address of what was planned, as a file
	Versions            []Version
}

// Remedy is a change that brings the results forward.
type Remedy struct {
	Text    i18n.Msg
	Results time.Time
	Saved   time.Duration
	Cost    int64
	PerHour int64 // cost of an hour saved; 0 where it costs nothing
	Apply   i18n.Msg
	Href    string // of the form that does it; empty where the program holds nothing of the kind
}

// Version is an earlier plan.
type Version struct {
	Number            int64
	MadeAt            time.Time
	By                string
	Sampling, Results time.Time
	InTime            bool
}

// PlanListView is one list of a plan whole.
type PlanListView struct {
	Head
	Table ui.Table
	Back  string
}
