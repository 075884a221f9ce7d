package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/cases"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/task"
)

// tubeStep enters one drawn fact about tubes, singles, or a case among the people in them.
func (o *outbreak) tubeStep(rt *rapid.T) (string, error) {
	op := rapid.SampledFrom([]string{"pool", "pool", "again", "result", "result", "result", "sample", "correct", "case", "class", "told", "checked", "selftest", "time", "time"}).Draw(rt, "op")
	if len(o.tubes) == 0 && op != "time" {
		op = "pool"
	}
	switch op {
	case "pool":
		n := rapid.IntRange(2, 4).Draw(rt, "people")
		o.people = max(o.people, 6)
		var members []person.ID
		for len(members) < n {
			if p := person.ID(rapid.IntRange(1, o.people).Draw(rt, "member")); !slices.Contains(members, p) {
				members = append(members, p)
			}
		}
		return op, o.Pool(fmt.Sprint("T", len(o.tubes)+1), members, o.now.Add(-time.Duration(rapid.IntRange(0, 9).Draw(rt, "back"))*time.Hour), aTubeResult(rt))
	case "again":
		return op, o.Pool(rapid.SampledFrom(o.tubes).Draw(rt, "tube").code, nil, o.now, aTubeResult(rt))
	case "result", "sample":
		s := lab.Specimen{Method: lab.PCR, TakenAt: o.now.Add(-time.Duration(rapid.IntRange(0, 5).Draw(rt, "back")) * time.Hour)}
		if op == "result" {
			s.Result, s.ResultAt = rapid.SampledFrom([]lab.Result{lab.Negative, lab.Negative, lab.Negative, lab.Positive, lab.Inconclusive}).Draw(rt, "result"), o.now
		}
		_, err := o.Sample(o.anybody(rt), s)
		return op, err
	case "correct":
		p := o.anybody(rt)
		if all := o.Specimens(p); len(all) > 0 {
			return op, o.Result(p, all[len(all)-1].ID, rapid.SampledFrom([]lab.Result{lab.Negative, lab.Positive, lab.Invalid}).Draw(rt, "result"), o.now)
		}
	case "case":
		p := o.anybody(rt)
		if o.caseOf[p] == 0 {
			c := cases.Case{Person: p, Code: fmt.Sprint("P", p), Class: rapid.SampledFrom(cases.Classes()).Draw(rt, "class"), NotedAt: o.now}
			if c.Class.Infected() {
				c.ConfirmedAt = o.now
			}
			_, err := o.AddCase(c)
			return op, err
		}
	case "class":
		if len(o.cases) > 0 {
			class := rapid.SampledFrom(cases.Classes()).Draw(rt, "class")
			return op, o.ChangeCase(cases.ID(rapid.IntRange(1, len(o.cases)).Draw(rt, "case")), "case.corrected", func(c *cases.Case) {
				c.Class = class
				if class.Infected() && c.ConfirmedAt.IsZero() {
					c.ConfirmedAt = o.now
				}
			})
		}
	case "told":
		return op, o.Tell(o.anybody(rt))
	case "checked":
		return op, o.CheckTube(rapid.SampledFrom(o.tubes).Draw(rt, "tube").code)
	case "selftest":
		return op, o.SelfTest(o.anybody(rt), rapid.SampledFrom([]screening.SelfTestResult{screening.SelfPositive, screening.SelfNegative}).Draw(rt, "result"))
	case "time":
		return op, o.Advance(o.now.Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "hours")) * time.Hour))
	}
	return op, nil
}

func aTubeResult(rt *rapid.T) lab.TubeResult {
	return rapid.SampledFrom([]lab.TubeResult{lab.TubePositive, lab.TubePositive, lab.TubePositive, lab.TubeNegative, lab.TubeInconclusive, lab.TubeLost}).Draw(rt, "tube result")
}

// told is what a plain reading of a person's single specimens and case says, without the rules.
func (o *outbreak) told(m memberRow) (proven, negative, taken, isCase, infected bool) {
	for _, s := range o.specimens[m.person] {
		if s.TakenAt.After(m.at) {
			taken = true
			proven = proven || s.Result == lab.Positive
			negative = negative || s.Result == lab.Negative
		}
	}
	if id := o.caseOf[m.person]; id != 0 {
		c := o.cases[id-1]
		isCase = c.Class != cases.Discarded
		infected = isCase && c.Class != cases.Suspected
	}
	return proven, negative && !proven, taken, isCase, infected
}

