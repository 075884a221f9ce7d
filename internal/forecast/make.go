package forecast

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"firebreak/internal/protocol"
	"firebreak/internal/sim"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/params"
)

// Options say how a forecast is made.
type Options struct {
	Model    *sim.Model // the disease in a made-up city, see CityPeople
	Response *params.Response
	Prior    *params.Forecast
	InForce  *protocol.Pack // so far
	A, B     *protocol.Pack // from now on
	Lifted   bool           // also what comes if people meet again as before the first case, under A

	Replicates int // courses to keep; default 200, 20 to 2,000
	Days       int // to look ahead; default 60, 14 to 120
	Draws      int // courses to make up; default 20 for each to keep, at least 2
	Seed       uint64
	Workers    int // threads; any number gives the same forecast; default 1

	// Progress, if set, is told how many courses are done, of how many; by several goroutines, one at a time.
	Progress func(done, of int)
}

// Limits of options.
const (
	MinReplicates, MaxReplicates = 20, 2000
	MinDays, MaxDays             = 14, 120
	drawsForEach                 = 20
)

// ErrOptions is wrapped by every error about an option.
var ErrOptions = errors.New("not an option of a forecast")

// ErrUnlike is returned where too few made-up outbreaks are anything like the record.
var ErrUnlike = errors.New("too few made-up outbreaks are like the one on record: another disease, or far more cases than a contained outbreak has")

func (o Options) whole() (Options, error) {
	o.Replicates = cmp.Or(o.Replicates, 200)
	o.Days = cmp.Or(o.Days, 60)
	o.Draws = cmp.Or(o.Draws, drawsForEach*o.Replicates)
	o.Workers = max(1, o.Workers)
	switch {
	case o.Model == nil || o.Response == nil || o.Prior == nil || o.InForce == nil || o.A == nil || o.B == nil:
		return o, fmt.Errorf("a model, parameters and packs are needed: %w", ErrOptions)
	case o.Replicates < MinReplicates || o.Replicates > MaxReplicates:
		return o, fmt.Errorf("replicates: %d is not %d to %d: %w", o.Replicates, MinReplicates, MaxReplicates, ErrOptions)
	case o.Days < MinDays || o.Days > MaxDays:
		return o, fmt.Errorf("days: %d is not %d to %d: %w", o.Days, MinDays, MaxDays, ErrOptions)
	case o.Draws < 2*o.Replicates || o.Draws > 100*o.Replicates:
		return o, fmt.Errorf("draws: %d is not 2 to 100 for each replicate: %w", o.Draws, ErrOptions)
	}
	return o, nil
}

// CityPeople is how many people to make up the city of whom chains are drawn: enough to see all kinds of homes, classes and teams.
const CityPeople = 100_000

// maker makes one forecast.
type maker struct {
	state State
	frame frame
	o     Options
	how   params.Response

	inForce, a, b rules
	total         int     // found on record, of the days looked at
	known         bool    // it is on record of most of them where they were found
	delay         float64 // mean days from onset to being found
	seedsMax      int
	weekday       int     // of the first day looked at; 0 is a Monday
	investigate   int     // cases that can be asked a day
	icu, ward     float64 // shares of the found who need these
	most          int     // infected up to AsOf: more is not like the record
	beyond        int     // infected: more is not modelled
	scale         float64 // contacts of a real case for each of a made-up one

	circles             []sim.Circle
	meanHome, meanGroup float64 // others whom somebody lives with, and has in the class or team
	home, outside       float64
	weight              [city.Layers]float64
	times               [city.Layers][2]float64 // least and most minutes of a meeting
	matters             int                     // days after infection on which somebody may still infect or be found

	mu    sync.Mutex
	done  int
	steps int
}

// gradedWeight is how many cases of known severity weigh as much as the shares of the parameters.
const gradedWeight = 20

// circlesLooked is how many people of the made-up city are looked at.
const circlesLooked = 4096

func newMaker(s State, o Options) (*maker, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	o, err := o.whole()
	if err != nil {
		return nil, err
	}
	if len(s.Found) == 0 {
		return nil, ErrQuiet
	}
	m := &maker{state: s, o: o, frame: framed(s), how: *o.Response, seedsMax: int(o.Prior.Seeds.Value), inForce: rulesOf(o.InForce), a: rulesOf(o.A), b: rulesOf(o.B), scale: 1}
	known := 0
	for _, f := range m.frame.record {
		m.total += f.Total()
		known += f.Community + f.Apart
	}
	m.known = 2*known >= m.total
	for _, d := range s.Onsets {
		m.delay += float64(d) / float64(len(s.Onsets))
	}
	if m.frame.running {
		week := 0
		for _, f := range m.frame.record[:7] {
			week += f.Total()
		}
		m.seedsMax = max(m.seedsMax, 2*week)
	}
	m.weekday = (int(m.frame.record[0].Day.Weekday()) + 6) % 7
	people := float64(s.People)
	if people == 0 {
		people = usualPeople
	}
	m.investigate = max(1, int(m.how.Cases.Value*people/1e6))
	m.most = 30*m.total + 300
	m.beyond = min(max(3000, 20*m.total), max(100, int(0.2*people)))
	d := o.Model.Disease()
	share := func(n int, prior float64) float64 {
		return (float64(n) + gradedWeight*prior) / float64(s.Graded+gradedWeight)
	}
	m.icu, m.ward = share(s.Severe, d.Beds.ICU.Value), share(s.Sick, d.Beds.Ward.Value)
	m.circles = o.Model.Circles(circlesLooked)
	for _, c := range m.circles {
		m.meanHome += float64(c.Home) / float64(len(m.circles))
		m.meanGroup += float64(c.Group) / float64(len(m.circles))
	}
	m.home, m.outside = o.Model.Hazards()
	for l := range city.Layer(city.Layers) {
		m.weight[l], m.times[l] = o.Model.City().Weight(l), o.Model.City().Times(l)
	}
	m.matters = max(o.Model.Last(), len(d.Sensitivity.Value))
	m.steps = m.frame.days*o.Draws + variants(o)*o.Replicates
	return m, nil
}

