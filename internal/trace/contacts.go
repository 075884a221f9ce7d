package trace

import (
	"cmp"
	"math/bits"
	"slices"

	"firebreak/internal/contact"
)

// Case asks for the contacts of one person within a window: forward from the days before they fell ill until they were isolated, or
// backward over the days on which they may have been infected.
type Case struct {
	Person Person
	Window Window
	// Named are those who are known as close contacts of the case without any visit, in the order of their numbers, each once.
	Named []Named
}

// Named is somebody who was named as a close contact, as an interview does, and when they were exposed as far as that is known: by days, as a rule.
type Named struct {
	Person Person
	Window
}

// Contact is a person who was with a case, with what the engine found.
type Contact struct {
	Person  Person
	Seconds uint32 // together in the window, in all
	First   Instant
	Last    Instant // when they were last together; the moment they parted
	Dose    float32 // hours together, each weighed by the kind of place
	clause  int8    // in Rules.Clauses; household for those who live together, or were named, and met under none
	home    bool    // lives with the case
	named   bool    // was named as a close contact within the window
	lo      uint32  // in Contacts.meetings, up to the first that is the last of somebody
}

const household = -1

// Contacts is the answer about one case: the nearest tier first, then the highest dose, then the lowest number. It can be kept, and asked for the reasons.
type Contacts struct {
	Case     Case
	List     []Contact
	rules    *Rules
	stays    []stay
	meetings []meeting // of those in List
}

// Encounter is one time that a contact was with the case.
type Encounter struct {
	Place    Place
	Kind     Kind
	From, To Instant
	// Rows or Metres is how far apart they were, where their spots are known.
	Rows   int
	Metres float64
	Known  Apart // which of the two
}

// Apart is how a distance is known.
type Apart int

// The ways in which a distance is known.
const (
	ApartUnknown Apart = iota
	ApartRows
	ApartMetres
)

// stay is when the case was in a place, within one day and the window. The stays of a place do not overlap.
type stay struct {
	place    Place
	kind     Kind
	day      int32
	from, to uint32  // within the day
	begin    Instant // of the day; what is before 1970 is not asked about
	spot     Spot
}

// A meeting is somebody in the place of a stay at the time, small because most of what a question costs is memory that it writes. As numbers, the meetings of one person order
// by stay, then from, then to.
//
//	last of a contact, 1 bit | stay, 15 bits | from within the day of the stay, 17 bits | to, 17 bits | apart, 14 bits
type meeting uint64

const (
	maxStays    = 1 << 15
	meetingLast = meeting(1) << 63
	meetingStay = 48
	meetingFrom = 31
	meetingTo   = 14
	daytimeMask = 1<<17 - 1
)

func (m meeting) stay() int    { return int(m >> meetingStay & (maxStays - 1)) }
func (m meeting) from() uint32 { return uint32(m>>meetingFrom) & daytimeMask }
func (m meeting) to() uint32   { return uint32(m>>meetingTo) & daytimeMask }
func (m meeting) apart() apart { return apart(m) & unknownApart }

// meetingOf is a meeting with somebody else.
type meetingOf struct {
	person Person
	meeting
}

// Tier is how near a contact was.
func (c *Contacts) Tier(i int) contact.Tier {
	if x := c.List[i]; !x.home && !x.named {
		return c.rules.Clauses[x.clause].Tier
	}
	return contact.Close
}

// Because names the clause that makes somebody a contact.
func (c *Contacts) Because(i int) string {
	switch x := c.List[i]; {
	case x.clause != household && (!x.home && !x.named || c.rules.Clauses[x.clause].Tier == contact.Close):
		return c.rules.Clauses[x.clause].Name
	case x.home:
		return c.rules.Household
	default:
		return c.rules.Named
	}
}

// ByName says whether it is for being named alone that somebody is a close contact: neither visits nor a common home show it.
func (c *Contacts) ByName(i int) bool {
	x := c.List[i]
	return x.named && !x.home && (x.clause == household || c.rules.Clauses[x.clause].Tier != contact.Close)
}

// Lives says whether a contact lives with the case.
func (c *Contacts) Lives(i int) bool { return c.List[i].home }

