package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// isInvalid says whether an order was refused because of a field.
func isInvalid(err error) bool {
	var bad *Invalid
	return errors.As(err, &bad)
}

// hall is a site with people of a community, whose tubes a test closes and reports.
type hall struct {
	*bench
	people []person.ID
	taken  int
}

func newHall(t testing.TB, open storetest.Open, people int) *hall {
	t.Helper()
	h := &hall{bench: newBench(t, open, 0)}
	list := make([]person.Person, people)
	h.must(h.db.Update(context.Background(), func(tx *store.Tx) error {
		tree, err := tx.Tree()
		if err != nil {
			return err
		}
		j, _ := tree.ByCode("370101")
		for i := range list {
			list[i] = person.Person{Area: j.ID, District: tree.District(j.ID), Age: person.AgeUnknown}
		}
		return tx.AddPeople(list)
	}))
	for _, p := range list {
		h.people = append(h.people, p.ID)
	}
	return h
}

// close registers a tube of people, by their places, swabbed now. It reaches the tables as a desk's batch does.
func (h *hall) close(code string, who ...int) {
	h.t.Helper()
	at := h.clock.now()
	members := make([]screening.Sampled, len(who))
	for i, n := range who {
		members[i] = screening.Sampled{Person: h.people[n], At: at}
	}
	kind := screening.Pool
	if len(who) == 1 {
		kind = screening.Single
	}
	h.taken++
	h.must(h.db.Update(context.Background(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.TubesRegistered, Outbreak: h.round.Outbreak, At: at, Actor: "device:1"})
		if err != nil {
			return err
		}
		return tx.AddTubes([]store.Tube{{Outbreak: h.round.Outbreak, Round: h.round.ID, Site: h.site.ID, District: h.site.District, Device: 1, Seq: int64(h.taken), Code: code, Kind: kind, People: len(who),
			Members: screening.PackMembers(members, at), ClosedAt: at, ReceivedAt: at, Changed: ref.Seq}})
	}))
}

// pass lets time pass, and the clock tick.
func (h *hall) pass(d time.Duration) Ticked {
	h.t.Helper()
	h.clock.set(h.clock.now().Add(d))
	done, err := h.Tick(context.Background())
	h.must(err)
	return done
}

// say reports results: "T1 positive", "S2 negative mixed up" (what follows the result is the reason).
func (h *hall) say(rows ...string) {
	h.t.Helper()
	var list []TubeRow
	for _, r := range rows {
		words := strings.SplitN(r, " ", 3)
		row := TubeRow{Code: words[0], Result: words[1], At: h.clock.now().Format(time.RFC3339)}
		if len(words) > 2 {
			row.Reason = words[2]
		}
		list = append(list, row)
	}
	if out := h.report("L1", list...); out.Rejected > 0 {
		h.t.Fatalf("rejected: %+v", out.Rejects)
	}
}

