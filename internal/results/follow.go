package results

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// entries is how many facts are read at a time.
const entries = 5000

// early is how long before Kept ends reading begins: devices' clocks are off, and facts are not written in the order of their times.
const early = 2 * time.Hour

// build reads all samples that are not forgotten yet.
func (r *Results) build(ctx context.Context) error {
	var odd []person.ID
	err := r.db.View(ctx, func(rd *store.Reader) (err error) {
		from := r.db.Now().Add(-Kept - early)
		if r.since, err = rd.EntryBefore(from); err != nil {
			return err
		}
		end, err := rd.JournalEnd()
		if err != nil {
			return err
		}
		r.cursor = end.Seq
		if err := r.merged(rd); err != nil {
			return err
		}
		if err := r.readHolds(rd); err != nil {
			return err
		}
		if odd, err = r.tubes(rd, r.since, r.cursor); err != nil {
			return err
		}
		list, err := rd.SpecimensTaken(from)
		for i := range list {
			odd = r.specimen(odd, &list[i])
		}
		if err == nil {
			err = r.anew(rd, odd)
		}
		return err
	})
	return err
}

// merged reads who was merged.
func (r *Results) merged(rd *store.Reader) error {
	into, err := rd.MergedPeople()
	if err != nil {
		return err
	}
	next := &samePeople{into: into, gones: map[person.ID][]person.ID{}}
	for gone, left := range into {
		next.gones[left] = append(next.gones[left], gone)
	}
	r.same.Store(next)
	return nil
}

// readHolds reads who is held, and who was.
func (r *Results) readHolds(rd *store.Reader) error {
	list, err := rd.HoldsTold(r.db.Now().Add(-Kept))
	if err != nil {
		return err
	}
	next := make(holds, len(list))
	for _, x := range list {
		next[x.Person] = next[x.Person].with(x)
	}
	appeals, err := rd.AppealsSince(r.db.Now().Add(-Kept))
	if err != nil {
		return err
	}
	for _, a := range appeals {
		h := next[a.Person]
		h.appeal = h.appeal.later(Appeal{a.FiledAt, string(a.Answer), a.AnsweredAt, a.Reason})
		next[a.Person] = h
	}
	r.holds.Store(&next)
	return nil
}

// tubes takes over what the tubes say that journal entries after seq, up to last, changed. It returns whose samples have to be read all.
func (r *Results) tubes(rd *store.Reader, seq, last int64) (odd []person.ID, err error) {
	var members []screening.Sampled
	err = rd.TubeOutcomes(seq, last, func(t *store.TubeOutcome) error {
		if members, err = screening.UnpackMembers(members[:0], t.Members, t.ClosedAt); err != nil {
			// One tube that cannot be read must not keep the others from everybody.
			r.log.Error("nobody of a tube is told its result", "tube", t.ID, "error", err)
			return nil
		}
		s := ofTubes(t)
		for _, m := range members {
			s.sampled = sinceEpoch(m.At)
			odd = r.take(odd, m.Person, s)
		}
		return nil
	})
	return odd, err
}

func ofTubes(t *store.TubeOutcome) sample {
	return sample{state: ofTube(t), resulted: sinceEpoch(t.ResultAt), source: sourceOf(t.ID, false)}
}

func ofSpecimens(s *lab.Specimen) sample {
	return sample{state: ofSpecimen(s), sampled: sinceEpoch(s.TakenAt), resulted: sinceEpoch(s.ResultAt), source: sourceOf(s.ID, true)}
}

// specimen takes over one specimen. Where its person was two, it may be kept under a number that it has not any more, as their latest sample or as the latest negative one
// before it.
func (r *Results) specimen(odd []person.ID, s *lab.Specimen) []person.ID {
	x := ofSpecimens(s)
	for _, gone := range r.same.Load().gones[s.Person] {
		rec := r.known(gone)
		if rec.source == x.source {
			odd = r.take(odd, gone, x)
		} else if minute, had := rec.negativeMinute(); had && minute == x.sampled/60 && x.state != Negative {
			odd = append(odd, gone)
		}
	}
	return r.take(odd, s.Person, x)
}