// usualPeople is taken where the area's population is not known.
const usualPeople = 1_000_000

func variants(o Options) int {
	if o.Lifted {
		return 3
	}
	return 2
}

func (m *maker) step1() {
	if m.o.Progress == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	m.o.Progress(m.done, m.steps)
}

// Check says what is wrong with a state or with options, as Make would at once.
func Check(s State, o Options) error {
	_, err := newMaker(s, o)
	return err
}

// Make works out what may come:
//
//  1. Many outbreaks are made up under the pack in force, each with another beginning, another way of meeting since the first case, and another way of finding cases (draw.go, chain.go).
//  2. Day by day those go on whose cases are like the record (filter.go): what is common to them is what the record says of infections that nobody has found yet.
//  3. Each goes on under A, and again under B, with the same luck (course.go).
//  4. Who is in a room, a bed or under follow-up now is counted from the record; what comes is added from the courses, with as many contacts for each case as on record.
func Make(s State, o Options) (*Forecast, error) {
	m, err := newMaker(s, o)
	if err != nil {
		return nil, err
	}
	kept := m.filter()
	for _, c := range kept {
		if c.first < 0 || c.stopped {
			return nil, ErrUnlike
		}
	}
	return m.tell(kept)
}

// tell says what those that were kept say.
func (m *maker) tell(kept []*chain) (*Forecast, error) {
	s, o := &m.state, &m.o
	f := &Forecast{Outbreak: s.Outbreak, AsOf: s.AsOf, From: s.AsOf.Add(1), Length: o.Days, Disease: o.Model.Disease().Name, InForce: o.InForce.Ref(), Seed: o.Seed, Replicates: len(kept), Draws: o.Draws, People: s.People,
		Notes: []Note{}}
	m.estimate(f, kept)
	f.Estimate.Fit = m.fits(kept)
	type variant struct {
		key    string
		rules  *rules
		lifted bool
	}
	list := []variant{{"a", &m.a, false}, {"b", &m.b, false}}
	if o.Lifted {
		list = append(list, variant{"lifted", &m.a, true})
	}
	var outcomes [][]outcome
	for _, v := range list {
		all := make([]outcome, len(kept))
		m.each(len(kept), func(i int) {
			all[i] = m.goOn(kept[i], v.rules, v.lifted)
			m.step1()
		})
		outcomes = append(outcomes, all)
		f.Variants = append(f.Variants, m.told(v.key, v.rules.ref, all))
	}
	f.Difference = differences(outcomes[0], outcomes[1], o.Days)
	f.Notes = append(f.Notes, m.notes(f)...)
	var err error
	f.Digest, err = m.digest()
	return f, err
}

// each does something for 0 to below n, with as many workers as asked for.
func (m *maker) each(n int, do func(i int)) {
	var wg sync.WaitGroup
	for k := range m.o.Workers {
		wg.Go(func() {
			for i := k; i < n; i += m.o.Workers {
				do(i)
			}
		})
	}
	wg.Wait()
}

// estimate says what is true on AsOf, and how many contacts a real case has for each of a made-up one.
func (m *maker) estimate(f *Forecast, kept []*chain) {
	e := &f.Estimate
	list := make([]standing, len(kept))
	for i, c := range kept {
		list[i] = m.stands(c)
	}
	each := func(of func(standing) float64) []float64 {
		x := make([]float64, len(list))
		for i := range list {
			x[i] = of(list[i])
		}
		return x
	}
	get := func(of func(standing) float64) Range { return rangeOf(each(of)) }
	e.Unfound = get(func(s standing) float64 { return float64(s.unfound) })
	e.Free = get(func(s standing) float64 { return float64(s.free) })
	e.Factor = rangeOfFactors(each(func(s standing) float64 { return s.factor }))
	found := map[int]int{}
	for _, r := range m.state.Found {
		found[m.state.AsOf.Sub(r.Day)] = r.Total()
	}
	for k := range nowcastDays {
		back := nowcastDays - 1 - k
		e.Days = append(e.Days, Nowcast{Day: m.state.AsOf.Add(-back), Infections: get(func(s standing) float64 { return float64(s.infections[k]) }), Found: found[back]})
	}
	taken, cases := 0.0, 0
	for _, s := range list {
		taken += s.taken
		cases += s.cases
	}
	modelled := taken / float64(max(1, cases))
	if m.state.Cases > 0 && m.state.Listed > 0 && modelled > 0 {
		record := float64(m.state.Listed) / float64(m.state.Cases)
		m.scale = record / modelled
		e.Pairs = [2]float64{record, modelled}
	} else {
		e.Pairs = [2]float64{0, modelled}
	}
}

