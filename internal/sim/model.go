package sim

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"

	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/params"
)

// Model is a disease in a city: the tables that an outbreak is drawn from. It is read-only once made, and may be shared by any number of outbreaks.
type Model struct {
	city    *city.City
	disease *params.Disease

	home    float64 // hazard at home in the whole course of an infection
	outside float64 // the same for a day in one class or team, times the days it lasts
	weight  [city.Layers]float64
	immune  uint64
	last    int // days after infection on which somebody infects at most

	incubation   []float64 // shares by day, summed up
	careDelay    []float64
	profile      [][]float64 // infectiousness by incubation and days since infection; adds up to 1
	gamma        quantiles
	asymptomatic float64
	relative     float64
}

// ErrReproduction is returned where the household alone infects more than the disease may.
var ErrReproduction = errors.New("the household attack rate alone gives a larger reproduction number than the parameters say")

// longest bounds the days of distributions.
const longest = 60

// Fit makes a model: how well a meeting infects is chosen so that, on average over the people of this city, one infected person infects the share of their
// household and the number of people that the parameters say.
func Fit(c *city.City, d *params.Disease) (*Model, error) {
	m := &Model{city: c, disease: d, immune: chance.Threshold(d.Immune.Value), asymptomatic: d.Asymptomatic.Share.Value, relative: d.Asymptomatic.Relative.Value}
	for l := range city.Layer(city.Layers) {
		m.weight[l] = c.Weight(l)
	}
	m.incubation = summed(days(d.Incubation, 1))
	m.careDelay = summed(days(d.Care.Delay, 0))
	m.profiles()
	m.gamma = gammaQuantiles(d.Dispersion.Value)
	others := m.meetings()
	atHome := d.Household.Value * others.home
	if atHome >= d.Reproduction.Value {
		return nil, fmt.Errorf("%s: %.2f at home of %.2f: %w", d.Name, atHome, d.Reproduction.Value, ErrReproduction)
	}
	m.home = solve(d.Household.Value, func(h float64) float64 { return m.mixed(func(a float64) float64 { return 1 - math.Exp(-h*a) }) })
	m.outside = solve(d.Reproduction.Value-atHome, func(b float64) float64 { return m.expected(b, others) })
	return m, nil
}

// Disease returns the parameters.
func (m *Model) Disease() *params.Disease { return m.disease }

// City returns the city.
func (m *Model) City() *city.City { return m.city }

// mixed is the mean of something over people with and without symptoms.
func (m *Model) mixed(f func(relative float64) float64) float64 {
	return (1-m.asymptomatic)*f(1) + m.asymptomatic*f(m.relative)
}

