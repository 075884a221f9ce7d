package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/person"
	"firebreak/internal/task"
)

func aTier(rt *rapid.T) contact.Tier {
	return rapid.SampledFrom([]contact.Tier{contact.Close, contact.Secondary, contact.General}).Draw(rt, "tier")
}

// checkExposures compares each contact with what a plain reading of its exposures says: a case that is none and a person listed in error make no contact.
func (o *outbreak) checkExposures(rt *rapid.T, op string) {
	for _, c := range o.contacts {
		var last day.Day
		tier, held := contact.General, false
		for _, e := range c.exposures {
			if !e.EndedAt.IsZero() || e.Case != 0 && o.cases[e.Case-1].Class == cases.Discarded {
				continue
			}
			if e.Parent != 0 {
				if p := o.contacts[e.Parent-1]; p.State == contact.Dropped || p.EndedBy == "contact_groundless" {
					continue
				}
			}
			held, last = true, max(last, e.Last)
			if e.Tier.Nearer(tier) {
				tier = e.Tier
			}
		}
		if !held {
			if !c.State.Over() {
				rt.Fatalf("%s: contact %d is %s, and nothing is left that made them one", op, c.ID, c.State)
			}
			continue
		}
		if c.Tier != tier || c.LastExposed != last {
			rt.Fatalf("%s: contact %d is %s, last exposed %s; the exposures that hold say %s and %s", op, c.ID, c.Tier, c.LastExposed, tier, last)
		}
	}
}

// stands says what holds for a contact: what it is, and which tasks are open with which deadline.
func (o *outbreak) stands(id contact.ID) string {
	c, _ := o.Contact(id)
	var open []string
	for _, k := range o.Tasks(onContact(id)) {
		if k.State == task.Open {
			open = append(open, fmt.Sprintf("%s due %s", k.Kind, k.Due))
		}
	}
	slices.Sort(open)
	s := fmt.Sprintf("%s, over %v, exposed %s to %s by case %d, contact %d", c.Tier, c.State.Over(), c.FirstExposed, c.LastExposed, c.Case, c.Parent)
	if !c.State.Over() {
		s += ", until " + c.EndsOn.String()
	}
	return s + "\n" + strings.Join(open, "\n")
}

// met plays a contact of several cases, told in the order of the list; then those of gone are taken back.
func met(rt *rapid.T, o *outbreak, classes []cases.Class, list, gone []Exposure) contact.ID {
	check := func(err error) {
		if err != nil {
			rt.Fatal(err)
		}
	}
	for i, class := range classes {
		_, err := o.AddCase(cases.Case{Person: person.ID(i + 1), Code: fmt.Sprint("S", i), Class: class, Onset: o.DayOf(o.now).Add(-3), NotedAt: o.now, ConfirmedAt: o.now})
		check(err)
	}
	id, err := o.AddContact(contact.Contact{Person: 100, Code: "K", Tier: list[0].Tier, ListedAt: o.now}, list[0])
	check(err)
	for _, e := range list[1:] {
		check(o.Expose(id, e))
	}
	for _, e := range gone {
		check(o.EndExposure(id, e))
	}
	return id
}

// TestExposuresAddUp: the order in which exposures are told does not matter, and taking some back leaves what the rest give.
func TestExposuresAddUp(t *testing.T) {
	t.Parallel()
	packs := allPacks(t)
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(packs).Draw(rt, "pack")
		classes := rapid.SliceOfN(rapid.SampledFrom(cases.Classes()), 1, 4).Draw(rt, "classes")
		today := newOutbreak(p).DayOf(newOutbreak(p).now)
		var list []Exposure
		for i := range classes {
			e := Exposure{Case: cases.ID(i + 1), Last: today.Add(-rapid.IntRange(0, 30).Draw(rt, "last")), Tier: aTier(rt)}
			if rapid.Bool().Draw(rt, "first known") {
				e.First = e.Last.Add(-rapid.IntRange(0, 5).Draw(rt, "days"))
			}
			list = append(list, e)
		}
		one, other := newOutbreak(p), newOutbreak(p)
		a := met(rt, one, classes, list, nil)
		b := met(rt, other, classes, rapid.Permutation(list).Draw(rt, "order"), nil)
		if got, want := other.stands(b), one.stands(a); got != want {
			rt.Fatalf("in another order:\n%s\nwant\n%s", got, want)
		}

		n := rapid.IntRange(0, len(list)-1).Draw(rt, "left")
		all, rest := newOutbreak(p), newOutbreak(p)
		a = met(rt, all, classes, list, list[n+1:])
		b = met(rt, rest, classes, list[:n+1], nil)
		if got, want := all.stands(a), rest.stands(b); got != want {
			rt.Fatalf("after some were taken back:\n%s\nwant\n%s", got, want)
		}

		// The same when the cases turn out to be none, where others hold.
		if slices.ContainsFunc(classes[:n+1], func(c cases.Class) bool { return c != cases.Discarded }) {
			none := slices.Clone(classes)
			for i := n + 1; i < len(none); i++ {
				none[i] = cases.Discarded
			}
			other = newOutbreak(p)
			b = met(rt, other, none, list, nil)
			if got, want := other.stands(b), rest.stands(contact.ID(1)); got != want {
				rt.Fatalf("with some cases none:\n%s\nwant\n%s", got, want)
			}
		}
	})
}
