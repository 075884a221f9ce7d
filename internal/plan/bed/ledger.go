package bed

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
)

// stock is what is free of rooms that are alike; a ward is a stock of its own.
type stock struct {
	site, rooms  int32 // index of the site, and of the rooms in it
	number       int32 // of the ward among its rooms, from 0; otherwise 0
	group        int32
	count, beds  int32
	shared, ward bool
	takes        int8 // class, or none
	care         uint64
	begun        [2]int32 // beds free among women, among men

	own    int32    // rooms given to a household, or beds of a ward
	single [2]int32 // people who share, women and men
}

const none = int8(-1)

func classOf(text string) int8 {
	switch text {
	case Case:
		return 0
	case Contact, Released:
		return 1
	}
	return none
}

// used is how many rooms (of a ward: beds) are taken.
func (s *stock) used() int32 {
	n := s.own
	for i := range s.single {
		n += (max(0, s.single[i]-s.begun[i]) + s.beds - 1) / s.beds
	}
	return n
}

func (s *stock) limit() int32 {
	if s.ward {
		return s.beds
	}
	return s.count
}

// group is a lift or corridor group, which holds one class at a time.
type group struct {
	holds   int8
	parties [2]int32
}

// party is what the ledger must know of a [Party].
type party struct {
	people, children int32
	class, sex       int8 // sex of a single adult, or none
	care             uint64
	to               int32   // the only site, or -1
	sites            []bool  // by site: a room that would do, if it were free
	options          []int32 // stocks that would do, site by site
	from             []int32 // by site: where its options begin; one more at the end
	short            string
}

// Ledger is the book of free rooms: who is where. It answers in constant time a site; what it takes in can always be laid out in real rooms.
type Ledger struct {
	sites   []Site
	list    []Party
	parties []party
	stocks  []stock
	groups  []group
	at      []int32 // the stock of each party, or -1
	wish    []int32 // the stock that each is to have if it is brought to that site, or -1
	held    []held
	taken   []map[string]bool // by stock: rooms that held parties are in
	begun   [][2][]string     // by stock: beds free in rooms where women, or men, already are
}

// NewLedger opens the book for the sites, with nobody in them, and the parties that may come.
func NewLedger(sites []Site, parties []Party) *Ledger {
	l := &Ledger{sites: sites, list: parties, parties: make([]party, len(parties)), at: make([]int32, len(parties)), wish: make([]int32, len(parties))}
	cares := map[string]uint64{}
	care := func(list []string) uint64 {
		var mask uint64
		for _, c := range list {
			if cares[c] == 0 {
				if len(cares) == maxCares { // more kinds than bits: the last bit is met by nobody
					return mask | 1<<63
				}
				cares[c] = 1 << len(cares)
			}
			mask |= cares[c]
		}
		return mask
	}
	where := map[string]int32{}
	from := make([]int32, 0, len(sites)+1)
	for i, s := range sites {
		where[s.ID] = int32(i)
		from = append(from, int32(len(l.stocks)))
		groups := map[string]int32{}
		for j, r := range s.Rooms {
			g, is := groups[r.Group]
			if !is {
				g = int32(len(l.groups))
				groups[r.Group] = g
				l.groups = append(l.groups, group{holds: none})
			}
			if h := classOf(r.Holds); h != none {
				l.groups[g].parties[h]++ // nobody of the other class will be let in
			}
			x := stock{site: int32(i), rooms: int32(j), group: g, count: int32(r.Count), beds: int32(r.Beds), shared: r.Shared, ward: r.Ward, takes: classOf(r.Takes), care: care(r.Care) &^ (1 << 63), begun: [2]int32{int32(r.Female), int32(r.Male)}}
			if !r.Ward {
				l.stocks = append(l.stocks, x)
				continue
			}
			for n := range r.Count {
				x.number = int32(n)
				l.stocks = append(l.stocks, x)
			}
		}
	}
	from = append(from, int32(len(l.stocks)))
	l.taken, l.begun = make([]map[string]bool, len(l.stocks)), make([][2][]string, len(l.stocks))
	for k := range l.stocks {
		for sex, letter := range []string{"f", "m"} {
			for n := range l.stocks[k].begun[sex] {
				l.begun[k][sex] = append(l.begun[k][sex], letter+strconv.Itoa(int(n)+1))
			}
		}
	}
	for i := range parties {
		l.at[i], l.wish[i] = -1, -1
		l.parties[i] = l.describe(&parties[i], where, from, care)
	}
	return l
}

