package command

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/facility"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

func (s *story) pair(a, b person.ID) (n int64) {
	s.t.Helper()
	s.must(s.db.View(context.Background(), func(r *store.Reader) (err error) {
		n, err = r.PairVersion(a, b)
		return err
	}))
	return n
}

func (s *story) merge(kept, gone person.ID) store.Merge {
	s.t.Helper()
	m, err := s.MergePeople(context.Background(), Owner("test"), MergePeople{Kept: kept, Gone: gone, Seen: s.pair(kept, gone), Reason: "same document"})
	s.must(err)
	return m
}

// TestMergePeople: two records of one pupil, each a case and one a contact as well, become one; and two again.
func TestMergePeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		s := newStory(t, open, "covid19/2022-v9")
		add := func(code string, fields map[string]string) cases.Case {
			fields["area"] = "370101"
			c, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: code, Fields: fields})
			s.must(err)
			return c.Case
		}
		a := add("A", map[string]string{"class": "suspected", "onset": "2022-03-03"})
		b := add("B", map[string]string{"class": "confirmed", "reported_at": "2022-03-05", "hospital": "First"})
		index := add("I", map[string]string{"class": "confirmed", "onset": "2022-02-27"})
		s.must(s.LinkCases(ctx, by, LinkCases{Outbreak: "o", From: "I", To: "A", Kind: cases.Transmission}))
		s.must(s.LinkCases(ctx, by, LinkCases{Outbreak: "o", From: "I", To: "B", Kind: cases.Transmission}))
		s.must(s.LinkCases(ctx, by, LinkCases{Outbreak: "o", From: "A", To: "B", Kind: cases.Transmission}))
		met, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "M", Case: b.ID, Fields: map[string]string{"last_exposed": "2022-03-04"}})
		s.must(err)
		k, err := s.ListContact(ctx, by, ListContact{Outbreak: "o", Code: "K", Case: index.ID, Person: PersonFields{ID: b.Person}, Fields: map[string]string{"last_exposed": "2022-03-01"}})
		s.must(err)

		m := s.merge(a.Person, b.Person)
		one, err := s.readCase(ctx, a.ID)
		s.must(err)
		if one.Class != cases.Confirmed || one.Hospital != "First" || one.Onset.String() != "2022-03-03" || one.ReportedAt.IsZero() {
			t.Errorf("the kept case is %s, hospital %q, onset %s, reported %s", one.Class, one.Hospital, one.Onset, one.ReportedAt)
		}
		other, err := s.readCase(ctx, b.ID)
		s.must(err)
		if other.MergedInto != a.ID || other.Class != cases.Confirmed {
			t.Errorf("the other case: merged into %d, %s", other.MergedInto, other.Class)
		}
		if got := s.contact(met.ID); got.Case != a.ID {
			t.Errorf("who met B is a contact of case %d, want %d", got.Case, a.ID)
		}
		if got := s.contact(k.ID); got.Person != a.Person || got.State != contact.BecameCase || got.BecameCase != a.ID {
			t.Errorf("the contact is person %d, %s, became %d", got.Person, got.State, got.BecameCase)
		}
		for kind, k := range s.tasks(onCase(b.ID)) {
			if k.State == task.Open || k.State == task.Void && k.EndReason != "case_merged" {
				t.Errorf("%s of the merged case is %s because of %q", kind, k.State, k.EndReason)
			}
		}
		if k := s.tasks(onCase(a.ID))[task.ReportCase]; k.State != task.Done {
			t.Errorf("the kept case's report is %s: the other record had it", k.State)
		}
		s.must(s.db.View(ctx, func(r *store.Reader) error {
			links, err := r.LinksOf(a.ID)
			if len(links) != 1 || links[0].From != index.ID {
				t.Errorf("links after the merge: %+v", links)
			}
			list, err2 := r.Cases(store.CaseFilter{Outbreak: a.Outbreak, Within: store.Everywhere()}, store.CasesByCode, store.Page{Limit: 10})
			if len(list.Cases) != 2 {
				t.Errorf("%d cases are listed, want 2", len(list.Cases))
			}
			return errors.Join(err, err2)
		}))

		var merged *Merged
		if _, err := s.CorrectCase(ctx, by, CorrectCase{Case: b.ID, Version: other.Version, Fields: map[string]string{"hospital": "x"}}); !errors.As(err, &merged) || merged.Into != "A" {
			t.Errorf("correcting a merged case: %v", err)
		}
		var conflict *store.Conflict
		if _, err := s.MergePeople(ctx, by, MergePeople{Kept: b.Person, Gone: a.Person, Seen: s.pair(a.Person, b.Person), Reason: "x"}); !errors.As(err, &merged) {
			t.Errorf("merging again: %v", err)
		}
		if _, err := s.MergePeople(ctx, by, MergePeople{Kept: a.Person, Gone: index.Person, Seen: 1, Reason: "x"}); !errors.As(err, &conflict) {
			t.Errorf("merging what changed meanwhile: %v", err)
		}

		// What happens to the one person between merge and undo stays with the record that was kept.
		one, err = s.CorrectCase(ctx, by, CorrectCase{Case: a.ID, Version: one.Version, Fields: map[string]string{"hospital": "Second"}})
		s.must(err)
		_, err = s.UnmergePeople(ctx, by, UnmergePeople{Merge: m.ID, Reason: "twins"})
		s.must(err)
		one, err = s.readCase(ctx, a.ID)
		s.must(err)
		if one.Class != cases.Suspected || one.Hospital != "Second" || !one.ReportedAt.IsZero() {
			t.Errorf("after the undo A is %s, hospital %q, reported %s", one.Class, one.Hospital, one.ReportedAt)
		}
		if got := s.contact(k.ID); got.Person != b.Person || got.State != contact.BecameCase || got.BecameCase != b.ID {
			t.Errorf("after the undo the contact is person %d, %s", got.Person, got.State)
		}
		if k := s.tasks(onCase(b.ID))[task.MoveCase]; k.State != task.Open {
			t.Errorf("after the undo B's move is %s", k.State)
		}
		if _, err := s.UnmergePeople(ctx, by, UnmergePeople{Merge: m.ID, Reason: "again"}); !errors.As(err, &conflict) {
			t.Errorf("undoing twice: %v", err)
		}
		v, err := s.db.VerifyJournal(ctx)
		s.must(err)
		if !v.Intact {
			t.Error(v.Broken)
		}
	})
}

