// Package restriction holds the legal order on a person: that they are held, go into quarantine or isolation, or are watched at home.
//
//	Restriction   what one case, contact or hold lets the authority ask of one person: always with a cause and an end
//	Version       what it said from when on, why, and who or which rule said so; each change is a new one
//	Want          what the rulebook asks for now; Follow makes the next version of it, or none
//	Proposal      what one person would change by hand; a second must agree (proposal.go)
//	Need          what is owed to whoever is restricted (need.go)
//
// There is no restriction without a case, a contact or a positive tube: a Cause is made of one of these and of nothing else. It does no I/O and reads no clock.
// It imports the nouns; response, command and everything above may import it.
package restriction

import (
	"errors"
	"fmt"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/task"
)

// ID names a restriction.
type ID int64

// Kind is what is asked of somebody.
type Kind string

// The kinds, the strictest first. There is no kind in words of one's own: nobody can be asked for what is not here.
const (
	Transfer       Kind = "transfer"        // stay until you are fetched, and come along
	Isolation      Kind = "isolation"       // a case stays apart
	QuarantineSite Kind = "quarantine-site" // a contact stays at a site
	Hold           Kind = "hold"            // stay where you are until it is known who in the tube is positive
	QuarantineHome Kind = "quarantine-home" // a contact stays at home
	HomeMonitoring Kind = "home-monitoring" // free to move, checked
)

// Kinds are all of them, the strictest first.
func Kinds() []Kind {
	return []Kind{Transfer, Isolation, QuarantineSite, Hold, QuarantineHome, HomeMonitoring}
}

// ErrKind is wrapped by ParseKind.
var ErrKind = errors.New("is transfer, isolation, quarantine-site, hold, quarantine-home or home-monitoring")

// ParseKind reads the stored word.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds() {
		if string(k) == s {
			return k, nil
		}
	}
	return "", fmt.Errorf("kind %q: %w", s, ErrKind)
}

func (k Kind) rank() int {
	for i, x := range Kinds() {
		if x == k {
			return i
		}
	}
	return len(Kinds())
}

// Milder says whether k asks less of somebody than o.
func (k Kind) Milder(o Kind) bool { return k.rank() > o.rank() }

// Options are the milder kinds that two people may agree on in place of k.
func (k Kind) Options() []Kind {
	switch k {
	case QuarantineSite:
		return []Kind{QuarantineHome, HomeMonitoring}
	case QuarantineHome:
		return []Kind{HomeMonitoring}
	default: // a case is isolated or not; where is a matter of beds
		return nil
	}
}

// ErrCause is returned where a restriction would have no case, contact or tube.
var ErrCause = errors.New("a restriction needs the case, the contact or the tube that is its cause")

// Cause is the fact that somebody is restricted for: a case, a contact or a hold, and nothing else. The zero Cause is none, and no restriction can be made of it.
type Cause struct {
	caseOf    cases.ID
	contactOf contact.ID
	tube      screening.TubeID
}

// OfCase is a case as a cause.
func OfCase(id cases.ID) Cause { return Cause{caseOf: max(id, 0)} }

// OfContact is a contact as a cause.
func OfContact(id contact.ID) Cause { return Cause{contactOf: max(id, 0)} }

// OfTube is a positive tube as a cause.
func OfTube(id screening.TubeID) Cause { return Cause{tube: max(id, 0)} }

// Case returns the case; 0 for another cause.
func (c Cause) Case() cases.ID { return c.caseOf }

// Contact returns the contact; 0 for another cause.
func (c Cause) Contact() contact.ID { return c.contactOf }

// Tube returns the tube; 0 for another cause.
func (c Cause) Tube() screening.TubeID { return c.tube }

// Equal says whether two causes are one fact.
func (c Cause) Equal(o Cause) bool { return c == o }

// IsZero says that there is none.
func (c Cause) IsZero() bool { return c == Cause{} }

// Subject is what tasks and facts about the restriction are about: its case or contact. Of a hold it is the tube.
func (c Cause) Subject() task.Subject {
	switch {
	case c.caseOf != 0:
		return task.Subject{Kind: task.OnCase, ID: int64(c.caseOf)}
	case c.contactOf != 0:
		return task.Subject{Kind: task.OnContact, ID: int64(c.contactOf)}
	}
	return task.Subject{Kind: task.OnTube, ID: int64(c.tube)}
}

// Terms are what is asked, and until when.
type Terms struct {
	Kind   Kind
	Moving bool      // they are to be brought where Kind says, and are not there yet
	Until  time.Time // it ends then whatever happens
	Then   Kind      // what follows at ThenAt and is milder; empty for nothing: Kind until the end
	ThenAt time.Time
	Review time.Time // somebody looks whether it must go on; not after Until
}