func (l *Ledger) describe(p *Party, where map[string]int32, from []int32, care func([]string) uint64) party {
	x := party{people: int32(len(p.People)), class: classOf(p.Class), sex: none, to: -1, sites: make([]bool, len(l.sites))}
	for _, m := range p.People {
		if m.Child {
			x.children++
		}
		x.care |= care(m.Needs)
	}
	if x.people == 1 && x.children == 0 {
		switch p.People[0].Sex {
		case "f":
			x.sex = 0
		case "m":
			x.sex = 1
		}
	}
	if p.To != "" {
		x.to = -2
		if i, is := where[p.To]; is {
			x.to = i
		}
	}
	alone := x.children == x.people
	anySite, anyCare := false, false
	for s := range l.sites {
		x.from = append(x.from, int32(len(x.options)))
		if x.to != -1 && x.to != int32(s) || !takesRisk(l.sites[s].Risks, p.Risk) {
			continue
		}
		for k := from[s]; k < from[s+1]; k++ {
			b := &l.stocks[k]
			r := &l.sites[s].Rooms[b.rooms]
			if b.takes != none && b.takes != x.class || r.Of != "" && r.Of != p.Kin || alone && (p.Kin == "" || !slices.Contains(r.Adults, p.Kin)) {
				continue
			}
			anySite = true
			if x.care&^b.care != 0 {
				continue
			}
			anyCare = true
			if n := roomsFor(&x, b); n > 0 {
				x.options = append(x.options, k)
				x.sites[s] = true
			}
		}
	}
	x.from = append(x.from, int32(len(x.options)))
	switch {
	case len(x.options) > 0:
	case alone:
		x.short = ShortGuardian
	case !anySite:
		x.short = ShortSite
	case !anyCare:
		x.short = ShortCare
	default:
		x.short = ShortTogether
	}
	return x
}

func takesRisk(list []string, risk string) bool {
	if len(list) == 0 {
		return true
	}
	for _, r := range list {
		if r == risk {
			return true
		}
	}
	return false
}

// roomsFor is how many rooms (of a ward: beds) the party takes in an empty stock; 0: it cannot.
// A party is spread over as few rooms as hold it. With children there must be an adult for each of them: put one into every room first.
func roomsFor(p *party, s *stock) int32 {
	if s.ward {
		if p.people > s.beds {
			return 0
		}
		return p.people
	}
	n := (p.people + s.beds - 1) / s.beds
	if p.children > 0 && n > p.people-p.children || n > s.count && !(s.shared && p.sex != none && s.begun[p.sex] > 0) {
		return 0
	}
	return n
}

// Short says why the party can be placed nowhere even if all rooms were free, or nothing.
func (l *Ledger) Short(p int) string { return l.parties[p].short }

// Possible reports whether the party could be placed at the site if all its rooms were free.
func (l *Ledger) Possible(p, site int) bool { return l.parties[p].sites[site] }

// Fits reports whether the party, which must have no place, can be placed at the site now.
func (l *Ledger) Fits(p, site int) bool {
	x := &l.parties[p]
	for _, k := range x.options[x.from[site]:x.from[site+1]] {
		if l.fits(x, &l.stocks[k]) {
			return true
		}
	}
	return false
}

func (l *Ledger) fits(p *party, s *stock) bool {
	if l.groups[s.group].parties[1-p.class] > 0 {
		return false
	}
	if s.shared && p.sex != none {
		s.single[p.sex]++
		fit := s.used() <= s.count
		s.single[p.sex]--
		return fit
	}
	return s.used()+roomsFor(p, s) <= s.limit()
}

