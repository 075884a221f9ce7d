package ui

import (
	"strings"
	"time"

	"firebreak/internal/i18n"
)

// Status is how a piece of work stands against its deadline. It is always shown as shape, word and
// colour together.
type Status string

// The statuses. The first four are the ones people act on; Waived and Void end a task without work.
const (
	OnTime  Status = "ontime"
	DueSoon Status = "duesoon"
	Late    Status = "late"
	Done    Status = "done"
	Waived  Status = "waived"
	Void    Status = "void"
)

// Statuses lists all of them, in the order of a legend.
func Statuses() []Status { return []Status{Late, DueSoon, OnTime, Done, Waived, Void} }

// StatusOf tells how open work due at due stands at now; soon is how long before the deadline a
// person should look at it. Work without a deadline is on time.
func StatusOf(due, now time.Time, soon time.Duration) Status {
	switch {
	case due.IsZero():
		return OnTime
	case due.Before(now):
		return Late
	case due.Sub(now) <= soon:
		return DueSoon
	}
	return OnTime
}

// DutyKind is one of the five duties of a response.
type DutyKind string

// The duties, in their order on screen.
const (
	Tested   DutyKind = "tested"
	Traced   DutyKind = "traced"
	Moved    DutyKind = "moved"
	Isolated DutyKind = "isolated"
	Treated  DutyKind = "treated"
)

// Duty is one card of coverage: how much of what must be done is done, and who holds the rest.
type Duty struct {
	Kind        DutyKind
	Done, Total int64 // Total is everything due so far, done or not
	DueSoon     int64
	Late        int64
	// Unit is what is counted ("unit.<Unit>": people, cases, checks).
	Unit string
	// Median is how long the done ones took; nil if none is done.
	Median *time.Duration
	// Finish is when all will be done at the present pace, with its range; nil if not forecast.
	Finish *Interval
	// Note is one more fact that decides ("rooms left 1,204").
	Note i18n.Msg
	// HeldBy names who holds most of the late ones; empty if none is late.
	HeldBy   string
	Href     string // the list behind the count
	LateHref string
}

// Share is done over due; 1 if nothing is due.
func (d Duty) Share() float64 { return share(d.Done, d.Total) }

// Status of the duty as a whole.
func (d Duty) Status() Status {
	switch {
	case d.Late > 0:
		return Late
	case d.DueSoon > 0:
		return DueSoon
	case d.Done >= d.Total:
		return Done
	}
	return OnTime
}

// Interval is an instant with its uncertainty.
type Interval struct{ At, Low, High time.Time }

// Figure is one big number with what it means; it links to the list behind it.
type Figure struct {
	Label i18n.Msg
	Value *int64 // nil is unknown, shown as a dash with Why
	Why   i18n.Msg
	Sub   i18n.Msg
	Href  string
	// Alarm marks a figure that should be zero and is not.
	Alarm bool
}

// Estimate is a number with its interval, such as Rt.
type Estimate struct{ Mean, Low, High float64 }

// Person is someone as lists may show them: never by full name. A reader who needs the name asks for
// it with a purpose at NameHref, which is journalled.
type Person struct {
	Code     string // "LX-0412"
	Masked   string // "王**"
	Age      *int
	Sex      string // key: sex.<Sex>; empty is unknown
	Href     string
	NameHref string
}

// Names stands for what identifies a person: closed, with the form that asks why the reader needs it; or open, with what the vault holds.
type Names struct {
	Ask  *Form     // nil when the reader may not
	Read *Identity // nil until it was asked for
	// Correct changes what the vault holds; nil when the reader may not.
	Correct *Form
}

// Identity is what the vault holds of one person. Empty is: not known.
type Identity struct {
	Name, Document, Phone string
	Door                  string // which one they live behind; only where doors are asked for
}

// Same is what a page of a record says of others of the same person: those that may be, and those that were merged into this one.
type Same struct {
	Alike  []Alike
	Merged []Merged
}

// Alike is another record that may be of the same person.
type Alike struct {
	Code, Href string
	Signs      []string // same.<sign>: what they have in common
}

// Merged is a merge into this record.
type Merged struct {
	Codes  string // of the records that went; empty where they had none of their own
	At     time.Time
	By     string
	Reason string
	Href   string
}

// Codes writes codes in one text.
func Codes(list []string) string { return strings.Join(list, ", ") }

// Because is why something is: the rule and the fact that made it, and the way to the whole chain.
type Because struct {
	Text i18n.Msg
	Href string
}

// Event is one line of what just happened or of a timeline.
type Event struct {
	At   time.Time
	Day  string // ISO day, when the hour is not known; then At is the start of that day
	Kind string // key: event.<Kind>; also the mark in a timeline
	Text i18n.Msg
	Who  string
	Href string
	// Status is set on planned things.
	Status Status
	// Until is the end of something that lasts (a stay); zero if it is a moment.
	Until time.Time
	// Corrected marks a fact that a later one took back.
	Corrected bool
	Because   *Because
}

// Timeline is a person's or a place's events, in the order to be shown.
type Timeline struct {
	ID     string
	Label  i18n.Msg
	Events []Event
	// Now is drawn as a line between past and planned events; zero draws none.
	Now time.Time
}

// Tab is one of a page's tabs; each is a link, so it works without scripts and can be bookmarked.
type Tab struct {
	Label   i18n.Msg
	Href    string
	Count   *int64
	Current bool
}

// Progress is a long job.
type Progress struct {
	ID    string
	Label i18n.Msg
	Done  int64
	Total int64 // 0 while unknown
	Rate  float64
	// Left is the expected time to the end; 0 while unknown.
	Left  time.Duration
	State string // key: job.<State>: running, paused, done, failed
	// Poll is asked again each second while running; empty stops. With an Event of the page's stream it is asked at each, and every five seconds besides.
	Poll  string
	Event string
	// Pause and Resume are posted to, where the job allows it.
	Pause, Resume string
}

// Share is done over total; 0 while the total is unknown.
func (p Progress) Share() float64 {
	if p.Total <= 0 {
		return 0
	}
	return float64(p.Done) / float64(p.Total)
}

// Conflict tells the second of two editors what the first has changed. Nothing was saved.
type Conflict struct {
	Who     string
	At      time.Time
	Changes []Change
	// Reload shows the record as it is now; Again posts the same form against the new version.
	Reload string
}

// Change is one field, as it was when the form was opened, as somebody else made it, and as typed here.
type Change struct {
	Label              i18n.Msg
	Was, Theirs, Yours string
}

// Clash tells that both changed the same field to different values, so a person must choose.
func (c Change) Clash() bool { return c.Yours != c.Was && c.Yours != c.Theirs }

// Empty is what an empty list or page says: what it means and what to do next.
type Empty struct {
	Title  i18n.Msg
	Hint   i18n.Msg
	Action i18n.Msg
	Href   string
}

// Dialog asks before a step that is hard to take back. It opens over the page from a button with
// data-dialog=ID.
type Dialog struct {
	ID    string
	Title i18n.Msg
	Text  i18n.Msg
	Form  Form
}