// InForce is what is asked at an instant.
func (t Terms) InForce(now time.Time) Kind {
	switch {
	case t.Then != "" && !now.Before(t.ThenAt):
		return t.Then
	case t.Moving:
		return Transfer
	}
	return t.Kind
}

// Change is how a version differs from the one before.
type Change string

// The changes.
const (
	Made     Change = "made"
	Arrived  Change = "arrived"  // they are where they were to be brought
	Milder   Change = "milder"   // less is asked
	Stricter Change = "stricter" // more is asked
	Longer   Change = "longer"
	Shorter  Change = "shorter"
	Again    Change = "again" // it had ended, and its cause is there again
	Over     Change = "ended"
)

// Told says whether somebody is to be told of such a change. That they arrived they know.
func (c Change) Told() bool { return c != Arrived }

// Ended is why a restriction ended.
type Ended string

// Why restrictions end.
const (
	NotEnded       Ended = ""            // it stands
	EndedReleased  Ended = "released"    // follow-up is over, by rule
	EndedRecovered Ended = "recovered"   // the case has ended
	EndedDied      Ended = "died"        //
	EndedLost      Ended = "lost"        // nobody knows where they are: a person decided so
	EndedCase      Ended = "became-case" // they are a case: isolation has a cause of its own
	EndedCorrected Ended = "corrected"   // its cause was none
	EndedMerged    Ended = "merged"      // the record goes on in another one, and so does the restriction
	EndedPack      Ended = "pack"        // the rules in force ask for none
	EndedOver      Ended = "over"        // its last moment has passed
	EndedAgreed    Ended = "agreed"      // two people agreed
	EndedAppeal    Ended = "appeal"      // they appealed, and two people agreed
	EndedNegative  Ended = "negative"    // of a hold: singly negative
	EndedFound     Ended = "found"       // of a hold: somebody else in the tube is the positive
	EndedElsewhere Ended = "quarantined" // of a hold: they are in quarantine as a contact
)

// EndedWords are all the ways to end.
func EndedWords() []Ended {
	return []Ended{EndedReleased, EndedRecovered, EndedDied, EndedLost, EndedCase, EndedCorrected, EndedMerged, EndedPack, EndedOver, EndedAgreed, EndedAppeal, EndedNegative, EndedFound, EndedElsewhere}
}

// Version is what a restriction said from At on.
type Version struct {
	N      int
	At     time.Time
	Change Change
	Terms
	Because task.Because // the fact, the rule, the clause and the pack

	// Of a change by hand: who proposed it, who agreed, on which ground, and what they said.
	By     string
	Second string
	Ground Ground
	Words  string
}

// ByHand says whether two people made it.
func (v Version) ByHand() bool { return v.By != "" }

// Offer is the milder option that was considered for somebody.
type Offer struct {
	Kind    Kind // empty: there is none milder but to be free
	Offered bool
	Why     WhyNot // where it was not offered
}

// WhyNot is why a milder option was not offered.
type WhyNot string

// The reasons.
const (
	ByEdition  WhyNot = "edition"   // the rules in force ask for this kind for everybody in the same place
	NoneMilder WhyNot = "none"      // only being free would be milder
	NoRoom     WhyNot = "no-room"   // no room of their own at home
	AtRisk     WhyNot = "at-risk"   // somebody at home is in danger if infected
	Declined   WhyNot = "declined"  // it was offered and they did not want it
	ToldFirst  WhyNot = "not-asked" // nobody has asked them yet
)

// WhyNots are all of them.
func WhyNots() []WhyNot { return []WhyNot{ByEdition, NoneMilder, NoRoom, AtRisk, Declined, ToldFirst} }

// Restriction is what one cause lets the authority ask of one person. There is one for each case and each contact: what changes is a version of it.
type Restriction struct {
	ID       ID
	Outbreak outbreak.ID
	Cause    Cause
	Area     place.AreaID // where they live
	District place.AreaID
	MadeAt   time.Time
	Versions []Version // the oldest first; at least one
	EndedAt  time.Time // zero while it stands
	Ended    Ended

	ToldAt  time.Time // when somebody last told them, and of which version
	ToldOf  int
	ToldBy  string
	ToldHow How

	ReviewedAt  time.Time // when somebody last looked whether it must go on
	ReviewedBy  string
	ReviewedDue time.Time // when that was due

	Offer    Offer
	Proposal Proposal // by hand, waiting for the second person
	Needs    []Need   // by ID
	Row      int64    // counts changes; a change names the one it saw
}

// How somebody was told.
type How string

// The ways.
const (
	InPerson How = "in-person" // with the notice
	ByPhone  How = "phone"
	ByPost   How = "posted" // the notice was left at the door
	NotTold  How = ""
)

// Hows are all of them.
func Hows() []How { return []How{InPerson, ByPhone, ByPost} }

// ErrHow is wrapped by ParseHow.
var ErrHow = errors.New("is in-person, phone or posted")

