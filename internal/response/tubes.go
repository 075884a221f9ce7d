package response

import (
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/task"
)

// TubeFacts is what is known of a tube that a laboratory has reported on. The result of a tube with one person in it reaches the rules as that person's specimen; as
// a tube only when it told nothing of somebody whom no other rule looks at.
type TubeFacts struct {
	ID       screening.TubeID
	Code     string
	Area     place.AreaID // of the site
	District place.AreaID
	Result   lab.TubeResult
	ResultAt time.Time
	Checked  time.Time // when somebody looked for a swapped tube or a missing member; zero while nobody has
	Members  []MemberFacts
	Earlier  []Era // as of a person
}

// MemberFacts is what is known of one of the people in a tube.
type MemberFacts struct {
	Person    person.ID
	Area      place.AreaID // where they live; 0 when unknown
	District  place.AreaID
	At        time.Time      // when they were swabbed for the tube
	Specimens []lab.Specimen // single ones, by TakenAt
	Hold      *screening.Hold
	Case      *cases.Case
	Contact   *contact.Contact
}

// PersonFacts is what is known of somebody whom tubes or a self-test concern, whether they are a case, a contact or neither.
type PersonFacts struct {
	Person    person.ID
	Area      place.AreaID
	District  place.AreaID
	Tubes     []ShareFacts         // the tubes that they are in, by ID: those that were positive or told nothing, and those they were sampled in since
	Specimens []lab.Specimen       // single ones, by TakenAt
	SelfTests []screening.SelfTest // by ID
	Appeals   []screening.Appeal   // by ID
	Along     []AlongFacts         // stays at a site for the sake of a child, the oldest first
	Case      *cases.Case
	Contact   *contact.Contact
	// Restricted says that a restriction of another kind than a hold stands for them; it is read where an appeal asks for it.
	Restricted bool
	Loc        *time.Location
	Earlier    []Era // the packs that were in force before, in their order
}

// AlongFacts is a stay of an adult for the sake of a child.
type AlongFacts struct {
	Stay facility.Stay
	Over time.Time // when the child was there no more; zero while it is there, is to come, or they are to follow it
}

// ShareFacts is one person's share in a tube.
type ShareFacts struct {
	Tube     screening.TubeID
	Area     place.AreaID // of its site
	District place.AreaID
	Result   lab.TubeResult
	ResultAt time.Time
	At       time.Time // when they were swabbed for it
	Alone    bool      // nobody else is in it
	Hold     *screening.Hold
}

// HoldPerson orders that somebody stays where they are until it is known who in the tube is positive, and until an instant at the latest. It is already so when
// their hold for the tube stands. A World writes PersonHeld, which no rule answers: who ordered it has the person looked at.
type HoldPerson struct {
	Person         person.ID
	Tube           screening.TubeID
	Area, District place.AreaID
	Since, Until   time.Time
	Because        task.Because
}

// LiftHold orders that a hold ends. A World writes HoldLifted, as for HoldPerson.
type LiftHold struct {
	Person  person.ID
	Tube    screening.TubeID
	Why     screening.Lifted
	At      time.Time
	Because task.Because
}

// ShortenHold orders that a hold that stands ends sooner than it was to. A World writes HoldShortened, as for HoldPerson.
type ShortenHold struct {
	Person  person.ID
	Tube    screening.TubeID
	Until   time.Time
	Because task.Because
}

// OpenCaseOf orders that somebody who was neither a case nor a contact becomes a case, by a single specimen. It is already so when they have a case that is not
// discarded. A World answers it as OpenCase.
type OpenCaseOf struct {
	Person   person.ID
	Class    cases.Class
	Specimen lab.SpecimenID
	At       time.Time
	Because  task.Because
}

// LookAgain orders that the rules for the same fact run for a person or a tube whom it concerns too. A World answers it with the trigger.
type LookAgain struct{ Trigger Trigger }

func (HoldPerson) action()  {}
func (LiftHold) action()    {}
func (ShortenHold) action() {}
func (OpenCaseOf) action()  {}
func (LookAgain) action()   {}

