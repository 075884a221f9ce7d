package measures

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"firebreak/internal/contact"
	"firebreak/internal/protocol"
	"firebreak/internal/sim"
	"firebreak/internal/sim/chance"
	"firebreak/internal/sim/city"
	"firebreak/internal/sim/params"
)

// Options say how an office works.
type Options struct {
	Pack     *protocol.Pack
	Response *params.Response
	// Ask has the rulebook asked about every fact, in place of the numbers of the pack. It decides the same, some hundred times slower.
	Ask bool
	// Found, if set, is told of each infection that a test has proved, in the order of time.
	Found func(Finding)
}

// Finding is an infection that a test has proved.
type Finding struct {
	Person    city.Person
	Taken, At sim.Minute // of the swab and of its result
	Onset     int        // day of the first symptoms; -1 where there were none when the swab was taken
	Apart     bool       // kept apart already
}

// Office acts in an outbreak by a pack. Day by day it is told what can be seen, acts, and lets the day end. It is for one goroutine.
type Office struct {
	w     *sim.World
	c     *city.City
	pack  *protocol.Pack
	how   *params.Response
	book  book
	named [city.Layers]float64
	luck  chance.Key

	today  items
	later  [][]item        // by day
	swabs  [][]city.Person // by day: contacts whose test day it is
	people []hand
	index  []uint32 // in people and one, by person
	seq    uint32
	// children are those who were listed for having met a contact.
	children map[city.Person][]city.Person

	waiting []city.Person // cases that were not asked yet, by when they should have been

	buf []city.Contact // reused
	met []sim.Told

	found, listed, inIsolation, tests int
	rooms, peakRooms, investigated    int

	tell func(Finding)
}

// hand is what the office has in hand about somebody.
type hand struct {
	case_      bool
	away       bool // takes a room
	suspicious bool
	quarantine sim.Minute // the one that is on its way
	test, end  int16      // what is on its way
	from       int16      // of a case: the first day that counts
}

// New makes an office. seed is of what is left to chance in its work: who is found, who is tested at a clinic.
func New(w *sim.World, o Options, seed uint64) (*Office, error) {
	if o.Pack == nil || o.Response == nil {
		return nil, errors.New("measures: a pack and parameters are needed")
	}
	h := o.Response
	out := &Office{w: w, c: w.City(), pack: o.Pack, how: h, luck: chance.Key(seed).Of(0x0ff1ce), index: make([]uint32, w.City().People()), children: map[city.Person][]city.Person{},
		named: [city.Layers]float64{h.NamedHome.Value, h.NamedGroup.Value, h.NamedSite.Value, h.NamedLine.Value, h.NamedShop.Value, h.NamedLeisure.Value}, tell: o.Found}
	if o.Ask {
		out.book = newRules(o.Pack)
	} else {
		out.book = newNumbers(o.Pack, w.City().People())
	}
	return out, nil
}

// Counts of what the office has done.
type Counts struct {
	Found       int `json:"found"`        // infections that a test proved
	InIsolation int `json:"in_isolation"` // of these, people who were kept apart already
	Listed      int `json:"contacts"`
	Tests       int `json:"tests"`
	PeakRooms   int `json:"peak_rooms"` // of quarantine sites
}

// Counts returns them.
func (o *Office) Counts() Counts {
	return Counts{o.found, o.inIsolation, o.listed, o.tests, o.peakRooms}
}

type itemKind uint8

// What happens at a minute. Of one minute, the earlier kind comes first.
const (
	itemPassed itemKind = iota // a follow-up's last day has passed
	itemHome                   // the days at a site are over, those at home begin
	itemOnset
	itemVisit
	itemOther // somebody else comes to a clinic
	itemQuarantine
	itemSwab  // because of a symptom
	itemRound // swabs of the day's contacts
	itemResult
	itemMove
	itemList
	itemAsk // the cases that wait
	itemDischarge
)

type item struct {
	at   sim.Minute
	seq  uint32
	p    city.Person
	of   sim.Minute // of a result: when it was taken; of a plan: what it was made for
	kind itemKind
}

type items []item

