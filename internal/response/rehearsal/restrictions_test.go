package rehearsal

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/protocol"
	"firebreak/internal/restriction"
)

// causeStands says whether the cause of a restriction is a reason to restrict anybody, by the facts alone.
func causeStands(o *outbreak, c restriction.Cause) bool {
	if id := c.Case(); id != 0 {
		k := o.cases[id-1]
		return !k.Closed() && (k.Class.Infected() || k.Class == cases.Probable || o.pack.Cases.MoveSuspected.Value)
	}
	k := o.contacts[c.Contact()-1]
	return !k.Over() && o.pack.Tier(k.Tier).Followed()
}

// Whatever happens, in whichever order, a restriction has an end, a cause that is one, and a reason; nobody is asked twice for one cause; two people made each change by hand.
func TestRestrictionsHaveAnEndAndACause(t *testing.T) {
	t.Parallel()
	packs := allPacks(t)
	rapid.Check(t, func(rt *rapid.T) {
		o := newOutbreak(rapid.SampledFrom(packs).Draw(rt, "pack"))
		for range rapid.IntRange(3, 30).Draw(rt, "steps") {
			what, err := o.step(rt)
			if err != nil {
				rt.Fatalf("%s: %v", what, err)
			}
			if rapid.IntRange(0, 3).Draw(rt, "by hand") == 0 {
				o.hand(rt)
			}
			longest := time.Duration(0)
			for _, k := range []int{o.pack.Restrictions.IsolationLongest.Value, o.pack.Tiers.Close.FollowUpDays() + 1, o.pack.Tiers.Secondary.FollowUpDays() + 1, o.pack.Tiers.General.FollowUpDays() + 1} {
				longest = max(longest, time.Duration(k+o.pack.Restrictions.ByHandLongest.Value)*24*time.Hour)
			}
			for _, r := range o.Restrictions() {
				if err := r.Check(); err != nil {
					rt.Fatalf("after %s: %v", what, err)
				}
				if !r.Stands() {
					continue
				}
				if !causeStands(o, r.Cause) {
					rt.Fatalf("after %s: %s %d is restricted, and its cause is none", what, r.Cause.Subject().Kind, r.Cause.Subject().ID)
				}
				if until := r.Terms().Until; until.Before(o.now) || until.Sub(o.now) > longest {
					rt.Fatalf("after %s: it ends at %s, now is %s", what, until, o.now)
				}
			}
		}
		if err := o.Advance(o.now.Add(400 * 24 * time.Hour)); err != nil {
			rt.Fatal(err)
		}
		for _, r := range o.Restrictions() {
			if r.Stands() {
				rt.Fatalf("%s %d is restricted a year later", r.Cause.Subject().Kind, r.Cause.Subject().ID)
			}
		}
	})
}

// hand lets people do what they may do with a restriction; what the rules of two people refuse is refused.
func (o *outbreak) hand(rt *rapid.T) {
	all := o.Restrictions()
	if len(all) == 0 {
		return
	}
	r := rapid.SampledFrom(all).Draw(rt, "restriction")
	p := o.personOf(r.Cause)
	if got := o.RestrictionOf(p); got == nil || got.Cause != r.Cause {
		return
	}
	var err error
	switch rapid.SampledFrom([]string{"told", "reviewed", "milder", "longer", "shorter", "ended", "alone"}).Draw(rt, "order") {
	case "told":
		err = o.Notify(p)
	case "reviewed":
		if r.Stands() {
			err = o.Review(p)
		}
	case "milder":
		if kinds := r.Terms().Kind.Options(); len(kinds) > 0 {
			err = o.Agree(p, restriction.Proposal{Change: restriction.Milder, Kind: rapid.SampledFrom(kinds).Draw(rt, "kind"), Ground: restriction.GroundCare, Words: "w", By: "a"}, "b")
		}
	case "longer":
		err = o.Agree(p, restriction.Proposal{Change: restriction.Longer, Until: r.Terms().Until.Add(time.Duration(rapid.IntRange(1, 200).Draw(rt, "hours")) * time.Hour), Ground: restriction.GroundAwaited, Words: "w", By: "a"}, "b")
	case "shorter":
		err = o.Agree(p, restriction.Proposal{Change: restriction.Shorter, Until: r.Terms().Until.Add(-time.Duration(rapid.IntRange(1, 200).Draw(rt, "hours")) * time.Hour), Ground: restriction.GroundEvidence, Words: "w", By: "a"}, "b")
	case "ended":
		err = o.Agree(p, restriction.Proposal{Change: restriction.Over, Ground: restriction.GroundEvidence, Words: "w", By: "a"}, "b")
		if err == nil && o.RestrictionOf(p).Stands() {
			rt.Fatal("two people ended it, and it stands")
		}
	case "alone":
		n := len(r.Versions)
		err = o.Agree(p, restriction.Proposal{Change: restriction.Over, Ground: restriction.GroundEvidence, Words: "w", By: "a"}, "a")
		if r.Stands() && !errors.Is(err, restriction.ErrSame) {
			rt.Fatalf("one person ended it: %v", err)
		}
		if got := o.RestrictionOf(p); len(got.Versions) != n {
			rt.Fatal("one person changed it")
		}
	}
	for _, refusal := range []error{restriction.ErrEnded, restriction.ErrSame, restriction.ErrUntil, restriction.ErrOption} {
		if errors.Is(err, refusal) {
			return
		}
	}
	if err != nil {
		rt.Fatal(err)
	}
}

// What two people ended stays ended, whatever rules look at it, until a reason arises anew.
func TestEndedByTwoStaysEnded(t *testing.T) {
	t.Parallel()
	packs := allPacks(t)
	rapid.Check(t, func(rt *rapid.T) {
		p := packs[slices.IndexFunc(packs, func(x *protocol.Pack) bool { return x.Ref() == "covid19/2022-v9@1" })]
		o := newOutbreak(p)
		if _, err := o.AddCase(cases.Case{Person: 1, Code: "A", Class: cases.Confirmed, ConfirmedAt: o.now, NotedAt: o.now, Area: 1}); err != nil {
			rt.Fatal(err)
		}
		if _, err := o.AddContact(contact.Contact{Person: 2, Code: "B", Tier: contact.Close, ListedAt: o.now}, Exposure{Case: 1, Last: o.DayOf(o.now)}); err != nil {
			rt.Fatal(err)
		}
		o.now = o.now.Add(time.Hour)
		if err := o.Agree(2, restriction.Proposal{Change: restriction.Over, Ground: restriction.GroundEvidence, Words: "w", By: "a"}, "b"); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(0, 4).Draw(rt, "facts") {
			if err := o.Advance(o.now.Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "hours")) * time.Hour)); err != nil {
				rt.Fatal(err)
			}
			if err := o.ChangeContact(1, journal.ContactReached, func(c *contact.Contact) { reach(c, o.now) }); err != nil {
				rt.Fatal(err)
			}
		}
		if r := o.RestrictionOf(2); r.Stands() {
			rt.Fatalf("it stands again: %+v", r.Now())
		}
		// They meet the case once more.
		if err := o.Advance(o.now.Add(30 * time.Hour)); err != nil {
			rt.Fatal(err)
		}
		if c, _ := o.Contact(1); c.State.Over() {
			return
		}
		if err := o.Expose(1, Exposure{Case: 1, Last: o.DayOf(o.now)}); err != nil {
			rt.Fatal(err)
		}
		if r := o.RestrictionOf(2); !r.Stands() {
			rt.Fatalf("they met the case again, and nothing is asked: %s", r.Ended)
		}
	})
}
