package turnout

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Enough is the share of those due at which a round is forecast to be done: the last of a hundred are found at their doors, one by one, and no pace of the sites tells when.
const Enough = 0.99

// Outlook says what can be said of when a round will be done.
type Outlook string

// The outlooks.
const (
	TooEarly Outlook = "early"    // too few have come yet to tell a pace
	Stalled  Outlook = "stalled"  // nobody has come for half an hour
	Reached  Outlook = "reached"  // Enough are sampled already, or need not be
	Beyond   Outlook = "beyond"   // not within two days at this pace, or as likely as not
	Expected Outlook = "expected" // at At, with nine chances in ten between Low and High
)

// Finish is a forecast of when Enough of those due will have been sampled. It takes the pace of the last hours, how it rose or fell, and how much it swings; it knows
// nothing of sites that will open or close. High is zero where the round may well not be done within two days at this pace.
type Finish struct {
	Outlook       Outlook
	At, Low, High time.Time
}

const (
	leastSteps  = 4   // an hour of whole steps before anything is said
	leastPeople = 60  // within them
	looksBack   = 16  // steps: four hours
	horizon     = 192 // steps: two days
	paths       = 400
	// The priors of what cannot be learned from a few hours. They were set so that the band holds what it says on arrivals of several kinds (see the test).
	slopePrior = 0.04 // standard deviation of the growth of the pace, a step
	drift      = 0.10 // of how far the pace wanders, a step
	thinning   = 0.35 // how likely it is, before anything is seen, that a pace is made by how few are left rather than by what the sites can do
	slowest    = 0.8  // of those still missing, who would come within an hour if no queue held them up: from here
	fastest    = 12.0 // to here
)

// Forecast tells when a round will be done. came are the people by step (see Pace), due and missing the counts at now. The same rng gives the same answer.
func Forecast(rng *rand.Rand, came []Came, due, missing int64, now time.Time) Finish {
	left := float64(missing) - (1-Enough)*float64(due)
	if left <= 0 {
		return Finish{Outlook: Reached}
	}
	counts, began := lastSteps(came, now)
	var sum, recent float64
	for _, n := range counts {
		sum += n
	}
	if !began || len(counts) < leastSteps || sum < leastPeople {
		return Finish{Outlook: TooEarly}
	}
	for _, n := range counts[len(counts)-2:] {
		recent += n
	}
	if recent == 0 {
		return Finish{Outlook: Stalled}
	}
	p := fit(counts)
	// Where people come because few are left to come, the pace falls by the share of them that comes: how well that agrees with what was seen says how likely it is.
	hazard := math.Exp(p.level) / float64(missing)
	few, steady := thinning*normal(p.raw+hazard, p.rawSD), (1-thinning)*normal(p.raw, math.Hypot(p.rawSD, slopePrior))
	ends := make([]float64, paths) // steps from now
	for i := range ends {
		if rng.Float64() < few/(few+steady) {
			ends[i] = p.thin(rng, hazard, left, float64(missing))
		} else {
			ends[i] = p.path(rng, left, float64(missing))
		}
	}
	slices.Sort(ends)
	at := func(share float64) time.Time {
		steps := ends[int(share*float64(paths-1))]
		if steps >= horizon {
			return time.Time{}
		}
		return now.Add(time.Duration(steps * float64(Step))).Truncate(time.Minute)
	}
	f := Finish{Outlook: Expected, At: at(0.5), Low: at(0.05), High: at(0.95)}
	if f.At.IsZero() {
		return Finish{Outlook: Beyond, Low: f.Low}
	}
	return f
}

// lastSteps are the counts of the whole steps that ended by now, the last looksBack of them from the first in which anybody came on. began says that anybody has.
func lastSteps(came []Came, now time.Time) (counts []float64, began bool) {
	end := stepOf(now)
	for _, c := range came {
		s := stepOf(c.At)
		if c.People == 0 && !began || s >= end {
			continue
		}
		if !began {
			began = true
			counts = make([]float64, end-s)
		}
		if i := int(s) - int(end) + len(counts); i >= 0 {
			counts[i] += float64(c.People)
		}
	}
	// The first step of all was cut by the opening: it says less than it seems to.
	if len(counts) > leastSteps {
		counts = counts[1:]
	}
	return counts[max(0, len(counts)-looksBack):], began
}