// take takes over one sample of one person.
func (r *Results) take(odd []person.ID, p person.ID, s sample) []person.ID {
	if !s.counts() || p <= 0 || p > 1<<32-1 {
		return odd
	}
	rec, again := r.known(p).with(s)
	if again {
		return append(odd, p)
	}
	r.write(p, rec)
	return odd
}

// anew reads all samples of a few people: a sample that was their last negative one is negative no more, and the one before it is kept nowhere. It walks through the tubes of
// two weeks, seconds for a city; a correction is worth them.
//
// Who was merged has their tubes under the old number and their specimens under the one that is left: both are read.
func (r *Results) anew(rd *store.Reader, people []person.ID) error {
	if len(people) == 0 {
		return nil
	}
	// What rd reads may know of a merge that is still to be followed, and has moved specimens already.
	if err := r.merged(rd); err != nil {
		return err
	}
	into := r.same.Load().into
	found := make(map[person.ID][]sample, len(people))
	for _, p := range people {
		found[p] = nil
		if left, ok := into[p]; ok {
			found[left] = nil
		}
	}
	add := func(p person.ID, s sample) {
		if list, ok := found[p]; ok && s.counts() {
			found[p] = append(list, s)
		}
	}
	var members []screening.Sampled
	err := rd.TubeOutcomes(r.since, r.cursor, func(t *store.TubeOutcome) (err error) {
		if members, err = screening.UnpackMembers(members[:0], t.Members, t.ClosedAt); err != nil {
			return nil //nolint:nilerr // it was told when it was read first
		}
		s := ofTubes(t)
		for _, m := range members {
			s.sampled = sinceEpoch(m.At)
			add(m.Person, s)
		}
		return nil
	})
	if err != nil {
		return err
	}
	list, err := rd.SpecimensTaken(r.db.Now().Add(-Kept-early), slices.Collect(maps.Keys(found))...)
	if err != nil {
		return err
	}
	for i := range list {
		add(list[i].Person, ofSpecimens(&list[i]))
	}
	for p, all := range found {
		r.write(p, ofAll(all))
	}
	return nil
}

// follow takes over what the journal tells of since it was last read.
func (r *Results) follow(ctx context.Context) error {
	for {
		ended, rebuilt := false, false
		err := r.db.View(ctx, func(rd *store.Reader) error {
			facts, err := rd.EntriesAfter(r.cursor, entries)
			if err != nil || len(facts) == 0 {
				ended = true
				return err
			}
			end := facts[len(facts)-1].Seq
			var specimens []lab.SpecimenID
			again, held := false, false
			for _, e := range facts {
				switch e.Kind {
				case journal.PersonMerged:
					again, held = true, true // their holds are one person's now
				case journal.PersonHeld, journal.HoldLifted, journal.HoldShortened, journal.HoldAppealed, journal.AppealAnswered:
					held = true
				case journal.PersonUnmerged:
					rebuilt = true // whose specimen was whose meanwhile, the table does not tell
					return nil
				case journal.SpecimenTaken, journal.ResultReported, journal.ResultCorrected:
					specimens = append(specimens, lab.SpecimenID(e.Subject.ID))
				default: // changes nothing here
				}
			}
			if again {
				if err := r.merged(rd); err != nil {
					return err
				}
			}
			if held {
				if err := r.readHolds(rd); err != nil {
					return err
				}
			}
			odd, err := r.tubes(rd, r.cursor, end)
			if err != nil {
				return err
			}
			for _, id := range specimens {
				s, err := rd.Specimen(id)
				if err != nil {
					return err
				}
				odd = r.specimen(odd, &s)
			}
			r.cursor = end
			return r.anew(rd, odd)
		})
		if err != nil {
			return fmt.Errorf("follow: %w", err)
		}
		if rebuilt {
			next := New(Options{DB: r.db, Log: r.log})
			if err := next.Step(ctx); err != nil {
				return err
			}
			r.pages.Store(next.pages.Load())
			r.same.Store(next.same.Load())
			r.holds.Store(next.holds.Load())
			r.since, r.cursor = next.since, next.cursor
			continue
		}
		if ended {
			return nil
		}
	}
}

func sinceEpoch(t time.Time) int64 { return t.Unix() - epoch.Unix() }