// Encounters lists when and where a contact was with the case, by time. A stretch is one encounter over midnight too.
func (c *Contacts) Encounters(i int) []Encounter {
	var out []Encounter
	for _, m := range c.meetings[c.List[i].lo:] {
		s := c.stays[m.stay()]
		e := Encounter{Place: s.place, Kind: s.kind, From: s.begin + Instant(m.from()), To: s.begin + Instant(m.to())}
		switch far := m.apart(); {
		case far == unknownApart:
		case far&rowsApart != 0:
			e.Known, e.Rows = ApartRows, int(far&^rowsApart)
		default:
			e.Known, e.Metres = ApartMetres, float64(far)/10
		}
		out = append(out, e)
		if m&meetingLast != 0 {
			break
		}
	}
	slices.SortFunc(out, func(a, b Encounter) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Place, b.Place), cmp.Compare(a.To, b.To))
	})
	// What overlaps or touches in one place is one.
	w := 0
	for _, e := range out {
		joined := false
		for j := w - 1; j >= 0; j-- {
			if o := &out[j]; o.Place == e.Place && o.To >= e.From && o.Known == e.Known && o.Rows == e.Rows && o.Metres == e.Metres {
				o.To, joined = max(o.To, e.To), true
				break
			}
		}
		if !joined {
			out[w] = e
			w++
		}
	}
	return out[:w]
}

// Contacts finds everybody who was with a case in the window long enough for one of the clauses, and those who live with them.
//
// The case's stays are read from the people's side, and for each the records of its place on its day; overlaps are gathered by person, and what a
// person was there twice for at one time counts once.
func (v *View) Contacts(rules *Rules, c Case) *Contacts {
	w := v.pool.Get().(*work)
	defer v.pool.Put(w)
	out := &Contacts{Case: c, rules: rules}
	v.meetings(w, c)
	v.gather(w, rules, c)
	out.stays = slices.Clone(w.stays)
	out.meetings = slices.Clone(w.kept)
	out.List = make([]Contact, len(w.contacts))
	w.rank(rules)
	for i, k := range w.keys {
		out.List[i] = w.contacts[k.at]
	}
	return out
}

// meetings leaves the stays of a case and who was there in w, by person.
func (v *View) meetings(w *work, c Case) {
	w.stays, w.meetings = v.stays(w.stays[:0], c), w.meetings[:0]
	for i := range w.stays {
		v.meet(w, c.Person, i)
	}
	w.byPerson(v.top)
}

