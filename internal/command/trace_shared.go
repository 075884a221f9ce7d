package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/trace"
	"firebreak/internal/whereabouts"
)

// SharedPlaces asks visits where several cases were on one day, and who was with several of them: to find the source that nobody told of. Like every question about visits it goes through
// cases, with a purpose, and is on record before it is answered.
type SharedPlaces struct {
	Outbreak string
	Cases    []string // codes, 3 to 1,000
	// Forward looks at the days on which they may have infected others. Otherwise at those on which they may have been infected.
	Forward bool
	// From and To bound the days of every case; zero takes the pack's.
	From, To time.Time
	Most     int // places, and people, that are listed; 0 is 50
}

const (
	// leastSharing is from how many cases on the question is answered: of fewer it would tell who was where.
	leastSharing = 3
	mostSharing  = 1_000
	sharedListed = 50
	mostListed   = 1_000
	highestScore = 99 // of a place where nobody else ever was; a number that any reader of JSON takes
	withSeveral  = 2  // cases with whom somebody was, to be listed
)

// SharedTraced is the answer.
type SharedTraced struct {
	Outbreak string `json:"outbreak"`
	Pack     string `json:"pack"`
	Backward bool   `json:"backward"` // the days on which they may have been infected
	Visits   int    `json:"visits"`   // that were searched
	// Population is how many people those are of: ordinary traffic is measured by it.
	Population int  `json:"population"`
	Complete   bool `json:"complete"` // false while DaysLeft of visits are still to be read
	DaysLeft   int  `json:"days_left,omitempty"`
	// Asked are the cases, in the order in which they were named.
	Asked []SharingCase `json:"cases"`
	// Places are those with three cases or more on a day, the least likely by chance first; PlacesFound is how many there are in all.
	Places      []SharedPlace `json:"places"`
	PlacesFound int           `json:"places_found"`
	// People were with two of the cases or more, by the pack's clauses: those with most cases first.
	People      []SharedPerson `json:"people"`
	PeopleFound int            `json:"people_found"`
}