// state says how a person stands: held, or why let go, and the state of each of their tasks.
func (h *hall) state(who int) string {
	h.t.Helper()
	p := h.people[who]
	var out []string
	h.must(h.db.View(context.Background(), func(r *store.Reader) error {
		holds, err := r.HoldsOf(p, h.round.Outbreak)
		for _, x := range holds {
			if x.Stands() {
				out = append(out, "held")
			} else {
				out = append(out, "free:"+string(x.Lifted))
			}
		}
		return err
	}))
	for _, t := range h.ledger(onPerson(p)) {
		out = append(out, string(t.Kind)+":"+string(t.State))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (h *hall) want(who int, want string) {
	h.t.Helper()
	if got := h.state(who); got != want {
		h.t.Errorf("person %d: %s\nwant      %s", who, got, want)
	}
}

func (h *hall) caseOf(who int) *cases.Case {
	h.t.Helper()
	var out []cases.Case
	h.must(h.db.View(context.Background(), func(r *store.Reader) (err error) {
		out, err = r.CasesOf(h.people[who])
		return err
	}))
	if len(out) > 1 {
		h.t.Fatalf("person %d is %d cases", who, len(out))
	}
	if len(out) == 0 {
		return nil
	}
	return &out[0]
}

func (h *hall) tubeTasks(code string) (out []string) {
	h.t.Helper()
	for _, t := range h.ledger(onTube(h.tube(code).ID)) {
		out = append(out, string(t.Kind)+":"+string(t.State))
	}
	return out
}

func TestPositiveTubeHoldsAndLetsGo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		h := newHall(t, open, 6)
		h.close("T1", 0, 1, 2)
		h.close("T2", 3, 4)
		h.pass(6 * time.Hour)
		h.say("T1 positive", "T2 negative")
		for who := range 3 {
			h.want(who, "held hold_person:open resample_single:open")
			if h.caseOf(who) != nil {
				t.Errorf("person %d is a case by a tube of three", who)
			}
		}
		h.want(3, "")
		// One is told; the two others are sampled singly at a desk, which is seen with the next tick.
		ctx := context.Background()
		told := h.tasks(onPerson(h.people[0]))[task.HoldPerson]
		if told.Area == 0 || told.Due.Sub(h.clock.now()) != 2*time.Hour || told.Because.Rule != "pool_positive" || told.Because.Clause != "clocks.hold_person" {
			t.Errorf("the task to tell: %+v", told)
		}
		h.clock.set(h.clock.now().Add(time.Hour))
		if _, err := h.CompleteTask(ctx, Owner("test"), CompleteTask{Task: told.ID, Version: told.Version}); err != nil {
			t.Fatal(err)
		}
		h.want(0, "held hold_person:done resample_single:open")
		h.close("S1", 1)
		h.close("S2", 2)
		if done := h.pass(time.Minute); done.Sampled != 2 {
			t.Errorf("the clock saw %d singles, want 2", done.Sampled)
		}
		h.want(1, "held hold_person:done resample_single:done")
		h.pass(4 * time.Hour)
		h.say("S1 negative")
		h.want(1, "held hold_person:done resample_single:done") // nobody is known to be the positive
		h.say("S2 positive")
		h.want(1, "free:found hold_person:done resample_single:done")
		h.want(2, "free:case hold_person:done resample_single:done")
		c := h.caseOf(2)
		if c == nil || c.Class != cases.Asymptomatic || c.Found != cases.FoundCommunity || c.Code != "P-S2" {
			t.Fatalf("the positive is %+v", c)
		}
		if got := h.tasks(onCase(c.ID)); got[task.MoveCase].State != task.Open || got[task.InvestigateCase].State != task.Open {
			t.Errorf("tasks of the case: %+v", got)
		}
		// The third is sampled by a screen's order, and negative.
		s, err := h.TakeSpecimen(ctx, Owner("test"), TakeSpecimen{Of: onPerson(h.people[0]), Outbreak: "o"})
		h.must(err)
		h.clock.set(h.clock.now().Add(time.Hour))
		if _, err := h.ReportResult(ctx, Owner("test"), ReportResult{Specimen: s.ID, Result: "negative"}); err != nil {
			t.Fatal(err)
		}
		h.want(0, "free:found hold_person:done resample_single:done")
		if got := h.tubeTasks("T1"); len(got) > 0 {
			t.Errorf("tasks of the tube: %v", got)
		}
		if _, err := h.TakeSpecimen(ctx, Owner("test"), TakeSpecimen{Of: onPerson(h.people[5]), Outbreak: "o"}); !isInvalid(err) {
			t.Errorf("a specimen that nothing asks for: %v", err)
		}
		// What is told again changes nothing.
		before := h.facts(onPerson(h.people[0]))
		h.say("S1 negative", "S2 positive", "T1 positive")
		if after := h.facts(onPerson(h.people[0])); len(after) != len(before) {
			t.Errorf("facts %v, then %v", before, after)
		}
		if want := []journal.Kind{journal.PersonHeld, journal.PersonTold, journal.HoldLifted}; !slices.Equal(before, want) {
			t.Errorf("facts of person 0: %v, want %v", before, want)
		}
	})
}