// push and pop keep the earliest first: a heap without the boxes of container/heap, which would cost more than the work.
func (h *items) push(x item) {
	list := append(*h, x)
	i := len(list) - 1
	for i > 0 {
		up := (i - 1) / 2
		if before(&list[up], &x) <= 0 {
			break
		}
		list[i] = list[up]
		i = up
	}
	list[i] = x
	*h = list
}

func (h *items) pop() item {
	list := *h
	out, x := list[0], list[len(list)-1]
	list = list[:len(list)-1]
	*h = list
	i := 0
	for {
		c := 2*i + 1
		if c >= len(list) {
			break
		}
		if c+1 < len(list) && before(&list[c+1], &list[c]) < 0 {
			c++
		}
		if before(&x, &list[c]) <= 0 {
			break
		}
		list[i] = list[c]
		i = c
	}
	if len(list) > 0 {
		list[i] = x
	}
	return out
}

func before(a, b *item) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.p, b.p), cmp.Compare(a.seq, b.seq))
}

const (
	swabbing = 10 * 60 // contacts are swabbed at ten
	opening  = 8 * 60
)

func (o *Office) plan(kind itemKind, p city.Person, at, of sim.Minute) {
	o.seq++
	x := item{at, o.seq, p, of, kind}
	if at.Day() <= o.w.Today() {
		o.today.push(x)
		return
	}
	for at.Day() >= len(o.later) {
		o.later = append(o.later, nil)
	}
	o.later[at.Day()] = append(o.later[at.Day()], x)
}

func (o *Office) swabOn(p city.Person, day int) {
	for day >= len(o.swabs) {
		o.swabs = append(o.swabs, nil)
	}
	o.swabs[day] = append(o.swabs[day], p)
}

// by is when something is done that is due at an instant, by how fast the office works.
func (o *Office) by(from, due sim.Minute) sim.Minute {
	if due == never {
		return from + sim.Minute(o.how.Without.Value*60*o.how.Pace.Value)
	}
	return from + sim.Minute(float64(max(0, due-from))*o.how.Pace.Value)
}

func (o *Office) of(p city.Person) *hand {
	if o.index[p] == 0 {
		o.people = append(o.people, hand{test: -1, end: -1})
		o.index[p] = uint32(len(o.people))
	}
	return &o.people[o.index[p]-1]
}

func (o *Office) known(p city.Person) *hand {
	if o.index[p] == 0 {
		return nil
	}
	return &o.people[o.index[p]-1]
}

// Day does the work of one day, and ends it.
func (o *Office) Day() error {
	day := o.w.Today()
	o.investigated = 0
	o.today = o.today[:0]
	if day < len(o.later) {
		o.today = append(o.today, o.later[day]...)
		o.later[day] = nil
	}
	add := func(kind itemKind, p city.Person, at sim.Minute) {
		o.seq++
		o.today = append(o.today, item{at: at, seq: o.seq, p: p, kind: kind})
	}
	for _, e := range o.w.Begin() {
		if e.Kind == sim.Onset {
			if o.index[e.Person] > 0 {
				add(itemOnset, e.Person, e.At)
			}
			continue
		}
		add(itemVisit, e.Person, e.At)
	}
	o.w.Others(func(p city.Person, at sim.Minute) {
		// Nearly all of them are negative, and nothing follows from it.
		if o.w.Test(p, at, sim.PCR) {
			add(itemOther, p, at)
		} else if o.index[p] == 0 && o.luck.Of(1).Of(uint64(p)).Float(uint64(at)) < o.how.Tested.Value {
			o.tests++
		}
	})
	if len(o.waiting) > 0 {
		add(itemAsk, 0, sim.At(day, opening))
	}
	if day < len(o.swabs) && len(o.swabs[day]) > 0 {
		add(itemRound, 0, sim.At(day, swabbing))
	}
	// A list in order is a heap.
	slices.SortFunc(o.today, func(a, b item) int { return before(&a, &b) })
	for len(o.today) > 0 {
		if err := o.do(o.today.pop()); err != nil {
			return fmt.Errorf("day %d: %w", day, err)
		}
	}
	if r, ok := o.book.(*rules); ok && r.err != nil {
		return fmt.Errorf("day %d: rulebook: %w", day, r.err)
	}
	o.w.End()
	return nil
}

