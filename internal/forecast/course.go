package forecast

import "math"

// outcome is what came of an outbreak under one policy.
type outcome struct {
	day      [][]float64 // by quantity as Quantities has them, and day
	all      []float64   // by quantity: sum of what is new, most of what is wanted
	zero     int         // days after AsOf; notReached
	outgrown bool
}

const notReached = math.MaxInt32

// Quiet is how many days without a case outside isolation must follow the last one, for it to count as the last.
const Quiet = 7

// standing is what an outbreak is on AsOf.
type standing struct {
	factor     float64
	unfound    int
	free       int
	infections []int // by day, up to AsOf, the last of which is AsOf
	taken      float64
	cases      int
}

// stands looks at an outbreak on AsOf.
func (m *maker) stands(c *chain) standing {
	s := standing{factor: c.d.before * c.level, infections: make([]int, nowcastDays)}
	for i := range c.people {
		p := &c.people[i]
		if k := nowcastDays - c.today + p.at.Day(); k >= 0 && k < nowcastDays {
			s.infections[k]++
		}
		switch {
		case p.found > 0:
			if p.found.Day() >= c.today-Recent {
				s.cases++
			}
		case c.today-p.at.Day() < m.o.Model.Last():
			s.unfound++
			if p.kept.Day() >= c.today {
				s.free++
			}
		}
	}
	for k := max(0, len(c.days)-Recent); k < len(c.days); k++ {
		s.taken += c.days[k].taken
	}
	return s
}

// nowcastDays is for how many days up to AsOf infections are estimated.
const nowcastDays = 21

// goOn lets a copy of an outbreak go on under a policy, and counts.
func (m *maker) goOn(c *chain, r *rules, lifted bool) outcome {
	c = c.clone(c.salt)
	n := m.o.Days
	list := Quantities()
	out := outcome{day: make([][]float64, len(list)), all: make([]float64, len(list))}
	for q := range out.day {
		out.day[q] = make([]float64, n)
	}
	at := func(q Quantity) []float64 { return out.day[q.place()] }
	if lifted {
		c.level = max(c.level, 1)
	}
	start := c.today
	c.load = &load{start: start, rooms: make([]float64, n), followed: make([]float64, n), tubes: make([]float64, n), taken: make([]float64, n)}
	ran := 0
	for ; ran < n; ran++ {
		if len(c.people) > m.beyond {
			out.outgrown = true
			break
		}
		if k := c.today - c.first; k%7 == 0 && k > 0 {
			c.level *= wobbled(c.salt, k/7, m.o.Prior.Wobble.Value)
		}
		m.step(c, r)
	}
	last := 0 // the last day with a case outside isolation, counted from 1
	for i := range c.people {
		p := &c.people[i]
		if k := p.at.Day() - start; k >= 0 && k < n {
			at(Infections)[k]++
		}
		if p.found == 0 {
			continue
		}
		m.bed(p, r, start, at)
		k := p.found.Day() - start
		if k < 0 || k >= n {
			continue
		}
		at(Found)[k]++
		if !p.inside {
			at(Community)[k]++
			last = max(last, k+1)
		}
	}
	switch {
	case out.outgrown || last > n-Quiet:
		out.zero = notReached
	default:
		out.zero = last
	}
	m.demand(c, r, ran, at)
	for q, name := range list {
		for k := ran; k < n && ran > 0; k++ { // it has outgrown the model: numbers stay where they were
			out.day[q][k] = out.day[q][ran-1]
		}
		for _, x := range out.day[q] {
			if name.Flow() {
				out.all[q] += x
			} else {
				out.all[q] = max(out.all[q], x)
			}
		}
	}
	return out
}

// bed gives a case a bed until discharge: in hospital where it is ill enough. One found before AsOf has a bed on record, but may still need intensive care.
func (m *maker) bed(p *person, r *rules, start int, at func(Quantity) []float64) {
	b := &m.o.Model.Disease().Beds
	add := func(q Quantity, from, days int) {
		list := at(q)
		for k := max(0, from-start); k < min(len(list), from+days-start); k++ {
			list[k]++
		}
	}
	day := p.found.Day()
	after := int(math.Round(b.ICUAfter.Value))
	switch u := p.key.Float(forSeverity); {
	case u < m.icu:
		if day+after >= start {
			add(ICU, day+after, int(math.Round(b.ICUDays.Value)))
		}
		if day >= start {
			add(Ward, day, after)
		}
	case day < start:
	case u < m.icu+m.ward:
		add(Ward, day, int(math.Round(b.WardDays.Value)))
	default:
		add(Beds, day, max(r.retest, p.taken.Day()+r.leaves-day))
	}
}

// demand adds what is on record to what a course brings, with as many contacts for each case as on record.
func (m *maker) demand(c *chain, r *rules, ran int, at func(Quantity) []float64) {
	w, s := m.o.Prior, &m.state
	perDay := 0.0 // swabs of a contact on a day
	if t := &r.tiers[0]; t.days > 0 {
		perDay = float64(len(t.tests)) / float64(t.days+1)
	}
	for k := range ran {
		followed := c.load.followed[k]*m.scale + float64(s.Followed.At(k+1))
		tubes := c.load.tubes[k]*m.scale + float64(s.Followed.At(k+1))*perDay
		at(Tubes)[k] = math.Round(tubes)
		at(Rooms)[k] = math.Round(c.load.rooms[k]*m.scale + float64(s.Rooms.At(k+1)))
		at(Beds)[k] += float64(s.Beds.At(k + 1))
		at(Ward)[k] += float64(s.Ward.At(k + 1))
		at(ICU)[k] += float64(s.ICU.At(k + 1))
		hours := at(Found)[k]*w.Case.Value + c.load.taken[k]*m.scale*w.Contact.Value + followed*w.PerDay.Value*w.Check.Value/60 + tubes*w.Swab.Value/60
		at(Staff)[k] = math.Ceil(hours/w.Shift.Value + at(Ward)[k]*w.WardCare.Value + at(ICU)[k]*w.ICUCare.Value)
	}
}
