// Package sim lets an outbreak run in a made-up city: who infects whom, who falls ill, who goes to a clinic and what a test of them says.
//
// Only infected people do work. Contacts, luck and what people are like are drawn from keys (chance), so that nothing is kept of the healthy, any number of
// workers gives the same outbreak, and two policies meet the same luck. Interventions are no part of it: whoever drives a World tells it who is kept apart, and
// asks for tests. It does no I/O and reads no clock. It imports city, params and chance; measures, drills and forecasts import it.
//
// The vocabulary, on one screen:
//
//	Model    a disease in a city: its tables, made to fit the numbers of its parameters (model.go)
//	World    one outbreak, day by day: Begin tells what happens today, End draws who was infected (this file)
//	Event    what can be seen of it: somebody's symptoms, a visit to a clinic
//	Stay     a time in which somebody is kept apart: at home, or away from everybody (apart.go)
package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"slices"
	"sync"

	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/city"
)

// Minute counts from the start of day 0, a Monday.
type Minute int32

// DayLength is a day in minutes.
const DayLength = 24 * 60

// Day returns the day of a minute.
func (m Minute) Day() int { return int(m / DayLength) }

// At returns a minute of a day.
func At(day, minute int) Minute { return Minute(day*DayLength + minute) }

// Options say which outbreak is to run.
type Options struct {
	Model      *Model
	Seed       uint64
	Seeds      int     // infected on day 0
	Imports    float64 // infected from outside each later day, on average
	Workers    int     // 0: one; any number gives the same outbreak
	Compliance float64 // share of days in quarantine at home on which people stay there
}

// LayerImport is the layer of infections from outside.
const LayerImport = city.Layer(city.Layers)

// Infection is what is true of somebody infected. Nobody in the city knows it.
type Infection struct {
	Person      city.Person
	By          city.Person // who infected them; nobody for an import
	Layer       city.Layer  // how they met
	At          Minute
	Onset       int // day on which symptoms begin, or would
	Symptomatic bool
	Visit       Minute // when they go to a clinic of their own accord; 0: never
}

// infection is how it is kept.
type infection struct {
	person, by   uint32
	at           Minute
	visit        Minute
	nu           float32 // infectiousness outside the home, of a mean of 1
	incubation   uint8
	layer        uint8
	asymptomatic bool
}

const nobody = ^uint32(0)

// EventKind is what can be seen.
type EventKind uint8

// The kinds of events.
const (
	Onset EventKind = iota // symptoms begin
	Visit                  // somebody with symptoms comes to a clinic
)

// Event is what can be seen of an outbreak, by those who look.
type Event struct {
	Kind   EventKind
	Person city.Person
	At     Minute
}

// World is one outbreak. It is for one goroutine; it starts workers itself, and waits for them.
type World struct {
	o    Options
	m    *Model
	c    *city.City
	day  int
	keys keys

	list   []infection
	reach  []city.Reach // of list[past:]
	past   int          // those before have long ceased to infect
	record []uint32     // index in list and one, by person
	flags  []uint8

	stays   []Stay // the latest of each person
	former  map[city.Person][]Stay
	nStays  int
	due     [][]Event   // by day
	found   []candidate // reused
	digest  hash.Hash
	row     [17]byte
	peak    int
	actives int
	beyond  float64 // how well meetings outside the home infect, beside the model
}

// Flags of a person.
const (
	wasInfected = 1 << iota
	hasStay
	hasFormer
)

// keys are the purposes of draws.
type keys struct {
	transmission, nature, test, seed, imports, immune, home, background chance.Key
}

