package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

var noon = time.Date(2022, 3, 5, 4, 0, 0, 0, time.UTC)

// town is some people, their tubes and specimens, and a naive account of them.
type town struct {
	t         *testing.T
	db        *store.DB
	raw       *sql.DB
	people    []person.ID
	gone      map[person.ID]person.ID
	tubes     map[screening.TubeID]*store.Tube
	specimens map[lab.SpecimenID]*lab.Specimen
	holds     []*screening.Hold
}

func (c *town) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func newTown(t *testing.T, open storetest.Open, people int) *town {
	t.Helper()
	var o store.Options
	c := &town{t: t, gone: map[person.ID]person.ID{}, tubes: map[screening.TubeID]*store.Tube{}, specimens: map[lab.SpecimenID]*lab.Specimen{}}
	c.db = open(func(with *store.Options) { with.Now = func() time.Time { return noon }; o = *with })
	c.raw = storetest.SQL(t, o)
	list := make([]person.Person, people)
	c.must(c.db.Update(t.Context(), func(tx *store.Tx) error {
		for i := range list {
			list[i] = person.Person{Age: 30}
		}
		if err := tx.AddPeople(list); err != nil {
			return err
		}
		_, err := tx.Append(journal.Entry{Kind: journal.PeopleRegistered})
		return err
	}))
	for _, p := range list {
		c.people = append(c.people, p.ID)
	}
	return c
}

// fact writes a journal entry and what belongs to it.
func (c *town) fact(e journal.Entry, do func(*store.Tx, int64) error) {
	c.t.Helper()
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(e)
		if err != nil {
			return err
		}
		return do(tx, ref.Seq)
	}))
}

// tube registers a tube.
func (c *town) tube(kind screening.Kind, closed time.Time, people ...person.ID) screening.TubeID {
	c.t.Helper()
	members := make([]screening.Sampled, len(people))
	for i, p := range people {
		members[i] = screening.Sampled{Person: p, At: closed.Add(-time.Duration(i) * time.Second)}
	}
	list := []store.Tube{{Outbreak: 1, Round: 1, Site: 1, Device: 1, Seq: int64(len(c.tubes) + 1), Code: fmt.Sprint("T", len(c.tubes)), Kind: kind, People: len(people),
		Members: screening.PackMembers(members, closed), ClosedAt: closed, ReceivedAt: closed}}
	c.fact(journal.Entry{Kind: journal.TubesRegistered}, func(tx *store.Tx, seq int64) error {
		list[0].Changed = seq
		return tx.AddTubes(list)
	})
	c.tubes[list[0].ID] = &list[0]
	return list[0].ID
}

// result writes what became of a tube, or corrects it.
func (c *town) result(id screening.TubeID, r lab.TubeResult, at time.Time) {
	c.t.Helper()
	t := c.tubes[id]
	t.Result, t.ResultAt = r, at
	// The row first, beside the store: a follower that has read the entry does not look again.
	t.Changed = c.db.Head() + 1
	_, err := c.raw.ExecContext(c.t.Context(), fmt.Sprintf(`UPDATE tube SET result = '%s', result_at = %d, changed_seq = %d WHERE id = %d`, r, at.UnixMicro(), t.Changed, id))
	c.must(err)
	c.fact(journal.Entry{Kind: journal.TubesResulted}, func(_ *store.Tx, seq int64) error {
		if seq != t.Changed {
			c.t.Errorf("entry %d, not %d", seq, t.Changed)
		}
		return nil
	})
}

func onSpecimen(id lab.SpecimenID) task.Subject {
	return task.Subject{Kind: task.OnSpecimen, ID: int64(id)}
}

func (c *town) specimen(p person.ID, taken time.Time) {
	c.t.Helper()
	s := &lab.Specimen{Outbreak: 1, Person: c.survivor(p), Code: fmt.Sprint("S", len(c.specimens)), Method: lab.PCR, TakenAt: taken}
	c.must(c.db.Update(c.t.Context(), func(tx *store.Tx) error {
		if err := tx.AddSpecimen(s); err != nil {
			return err
		}
		_, err := tx.Append(journal.Entry{Kind: journal.SpecimenTaken, Subject: onSpecimen(s.ID)})
		return err
	}))
	c.specimens[s.ID] = s
}