// TestMergeTakes: a field that the caller chose counts as the other record has it, nothing is taken away by what that one does not say, and the undo knows.
func TestMergeTakes(t *testing.T) {
	ctx, by := context.Background(), Owner("test")
	s := newStory(t, storetest.SQLite(t), "covid19/2022-v9")
	add := func(code string, of PersonFields, fields map[string]string) cases.Case {
		fields["class"], fields["area"] = "confirmed", "370101"
		c, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: code, Person: of, Fields: fields})
		s.must(err)
		return c.Case
	}
	a := add("A", PersonFields{Sex: "male", Age: "30"}, map[string]string{"onset": "2022-03-03", "hospital": "First", "setting": "home", "x.job": "nurse"})
	b := add("B", PersonFields{Sex: "female"}, map[string]string{"onset": "2022-03-01", "hospital": "Second", "x.job": "teacher"})
	for _, wrong := range []string{"case.class", "contact.tier", "case.colour", "sex", "person.x.job", "case.x."} {
		var invalid *Invalid
		if _, err := s.MergePeople(ctx, by, MergePeople{Kept: a.Person, Gone: b.Person, Seen: s.pair(a.Person, b.Person), Reason: "same", Take: []string{wrong}}); !errors.As(err, &invalid) || invalid.Field != "take" {
			t.Errorf("taking %q: %v", wrong, err)
		}
	}
	m, err := s.MergePeople(ctx, by, MergePeople{Kept: a.Person, Gone: b.Person, Seen: s.pair(a.Person, b.Person), Reason: "same",
		Take: []string{"person.sex", "person.age", "case.onset", "case.setting", "case.x.job"}})
	s.must(err)
	one, err := s.readCase(ctx, a.ID)
	s.must(err)
	if one.Onset.String() != "2022-03-01" || one.Hospital != "First" || one.Setting != "home" || one.Attributes["job"] != "teacher" {
		t.Errorf("merged: onset %s, hospital %q, setting %q, job %q", one.Onset, one.Hospital, one.Setting, one.Attributes["job"])
	}
	who := func() (p person.Person) {
		s.must(s.db.View(ctx, func(r *store.Reader) (err error) {
			p, err = r.Person(a.Person)
			return err
		}))
		return p
	}
	if p := who(); p.Sex != person.Female || p.Age != 30 {
		t.Errorf("merged: %s, %d years", p.Sex, p.Age)
	}
	if k, _, err := MergedRecords(m); err != nil || !slices.Equal(k, []cases.ID{b.ID}) {
		t.Errorf("the merge took cases %v, want %d (%v)", k, b.ID, err)
	}
	_, err = s.UnmergePeople(ctx, by, UnmergePeople{Merge: m.ID, Reason: "cousins"})
	s.must(err)
	one, err = s.readCase(ctx, a.ID)
	s.must(err)
	if p := who(); p.Sex != person.Male || one.Onset.String() != "2022-03-03" || one.Attributes["job"] != "nurse" {
		t.Errorf("taken back: %s, onset %s, job %q", p.Sex, one.Onset, one.Attributes["job"])
	}
}