// The reads behind the page of positive tubes.
func TestPositivePools(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		h := newHall(t, open, 6)
		for i, code := range []string{"T1", "T2", "T3"} {
			h.close(code, 2*i, 2*i+1)
			h.clock.set(h.clock.now().Add(time.Minute))
		}
		h.clock.set(h.clock.now().Add(6 * time.Hour))
		h.say("T1 positive", "T2 positive", "T3 leaked")
		h.must(h.db.View(context.Background(), func(r *store.Reader) error {
			list, err := r.PositivePools(h.round.Outbreak, store.Everywhere(), 0, 10)
			if err != nil || len(list) != 2 || list[0].Code != "T2" || list[1].Code != "T1" {
				t.Fatalf("positive tubes: %d, %v", len(list), err)
			}
			if older, err := r.PositivePools(h.round.Outbreak, store.Everywhere(), list[0].ID, 10); err != nil || len(older) != 1 || older[0].Code != "T1" {
				t.Errorf("older: %v, %v", older, err)
			}
			if none, err := r.PositivePools(h.round.Outbreak, store.Within{}, 0, 10); err != nil || len(none) != 0 {
				t.Errorf("%d tubes for somebody who may see none, %v", len(none), err)
			}
			before, after, err := r.DeskNeighbours(list[0], 1)
			if err != nil || len(before) != 1 || before[0].Code != "T1" || len(after) != 1 || after[0].Code != "T3" {
				t.Errorf("neighbours of T2: %v, %v, %v", before, after, err)
			}
			_, err = r.Households([]person.HouseholdID{1, 2})
			return err
		}))
	})
}

func TestAllNegativeAsksForACheck(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		h := newHall(t, open, 3)
		h.close("T1", 0, 1)
		h.clock.set(h.clock.now().Add(2 * time.Hour))
		// Somebody was sampled singly, and the result known, before the tube was: that counts, though nobody could know.
		h.close("S0", 0)
		h.clock.set(h.clock.now().Add(4 * time.Hour))
		h.say("S0 negative")
		h.want(0, "")
		h.pass(time.Hour)
		h.say("T1 positive")
		h.want(0, "held hold_person:open resample_single:done")
		h.close("S1", 1)
		h.clock.set(h.clock.now().Add(4 * time.Hour))
		h.say("S1 negative")
		h.want(0, "free:negative hold_person:void resample_single:done")
		h.want(1, "free:negative hold_person:done resample_single:done")
		if got := h.tubeTasks("T1"); !slices.Equal(got, []string{"check_tube:open"}) {
			t.Errorf("tasks of the tube: %v", got)
		}
		if err := h.CheckTube(context.Background(), Owner("test"), CheckTube{Outbreak: "o", Tube: "T1", Finding: "label of T9 was on it"}); err != nil {
			t.Fatal(err)
		}
		if got := h.tubeTasks("T1"); !slices.Equal(got, []string{"check_tube:done"}) {
			t.Errorf("tasks of the tube: %v", got)
		}
		if err := h.CheckTube(context.Background(), Owner("test"), CheckTube{Outbreak: "o", Tube: "S1", Finding: "x"}); !isInvalid(err) {
			t.Errorf("check of a tube that asks for none: %v", err)
		}
	})
}

func TestCorrectedTubeLetsGoAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		h := newHall(t, open, 4)
		h.close("T1", 0, 1)
		h.close("T2", 2, 3)
		h.pass(6 * time.Hour)
		h.say("T1 positive", "T2 negative")
		h.pass(time.Hour)
		h.say("T1 negative swapped", "T2 positive swapped")
		h.want(0, "free:corrected hold_person:void resample_single:void")
		h.want(2, "held hold_person:open resample_single:open")
		h.pass(time.Hour)
		h.say("T1 positive once more")
		h.want(0, "held hold_person:open resample_single:open")
		// Their last moment passes: they are let go, the specimen is still wanted.
		if done := h.pass(25 * time.Hour); done.LetGo != 4 {
			t.Errorf("%d let go, want 4", done.LetGo)
		}
		h.want(0, "free:over hold_person:void resample_single:open")
		if done := h.pass(time.Minute); done.LetGo != 0 {
			t.Errorf("%d let go again", done.LetGo)
		}
		var late task.Task
		for _, x := range h.ledger(onPerson(h.people[0])) {
			if x.Kind == task.ResampleSingle {
				late = x
			}
		}
		if !late.Late(h.clock.now()) || late.Level == 0 {
			t.Errorf("the specimen that nobody took: %+v", late)
		}
	})
}

func TestFailedTubes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		h := newHall(t, open, 5)
		h.close("T1", 0, 1)
		h.close("S2", 2) // one who is tested singly, and nobody's contact
		h.pass(6 * time.Hour)
		h.say("T1 leaked", "S2 invalid")
		h.want(0, "sample_again:open")
		h.want(2, "sample_again:open")
		h.close("T3", 0, 3, 4)
		h.close("S3", 2)
		h.pass(time.Minute)
		h.want(0, "sample_again:done")
		h.want(1, "sample_again:open")
		h.want(2, "sample_again:done")
		h.pass(5 * time.Hour)
		h.say("T3 positive", "S3 positive")
		h.want(0, "held hold_person:open resample_single:open sample_again:done")
		h.want(3, "held hold_person:open resample_single:open")
		if c := h.caseOf(2); c == nil || c.Class != cases.Asymptomatic {
			t.Errorf("who was singly positive is %+v", c)
		}
		// The first one was found, and is negative: nobody is asked again.
		h.pass(time.Hour)
		h.say("T1 negative found")
		h.want(1, "sample_again:void")
	})
}

func TestCaseInATubeIsNotHeld(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		h := newHall(t, open, 3)
		ctx := context.Background()
		h.close("T1", 0, 1, 2)
		h.pass(6 * time.Hour)
		k, err := h.AddCase(ctx, Owner("test"), AddCase{Outbreak: "o", Code: "A", Person: PersonFields{ID: h.people[0]}, Fields: map[string]string{"class": "suspected", "area": "370101"}})
		h.must(err)
		h.say("T1 positive")
		h.want(0, "")
		h.want(1, "held hold_person:open resample_single:open")
		h.close("S1", 1)
		h.pass(4 * time.Hour)
		h.say("S1 negative")
		h.want(1, "held hold_person:done resample_single:done")
		// The case is proven: that explains the tube.
		s, err := h.TakeSpecimen(ctx, Owner("test"), TakeSpecimen{Of: onCase(k.ID)})
		h.must(err)
		h.clock.set(h.clock.now().Add(time.Hour))
		if _, err := h.ReportResult(ctx, Owner("test"), ReportResult{Specimen: s.ID, Result: "positive"}); err != nil {
			t.Fatal(err)
		}
		h.want(1, "free:found hold_person:done resample_single:done")
		h.want(2, "held hold_person:open resample_single:open")
	})
}