func (c *town) examined(id lab.SpecimenID, r lab.Result) {
	c.t.Helper()
	s := c.specimens[id]
	s.Result, s.ResultAt = r, s.TakenAt.Add(5*time.Hour)
	c.fact(journal.Entry{Kind: journal.ResultCorrected, Subject: onSpecimen(id)}, func(tx *store.Tx, _ int64) error { return tx.UpdateSpecimen(s) })
}

// hold holds somebody because of a tube of their own.
func (c *town) hold(p person.ID, until time.Time) {
	c.t.Helper()
	h := &screening.Hold{Outbreak: 1, Person: p, Tube: screening.TubeID(len(c.holds) + 1000), Since: until.Add(-24 * time.Hour), Until: until}
	c.fact(journal.Entry{Kind: journal.PersonHeld, Subject: task.Subject{Kind: task.OnPerson, ID: int64(p)}}, func(tx *store.Tx, seq int64) error {
		h.Fact = seq
		return tx.AddHolds([]*screening.Hold{h})
	})
	c.holds = append(c.holds, h)
}

func (c *town) lift(i int, at time.Time) {
	c.t.Helper()
	h := c.holds[i]
	h.LiftedAt, h.Lifted = at, screening.LiftedNegative
	c.fact(journal.Entry{Kind: journal.HoldLifted, Subject: task.Subject{Kind: task.OnPerson, ID: int64(h.Person)}}, func(tx *store.Tx, _ int64) error {
		return tx.UpdateHolds([]*screening.Hold{h})
	})
}

// merge leaves the rows as the order to merge does.
func (c *town) merge(keep, gone person.ID) {
	c.t.Helper()
	c.fact(journal.Entry{Kind: journal.PersonMerged}, func(tx *store.Tx, _ int64) error {
		if err := tx.SetMergedPerson(gone, keep); err != nil {
			return err
		}
		return tx.MoveSpecimens(gone, keep)
	})
	for _, s := range c.specimens {
		if s.Person == gone {
			s.Person = keep
			s.Version++
		}
	}
	c.gone[gone] = keep
}

// unmerge takes the last of somebody's merges back; their specimens stay with the one who was kept.
func (c *town) unmerge(gone person.ID) {
	c.t.Helper()
	c.fact(journal.Entry{Kind: journal.PersonUnmerged}, func(tx *store.Tx, _ int64) error { return tx.SetMergedPerson(gone, 0) })
	delete(c.gone, gone)
}

func (c *town) survivor(p person.ID) person.ID {
	for c.gone[p] != 0 {
		p = c.gone[p]
	}
	return p
}

// naive is what somebody should be told, from everything that was ever taken of them.
func (c *town) naive(p person.ID) Result {
	var all []sample
	p = c.survivor(p)
	for _, t := range c.tubes {
		members, err := screening.UnpackMembers(nil, t.Members, t.ClosedAt)
		c.must(err)
		for _, m := range members {
			if c.survivor(m.Person) == p {
				s := ofTubes(&store.TubeOutcome{ID: t.ID, Kind: t.Kind, People: t.People, Result: t.Result, ResultAt: t.ResultAt})
				s.sampled = m.At.Unix() - epoch.Unix()
				all = append(all, s)
			}
		}
	}
	for _, x := range c.specimens {
		if c.survivor(x.Person) == p {
			all = append(all, ofSpecimens(x))
		}
	}
	rec := ofAll(all)
	at := func(s int64) time.Time { return epoch.Add(time.Duration(s) * time.Second) }
	var out Result
	for _, h := range c.holds {
		switch {
		case c.survivor(h.Person) != p:
		case h.LiftedAt.IsZero() && h.Until.After(noon) && h.Until.After(out.HeldUntil):
			out.HeldUntil = h.Until
		case h.LiftedAt.After(noon.Add(-Kept)) && h.LiftedAt.After(out.Lifted):
			out.Lifted = h.LiftedAt
		}
	}
	if !out.HeldUntil.IsZero() {
		out.Lifted = time.Time{}
	}
	if rec.state == Nothing || at(rec.sampled).Before(noon.Add(-Kept)) {
		return out
	}
	out.State, out.Sampled = rec.state, at(rec.sampled)
	if rec.state != Awaited && rec.took < mostTook {
		out.Resulted = at(rec.sampled / 60 * 60).Add(time.Duration(rec.took) * time.Minute)
	}
	if m, ok := rec.negativeMinute(); ok && !at(m*60).Before(noon.Add(-Kept)) {
		out.Negative = at(m * 60)
	}
	return out
}

