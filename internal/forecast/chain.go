package forecast

import (
	"math"
	"slices"

	"firebreak/internal/sim"
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/city"
)

// chain is one made-up outbreak: all who were infected, whom they live with, and what is known of them. Nobody else is in it. Days count from the infection of the first.
type chain struct {
	d       draw
	people  []person
	past    int // those before matter no more
	homes   []cluster
	groups  []cluster
	sites   []cluster
	today   int
	first   int // day 0 of the record; -1 until the first case is found
	level   float64
	salt    chance.Key // of what happens from now on: another for each copy
	days    []point    // of the record
	asks    []ask
	waiting []int32 // cases that could not be asked on their day
	did     int     // cases asked today
	load    *load   // from AsOf on
	stopped bool    // it has grown beyond what is modelled
}

// person is somebody infected.
type person struct {
	key     chance.Key
	nature  sim.Nature
	at      sim.Minute
	by      int32 // index; -1 for a seed
	home    int32
	group   int32
	site    int32
	circle  int32
	inHome  int32      // the next of the same home; index and one, as the following
	inGroup int32      // of the same group
	inSite  int32      // of the same site
	kid     int32      // the last of whom they infected
	sibling int32      // the one before, of whoever infected them
	layer   city.Layer // how they met
	kept    sim.Minute // from when they are kept apart, at home at least; never while not
	gone    sim.Minute // from when at a site, or as a case: they meet nobody; never while not
	found   sim.Minute // when the result is known; 0 while not
	taken   sim.Minute // when the swab was taken that found them
	swab    sim.Minute // one that is planned because of a symptom; 0 for none
	to      int16      // last day on which they met whoever they are a contact of
	until   int16      // last day of follow-up
	listed  int16      // day
	tier    int8       // as rules.tiers; -1: not followed
	inside  bool       // found when kept apart
	clinic  bool       // found because they went to a clinic
	symptom bool       // had symptoms when the swab was taken
}

// cluster is a home, or a class or team.
type cluster struct {
	size, ill int32
	last      int32      // the last of the infected in it: index and one
	open      bool       // at weekends, too; of a group
	taken     bool       // its people have been listed
	kept      sim.Minute // from when the others in it are kept apart; never while not
	until     int16      // last day of that, and of their follow-up
	share     float32    // of them who are

	followed bool // those in it who are well are contacts: who is infected later is one from the start
	tier     int8 // as that of a person, and the following
	to       int16
	listed   int16
	bring    sim.Minute // when they are brought into quarantine
	away     bool       // at a site
	named    float32    // share of them who are
}

// point is one day of the record.
type point struct {
	community, apart int
	taken            float64 // contacts who were listed
}

// ask is a case that is to be asked whom it met.
type ask struct {
	at sim.Minute
	p  int32
}

// load is the work that contacts make, by days from AsOf on, and swabs at clinics.
type load struct {
	start                         int
	rooms, followed, tubes, taken []float64
}

func (l *load) add(list []float64, from, to int, n float64) {
	for d := max(from, l.start); d < min(to, l.start+len(list)); d++ {
		list[d-l.start] += n
	}
}

func (c *chain) clone(salt chance.Key) *chain {
	out := *c
	out.salt = salt
	out.people, out.homes, out.groups, out.days, out.asks = slices.Clone(c.people), slices.Clone(c.homes), slices.Clone(c.groups), slices.Clone(c.days), slices.Clone(c.asks)
	out.sites, out.waiting = slices.Clone(c.sites), slices.Clone(c.waiting)
	return &out
}

