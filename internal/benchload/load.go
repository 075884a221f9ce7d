// Package benchload makes the load that firebreak is measured under: a synthetic outbreak of any size in any tree of jurisdictions, the same for the
// same seed. It writes it as line lists, to measure imports, or straight into a store, to measure everything that reads.
//
// Nobody in it exists. Sizes and shapes (waves of onset, about five contacts a case, delays of days) are working values chosen to be like an outbreak of
// a city; no figure of disease may be read from it. cmd imports it; it imports the nouns, store and exchange. Generating reads no clock and no global
// randomness: every record is made from the seed and its number alone, so that any part can be made again without the rest.
package benchload

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/person"
	"firebreak/internal/place"
)

// Spec says how large a load is.
type Spec struct {
	Cases    int            // at least 1
	Contacts int            // at least 0; spread evenly over the cases
	Tasks    int            // about how many tasks there are in all; see Task
	Seed     uint64         //
	Now      time.Time      // when the outbreak has come so far: nothing in it lies later
	Days     int            // how many days it has lasted: default 400
	Zone     *time.Location // in which days are counted
	Tree     *place.Tree    // with districts in it
}

// Load makes the records of a Spec. It is safe for concurrent use.
type Load struct {
	Spec
	today day.Day
	first day.Day
	upTo  []int // of each day: cases whose day of illness is that day or an earlier one
	spots []district
	total int64   // population of all districts
	share float64 // of the contacts whose follow-up is over, how many have a task
}

// district is where people live.
type district struct {
	upTo    int64 // population of this district and those before it
	id      place.AreaID
	streets []place.AreaID
	below   [][]place.AreaID // communities of each street
}

// New prepares a load.
func New(s Spec) (*Load, error) {
	if s.Days == 0 {
		s.Days = 400
	}
	if s.Cases < 1 || s.Contacts < 0 || s.Tasks < 0 || s.Days < 30 {
		return nil, fmt.Errorf("a load has at least 1 case and 30 days, got %d cases, %d contacts, %d tasks, %d days", s.Cases, s.Contacts, s.Tasks, s.Days)
	}
	if s.Zone == nil || s.Tree == nil || s.Now.IsZero() {
		return nil, errors.New("a load needs an instant, a time zone and a tree")
	}
	l := &Load{Spec: s, today: day.In(s.Now, s.Zone)}
	l.first = l.today.Add(1 - s.Days)
	for _, j := range s.Tree.All() {
		if j.Level != place.District {
			continue
		}
		d := district{id: j.ID}
		for _, street := range s.Tree.Children(j.ID) {
			var list []place.AreaID
			for _, c := range s.Tree.Children(street.ID) {
				list = append(list, c.ID)
			}
			d.streets, d.below = append(d.streets, street.ID), append(d.below, list)
		}
		l.total += max(int64(j.Population), 1)
		d.upTo = l.total
		l.spots = append(l.spots, d)
	}
	if len(l.spots) == 0 {
		return nil, errors.New("a load needs a tree with districts")
	}
	l.waves()
	l.thin()
	return l, nil
}

// waves spreads the cases over the days: two waves that have passed, a third at its height, and a floor between them.
func (l *Load) waves() {
	weight := make([]float64, l.Days)
	var sum float64
	for i := range weight {
		at := float64(i) / float64(l.Days)
		weight[i] = 0.06
		for _, w := range []struct{ height, middle, width float64 }{{0.5, 0.22, 0.06}, {1, 0.6, 0.05}, {0.4, 0.985, 0.02}} {
			z := (at - w.middle) / w.width
			weight[i] += w.height * math.Exp(-z*z/2)
		}
		sum += weight[i]
	}
	l.upTo = make([]int, l.Days)
	var so float64
	for i, w := range weight {
		so += w
		l.upTo[i] = int(math.Round(so / sum * float64(l.Cases)))
	}
	l.upTo[l.Days-1] = l.Cases
}

// thin finds the share of the contacts that are over which must have a task, so that there are about as many tasks as asked for, from a sample of the records.
func (l *Load) thin() {
	const sample = 4000
	var fixed, over float64
	for i := range sample {
		k := int(int64(i) * int64(l.Cases) / sample)
		fixed += float64(len(l.CaseTasks(k, l.Case(k)))) * float64(l.Cases) / sample
	}
	if l.Contacts == 0 {
		return
	}
	for i := range sample {
		k := int(int64(i) * int64(l.Contacts) / sample)
		each := float64(l.Contacts) / sample
		if c := l.Contact(k); c.State.Over() {
			over += each
		} else {
			fixed += float64(len(l.ContactTasks(k, c))) * each
		}
	}
	l.share = min(max(float64(l.Tasks)-fixed, 0)/max(over, 1), 1)
}