func (m *maker) told(key, pack string, list []outcome) Variant {
	v := Variant{Key: key, Pack: pack}
	x := make([]float64, len(list))
	for q, name := range Quantities() {
		s := Series{Quantity: name}
		for k := range m.o.Days {
			for i := range list {
				x[i] = list[i].day[q][k]
			}
			s.Days = append(s.Days, rangeOf(x))
		}
		for i := range list {
			x[i] = list[i].all[q]
		}
		s.All = rangeOf(x)
		v.Series = append(v.Series, s)
	}
	reached, zero := 0, make([]float64, len(list))
	for i := range list {
		zero[i] = float64(list[i].zero)
		if list[i].zero != notReached {
			reached++
		}
		if list[i].outgrown {
			v.Outgrown += 1 / float64(len(list))
		}
	}
	v.Zero = whenOf(zero)
	v.Zero.Share = float64(reached) / float64(len(list))
	return v
}

// differences are those of A and B. Where one of them does not come to zero in the days looked at, it is taken to come to it on the day after.
func differences(a, b []outcome, days int) []Difference {
	var out []Difference
	diff := func(q Quantity, of func(outcome) float64) {
		x, less := make([]float64, len(a)), 0.0
		for i := range a {
			x[i] = of(a[i]) - of(b[i])
			switch {
			case x[i] < 0:
				less++
			case x[i] == 0:
				less += 0.5
			}
		}
		out = append(out, Difference{Quantity: q, Range: rangeOf(x), Less: less / float64(len(a))})
	}
	diff(Zero, func(o outcome) float64 { return float64(min(o.zero, days+1)) })
	for q, name := range Quantities() {
		diff(name, func(o outcome) float64 { return o.all[q] })
	}
	return out
}

func (m *maker) notes(f *Forecast) (out []Note) {
	if m.state.People == 0 {
		out = append(out, NoPopulation)
	}
	if m.state.Listed == 0 || m.state.Cases == 0 {
		out = append(out, NoContacts)
	}
	if !m.known {
		out = append(out, NoSetting)
	}
	if m.state.Graded == 0 {
		out = append(out, NoSeverity)
	}
	if m.frame.running {
		out = append(out, LongRecord)
	}
	outside := 0
	for _, x := range f.Estimate.Fit {
		if x.Outside {
			outside++
		}
	}
	if 4*outside > len(f.Estimate.Fit) {
		out = append(out, PoorFit)
	}
	return out
}

// digest is of all that the forecast was made from.
func (m *maker) digest() (string, error) {
	s, err := m.state.Digest()
	if err != nil {
		return "", err
	}
	o := &m.o
	text := fmt.Sprintf("%s %s %s %s %s %d %d %d %d %t", s, o.Model.Disease().Name, o.InForce.Ref(), o.A.Ref(), o.B.Ref(), o.Replicates, o.Days, o.Draws, o.Seed, o.Lifted)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]), nil
}

// quantile is of sorted numbers, between the two nearest.
func quantile(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	i := int(h)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (h-float64(i))*(sorted[j]-sorted[i])
}

// rangeOf is of numbers of people or things: whole ones, of which the outer lie outward.
func rangeOf(x []float64) Range {
	s := slices.Clone(x)
	slices.Sort(s)
	return Range{math.Floor(quantile(s, 0.05)), math.Floor(quantile(s, 0.25)), math.Round(quantile(s, 0.5)), math.Ceil(quantile(s, 0.75)), math.Ceil(quantile(s, 0.95))}
}

// rangeOfFactors is of numbers that are not whole, to the hundredth.
func rangeOfFactors(x []float64) Range {
	s := slices.Clone(x)
	slices.Sort(s)
	q := func(p float64) float64 { return math.Round(quantile(s, p)*100) / 100 }
	return Range{q(0.05), q(0.25), q(0.5), q(0.75), q(0.95)}
}

// whenOf takes the nearest course's day in place of something between two: notReached is not to be averaged with a day.
func whenOf(x []float64) When {
	s := slices.Clone(x)
	slices.Sort(s)
	q := func(p float64) *int {
		v := s[int(math.Round(p*float64(len(s)-1)))]
		if v == notReached {
			return nil
		}
		return new(int(v))
	}
	return When{Low90: q(0.05), Low50: q(0.25), Median: q(0.5), High50: q(0.75), High90: q(0.95)}
}
