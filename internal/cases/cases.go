// Package cases holds the case: a person who has, or may have, the disease.
//
// "case" is a word of the language, hence the plural. It does no I/O and reads no clock. It imports the packages of people,
// places and outbreaks; protocol, response and everything above may import it.
package cases

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/day"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// ID names a case.
type ID int64

// Class is the classification of a case. Which evidence makes which class is the pack's business.
type Class string

// The classes of a case, in the order of certainty. Asymptomatic is an infection proven without symptoms, which Chinese
// editions count apart from confirmed cases; Discarded is a case that turned out to be none.
const (
	Suspected    Class = "suspected"
	Probable     Class = "probable"
	Asymptomatic Class = "asymptomatic"
	Confirmed    Class = "confirmed"
	Discarded    Class = "discarded"
)

// Classes lists every class.
var classes = []Class{Suspected, Probable, Asymptomatic, Confirmed, Discarded}

// Classes returns every class, in the order of certainty.
func Classes() []Class { return append([]Class(nil), classes...) }

// ErrClass is wrapped by ParseClass.
var ErrClass = errors.New("class is suspected, probable, asymptomatic, confirmed or discarded")

// ParseClass reads the stored word.
func ParseClass(s string) (Class, error) {
	for _, c := range classes {
		if string(c) == s {
			return c, nil
		}
	}
	return "", fmt.Errorf("class %q: %w", s, ErrClass)
}

// Infected says whether the class counts as a proven infection: what moves a person, and what counts in bulletins.
func (c Class) Infected() bool { return c == Confirmed || c == Asymptomatic }

// Outcome is how a case ended; empty while it has not.
type Outcome string

// The outcomes of a case.
const (
	Open      Outcome = ""
	Recovered Outcome = "recovered"
	Died      Outcome = "died"
	// LostToFollowUp: nobody knows. A case never ends this way by itself; a person decides it, with a reason.
	LostToFollowUp Outcome = "lost"
)

// ErrOutcome is wrapped by ParseOutcome.
var ErrOutcome = errors.New("outcome is recovered, died, lost or empty")

// ParseOutcome reads the stored word.
func ParseOutcome(s string) (Outcome, error) {
	switch v := Outcome(s); v {
	case Open, Recovered, Died, LostToFollowUp:
		return v, nil
	}
	return "", fmt.Errorf("outcome %q: %w", s, ErrOutcome)
}

// Found is where a case was when it was found: the figure that "community zero" is made of.
type Found string

// Where a case can be found.
const (
	FoundUnknown     Found = ""
	FoundInIsolation Found = "isolation" // already in isolation or quarantine when found
	FoundCommunity   Found = "community"
)

// ErrFound is wrapped by ParseFound.
var ErrFound = errors.New("found is isolation, community or empty")

// ParseFound reads the stored word.
func ParseFound(s string) (Found, error) {
	switch v := Found(s); v {
	case FoundUnknown, FoundInIsolation, FoundCommunity:
		return v, nil
	}
	return "", fmt.Errorf("found %q: %w", s, ErrFound)
}

// Case is what is known now of one case. Earlier states are in the journal.
//
// Days are days in the outbreak's time zone. Instants are exact where the source gave a time; where it gave only a date,
// they are the last microsecond of that day, so that a clock never runs against somebody for hours nobody recorded.
type Case struct {
	ID       ID
	Outbreak outbreak.ID
	Person   person.ID
	Code     string // unique in the outbreak: what people call it ("SK_14")
	Class    Class
	Area     place.AreaID
	District place.AreaID

	Onset        day.Day // first symptoms; unknown for the asymptomatic
	Sampled      day.Day // the sample that proved it
	ExposedFrom  day.Day // the window in which they were infected
	ExposedTo    day.Day
	NotedAt      time.Time // first taken for a case, suspected or proven: what a suspected case's clocks start from
	ReportedAt   time.Time // entered in the notification system
	VerifiedAt   time.Time // the report was checked
	ConfirmedAt  time.Time // the result that made the class
	IsolatedAt   time.Time // from when they could infect nobody outside
	AdmittedAt   time.Time // in hospital
	Investigated time.Time // investigation form complete
	ListedAt     time.Time // investigator declared the list of contacts complete

	Found     Found
	Outcome   Outcome
	OutcomeOn day.Day
	Setting   string // where they were infected, as the source says
	Hospital  string // as the source says
	Lon, Lat  float64
	Located   bool // Lon and Lat are known

	Attributes map[string]string // the outbreak's own fields, and the columns of an import that have no field here
	Version    int64             // counts changes; a change names the version it saw

	MergedInto ID // the case of the same person that goes on instead; 0 for a case of its own
}