// ParseHow reads the stored word.
func ParseHow(s string) (How, error) {
	for _, h := range Hows() {
		if string(h) == s {
			return h, nil
		}
	}
	return "", fmt.Errorf("told %q: %w", s, ErrHow)
}

// Stands says whether it binds anybody.
func (r *Restriction) Stands() bool { return r != nil && r.Ended == NotEnded }

// Now is the newest version.
func (r *Restriction) Now() Version { return r.Versions[len(r.Versions)-1] }

// Terms are those of the newest version.
func (r *Restriction) Terms() Terms { return r.Now().Terms }

// ToTell returns the newest version that somebody is to be told of and was not; 0 for none. Of an end they are told where no visit of its own tells them: when two people agreed on it, or its time was up.
func (r *Restriction) ToTell() int {
	if r == nil {
		return 0
	}
	if !r.Stands() && (r.ToldOf == 0 || r.Ended != EndedAgreed && r.Ended != EndedAppeal && r.Ended != EndedOver) {
		return 0
	}
	for i := len(r.Versions) - 1; i >= 0; i-- {
		if v := r.Versions[i]; v.Change.Told() {
			if v.N > r.ToldOf {
				return v.N
			}
			return 0
		}
	}
	return 0
}

// NeedsReview says whether somebody is to look at it before it ends by itself.
func (r *Restriction) NeedsReview() bool {
	return r.Stands() && r.Terms().Review.Before(r.Terms().Until)
}

// Check says what is wrong with a restriction; nil for nothing. Whatever is stored passed it.
func (r *Restriction) Check() error {
	if r.Cause.IsZero() {
		return ErrCause
	}
	if len(r.Versions) == 0 {
		return errors.New("a restriction says something: it has no version")
	}
	for i, v := range r.Versions {
		switch {
		case v.N != i+1:
			return fmt.Errorf("version %d is numbered %d", i+1, v.N)
		case v.Until.IsZero():
			return fmt.Errorf("version %d has no end", v.N)
		case v.Change != Over && !v.Until.After(v.At):
			return fmt.Errorf("version %d ends before it begins", v.N)
		case v.Review.IsZero() || v.Review.After(v.Until):
			return fmt.Errorf("version %d is looked at after its end", v.N)
		case v.Because.Fact.Seq == 0 || v.Because.Rule == "" || v.Because.Clause == "" || v.Because.Pack == "":
			return fmt.Errorf("version %d has no reason", v.N)
		case v.ByHand() && (v.Second == "" || v.Second == v.By):
			return fmt.Errorf("version %d was made by one person", v.N)
		case v.ByHand() && v.Ground == "":
			return fmt.Errorf("version %d was made by hand without a ground", v.N)
		case v.Then != "" && (!v.Then.Milder(v.Kind) || v.ThenAt.IsZero() || v.ThenAt.After(v.Until)):
			return fmt.Errorf("version %d goes on as something that is not milder, or after its end", v.N)
		}
	}
	if (r.Ended == NotEnded) != r.EndedAt.IsZero() {
		return errors.New("it has ended without a reason, or has a reason to have ended and stands")
	}
	return nil
}

// OfHold shows a hold as what it is: a restriction whose cause is a positive tube. The hold is its only record; its terms change as the rules for tubes say (screening.Hold).
func OfHold(h screening.Hold) Restriction {
	v := Version{N: 1, At: h.Since, Change: Made, Terms: Terms{Kind: Hold, Until: h.Until, Review: h.Until}, Because: task.Because{Fact: task.FactRef{Seq: h.Fact}, Rule: h.Rule, Clause: h.Clause, Pack: h.Pack}}
	r := Restriction{ID: -ID(h.ID), Outbreak: h.Outbreak, Cause: OfTube(h.Tube), Area: h.Area, District: h.District, MadeAt: h.Since, Versions: []Version{v}, Offer: Offer{Why: NoneMilder}}
	if !h.ToldAt.IsZero() {
		r.ToldAt, r.ToldOf, r.ToldHow = h.ToldAt, 1, InPerson
	}
	if !h.Stands() {
		r.EndedAt, r.Ended = h.LiftedAt, endedAs(h.Lifted)
	}
	return r
}

func endedAs(l screening.Lifted) Ended {
	switch l {
	case screening.LiftedNegative:
		return EndedNegative
	case screening.LiftedFound:
		return EndedFound
	case screening.LiftedCase:
		return EndedCase
	case screening.LiftedQuarantined:
		return EndedElsewhere
	case screening.LiftedOver:
		return EndedOver
	case screening.LiftedPack:
		return EndedPack
	case screening.LiftedAppeal:
		return EndedAppeal
	case screening.LiftedMerged:
		return EndedMerged
	case screening.LiftedCorrected:
		return EndedCorrected
	case screening.NotLifted:
	}
	return NotEnded
}