// Streams of random numbers: a record's facts must not change when another kind of record asks for one number more.
const (
	ofCase = iota + 1
	ofContact
	ofCaseTask
	ofContactTask
)

func (l *Load) rand(stream uint64, k int) *rand.Rand {
	return rand.New(rand.NewPCG(l.Seed*0x9E3779B97F4A7C15+stream, uint64(k)*0xBF58476D1CE4E5B9+stream))
}

// CaseCode is what the k-th case is called, ContactCode the k-th contact.
func CaseCode(k int) string { return "C" + number(k) }

// ContactCode is what the k-th contact is called.
func ContactCode(k int) string { return "K" + number(k) }

func number(k int) string {
	s := strconv.Itoa(k + 1)
	for len(s) < 7 {
		s = "0" + s
	}
	return s
}

// Case is one case and who it is.
type Case struct {
	cases.Case // without its IDs
	Who        person.Person
	// Infector is the number of the case that infected this one, where that is known; -1 otherwise.
	Infector int
}

// ill is the day on which the k-th case fell ill or, without symptoms, was infectious.
func (l *Load) ill(k int) day.Day { return l.first.Add(sort.SearchInts(l.upTo, k+1)) }

// Case makes the k-th case, 0 <= k < Cases. They are in order of the day they fell ill.
func (l *Load) Case(k int) Case {
	r := l.rand(ofCase, k)
	ill := l.ill(k)
	c := Case{Infector: -1}
	c.Code = CaseCode(k)
	c.Area, c.District = l.live(r)
	c.Who = l.who(r, c.Area, c.District, ill)
	at := func(after, spread int) time.Time {
		// Some hours into the day, to the minute; what has not happened by now is not known.
		t := ill.Add(after + r.IntN(spread)).Start(l.Zone).Add(time.Duration(8*60+r.IntN(14*60)) * time.Minute)
		if t.After(l.Now) {
			return time.Time{}
		}
		return t
	}
	age := l.today.Sub(ill)
	switch n := r.IntN(100); {
	case n < 84:
		c.Class = cases.Confirmed
	case n < 93:
		c.Class = cases.Asymptomatic
	case n < 95:
		c.Class = cases.Probable
	case age < 5:
		c.Class = cases.Suspected
	case n < 99:
		c.Class = cases.Discarded
	default:
		c.Class = cases.Confirmed
	}
	if c.Class != cases.Asymptomatic {
		c.Onset = ill
	}
	c.NotedAt = ill.Start(l.Zone).Add(time.Duration(r.IntN(20*60)) * time.Minute)
	if c.NotedAt.After(l.Now) {
		c.NotedAt = l.Now
	}
	if known := at(1, 4); !known.IsZero() {
		c.NotedAt, c.ReportedAt, c.Sampled = known.Add(-time.Duration(r.IntN(600))*time.Minute), known, day.In(known, l.Zone)
		if c.Class.Infected() {
			c.ConfirmedAt = known.Add(-time.Duration(r.IntN(120)) * time.Minute)
		}
		later := func(percent, hours int) time.Time {
			t := known.Add(time.Duration(30+r.IntN(hours*60)) * time.Minute)
			if r.IntN(100) >= percent || t.After(l.Now) {
				return time.Time{}
			}
			return t
		}
		c.VerifiedAt, c.IsolatedAt, c.Investigated, c.ListedAt = later(97, 4), later(96, 10), later(95, 30), later(94, 36)
		c.AdmittedAt = c.IsolatedAt
	}
	switch n := r.IntN(100); {
	case n < 38:
		c.Found = cases.FoundInIsolation
	case n < 92:
		c.Found = cases.FoundCommunity
	}
	if ended := 12 + r.IntN(10); age > ended && c.Class != cases.Discarded {
		c.OutcomeOn = ill.Add(ended)
		switch n := r.IntN(1000); {
		case n < 980:
			c.Outcome = cases.Recovered
		case n < 995:
			c.Outcome = cases.Died
		default:
			c.Outcome, c.OutcomeOn = cases.LostToFollowUp, day.Day(0)
		}
	}
	c.Hospital = []string{"", "East Hospital", "West Hospital", "Makeshift hospital 3"}[r.IntN(4)]
	c.Setting = []string{"", "", "household", "school", "market", "factory"}[r.IntN(6)]
	c.Attributes = map[string]string{}
	if r.IntN(3) == 0 {
		c.Attributes["occupation"] = []string{"pupil", "teacher", "farmer", "worker", "retired", "driver", "nurse"}[r.IntN(7)]
	}
	if r.IntN(50) == 0 {
		c.Attributes["cluster"] = fmt.Sprintf("cluster %d", k/200)
	}
	// About one in three is known to have been infected by somebody who fell ill in the week before.
	if back := k - l.upTo[max(0, ill.Sub(l.first)-8)]; back > 1 && r.IntN(3) == 0 {
		c.Infector = k - 1 - r.IntN(min(back, k))
	}
	return c
}