// kept are the tables that an undo leaves as they were, and the columns of each that only ever grow.
var kept = map[string][]string{"person": {"version"}, "cases": {"version"}, "contact": {"version"}, "contact_check": nil, "specimen": {"version"}, "link": nil, "zone": {"version"}, "exposure": {"version"}, "identity_index": nil,
	"told_apart": nil, "hold": nil, "tube_member": nil, "self_test": nil, "screening_standing": nil, "person_group": nil, "appeal": {"version"}, "stay": {"version"}, "severity": nil, "admission": {"version"}, "task": {"version"}, "coverage": {"times", "loose", "n_void"}, "task_total": {"n_void"}}

// tables reads every row of those tables as text, by key.
func tables(t *rapid.T, db *sql.DB) map[string]map[string]string {
	out := map[string]map[string]string{}
	for table, grow := range kept {
		out[table] = tableOf(t, db, table, grow)
	}
	return out
}

// tableOf reads every row of one of them.
func tableOf(t *rapid.T, db *sql.DB, table string, grow []string) map[string]string {
	out := map[string]string{}
	rows, err := db.QueryContext(context.Background(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		key, text, counted := "", "", false
		for i, name := range names {
			v := fmt.Sprint(*cells[i].(*any))
			switch {
			case slices.Contains(grow, name):
				continue
			case name == "id", table == "coverage" && i < 5, (table == "tube_member" || table == "screening_standing" || table == "person_group") && i < 2, table == "task_total" && i < 4, table == "identity_index":
				key += v + " "
			case strings.HasPrefix(name, "n_"):
				counted = counted || v != "0"
			}
			text += name + "=" + v + " "
		}
		if strings.Contains(text, " n_open=") && !counted {
			continue // counts nothing
		}
		out[key] = text
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestUnmergeRestores: whatever two people are on record, merging them and taking it back leaves every row as it was. New are only the record of the
// merge, the journal, and tasks and zones that the merge asked for: those are void and withdrawn.
func TestUnmergeRestores(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		var o store.Options
		s := newStory(t, func(change ...func(*store.Options)) *store.DB {
			return open(append(change, func(have *store.Options) { o = *have })...)
		}, "covid19/2022-v9")
		db := storetest.SQL(t, o)
		enough := 30 // each is some twenty orders on a real database; who asks for another number gets it
		if testing.Short() {
			enough = 8
		}
		if f := flag.Lookup("rapid.checks"); f.Value.String() != f.DefValue {
			enough = math.MaxInt
		}
		n, failed, start := 0, false, s.clock.now()
		rapid.Check(t, func(t *rapid.T) {
			if n++; n > enough && !failed {
				return
			}
			defer func() { failed = failed || t.Failed() }()
			must := func(err error) {
				if err != nil {
					t.Fatal(err)
				}
			}
			// Each run is an outbreak of its own, at the same hour: what it finds does not hang on the runs before, so it shrinks and comes again.
			s.clock.set(start)
			name := "o" + strconv.Itoa(n)
			_, err := s.StartOutbreak(ctx, by, StartOutbreak{Name: name, Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
			must(err)
			var people []person.ID
			var subjects []task.Subject
			var own []cases.Case
			var contacts []contact.ID
			day := func(of string) string { return fmt.Sprintf("2022-03-%02d", rapid.IntRange(1, 5).Draw(t, of)) }
			for i := range 4 {
				fields := map[string]string{"class": rapid.SampledFrom([]string{"suspected", "confirmed", "probable", "discarded"}).Draw(t, "class")}
				if rapid.Bool().Draw(t, "where") {
					fields["area"] = "370101"
				}
				if rapid.Bool().Draw(t, "onset") {
					fields["onset"] = day("onset")
				}
				if rapid.Bool().Draw(t, "reported") {
					fields["reported_at"] = day("reported")
				}
				of := PersonFields{Sex: rapid.SampledFrom([]string{"", "male", "female"}).Draw(t, "sex"), Age: rapid.SampledFrom([]string{"", "7"}).Draw(t, "age")}
				if len(own) == 0 || rapid.Bool().Draw(t, "case") {
					c, err := s.AddCase(ctx, by, AddCase{Outbreak: name, Person: of, Fields: fields})
					must(err)
					people, subjects, own = append(people, c.Person), append(subjects, onCase(c.ID)), append(own, c.Case)
					of = PersonFields{ID: c.Person}
				}
				if i > 0 && rapid.Bool().Draw(t, "contact") {
					in := ListContact{Outbreak: name, Case: own[rapid.IntRange(0, len(own)-1).Draw(t, "of")].ID, Person: of,
						Fields: map[string]string{"last_exposed": day("last"), "tier": rapid.SampledFrom([]string{"close", "general"}).Draw(t, "tier")}}
					if len(contacts) > 0 && rapid.Bool().Draw(t, "secondary") {
						in.Case, in.Parent, in.Fields["tier"] = 0, contacts[0], "secondary"
					}
					if of.ID != 0 && in.Case == own[len(own)-1].ID { // nobody is a contact of themselves
						continue
					}
					k, err := s.ListContact(ctx, by, in)
					must(err)
					people, subjects, contacts = append(people, k.Person), append(subjects, onContact(k.ID)), append(contacts, k.ID)
				}
			}
			for _, k := range contacts {
				if rapid.Bool().Draw(t, "checked") {
					_, err := s.RecordCheck(ctx, by, RecordCheck{Contact: k, Seen: rapid.Bool().Draw(t, "seen")})
					must(err)
				}
			}
			for _, c := range own {
				if to := own[rapid.IntRange(0, len(own)-1).Draw(t, "to")]; to.ID != c.ID {
					err := s.LinkCases(ctx, by, LinkCases{Outbreak: name, From: c.Code, To: to.Code, Kind: cases.Transmission, Reason: "drawn"})
					if invalid := (*Invalid)(nil); !errors.As(err, &invalid) { // a circle is refused
						must(err)
					}
				}
			}
			if rapid.Bool().Draw(t, "sampled") {
				sp, err := s.TakeSpecimen(ctx, by, TakeSpecimen{Of: subjects[0], Code: "T" + strconv.Itoa(n)})
				must(err)
				if rapid.Bool().Draw(t, "positive") {
					_, err = s.ReportResult(ctx, by, ReportResult{Specimen: sp.ID, Result: "positive"})
					must(err)
				}
			}
			slices.Sort(people)
			people = slices.Compact(people)
			must(s.kept(t, name, n, own, contacts))
			must(s.screened(t, name, n, people))
			a, b := rapid.SampledFrom(people).Draw(t, "kept"), rapid.SampledFrom(people).Draw(t, "gone")
			if a == b {
				t.Skip("one person")
			}
			take := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"person.sex", "person.age", "case.onset", "case.reported_at", "case.area", "contact.last_exposed", "case.x.cluster"}), rapid.ID[string]).Draw(t, "take")
			before := tables(t, db)
			m, err := s.MergePeople(ctx, by, MergePeople{Kept: a, Gone: b, Seen: s.pair(a, b), Reason: "same", Take: take})
			var invalid *Invalid
			if errors.As(err, &invalid) {
				t.Skip("what is taken does not go together")
			}
			must(err)
			must(s.db.View(ctx, func(r *store.Reader) error { return heldOnce(r, a, b) }))
			_, err = s.UnmergePeople(ctx, by, UnmergePeople{Merge: m.ID, Reason: "not the same"})
			must(err)
			after := tables(t, db)
			for table := range kept {
				for key, was := range before[table] {
					if now := after[table][key]; now != was {
						t.Fatalf("%s %swas\n %s\nand is after merge and undo\n %s", table, key, was, now)
					}
				}
				for key, is := range after[table] {
					_, had := before[table][key]
					withdrawn := strings.Contains(is, "state=declined") && strings.Contains(is, " decided_at=0 ")
					aside := table == "exposure" && !strings.Contains(is, " aside=0 ")
					begun := table == "hold" && strings.Contains(is, "lifted=merged")
					if !had && !strings.Contains(is, "state=void") && !withdrawn && !aside && !begun {
						t.Fatalf("merge and undo left %s %s: %s", table, key, is)
					}
				}
			}
		})
	})
}