func TestSelfTests(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		h := newHall(t, open, 3)
		ctx := context.Background()
		tell := func(who int, result string, ill bool) SelfTestReported {
			t.Helper()
			out, err := h.ReportSelfTest(ctx, Owner("public"), ReportSelfTest{Outbreak: "o", Person: h.people[who], Result: result, Symptoms: ill})
			h.must(err)
			return out
		}
		first := tell(0, "positive", false)
		if first.Advice != AdvisePCR || h.caseOf(0) != nil {
			t.Errorf("positive: %+v, case %+v", first, h.caseOf(0))
		}
		h.want(0, "sample_self_test:open")
		if again := tell(0, "positive", false); again.Test.ID != first.Test.ID {
			t.Errorf("the same report again is another one")
		}
		if a := tell(1, "negative", true).Advice; a != AdvisePCRSoon {
			t.Errorf("negative with symptoms: %s", a)
		}
		if a := tell(2, "negative", false).Advice; a != AdviseNothing {
			t.Errorf("negative: %s", a)
		}
		h.want(1, "")
		h.clock.set(h.clock.now().Add(time.Hour))
		h.close("S0", 0)
		h.pass(time.Minute)
		h.want(0, "sample_self_test:done")
		h.pass(4 * time.Hour)
		h.say("S0 positive")
		if c := h.caseOf(0); c == nil || c.Class != cases.Asymptomatic {
			t.Errorf("case: %+v", c)
		}
		if _, err := h.ReportSelfTest(ctx, Owner("public"), ReportSelfTest{Outbreak: "o", Person: h.people[0], Result: "maybe"}); !isInvalid(err) {
			t.Errorf("a result that is none: %v", err)
		}
	})
}

// A city's worst hour: 650 tubes of ten are positive in one report, 6,500 people are held.
func BenchmarkPositiveTubes(b *testing.B) {
	for name, engine := range map[string]func(testing.TB) storetest.Open{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) { benchPositiveTubes(b, engine) })
	}
}

func benchPositiveTubes(b *testing.B, engine func(testing.TB) storetest.Open) {
	const tubes = 650
	for range b.N {
		b.StopTimer()
		h := newHall(b, engine(b), 10*tubes)
		var rows []TubeRow
		list := make([]store.Tube, tubes)
		at := h.clock.now()
		for i := range list {
			members := make([]screening.Sampled, 10)
			for j := range members {
				members[j] = screening.Sampled{Person: h.people[10*i+j], At: at}
			}
			list[i] = store.Tube{Outbreak: h.round.Outbreak, Round: h.round.ID, Site: h.site.ID, District: h.site.District, Device: 1, Seq: int64(i), Code: fmt.Sprint("T", i), Kind: screening.Pool, People: 10,
				Members: screening.PackMembers(members, at), ClosedAt: at, ReceivedAt: at, Changed: 1}
			rows = append(rows, TubeRow{Code: list[i].Code, Result: string(lab.TubePositive)})
		}
		h.must(h.db.Update(context.Background(), func(tx *store.Tx) error { return tx.AddTubes(list) }))
		h.clock.set(h.clock.now().Add(6 * time.Hour))
		b.StartTimer()
		h.report("L1", rows...)
	}
	b.ReportMetric(float64(10*tubes*b.N)/b.Elapsed().Seconds(), "people/s")
}