// SharingCase is one of the cases that were asked about.
type SharingCase struct {
	Case string    `json:"case"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Known says that visits know somebody who is this case, in whose time there are some days to look at. Others are not counted.
	Known bool `json:"known"`
}

// SharedPlace is a place on a day.
type SharedPlace struct {
	Place string `json:"place"` // as the sender of the visits calls it
	Kind  string `json:"kind,omitempty"`
	Day   string `json:"day"`
	Cases int    `json:"cases"`
	// Visits that anybody began there on that day, and how many of the cases those would bring along if cases went where everybody goes.
	Visits   int     `json:"visits"`
	Expected float64 `json:"expected"`
	// Score is minus the decimal logarithm of how likely as many cases or more are by chance. ByChance is how many places and days of all that were searched would score as high by chance alone:
	// well below one, it hardly is chance; above, it says nothing.
	Score    float64      `json:"score"`
	ByChance float64      `json:"by_chance"`
	Because  string       `json:"because"`
	Who      []SharedStay `json:"who"`
}

// SharedStay is when one of the cases was there on that day.
type SharedStay struct {
	Case string    `json:"case"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// SharedPerson is somebody who was with several of the cases.
type SharedPerson struct {
	Person    string       `json:"person"`         // as the sender of the visits calls them
	Case      string       `json:"case,omitempty"` // that they are themselves, where the caller may read it
	Cases     int          `json:"cases"`
	DoseHours float64      `json:"dose_hours"` // hours together with any, each weighed by the kind of place
	Met       []SharedLink `json:"met"`
}

// SharedLink is that somebody was with one case: a contact by which clause, how long, first and last.
type SharedLink struct {
	Case           string    `json:"case"`
	Tier           string    `json:"tier"`
	Clause         string    `json:"clause"`
	OverlapSeconds uint32    `json:"overlap_seconds"`
	First          time.Time `json:"first"`
	Last           time.Time `json:"last"`
}

// sharing is one question under way.
type sharing struct {
	in    SharedPlaces
	o     outbreak.Outbreak
	pack  *protocol.Pack
	loc   *time.Location
	rules *trace.Rules
	city  *whereabouts.City
	whole bool
	codes []string // of the cases that were asked about
	asked []SharingCase
	known []int // of those with visits, where each is in asked
	cases []trace.Case

	places []trace.Shared
	batch  *trace.Batch
	people []withSome
	own    map[person.ID]string // codes of cases that people are themselves

	names map[int64]string
	where map[int64]string

	refused     *Forbidden // one of the cases is not theirs to read
	refusedArea place.AreaID
}

// withSome is somebody of a batch, and the links to the cases with whom they were.
type withSome struct {
	person trace.Person
	links  []trace.Link
	cases  int
	dose   float64
}

// SharedPlaces carries out the order.
func (c *Commands) SharedPlaces(ctx context.Context, by By, in SharedPlaces) (SharedTraced, error) {
	if c.identities == nil {
		return SharedTraced{}, &Invalid{Field: "cases", Reason: "visits cannot be read: no vault is open"}
	}
	if in.Most <= 0 {
		in.Most = sharedListed
	}
	in.Most = min(in.Most, mostListed)
	q := sharing{in: in}
	now := c.db.Now()
	err := c.db.View(ctx, func(r *store.Reader) error { return c.share(r, by, &q, now) })
	if err != nil {
		if q.refused != nil && q.o.ID != 0 {
			err = errors.Join(err, c.noteRefused(ctx, by, q.o, onOutbreak(q.o.ID), q.refusedArea, q.refused))
		}
		return SharedTraced{}, err
	}
	out := q.answer()
	// On record before anybody sees it.
	err = c.inID(ctx, by, q.o.ID, func(u *unit) error {
		_, err := u.fact(journal.CasesTraced, onOutbreak(q.o.ID), q.o.Area, u.now, map[string]any{
			"codes": q.codes, "backward": !in.Forward, "visits": out.Visits, "complete": q.whole, "places": out.PlacesFound, "people": out.PeopleFound, "names": len(q.names), "purpose": string(by.Purpose),
		})
		return err
	})
	if err != nil {
		return SharedTraced{}, err
	}
	return out, nil
}

func (c *Commands) share(r *store.Reader, by By, q *sharing, now time.Time) (err error) {
	if q.o, err = r.OutbreakByName(q.in.Outbreak); err != nil {
		return err
	}
	if q.pack, err = protocol.Load(q.o.Pack); err != nil {
		return err
	}
	if q.loc, err = q.o.Location(); err != nil {
		return err
	}
	if q.rules, err = rulesOf(q.pack, 0); err != nil {
		return err
	}
	list, err := q.read(r, by, now)
	if err != nil {
		return err
	}
	from, until := now, time.Time{}
	for _, k := range q.asked {
		if k.From.Before(k.To) && k.From.Before(from) {
			from = k.From
		}
		if k.To.After(until) {
			until = k.To
		}
	}
	if q.city, q.whole, err = c.cityOf(r, q.o, q.loc, from, until); err != nil {
		return err
	}
	if q.whole && q.city.Visits() == 0 {
		return fmt.Errorf("visits of outbreak %s: none have come in of these days: %w", q.o.Name, store.ErrNotFound)
	}
	for i, k := range list {
		a := &q.asked[i]
		n, ok := q.city.Number(k.Person)
		if a.Known = ok && a.From.Before(a.To); a.Known {
			asked := trace.Case{Person: n, Window: trace.Window{From: trace.At(a.From), To: trace.At(a.To)}}
			if q.in.Forward {
				if asked.Named, err = namedOf(r, q.city, k, q.loc); err != nil {
					return err
				}
			}
			q.known, q.cases = append(q.known, i), append(q.cases, asked)
		}
	}
	if len(q.cases) < leastSharing {
		if !q.whole {
			return &Reading{Left: q.city.Left, Days: q.city.Total}
		}
		return &Invalid{Field: "cases", Reason: fmt.Sprintf("visits know %d of them, by code or document; %d are needed", len(q.cases), leastSharing)}
	}
	q.places = q.city.Shared(q.cases, q.city.Population())
	q.batch = q.city.Batch(q.rules, q.cases)
	q.gather()
	if err := q.ownCases(r, by, now); err != nil {
		return err
	}
	return q.open(r, c.identities)
}

// read finds the cases. One that the caller may not read is told as one that is not there, and is on record as refused.
func (q *sharing) read(r *store.Reader, by By, now time.Time) (list []cases.Case, err error) {
	if len(q.in.Cases) < leastSharing || len(q.in.Cases) > mostSharing {
		return nil, &Invalid{"cases", fmt.Sprint(len(q.in.Cases)), fmt.Sprintf("are not %d to %d: of fewer an answer would tell who was where", leastSharing, mostSharing)}
	}
	seen := map[cases.ID]bool{}
	for i, code := range q.in.Cases {
		code = strings.TrimSpace(code)
		wrong := func(reason string) error { return &Invalid{fmt.Sprintf("cases[%d]", i), code, reason} }
		k, err := r.CaseByCode(q.o.ID, code)
		if err == nil && k.GoesOn() != k.ID {
			k, err = r.Case(k.GoesOn())
		}
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil, wrong("is not the code of a known case")
		case err != nil:
			return nil, err
		}
		for _, action := range []auth.Action{auth.CaseRead, auth.ContactRead} {
			err := by.may(r, q.o, action, k.Area, now)
			if errors.As(err, &q.refused) {
				q.refusedArea = k.Area
				if action == auth.CaseRead && q.refused.Decision.Denial == auth.DeniedArea {
					return nil, wrong("is not the code of a known case") // whether it is there is not theirs to know
				}
			}
			if err != nil {
				return nil, err
			}
		}
		if seen[k.ID] {
			continue
		}
		seen[k.ID] = true
		a := SharingCase{Case: k.Code}
		a.From, a.To = spanOf(k, q.pack, q.loc, !q.in.Forward, now)
		if !q.in.From.IsZero() {
			a.From = q.in.From
		}
		if !q.in.To.IsZero() {
			a.To = q.in.To
		}
		if a.To.After(now) {
			a.To = now
		}
		list, q.asked, q.codes = append(list, k), append(q.asked, a), append(q.codes, k.Code)
	}
	if len(list) < leastSharing {
		return nil, &Invalid{"cases", fmt.Sprint(len(list)), fmt.Sprintf("are not %d different cases", leastSharing)}
	}
	return list, nil
}

