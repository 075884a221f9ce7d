package trace

import (
	"cmp"
	"math"
	"slices"

	"firebreak/internal/contact"
)

// Link is that a person was a contact of one case of a batch.
type Link struct {
	Case    int32 // in the batch
	Clause  int8  // in Rules.Clauses; below 0 for those who live together, or were named, and met under none
	Home    bool  // lives with the case
	Named   bool  // was named as a close contact
	Person  Person
	Seconds uint32
	First   Instant
	Last    Instant
	Dose    float32
}

// Met is a contact of a batch: first exposed when, and to which case.
type Met struct {
	Person Person
	First  Instant
	Case   int32
}

// Batch is the first ring of many cases: who is a contact of whom, and everybody once.
type Batch struct {
	Cases    []Case
	Links    []Link // case by case
	Contacts []Met  // in the order of numbers; without the cases themselves
	rules    *Rules
}

// sampled is after how many cases of a batch memory is taken for the links of all of them.
const sampled = 64

// Batch finds the contacts of many cases.
func (v *View) Batch(rules *Rules, cases []Case) *Batch {
	w := v.pool.Get().(*work)
	defer v.pool.Put(w)
	b := &Batch{Cases: cases, rules: rules}
	r := &w.ring
	known := make([]Person, len(cases))
	for i, c := range cases {
		known[i] = c.Person
	}
	r.begin(v, rules, nil, known, Never)
	for n, c := range cases {
		v.meetings(w, c)
		v.gather(w, rules, c)
		if n == sampled {
			b.Links = slices.Grow(b.Links, len(b.Links)*len(cases)/n*5/4)
		}
		for i := range w.contacts {
			x := &w.contacts[i]
			b.Links = append(b.Links, Link{int32(n), x.clause, x.home, x.named, x.Person, x.Seconds, x.First, x.Last, x.Dose})
			if r.stateOf(x.Person) == stateOpen {
				r.hits = append(r.hits, hit{x.Person, uint64(x.First)<<personBits | uint64(n)})
			}
		}
		if len(r.hits) >= mostHits {
			r.settle()
		}
	}
	r.settle()
	for _, s := range r.answer() {
		b.Contacts = append(b.Contacts, Met{Person: s.Person, First: s.At, Case: int32(s.Via)})
	}
	return b
}

// Sources are the contacts of the batch as sources of a second ring. isolated gives the moments from which some of them met nobody.
func (b *Batch) Sources(isolated map[Person]Instant) []Source {
	out := make([]Source, len(b.Contacts))
	for i, c := range b.Contacts {
		out[i] = Source{c.Person, c.First, Never}
	}
	for p, at := range isolated {
		if i, ok := slices.BinarySearchFunc(out, p, func(s Source, p Person) int { return cmp.Compare(s.Person, p) }); ok {
			out[i].Isolated = at
		}
	}
	return out
}

// Known are the cases of the batch.
func (b *Batch) Known() []Person {
	out := make([]Person, len(b.Cases))
	for i, c := range b.Cases {
		out[i] = c.Person
	}
	return out
}

// Cut returns the batch with no more than n contacts: those of the nearest tier, and within it of the highest dose, summed over the cases. left is how many
// were left out. The links of those who stay are kept.
func (b *Batch) Cut(n int) (cut *Batch, left int) {
	if n >= len(b.Contacts) {
		return b, 0
	}
	type of struct {
		tier uint64
		dose float64
	}
	sums := make([]of, len(b.Contacts))
	for i := range sums {
		sums[i].tier = math.MaxUint64
	}
	index := func(p Person) (int, bool) {
		return slices.BinarySearchFunc(b.Contacts, p, func(m Met, p Person) int { return cmp.Compare(m.Person, p) })
	}
	for _, l := range b.Links {
		if i, ok := index(l.Person); ok {
			c := Contact{clause: l.Clause, home: l.Home, named: l.Named}
			sums[i].tier = min(sums[i].tier, tierOf(b.rules, &c))
			sums[i].dose += float64(l.Dose)
		}
	}
	order := make([]int32, len(b.Contacts))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int {
		return cmp.Or(cmp.Compare(sums[x].tier, sums[y].tier), cmp.Compare(sums[y].dose, sums[x].dose), cmp.Compare(x, y))
	})
	stays := make([]bool, len(b.Contacts))
	for _, i := range order[:max(0, n)] {
		stays[i] = true
	}
	cut = &Batch{Cases: b.Cases, rules: b.rules}
	for i, c := range b.Contacts {
		if stays[i] {
			cut.Contacts = append(cut.Contacts, c)
		}
	}
	for _, l := range b.Links {
		if i, ok := index(l.Person); !ok || stays[i] {
			cut.Links = append(cut.Links, l)
		}
	}
	return cut, len(b.Contacts) - len(cut.Contacts)
}

// Touched is what a cut of the first ring would touch.
type Touched struct {
	Contacts  int // in the first ring
	Secondary int // in the second
}

// Preview says how many people an order would touch if the first ring were cut to each of some sizes, before it is given.
func (v *View) Preview(b *Batch, isolated map[Person]Instant, until Instant, cuts []int) []Touched {
	out := make([]Touched, len(cuts))
	for i, n := range cuts {
		cut, _ := b.Cut(n)
		out[i] = Touched{len(cut.Contacts), len(v.Secondaries(b.rules, cut.Sources(isolated), b.Known(), until))}
	}
	return out
}

// Sources are the first n contacts of a case, or all for n below 0, as sources of secondary contacts. isolated is as for Batch.Sources.
func (c *Contacts) Sources(n int, isolated map[Person]Instant) []Source {
	if n < 0 || n > len(c.List) {
		n = len(c.List)
	}
	out := make([]Source, n)
	for i, x := range c.List[:n] {
		out[i] = Source{x.Person, x.First, Never}
		if at, ok := isolated[x.Person]; ok {
			out[i].Isolated = at
		}
	}
	return out
}

// Cut is the contacts of the tiers that are followed, no more than n of them: the list is ranked, so it is its beginning.
func (c *Contacts) Cut(n int, followed func(contact.Tier) bool) int {
	i := 0
	for i < len(c.List) && i < n && followed(c.Tier(i)) {
		i++
	}
	return i
}