// kept draws where people are kept and how they are treated: cases in a hospital or at home, contacts at a site or at home, or a bed that is kept for them.
func (s *story) kept(t *rapid.T, name string, n int, own []cases.Case, contacts []contact.ID) error {
	if !rapid.Bool().Draw(t, "kept apart") {
		return nil
	}
	ctx, by := context.Background(), Owner("test")
	made, err := s.AddFacilities(ctx, by, AddFacilities{Outbreak: name, Facilities: []FacilityFields{
		{Code: "H" + strconv.Itoa(n), Kind: facility.Hospital, Area: "370101", Open: true}, {Code: "Q" + strconv.Itoa(n), Kind: facility.QuarantineSite, Area: "370101", Open: true}}})
	if err != nil {
		return err
	}
	for i, level := range []facility.Level{facility.WardLevel, facility.NoLevel} {
		rooms := []RoomFields{{Code: "1", Beds: 2, Use: facility.Ward, Level: level}, {Code: "2", Beds: 2, Use: facility.Ward, Level: level}, {Code: "3", Beds: 4, Use: facility.Ward, Level: level}}
		if _, err := s.AddRooms(ctx, by, AddRooms{Facility: made[i].ID, Rooms: rooms}); err != nil {
			return err
		}
	}
	var refused []error
	for _, c := range own {
		switch rapid.SampledFrom([]string{"", "hospital", "home", "booked"}).Draw(t, "case is") {
		case "hospital":
			_, err = s.AdmitCase(ctx, by, AdmitCase{Case: c.ID, Hospital: made[0].Code})
			refused = append(refused, err)
			_, err = s.RecordSeverity(ctx, by, RecordSeverity{Case: c.ID, Severity: "mild"})
		case "home":
			_, err = s.StartHomeStay(ctx, by, StartHomeStay{Outbreak: name, Guests: []Guest{{Case: c.ID}}})
		case "booked":
			_, err = s.BookStays(ctx, by, BookStays{Outbreak: name, Facility: made[0].Code, Guests: []Guest{{Case: c.ID}}})
		}
		refused = append(refused, err)
		err = nil
	}
	for _, k := range contacts {
		in := BookStays{Outbreak: name, Facility: made[1].Code, Guests: []Guest{{Contact: k}}}
		switch rapid.SampledFrom([]string{"", "site", "home", "booked"}).Draw(t, "contact is") {
		case "site":
			_, err = s.WalkIn(ctx, by, WalkIn{BookStays: in})
		case "home":
			_, err = s.StartHomeStay(ctx, by, StartHomeStay{Outbreak: name, Guests: in.Guests})
		case "booked":
			_, err = s.BookStays(ctx, by, in)
		}
		refused = append(refused, err)
		err = nil
	}
	for _, err := range refused {
		var invalid *Invalid
		var full *NoBed
		if err != nil && !errors.As(err, &invalid) && !errors.As(err, &full) {
			return err // what is drawn need not be allowed: children alone, cases that have ended
		}
	}
	return nil
}