// gather sums the links of the batch up by person.
func (q *sharing) gather() {
	at := map[trace.Person]int{}
	for _, l := range q.batch.Links {
		i, ok := at[l.Person]
		if !ok {
			i = len(q.people)
			at[l.Person] = i
			q.people = append(q.people, withSome{person: l.Person})
		}
		p := &q.people[i]
		p.links = append(p.links, l) // a batch links a case to somebody once
		p.cases++
		p.dose += float64(l.Dose)
	}
	q.people = slices.DeleteFunc(q.people, func(p withSome) bool { return p.cases < withSeveral })
	slices.SortFunc(q.people, func(a, b withSome) int {
		return cmp.Or(cmp.Compare(b.cases, a.cases), cmp.Compare(b.dose, a.dose), cmp.Compare(a.person, b.person))
	})
}

func (q *sharing) listedPlaces() []trace.Shared { return q.places[:min(len(q.places), q.in.Most)] }

func (q *sharing) listedPeople() []withSome { return q.people[:min(len(q.people), q.in.Most)] }

// ownCases finds the cases that those listed are themselves, as far as the caller may read them.
func (q *sharing) ownCases(r *store.Reader, by By, now time.Time) error {
	var ids []person.ID
	for _, p := range q.listedPeople() {
		if id := q.city.Person(p.person); id != 0 {
			ids = append(ids, id)
		}
	}
	found, err := r.CasesOfPeople(ids, q.o.ID)
	if err != nil {
		return err
	}
	q.own = map[person.ID]string{}
	for id, list := range found {
		for _, k := range list {
			err := by.may(r, q.o, auth.CaseRead, k.Area, now)
			var f *Forbidden
			switch {
			case errors.As(err, &f):
			case err != nil:
				return err
			case k.MergedInto == 0:
				q.own[id] = k.Code
			}
		}
	}
	return nil
}