// New begins an outbreak: its seeds are infected at the start of day 0.
func New(o Options) (*World, error) {
	if o.Model == nil {
		return nil, errors.New("simulate: a model is needed")
	}
	n := o.Model.city.People()
	if o.Seeds < 0 || o.Seeds > n/2 {
		return nil, fmt.Errorf("simulate: %d infected at the start among %d people, want 0 to half of them", o.Seeds, n)
	}
	if !(o.Imports >= 0) || o.Imports > 1e6 {
		return nil, fmt.Errorf("simulate: %g imports a day", o.Imports)
	}
	if !(o.Compliance >= 0 && o.Compliance <= 1) {
		return nil, fmt.Errorf("simulate: compliance of %g, want 0 to 1", o.Compliance)
	}
	k := chance.Key(o.Seed).Of(0x517)
	w := &World{o: o, m: o.Model, c: o.Model.city, record: make([]uint32, n), flags: make([]uint8, n), former: map[city.Person][]Stay{}, digest: sha256.New(), beyond: 1,
		keys: keys{k.Of(1), k.Of(2), k.Of(3), k.Of(4), k.Of(5), k.Of(6), k.Of(7), k.Of(8)}}
	w.enter(w.seeds(w.keys.seed, o.Seeds, 0), 0)
	return w, nil
}

// Outside sets how well meetings outside the home infect from today on, beside what the model says: 0.5 is half as well, as where schools are shut and people keep away from
// each other. Whom people meet stays the same, so that less never infects somebody whom more would not have, on the day.
func (w *World) Outside(factor float64) error {
	if !(factor >= 0) || math.IsInf(factor, 1) {
		return fmt.Errorf("simulate: meetings that infect %g times as well, want 0 or more", factor)
	}
	w.beyond = factor
	return nil
}

// Today returns the day that has begun, or begins next.
func (w *World) Today() int { return w.day }

// City returns the city.
func (w *World) City() *city.City { return w.c }

// Model returns the disease in it.
func (w *World) Model() *Model { return w.m }

// Infected returns how many were ever infected.
func (w *World) Infected() int { return len(w.list) }

// Infectious returns how many could infect others on the last day that ended.
func (w *World) Infectious() int { return w.actives }

// Peak returns the most that could infect others on one day.
func (w *World) Peak() int { return w.peak }

// Over says whether nobody who was infected can infect others any more.
func (w *World) Over() bool { return w.past == len(w.list) }

// Digest is of all infections so far: who, when, by whom and how.
func (w *World) Digest() string { return hex.EncodeToString(w.digest.Sum(nil)) }

// Infection returns what is true of somebody; false where they were never infected.
func (w *World) Infection(p city.Person) (Infection, bool) {
	if w.record[p] == 0 {
		return Infection{}, false
	}
	return w.infection(int(w.record[p] - 1)), true
}

// Infections visits all infections in their order.
func (w *World) Infections(visit func(Infection)) {
	for i := range w.list {
		visit(w.infection(i))
	}
}

func (w *World) infection(i int) Infection {
	x := &w.list[i]
	return Infection{Person: city.Person(x.person), By: city.Person(x.by), Layer: city.Layer(x.layer), At: x.at, Onset: x.at.Day() + int(x.incubation), Symptomatic: !x.asymptomatic, Visit: x.visit}
}

// Imported says whether an infection came from outside.
func (i Infection) Imported() bool { return i.Layer == LayerImport }

// Begin returns what can be seen today, by time. It may be asked again.
func (w *World) Begin() []Event {
	if w.day >= len(w.due) {
		return nil
	}
	list := w.due[w.day]
	slices.SortFunc(list, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Person, b.Person), cmp.Compare(a.Kind, b.Kind))
	})
	return list
}

// Others visits those who come to a clinic today with the like symptoms, without this infection being the reason.
func (w *World) Others(visit func(city.Person, Minute)) {
	n := uint32(w.c.People())
	k := w.keys.background.Of(uint64(w.day))
	for i := range uint64(float64(n) * w.m.disease.Care.Background.Value) {
		visit(city.Person(k.Below(2*i, n)), At(w.day, 8*60+int(k.Below(2*i+1, 10*60))))
	}
}

// candidate is a meeting that would infect.
type candidate struct {
	target, by uint32
	minute     uint16
	layer      uint8
}

