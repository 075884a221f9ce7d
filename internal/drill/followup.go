package drill

import (
	"net/http"
	"net/url"

	"firebreak/internal/api"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
)

// reach calls a contact. Where the number is wrong somebody goes there. Who is reached is asked to stay at home until they are fetched, or let go.
func (d *Drill) reach(t api.Task) error {
	k, err := d.contactByID(t.Subject.ID)
	if err != nil {
		return err
	}
	delay := hours(d.s.Tracing.Reach)
	if d.chance(d.s.Tracing.WrongNumber, ofNumber, uint64(k.p)) {
		delay += hours(d.s.Tracing.Visit)
	}
	d.finish(t, followUp, delay, func(at sim.Minute) error {
		k.reached = true
		if k.over || d.caseOf[k.p] != nil {
			return nil
		}
		return d.keep(k.p, told, at)
	})
	return nil
}

// quarantine at home begins when somebody is told; who goes to a site is the transfer desk's.
func (d *Drill) quarantine(t api.Task) error {
	if t.Owner == "transfer-desk" || t.Owner == "transfer-dispatcher" {
		return nil
	}
	k, err := d.contactByID(t.Subject.ID)
	if err != nil {
		return err
	}
	delay := hours(d.s.Tracing.Reach) + step
	if d.chance(d.s.Tracing.WrongNumber, ofNumber, uint64(k.p)) {
		delay += hours(d.s.Tracing.Visit)
	}
	d.finish(t, followUp, delay, func(at sim.Minute) error {
		if k.over || d.caseOf[k.p] != nil {
			return nil
		}
		return d.keep(k.p, told, at)
	})
	return nil
}

// check is the morning's or the evening's visit, at nine or at six.
func (d *Drill) check(t api.Task) error {
	k, err := d.contactByID(t.Subject.ID)
	if err != nil {
		return err
	}
	who := siteStaff
	if t.Owner == "follow-up-officer" {
		who = followUp
	}
	if d.hold(t, who, nil) {
		return nil
	}
	due := d.now + 60
	if t.Due != nil {
		due = d.minute(*t.Due)
	}
	slot, hour := 0, 9
	if due%sim.DayLength > 14*60 {
		slot, hour = 1, 18
	}
	at := max(d.later(t, 30), min(sim.At(due.Day(), hour*60)+sim.Minute(uint32(k.p)%120), due-1))
	d.agenda.put(at, func(at sim.Minute) error {
		if k.over || d.caseOf[k.p] != nil || d.hold(t, who, nil) {
			return nil
		}
		b := api.CheckMade{Contact: k.id, At: d.stamp(at), Slot: slot, Seen: true, Temperature: 36.6}
		if i, ill := d.w.Infection(k.p); ill && i.Symptomatic && i.Onset <= at.Day() {
			b.Temperature, b.Symptoms = 38.1, []string{"fever", "cough"}
		}
		d.post.checks[who] = append(d.post.checks[who], b)
		return nil
	})
	return nil
}

// holdPerson tells somebody in a positive tube to stay where they are.
func (d *Drill) holdPerson(t api.Task) error {
	p, ok := d.roster.who[t.Subject.ID]
	if !ok {
		return errNobody(t.Subject.ID)
	}
	d.finish(t, community, hours(d.s.Office.Tell), func(at sim.Minute) error {
		d.holding[p] = true
		return d.keep(p, held, at)
	})
	return nil
}

// restrictions goes through a list of restrictions, page by page, as long as fn wants more.
func (d *Drill) restrictions(q url.Values, fn func(api.Restriction) (more bool, err error)) error {
	q.Set("limit", "200")
	for {
		var page api.Restrictions
		if err := d.c.as(d.ctx, duty, "GET restrictions", http.MethodGet, d.at+"/restrictions?"+q.Encode(), nil, &page); err != nil {
			return err
		}
		for _, x := range page.Items {
			if more, err := fn(x); err != nil || !more {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.Set("after", page.Next)
	}
}

// seeHolds looks whether those who are held still are.
func (d *Drill) seeHolds() error {
	if len(d.holding) == 0 || d.now%30 != 0 {
		return nil
	}
	still := map[city.Person]bool{}
	err := d.restrictions(url.Values{"kind": {"hold"}}, func(x api.Restriction) (bool, error) {
		still[d.roster.who[x.Person]] = true
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, p := range inOrder(d.holding) {
		if still[p] {
			continue
		}
		delete(d.holding, p)
		if err := d.let(p, held, d.now); err != nil {
			return err
		}
	}
	return nil
}

// seeReleases learns twice a day who was released: those at home are told.
func (d *Drill) seeReleases() error {
	if d.now%(12*60) != 8*60 {
		return nil
	}
	for cursor := ""; ; {
		q := url.Values{"state": {"released"}, "limit": {"1000"}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		var page api.Contacts
		if err := d.c.as(d.ctx, epi, "GET contacts", http.MethodGet, d.at+"/contacts?"+q.Encode(), nil, &page); err != nil {
			return err
		}
		for _, c := range page.Items {
			k := d.contacts[d.roster.who[c.Person]]
			if k == nil || k.over {
				continue
			}
			k.over = true
			if d.caseOf[k.p] == nil {
				if err := d.let(k.p, told, d.now); err != nil {
					return err
				}
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

// seeZones learns each hour what zones are in force: whoever lives in one stays at home, as far as they comply.
func (d *Drill) seeZones() error {
	if d.now%60 != 0 {
		return nil
	}
	var list api.Zones
	if err := d.c.as(d.ctx, duty, "GET zones", http.MethodGet, d.at+"/zones", nil, &list); err != nil {
		return err
	}
	now := map[string]bool{}
	for _, z := range list.Items {
		if z.State == "in_force" && z.Level == string(d.pack.Zones.Propose.Value) {
			now[z.Area] = true
		}
	}
	for i, a := range d.city.Areas() {
		if now[a.Code] == d.zones[i] {
			continue
		}
		d.zones[i] = now[a.Code]
		first, n := d.city.In(i)
		for p := first; int(p-first) < n; p++ {
			do := d.let
			if d.zones[i] {
				do = d.keep
			}
			if err := do(p, zoned, d.now); err != nil {
				return err
			}
		}
	}
	return nil
}