// open reads what those listed are called.
func (q *sharing) open(r *store.Reader, ids *store.Identities) (err error) {
	var people, places []int64
	for _, p := range q.listedPeople() {
		people = append(people, int64(p.person))
	}
	for _, s := range q.listedPlaces() {
		places = append(places, int64(s.Place))
	}
	slices.Sort(places)
	q.names, q.where, err = ids.OpenVisitNames(r, q.o.ID, people, slices.Compact(places))
	return err
}

// answer says what was found in the reader's words.
func (q *sharing) answer() SharedTraced {
	at := func(i trace.Instant) time.Time { return i.Time().In(q.loc) }
	out := SharedTraced{Outbreak: q.o.Name, Pack: q.o.Pack, Backward: !q.in.Forward, Visits: q.city.Visits(), Population: q.city.Population(), Complete: q.whole, DaysLeft: q.city.Left, Asked: q.asked,
		Places: []SharedPlace{}, PlacesFound: len(q.places), People: []SharedPerson{}, PeopleFound: len(q.people)}
	for i := range out.Asked {
		out.Asked[i].From, out.Asked[i].To = out.Asked[i].From.In(q.loc), out.Asked[i].To.In(q.loc)
	}
	code := func(i int32) string { return q.asked[q.known[i]].Case }
	stays := make([][]trace.Presence, len(q.cases))
	for i, c := range q.cases {
		stays[i] = q.city.Presences(c)
	}
	for _, s := range q.listedPlaces() {
		begin, end := trace.At(s.Day.Start(q.loc)), trace.At(s.Day.Add(1).Start(q.loc))
		p := SharedPlace{Place: q.where[int64(s.Place)], Kind: s.Kind.String(), Day: s.Day.String(), Cases: s.Cases, Visits: s.Visits, Expected: s.Expected, Score: math.Min(s.Score, highestScore), ByChance: s.ByChance, Who: []SharedStay{}}
		for _, i := range s.Who {
			for _, x := range stays[i] {
				if x.Place == s.Place && x.From < end && x.To > begin {
					p.Who = append(p.Who, SharedStay{code(i), at(x.From), at(x.To)})
				}
			}
		}
		slices.SortStableFunc(p.Who, func(a, b SharedStay) int { return a.From.Compare(b.From) })
		p.Because = q.because(s)
		out.Places = append(out.Places, p)
	}
	for _, w := range q.listedPeople() {
		p := SharedPerson{Person: q.names[int64(w.person)], Case: q.own[q.city.Person(w.person)], Cases: w.cases, DoseHours: w.dose, Met: []SharedLink{}}
		for _, l := range w.links {
			tier, clause := q.clause(l)
			p.Met = append(p.Met, SharedLink{code(l.Case), string(tier), clause, l.Seconds, at(l.First), at(l.Last)})
		}
		slices.SortStableFunc(p.Met, func(a, b SharedLink) int { return a.First.Compare(b.First) })
		out.People = append(out.People, p)
	}
	// Numbers of visitors tell nothing: those who are alike in all else stand by name.
	slices.SortStableFunc(out.People, func(a, b SharedPerson) int {
		return cmp.Or(cmp.Compare(b.Cases, a.Cases), cmp.Compare(b.DoseHours, a.DoseHours), cmp.Compare(a.Person, b.Person))
	})
	return out
}

// clause says by which clause somebody was with a case.
func (q *sharing) clause(l trace.Link) (contact.Tier, string) {
	switch near := l.Clause >= 0 && q.rules.Clauses[l.Clause].Tier == contact.Close; {
	case l.Home && !near:
		return contact.Close, q.rules.Household
	case l.Named && !near:
		return contact.Close, q.rules.Named
	}
	return q.rules.Clauses[l.Clause].Tier, q.rules.Clauses[l.Clause].Name
}

// because is the reason in one sentence.
func (q *sharing) because(s trace.Shared) string {
	return fmt.Sprintf("%d of %d cases were there on %s, %.2g expected of %d visits by %d people; that many by chance: %.2g times among all places and days that were searched",
		s.Cases, len(q.cases), s.Day, s.Expected, s.Visits, q.city.Population(), s.ByChance)
}
