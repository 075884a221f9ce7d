package forecast

import (
	"math"
	"slices"

	"firebreak/internal/sim/chance"
)

// introduce makes up an outbreak that is found: those that die out or go unseen for too long are made up again, for nobody would look at them. It ends with the first day of the record.
func (m *maker) introduce(i int) *chain {
	key := chance.Key(m.o.Seed).Of(0xf0c).Of(uint64(i))
	var c *chain
	for try := range uint64(tries) {
		d := drawn(key.Of(try), m.o.Prior, &m.how, m.seedsMax)
		c = &chain{d: d, first: -1, level: d.after, salt: d.key.Of(forSalt)}
		for s := range d.seeds {
			m.infect(c, d.key.Of(forPeople).Of(uint64(s)), 0, -1, 0)
		}
		if m.frame.running {
			c.first = warm
			for c.today < warm && len(c.people) <= m.most {
				m.step(c, &m.inForce)
				for k := range c.days { // before the days that are looked at
					c.days[k] = point{}
				}
			}
			m.step(c, &m.inForce)
			return c
		}
		for c.first < 0 && c.today <= int(m.o.Prior.Unfound.Value) && c.past < len(c.people) && len(c.people) <= m.most {
			m.step(c, &m.inForce)
		}
		if c.first < 0 || len(c.people) > m.most {
			continue
		}
		for c.today <= c.first { // a result of the next day
			m.step(c, &m.inForce)
		}
		break
	}
	return c
}

const (
	tries = 400 // to make up an outbreak that is found
	warm  = 14  // days that an outbreak runs before the days that are looked at, where they are not its first
)

// follow lets a day of the record go by.
func (m *maker) follow(c *chain) {
	if len(c.people) > m.most {
		c.stopped = true
		c.today++
		return
	}
	k := c.today - c.first
	if k > 0 && k%7 == 0 {
		c.level *= wobbled(c.salt, k/7, m.o.Prior.Wobble.Value)
	}
	m.step(c, &m.inForce)
}

// filter makes up outbreaks, and follows the record day by day: those that are unlike it are given up, and those that are like it go on as several, which part from there. What remains
// stands for all that may be behind the record.
func (m *maker) filter() []*chain {
	n := m.o.Draws
	list, weights, logs := make([]*chain, n), make([]float64, n), make([]float64, n)
	for k := range m.frame.days {
		last := k == m.frame.days-1
		m.each(n, func(i int) {
			if k == 0 {
				list[i] = m.introduce(i)
			} else {
				m.follow(list[i])
			}
			logs[i] = m.likeness(list[i], k)
			if last {
				logs[i] += m.delayed(list[i])
			}
			m.step1()
		})
		m.weigh(weights, logs)
		if last || effective(weights) < float64(n)/2 {
			to := n
			if last {
				to = m.o.Replicates
			}
			list = m.resample(list, weights, to, chance.Key(m.o.Seed).Of(forResample).Of(uint64(k)))
			weights = make([]float64, n)
		}
	}
	return list
}

// leastEffective is the share of outbreaks that must go on mattering when a day of the record has been looked at. A day that hardly any of them foresaw is taken less exactly, lest what
// is left be copies of a few.
const leastEffective = 0.3

// weigh adds logarithms of weights to those there are, all of them less so where too few outbreaks would matter.
func (m *maker) weigh(weights, logs []float64) {
	try := make([]float64, len(weights))
	with := func(heat float64) float64 {
		for i := range try {
			try[i] = weights[i] + heat*logs[i]
		}
		return effective(try)
	}
	least := min(leastEffective*float64(len(weights)), 0.9*effective(weights))
	if with(1) < least {
		low, high := 0.0, 1.0
		for range 20 {
			if heat := (low + high) / 2; with(heat) < least {
				high = heat
			} else {
				low = heat
			}
		}
		with(low)
	}
	copy(weights, try)
}

// effective is how many outbreaks of equal weight would say as much as those with logarithms of weights.
func effective(logs []float64) float64 {
	top := slices.Max(logs)
	sum, square := 0.0, 0.0
	for _, w := range logs {
		x := math.Exp(w - top)
		sum += x
		square += x * x
	}
	return sum * sum / square
}

// resample draws outbreaks by weight, evenly spaced: one with k times the mean weight goes on as k.
func (m *maker) resample(list []*chain, logs []float64, to int, key chance.Key) []*chain {
	top, sum := slices.Max(logs), 0.0
	for _, w := range logs {
		sum += math.Exp(w - top)
	}
	step := sum / float64(to)
	at := key.Float(0) * step
	out := make([]*chain, 0, to)
	before := 0.0
	for i, c := range list {
		before += math.Exp(logs[i] - top)
		for first := true; len(out) < to && at < before; at, first = at+step, false {
			if first {
				out = append(out, c)
			} else {
				out = append(out, m.copied(c, key.Of(uint64(len(out)+1))))
			}
		}
	}
	for len(out) < to { // rounding
		out = append(out, m.copied(list[len(list)-1], key.Of(uint64(len(out)+1))))
	}
	return out
}

// copied is a copy that goes its own way: in luck, and a little in how people meet, which no record of a few days tells exactly.
func (m *maker) copied(c *chain, key chance.Key) *chain {
	out := c.clone(key)
	low, high := m.o.Prior.AfterLow.Value, m.o.Prior.AfterHigh.Value
	out.level = min(max(out.level*math.Exp(jitter*normal(key.Float(forAfter))), low), high)
	return out
}

// jitter is the log sd of that.
const jitter = 0.25

// spread is a number made such that chance moves it by about a half wherever it is.
func spread(x float64) float64 { return math.Sqrt(x + 0.375) }

// tolerance is how far from the record an outbreak may be, beside what chance moves a day's number by.
const tolerance = 0.5

// likeness is how like the record an outbreak is on day k: the logarithm of a weight.
func (m *maker) likeness(c *chain, k int) float64 {
	if c.first < 0 || c.stopped {
		return -1e6
	}
	r := m.frame.record[k]
	var x point
	if k < len(c.days) {
		x = c.days[k]
	}
	sum := 0.0
	add := func(a, b int) {
		d := (spread(float64(a)) - spread(float64(b))) / tolerance
		sum -= d * d / 2
	}
	if r.Unknown > 0 {
		add(r.Total(), x.community+x.apart)
	} else {
		add(r.Community, x.community)
		add(r.Apart, x.apart)
	}
	return sum
}

// delayed compares how long it took from onset to being found, over those found at a clinic in the recent days.
func (m *maker) delayed(c *chain) float64 {
	if len(m.state.Onsets) < minDelays || c.first < 0 {
		return 0
	}
	mean, n := 0.0, 0
	for i := range c.people {
		if p := &c.people[i]; p.found > 0 && !p.inside && p.symptom && p.found.Day() >= c.today-Recent && p.found.Day() < c.today {
			mean += float64(p.found.Day() - p.at.Day() - p.nature.Incubation)
			n++
		}
	}
	if n < minDelays {
		return 0
	}
	d := (mean/float64(n) - m.delay) / (0.3 + 1.5/math.Sqrt(float64(min(n, len(m.state.Onsets)))))
	return -d * d / 2
}

// minDelays is how many cases a mean delay wants.
const minDelays = 3