// Closed says whether nothing more is to be done for the person as a case.
func (c Case) Closed() bool { return c.Class == Discarded || c.Outcome != Open || c.MergedInto != 0 }

// GoesOn returns the case that goes on for the person: this one, or the one it was merged into.
func (c Case) GoesOn() ID {
	if c.MergedInto != 0 {
		return c.MergedInto
	}
	return c.ID
}

// Reference returns the day from which contacts are looked for: onset, or the proving sample for the asymptomatic, or
// what comes nearest to it.
func (c Case) Reference(loc *time.Location) day.Day {
	for _, d := range []day.Day{c.Onset, c.Sampled, day.In(c.ConfirmedAt, loc), day.In(c.ReportedAt, loc)} {
		if !d.IsZero() {
			return d
		}
	}
	return 0
}

// Certainty is how sure it is that two people met, or that one infected the other.
type Certainty string

// The certainties. Unknown is what a source says that does not say.
const (
	CertaintyUnknown Certainty = ""
	Possible         Certainty = "possible"  // the same place and time
	Likely           Certainty = "probable"  // told by one of them, or follows from other facts by a rule
	Certain          Certainty = "confirmed" // told by both, seen, or shown by sequences
)

// ErrCertainty is wrapped by ParseCertainty.
var ErrCertainty = errors.New("certainty is possible, probable, confirmed or empty")

// ParseCertainty reads the stored word.
func ParseCertainty(s string) (Certainty, error) {
	switch v := Certainty(s); v {
	case CertaintyUnknown, Possible, Likely, Certain:
		return v, nil
	}
	return "", fmt.Errorf("certainty %q: %w", s, ErrCertainty)
}

// Surer says whether c is surer than d.
func (c Certainty) Surer(d Certainty) bool { return c.rank() > d.rank() }

func (c Certainty) rank() int {
	switch c {
	case Certain:
		return 3
	case Likely:
		return 2
	case Possible:
		return 1
	default:
		return 0
	}
}

// LinkID names a link.
type LinkID int64

// LinkKind says what a link claims.
type LinkKind string

// The kinds of link. Only transmission and direct links make chains.
const (
	Transmission LinkKind = "transmission" // From infected To
	Direct       LinkKind = "direct"       // in direct contact; who infected whom is not claimed
	SameCluster  LinkKind = "cluster"      // same named cluster
	SameEvent    LinkKind = "event"        // exposed at a named event
)

// Link says that two cases belong together. An end that is not a known case keeps its code: links are never dropped.
type Link struct {
	ID       LinkID
	Outbreak outbreak.ID
	From, To ID // 0 while the end is not a known case
	FromCode string
	ToCode   string
	Kind     LinkKind
	Setting  string // hospital room, household, funeral ... as the source says

	Certainty Certainty
	Reason    string // why it was drawn all the same, where the days speak against it
}

// Resolved says whether both ends are known cases.
func (l Link) Resolved() bool { return l.From != 0 && l.To != 0 }

// Personal says whether the link is from person to person, and makes chains.
func (k LinkKind) Personal() bool { return k == Transmission || k == Direct }