// pace is what a few hours tell of how people come.
type pace struct {
	level, levelSD float64 // logarithm of how many come in a step now
	slope, slopeSD float64 // growth of that, a step
	raw, rawSD     float64 // the same before it was held against what is usual
	swing          float64 // of single steps around the line
}

// normal is the density of a normal distribution around 0.
func normal(x, sd float64) float64 { return math.Exp(-x*x/(2*sd*sd)) / sd }

// fit draws a line through the logarithms of the counts, weighted towards the last.
func fit(counts []float64) pace {
	n := float64(len(counts))
	var sw, sx, sy, sxx, sxy float64
	weight := func(i int) float64 {
		return math.Exp((float64(i)-n+1)/8) * (counts[i] + 0.5) / (1 + 0.02*(counts[i]+0.5))
	}
	for i, c := range counts {
		x, w, y := float64(i)-n+1, weight(i), math.Log(c+0.5) // x is 0 at the last step
		sw, sx, sy, sxx, sxy = sw+w, sx+w*x, sy+w*y, sxx+w*x*x, sxy+w*x*y
	}
	p := pace{raw: (sw*sxy - sx*sy) / (sw*sxx - sx*sx)}
	mean, centre := sy/sw, sx/sw
	var rss float64
	for i, c := range counts {
		r := math.Log(c+0.5) - mean - p.raw*(float64(i)-n+1-centre)
		rss += weight(i) / sw * r * r
	}
	p.swing = math.Sqrt(max(rss*n/max(n-2, 1), 1/(math.Exp(mean)+1)))
	// How far x spreads, weighted, says how well a slope can be seen; what cannot be seen is held to be small.
	spread := sxx/sw - centre*centre
	p.rawSD = math.Sqrt(p.swing*p.swing/(n*spread) + 0.005*0.005)
	keep := slopePrior * slopePrior / (slopePrior*slopePrior + p.rawSD*p.rawSD)
	p.slope, p.slopeSD = keep*p.raw, math.Sqrt(keep)*p.rawSD
	p.level = mean - p.slope*centre
	p.levelSD = p.swing / math.Sqrt(min(n, 6))
	return p
}

// path plays one future in which the sites make the pace: it wanders from where it is, and falls when few are left. It returns after how many steps left more have come.
func (p pace) path(rng *rand.Rand, left, missing float64) float64 {
	level, slope := p.level+p.levelSD*rng.NormFloat64(), p.slope+p.slopeSD*rng.NormFloat64()
	hazard := slowest * math.Pow(fastest/slowest, rng.Float64()) / float64(time.Hour/Step)
	hazard = max(hazard, math.Exp(level)/missing) // no slower than they come now
	fades := 0.97
	if slope > 0 {
		fades = 0.8 // sites open for an hour or two, and then all are open
	}
	return play(rng, p.swing, left, missing, func(step int, missing float64) float64 {
		n := math.Exp(level)
		level += slope*math.Pow(fades, float64(step)) + drift*rng.NormFloat64()
		return min(n, hazard*missing)
	})
}

// thin plays one in which those who are left come one by one, as they do now.
func (p pace) thin(rng *rand.Rand, hazard, left, missing float64) float64 {
	level := math.Log(hazard) + p.levelSD*rng.NormFloat64()
	return play(rng, p.swing, left, missing, func(_ int, missing float64) float64 {
		n := math.Exp(level) * missing
		level += 0.5 * drift * rng.NormFloat64()
		return n
	})
}

func play(rng *rand.Rand, swing, left, missing float64, come func(step int, missing float64) float64) float64 {
	for step := range horizon {
		n := come(step, missing) * math.Exp(0.5*swing*rng.NormFloat64())
		if n >= left {
			return float64(step) + left/n
		}
		left -= n
		missing -= n
	}
	return horizon
}
