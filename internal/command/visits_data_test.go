package command

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/trace"
	"firebreak/internal/whereabouts"
)

// importList takes a published list of visits in.
func (s *story) importList(in ImportVisits, path string) VisitsResult {
	s.t.Helper()
	src, err := exchange.Open(path)
	s.must(err)
	defer src.Close()
	in.Outbreak, in.Source = "o", src
	out, err := s.ImportVisits(context.Background(), Owner("test"), in)
	s.must(err)
	return out
}

// city reads all visits between two days, and what number each person has.
func (s *story) city(first, last day.Day, names []string) (city *whereabouts.City, numbers map[string]int64) {
	s.t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) error {
		o, err := r.OutbreakByName("o")
		if err != nil {
			return err
		}
		if city, err = whereabouts.Read(r, s.identities, o, first, last); err != nil {
			return err
		}
		numbers, err = s.identities.VisitorNumbered(r, o.ID, names)
		return err
	}))
	return city, numbers
}

// Proximity as phones measured it in a town, counted from the file beside the engine: who was within 5 m for three steps or more.
func TestHaslemereMeetings(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	path := filepath.Join(dataDir(t), "haslemere_2017", "encounters.csv")
	s := withVault(t, storetest.SQLite(t))
	s.clock.set(time.Date(2017, 10, 15, 1, 0, 0, 0, time.UTC))
	out := s.importList(ImportVisits{Form: exchange.Meetings, Steps: "2017-10-12T07:00,5m,192"}, path)
	if out.Rows != 102_831 || out.Taken != out.Rows {
		t.Fatalf("taken in: %+v", out)
	}
	if again := s.importList(ImportVisits{Form: exchange.Meetings, Steps: "2017-10-12T07:00,5m,192"}, path); again.Again != out.Rows {
		t.Errorf("again: %+v", again)
	}

	f, err := os.Open(path)
	s.must(err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	s.must(err)
	type pair [2]string
	near, met, users := map[pair]int{}, map[pair]bool{}, map[string]bool{}
	for _, l := range lines[1:] {
		p := pair{l[1], l[2]}
		met[p], users[l[1]], users[l[2]] = true, true, true
		if metres, err := strconv.Atoi(l[3]); err == nil && metres <= 5 {
			near[p]++
		}
	}
	long := map[pair]int{} // seconds
	for p, steps := range near {
		if steps >= 3 {
			long[p] = steps * 300
		}
	}
	if len(users) != 469 || len(met) != 8277 || len(long) != 459 {
		t.Fatalf("the file has %d users, %d pairs, %d long ones", len(users), len(met), len(long))
	}
	var names []string
	for u := range users {
		names = append(names, u)
	}
	city, numbers := s.city(day.Of(2017, 10, 12), day.Of(2017, 10, 14), names)
	if city.Visits() != 2*out.Rows {
		t.Errorf("%d visits", city.Visits())
	}
	called := map[trace.Person]string{}
	for name, n := range numbers {
		called[trace.Person(n)] = name
	}
	rules := &trace.Rules{Encounter: 900, EncounterKinds: trace.EveryKind, Clauses: []trace.Clause{
		{Name: "near", Tier: contact.Close, Kinds: trace.EveryKind, AtLeast: 900, Metres: 5},
		{Name: "at all", Tier: contact.General, Kinds: trace.EveryKind, AtLeast: 300},
	}}
	found, close := 0, 0
	for name, n := range numbers {
		got := city.Contacts(rules, trace.Case{Person: trace.Person(n), Window: trace.Window{From: 0, To: trace.Never}})
		for i, x := range got.List {
			found++
			other := called[x.Person]
			p := pair{name, other}
			if !met[p] {
				p = pair{other, name}
			}
			if !met[p] || (got.Tier(i) == contact.Close) != (long[p] > 0) {
				t.Fatalf("%s and %s are found as %s, met %v, near for %d s", name, other, got.Tier(i), met[p], long[p])
			}
			if got.Tier(i) == contact.Close {
				close++
			}
			for _, e := range got.Encounters(i) {
				if e.Known != trace.ApartMetres {
					t.Fatalf("%s and %s: how far apart is not known: %+v", name, other, e)
				}
			}
		}
	}
	if found != 2*8277 || close != 2*459 {
		t.Errorf("found %d contacts, %d of them close, want each of 8,277 pairs twice and 459 of them close", found, close)
	}
}

// Stays of shelters, told by days: who is listed as leaving before they came is named, and every other stay is kept.
func TestBerlinStays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	path := filepath.Join(dataDir(t), "berlin_varicella_sim", "stays.csv")
	s := withVault(t, storetest.SQLite(t))
	s.clock.set(time.Date(2016, 3, 1, 1, 0, 0, 0, time.UTC))
	left := map[string]int{}
	out := s.importList(ImportVisits{Form: exchange.Stays, Problem: func(p exchange.Problem) error { left[p.Column+" "+p.Reason]++; return nil }}, path)
	if out.Rows != 500 || out.Taken != 500 || out.Warnings != 27 {
		t.Errorf("taken in: %+v", out)
	}
	if n := left["leave1 is before the arrival; this stay was left out"] + left["leave2 is before the arrival; this stay was left out"]; n != 27 {
		t.Errorf("left out: %v", left)
	}

	f, err := os.Open(path)
	s.must(err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	s.must(err)
	days, names := 0, []string{}
	there := map[string]map[day.Day]string{} // person, day, centre
	for _, l := range lines[1:] {
		name := l[2] + " " + l[3]
		names = append(names, name)
		there[name] = map[day.Day]string{}
		for _, at := range []int{5, 8} {
			from, errFrom := day.Parse(l[at+1])
			to, errTo := day.Parse(l[at+2])
			if errFrom != nil || errTo != nil {
				t.Fatalf("row %v", l)
			}
			for d := from; d <= to; d = d.Add(1) {
				days++
				there[name][d] = l[at]
			}
		}
	}
	city, numbers := s.city(day.Of(2014, 1, 1), day.Of(2016, 3, 1), names)
	if city.Visits() != days || len(numbers) != 500 {
		t.Errorf("%d visits of %d people, want a visit for each of %d days of 500", city.Visits(), len(numbers), days)
	}
	// Everybody who was in one shelter with the first case of the file on a day, and nobody else.
	self := names[2]
	want := map[string]bool{}
	for name, at := range there {
		for d, centre := range at {
			if name != self && there[self][d] == centre {
				want[name] = true
			}
		}
	}
	rules := &trace.Rules{Encounter: 900, EncounterKinds: trace.EveryKind, Clauses: []trace.Clause{{Name: "there", Tier: contact.Close, Kinds: trace.EveryKind, AtLeast: 900}}}
	got := city.Contacts(rules, trace.Case{Person: trace.Person(numbers[self]), Window: trace.Window{From: 0, To: trace.Never}})
	for _, x := range got.List {
		for name, n := range numbers {
			if trace.Person(n) == x.Person && !want[name] {
				t.Errorf("%s was not there with %s", name, self)
			}
		}
	}
	if len(got.List) != len(want) || len(want) == 0 {
		t.Errorf("found %d, want %d", len(got.List), len(want))
	}
}