// Put places the party, which must have no place, at the site, in the rooms that waste least; false: it does not fit.
func (l *Ledger) Put(p, site int) bool {
	x := &l.parties[p]
	if k := l.wish[p]; k >= 0 && l.stocks[k].site == int32(site) && l.fits(x, &l.stocks[k]) {
		l.Restore(p, int(k))
		return true
	}
	best, least := int32(-1), int32(0)
	for _, k := range x.options[x.from[site]:x.from[site+1]] {
		s := &l.stocks[k]
		if !l.fits(x, s) {
			continue
		}
		waste := 10 * int32(bits.OnesCount64(s.care&^x.care))
		if !s.ward && !(s.shared && x.sex != none) {
			waste += roomsFor(x, s)*s.beds - x.people
		}
		if l.sites[site].Rooms[s.rooms].Of != "" {
			waste -= 1000 // the room of their own household
		}
		if l.groups[s.group].parties[x.class] == 0 {
			waste += 5 // a lift group that is begun for one class is lost for the other
		}
		if best < 0 || waste < least {
			best, least = k, waste
		}
	}
	if best < 0 {
		return false
	}
	l.Restore(p, int(best))
	return true
}

// Take lifts the party from its place and returns a mark for [Ledger.Restore]: -1 if it had none.
func (l *Ledger) Take(p int) int {
	k := l.at[p]
	if k >= 0 {
		l.count(p, k, -1)
		l.at[p] = -1
	}
	return int(k)
}

// Restore puts the party back where Take found it. Nothing is checked: between the two, whoever came since must have been taken out.
func (l *Ledger) Restore(p, mark int) {
	if mark >= 0 {
		l.count(p, int32(mark), 1)
		l.at[p] = int32(mark)
	}
}

// Mark is where the party is, as [Ledger.Take] returns it.
func (l *Ledger) Mark(p int) int { return int(l.at[p]) }

func (l *Ledger) count(p int, k, by int32) {
	x, s := &l.parties[p], &l.stocks[k]
	l.groups[s.group].parties[x.class] += by
	if s.shared && x.sex != none {
		s.single[x.sex] += by
	} else {
		s.own += by * roomsFor(x, s)
	}
}

// Refusal says what is short for a party that no site has room for now.
func (l *Ledger) Refusal(p int) Unplaced {
	u := Unplaced{Party: l.list[p].ID, People: len(l.list[p].People), Short: l.parties[p].short}
	switch u.Short {
	case ShortGuardian:
		u.Meaning = "there are children, no adult goes with them, and none of theirs is in a room with a free bed"
	case ShortSite:
		u.Meaning = fmt.Sprintf("no site takes a %s of risk class %q", l.list[p].Class, l.list[p].Risk)
		if to := l.list[p].To; to != "" {
			u.Meaning = fmt.Sprintf("site %q does not take a %s of risk class %q", to, l.list[p].Class, l.list[p].Risk)
		}
	case ShortCare:
		u.Meaning = fmt.Sprintf("no rooms for a %s meet all of its needs in care", l.list[p].Class)
	case ShortTogether:
		u.Meaning = fmt.Sprintf("no rooms of one kind hold %d people with each child beside an adult", u.People)
	default:
		u.Short = ShortRooms
		u.Meaning = fmt.Sprintf("all rooms for a %s household of %d with these needs are taken, or their lift group holds the other class", l.list[p].Class, u.People)
	}
	return u
}

