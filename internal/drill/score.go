package drill

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/drill/scorecard"
	"firebreak/internal/sim"
	"firebreak/internal/sim/measures"
	"firebreak/internal/sim/params"
)

// score holds what the system knows against what is true, and plays the same outbreak with paper and with nothing.
func (d *Drill) score(m *sim.Model) (*scorecard.Card, error) {
	c := &scorecard.Card{Scenario: d.s.Name, People: d.city.People(), Days: d.end.Day(), Seed: d.Seed, Refused: d.refused, ClinicTests: d.clinics.Tests, ClinicsCrowded: d.clinics.Crowded, RoutineTests: d.routine.Tests, Needs: d.needs.asked, NeedsMet: d.needs.met,
		PeakRooms: d.houses.most[quarantineSite], PeakBeds: d.houses.most[isolationSite] + d.houses.most[ward], Duties: []scorecard.PlayedDuty{}, Tested: []scorecard.PlayedRound{}}
	a := &audit{Drill: d, card: c}
	for _, look := range []func() error{a.transfers, a.cases, a.contacts, a.rounds, a.duties, a.stays, a.journal} {
		if err := look(); err != nil {
			return nil, err
		}
	}
	d.truth.Score(d.w, d.end, c)
	var err error
	if c.Nothing, err = d.without(m, false); err != nil {
		return nil, err
	}
	if c.Paper, err = d.without(m, true); err != nil {
		return nil, err
	}
	for _, t := range d.c.took {
		c.Routes = append(c.Routes, *t)
	}
	slices.SortFunc(c.Routes, func(a, b scorecard.Took) int { return cmp.Or(cmp.Compare(b.S, a.S), cmp.Compare(a.Route, b.Route)) })
	return c, nil
}

// keepCards has the server keep the card, after those that it is held against.
func (d *Drill) keepCards(card *scorecard.Card) error {
	for _, c := range append(slices.Clip(d.Before), card) {
		if err := d.c.as(d.ctx, duty, "POST drill-cards", http.MethodPost, d.at+"/drill-cards", c, nil); err != nil {
			return fmt.Errorf("keep the score card: %w", err)
		}
	}
	return nil
}

// audit compares what the system says at the end with what it was told.
type audit struct {
	*Drill
	card  *scorecard.Card
	ofIll map[int64]bool // people who are cases in the system
}

func (a *audit) unreconciled(format string, args ...any) {
	a.card.Unreconciled++
	a.card.Why = append(a.card.Why, fmt.Sprintf(format, args...))
}

func (a *audit) lost(format string, args ...any) {
	a.card.Lost++
	a.card.Why = append(a.card.Why, "lost: "+fmt.Sprintf(format, args...))
}

// transfers counts who waits beyond their deadline.
func (a *audit) transfers() error {
	if a.first == never {
		return nil
	}
	var list api.Transfers
	if err := a.c.as(a.ctx, dispatcher, "GET transfers", http.MethodGet, a.at+"/transfers", nil, &list); err != nil {
		return err
	}
	for _, q := range list.Items {
		if q.Deadline != nil && q.Deadline.Before(a.clock(a.now)) {
			a.truth.Waiting++
		}
	}
	return nil
}

