package trip_test

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"firebreak/internal/plan/bed"
	"firebreak/internal/plan/sampleday"
	"firebreak/internal/plan/trip"
)

// TestNeeded: with as many vehicles more as it says, nobody is late who needs not be; with one fewer somebody is.
func TestNeeded(t *testing.T) {
	t.Parallel()
	d, err := sampleday.Make(sampleday.Options{Households: 120, Vehicles: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	o := trip.Options{Budget: trip.Steps(500)}
	p := mustMake(t, d, o)
	if p.InTime {
		t.Fatal("three vehicles are enough: the day shows nothing")
	}
	list, err := trip.Needed(d, p, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatal("nothing is said of a day with too few vehicles")
	}
	for _, m := range list {
		t.Logf("%+v", m)
		missed := func(n int) int {
			wide := d
			wide.Vehicles = append([]trip.Vehicle{}, d.Vehicles...)
			for i := range n {
				like := m.Like
				like.ID = fmt.Sprint("more ", i+1)
				wide.Vehicles = append(wide.Vehicles, like)
			}
			p := mustMake(t, wide, o)
			of := map[string]string{}
			for _, q := range wide.Requests {
				of[q.ID] = q.Class
			}
			k := 0
			for _, u := range p.Unserved {
				if of[u.Party] == m.Class {
					k++
				}
			}
			for _, l := range p.Late {
				if of[l.Request] == m.Class {
					k++
				}
			}
			return k
		}
		after := m.After.Unserved + m.After.Late
		if got := missed(m.Vehicles); got != after {
			t.Errorf("with %d more for each %s %d are missed, and %d are said to be", m.Vehicles, m.Class, got, after)
		}
		if m.Vehicles > 1 && missed(m.Vehicles-1) <= after {
			t.Errorf("%d more for each %s would do as well as %d", m.Vehicles-1, m.Class, m.Vehicles)
		}
	}
}

// TestNeededOfAnyDay: nothing is asked for that helps nobody, and nothing where nobody is missed; the day is left as it was.
func TestNeededOfAnyDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t)
		was := fmt.Sprintf("%+v", d)
		o := trip.Options{Budget: trip.Steps(100)}
		p, err := trip.Make(d, o)
		if err != nil {
			t.Skip("no day")
		}
		list, err := trip.Needed(d, p, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.InTime && len(list) > 0 {
			t.Fatalf("everybody is in time, and more is needed: %+v", list)
		}
		for _, m := range list {
			before, after := m.Before.Unserved+m.Before.Late, m.After.Unserved+m.After.Late
			if m.Vehicles < 1 || m.Vehicles > before || after >= before {
				t.Fatalf("%+v", m)
			}
			if m.Like.Takes != "" && m.Like.Takes != m.Class && (m.Class != bed.Released || m.Like.Takes == bed.Case) {
				t.Fatalf("a vehicle for %s only is said to help a %s", m.Like.Takes, m.Class)
			}
		}
		again, err := trip.Needed(d, p, o, nil)
		if err != nil || !reflect.DeepEqual(list, again) {
			t.Fatalf("the same day twice: %+v and %+v, %v", list, again, err)
		}
		if fmt.Sprintf("%+v", d) != was {
			t.Fatal("the day was changed")
		}
	})
}
