package command

import (
	"cmp"
	"fmt"
	"slices"

	"firebreak/internal/facility"
)

// choose finds a room for each of a party. Nothing is changed.
//
//  1. Rooms that were asked for are asked of by their rules, all who asked for one together.
//  2. The others get the smallest room that holds them all.
//  3. Where none does: room after room, the largest first, as many as fit, each child beside an adult of its household.
func (u *unit) choose(b *book, party []guest) ([]*facility.Room, error) {
	out := make([]*facility.Room, len(party))
	by := map[*facility.Room][]facility.Occupant{}
	class := facility.Class("")
	var rest []int
	for i, g := range party {
		if class != "" && class != g.Class {
			return nil, &NoBed{fmt.Sprintf("guests[%d]", i), g.code, &facility.Misfit{Rule: facility.RuleApart, Person: g.Person}}
		}
		class = g.Class
		if g.room == "" {
			rest = append(rest, i)
			continue
		}
		m := b.room(g.room)
		if m == nil {
			return nil, &Invalid{fmt.Sprintf("guests[%d].room", i), g.room, "is not the code of a room of this facility"}
		}
		out[i] = m
		by[m] = append(by[m], g.Occupant)
	}
	for i, m := range out {
		if m == nil {
			continue
		}
		if err := m.Fits(b.group(m), b.in(m), by[m]); err != nil {
			return nil, misfit(fmt.Sprintf("guests[%d]", i), party[i].code, err)
		}
	}
	if len(rest) == 0 {
		return out, nil
	}
	free := slices.DeleteFunc(slices.Clone(b.rooms), func(m *facility.Room) bool { return by[m] != nil || m.State != facility.Ready || len(b.free(m)) == 0 })
	slices.SortStableFunc(free, func(x, y *facility.Room) int { return cmp.Compare(len(b.free(x)), len(b.free(y))) })
	if m := fitting(b, free, party, rest); m != nil {
		for _, i := range rest {
			out[i] = m
		}
		return out, nil
	}
	slices.Reverse(free)
	left := rest
	for len(left) > 0 {
		some, m := mostThatFit(b, free, party, left)
		if m == nil {
			why := facility.RuleFull
			if party[left[0]].Child {
				why = facility.RuleChild
			}
			return nil, &NoBed{fmt.Sprintf("guests[%d]", left[0]), party[left[0]].code, &facility.Misfit{Rule: why, Person: party[left[0]].Person}}
		}
		for _, i := range some {
			out[i] = m
		}
		free = slices.DeleteFunc(free, func(x *facility.Room) bool { return x == m })
		left = slices.DeleteFunc(slices.Clone(left), func(i int) bool { return slices.Contains(some, i) })
	}
	return out, nil
}

func these(party []guest, of []int) []facility.Occupant {
	out := make([]facility.Occupant, len(of))
	for k, i := range of {
		out[k] = party[i].Occupant
	}
	return out
}

func fitting(b *book, rooms []*facility.Room, party []guest, of []int) *facility.Room {
	come := these(party, of)
	for _, m := range rooms {
		if m.Fits(b.group(m), b.in(m), come) == nil {
			return m
		}
	}
	return nil
}

// mostThatFit finds a room and those of the party who go into it: an adult with all the children they can take first, then other adults beside them. The last adult of
// a household does not go before its children do.
func mostThatFit(b *book, rooms []*facility.Room, party []guest, left []int) ([]int, *facility.Room) {
	adults := slices.DeleteFunc(slices.Clone(left), func(i int) bool { return party[i].Child })
	children := slices.DeleteFunc(slices.Clone(left), func(i int) bool { return !party[i].Child })
	order := append(slices.Clone(children), adults...)
	for _, m := range rooms {
		for _, first := range adults {
			some := []int{first}
			for _, i := range order {
				if i == first {
					continue
				}
				if next := append(slices.Clone(some), i); m.Fits(b.group(m), b.in(m), these(party, next)) == nil {
					some = next
				}
			}
			if m.Fits(b.group(m), b.in(m), these(party, some)) == nil && !strands(party, left, some) {
				return some, m
			}
		}
	}
	return nil, nil
}

// strands says whether a child who is left would have no adult of its household left.
func strands(party []guest, left, gone []int) bool {
	var rest []facility.Occupant
	for _, i := range left {
		if !slices.Contains(gone, i) {
			rest = append(rest, party[i].Occupant)
		}
	}
	return len((&facility.Room{}).Alone(rest)) > 0
}