// Hold enters a party that is already in its place, for good.
func (l *Ledger) Hold(p int, a Assignment) error {
	x, who := &l.parties[p], &l.list[p]
	if len(a.Room) != len(who.People) {
		return fmt.Errorf("%d rooms for %d people", len(a.Room), len(who.People))
	}
	for k := range l.stocks {
		s := &l.stocks[k]
		site := &l.sites[s.site]
		if site.ID != a.Site || site.Rooms[s.rooms].ID != a.Rooms || s.ward && strconv.Itoa(int(s.number)+1) != a.Room[0] {
			continue
		}
		l.groups[s.group].parties[x.class]++
		l.held = append(l.held, held{p, a})
		switch {
		case s.ward:
			s.own += x.people
		case s.shared && x.sex != none && (l.taken[k][a.Room[0]] || a.Room[0][0] == 'f' || a.Room[0][0] == 'm'):
			s.begun[x.sex]--
			for i, name := range l.begun[k][x.sex] {
				if name == a.Room[0] {
					l.begun[k][x.sex] = append(l.begun[k][x.sex][:i:i], l.begun[k][x.sex][i+1:]...)
					return nil
				}
			}
			return fmt.Errorf("no bed is free in room %q of %q", a.Room[0], a.Rooms)
		default:
			for _, name := range a.Room {
				if !l.taken[k][name] {
					l.take(k, name)
					s.own++
				}
			}
			if s.shared && x.sex != none {
				s.begun[x.sex] += s.beds - 1
				for range s.beds - 1 {
					l.begun[k][x.sex] = append(l.begun[k][x.sex], a.Room[0])
				}
			}
		}
		return nil
	}
	return fmt.Errorf("site %q has no rooms %q with %q", a.Site, a.Rooms, a.Room[0])
}

// Prefer makes Put choose those rooms for the party if it is brought to that site and they are free.
func (l *Ledger) Prefer(p int, a Assignment) {
	x := &l.parties[p]
	for _, k := range x.options {
		s := &l.stocks[k]
		site := &l.sites[s.site]
		if site.ID == a.Site && site.Rooms[s.rooms].ID == a.Rooms && (!s.ward || len(a.Room) > 0 && strconv.Itoa(int(s.number)+1) == a.Room[0]) {
			l.wish[p] = k
			return
		}
	}
}

func (l *Ledger) take(k int, name string) {
	if l.taken[k] == nil {
		l.taken[k] = map[string]bool{}
	}
	l.taken[k][name] = true
}

// held is a party that is in its place.
type held struct {
	party int
	at    Assignment
}

// Assignments lays everybody out in real rooms: first those who are there already, then the others in the order of the parties.
func (l *Ledger) Assignments() []Assignment {
	var out []Assignment
	for _, h := range l.held {
		out = append(out, h.at)
	}
	number := make([]int, len(l.stocks)) // the last room given
	room := func(k int32) string {
		for {
			number[k]++
			if name := strconv.Itoa(number[k]); !l.taken[k][name] {
				return name
			}
		}
	}
	free := make([][2][]string, len(l.stocks)) // beds in rooms that are shared
	for k := range free {
		free[k] = l.begun[k]
	}
	for p := range l.parties {
		k := l.at[p]
		if k < 0 {
			continue
		}
		x, s, who := &l.parties[p], &l.stocks[k], &l.list[p]
		site := &l.sites[s.site]
		a := Assignment{Party: who.ID, Site: site.ID, Rooms: site.Rooms[s.rooms].ID, Group: site.Rooms[s.rooms].Group, Km: line(who.Lat, who.Lon, site.Lat, site.Lon)}
		switch {
		case s.ward:
			for range who.People {
				a.Room = append(a.Room, strconv.Itoa(int(s.number)+1))
			}
		case s.shared && x.sex != none:
			beds := &free[k][x.sex]
			if len(*beds) == 0 {
				name := room(k)
				for range s.beds {
					*beds = append(*beds, name)
				}
			}
			a.Room = []string{(*beds)[0]}
			*beds = (*beds)[1:]
		default:
			names := make([]string, roomsFor(x, s))
			for i := range names {
				names[i] = room(k)
			}
			a.Room = spread(who.People, names, int(s.beds))
		}
		out = append(out, a)
	}
	return out
}

// spread puts people into rooms of so many beds, an adult into each first, and then whoever is left where there is room.
func spread(people []Person, names []string, beds int) []string {
	room, free := make([]string, len(people)), make([]int, len(names))
	for i := range free {
		free[i] = beds
	}
	at := 0
	for i, m := range people {
		if !m.Child && at < len(names) {
			room[i] = names[at]
			free[at]--
			at++
		}
	}
	at = 0
	for i := range people {
		for room[i] == "" {
			if free[at] > 0 {
				room[i] = names[at]
				free[at]--
			} else {
				at++
			}
		}
	}
	return room
}