// screened draws what testing rounds know of people: tubes with results, singles after them, self-tests, what was said of them in the round, and groups.
func (s *story) screened(t *rapid.T, name string, n int, people []person.ID) error {
	if !rapid.Bool().Draw(t, "screened") {
		return nil
	}
	ctx, by, now := context.Background(), Owner("test"), s.clock.now()
	round, err := s.PlanRound(ctx, by, PlanRound{Outbreak: name, Areas: []string{"37"}, StartsAt: now, EndsAt: now.Add(24 * time.Hour), Pool: 10})
	if err != nil {
		return err
	}
	if round, err = s.OpenRound(ctx, by, round.ID, 0); err != nil {
		return err
	}
	sites, err := s.AddSites(ctx, by, AddSites{Outbreak: name, Sites: []SiteFields{{Code: "S", Area: "370101", Lanes: 1}}})
	if err != nil {
		return err
	}
	if _, err := s.AddLaboratories(ctx, by, AddLaboratories{Outbreak: name, Laboratories: []LaboratoryFields{{Code: "L", Area: "37"}}}); err != nil {
		return err
	}
	report := func(results map[string]string) error {
		in := ReportTubes{Outbreak: name, Laboratory: "L"}
		for code, result := range results {
			in.Rows = append(in.Rows, TubeRow{Code: code, Result: result, At: s.clock.now().Format(time.RFC3339)})
		}
		slices.SortFunc(in.Rows, func(a, b TubeRow) int { return strings.Compare(a.Code, b.Code) })
		_, err := s.ReportTubes(ctx, by, in)
		return err
	}
	results := map[string]string{}
	tube := func(code string, who []person.ID) error {
		var members []screening.Sampled
		for _, p := range who {
			members = append(members, screening.Sampled{Person: p, At: s.clock.now()})
		}
		results[code] = rapid.SampledFrom([]string{"positive", "positive", "negative", "leaked"}).Draw(t, "result")
		return s.db.Update(ctx, func(tx *store.Tx) error {
			ref, err := tx.Append(journal.Entry{Kind: journal.TubesRegistered, Outbreak: round.Outbreak, Actor: "device:1"})
			if err != nil {
				return err
			}
			kind := screening.Pool
			if len(who) == 1 {
				kind = screening.Single
			}
			return tx.AddTubes([]store.Tube{{Outbreak: round.Outbreak, Round: round.ID, Site: sites[0].ID, District: sites[0].District, Device: 1, Seq: int64(len(results)), Code: code, Kind: kind, People: len(who),
				Members: screening.PackMembers(members, s.clock.now()), ClosedAt: s.clock.now(), ReceivedAt: s.clock.now(), Changed: ref.Seq}})
		})
	}
	for i := range rapid.IntRange(1, 2).Draw(t, "tubes") {
		who := rapid.SliceOfNDistinct(rapid.SampledFrom(people), 1, len(people), rapid.ID[person.ID]).Draw(t, "in tube")
		if err := tube(fmt.Sprintf("P%d-%d", n, i), who); err != nil {
			return err
		}
	}
	s.clock.set(s.clock.now().Add(3 * time.Hour))
	if err := report(results); err != nil {
		return err
	}
	clear(results)
	for i, p := range people {
		if rapid.Bool().Draw(t, "singly") {
			if err := tube(fmt.Sprintf("S%d-%d", n, i), []person.ID{p}); err != nil {
				return err
			}
		}
		if rapid.Bool().Draw(t, "self-test") {
			if _, err := s.ReportSelfTest(ctx, by, ReportSelfTest{Outbreak: name, Person: p, Result: "positive"}); err != nil {
				return err
			}
		}
	}
	s.clock.set(s.clock.now().Add(2 * time.Hour))
	if len(results) > 0 && rapid.Bool().Draw(t, "read") {
		if err := report(results); err != nil {
			return err
		}
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		var said []store.Standing
		var groups []store.GroupChange
		for _, p := range people {
			if word := rapid.SampledFrom([]screening.Standing{"", screening.Exempt, screening.Refuses}).Draw(t, "standing"); word != "" {
				said = append(said, store.Standing{Person: p, Standing: word, Reason: "drawn", SaidAt: s.clock.now(), SaidBy: "test"})
			}
			if rapid.Bool().Draw(t, "in group") {
				groups = append(groups, store.GroupChange{Group: "teacher", Person: p, Member: rapid.Bool().Draw(t, "member")})
			}
		}
		if err := tx.SetStandings(round.ID, said); err != nil {
			return err
		}
		ref, err := tx.Append(journal.Entry{Kind: journal.PeopleRegistered})
		if err != nil {
			return err
		}
		return tx.ChangeGroups(groups, ref.Seq)
	})
}

// heldOnce says whether a merge left anything of tubes and holds with the record that is gone, or the one person held twice for a tube.
func heldOnce(r *store.Reader, kept, gone person.ID) error {
	holds, err := r.HoldsOfPeople([]person.ID{kept, gone})
	if err != nil {
		return err
	}
	for _, h := range holds[gone] {
		if h.Stands() {
			return fmt.Errorf("the record that is gone is held for tube %d", h.Tube)
		}
	}
	once := map[screening.TubeID]bool{}
	for _, h := range holds[kept] {
		if h.Stands() && once[h.Tube] {
			return fmt.Errorf("one person is held twice for tube %d", h.Tube)
		}
		once[h.Tube] = once[h.Tube] || h.Stands()
	}
	tasks, err := r.TasksOf(onPerson(gone))
	for _, k := range tasks {
		if k.State == task.Open {
			return fmt.Errorf("the record that is gone is still asked for %s", k.Kind)
		}
	}
	return err
}