func (o *Office) do(x item) error {
	switch x.kind {
	case itemPassed:
		return o.passed(x)
	case itemHome:
		return o.home(x)
	case itemOnset:
		o.fallsIll(x.p, x.at.Day(), x.at)
		return o.act(x.p, x.at)
	case itemVisit, itemOther:
		return o.clinic(x)
	case itemQuarantine:
		return o.quarantine(x)
	case itemSwab:
		return o.swab(x.p, x.at)
	case itemRound:
		list := o.swabs[x.at.Day()]
		o.swabs[x.at.Day()] = nil
		for _, p := range list {
			if k := o.known(p); k.case_ || int(k.test) != x.at.Day() {
				continue
			}
			if s := o.book.standing(p); s.followed && s.test >= 0 && s.test <= x.at.Day() {
				if err := o.swab(p, x.at); err != nil {
					return err
				}
			}
		}
		return nil
	case itemResult:
		return o.positive(x)
	case itemAsk:
		for n := max(1, int(o.how.Cases.Value*float64(o.c.People())/1e6)); n > 0 && len(o.waiting) > 0; n-- {
			p := o.waiting[len(o.waiting)-1]
			o.waiting = o.waiting[:len(o.waiting)-1]
			if err := o.list(item{at: x.at, p: p}); err != nil {
				return err
			}
		}
		return nil
	case itemMove:
		return o.w.Isolate(x.p, sim.Away, x.at)
	case itemList:
		return o.list(x)
	case itemDischarge:
		return o.w.Release(x.p, x.at)
	}
	return nil
}

// clinic tests somebody with symptoms who comes, unless they are a case, or followed up: then they are tested where they are.
func (o *Office) clinic(x item) error {
	if k := o.known(x.p); k != nil && (k.case_ || o.book.standing(x.p).followed) || o.w.Apart(x.p, city.Shop, x.at) {
		return nil
	}
	if o.luck.Of(1).Of(uint64(x.p)).Float(uint64(x.at)) >= o.how.Tested.Value {
		return nil
	}
	o.tests++
	if o.w.Test(x.p, x.at, sim.PCR) {
		o.plan(itemResult, x.p, x.at+sim.Minute(o.how.Result.Value*60), x.at)
	}
	return nil
}

// swab tests a contact. A negative is told at once: nothing follows from it before the day is over.
func (o *Office) swab(p city.Person, at sim.Minute) error {
	if k := o.known(p); k == nil || k.case_ {
		return nil
	}
	o.tests++
	result := at + sim.Minute(o.how.Result.Value*60)
	if o.w.Test(p, at, sim.PCR) {
		k := o.of(p)
		k.test = -1
		o.plan(itemResult, p, result, at)
		return nil
	}
	o.book.negative(p, at, result)
	return o.act(p, at)
}

// positive makes somebody a case: they are moved, and asked whom they met, by the clocks of the pack.
func (o *Office) positive(x item) error {
	if k := o.known(x.p); k != nil && k.case_ {
		return nil
	}
	onset := -1
	if i, ill := o.w.Infection(x.p); ill {
		o.found++
		if i.Symptomatic && i.Onset <= x.of.Day() {
			onset = i.Onset
		}
		apart := o.w.Apart(x.p, city.Shop, x.of)
		if apart {
			o.inIsolation++
		}
		if o.tell != nil {
			o.tell(Finding{Person: x.p, Taken: x.of, At: x.at, Onset: onset, Apart: apart})
		}
	}
	orders := o.book.found(x.p, x.of, x.at, onset, o.children[x.p])
	k := o.of(x.p)
	o.leaveRoom(k)
	k.case_, k.from, k.test, k.end = true, int16(orders.from), -1, -1
	switch { // found in isolation: moved already, as far as the pack is concerned
	case orders.move == never && o.w.Apart(x.p, city.Home, x.at):
		orders.move = x.at
	case orders.move == never:
		orders.move = after(x.at, o.pack.Clocks.AdmitCase)
	}
	o.plan(itemMove, x.p, o.by(x.at, orders.move), 0)
	o.plan(itemList, x.p, o.by(x.at, orders.list), 0)
	d := &o.pack.Discharge
	o.plan(itemDischarge, x.p, sim.At(max(x.at.Day()+d.RetestDays.Value+1, x.of.Day()+max(d.MinDays.Value, d.ReviewDays.Value)), swabbing+int(o.how.Result.Value*60)), 0)
	// Whoever met them as a contact may be a close contact now.
	for _, q := range o.children[x.p] {
		if err := o.act(q, x.at); err != nil {
			return err
		}
	}
	return nil
}