// cases looks whether everybody whose positive result the system was told is a case in it.
func (a *audit) cases() error {
	a.ofIll = map[int64]bool{}
	known := map[int64]bool{}
	for cursor := ""; ; {
		var page api.Cases
		if err := a.c.as(a.ctx, epi, "GET cases", http.MethodGet, a.at+"/cases?limit=1000"+after(cursor), nil, &page); err != nil {
			return err
		}
		for _, k := range page.Items {
			known[k.ID] = true
			if k.Class != "discarded" {
				a.ofIll[k.Person] = true
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for _, p := range a.truth.All() {
		if !a.ofIll[a.roster.number[p]] {
			a.lost("person %d is positive and no case", a.roster.number[p])
		}
	}
	for id := range a.Drill.cases {
		if !known[id] {
			a.lost("case %d", id)
		}
	}
	return nil
}

func after(cursor string) string {
	if cursor == "" {
		return ""
	}
	return "&cursor=" + url.QueryEscape(cursor)
}

// contacts looks whether everybody who was listed is followed, was released, or became a case.
func (a *audit) contacts() error {
	known := map[int64]bool{}
	for cursor := ""; ; {
		var page api.Contacts
		if err := a.c.as(a.ctx, epi, "GET contacts", http.MethodGet, a.at+"/contacts?limit=1000"+after(cursor), nil, &page); err != nil {
			return err
		}
		for _, k := range page.Items {
			known[k.ID] = k.State != "lost"
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for id := range a.byContact {
		if !known[id] {
			a.lost("contact %d", id)
		}
	}
	return nil
}

// rounds reads the account of each round, and compares its tubes with those that were acknowledged.
func (a *audit) rounds() error {
	for _, x := range a.Drill.rounds.all {
		var acc api.RoundAccount
		if err := a.c.as(a.ctx, coordinator, "GET account", http.MethodGet, fmt.Sprintf("%s/rounds/%d/account", a.at, x.number), nil, &acc); err != nil {
			if refusedWith(err, http.StatusNotFound) { // closed more than seven days ago: its counts are kept no longer
				acc.Account = x.account
			} else {
				return err
			}
		}
		for _, e := range acc.LooseEnds {
			if e.Kind == "sum" {
				a.unreconciled("the account of round %d does not add up", x.number)
			}
		}
		if acc.Tubes.Registered != int64(x.tubes) {
			a.unreconciled("round %d: %d tubes were acknowledged, %d are registered", x.number, x.tubes, acc.Tubes.Registered)
		}
		r := scorecard.PlayedRound{Number: x.number, Day: x.start.Day() - a.first.Day(), Due: acc.Due, Sampled: acc.Sampled, Exempt: acc.Exempt, Refused: acc.Refused, Missing: acc.Missing, Tubes: acc.Tubes.Registered, Positive: acc.Tubes.Positive}
		if x.complete > 0 {
			r.HoursLast = float64(x.complete-x.start) / 60
		}
		a.card.Tested = append(a.card.Tested, r)
		if x.closed {
			a.card.Rounds++
			if x.complete > 0 && x.complete <= x.start+sim.DayLength && r.Missing == 0 {
				a.card.RoundsIn24h++
			}
		}
	}
	return nil
}

// duties reads how far each duty was done.
func (a *audit) duties() error {
	var list api.Coverage
	if err := a.c.as(a.ctx, duty, "GET coverage", http.MethodGet, a.at+"/coverage", nil, &list); err != nil {
		return err
	}
	for _, x := range list.Items {
		if x.Due != x.Done+x.Open+x.Waived {
			a.unreconciled("%s: %d due are not %d done, %d open and %d waived", x.Duty, x.Due, x.Done, x.Open, x.Waived)
		}
		a.card.Duties = append(a.card.Duties, scorecard.PlayedDuty{Duty: x.Duty, Due: x.Due, Done: x.Done, DoneLate: x.DoneLate, Open: x.Open, OpenLate: x.Late})
		a.card.TasksDue += x.Due
		a.card.TasksLate += x.DoneLate + x.Late
	}
	return nil
}

// stays compares who is where with who is where.
func (a *audit) stays() error {
	var list api.Facilities
	if err := a.c.as(a.ctx, siteStaff, "GET facilities", http.MethodGet, a.at+"/facilities", nil, &list); err != nil {
		return err
	}
	there := map[string]int64{}
	for _, f := range a.houses.in {
		there[f]++
	}
	for _, f := range list.Items {
		if f.In != there[f.Code] {
			who, err := a.missed(f.Code)
			if err != nil {
				return err
			}
			a.unreconciled("%s: %d people are there, the system says %d; it does not know of %s", f.Code, there[f.Code], f.In, strings.Join(who, ", "))
		}
	}
	var kept []string
	for _, t := range a.houses.out {
		if t.Due != nil && t.Due.Before(a.clock(a.now).Add(-longestKept)) {
			kept = append(kept, t.Code)
		}
	}
	if len(kept) > 0 {
		slices.Sort(kept)
		a.unreconciled("%d people are free to go and were not let go for more than %.0f hours: %s", len(kept), longestKept.Hours(), strings.Join(kept[:min(len(kept), 5)], ", "))
	}
	return nil
}

// longestKept is for how long after they were to leave somebody may still be there when a drill ends: a parent stays on with a child.
const longestKept = 72 * time.Hour

// missed names up to five who are in a facility without the system knowing.
func (a *audit) missed(facility string) (out []string, err error) {
	var rooms api.Rooms
	if err := a.c.as(a.ctx, siteStaff, "GET rooms", http.MethodGet, a.at+"/facilities/"+facility+"/rooms", nil, &rooms); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, m := range rooms.Items {
		for _, s := range m.Stays {
			known[s.Of] = known[s.Of] || s.State == "in"
		}
	}
	for _, p := range inOrder(a.houses.in) {
		code := ""
		if k := a.Drill.contacts[p]; k != nil {
			code = k.code
		}
		if k := a.caseOf[p]; k != nil && !known[code] {
			code = k.code
		}
		if child, along := a.houses.with[p]; along && a.caseOf[p] == nil { // goes by the child's code
			if k := a.Drill.contacts[child]; k != nil {
				code = k.code
			}
			if k := a.caseOf[child]; k != nil && !known[code] {
				code = k.code
			}
		}
		if a.houses.in[p] == facility && !known[code] && len(out) < 5 {
			out = append(out, code)
		}
	}
	return out, nil
}

// journal walks the whole journal.
func (a *audit) journal() error {
	var v struct {
		Intact bool   `json:"intact"`
		Broken string `json:"broken"`
	}
	if err := a.c.as(a.ctx, auditor, "GET journal/verification", http.MethodGet, "/api/journal/verification", nil, &v); err != nil {
		return err
	}
	if !v.Intact {
		a.unreconciled("the journal is not intact: %s", v.Broken)
	}
	return nil
}

// without plays the same outbreak without the system: with telephone and paper, or with nothing at all.
func (d *Drill) without(m *sim.Model, paper bool) (out scorecard.Other, err error) {
	w, err := d.world(m)
	if err != nil {
		return out, err
	}
	day := func() error { w.End(); return nil }
	var office *measures.Office
	if paper {
		how, err := d.onPaper()
		if err != nil {
			return out, err
		}
		if office, err = measures.New(w, measures.Options{Pack: d.pack, Response: how}, d.Seed); err != nil {
			return out, err
		}
		day = office.Day
	}
	first, last, known := -1, -1, 0
	for n := range d.Days {
		if err := day(); err != nil {
			return out, err
		}
		if err := d.ctx.Err(); err != nil {
			return out, err
		}
		if office == nil {
			continue
		}
		k := office.Counts()
		if k.Found > 0 && first < 0 {
			first = n
		}
		if k.Found-k.InIsolation > known {
			known, last = k.Found-k.InIsolation, n
		}
	}
	out.Infected, out.Peak = w.Infected(), w.Peak()
	if office != nil {
		k := office.Counts()
		out.Found, out.InIsolation, out.Contacts, out.PeakRooms = k.Found, k.InIsolation, k.Listed, k.PeakRooms
		if first >= 0 {
			out.CommunityZero = scorecard.Zero(first, last, d.Days-1)
		}
	}
	return out, nil
}

// onPaper is what a response by telephone and paper really takes.
func (d *Drill) onPaper() (*params.Response, error) {
	how, err := params.LoadResponse()
	p := &d.s.Paper
	if err == nil {
		how.Result, how.Pace, how.Tested, how.Second, how.Cases, how.Sites, how.Without = p.Result, p.Pace, p.Tested, p.Second, p.Cases, p.Sites, p.Without
		how.NamedHome, how.NamedGroup, how.NamedSite, how.NamedLine, how.NamedShop, how.NamedLeisure = p.NamedHome, p.NamedGroup, p.NamedSite, p.NamedLine, p.NamedShop, p.NamedLeisure
		how.Compliance = d.s.People.Compliance
	}
	return how, err
}
