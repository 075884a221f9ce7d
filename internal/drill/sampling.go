package drill

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"firebreak/internal/api"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// inOrder lists people by number, so that the order of a map decides nothing.
func inOrder[V any](m map[city.Person]V) []city.Person {
	out := make([]city.Person, 0, len(m))
	for p := range m {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b city.Person) int { return cmp.Compare(a, b) })
	return out
}

// lab is a laboratory: it reads so many tubes a minute, one after the other, and is closed for a while when something breaks.
type lab struct {
	code  string
	rate  float64 // tubes a minute
	free  float64 // minute from which it can read the next
	Tubes map[int]int
}

// read takes tubes in and says when their results are there.
func (d *Drill) read(l *lab, tubes int, arrive sim.Minute) sim.Minute {
	l.free = max(l.free, float64(arrive)) + float64(tubes)/l.rate
	d.truth.Tubes(arrive.Day(), tubes)
	return sim.Minute(l.free+0.999) + hours(d.s.Laboratory.Turnaround)
}

func (d *Drill) labOf(p city.Person) *lab { return d.labs[d.city.AreaOf(p)%len(d.labs)] }

// sample swabs somebody: contacts on their test days in the morning's round, the others as soon as somebody comes.
func (d *Drill) sample(t api.Task) error {
	b := api.NewSpecimen{}
	var p city.Person
	switch t.Subject.Kind {
	case "case":
		k, err := d.caseByID(t.Subject.ID)
		if err != nil {
			return err
		}
		p, b.Case = k.p, k.id
	case "contact":
		k, err := d.contactByID(t.Subject.ID)
		if err != nil {
			return err
		}
		p, b.Contact = k.p, k.id
	default:
		var ok bool
		if p, ok = d.roster.who[t.Subject.ID]; !ok {
			return errNobody(t.Subject.ID)
		}
		b.Person, b.Outbreak = t.Subject.ID, d.s.Name
	}
	at := d.now + hours(d.s.Sampling.Delay)
	if t.NotBefore != nil { // a test day
		at = d.later(t, hours(d.s.Sampling.Delay))
		at = max(at, sim.At(at.Day(), int(hours(d.s.Sampling.Round))))
	}
	d.agenda.put(at, func(at sim.Minute) error {
		if k := d.contacts[p]; b.Contact != 0 && (k.over || d.caseOf[p] != nil) {
			return nil
		}
		if last, ok := d.swabbed[p]; ok && at < last+60 { // one swab answers all that asks for one
			return nil
		}
		d.swabbed[p] = at
		return d.swab(b, p, at)
	})
	return nil
}

// swab takes a specimen; its result follows from a laboratory.
func (d *Drill) swab(b api.NewSpecimen, p city.Person, at sim.Minute) error {
	ready := d.read(d.labOf(p), 1, at+hours(d.s.Laboratory.Courier))
	if d.chance(d.s.Laboratory.Late, ofLate, uint64(p)<<32|uint64(at)) {
		ready += hours(d.s.Laboratory.LateBy)
	}
	return d.resultOf(b, p, at, ready)
}

// resultOf enters a specimen, and its result when it is there.
func (d *Drill) resultOf(b api.NewSpecimen, p city.Person, at, ready sim.Minute) error {
	// Whoever is asked for two swabs at one visit gives two, each with its label.
	d.labels++
	b.Code, b.TakenAt = fmt.Sprintf("S%d", d.labels), d.stamp(at)
	apart := d.isApart(p)
	r := api.Result{Result: "negative"}
	if d.w.Test(p, at, sim.PCR) {
		r.Result, r.Ct = "positive", 30
		if i, ill := d.w.Infection(p); ill {
			r.Ct = min(40, d.s.Disease.CtFirst.Value+d.s.Disease.CtADay.Value*float64(at.Day()-i.At.Day()))
		}
	}
	d.post.taken = append(d.post.taken, taken{b, func(id int64) {
		d.agenda.put(ready, func(told sim.Minute) error {
			r.ResultAt = d.stamp(told)
			d.post.results = append(d.post.results, result{api.SpecimenResult{Specimen: id, Result: r}, func() {
				if r.Result == "positive" {
					d.find(p, at, told, apart)
				}
			}})
			return nil
		})
	}})
	return nil
}

// checkTube looks at a tube whose people are all negative singly.
func (d *Drill) checkTube(t api.Task) error {
	d.agenda.put(d.now+2*60, func(sim.Minute) error {
		b := api.TubeFinding{Finding: "labels and list agree; nothing was swapped"}
		return d.try(d.c.as(d.ctx, laboratory, "POST tubes/{}/check", http.MethodPost, d.at+"/tubes/"+url.PathEscape(t.Code)+"/check", b, nil))
	})
	return nil
}