// Another pack is put in force while people are held, and back: the preview says what happens to them, and it happens.
func TestChangePackLooksAtWhoIsHeld(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		ctx, by := context.Background(), Owner("test")
		h := newHall(t, open, 8)
		h.close("T1", 0, 1, 2)
		h.close("T2", 3, 4)
		h.close("T3", 5, 6)
		h.pass(6 * time.Hour)
		reported := h.clock.now()
		h.say("T1 positive", "T2 leaked", "T3 positive")
		h.close("S5", 5)
		h.close("S6", 6)
		h.pass(time.Hour)
		h.say("S5 negative", "S6 negative")
		due := h.tasks(onPerson(h.people[0]))[task.ResampleSingle].Due
		if got := due.Sub(reported); got != 6*time.Hour {
			t.Fatalf("under v9 a single specimen is due in %s", got)
		}
		change := func(pack string) PackEffect {
			t.Helper()
			order := ChangePack{Outbreak: "o", Pack: pack, Reason: "test"}
			preview, err := h.PreviewPack(ctx, by, order)
			h.must(err)
			if !preview.Whole() {
				t.Errorf("preview of a part: %+v", preview)
			}
			h.want(0, map[bool]string{true: "held hold_person:open resample_single:open", false: "free:pack hold_person:void resample_single:open"}[pack == "covid19/2022-12"])
			_, err = h.ChangePack(ctx, by, order)
			h.must(err)
			var did PackEffect
			left, err := h.CarryPack(ctx, h.round.Outbreak, 1000, func(e PackEffect) { did = e })
			h.must(err)
			if left || did != preview.PackEffect {
				t.Errorf("carried over %+v, the preview said %+v", did, preview.PackEffect)
			}
			return did
		}
		// December's holds nobody, and asks for a single specimen within a day.
		if did := change("covid19/2022-12"); did.LetGo != 3 || did.Held != 0 || did.People != 5 || did.Tubes != 1 || did.Voided != 3 || did.Moved != 4 {
			t.Errorf("carried over %+v", did)
		}
		h.want(0, "free:pack hold_person:void resample_single:open")
		if k := h.tasks(onPerson(h.people[0]))[task.ResampleSingle]; k.Due.Sub(reported) != 24*time.Hour || k.Because.Rule != "pack_changed" || k.Because.Pack != "covid19/2022-12@1" {
			t.Errorf("the single specimen: %+v", k)
		}
		h.must(h.db.View(ctx, func(r *store.Reader) error {
			list, err := r.EntriesOfKinds(onPerson(h.people[0]), journal.HoldLifted)
			if err == nil && (len(list) != 1 || list[0].Rule != "pack_changed" || list[0].Pack != "covid19/2022-12@1" || list[0].Cause.Seq == 0) {
				t.Errorf("let go by %+v", list)
			}
			return err
		}))
		// Back under the ninth edition, whoever is still to be sampled is held, told anew, and until an end that is counted from then.
		h.pass(time.Hour)
		if did := change("covid19/2022-v9"); did.Held != 3 || did.LetGo != 0 || did.Sooner != 0 {
			t.Errorf("carried over %+v", did)
		}
		h.want(0, "held hold_person:open resample_single:open")
		h.want(3, "sample_again:open")
		h.want(7, "")
	})
}

// One person was entered twice, and both records are in positive tubes: after the merge they are held once for each tube, until the later end, and a specimen of either record clears them.
func TestMergedPersonIsHeldOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		h := newHall(t, open, 6)
		h.close("T1", 0, 1, 2) // the same person at places 0 and 1 of one tube
		h.close("T2", 1, 3)
		h.pass(6 * time.Hour)
		h.say("T1 positive")
		h.pass(2 * time.Hour)
		h.say("T2 positive")
		h.close("S1", 1)
		h.pass(time.Hour)
		h.want(0, "held hold_person:open resample_single:open")
		h.want(1, "held held hold_person:done hold_person:done resample_single:done resample_single:done")
		kept, gone := h.people[0], h.people[1]
		m := h.merge(kept, gone)
		h.want(0, "held held hold_person:done hold_person:done resample_single:done resample_single:done")
		h.want(1, "free:merged hold_person:done hold_person:done resample_single:done resample_single:done")
		h.must(h.db.View(context.Background(), func(r *store.Reader) error { return heldOnce(r, kept, gone) }))
		// What the laboratory says of the specimen of the other record is said of them.
		h.say("S1 positive")
		h.want(0, "free:case free:case hold_person:done hold_person:done resample_single:done resample_single:done")
		if c := h.caseOf(0); c == nil || c.Class != cases.Asymptomatic || h.caseOf(1) != nil {
			t.Errorf("the case is %+v", c)
		}
		h.close("S3", 3)
		h.pass(time.Hour)
		h.say("S3 negative")
		h.want(3, "free:found hold_person:done resample_single:done")
		// Two again: what came since stays with the one who was kept; nobody is held for what was the other's.
		_, err := h.UnmergePeople(context.Background(), Owner("test"), UnmergePeople{Merge: m.ID, Reason: "twins"})
		h.must(err)
		h.pass(25 * time.Hour)
		for who := range 4 {
			if strings.Contains(h.state(who), "held") {
				t.Errorf("person %d is held after a day: %s", who, h.state(who))
			}
		}
	})
}