// End draws whom the infectious have met and infected today, as they were kept apart at the time, and goes on to the next day.
func (w *World) End() {
	if w.day < len(w.due) {
		w.due[w.day] = nil
	}
	for w.past < len(w.list) && w.day-w.list[w.past].at.Day() > w.m.last {
		w.past++
		w.reach = w.reach[1:]
	}
	found := w.spread()
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.minute, b.minute), cmp.Compare(a.by, b.by), cmp.Compare(a.layer, b.layer))
	})
	found = slices.CompactFunc(found, func(a, b candidate) bool { return a.target == b.target })
	if x := w.o.Imports; x > 0 {
		met := found
		for _, f := range w.seeds(w.keys.imports.Of(uint64(w.day)), poisson(w.keys.imports.Float(uint64(w.day)), x), w.day) {
			if _, twice := slices.BinarySearchFunc(met, f.target, func(c candidate, t uint32) int { return cmp.Compare(c.target, t) }); !twice {
				found = append(found, f)
			}
		}
	}
	w.enter(found, w.day)
	w.found = found[:0]
	w.day++
}

// spread gathers the meetings of today that would infect, with as many workers as asked for.
func (w *World) spread() []candidate {
	n := len(w.list) - w.past
	workers := max(1, min(w.o.Workers, n/256+1))
	parts, actives := make([][]candidate, workers), make([]int, workers)
	parts[0] = w.found[:0]
	var wg sync.WaitGroup
	for k := 1; k < workers; k++ {
		wg.Go(func() { parts[k], actives[k] = w.meet(nil, w.past+n*k/workers, w.past+n*(k+1)/workers) })
	}
	parts[0], actives[0] = w.meet(parts[0], w.past, w.past+n/workers)
	wg.Wait()
	found := parts[0]
	w.actives = actives[0]
	for k := 1; k < workers; k++ {
		found = append(found, parts[k]...)
		w.actives += actives[k]
	}
	w.peak = max(w.peak, w.actives)
	return found
}

// meet gathers the meetings of infections from to below to. Luck is drawn first, and only where it is bad the other one is looked up.
func (w *World) meet(out []candidate, from, to int) ([]candidate, int) {
	active := 0
	for i := from; i < to; i++ {
		x := &w.list[i]
		g := w.m.infectiousness(x, w.day-x.at.Day())
		if g <= 0 {
			continue
		}
		active++
		p := city.Person(x.person)
		if w.flags[p]&hasStay != 0 && w.awayAllDay(p) {
			continue
		}
		key := w.keys.transmission.Of(uint64(p)).Of(uint64(w.day))
		r := &w.reach[i-w.past]
		outside := w.m.outside * w.beyond * g * float64(x.nu)
		for l := range city.Layer(city.Layers) {
			h := outside * w.m.weight[l]
			if l == city.Home {
				h = w.m.home * g
			}
			if h < negligible {
				continue
			}
			slots := w.c.Slots(r, l, w.day)
			if slots == 0 {
				continue
			}
			bound := chance.Threshold(1 - math.Exp(-h))
			for s := range slots {
				if key.Draw(uint64(l)<<16|uint64(s)) >= bound {
					continue
				}
				q, ok := w.c.With(r, l, s, w.day)
				if !ok || w.flags[q]&wasInfected != 0 || w.immune(q) {
					continue
				}
				start, _ := w.c.When(p, q, l, s, w.day)
				if at := At(w.day, start); w.flags[p]|w.flags[q] < hasStay || !w.Apart(p, l, at) && !w.Apart(q, l, at) {
					out = append(out, candidate{uint32(q), x.person, uint16(start), uint8(l)})
				}
			}
		}
	}
	return out, active
}

// negligible is an infectiousness that counts as none.
const negligible = 1e-7

// immune says whether somebody was immune from the start.
func (w *World) immune(p city.Person) bool {
	return w.m.immune > 0 && w.keys.immune.Draw(uint64(p)) < w.m.immune
}