func (c *town) check(what string, r *Results) {
	c.t.Helper()
	for _, p := range c.people {
		got, err := r.Of(p, noon)
		c.must(err)
		if diff := cmp.Diff(c.naive(p), got); diff != "" {
			c.t.Fatalf("%s: person %d: %s", what, p, diff)
		}
	}
}

// Whatever happens in whatever order: results that follow, results that are built at the end, and looking at everything agree.
func TestResultsAgreeWithLookingAtEverything(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		seed := rand.Uint64()
		t.Log("seed", seed)
		rnd := rand.New(rand.NewPCG(seed, 7))
		c := newTown(t, open, 30)
		followed := New(Options{DB: c.db})
		c.must(followed.Step(t.Context()))
		for step := range 80 {
			some := func() person.ID { return c.people[rnd.IntN(len(c.people))] }
			// Each in a minute of its own: of one minute nobody can say which came later.
			at := noon.Add(-time.Duration(rnd.IntN(20*24*3600)) * time.Second).Truncate(4 * time.Hour).Add(time.Duration(step)*2*time.Minute + time.Duration(rnd.IntN(60))*time.Second)
			switch rnd.IntN(10) {
			case 8:
				c.hold(some(), noon.Add(time.Duration(rnd.IntN(48)-12)*time.Hour))
			case 9:
				if len(c.holds) > 0 {
					c.lift(rnd.IntN(len(c.holds)), noon.Add(-time.Duration(rnd.IntN(20*24))*time.Hour))
				}
			case 0:
				c.specimen(some(), at)
			case 1:
				if ids := slices.Sorted(maps.Keys(c.specimens)); len(ids) > 0 {
					c.examined(ids[rnd.IntN(len(ids))], []lab.Result{lab.Negative, lab.Positive, lab.Invalid}[rnd.IntN(3)])
				}
			case 2:
				if keep, gone := c.survivor(some()), c.survivor(some()); keep != gone {
					c.merge(keep, gone)
				}
			case 3:
				for gone, keep := range c.gone {
					if c.gone[keep] == 0 && !slices.Contains(slices.Collect(maps.Values(c.gone)), gone) {
						c.unmerge(gone)
						break
					}
				}
			case 4, 5:
				if ids := slices.Sorted(maps.Keys(c.tubes)); len(ids) > 0 {
					c.result(ids[rnd.IntN(len(ids))], append(lab.TubeResults(), lab.TubeNegative, lab.TubeNegative)[rnd.IntN(8)], noon)
				}
			default:
				var members []person.ID
				for range 1 + rnd.IntN(10) {
					if p := some(); !slices.Contains(members, p) {
						members = append(members, p)
					}
				}
				c.tube(screening.Pool, at, members...)
			}
			if rnd.IntN(3) == 0 {
				c.must(followed.Step(t.Context()))
				c.check("followed", followed)
			}
		}
		c.must(followed.Step(t.Context()))
		c.check("followed to the end", followed)
		built := New(Options{DB: c.db})
		c.must(built.Step(t.Context()))
		c.check("built", built)
	})
}