// checkTubes holds every tube against what it must mean: nobody in a positive one is forgotten, and nobody is held without reason, or let go without one.
func (o *outbreak) checkTubes(rt *rapid.T, op string) {
	holds := o.pack.Clocks.HoldLongest.Set()
	for i, t := range o.tubes {
		explained, all := false, true
		for _, m := range t.members {
			proven, negative, _, isCase, infected := o.told(m)
			explained = explained || proven || infected
			all = all && negative && !isCase
		}
		for _, m := range t.members {
			proven, negative, taken, isCase, _ := o.told(m)
			settled := proven || isCase || negative && (all || explained && o.pack.Screening.FreeWhenFound.Value)
			who := fmt.Sprintf("%s: person %d in %s (%s)", op, m.person, t.code, t.result)
			if t.result != lab.TubePositive {
				if m.hold.Stands() {
					rt.Fatalf("%s is held", who)
				}
				continue
			}
			if h := m.hold; holds && h.Stands() == settled && (h == nil || h.Lifted != screening.LiftedOver) {
				rt.Fatalf("%s: settled %v, hold stands %v", who, settled, h.Stands())
			}
			if h := m.hold; h.Stands() && (!h.Until.After(o.now) || h.Clause == "" || h.Pack == "") {
				rt.Fatalf("%s is held past %s, or on no value of a pack", who, h.Until)
			}
			var single task.Task
			for _, x := range o.Tasks(onPerson(m.person)) {
				if x.Kind == task.ResampleSingle && x.Ordinal == i+1 {
					single = x
				}
			}
			switch {
			case taken && !isCase && single.State != task.Done, !taken && !isCase && !proven && single.State != task.Open:
				rt.Fatalf("%s is neither sampled singly nor wanted to be: %+v", who, single)
			case !m.hold.Stands() && !negative && !proven && !isCase && single.State != task.Open && single.State != task.Done:
				rt.Fatalf("%s is forgotten", who)
			}
		}
		swap := false
		for _, x := range o.Tasks(onTube(screening.TubeID(i + 1))) {
			swap = swap || x.State == task.Open || x.State == task.Done
		}
		if want := t.result == lab.TubePositive && all; want && !swap {
			rt.Fatalf("%s: everybody in %s is negative, and nobody looks for a swap", op, t.code)
		}
	}
}

func TestPropertiesOfTubes(t *testing.T) {
	t.Parallel()
	packs := packsWithTubes(t)
	rapid.Check(t, func(rt *rapid.T) {
		o := newOutbreak(rapid.SampledFrom(packs).Draw(rt, "pack"))
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			facts := len(o.log)
			op, err := o.tubeStep(rt)
			if err != nil {
				rt.Fatalf("%s: %v", op, err)
			}
			o.checkTasks(rt, op)
			o.checkTubes(rt, op)
			if bad := o.uncited(); len(bad) > 0 {
				rt.Fatalf("%s: clauses that are not in the pack: %s", op, strings.Join(bad, "; "))
			}
			for _, f := range slices.Clone(o.log[facts:]) {
				before := o.changes
				if f.Kind == "person.held" || f.Kind == "person.hold_lifted" {
					continue // no rule answers them
				}
				if err := o.Again(f); err != nil {
					rt.Fatalf("%s: %s again: %v", op, f.Kind, err)
				}
				if o.changes != before {
					rt.Fatalf("%s: %s again changed something", op, f.Kind)
				}
			}
		}
	})
}

func packsWithTubes(t *testing.T) []*protocol.Pack {
	t.Helper()
	return slices.DeleteFunc(allPacks(t), func(p *protocol.Pack) bool { return !p.Clocks.ResampleSingle.Set() })
}

// Two tubes share a member. Whatever order their results and those of the singles arrive in, the same people are held and sampled in the end.
func TestOrderOfResultsDoesNotMatter(t *testing.T) {
	t.Parallel()
	packs := packsWithTubes(t)
	rapid.Check(t, func(rt *rapid.T) {
		p := rapid.SampledFrom(packs).Draw(rt, "pack")
		type arrival func(o *outbreak) error
		swabbed := newOutbreak(p).now.Add(-6 * time.Hour)
		pool := func(code string, r lab.TubeResult, members ...person.ID) arrival {
			return func(o *outbreak) error { return o.Pool(code, members, swabbed, r) }
		}
		list := []arrival{pool("T1", aTubeResult(rt), 1, 2, 3), pool("T2", aTubeResult(rt), 3, 4)}
		for who := person.ID(1); who <= 4; who++ {
			r := rapid.SampledFrom([]lab.Result{lab.Negative, lab.Negative, lab.Positive, lab.Inconclusive, lab.Awaited}).Draw(rt, "single")
			if rapid.Bool().Draw(rt, "sampled") {
				list = append(list, func(o *outbreak) error {
					s := lab.Specimen{Method: lab.PCR, TakenAt: o.now.Add(-time.Hour), Result: r}
					if r != lab.Awaited {
						s.ResultAt = o.now
					}
					_, err := o.Sample(who, s)
					return err
				})
			}
		}
		var said [2]string
		for i, order := range [][]arrival{list, rapid.Permutation(list).Draw(rt, "order")} {
			o := newOutbreak(p)
			for _, f := range order {
				if err := f(o); err != nil {
					rt.Fatal(err)
				}
			}
			said[i] = o.String() + o.holdings()
		}
		if said[0] != said[1] {
			rt.Errorf("%s\n\nin another order\n%s", said[0], said[1])
		}
	})
}

// holdings says who is held because of which tube. Tubes are named by code: their numbers are those of their arrival.
func (o *outbreak) holdings() string {
	var out []string
	for _, t := range o.tubes {
		for _, m := range t.members {
			if m.hold.Stands() {
				out = append(out, fmt.Sprintf("\nperson %d held for %s until %s", m.person, t.code, m.hold.Until))
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, "")
}
