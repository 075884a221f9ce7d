package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
)

// twice is how many people of each sort the story enters a second time; assumed, so that the page of duplicates shows something.
const twice = 2

// born draws a birth day for somebody of an age, who has had their birthday this year.
func (s *story) born(r *rand.Rand, age int) day.Day {
	y, m, d := s.today.Date()
	return day.Of(y-age, m, min(d, 28)).Add(-20 - r.IntN(300))
}

// enteredTwice chooses who is entered a second time, and gives them a birth day: without one nothing tells two pupils of one class apart. It has its
// own chance, so that the rest of the story stays as it is.
func (s *story) enteredTwice(r *rand.Rand) (out []*infection) {
	for k, i := range s.infected {
		if len(out) < twice && k >= earlyCases && i.free && slices.Contains(s.homes[Laixi], i.area) && i.discarded.IsZero() && !i.onset.IsZero() && i.at.Add(8*time.Hour).Before(s.now) {
			i.birth = s.born(r, i.age)
			out = append(out, i)
		}
	}
	return out
}

// again enters them a second time: the fever clinic, which knows nothing of the school's list, enters the pupil it sees as suspected; two teams that ask two
// cases list one contact each for themselves. The second record differs in what people remember differently.
func (s *story) again(r *rand.Rand, chosen []*infection) {
	for n, i := range chosen {
		fields := map[string]string{"class": string(cases.Suspected), "area": i.area, "onset": i.onset.Add(r.IntN(2) - 1).String(), "hospital": hospitals[r.IntN(len(hospitals))], "setting": "fever clinic"}
		s.add(i.at.Add(hours(2+4*r.Float64())), EnterCase{fmt.Sprintf("FC-%03d", n+1), i.who(), fields})
	}
	for n, c := range s.metTwice {
		other := s.infected[n+1]
		fields := map[string]string{"area": c.area, "last_exposed": day.In(other.at, s.loc).Add(-1).String(), "setting": "canteen", "relation": "friend"}
		s.add(later(c.listed, other.at).Add(hours(1+2*r.Float64())), ListContact{Code: fmt.Sprintf("T2-%03d", n+1), Case: other.code, Person: c.who(), Fields: fields})
	}
}
