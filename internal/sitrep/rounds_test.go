package sitrep_test

import (
	"fmt"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/sitrep"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// round holds a round with one tube of somebody, whose result is given, and closes it.
func (f *fixture) round(who person.ID, result lab.TubeResult) {
	f.t.Helper()
	ctx, by := f.t.Context(), command.Owner("test")
	r, err := f.cmds.PlanRound(ctx, by, command.PlanRound{Outbreak: "o", Areas: []string{"3"}, StartsAt: f.now.Add(-time.Hour), EndsAt: f.now.Add(10 * time.Hour), Pool: 10})
	f.must(err)
	_, err = f.cmds.OpenRound(ctx, by, r.ID, 0)
	f.must(err)
	f.must(f.db.Update(ctx, func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.TubesRegistered, Outbreak: r.Outbreak})
		if err != nil {
			return err
		}
		list := []store.Tube{{Outbreak: r.Outbreak, Round: r.ID, Site: 1, Device: 1, Seq: r.Number, Code: fmt.Sprint("T", r.Number), Kind: screening.Single, People: 1,
			Members: screening.PackMembers([]screening.Sampled{{Person: who, At: f.now}}, f.now), ClosedAt: f.now, ReceivedAt: f.now, Changed: ref.Seq}}
		if err := tx.AddTubes(list); err != nil || result == "" {
			return err
		}
		list[0].Result, list[0].ResultAt = result, f.now
		if err := tx.SetTubes([]*store.Tube{&list[0]}); err != nil || result == lab.TubeNegative {
			return err
		}
		return tx.AddTubeMembers([]store.TubeMember{{Tube: list[0].ID, Person: who, Outbreak: r.Outbreak, At: f.now}})
	}))
	f.now = f.now.Add(time.Hour)
	_, err = f.cmds.CloseRound(ctx, by, r.ID, 0)
	f.must(err)
}

func TestRoundsOutlook(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		f := newFixture(t, open)
		pack, err := protocol.Load("covid19/2022-11")
		f.must(err)
		f.now = f.now.Add(time.Hour)
		var whole, early person.ID
		late := func(code, found string) person.ID {
			id := f.add(code, map[string]string{"class": "confirmed", "area": "31", "confirmed_at": "2022-03-14 12:30", "found": found})
			var p person.ID
			f.must(f.db.View(t.Context(), func(r *store.Reader) error { c, err := r.Case(id); p = c.Person; return err }))
			return p
		}
		whole, early = late("9", "community"), late("8", "isolation")
		f.round(whole, lab.TubePositive)
		f.round(early, lab.TubePositive)
		f.round(early, lab.TubeNegative)
		read := func(now time.Time) sitrep.RoundsOutlook {
			t.Helper()
			var out []sitrep.RoundsOutlook
			f.must(f.db.View(t.Context(), func(r *store.Reader) (err error) { out, err = sitrep.Rounds(r, f.o, pack, now); return err }))
			if len(out) != 1 {
				t.Fatalf("%d sets of areas: %+v", len(out), out)
			}
			return out[0]
		}
		got := read(f.now)
		if len(got.Rounds) != 3 || got.Rounds[0].Outcome.Community != 1 || got.Rounds[1].Outcome.Community != 0 {
			t.Errorf("%+v", got.Rounds)
		}
		if got.Now.Step != screening.GoOn || got.Now.Ground != screening.CommunityCase || got.Now.Round != 1 || got.Now.Clean != 2 || got.Now.Needed != 3 {
			t.Errorf("after three: %+v", got.Now)
		}
		f.round(early, "")
		if got = read(f.now); got.Now.Ground != screening.ResultsOpen || got.Rounds[3].Outcome.Pending != 1 {
			t.Errorf("results open: %+v", got.Now)
		}
		f.must(f.db.Update(t.Context(), func(tx *store.Tx) error {
			tube, err := tx.TubeByCode(f.o.ID, "T4")
			tube.Result, tube.ResultAt = lab.TubeNegative, f.now
			if err != nil {
				return err
			}
			return tx.SetTubes([]*store.Tube{&tube})
		}))
		if got = read(f.now); got.Now.Step != screening.Pause || !got.Now.Until.Equal(got.Rounds[3].Round.ClosedAt.Add(72*time.Hour)) {
			t.Errorf("three clean: %+v", got.Now)
		}
		f.now = f.now.Add(73 * time.Hour)
		if got = read(f.now); got.Now.Step != screening.OnceMore {
			t.Errorf("the wait is over: %+v", got.Now)
		}
		f.now = f.now.Add(2 * time.Hour)
		f.round(early, lab.TubeNegative)
		if got = read(f.now); got.Now.Step != screening.Stop || got.Rounds[0].Then.Ground != screening.CommunityCase {
			t.Errorf("at the end: %+v", got.Now)
		}
		mers, err := protocol.Load("mers/who")
		f.must(err)
		f.must(f.db.View(t.Context(), func(r *store.Reader) error {
			none, err := sitrep.Rounds(r, f.o, mers, f.now)
			if none != nil {
				t.Errorf("a pack without a stop rule: %+v", none)
			}
			return err
		}))
	})
}
