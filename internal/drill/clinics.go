package drill

import (
	"net/http"

	"firebreak/internal/api"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// clinics are the fever clinics: they see whoever comes, and report whom they find.
type clinics struct {
	rumour  float64    // as many come
	until   sim.Minute // of the rumour
	others  int        // who come today with the like symptoms
	seen    int        // today, of those whom the drill follows
	Tests   int
	Crowded int // sent away for want of capacity
}

// visits puts down who comes to a clinic today. Of those without this infection only the few are followed of whom a test says otherwise; the others take up room.
func (d *Drill) visits() {
	c := &d.clinics
	c.others, c.seen = 0, 0
	for _, e := range d.w.Begin() {
		if e.Kind == sim.Visit {
			d.agenda.put(e.At, func(at sim.Minute) error { return d.visit(e.Person, at) })
		}
	}
	d.w.Others(func(p city.Person, at sim.Minute) {
		c.others++
		if d.w.Test(p, at, sim.PCR) {
			d.agenda.put(at, func(at sim.Minute) error { return d.visit(p, at) })
		} else if d.chance(d.s.Clinics.Tested, ofTested, uint64(p)<<24|uint64(at.Day())) {
			c.Tests++
		}
	})
}

// visit is somebody with symptoms who comes to a clinic. Who is followed up is seen where they are; who is sent away does not come again.
func (d *Drill) visit(p city.Person, at sim.Minute) error {
	c := &d.clinics
	if d.apart.why[p]&^zoned != 0 || d.caseOf[p] != nil {
		return nil
	}
	c.seen++
	// Clinics are open from 8 to 18. Those whom a rumour brings stand in the same queue.
	before := float64(c.others) * min(1, max(0, float64(at%sim.DayLength-8*60)/600))
	if at < c.until {
		before *= c.rumour
	}
	if before+float64(c.seen) > max(1, d.s.Clinics.Capacity.Value*float64(d.People)/100_000) {
		c.Crowded++
		return nil
	}
	if !d.chance(d.s.Clinics.Tested, ofTested, uint64(p)<<24|uint64(at.Day())) {
		return nil
	}
	c.Tests++
	if err := d.keep(p, waiting, at); err != nil {
		return err
	}
	positive := d.w.Test(p, at, sim.PCR)
	d.agenda.put(at+hours(d.s.Clinics.Result), func(now sim.Minute) error {
		if !positive {
			return d.let(p, waiting, now)
		}
		d.agenda.put(now+hours(d.s.Clinics.Report), func(now sim.Minute) error { return d.reportCase(p, at, now) })
		return nil
	})
	return nil
}

// reportCase enters somebody of whom a clinic knows: as a case, or as the result of a contact that the system knows already.
func (d *Drill) reportCase(p city.Person, taken, now sim.Minute) error {
	d.find(p, taken, now, false)
	if k := d.contacts[p]; k != nil && d.caseOf[p] == nil {
		return d.resultOf(api.NewSpecimen{Contact: k.id, TakenAt: d.stamp(taken)}, p, taken, now)
	}
	if d.caseOf[p] != nil {
		return nil
	}
	fields := map[string]string{"class": "asymptomatic", "sampled": d.date(taken.Day()), "area": d.areaOf(p), "found": "community"}
	if i, ill := d.w.Infection(p); ill && i.Symptomatic && i.Onset <= taken.Day() {
		fields["class"], fields["onset"] = "confirmed", d.date(i.Onset)
	}
	var out api.Case
	err := d.c.as(d.ctx, epi, "POST cases", http.MethodPost, d.at+"/cases", api.NewCase{Person: api.Person{ID: d.roster.number[p]}, Fields: fields}, &out)
	if err != nil {
		return d.try(err)
	}
	d.known(out, p)
	return nil
}

func (d *Drill) areaOf(p city.Person) string { return d.city.Areas()[d.city.AreaOf(p)].Code }

// find notes that an infection was proven, for the score.
func (d *Drill) find(p city.Person, taken, known sim.Minute, apart bool) {
	d.truth.Find(d.w, p, taken, known, apart)
}

// patient is a case as the actors know it.
type patient struct {
	id    int64
	code  string
	p     city.Person
	onset int // -1: without symptoms
	since sim.Minute
	asked bool   // an interview is on its way, or was held
	seen  bool   // a doctor has said how ill they are
	at    string // facility
	over  bool
	tests bool // is tested until the rules let them go
	swabs int
}

// known notes a case.
func (d *Drill) known(c api.Case, p city.Person) *patient {
	if k := d.cases[c.ID]; k != nil {
		return k
	}
	k := &patient{id: c.ID, code: c.Code, p: p, onset: -1, since: d.now}
	if i, ill := d.w.Infection(p); ill && i.Symptomatic && i.Onset <= d.now.Day() {
		k.onset = i.Onset
	}
	d.cases[c.ID], d.caseOf[p] = k, k
	if d.first == never {
		d.first = d.now
		d.firstFound()
	}
	return k
}

// caseByID reads a case that the rulebook has made.
func (d *Drill) caseByID(id int64) (*patient, error) {
	if k := d.cases[id]; k != nil {
		return k, nil
	}
	var out api.Case
	if err := d.c.as(d.ctx, epi, "GET cases/{}", http.MethodGet, "/api/cases/"+itoa(id), nil, &out); err != nil {
		return nil, err
	}
	p, ok := d.roster.who[out.Person]
	if !ok {
		return nil, errNobody(out.Person)
	}
	return d.known(out, p), nil
}