// infect adds somebody.
func (m *maker) infect(c *chain, key chance.Key, at sim.Minute, by int32, l city.Layer) {
	p := person{key: key, at: at, by: by, layer: l, kept: never, gone: never, tier: -1, nature: m.o.Model.Nature(key, at)}
	p.circle = int32(key.Below(forPeople, uint32(len(m.circles))))
	mine := &m.circles[p.circle]
	switch {
	case by >= 0 && l == city.Home:
		p.home = c.people[by].home
	default:
		c.homes = append(c.homes, cluster{size: int32(mine.Home + 1), kept: never})
		p.home = int32(len(c.homes) - 1)
	}
	switch {
	case by >= 0 && l == city.Group:
		p.group, p.site = c.people[by].group, c.people[by].site
	case by >= 0 && l == city.Site: // another class or team of the same school or workplace
		from := &c.groups[c.people[by].group]
		c.groups = append(c.groups, cluster{size: from.size, open: from.open, kept: never})
		p.group, p.site = int32(len(c.groups)-1), c.people[by].site
	default:
		c.groups = append(c.groups, cluster{size: int32(mine.Group + 1), open: mine.Daily, kept: never})
		c.sites = append(c.sites, cluster{size: int32(mine.Site + mine.Group + 1)})
		p.group, p.site = int32(len(c.groups)-1), int32(len(c.sites)-1)
	}
	n := int32(len(c.people) + 1)
	h, g, site := &c.homes[p.home], &c.groups[p.group], &c.sites[p.site]
	p.inSite, site.last = site.last, n
	site.ill++
	p.inHome, h.last = h.last, n
	p.inGroup, g.last = g.last, n
	h.ill++
	g.ill++
	if by >= 0 {
		p.sibling, c.people[by].kid = c.people[by].kid, n
	}
	for _, k := range []*cluster{h, g} {
		if k.followed && at.Day() <= int(k.until) && (p.tier < 0 || k.tier < p.tier) && key.Float(forName) < float64(k.named) {
			p.tier, p.to, p.until, p.listed, p.kept = k.tier, k.to, k.until, k.listed, k.bring
			if k.away {
				p.gone = k.bring
			}
		}
	}
	c.people = append(c.people, p)
}

// apart says whether somebody meets nobody outside the home at a minute: of those at home, one in so many goes out all the same.
func (m *maker) apart(c *chain, p *person, at sim.Minute) bool {
	return at >= p.gone || at >= p.kept && p.key.Of(forClinic).Float(uint64(at.Day())) < c.d.how.Compliance.Value
}

// step lets a day go by: cases are asked whom they met, people are tested, and people are infected.
func (m *maker) step(c *chain, r *rules) {
	m.asked(c, r, true)
	for i := c.past; i < len(c.people); i++ {
		if p := &c.people[i]; p.found == 0 {
			m.look(c, r, int32(i))
		}
	}
	m.asked(c, r, false) // whoever was found today and is asked on the same day
	m.spread(c)
	c.today++
	for c.past < len(c.people) && c.today-c.people[c.past].at.Day() > m.matters {
		c.past++
	}
	if c.first >= 0 {
		c.reach(c.today - 1 - c.first)
	}
}

func (c *chain) reach(k int) {
	for len(c.days) <= k {
		c.days = append(c.days, point{})
	}
}

const swabbing = 10 * 60 // contacts are swabbed at ten

// look sees whether somebody who is not found yet is tested today.
func (m *maker) look(c *chain, r *rules, i int32) {
	p := &c.people[i]
	d := c.today
	onset := p.at.Day() + p.nature.Incubation
	if p.tier >= 0 {
		if d > int(p.until) {
			p.tier, p.kept, p.gone, p.swab = -1, never, never, 0
		} else {
			t := &r.tiers[p.tier]
			if !p.nature.Asymptomatic && onset == d && p.swab == 0 {
				p.swab = c.d.by(sim.At(d, 8*60), r.swab)
			}
			if slices.Contains(t.tests, d-int(p.to)) && d > int(p.listed) && m.test(c, r, i, sim.At(d, swabbing)) {
				return
			}
			if p.swab > 0 && p.swab.Day() == d && m.test(c, r, i, p.swab) {
				return
			}
		}
	}
	if v := p.nature.Visit; v > 0 && v.Day() == d && p.tier < 0 && !m.apart(c, p, v) && p.key.Of(forClinic).Float(1<<40) < c.d.how.Tested.Value {
		if c.load != nil {
			c.load.add(c.load.tubes, d, d+1, 1)
		}
		p.clinic = m.test(c, r, i, v)
	}
}

