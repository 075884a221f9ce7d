package bed

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Check says what in an assignment does not hold: a household divided between rooms of different kinds, a child without an adult of its own in the
// room, a bed given twice, men and women of different households in a room, care that is not there, cases and contacts in one lift group. It shares no
// code with what gives the beds. Parties without an assignment are none of its business.
func Check(sites []Site, parties []Party, beds []Assignment) error {
	k := &inspector{who: map[string]Party{}, room: map[roomKey][]guest{}, group: map[[2]string]string{}, rooms: map[[2]string]Rooms{}, site: map[string]Site{}}
	for _, p := range parties {
		k.who[p.ID] = p
	}
	for _, s := range sites {
		k.site[s.ID] = s
		for _, r := range s.Rooms {
			k.rooms[[2]string{s.ID, r.ID}] = r
			if r.Holds != "" {
				k.class(s.ID, r.Group, r.Holds)
			}
		}
	}
	seen := map[string]bool{}
	for _, a := range beds {
		if seen[a.Party] {
			k.fail("%s has two places", a.Party)
		}
		seen[a.Party] = true
		k.party(a)
	}
	for key, guests := range k.room {
		k.inRoom(key, guests)
	}
	return errors.Join(k.errs...)
}

type roomKey struct{ site, rooms, number string }

type guest struct {
	party string
	who   Person
}

type inspector struct {
	who   map[string]Party
	site  map[string]Site
	rooms map[[2]string]Rooms
	room  map[roomKey][]guest
	group map[[2]string]string
	errs  []error
}

func (k *inspector) fail(format string, args ...any) {
	if len(k.errs) < 20 {
		k.errs = append(k.errs, fmt.Errorf(format, args...))
	}
}

func (k *inspector) class(site, group, class string) {
	at := [2]string{site, group}
	if was := k.group[at]; was != "" && was != class {
		k.fail("group %q of %q has cases and contacts", group, site)
	}
	k.group[at] = class
}

func (k *inspector) party(a Assignment) {
	p, is := k.who[a.Party]
	r, has := k.rooms[[2]string{a.Site, a.Rooms}]
	if !is || !has || r.Group != a.Group || len(a.Room) != len(p.People) {
		k.fail("%s: %d people in %d places of rooms %q, group %q at %q", a.Party, len(p.People), len(a.Room), a.Rooms, a.Group, a.Site)
		return
	}
	if p.To != "" && p.To != a.Site {
		k.fail("%s may go to %q only and is at %q", p.ID, p.To, a.Site)
	}
	if s := k.site[a.Site]; len(s.Risks) > 0 && !slices.Contains(s.Risks, p.Risk) {
		k.fail("%s of risk class %q is at %q", p.ID, p.Risk, a.Site)
	}
	if r.Takes != "" && r.Takes != p.Class {
		k.fail("%s, a %s, is in rooms %q of %q for a %s", p.ID, p.Class, r.ID, a.Site, r.Takes)
	}
	if r.Of != "" && r.Of != p.Kin {
		k.fail("%s is in rooms %q of %q, which are for household %q", p.ID, r.ID, a.Site, r.Of)
	}
	k.class(a.Site, a.Group, p.Class)
	for i, m := range p.People {
		for _, need := range m.Needs {
			if !slices.Contains(r.Care, need) {
				k.fail("%s of %s needs %q, which rooms %q of %q have not", m.ID, p.ID, need, r.ID, a.Site)
			}
		}
		key := roomKey{a.Site, a.Rooms, a.Room[i]}
		k.room[key] = append(k.room[key], guest{p.ID, m})
		guarded := !m.Child
		for j, other := range p.People {
			guarded = guarded || !other.Child && a.Room[j] == a.Room[i]
		}
		if !guarded && !r.Ward {
			k.fail("%s of %s is a child alone in room %q of %q", m.ID, p.ID, a.Room[i], a.Site)
		}
	}
	beside := p.Kin != "" && slices.Contains(r.Adults, p.Kin)
	if !beside && !slices.ContainsFunc(p.People, func(m Person) bool { return !m.Child }) {
		k.fail("%s are children alone", p.ID)
	}
}

func (k *inspector) inRoom(key roomKey, guests []guest) {
	r := k.rooms[[2]string{key.site, key.rooms}]
	name := fmt.Sprintf("room %q of %q at %q", key.number, key.rooms, key.site)
	if sex := key.number[:min(1, len(key.number))]; sex == "f" || sex == "m" { // one bed in a room where women, or men, already are
		most := r.Female
		if sex == "m" {
			most = r.Male
		}
		if n, err := strconv.Atoi(key.number[1:]); err != nil || n < 1 || n > most || len(guests) != 1 || guests[0].who.Sex != sex || guests[0].who.Child {
			k.fail("%s: %v", name, guests)
		}
		return
	}
	if n, err := strconv.Atoi(key.number); err != nil || n < 1 || n > r.Count {
		k.fail("%s: there are %d rooms", name, r.Count)
	}
	if len(guests) > r.Beds {
		k.fail("%s: %d people in %d beds", name, len(guests), r.Beds)
	}
	for _, g := range guests[1:] {
		first := guests[0]
		if g.party == first.party || r.Ward {
			continue
		}
		if !r.Shared || g.who.Sex != first.who.Sex || g.who.Sex != "f" && g.who.Sex != "m" || g.who.Child || first.who.Child {
			k.fail("%s is shared by %s and %s", name, first.party, g.party)
		}
	}
}