// stays appends where a person was in a window, by place and time; only the time that no earlier stay in the place has.
func (v *View) stays(out []stay, c Case) []stay {
	from, to := c.Window.From, c.Window.To
	if to <= from {
		return out
	}
	first, last := v.dayOf(from), v.dayOf(to-1)
	for i := v.at(first - maxLate); i < len(v.days) && v.days[i].day <= last; i++ {
		d := &v.days[i]
		if int(first-d.day) > d.late {
			continue // nobody was still there
		}
		begin := v.dayBegin(d.day)
		for _, s := range d.list {
			for lo, hi := s.visits(c.Person); lo < hi; lo++ {
				position := s.position(lo)
				r := s.recs[position]
				a, b := begin+int64(r.start()), begin+int64(r.end())
				a, b = max(a, int64(from)), min(b, int64(to))
				if a >= b {
					continue
				}
				place := s.places[s.rank(position)]
				kind, spot := v.kind(place), s.spot(position)
				// A piece a day.
				for n := d.day; a < b; n++ {
					at := v.dayBegin(n)
					if end := at + secondsOfDay; a < end {
						x := min(b, end)
						out = append(out, stay{place: place, kind: kind, day: n, from: uint32(a - at), to: uint32(x - at), begin: Instant(at), spot: spot})
						a = x
					}
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y stay) int {
		return cmp.Or(cmp.Compare(x.place, y.place), cmp.Compare(x.day, y.day), cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to), cmp.Compare(x.spot.Row, y.spot.Row), cmp.Compare(x.spot.Column, y.spot.Column))
	})
	n := 0
	for i, s := range out {
		if i > 0 && n > 0 && out[n-1].place == s.place && out[n-1].day == s.day {
			s.from = max(s.from, out[n-1].to)
		}
		if s.from < s.to && n < maxStays {
			out[n] = s
			n++
		}
	}
	return out[:n]
}

// meet appends who was in the place of a stay at the time.
func (v *View) meet(w *work, self Person, n int) {
	st := w.stays[n]
	stay := meeting(n) << meetingStay
	known := st.spot.Known()
	if i := v.at(st.day); i < len(v.days) && v.days[i].day == st.day {
		for _, s := range v.days[i].list {
			lo, hi := s.group(st.place)
			had := len(w.meetings)
			w.meetings = slices.Grow(w.meetings, int(hi-lo))
			out, at := w.meetings[:had+int(hi-lo)], had
			for lo < hi {
				stop := min(hi, (lo|(1<<blockShift-1))+1)
				if s.blocks[lo>>blockShift].lastEnd <= st.from {
					lo = stop
					continue
				}
				recs := s.recs[lo:stop]
				for j := range recs {
					r := recs[j]
					start, end := r.start(), r.end()
					if start >= st.to {
						hi = stop // the rest begins later
						break
					}
					if end <= max(start, st.from) || r.person() == self {
						continue
					}
					far := unknownApart
					if known && len(s.spots) > 0 {
						far = apartOf(st.spot, s.spot(lo+uint32(j)))
					}
					out[at] = meetingOf{r.person(), stay | meeting(max(start, st.from))<<meetingFrom | meeting(min(end, st.to))<<meetingTo | meeting(far)}
					at++
				}
				lo = stop
			}
			w.meetings = out[:at]
		}
	}
	v.before(st.day, func(d *segments, k int) {
		for _, s := range d.list {
			lo, hi := s.group(st.place)
			for _, position := range s.lateOf(k-1, lo, hi) {
				r := s.recs[position]
				end := r.end() - uint32(k)*secondsOfDay
				if end <= st.from || r.person() == self {
					continue
				}
				far := unknownApart
				if known && len(s.spots) > 0 {
					far = apartOf(st.spot, s.spot(position))
				}
				w.meetings = append(w.meetings, meetingOf{r.person(), stay | meeting(st.from)<<meetingFrom | meeting(min(end, st.to))<<meetingTo | meeting(far)})
			}
		}
	})
}

// byPerson puts the meetings in order of person, those of each as they came. It counts digits, because comparing is a branch that no processor can foresee.
func (w *work) byPerson(top Person) {
	a := w.meetings
	half := uint(bits.Len32(uint32(top))+1) / 2
	mask := Person(1)<<half - 1
	w.counts = grow(w.counts, 2<<half)
	clear(w.counts)
	low, high := w.counts[:1<<half], w.counts[1<<half:]
	for i := range a {
		p := a[i].person
		low[p&mask]++
		high[p>>half]++
	}
	sumUp(low)
	sumUp(high)
	w.other = grow(w.other, len(a))
	b := w.other
	for i := range a {
		k := &low[a[i].person&mask]
		b[*k] = a[i]
		*k++
	}
	for i := range b {
		k := &high[b[i].person>>half]
		a[*k] = b[i]
		*k++
	}
}

// sumUp turns how many there are of each into where they begin.
func sumUp(counts []uint32) {
	at := uint32(0)
	for i, c := range counts {
		counts[i] = at
		at += c
	}
}

// gather leaves in w.contacts those of w.meetings who meet a clause, those who live with the case and those who were named, by number; in w.kept their meetings.
func (v *View) gather(w *work, rules *Rules, c Case) {
	w.prepare(rules)
	least := rules.Clauses[0].AtLeast
	for _, x := range rules.Clauses {
		least = min(least, x.AtLeast)
	}
	var live []Person
	if rules.Household != "" {
		live = v.homes.With(c.Person)
	}
	named := w.named(rules, c)
	a := w.meetings
	w.contacts, w.kept = grow(w.contacts, len(a)), grow(w.kept, len(a))
	n, kept := 0, 0
	for lo := 0; lo < len(a); {
		p := a[lo].person
		hi, ordered := lo+1, true
		for hi < len(a) && a[hi].person == p {
			ordered = ordered && a[hi-1].meeting <= a[hi].meeting
			hi++
		}
		if !ordered { // some were there since before midnight, or are in several segments
			slices.SortFunc(a[lo:hi], func(x, y meetingOf) int { return cmp.Compare(x.meeting, y.meeting) })
		}
		x := &w.contacts[n]
		*x = Contact{Person: p, lo: uint32(kept), clause: household}
		if hi == lo+1 {
			m := a[lo].meeting
			x.Seconds = m.to() - m.from()
			if x.Seconds < least && live == nil && len(named) == 0 {
				lo = hi
				continue
			}
			s := &w.stays[m.stay()]
			x.First, x.Last = s.begin+Instant(m.from()), s.begin+Instant(m.to())
			x.Dose = float32(x.Seconds) * w.rates[s.kind]
			for n := w.clauses[s.kind]; n != 0; n &= n - 1 {
				i := lowest(n)
				if cl := &rules.Clauses[i]; x.Seconds >= cl.AtLeast && cl.within(m.apart()) {
					x.clause = int8(i)
					break
				}
			}
		} else {
			w.sum(rules, a[lo:hi], x)
		}
		x.home = live != nil && slices.Contains(live, p)
		if at, ok := findNamed(named, p); ok {
			x.named, x.First, x.Last = true, min(x.First, named[at].From), max(x.Last, named[at].To)
		}
		if x.clause != household || x.home || x.named {
			n++
			for ; lo < hi; lo++ {
				w.kept[kept] = a[lo].meeting
				kept++
			}
			w.kept[kept-1] |= meetingLast
		}
		lo = hi
	}
	w.contacts, w.kept = w.contacts[:n], w.kept[:kept]
	for _, p := range live {
		at, met := slices.BinarySearchFunc(w.contacts, p, func(x Contact, p Person) int { return cmp.Compare(x.Person, p) })
		if p != c.Person && !met {
			w.contacts = slices.Insert(w.contacts, at, Contact{Person: p, lo: uint32(kept), clause: household, home: true, First: c.Window.From, Last: c.Window.To})
		}
	}
	for _, x := range named {
		at, met := slices.BinarySearchFunc(w.contacts, x.Person, func(x Contact, p Person) int { return cmp.Compare(x.Person, p) })
		switch {
		case x.Person == c.Person:
		case met: // by visits, or for living there
			w.contacts[at].named = true
		default:
			w.contacts = slices.Insert(w.contacts, at, Contact{Person: x.Person, lo: uint32(kept), clause: household, named: true, First: x.From, Last: x.To})
		}
	}
}

// named are those who were named, as far as their exposure lies in the window.
func (w *work) named(rules *Rules, c Case) []Named {
	w.within = w.within[:0]
	if rules.Named == "" {
		return nil
	}
	for _, x := range c.Named {
		if x.From, x.To = max(x.From, c.Window.From), min(x.To, c.Window.To); x.From < x.To {
			w.within = append(w.within, x)
		}
	}
	return w.within
}

func findNamed(list []Named, p Person) (int, bool) {
	return slices.BinarySearchFunc(list, p, func(x Named, p Person) int { return cmp.Compare(x.Person, p) })
}

// sum adds up what one person's meetings come to.
func (w *work) sum(rules *Rules, list []meetingOf, x *Contact) {
	clear(w.together[:len(rules.Clauses)])
	x.First = Never
	var last Instant // until when the time in this place is counted
	var place Place
	for i := range list {
		m := list[i].meeting
		s := &w.stays[m.stay()]
		from, to := s.begin+Instant(m.from()), s.begin+Instant(m.to())
		x.First, x.Last = min(x.First, from), max(x.Last, to)
		if i > 0 && s.place == place {
			from = max(from, last)
		}
		if to <= from {
			continue
		}
		place, last = s.place, to
		t := uint32(to - from)
		x.Seconds += t
		x.Dose += float32(t) * w.rates[s.kind]
		for n := w.clauses[s.kind]; n != 0; n &= n - 1 {
			if k := lowest(n); rules.Clauses[k].within(m.apart()) {
				w.together[k] += t
			}
		}
	}
	for i := range rules.Clauses {
		if w.together[i] >= rules.Clauses[i].AtLeast {
			x.clause = int8(i)
			return
		}
	}
}
