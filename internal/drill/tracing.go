package drill

import (
	"net/http"

	"firebreak/internal/api"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// tracing is the investigators, a team each until when it is busy, and what they have in hand.
type tracing struct {
	busy  []sim.Minute
	named [city.Layers]float64
	buf   []city.Contact
}

// contacted is a contact as the actors know it.
type contacted struct {
	id      int64
	code    string
	p       city.Person
	tier    string
	over    bool
	reached bool
}

func (d *Drill) teams() {
	t := &d.s.Tracing
	d.tracing.busy = make([]sim.Minute, d.each(t.Teams))
	d.tracing.named = [city.Layers]float64{t.NamedHome.Value, t.NamedGroup.Value, t.NamedSite.Value, t.NamedLine.Value, t.NamedShop.Value, t.NamedLeisure.Value}
}

// investigate gives a case to the team that is free first. What it learned is told when it is done with all.
func (d *Drill) investigate(t api.Task) error {
	k, err := d.caseByID(t.Subject.ID)
	if err != nil {
		return err
	}
	if k.asked { // the same interview answers both
		d.finish(t, epi, hours(d.s.Tracing.Interview)+step, nil)
		return nil
	}
	k.asked = true
	team := 0
	for i, b := range d.tracing.busy {
		if b < d.tracing.busy[team] {
			team = i
		}
	}
	from := max(d.now, d.tracing.busy[team])
	done := from + hours(d.s.Tracing.Interview)
	d.tracing.busy[team] = done
	d.agenda.put(done, func(at sim.Minute) error {
		if err := d.interview(k, at); err != nil {
			return err
		}
		d.complete(epi, t.ID, at, nil)
		return nil
	})
	return nil
}

// interview lists whom a case has met since the pack's look-back, as far as it names them and the time together makes them close contacts; and whom those spend their
// days with.
func (d *Drill) interview(k *patient, at sim.Minute) error {
	ref := k.since.Day()
	if k.onset >= 0 {
		ref = k.onset
	}
	from := max(0, ref-d.pack.Cases.LookBack.Value)
	var close_, second []named
	for _, m := range d.meetings(k.p, from, at, city.Leisure) {
		if m.Minutes >= d.pack.Tracing.Close.Value && d.caseOf[m.With] == nil {
			close_ = append(close_, named{m, api.NewContact{Case: k.id}, "close"})
		}
	}
	if err := d.list(close_); err != nil || !d.pack.Tiers.Secondary.Followed() {
		return err
	}
	asked := map[city.Person]bool{}
	for _, x := range close_ {
		c := d.contacts[x.With]
		if c == nil || !d.chance(d.s.Tracing.Second, ofSecond, uint64(x.With)) {
			continue
		}
		last := city.Group
		if x.Layer == city.Group {
			last = city.Home
		}
		for _, m := range d.meetings(x.With, x.First, at, last) {
			if m.Minutes < d.pack.Tracing.Secondary.Value || d.caseOf[m.With] != nil || d.contacts[m.With] != nil || asked[m.With] {
				continue
			}
			asked[m.With] = true
			second = append(second, named{m, api.NewContact{Parent: c.id}, "secondary"})
		}
	}
	return d.list(second)
}

// named is somebody whom a case or contact has named.
type named struct {
	sim.Told
	of   api.NewContact // whom they met
	tier string
}

// list lists contacts.
func (d *Drill) list(people []named) error {
	const most = 1000
	for len(people) > 0 {
		rows := people[:min(most, len(people))]
		people = people[len(rows):]
		in, out := api.ContactsListed{}, api.ListedContacts{}
		for _, m := range rows {
			n := m.of
			n.Person = api.Person{ID: d.roster.number[m.With]}
			n.Fields = map[string]string{"tier": m.tier, "first_exposed": d.date(m.First), "last_exposed": d.date(m.Last), "area": d.areaOf(m.With), "setting": m.Layer.String()}
			in.Rows = append(in.Rows, n)
		}
		if err := d.c.as(d.ctx, epi, "POST contacts/listed", http.MethodPost, d.at+"/contacts/listed", in, &out); err != nil {
			return err
		}
		d.refusedRows("contacts/listed", out.ManyDone)
		for i, x := range out.Items {
			if x.ID != 0 {
				d.contact(api.Contact{ID: x.ID, Code: x.Code, Tier: x.Tier, State: x.State}, rows[i].With)
			}
		}
	}
	return nil
}

// meetings returns whom somebody met from a day on until now, in the layers up to last, by number.
func (d *Drill) meetings(p city.Person, from int, now sim.Minute, last city.Layer) []sim.Told {
	var out []sim.Told
	key := d.luck.Of(ofNamed).Of(uint64(p))
	for day := from; day <= min(now.Day(), d.w.Today()); day++ {
		d.tracing.buf = d.w.Meetings(d.tracing.buf[:0], p, day, last)
		for _, c := range d.tracing.buf {
			if sim.At(day, c.Start) < now && key.Float(uint64(c.With)) < d.tracing.named[c.Layer] {
				out = append(out, sim.Told{With: c.With, First: day, Last: day, Minutes: c.Minutes, Layer: c.Layer})
			}
		}
	}
	return sim.Together(out)
}

// contactByID finds a contact that the system names.
func (d *Drill) contactByID(id int64) (*contacted, error) {
	if k := d.byContact[id]; k != nil {
		return k, nil
	}
	var out api.Contact
	if err := d.c.as(d.ctx, epi, "GET contacts/{}", http.MethodGet, "/api/contacts/"+itoa(id), nil, &out); err != nil {
		return nil, err
	}
	p, ok := d.roster.who[out.Person]
	if !ok {
		return nil, errNobody(out.Person)
	}
	return d.contact(out, p), nil
}

// contact notes a contact.
func (d *Drill) contact(c api.Contact, p city.Person) *contacted {
	k := d.contacts[p]
	if k == nil {
		k = &contacted{id: c.ID, code: c.Code, p: p}
		d.contacts[p], d.byContact[c.ID] = k, k
		d.truth.List(p)
	}
	k.tier, k.over = c.Tier, c.State == "released"
	return k
}