// fallsIll tells the book of a contact's symptoms. Where the pack makes them a suspected case first, they are only tested here, as soon as a suspected case.
func (o *Office) fallsIll(p city.Person, onset int, at sim.Minute) {
	k := o.known(p)
	if k == nil || k.case_ || k.suspicious || !o.book.standing(p).followed {
		return
	}
	k.suspicious = true
	if !o.pack.Cases.SuspectBySymptom.Value {
		o.book.symptom(p, onset, at)
	}
	clock := o.pack.Clocks.SampleSymptom
	if o.pack.Cases.SuspectBySymptom.Value {
		clock = o.pack.Clocks.SampleCase
	}
	o.plan(itemSwab, p, o.by(at, after(at, clock)), 0)
}

// act does what stands for a contact and is not on its way yet, and lets go whoever is no longer followed.
func (o *Office) act(p city.Person, at sim.Minute) error {
	k := o.known(p)
	if k == nil || k.case_ {
		return nil
	}
	s := o.book.standing(p)
	if !s.followed {
		if k.end >= 0 {
			k.end, k.test, k.quarantine = -1, -1, 0
			o.leaveRoom(k)
			return o.w.Release(p, at)
		}
		return nil
	}
	if int(k.end) != s.end {
		k.end = int16(s.end)
		o.plan(itemPassed, p, max(at, sim.At(s.end+1, 0)), sim.Minute(s.end))
	}
	if s.control != "" && s.quarantine != k.quarantine {
		k.quarantine = s.quarantine
		o.plan(itemQuarantine, p, max(at, o.by(at, s.quarantine)), s.quarantine)
	}
	if s.test >= 0 {
		switch day := max(s.test, at.Day()); {
		case int(k.test) == day:
		case day == at.Day() && at > sim.At(day, swabbing)-1:
			k.test = int16(day)
			o.plan(itemSwab, p, at, 0)
		default:
			k.test = int16(day)
			o.swabOn(p, day)
		}
	}
	return nil
}

func (o *Office) passed(x item) error {
	k := o.known(x.p)
	if k.case_ || int(k.end) != int(x.of) {
		return nil
	}
	o.book.passed(x.p, x.at)
	if err := o.act(x.p, x.at); err != nil || k.end < 0 {
		return err
	}
	if int(o.known(x.p).end) == int(x.of) { // something stands in the way: asked again tomorrow
		o.plan(itemPassed, x.p, sim.At(x.at.Day()+1, 0), x.of)
	}
	return nil
}

// quarantine brings a contact where the pack asks, and asks whom they met: where rooms are left, else they stay at home.
func (o *Office) quarantine(x item) error {
	k := o.known(x.p)
	if k.case_ || k.quarantine != x.of {
		return nil
	}
	s := o.book.standing(x.p)
	if !s.followed || s.control == "" {
		return nil
	}
	kind := sim.AtHome
	if s.control == protocol.Site && float64(o.rooms) < o.how.Sites.Value*float64(o.c.People())/1e6 {
		kind = sim.Away
		if !k.away {
			k.away = true
			o.rooms++
			o.peakRooms = max(o.peakRooms, o.rooms)
		}
	}
	o.book.quarantined(x.p, x.at)
	if err := o.w.Isolate(x.p, kind, x.at); err != nil {
		return err
	}
	if t := &o.pack.Tiers.Close; kind == sim.Away && t.HomeDays.Set() {
		o.plan(itemHome, x.p, max(x.at, sim.At(s.end-t.HomeDays.Value+1, 12*60)), x.of)
	}
	return o.act(x.p, x.at)
}

