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
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/store"
	"firebreak/internal/task"
	"firebreak/internal/trace"
	"firebreak/internal/whereabouts"
)

// TraceCase asks who was with a case. It is the one way in which anybody may ask about visits: through a case, with a purpose, and on record before the answer is given.
type TraceCase struct {
	Outbreak string // empty where only one outbreak has a case of that code
	Case     string // code
	// From and To bound the time in which the case is looked at; zero takes the pack's: from the look-back before onset until isolation or now. Backward takes the days on
	// which the case may have been infected instead.
	From, To time.Time
	Backward bool
	AtLeast  time.Duration // together; 0 takes the pack's times
	// Secondary asks for those who were with a close contact after the contact's first exposure, too.
	Secondary bool
	// ByDose ranks those by how much of close contacts they were exposed to, rather than by when that began.
	ByDose bool
	// Keep writes the proposals down, for somebody to decide on: no more than Most of them, the nearest; 0 is 500.
	Keep bool
	Most int
}

// Traced is the answer: proposals, the nearest first. Nobody is a contact by it until somebody lists them.
type Traced struct {
	Outbreak string    `json:"outbreak"`
	Case     string    `json:"case"`
	Pack     string    `json:"pack"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Visits   int       `json:"visits"` // that were searched
	// Complete is false while the server has not read all days of the window yet: DaysLeft of them are still to be read, and whoever was met only on those is missing here.
	Complete  bool              `json:"complete"`
	DaysLeft  int               `json:"days_left,omitempty"`
	LeftOut   int               `json:"left_out,omitempty"` // of the contacts: they were not kept, because they are farther than as many as were to be
	Contacts  []TracedContact   `json:"contacts"`
	Secondary []TracedSecondary `json:"secondary"`

	NotKept []TracedContact `json:"-"` // who was left out
}

// TracedContact is a proposal, with its reason.
type TracedContact struct {
	Person         string            `json:"person"` // as the sender of the visits calls them
	Tier           string            `json:"tier"`
	OverlapSeconds uint32            `json:"overlap_seconds"`
	DoseHours      float64           `json:"dose_hours"` // hours together, each weighed by the kind of place
	First          time.Time         `json:"first"`
	Last           time.Time         `json:"last"`
	Places         []string          `json:"places"`
	Encounters     []TracedEncounter `json:"encounters"`
	Clause         string            `json:"clause"`
	Because        string            `json:"because"`
	// Named says that they were listed as a close contact before, and visits do not show them as near.
	Named bool `json:"named,omitempty"`
	// Untimed says that they were also together, or only, for nobody knows how long: overlap_seconds is what is known.
	Untimed bool `json:"untimed,omitempty"`
	// ByDay says that of such a meeting nothing but the day is known: the whole of it counts.
	ByDay bool `json:"by_day,omitempty"`

	number trace.Person
	person person.ID // who it is in the register; 0 where nobody knows
	lives  bool
	where  []int64
}

// TracedEncounter is one time together.
type TracedEncounter struct {
	Place  string    `json:"place"`
	Kind   string    `json:"kind,omitempty"` // of place
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Rows   *int      `json:"rows_apart,omitempty"`
	Metres *float64  `json:"metres_apart,omitempty"`
}

// TracedSecondary is somebody who was with a close contact.
type TracedSecondary struct {
	Person string    `json:"person"`
	Via    []string  `json:"via"` // the contact with whom they were first
	At     time.Time `json:"at"`  // when that began
	Clause string    `json:"clause"`
	// DoseHours is in hours with each close contact, each weighed by the kind of place; only where the list is ranked by it.
	DoseHours float64 `json:"dose_hours,omitempty"`
}

// tracing is one question under way.
type tracing struct {
	in     TraceCase
	o      outbreak.Outbreak
	k      cases.Case
	pack   *protocol.Pack
	loc    *time.Location
	window trace.Window
	rules  *trace.Rules
	city   *whereabouts.City
	self   trace.Person
	named  []trace.Named
	whole  bool
	first  *trace.Contacts
	second []trace.Secondary
	doses  []float64 // of second, where they are ranked by it
	names  map[int64]string
	places map[int64]string
}

// TraceCase carries out the order.
func (c *Commands) TraceCase(ctx context.Context, by By, in TraceCase) (Traced, error) {
	if c.identities == nil {
		return Traced{}, &Invalid{Field: "case", Reason: "visits cannot be read: no vault is open"}
	}
	t := tracing{in: in}
	now := c.db.Now()
	if err := c.db.View(ctx, func(r *store.Reader) error { return c.trace(r, by, &t, now) }); err != nil {
		return Traced{}, c.refused(ctx, by, t.o, onCase(t.k.ID), t.k.Area, err)
	}
	if in.Keep && in.Backward {
		return Traced{}, &Invalid{Field: "keep", Reason: "is not for who may have infected the case: they are no contacts of it"}
	}
	out := t.answer()
	// On record before anybody sees it.
	err := c.inID(ctx, by, t.o.ID, func(u *unit) error {
		if err := by.may(&u.tx.Reader, u.o, auth.ContactRead, t.k.Area, u.now); err != nil {
			return err
		}
		ref, err := u.fact(journal.CaseTraced, onCase(t.k.ID), t.k.Area, u.now, map[string]any{
			"code": t.k.Code, "from": t.window.From.Time(), "to": t.window.To.Time(), "backward": in.Backward, "at_least_s": int(in.AtLeast.Seconds()),
			"visits": t.city.Visits(), "complete": t.whole, "contacts": len(t.first.List), "secondary": len(t.second), "names": len(t.names), "purpose": string(by.Purpose),
		})
		if err != nil || !in.Keep {
			return err
		}
		if err := by.may(&u.tx.Reader, u.o, auth.ContactWrite, t.k.Area, u.now); err != nil {
			return err
		}
		most := in.Most
		if most <= 0 {
			most = mostProposed
		}
		kept, left, err := u.keep(&t, out.Contacts, most, ref)
		if err != nil {
			return err
		}
		out.NotKept, out.LeftOut = left, len(left)
		_, err = u.fact(journal.ContactsProposed, onCase(t.k.ID), t.k.Area, u.now, map[string]any{"kept": kept, "left_out": out.LeftOut})
		return err
	})
	if err != nil {
		return Traced{}, c.refused(ctx, by, t.o, onCase(t.k.ID), t.k.Area, err)
	}
	return out, nil
}

// refused puts on record that somebody asked about visits who may not, and returns the refusal. Another error is returned as it is.
func (c *Commands) refused(ctx context.Context, by By, o outbreak.Outbreak, s task.Subject, area place.AreaID, err error) error {
	var f *Forbidden
	if !errors.As(err, &f) || o.ID == 0 {
		return err
	}
	return errors.Join(err, c.noteRefused(ctx, by, o, s, area, f))
}

func (c *Commands) noteRefused(ctx context.Context, by By, o outbreak.Outbreak, s task.Subject, area place.AreaID, f *Forbidden) error {
	return c.inID(ctx, by, o.ID, func(u *unit) error {
		_, err := u.fact(journal.TraceRefused, s, area, u.now, map[string]any{"action": string(f.Action), "reason": f.Decision.Reason, "purpose": string(by.Purpose)})
		return err
	})
}

func (c *Commands) trace(r *store.Reader, by By, t *tracing, now time.Time) (err error) {
	if err := c.beginTrace(r, by, t, now); err != nil {
		return err
	}
	t.first = t.city.Contacts(t.rules, t.asked())
	if t.in.Secondary {
		isolated, err := keptApart(r, t.city, t.o.ID)
		if err != nil {
			return err
		}
		// General contacts may be secondary ones as well.
		sources, known := t.first.Sources(t.closest(), isolated), []trace.Person{t.self}
		if t.in.ByDose {
			ranked, _ := t.city.Ranked(t.rules, sources, known, trace.At(now), -1)
			for _, x := range ranked {
				t.second, t.doses = append(t.second, x.Secondary), append(t.doses, float64(x.Dose))
			}
		} else {
			t.second = t.city.Secondaries(t.rules, sources, known, trace.At(now))
		}
	}
	return t.open(r, c.identities)
}

// asked is the question as the engine takes it.
func (t *tracing) asked() trace.Case {
	return trace.Case{Person: t.self, Window: t.window, Named: t.named}
}

// closest is how many of the contacts are close ones: they come first.
func (t *tracing) closest() int {
	return t.first.Cut(len(t.first.List), func(x contact.Tier) bool { return x == contact.Close })
}

// beginTrace finds who is asked about, whether the caller may ask, by which rules, and who was where.
func (c *Commands) beginTrace(r *store.Reader, by By, t *tracing, now time.Time) (err error) {
	if err := t.find(r); err != nil {
		return err
	}
	if err := by.may(r, t.o, auth.ContactRead, t.k.Area, now); err != nil {
		return err
	}
	if t.pack, err = protocol.Load(t.o.Pack); err != nil {
		return err
	}
	if t.loc, err = t.o.Location(); err != nil {
		return err
	}
	if err := t.setWindow(now); err != nil {
		return err
	}
	if t.rules, err = rulesOf(t.pack, t.in.AtLeast); err != nil {
		return err
	}
	until := t.window.To.Time()
	if t.in.Secondary && until.Before(now) {
		until = now
	}
	if t.city, t.whole, err = c.cityOf(r, t.o, t.loc, t.window.From.Time(), until); err != nil {
		return err
	}
	var known bool
	if t.self, known = t.city.Number(t.k.Person); !known {
		if !t.whole {
			return &Reading{Left: t.city.Left, Days: t.city.Total}
		}
		return fmt.Errorf("visits of case %s: nobody in them is known to be this person, by code or document: %w", t.k.Code, store.ErrNotFound)
	}
	if !t.in.Backward { // who infected the case is no contact of it
		t.named, err = namedOf(r, t.city, t.k, t.loc)
	}
	return err
}

// rulesOf are the rules of a pack, or with another length of time for once.
func rulesOf(p *protocol.Pack, atLeast time.Duration) (*trace.Rules, error) {
	rules := trace.RulesOf(p, uint32(atLeast.Seconds()))
	rules.Rates = trace.RatesOf(p)
	return rules, rules.Check()
}

// Reading is returned while the server has not read enough of the visits to say anything: ask again.
type Reading struct{ Left, Days int }

// Error implements error.
func (e *Reading) Error() string {
	return fmt.Sprintf("visits are still being read: %d of %d days are left; ask again in a minute", e.Left, e.Days)
}

// cityOf is who was where from one moment to another: from memory where the server keeps it, otherwise read for this once. whole says whether nothing is missing.
func (c *Commands) cityOf(r *store.Reader, o outbreak.Outbreak, loc *time.Location, from, until time.Time) (city *whereabouts.City, whole bool, err error) {
	first, last := day.In(from, loc).Add(-trace.MaxStay/(24*60*60)-1), day.In(until, loc)
	if c.whereabouts == nil {
		city, err = whereabouts.Read(r, c.identities, o, first, last)
		return city, true, err
	}
	city, err = c.whereabouts.Of(o.ID)
	if errors.Is(err, whereabouts.ErrNone) {
		return nil, false, fmt.Errorf("visits of outbreak %s: none have come in: %w", o.Name, store.ErrNotFound)
	}
	if err != nil {
		return nil, false, err
	}
	return city, city.Complete(first), nil
}

// keptApart says from when on people met nobody, by their numbers.
func keptApart(r *store.Reader, city *whereabouts.City, o outbreak.ID) (map[trace.Person]trace.Instant, error) {
	apart, err := r.KeptApart(o)
	if err != nil {
		return nil, err
	}
	out := map[trace.Person]trace.Instant{}
	for p, at := range apart {
		if n, ok := city.Number(p); ok {
			out[n] = trace.At(at)
		}
	}
	return out, nil
}

// find reads the case.
func (t *tracing) find(r *store.Reader) error {
	if t.in.Outbreak != "" {
		o, err := r.OutbreakByName(t.in.Outbreak)
		if err != nil {
			return err
		}
		t.o = o
		t.k, err = r.CaseByCode(o.ID, t.in.Case)
		return err
	}
	list, err := r.Outbreaks()
	if err != nil {
		return err
	}
	found := 0
	for _, o := range list {
		k, err := r.CaseByCode(o.ID, t.in.Case)
		switch {
		case isNotFound(err):
		case err != nil:
			return err
		default:
			t.o, t.k = o, k
			found++
		}
	}
	switch found {
	case 0:
		return fmt.Errorf("case %q: %w", t.in.Case, store.ErrNotFound)
	case 1:
		return nil
	}
	return &Invalid{Field: "outbreak", Reason: fmt.Sprintf("is needed: %d outbreaks have a case %s", found, t.in.Case)}
}

// setWindow is the time that is asked about, or else the pack's.
func (t *tracing) setWindow(now time.Time) error {
	from, to := spanOf(t.k, t.pack, t.loc, t.in.Backward, now)
	if !t.in.From.IsZero() {
		from = t.in.From
	}
	if !t.in.To.IsZero() {
		to = t.in.To
	}
	if !from.Before(to) {
		return &Invalid{Field: "to", Value: to.Format(time.RFC3339), Reason: "is not after the time from which the case is looked at, " + from.Format(time.RFC3339)}
	}
	t.window = trace.Window{From: trace.At(from), To: trace.At(to)}
	return nil
}

// spanOf is the time in which a case is looked at by the pack: the days on which they may have been infected, or from the look-back before onset until isolation or now.
func spanOf(k cases.Case, p *protocol.Pack, loc *time.Location, backward bool, now time.Time) (from, to time.Time) {
	onset := k.Onset
	if onset.IsZero() {
		onset = k.Sampled
	}
	if onset.IsZero() && !k.NotedAt.IsZero() {
		onset = day.In(k.NotedAt, loc)
	}
	if onset.IsZero() {
		onset = day.In(now, loc)
	}
	if backward {
		return onset.Add(-p.Periods.IncubationMax.Value).Start(loc), onset.Add(1).Start(loc)
	}
	from, to = onset.Add(-p.Cases.LookBack.Value).Start(loc), now
	if !k.IsolatedAt.IsZero() && k.IsolatedAt.Before(to) {
		to = k.IsolatedAt
	}
	return from, to
}

// open reads what those found are called.
func (t *tracing) open(r *store.Reader, ids *store.Identities) (err error) {
	var people, places []int64
	for i, x := range t.first.List {
		people = append(people, int64(x.Person))
		for _, e := range t.first.Encounters(i) {
			places = append(places, int64(e.Place))
		}
	}
	for _, s := range t.second {
		people = append(people, int64(s.Person), int64(s.Via))
	}
	slices.Sort(people)
	slices.Sort(places)
	t.names, t.places, err = ids.OpenVisitNames(r, t.o.ID, slices.Compact(people), slices.Compact(places))
	return err
}

// answer says what was found in the reader's words.
func (t *tracing) answer() Traced {
	at := func(i trace.Instant) time.Time { return i.Time().In(t.loc) }
	out := Traced{Outbreak: t.o.Name, Case: t.k.Code, Pack: t.o.Pack, From: at(t.window.From), To: at(t.window.To), Visits: t.city.Visits(), Complete: t.whole, DaysLeft: t.city.Left, Contacts: []TracedContact{}, Secondary: []TracedSecondary{}}
	for i, x := range t.first.List {
		c := TracedContact{Person: t.names[int64(x.Person)], Tier: string(t.first.Tier(i)), OverlapSeconds: x.Seconds, DoseHours: float64(x.Dose), First: at(x.First), Last: at(x.Last), Places: []string{}, Encounters: []TracedEncounter{}, Clause: t.first.Because(i),
			Named: t.first.ByName(i), number: x.Person, person: t.city.Person(x.Person), lives: t.first.Lives(i)}
		for _, e := range t.first.Encounters(i) {
			place := t.places[int64(e.Place)]
			if !slices.Contains(c.Places, place) {
				c.Places, c.where = append(c.Places, place), append(c.where, int64(e.Place))
			}
			if e.Kind == trace.Untimed {
				c.Untimed, c.ByDay = true, c.ByDay || e.To-e.From > 1
				c.OverlapSeconds -= min(c.OverlapSeconds, uint32(e.To-e.From))
			}
			y := TracedEncounter{Place: place, Kind: e.Kind.String(), From: at(e.From), To: at(e.To)}
			switch e.Known {
			case trace.ApartRows:
				y.Rows = &e.Rows
			case trace.ApartMetres:
				y.Metres = &e.Metres
			case trace.ApartUnknown:
			}
			c.Encounters = append(c.Encounters, y)
		}
		c.Because = t.because(c, t.first.Lives(i))
		out.Contacts = append(out.Contacts, c)
	}
	for i, s := range t.second {
		x := TracedSecondary{Person: t.names[int64(s.Person)], Via: []string{t.names[int64(s.Via)]}, At: at(s.At), Clause: t.encounterClause(s)}
		if t.doses != nil {
			x.DoseHours = t.doses[i]
		}
		out.Secondary = append(out.Secondary, x)
	}
	// By time, not by the numbers that stand for people: those are drawn, and the answer to the same question is the same everywhere.
	slices.SortFunc(out.Secondary, func(a, b TracedSecondary) int {
		return cmp.Or(cmp.Compare(b.DoseHours, a.DoseHours), a.At.Compare(b.At), strings.Compare(a.Person, b.Person))
	})
	return out
}

// encounterClause is the clause that somebody is a secondary contact by: that of how long an encounter is, or, where all that is known of it is that the two were together, that of such meetings.
func (t *tracing) encounterClause(s trace.Secondary) string {
	told := &t.pack.Tracing
	if !t.rules.EncounterKinds.Has(trace.Untimed) {
		return told.Secondary.Path
	}
	moment := trace.Window{From: s.At, To: s.At + 1}
	with := t.city.Presences(trace.Case{Person: s.Via, Window: moment})
	untimed := false
	for _, p := range t.city.Presences(trace.Case{Person: s.Person, Window: moment}) {
		if !slices.ContainsFunc(with, func(x trace.Presence) bool { return x.Place == p.Place }) {
			continue
		}
		if p.Kind != trace.Untimed {
			return told.Secondary.Path
		}
		untimed = true
	}
	switch {
	case !untimed:
		return told.Secondary.Path
	case told.Untimed.Set():
		return told.Untimed.Path
	default:
		return told.Close.Path
	}
}

// because is the reason in one sentence: how long, where, how near where that was measured, when first and last, by which clause.
func (t *tracing) because(c TracedContact, lives bool) string {
	const form = "2006-01-02 15:04"
	if c.Named {
		also := ""
		if c.OverlapSeconds > 0 {
			also = fmt.Sprintf(", and with them for %s by visits", time.Duration(c.OverlapSeconds)*time.Second)
		}
		return fmt.Sprintf("was named as a close contact of %s, exposed from %s to %s%s; by %s of %s", t.k.Code, c.First.Format(form), c.Last.Format(form), also, c.Clause, t.o.Pack)
	}
	if c.OverlapSeconds == 0 && !c.Untimed {
		return fmt.Sprintf("lives with %s; by %s of %s", t.k.Code, c.Clause, t.o.Pack)
	}
	where := fmt.Sprintf("at %d places", len(c.Places))
	if len(c.Places) == 1 {
		where = "at " + c.Places[0]
	}
	also := ""
	if lives {
		also = "lives with them; "
	}
	long := (time.Duration(c.OverlapSeconds) * time.Second).String()
	switch {
	case c.Untimed && c.OverlapSeconds == 0:
		long = "how long is not known"
		if c.ByDay {
			long += ", nor when on the day, which counts whole,"
		}
	case c.Untimed:
		long += ", and once more for how long is not known,"
	}
	return fmt.Sprintf("%s%s with %s %s%s, first %s, last until %s; by %s of %s", also, long, t.k.Code, where, t.measured(c), c.First.Format(form), c.Last.Format(form), c.Clause, t.o.Pack)
}

// measured says how near somebody was, where that was measured, and what is near by the pack.
func (t *tracing) measured(c TracedContact) string {
	nearest, within := math.Inf(1), t.pack.Tracing.Metres
	for _, e := range c.Encounters {
		if e.Metres != nil {
			nearest = min(nearest, *e.Metres)
		}
	}
	switch {
	case math.IsInf(nearest, 1):
		return ""
	case !within.Set():
		return fmt.Sprintf(", %g m apart at the nearest", nearest)
	default:
		return fmt.Sprintf(", %g m apart at the nearest where %s is %g m", nearest, within.Path, within.Value)
	}
}
