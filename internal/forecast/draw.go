package forecast

import (
	"math"

	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/params"
)

// draw is what is not known of an outbreak before it is looked at.
type draw struct {
	key    chance.Key
	seeds  int
	before float64 // how well meetings outside the home infect until the first case is found, beside the disease's
	after  float64 // and from then on, beside that
	how    params.Response
}

// Purposes of draws.
const (
	forSeeds = 1 + iota
	forBefore
	forAfter
	forTested
	forPace
	forNamed
	forWobble
	forPeople
	forSeverity
	forTest
	forClinic
	forName
	forResample
	forSalt
)

// normal makes a number from 0 to below 1 one of a normal distribution with mean 0 and sd 1.
func normal(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1+1e-12) }

// drawn draws what is not known.
func drawn(key chance.Key, p *params.Forecast, how *params.Response, seedsMax int) draw {
	d := draw{key: key, how: *how}
	// One seed is n times as likely as n.
	total := 0.0
	for n := 1; n <= seedsMax; n++ {
		total += 1 / float64(n)
	}
	u := key.Float(forSeeds) * total
	for d.seeds = 1; d.seeds < seedsMax && u >= 1/float64(d.seeds); d.seeds++ {
		u -= 1 / float64(d.seeds)
	}
	d.before = math.Exp(p.Reproduction.Value * normal(key.Float(forBefore)))
	d.after = p.AfterLow.Value * math.Pow(p.AfterHigh.Value/p.AfterLow.Value, key.Float(forAfter))
	d.how.Tested.Value = p.TestedLow.Value + (p.TestedHigh.Value-p.TestedLow.Value)*key.Float(forTested)
	d.how.Pace.Value *= math.Exp(p.Pace.Value * normal(key.Float(forPace)))
	named := p.NamedLow.Value + (1-p.NamedLow.Value)*key.Float(forNamed)
	for _, x := range []*params.Number{&d.how.NamedHome, &d.how.NamedGroup, &d.how.NamedSite, &d.how.NamedLine, &d.how.NamedShop, &d.how.NamedLeisure} {
		x.Value *= named
	}
	return d
}

// wobbled is how well meetings infect from one week to the next, beside the week before.
func wobbled(key chance.Key, week int, sd float64) float64 {
	return math.Exp(sd * normal(key.Of(forWobble).Float(uint64(week))))
}

// binomial is how many of n it happens to, each with probability p: the number that a share u of all draws lies below. A larger p never makes it smaller.
func binomial(u float64, n int, p float64) int {
	if n <= 0 || p <= 0 {
		return 0
	}
	q := math.Pow(1-p, float64(n))
	k, sum := 0, q
	for u >= sum && k < n {
		q *= float64(n-k) / float64(k+1) * p / (1 - p)
		k++
		sum += q
	}
	return k
}

// poisson is the same of a Poisson distribution.
func poisson(u, mean float64) int {
	if mean <= 0 {
		return 0
	}
	q := math.Exp(-mean)
	k, sum := 0, q
	for u >= sum && k < 10_000 {
		k++
		q *= mean / float64(k)
		sum += q
	}
	return k
}