// live chooses where somebody lives: most are known to the community, some only to the street or the district.
func (l *Load) live(r *rand.Rand) (area, dist place.AreaID) {
	n := r.Int64N(l.total)
	i := sort.Search(len(l.spots), func(i int) bool { return l.spots[i].upTo > n })
	return l.within(r, &l.spots[i]), l.spots[i].id
}

func (l *Load) within(r *rand.Rand, d *district) place.AreaID {
	how := r.IntN(100)
	if len(d.streets) == 0 || how < 2 {
		return d.id
	}
	s := r.IntN(len(d.streets))
	if len(d.below[s]) == 0 || how < 7 {
		return d.streets[s]
	}
	return d.below[s][r.IntN(len(d.below[s]))]
}

func (l *Load) who(r *rand.Rand, area, dist place.AreaID, on day.Day) person.Person {
	p := person.Person{Area: area, District: dist, Sex: []person.Sex{person.Female, person.Male}[r.IntN(2)], Age: person.AgeUnknown}
	switch age := r.IntN(90); r.IntN(10) {
	case 0: // unknown
	case 1, 2, 3:
		p.Born = on.Add(-age*365 - r.IntN(365))
	default:
		p.Age = person.Age(age)
	}
	return p
}

// Contact is one contact and who they are.
type Contact struct {
	contact.Contact // without its IDs
	Who             person.Person
	Met             int // the number of the case; -1 for a secondary contact
	Parent          int // the number of the close contact whom a secondary contact met; -1 otherwise
	Became          int // the number of the case that this contact became, who is the same person; -1 where none
}

// caseOf is the case that the k-th contact was listed for.
func (l *Load) caseOf(k int) int { return int(int64(k) * int64(l.Cases) / int64(l.Contacts)) }

// Contact makes the k-th contact, 0 <= k < Contacts. They are in the order of the cases they met.
func (l *Load) Contact(k int) Contact {
	r := l.rand(ofContact, k)
	of := l.caseOf(k)
	ill := l.ill(of)
	c := Contact{Met: of, Parent: -1, Became: -1}
	c.Code = ContactCode(k)
	// The first of a case is a close one, so that those after it can be secondary to it.
	firstOf := k == 0 || l.caseOf(k-1) != of
	switch n := r.IntN(100); {
	case firstOf || n < 62:
		c.Tier = contact.Close
	case n < 85:
		c.Tier = contact.Secondary
	default:
		c.Tier = contact.General
	}
	if c.Tier == contact.Secondary {
		p := k - 1
		for p > 0 && l.caseOf(p-1) == of {
			p--
		}
		c.Met, c.Parent = -1, p
	}
	c.Area, c.District = l.live(r)
	c.LastExposed = ill.Add(r.IntN(6) - 2)
	if c.LastExposed > l.today {
		c.LastExposed = l.today
	}
	c.FirstExposed = c.LastExposed.Add(-r.IntN(3))
	c.EndsOn = c.LastExposed.Add(10)
	c.ListedAt = max(ill.Add(2), c.LastExposed).Start(l.Zone).Add(time.Duration(9*60+r.IntN(12*60)) * time.Minute)
	if c.ListedAt.After(l.Now) {
		c.ListedAt = l.Now.Add(-time.Duration(1+r.IntN(300)) * time.Minute)
	}
	reached := c.ListedAt.Add(time.Duration(20+r.IntN(20*60)) * time.Minute)
	n := r.IntN(1000)
	switch {
	case c.EndsOn >= l.today && (n < 150 || reached.After(l.Now)):
		c.State = contact.Listed
	case c.EndsOn >= l.today:
		c.State, c.ReachedAt = contact.Followed, reached
		if c.Tier != contact.General && r.IntN(10) > 0 {
			c.QuarantineAt = reached
		}
	case n < 940:
		c.State, c.ReachedAt = contact.Released, reached
	case n < 980 && c.Tier == contact.Close && firstOf && of+200 < l.Cases:
		c.State, c.ReachedAt = contact.BecameCase, reached
		c.Became = of + 100 + r.IntN(100)
	case n < 990:
		c.State = contact.Lost
	default:
		c.State = contact.Dropped
	}
	if c.State.Over() {
		c.EndedAt = c.EndsOn.Add(1).Start(l.Zone).Add(time.Duration(r.IntN(12*60)) * time.Minute)
		if c.EndedAt.After(l.Now) {
			c.EndedAt = l.Now.Add(-time.Minute)
		}
		c.EndedBy = "followup_over"
	}
	c.Relation = []string{"household", "colleague", "classmate", "friend", "same building"}[r.IntN(5)]
	c.Setting = []string{"home", "work", "school", "market", ""}[r.IntN(5)]
	c.Who = l.who(r, c.Area, c.District, ill)
	return c
}