// seeds draws n people who can be infected, none twice, in the order of their numbers.
func (w *World) seeds(k chance.Key, n, day int) []candidate {
	people := uint32(w.c.People())
	taken := map[uint32]bool{}
	for i := uint64(0); len(taken) < n && i < uint64(50*n+1000); i++ {
		p := k.Of(1).Below(i, people)
		if w.flags[p]&wasInfected == 0 && !taken[p] && !w.immune(city.Person(p)) {
			taken[p] = true
		}
	}
	out := make([]candidate, 0, n)
	for p := range taken {
		out = append(out, candidate{target: p, by: nobody, minute: uint16(k.Of(2).Below(uint64(p), DayLength)), layer: uint8(LayerImport)})
	}
	slices.SortFunc(out, func(a, b candidate) int { return cmp.Compare(a.target, b.target) })
	if day == 0 {
		for i := range out {
			out[i].minute = 0
		}
	}
	return out
}

// Seed infects somebody from outside at a time that has not passed: for scenarios that begin at a place. It is false where they were infected before, or
// are immune.
func (w *World) Seed(p city.Person, at Minute) bool {
	if int(p) >= w.c.People() || at.Day() < w.day || w.flags[p]&wasInfected != 0 || w.immune(p) {
		return false
	}
	w.enter([]candidate{{target: uint32(p), by: nobody, minute: uint16(at % DayLength), layer: uint8(LayerImport)}}, at.Day())
	return true
}

// enter makes infections of candidates, each of another person.
func (w *World) enter(list []candidate, day int) {
	for _, f := range list {
		p := city.Person(f.target)
		x := w.m.nature(w.keys.nature.Of(uint64(p)), infection{person: f.target, by: f.by, at: At(day, int(f.minute)), layer: f.layer})
		w.list = append(w.list, x)
		w.reach = append(w.reach, w.c.ReachOf(p))
		w.record[p] = uint32(len(w.list))
		w.flags[p] |= wasInfected
		if !x.asymptomatic {
			on := day + int(x.incubation)
			w.tell(Event{Onset, p, At(on, int(w.keys.nature.Of(uint64(p)).Below(9, 8*60)))}) // it is noticed in the morning
			if x.visit > 0 {
				w.tell(Event{Visit, p, x.visit})
			}
		}
		binary.LittleEndian.PutUint32(w.row[0:], uint32(x.at))
		binary.LittleEndian.PutUint32(w.row[4:], x.person)
		binary.LittleEndian.PutUint32(w.row[8:], x.by)
		w.row[12] = x.layer
		w.digest.Write(w.row[:13]) // a hash takes all
	}
}

// tell notes what can be seen on a later day.
func (w *World) tell(e Event) {
	for e.At.Day() >= len(w.due) {
		w.due = append(w.due, nil)
	}
	w.due[e.At.Day()] = append(w.due[e.At.Day()], e)
}

// poisson makes a drawn number a count with a mean.
func poisson(u, mean float64) int {
	if mean > 50 { // near enough a normal one
		return max(0, int(math.Round(mean+math.Sqrt(mean)*math.Sqrt2*math.Erfinv(2*u-1))))
	}
	n, p := 0, math.Exp(-mean)
	for s := p; u > s && n < 1000; s += p {
		n++
		p *= mean / float64(n)
	}
	return n
}

// Method is how a test is made.
type Method uint8

// The methods.
const (
	PCR Method = iota
	Antigen
)

// Test says what a test of somebody says that is taken at a minute. Asked again for the same minute it says the same.
func (w *World) Test(p city.Person, at Minute, method Method) (positive bool) {
	u := w.keys.test.Of(uint64(p)).Float(uint64(at)<<2 | uint64(method))
	if i := w.record[p]; i > 0 && w.list[i-1].at <= at {
		return u < w.m.sensitivity(method, at.Day()-w.list[i-1].at.Day())
	}
	return u >= w.m.disease.Specificity.Value
}