// test takes a swab, and says whether it proves the infection.
func (m *maker) test(c *chain, r *rules, i int32, at sim.Minute) bool {
	p := &c.people[i]
	if p.key.Of(forTest).Float(uint64(at)) >= m.o.Model.Sensitivity(sim.PCR, at.Day()-p.at.Day()) {
		return false
	}
	p.taken, p.found = at, at+sim.Minute(c.d.how.Result.Value*60)
	p.inside = m.apart(c, p, at)
	p.symptom = !p.nature.Asymptomatic && p.at.Day()+p.nature.Incubation <= at.Day()
	k := p.found.Day()
	if c.first < 0 || c.first > k && len(c.days) == 0 {
		c.first = k
	}
	if k >= c.first {
		c.reach(k - c.first)
		if p.inside {
			c.days[k-c.first].apart++
		} else {
			c.days[k-c.first].community++
		}
	}
	p.gone = min(p.gone, c.d.by(p.found, r.move))
	p.kept = min(p.kept, p.gone)
	c.asks = append(c.asks, ask{c.d.by(p.found, r.list), i})
	return true
}

// asked has those cases name whom they met whose time has come, as many as there are people to ask. The others wait until the next morning, and then those are asked first who were found last,
// as the office of package measures does.
func (m *maker) asked(c *chain, r *rules, morning bool) {
	if morning {
		for c.did = 0; c.did < m.investigate && len(c.waiting) > 0; c.did++ {
			p := c.waiting[len(c.waiting)-1]
			c.waiting = c.waiting[:len(c.waiting)-1]
			m.name(c, r, p, sim.At(c.today, 8*60))
		}
	}
	left := c.asks[:0]
	for _, a := range c.asks {
		switch {
		case a.at.Day() > c.today:
			left = append(left, a)
		case c.did >= m.investigate:
			c.waiting = append(c.waiting, a.p)
		default:
			c.did++
			m.name(c, r, a.p, max(a.at, sim.At(c.today, 0)))
		}
	}
	c.asks = left
}

// name lists the contacts of a case.
func (m *maker) name(c *chain, r *rules, i int32, at sim.Minute) {
	x := &c.people[i]
	ref := x.taken.Day()
	if x.symptom {
		ref = x.at.Day() + x.nature.Incubation
	}
	from := ref - r.lookBack
	last, lastHome := min(at.Day(), x.kept.Day()), min(at.Day(), x.gone.Day())
	m.count(c, r, x, from, last, at)
	key := x.key.Of(forName)
	met := func(j int32, layer city.Layer, named float64, day int) {
		q := &c.people[j]
		if j == i || q.found > 0 && q.found <= at || day < from || key.Float(uint64(q.key)) >= named {
			return
		}
		m.expose(c, r, q, 0, day, at)
		if r.tiers[1].followed && key.Float(uint64(q.key)+1) < c.d.how.Second.Value {
			m.second(c, r, i, j, layer, key, at)
		}
	}
	for j := c.homes[x.home].last; j > 0; j = c.people[j-1].inHome {
		met(j-1, city.Home, c.d.how.NamedHome.Value, min(lastHome, c.people[j-1].gone.Day()))
	}
	for j := c.groups[x.group].last; j > 0; j = c.people[j-1].inGroup {
		if q := &c.people[j-1]; q.home != x.home {
			met(j-1, city.Group, c.d.how.NamedGroup.Value, min(last, q.kept.Day()))
		}
	}
	if site := &c.sites[x.site]; site.ill > 1 { // those whom they met there by chance
		circle := &m.circles[x.circle]
		others := float64(site.size - c.groups[x.group].size)
		rounds := (5*circle.Rounds[0][city.Site] + 2*circle.Rounds[1][city.Site]) / 7 * float64(max(0, last-from+1))
		named := (1 - math.Exp(-rounds/max(1, others))) * m.named(&c.d, city.Site) * m.close(r, city.Site)
		for j := site.last; j > 0; j = c.people[j-1].inSite {
			if q := &c.people[j-1]; q.home != x.home && q.group != x.group {
				met(j-1, city.Site, named, min(last, q.kept.Day()))
			}
		}
	}
	for j := x.kid; j > 0; j = c.people[j-1].sibling {
		if q := &c.people[j-1]; q.layer > city.Group {
			met(j-1, q.layer, m.named(&c.d, q.layer)*m.close(r, q.layer), q.at.Day())
		}
	}
	if x.by >= 0 && x.layer > city.Group {
		met(x.by, x.layer, m.named(&c.d, x.layer)*m.close(r, x.layer), x.at.Day())
	}
	m.keep(c, r, x, 0, at, max(lastHome, 0), max(last, 0))
}