func onPerson(id person.ID) task.Subject { return task.Subject{Kind: task.OnPerson, ID: int64(id)} }

func onTube(id screening.TubeID) task.Subject { return task.Subject{Kind: task.OnTube, ID: int64(id)} }

// finding is what single specimens say of somebody in a positive tube.
type finding int

const (
	unsampled finding = iota // nothing was taken from them singly since
	awaited                  // taken, with no result yet, or with none that tells
	negative
	positiveSingly
	otherwiseCase // they are a case already, not proven by a specimen since
)

// find says what is known of a member. What was taken after the swab for the tube counts, whenever it became known, so that the order in which results arrive
// makes no difference.
func find(p *protocol.Pack, m *MemberFacts) finding {
	out := unsampled
	for _, s := range m.Specimens {
		if !s.TakenAt.After(m.At) || !slices.Contains(p.Cases.ConfirmBy.Value, s.Method) {
			continue
		}
		switch s.Result {
		case lab.Positive:
			return positiveSingly
		case lab.Negative:
			out = negative
		case lab.Awaited, lab.Inconclusive, lab.Invalid:
			out = max(out, awaited)
		}
	}
	if underWay(m.Case) {
		return otherwiseCase // a suspected one is ruled out by the rules for cases first
	}
	return out
}

// Standing says what is known of somebody in a positive tube: "unsampled", "awaited", "negative", "positive", or "case" for one who is a case otherwise. Screens show it.
func (m *MemberFacts) Standing(p *protocol.Pack) string {
	return [...]string{unsampled: "unsampled", awaited: "awaited", negative: "negative", positiveSingly: "positive", otherwiseCase: "case"}[find(p, m)]
}

// underWay says whether somebody is a case now: what must be done for them is done for the case.
func underWay(c *cases.Case) bool {
	return c != nil && c.Class != cases.Discarded && c.MergedInto == 0 && !c.Closed()
}

// inQuarantine says whether a contact is in quarantine already.
func inQuarantine(c *contact.Contact) bool {
	return c != nil && !c.QuarantineAt.IsZero() && !c.State.Over()
}

// lookAtTube orders what a tube's result means for each of the people in it, by all that is known of them:
//
//  1. Positive: whoever is in it is held where they are, for as long as the pack allows at most.
//  2. The hold of somebody who is a case, or in quarantine, is lifted: what follows is for cases and contacts.
//  3. Somebody who is singly negative is let go when all are, and, where the pack says so, as soon as another member is proven to be the positive: the reason to hold them was that
//     nobody knew who it is. Those who are not singly negative yet stay, whoever was found: there may be two. Proven wrong after all, it is open again, and they are held again.
//  4. All are singly negative: somebody looks for a swapped tube or a missing member.
//  5. Not positive, or not any more: nobody is held because of it.
//
// A hold that was over, or was lifted by an appeal, is not begun again by what was reported while it stood. The tasks of whoever is held or let go are looked at again.
func (a ask) lookAtTube(f TubeFacts) []Action {
	out := a.holds(f)
	for _, x := range out {
		switch x := x.(type) {
		case HoldPerson:
			out = append(out, a.alsoFor(onPerson(x.Person)))
		case LiftHold:
			out = append(out, a.alsoFor(onPerson(x.Person)))
		}
	}
	return out
}

// tubeReported orders what lookAtTube does, and the tasks of everybody in it.
func (a ask) tubeReported(f TubeFacts) []Action {
	out := a.holds(f)
	for i := range f.Members {
		out = append(out, a.alsoFor(onPerson(f.Members[i].Person)))
	}
	return out
}

