package screening

import (
	"fmt"
	"time"
)

// Reason is why a batch or a tube is refused, for machines. Screens have words for each.
type Reason string

// The reasons. Those of a batch refuse all of it; those of a tube set that tube aside while the rest of the batch is taken.
const (
	BadForm      Reason = "bad_form"      // not as documented; the text says where
	TooLarge     Reason = "too_large"     // more than a device sends at a time
	NotEnrolled  Reason = "not_enrolled"  // no device has this key, or it was revoked
	OtherDevice  Reason = "other_device"  // the key is another device's
	SeqTaken     Reason = "seq_taken"     // this number was used for a batch that said something else
	NoRound      Reason = "no_round"      // there is no such round here
	RoundNotOpen Reason = "round_closed"  // the round takes nothing: not opened yet, or cancelled
	NoSite       Reason = "no_site"       // there is no such site here
	TubeUsed     Reason = "tube_used"     // a tube of this code was registered before
	TubeTwice    Reason = "tube_twice"    // the code is twice in this batch
	PersonTwice  Reason = "person_twice"  // somebody is in the tube twice
	NoPerson     Reason = "no_person"     // no person has this code
	TooMany      Reason = "too_many"      // more people than a tube may hold
	ClockOff     Reason = "clock_off"     // the times cannot be right: the device's clock is off
	BeforeRound  Reason = "before_round"  // sampled before the round began
	ClosedFirst  Reason = "closed_first"  // closed before its last member was sampled
	AllRefused   Reason = "all_refused"   // no tube of the batch is taken
	BoxTaken     Reason = "box_taken"     // another box has this label, or this one was packed with other tubes
	CountDiffers Reason = "count_differs" // as many tubes as were scanned are not on the table, and no note says why
	NoBox        Reason = "no_box"        // no box of this label was packed
	WrongRole    Reason = "wrong_role"    // devices of this role do not do that
	Undocumented Reason = "no_document"   // neither a code nor a document with a name
)

// Refusal says why something is not taken.
type Refusal struct {
	Reason Reason `json:"reason"`
	Where  string `json:"where,omitempty"` // tubes[3].members[2].at
	Text   string `json:"text"`
}

// Error implements error.
func (r *Refusal) Error() string {
	if r.Where == "" {
		return r.Text
	}
	return r.Where + ": " + r.Text
}

func refuse(reason Reason, where, format string, args ...any) *Refusal {
	return &Refusal{reason, where, fmt.Sprintf(format, args...)}
}

// MostAhead is how far a device's clock may be ahead of ours; mostOld is how old a tube may be when it comes in: a shift without network, a weekend in a drawer.
const (
	MostAhead = 10 * time.Minute
	mostOld   = 7 * 24 * time.Hour
)

// TubeRefusal is a tube that is set aside.
type TubeRefusal struct {
	Index int    `json:"index"` // in the batch
	Code  string `json:"tube"`
	Refusal
}

// Check holds tubes against the largest pool that the round allows anywhere: a person may be sampled at any site, so where a tube was filled says nothing about who is in it. That residents of a
// locked-down area are sampled alone is the desk's duty; see Round.PoolIn.
//
// Check returns which tubes of a batch are not taken, each with the first reason found, in the order of the batch. used says whether a code was registered before.
func Check(b *Batch, r Round, now time.Time, used func(code string) bool) []TubeRefusal {
	var out []TubeRefusal
	seen := make(map[string]int, len(b.Tubes))
	for i := range b.Tubes {
		t := &b.Tubes[i]
		where := fmt.Sprintf("tubes[%d]", i)
		why := checkTube(t, r, now, where)
		if first, twice := seen[t.Code]; why == nil && twice {
			why = refuse(TubeTwice, where, "tube %s is in this batch twice: tubes[%d] too", t.Code, first)
		}
		if why == nil && used(t.Code) {
			why = refuse(TubeUsed, where, "tube %s was registered before", t.Code)
		}
		seen[t.Code] = i
		if why != nil {
			out = append(out, TubeRefusal{i, t.Code, *why})
		}
	}
	return out
}

func checkTube(t *Tube, r Round, now time.Time, where string) *Refusal {
	most := MostMembers
	if t.Kind == Single {
		most = 1
	}
	switch {
	case t.Kind == Pool && len(t.Members) > r.Pool:
		return refuse(TooMany, where, "tube %s has %d people, the round allows %d", t.Code, len(t.Members), r.Pool)
	case len(t.Members) > most:
		return refuse(TooMany, where, "tube %s has %d people, at most %d can be examined together", t.Code, len(t.Members), most)
	case t.ClosedAt.After(now.Add(MostAhead)):
		return refuse(ClockOff, where+".closed_at", "tube %s was closed at %s, which is still to come: set the device's clock", t.Code, t.ClosedAt.UTC().Format(time.RFC3339))
	case t.ClosedAt.Before(now.Add(-mostOld)):
		return refuse(ClockOff, where+".closed_at", "tube %s was closed at %s, more than 7 days ago: set the device's clock", t.Code, t.ClosedAt.UTC().Format(time.RFC3339))
	}
	for i := range t.Members {
		m := &t.Members[i]
		at := fmt.Sprintf("%s.members[%d]", where, i)
		switch {
		case m.Unknown != "":
			return refuse(NoPerson, at+".person", "%q is no person's code", m.Unknown)
		case m.At.After(t.ClosedAt):
			return refuse(ClosedFirst, at+".at", "tube %s was closed before this person was sampled", t.Code)
		case m.At.Before(r.StartsAt.Add(-MostAhead)):
			return refuse(BeforeRound, at+".at", "sampled at %s, before the round began", m.At.UTC().Format(time.RFC3339))
		}
		for j := range i {
			if m.Same(&t.Members[j]) {
				return refuse(PersonTwice, at, "the same person is members[%d] of tube %s", j, t.Code)
			}
		}
	}
	return nil
}

// Same says whether two members are surely one person. Documents are compared as typed; other spellings of one document are found when they are looked up.
func (m *Member) Same(b *Member) bool {
	if m.Person != 0 || b.Person != 0 {
		return m.Person == b.Person
	}
	return m.Document != "" && m.Document == b.Document
}