// home sends a contact home for the last days.
func (o *Office) home(x item) error {
	k := o.known(x.p)
	if k.case_ || !k.away || k.end < 0 {
		return nil
	}
	if on := int(k.end) - o.pack.Tiers.Close.HomeDays.Value + 1; on > x.at.Day() { // the days have become more
		o.plan(itemHome, x.p, sim.At(on, 12*60), x.of)
		return nil
	}
	o.leaveRoom(k)
	return o.w.Isolate(x.p, sim.AtHome, x.at)
}

func (o *Office) leaveRoom(k *hand) {
	if k.away {
		k.away = false
		o.rooms--
	}
}

// list asks a case whom they met, as far as there are people to ask. The others wait until the next morning, and then those are asked first who were found
// last: theirs are the chains that can still be cut.
func (o *Office) list(x item) error {
	if float64(o.investigated) >= max(1, o.how.Cases.Value*float64(o.c.People())/1e6) {
		o.waiting = append(o.waiting, x.p)
		return nil
	}
	o.investigated++
	from := max(0, int(o.known(x.p).from))
	close_, general := o.pack.Tracing.Close.Value, o.pack.Tracing.General.Value
	for _, m := range o.meetings(x.p, from, x.at, city.Leisure) {
		tier := contact.General
		if m.Minutes >= close_ {
			tier = contact.Close
		} else if m.Minutes < general || !o.pack.Tiers.General.Followed() {
			continue // advice only
		}
		if err := o.add(m, x.p, tier, x.at); err != nil {
			return err
		}
		if tier == contact.Close && o.pack.Tiers.Secondary.Followed() {
			if err := o.second(m, x.at); err != nil {
				return err
			}
		}
	}
	return nil
}

// second asks a close contact whom they met since, of those whom they spend their days with: at home, and in their class or team where the case is not of it,
// for then it has named them already.
func (o *Office) second(m sim.Told, at sim.Minute) error {
	if k := o.known(m.With); k == nil || k.case_ || o.luck.Of(2).Float(uint64(m.With)) >= o.how.Second.Value {
		return nil
	}
	last := city.Group
	if m.Layer == city.Group {
		last = city.Home
	}
	for _, s := range o.meetings(m.With, m.First, at, last) {
		if s.Minutes < o.pack.Tracing.Secondary.Value {
			continue
		}
		if k := o.known(s.With); k != nil && (k.case_ || k.end >= 0) { // followed already, as near or nearer
			continue
		}
		if err := o.add(s, m.With, contact.Secondary, at); err != nil {
			return err
		}
	}
	return nil
}

func (o *Office) add(m sim.Told, source city.Person, tier contact.Tier, at sim.Minute) error {
	k := o.of(m.With)
	if k.case_ {
		return nil
	}
	o.listed++
	if tier == contact.Secondary {
		o.children[source] = append(o.children[source], m.With)
	}
	o.book.met(m.With, source, tier, m.First, m.Last, at)
	if i, ill := o.w.Infection(m.With); ill && i.Symptomatic && i.Onset <= at.Day() {
		o.fallsIll(m.With, i.Onset, at)
	}
	return o.act(m.With, at)
}

// meetings returns whom somebody met from a day on until now, in the layers up to last, by number.
func (o *Office) meetings(p city.Person, from int, now sim.Minute, last city.Layer) []sim.Told {
	out := o.met[:0]
	key := o.luck.Of(3).Of(uint64(p))
	for day := from; day <= now.Day(); day++ {
		o.buf = o.w.Meetings(o.buf[:0], p, day, last)
		for _, c := range o.buf {
			if sim.At(day, c.Start) < now && key.Float(uint64(c.With)) < o.named[c.Layer] {
				out = append(out, sim.Told{With: c.With, First: day, Last: day, Minutes: c.Minutes, Layer: c.Layer})
			}
		}
	}
	o.met = out
	return slices.Clone(sim.Together(out)) // whoever goes through them asks for more
}