// A morning in somebody's words.
func TestWhatOneIsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		c := newTown(t, open, 3)
		a, b, other := c.people[0], c.people[1], c.people[2]
		r := New(Options{DB: c.db})
		if _, err := r.Of(a, noon); !errors.Is(err, ErrLoading) {
			t.Errorf("before anything was read: %v", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		<-r.Ready()
		told := func(p person.ID, want Result) {
			t.Helper()
			var got Result
			for range 500 { // it follows by itself
				var err error
				got, err = r.Of(p, noon)
				c.must(err)
				if cmp.Equal(got, want) {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("told %+v, want %+v", got, want)
		}
		first := noon.Add(-26 * time.Hour)
		x := c.tube(screening.Pool, first, a, b)
		told(a, Result{State: Awaited, Sampled: first})
		told(b, Result{State: Awaited, Sampled: first.Add(-time.Second)})
		told(other, Result{})
		c.result(x, lab.TubeNegative, first.Add(6*time.Hour))
		told(a, Result{State: Negative, Sampled: first, Resulted: first.Add(6 * time.Hour)})
		second := noon.Add(-3 * time.Hour)
		y := c.tube(screening.Pool, second, a)
		told(a, Result{State: Awaited, Sampled: second, Negative: first})
		c.result(y, lab.TubeLost, noon)
		told(a, Result{State: Again, Sampled: second, Resulted: noon, Negative: first})
		c.merge(other, a)
		told(other, Result{State: Again, Sampled: second, Resulted: noon, Negative: first})
		told(a, Result{State: Again, Sampled: second, Resulted: noon, Negative: first})
		c.result(x, lab.TubePositive, noon) // it was a mistake
		told(b, Result{State: Checked, Sampled: first.Add(-time.Second), Resulted: noon.Truncate(time.Minute)})
		told(other, Result{State: Again, Sampled: second, Resulted: noon})
		c.hold(b, noon.Add(20*time.Hour))
		told(b, Result{State: Checked, Sampled: first.Add(-time.Second), Resulted: noon.Truncate(time.Minute), HeldUntil: noon.Add(20 * time.Hour)})
		single := c.tube(screening.Single, noon.Add(-time.Minute), b)
		c.result(single, lab.TubeNegative, noon)
		told(b, Result{State: Negative, Sampled: noon.Add(-time.Minute), Resulted: noon, HeldUntil: noon.Add(20 * time.Hour)}) // the others in the tube are not known yet
		c.lift(0, noon.Add(-time.Second))
		told(b, Result{State: Negative, Sampled: noon.Add(-time.Minute), Resulted: noon, Lifted: noon.Add(-time.Second)})
		if got, err := r.Of(b, noon.Add(Kept)); err != nil || !cmp.Equal(got, Result{}) {
			t.Errorf("two weeks later it is still told: %+v, %v", got, err)
		}
		stop()
		<-ended
	})
}

// Ten million people take 120 MB: twelve bytes each.
func TestTenMillionFitInMemory(t *testing.T) {
	t.Parallel()
	people := 10_000_000
	if testing.Short() {
		people = 1_000_000
	}
	r := New(Options{})
	for p := range people {
		r.take(nil, person.ID(p+1), sample{state: Negative, sampled: 1000, resulted: 2000, source: 4})
	}
	if n := r.Bytes(); n > int64(people)*12+pageSize*12+1<<16 {
		t.Errorf("%d people take %d bytes", people, n)
	}
	readAll(r)
	if got, err := r.Of(person.ID(people), epoch); err != nil || got.State != Negative {
		t.Errorf("%+v, %v", got, err)
	}
}

// readAll makes results ready that no store is read for.
func readAll(r *Results) {
	nothing := func(context.Context) error { return nil }
	r.Follower = store.NewFollower(nil, nil, "", nothing, nothing)
	_ = r.Step(context.Background()) // it does nothing
}

// Whoever reads while it is written reads what was so before or what is so after, nothing in between.
func TestReadsAreWhole(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	readAll(r)
	states := []Result{
		{State: Negative, Sampled: epoch.Add(time.Hour), Resulted: epoch.Add(3 * time.Hour)},
		{State: Awaited, Sampled: epoch.Add(30 * time.Hour), Negative: epoch.Add(time.Hour)},
	}
	write := func(i int) {
		rec := sample{state: Negative, sampled: 3600, resulted: 3 * 3600, source: 2}.record()
		if i%2 == 1 {
			rec, _ = rec.with(sample{state: Awaited, sampled: 30 * 3600, source: 4})
		}
		r.write(1, rec)
	}
	write(0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 20_000 {
			write(i)
			r.write(person.ID(2+i*97), record{state: Awaited, sampled: 1}) // new pages come meanwhile
		}
	}()
	for {
		got, err := r.Of(1, epoch)
		if err != nil || !cmp.Equal(got, states[0]) && !cmp.Equal(got, states[1]) {
			t.Fatalf("read %+v, %v", got, err)
		}
		select {
		case <-done:
			return
		default:
			runtime.Gosched()
		}
	}
}

func BenchmarkOf(b *testing.B) {
	r := New(Options{})
	for p := range 1_000_000 {
		r.take(nil, person.ID(p+1), sample{state: Negative, sampled: 1000, resulted: 2000, source: 4})
	}
	readAll(r)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if got, err := r.Of(person.ID(i*7919%1_000_000+1), epoch); err != nil || got.State != Negative {
			b.Fatal(got, err)
		}
	}
}
