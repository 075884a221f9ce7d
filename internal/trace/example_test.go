package trace_test

import (
	"fmt"
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/trace"
)

// Person 1 fell ill. Person 2 rode the bus with them and later shared an office with person 3.
func Example() {
	const bus, office = 10, 11
	at := func(hour, minute int) trace.Instant {
		return trace.At(time.Date(2022, 3, 7, hour, minute, 0, 0, time.UTC))
	}
	index := trace.NewIndex(0)
	err := index.Add(trace.Block{Visits: []trace.Visit{
		{Person: 1, Place: bus, Start: at(8, 0), End: at(8, 30)},
		{Person: 2, Place: bus, Start: at(8, 10), End: at(8, 40)},
		{Person: 2, Place: office, Start: at(9, 0), End: at(17, 0)},
		{Person: 3, Place: office, Start: at(10, 0), End: at(18, 0)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	rules := &trace.Rules{
		Clauses:   []trace.Clause{{Name: "tracing.close", Tier: contact.Close, Kinds: trace.EveryKind, AtLeast: 15 * 60}},
		Encounter: 15 * 60, EncounterKinds: trace.EveryKind,
	}
	view := index.View()
	found := view.Contacts(rules, trace.Case{Person: 1, Window: trace.Window{From: at(0, 0), To: at(23, 0)}})
	for i, c := range found.List {
		for _, e := range found.Encounters(i) {
			fmt.Printf("%d is a %s contact: place %d from %s to %s, by %s\n", c.Person, found.Tier(i), e.Place, e.From.Time().Format("15:04"), e.To.Time().Format("15:04"), found.Because(i))
		}
	}
	for _, s := range view.Secondaries(rules, found.Sources(50, nil), []trace.Person{1}, at(23, 0)) {
		fmt.Printf("%d was with %d from %s\n", s.Person, s.Via, s.At.Time().Format("15:04"))
	}
	// Output:
	// 2 is a close contact: place 10 from 08:10 to 08:30, by tracing.close
	// 3 was with 2 from 10:00
}