// second lists those whom contact j of case i spends the days with: at home, and in the class or team where the case is not of it.
func (m *maker) second(c *chain, r *rules, i, j int32, layer city.Layer, key chance.Key, at sim.Minute) {
	q := c.people[j]
	last, lastHome := min(at.Day(), q.kept.Day()), min(at.Day(), q.gone.Day())
	group := -1
	if layer != city.Group {
		group = max(last, 0)
	}
	m.keep(c, r, &q, 1, at, max(lastHome, 0), group)
	with := func(k int32, named float64, last int) {
		if s := &c.people[k]; k != i && k != j && (s.found == 0 || s.found > at) && key.Float(uint64(s.key)+2) < named {
			m.expose(c, r, s, 1, last, at)
		}
	}
	for k := c.homes[q.home].last; k > 0; k = c.people[k-1].inHome {
		with(k-1, c.d.how.NamedHome.Value, lastHome)
	}
	if layer == city.Group {
		return
	}
	for k := c.groups[q.group].last; k > 0; k = c.people[k-1].inGroup {
		if c.people[k-1].home != q.home {
			with(k-1, c.d.how.NamedGroup.Value, last)
		}
	}
}

func (m *maker) named(d *draw, l city.Layer) float64 {
	switch l {
	case city.Home:
		return d.how.NamedHome.Value
	case city.Group:
		return d.how.NamedGroup.Value
	case city.Site:
		return d.how.NamedSite.Value
	case city.Line:
		return d.how.NamedLine.Value
	case city.Shop:
		return d.how.NamedShop.Value
	case city.Leisure:
		return d.how.NamedLeisure.Value
	}
	return 0
}

// close is the chance that a meeting by chance is long enough for a close contact.
func (m *maker) close(r *rules, l city.Layer) float64 {
	t := m.times[l]
	if t[1] <= t[0] {
		return 1
	}
	return min(1, max(0, (t[1]-r.close)/(t[1]-t[0])))
}

// expose makes somebody a contact, or a nearer or later one.
func (m *maker) expose(c *chain, r *rules, q *person, n int8, to int, at sim.Minute) {
	if !r.tiers[n].followed {
		return
	}
	if q.tier >= 0 {
		q.tier, to = min(q.tier, n), max(to, int(q.to))
	} else {
		q.tier, q.listed = n, int16(at.Day())
	}
	t := &r.tiers[q.tier]
	q.to, q.until = int16(to), int16(to+t.days)
	if int(q.until) < at.Day() {
		q.tier = -1
		return
	}
	if q.found > 0 {
		return
	}
	if t.away || t.home {
		kept := c.d.by(at, r.bring)
		q.kept = min(q.kept, kept)
		if t.away {
			q.gone = min(q.gone, kept)
		}
	}
	onset := q.at.Day() + q.nature.Incubation
	if !q.nature.Asymptomatic && onset <= at.Day() && q.swab == 0 {
		q.swab = c.d.by(at, r.swab)
	}
	if int(q.listed) == at.Day() && slices.Contains(t.tests, at.Day()-to) && q.swab == 0 {
		q.swab = max(at, sim.At(at.Day(), swabbing))
	}
}