// solve finds where a rising function has a value.
func solve(want float64, f func(float64) float64) float64 {
	low, high := 0.0, 1.0
	for f(high) < want && high < 1e9 {
		high *= 2
	}
	for range 60 {
		if mid := (low + high) / 2; f(mid) < want {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// meetings is how many somebody meets on average.
type meetings struct {
	home  float64              // others at home
	group [2]float64           // others in the group, where it is open on working days, and every day
	round [city.Layers]float64 // a day, on average over a week
}

// meetings counts groups, and looks at every so many people for the rest: at 20,000 for their homes, at 2,000 in a week for whom they meet by chance.
func (m *Model) meetings() meetings {
	var out meetings
	n := m.city.People()
	for g := range uint32(m.city.Groups()) {
		k, daily := float64(len(m.city.Members(g))), 0
		if _, kind := m.city.SiteOf(g); kind.Open(5) {
			daily = 1
		}
		out.group[daily] += k * (k - 1) / float64(n)
	}
	count := 0.0
	for p := 0; p < n; p += max(1, n/20_000) {
		_, k := m.city.Household(city.Person(p))
		out.home += float64(k - 1)
		count++
	}
	out.home /= count
	count = 0
	for p := 0; p < n; p += max(1, n/2_000) {
		r := m.city.ReachOf(city.Person(p))
		count += 7
		for l := city.Site; int(l) < city.Layers; l++ {
			for day := range 7 {
				for s := range m.city.Slots(&r, l, day) {
					if _, ok := m.city.With(&r, l, s, day); ok {
						out.round[l]++
					}
				}
			}
		}
	}
	for l := range out.round {
		out.round[l] /= count
	}
	return out
}

// expected is how many somebody infects outside their home, at a hazard.
func (m *Model) expected(b float64, others meetings) float64 {
	sum := 0.0
	mean := m.meanProfile()
	// What of the course of an infection falls on working days, by the day of the week on which it begins.
	var working [7]float64
	for k := range working {
		for t, g := range mean {
			if (k+t)%7 < 5 {
				working[k] += g
			}
		}
	}
	m.gamma.nodes(func(nu, weight float64) {
		sum += weight * m.mixed(func(a float64) float64 {
			h := b * nu * a
			x := others.group[1] * (1 - math.Exp(-h))
			for _, f := range working {
				x += others.group[0] * (1 - math.Exp(-h*f)) / 7
			}
			for l := city.Site; int(l) < city.Layers; l++ {
				for _, g := range mean {
					if g > 0 {
						x += others.round[l] * (1 - math.Exp(-h*m.weight[l]*g))
					}
				}
			}
			return x
		})
	})
	return sum
}

// profiles makes infectiousness by days since infection, for each length of the incubation.
func (m *Model) profiles() {
	d := m.disease
	onset := d.Counted.Value == params.FromOnset
	first := 1
	if onset {
		first = 0
	}
	base := days(d.Infectious, first)
	m.profile = make([][]float64, len(m.incubation))
	for inc := range m.profile {
		shift := 0
		if onset {
			shift = inc
		}
		p := make([]float64, shift+len(base))
		copy(p[shift:], base)
		sum := 0.0
		for t := range p {
			if d.NotBefore.Value == params.FromOnset && t < inc {
				p[t] = 0
			}
			sum += p[t]
		}
		for t := range p {
			if sum > 0 {
				p[t] /= sum
			}
		}
		if sum == 0 { // onset is later than all of it
			p = append(p, 1)
		}
		m.profile[inc] = p
		m.last = max(m.last, len(p)-1)
	}
}

// meanProfile is over all lengths of incubation.
func (m *Model) meanProfile() []float64 {
	out := make([]float64, m.last+1)
	before := 0.0
	for inc, sum := range m.incubation {
		for t, g := range m.profile[inc] {
			out[t] += g * (sum - before)
		}
		before = sum
	}
	return out
}

// Generation returns the shares of days from infection to the infections somebody causes.
func (m *Model) Generation() []float64 { return m.meanProfile() }

// infectiousness is what share of all that somebody infects with falls on a day since their infection, less where they have no symptoms.
func (m *Model) infectiousness(x *infection, since int) float64 {
	p := m.profile[x.incubation]
	if since < 0 || since >= len(p) {
		return 0
	}
	g := p[since]
	if x.asymptomatic {
		g *= m.relative
	}
	return g
}

// nature draws what somebody's infection is like.
func (m *Model) nature(k chance.Key, x infection) infection {
	x.nu = float32(m.gamma.at(k.Float(0)))
	x.incubation = uint8(drawn(m.incubation, k.Float(1)))
	x.asymptomatic = k.Float(2) < m.asymptomatic
	if !x.asymptomatic && k.Float(3) < m.disease.Care.Share.Value {
		day := x.at.Day() + int(x.incubation) + drawn(m.careDelay, k.Float(4))
		x.visit = At(day, 8*60+int(k.Below(5, 10*60))) // clinics are open from 8 to 18
	}
	return x
}

func (m *Model) sensitivity(method Method, since int) float64 {
	list := m.disease.Sensitivity.Value
	if method == Antigen {
		list = m.disease.Antigen.Value
	}
	if since < 0 || since >= len(list) {
		return 0
	}
	return list[since]
}

// days makes a gamma distribution one of whole days: each takes what lies within half a day of it, the first one also what lies before.
func days(d params.Delay, first int) []float64 {
	mean, sd := d.Mean.Value, d.SD.Value
	shape, scale := mean*mean/(sd*sd), sd*sd/mean
	var out []float64
	before := 0.0
	for t := range longest {
		if t < first {
			out = append(out, 0)
			continue
		}
		sum := mathext.GammaIncReg(shape, (float64(t)+0.5)/scale)
		out = append(out, sum-before)
		before = sum
		if sum > 0.9995 {
			break
		}
	}
	for t := range out {
		out[t] /= before
	}
	return out
}

func summed(list []float64) []float64 {
	sum := 0.0
	for i := range list {
		sum += list[i]
		list[i] = sum
	}
	list[len(list)-1] = 1
	return list
}

// drawn finds the day that a drawn number stands for.
func drawn(sums []float64, u float64) int {
	for t, s := range sums {
		if u < s {
			return t
		}
	}
	return len(sums) - 1
}

// quantiles of a gamma distribution with a mean of 1, by -log of what lies above.
type quantiles struct {
	q []float64
	// scale makes the mean 1 in spite of the steps.
	scale float64
}

const (
	quantileStep = 1.0 / 64
	quantileLast = 24 // one in 26 thousand million lies above
)

func gammaQuantiles(k float64) quantiles {
	out := quantiles{q: make([]float64, quantileLast*64+1), scale: 1}
	for i := 1; i < len(out.q); i++ {
		out.q[i] = mathext.GammaIncRegCompInv(k, math.Exp(-float64(i)*quantileStep)) / k
	}
	mean := 0.0
	out.nodes(func(nu, weight float64) { mean += nu * weight })
	out.scale = 1 / mean
	return out
}

// at returns the value that a share u lies below.
func (g *quantiles) at(u float64) float64 {
	t := -math.Log1p(-u) / quantileStep
	i := min(int(t), len(g.q)-2)
	f := min(t-float64(i), 1)
	return g.scale * (g.q[i] + f*(g.q[i+1]-g.q[i]))
}

// nodes visits values with the share of people that each stands for.
func (g *quantiles) nodes(visit func(nu, weight float64)) {
	const stride = 4
	for i := 0; i+stride < len(g.q); i += stride {
		weight := math.Exp(-float64(i)*quantileStep) - math.Exp(-float64(i+stride)*quantileStep)
		visit(g.scale*g.q[i+stride/2], weight)
	}
}