// holds orders who is held and who is let go, and the tasks of the tube.
func (a ask) holds(f TubeFacts) []Action {
	longest := &a.p.Clocks.HoldLongest
	var out []Action
	positive := f.Result == lab.TubePositive && len(f.Members) > 1
	explained, all := false, positive
	found := make([]finding, len(f.Members))
	for i := range f.Members {
		m := &f.Members[i]
		found[i] = find(a.p, m)
		explained = explained || found[i] == positiveSingly || found[i] == otherwiseCase && (m.Case.Class.Infected() || m.Case.Class == cases.Probable)
		all = all && found[i] == negative
	}
	for i := range f.Members {
		m := &f.Members[i]
		var why screening.Lifted
		switch {
		case !positive:
			why = screening.LiftedCorrected
		case !longest.Set():
			why = screening.LiftedPack
		case found[i] == positiveSingly || found[i] == otherwiseCase:
			why = screening.LiftedCase
		case found[i] == negative && all:
			why = screening.LiftedNegative
		case found[i] == negative && explained && a.p.Screening.FreeWhenFound.Value:
			why = screening.LiftedFound
		case inQuarantine(m.Contact):
			why = screening.LiftedQuarantined
		}
		switch h := m.Hold; {
		case why != screening.NotLifted:
			if h.Stands() {
				out = append(out, LiftHold{Person: m.Person, Tube: f.ID, Why: why, At: a.now, Because: a.because(a.lifting(why))})
			}
		case h.Stands(), h != nil && (h.Lifted == screening.LiftedOver || h.Lifted == screening.LiftedAppeal) && !f.ResultAt.After(h.LiftedAt):
		default:
			area, district := m.Area, m.District
			if area == 0 {
				area, district = f.Area, f.District
			}
			out = append(out, HoldPerson{Person: m.Person, Tube: f.ID, Area: area, District: district, Since: a.now, Until: a.now.Add(longest.Duration()), Because: a.because(longest.Path)})
		}
	}
	return append(out, a.standTube(f, all))
}

// holding is the value that holds stand on: how long one may last. Under a pack that holds nobody it is what proves a case.
func (a ask) holding() string {
	if c := &a.p.Clocks.HoldLongest; c.Set() {
		return c.Path
	}
	return a.p.Cases.ConfirmBy.Path
}

// lifting is the value of the pack that somebody is let go by.
func (a ask) lifting(why screening.Lifted) string {
	switch why {
	case screening.LiftedFound:
		return a.p.Screening.FreeWhenFound.Path
	case screening.LiftedNegative, screening.LiftedCase:
		return a.p.Cases.ConfirmBy.Path // a single specimen by a method that proves said so
	default:
		return a.holding()
	}
}

// standTube orders the tasks that must stand for a tube: to look for a swapped tube or a missing member when everybody in a positive one is singly negative.
func (a ask) standTube(f TubeFacts, allNegative bool) Action {
	var last time.Time
	for i := range f.Members {
		last = latest(last, clearedAt(a.p, &f.Members[i]))
	}
	wanted := func(a ask) []task.Want {
		w := wants{ask: a, subject: task.Want{Area: f.Area, District: f.District}}
		if clock := &a.p.Clocks.CheckTube; allNegative {
			w.add(clock, want(task.CheckTube, 0, task.Laboratory, last, clock, f.Checked))
		}
		return w.list
	}
	return Stand{Subject: onTube(f.ID), Tasks: judged(a, f.Earlier, wanted(a), 0, wanted), Because: a.because(a.holding())}
}

// clearedAt is when the first negative of a member was reported.
func clearedAt(p *protocol.Pack, m *MemberFacts) time.Time {
	var out time.Time
	for _, s := range m.Specimens {
		if s.Result == lab.Negative && s.TakenAt.After(m.At) && slices.Contains(p.Cases.ConfirmBy.Value, s.Method) {
			out = earliest(out, s.ResultAt)
		}
	}
	return out
}

// alsoFor has the rules answer the same fact for another subject.
func (a ask) alsoFor(s task.Subject) LookAgain {
	return LookAgain{Trigger{Kind: a.t.Kind, Subject: s, Ref: a.t.Ref, At: a.t.At}}
}

// tubesOf has the rules look at the positive tubes that somebody is in, for the same fact.
func (a ask) tubesOf(f PersonFacts) []Action {
	var out []Action
	for _, t := range f.Tubes {
		if t.Result == lab.TubePositive || t.Hold.Stands() {
			out = append(out, a.alsoFor(onTube(t.Tube)))
		}
	}
	return out
}