// keep makes the others at home and in the class or team of somebody, who are well, contacts of a tier: kept apart, they can no more be infected there, but who is kept at home can still be infected at home.
// toHome and toGroup are the last days on which they met; below 0 they are none.
func (m *maker) keep(c *chain, r *rules, x *person, n int8, at sim.Minute, toHome, toGroup int) {
	t := &r.tiers[n]
	if !t.followed {
		return
	}
	put := func(k *cluster, to int, named, share float64) {
		if k.followed && int(k.until) < at.Day() {
			k.followed, k.away, k.kept, k.share, k.to, k.named = false, false, never, 0, 0, 0
		}
		bring := never
		if t.away || t.home {
			bring = c.d.by(at, r.bring)
		}
		if !k.followed {
			k.followed, k.tier, k.listed, k.bring = true, n, int16(at.Day()), bring
		}
		k.away = k.away || t.away
		k.tier, k.bring, k.named = min(k.tier, n), min(k.bring, bring), max(k.named, float32(named))
		k.to, k.until = max(k.to, int16(to)), max(k.until, int16(to+t.days))
		if share > 0 && bring != never {
			k.kept, k.share = min(k.kept, bring), max(k.share, float32(share))
		}
	}
	if toHome >= 0 {
		named, share := c.d.how.NamedHome.Value, 0.0
		if t.away {
			share = named
		}
		put(&c.homes[x.home], toHome, named, share)
	}
	if toGroup >= 0 {
		named := c.d.how.NamedGroup.Value
		share := named
		if !t.away {
			share *= c.d.how.Compliance.Value
		}
		put(&c.groups[x.group], toGroup, named, share)
	}
}

// closed is how much of what could happen in a cluster on a day still does, between two minutes of it.
func (k *cluster) closed(day int, from, to sim.Minute) float64 {
	if k.kept == never || k.kept >= sim.At(day+1, 0) || day > int(k.until) {
		return 1
	}
	return 1 - (1-part(k.kept-sim.At(day, 0), from, to))*float64(k.share)
}

// spread has people infected on this day.
func (m *maker) spread(c *chain) {
	d := c.today
	factor := c.d.before
	weekend := -1 // not known
	if c.first >= 0 && d >= c.first {
		weekend = 0
		if w := (m.weekday + d - c.first) % 7; w >= 5 {
			weekend = 1
		}
		if m.frame.running || d > c.first {
			factor *= c.level
		}
	} else if m.frame.running {
		factor *= c.level
	}
	midnight := sim.At(d, 0)
	n := len(c.people)
	for i := c.past; i < n; i++ {
		p := &c.people[i]
		g := m.o.Model.Infectiousness(&p.nature, d-p.at.Day())
		if g <= 0 {
			continue
		}
		out, home := 1.0, 1.0
		if p.kept < midnight+sim.DayLength {
			kept, gone := part(p.kept-midnight, 8*60, 20*60), part(p.gone-midnight, 8*60, 20*60)
			out, home = kept+(gone-kept)*(1-c.d.how.Compliance.Value), part(p.gone-midnight, 0, 20*60)
		}
		if out <= 0 && home <= 0 {
			continue
		}
		k := p.key.Of(uint64(d)).Of(uint64(c.salt))
		h := &c.homes[p.home]
		home *= h.closed(d, 0, 20*60)
		child := uint64(16)
		at := func(u uint64) sim.Minute { return sim.At(d, 8*60+int(k.Below(u, 12*60))) }
		for range binomial(k.Float(0), int(h.size-h.ill), 1-math.Exp(-m.home*g*home)) {
			m.infect(c, k.Of(child), at(child), int32(i), city.Home)
			p, child = &c.people[i], child+1
		}
		if out <= 0 {
			continue
		}
		hazard := m.outside * factor * g * p.nature.Nu
		gr := &c.groups[p.group]
		open := 1.0
		if !gr.open {
			open = []float64{5.0 / 7, 1, 0}[weekend+1]
		}
		open *= gr.closed(d, 8*60, 17*60)
		for range binomial(k.Float(1), int(gr.size-gr.ill), (1-math.Exp(-hazard*out*m.weight[city.Group]))*open) {
			m.infect(c, k.Of(child), at(child), int32(i), city.Group)
			p, child = &c.people[i], child+1
		}
		var by [city.Layers]float64
		sum := 0.0
		circle := &m.circles[p.circle]
		for l := city.Site; int(l) < city.Layers; l++ {
			rounds := circle.Rounds[max(0, weekend)][l]
			if weekend < 0 {
				rounds = (5*circle.Rounds[0][l] + 2*circle.Rounds[1][l]) / 7
			}
			if rounds > 0 {
				by[l] = rounds * (1 - math.Exp(-hazard*m.weight[l])) * out
				if l == city.Site {
					s := &c.sites[p.site]
					by[l] *= max(0, 1-float64(s.ill)/float64(s.size))
				}
				sum += by[l]
			}
		}
		for range poisson(k.Float(2), sum) {
			u := k.Of(child).Float(1) * sum
			l := city.Site
			for ; int(l) < city.Layers-1 && u >= by[l]; l++ {
				u -= by[l]
			}
			m.infect(c, k.Of(child), at(child), int32(i), l)
			child++
		}
	}
}

// part is how much of the hours from and to lies before a minute of the day.
func part(at, from, to sim.Minute) float64 {
	return min(1, max(0, float64(at-from)/float64(to-from)))
}

// count counts the contacts of a case, who are mostly well: those at home and in the class or team once, those met by chance on the days asked about, and those whom they spend their days with.
func (m *maker) count(c *chain, r *rules, x *person, from, last int, at sim.Minute) {
	t := &r.tiers[0]
	home, group, random := 0.0, 0.0, 0.0
	if h := &c.homes[x.home]; !h.taken {
		h.taken, home = true, float64(h.size-1)*c.d.how.NamedHome.Value
	}
	if g := &c.groups[x.group]; !g.taken {
		g.taken, group = true, float64(g.size-1)*c.d.how.NamedGroup.Value
	}
	circle := &m.circles[x.circle]
	for l := city.Site; int(l) < city.Layers; l++ {
		rounds := (5*circle.Rounds[0][l] + 2*circle.Rounds[1][l]) / 7
		random += rounds * float64(max(0, last-from+1)) * m.named(&c.d, l) * m.close(r, l)
	}
	n := home + group + random
	if t.followed {
		m.work(c, t, r, n, last, at)
	}
	if s := &r.tiers[1]; s.followed {
		second := home*m.meanGroup*c.d.how.NamedGroup.Value + group*m.meanHome*c.d.how.NamedHome.Value + random*(m.meanHome*c.d.how.NamedHome.Value+m.meanGroup*c.d.how.NamedGroup.Value)
		m.work(c, s, r, second*c.d.how.Second.Value, at.Day(), at)
	}
}

// work is what n contacts of a tier take.
func (m *maker) work(c *chain, t *tier, r *rules, n float64, to int, at sim.Minute) {
	if k := at.Day() - c.first; k >= 0 {
		c.reach(k)
		c.days[k].taken += n
	}
	l := c.load
	if l == nil {
		return
	}
	l.add(l.taken, at.Day(), at.Day()+1, n)
	l.add(l.followed, at.Day(), to+t.days+1, n)
	if t.away {
		l.add(l.rooms, c.d.by(at, r.bring).Day(), to+t.days-t.homeDays+1, n)
	}
	for _, day := range t.tests {
		if to+day >= at.Day() {
			l.add(l.tubes, to+day, to+day+1, n)
		}
	}
}
