package command

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// come registers tubes as the capture service does, some time after they were closed.
func (b *bench) come(closed time.Time, codes ...string) {
	b.t.Helper()
	b.somebody(len(codes))
	b.must(b.db.Update(b.t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.TubesRegistered, Outbreak: b.round.Outbreak, Subject: store.RoundSubject(b.round.ID)})
		if err != nil {
			return err
		}
		var list []store.Tube
		for i, code := range codes {
			list = append(list, store.Tube{Outbreak: b.round.Outbreak, Round: b.round.ID, Site: b.site.ID, District: b.site.District, Device: 1, Code: code, Kind: screening.Pool, People: 1,
				Members: screening.PackMembers([]screening.Sampled{{Person: b.somebody(i), At: closed}}, closed), ClosedAt: closed, ReceivedAt: b.clock.now(), Changed: ref.Seq})
		}
		if err := tx.PlaceAwaited(list); err != nil {
			return err
		}
		return tx.AddTubes(list)
	}))
}

// unknown are the unknown tubes of a laboratory.
func (b *bench) unknown(code string) (out []store.UnknownTube, n store.UnknownCount) {
	b.t.Helper()
	b.must(b.db.View(b.t.Context(), func(r *store.Reader) error {
		l, err := r.LaboratoryByCode(b.round.Outbreak, code)
		if err != nil {
			return err
		}
		counts, err := r.UnknownCounts(b.round.Outbreak)
		if err != nil {
			return err
		}
		n = counts[l.ID]
		out, err = r.UnknownTubes(l.ID)
		return err
	}))
	return out, n
}

// TestResultBeforeItsTube: laboratories are faster than phones without network. Nothing of it is lost, and nothing is counted twice.
func TestResultBeforeItsTube(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		b := newBench(t, open, 0)
		closed := b.clock.now()
		at := func(h, m int) string { return time.Date(2022, 3, 5, h, m, 0, 0, time.UTC).Format(time.RFC3339) }
		b.clock.set(closed.Add(4 * time.Hour))
		list := []TubeRow{{Code: "U-1", Result: "positive", At: at(4, 0), Ct: "30", Run: "P1"}, {Code: "U-2", Result: "negative", At: at(4, 0)}, {Code: "U-3", Result: "lost", At: at(4, 0)}, {Code: "U-4", Result: "negative", At: at(0, 30)}}
		if got := b.report("L1", list...); got.Kept != 4 || got.Rejected != 0 || len(got.Results) != 0 {
			t.Fatalf("kept: %+v", got)
		}
		head := b.db.Head()
		if got := b.report("L1", list...); got.Unchanged != 4 || b.db.Head() != head {
			t.Errorf("again: %+v", got)
		}
		// A correction is judged as that of any tube; another laboratory's is not taken.
		if got := b.report("L1", TubeRow{Code: "U-2", Result: "invalid", At: at(4, 30)}, TubeRow{Code: "U-2", Result: "positive", At: at(3, 0)}); got.Kept != 1 || got.Rejected != 1 {
			t.Errorf("correction: %+v", got)
		}
		if got := b.report("L2", TubeRow{Code: "U-1", Result: "negative"}); got.Rejected != 1 || got.Rejects[0].Why != "laboratory" {
			t.Errorf("another laboratory's: %+v", got)
		}
		unknown, n := b.unknown("L1")
		if len(unknown) != 4 || unknown[0].Code != "U-1" || unknown[0].Result != lab.TubePositive || n != (store.UnknownCount{Tubes: 4, Positive: 1}) {
			t.Errorf("unknown: %+v, %+v", unknown, n)
		}
		// Its desk is looked for, with a clock; what is negative or lost is nobody's hurry.
		looked := func() (out string) {
			t.Helper()
			b.must(b.db.View(t.Context(), func(r *store.Reader) error {
				list, err := r.TasksOf(task.Subject{Kind: task.OnLab, ID: 1})
				for _, k := range list {
					out += fmt.Sprintln(k.Kind, k.Ordinal, k.State, k.Owner, k.Due.Sub(closed), k.Because.Clause)
				}
				return err
			}))
			return out
		}
		if got, want := looked(), "find_desk 1 open screening-coordinator 6h0m0s clocks.find_desk\n"; got != want {
			t.Errorf("tasks: %s, want %s", got, want)
		}
		if got, err := b.Tick(t.Context()); err != nil || got.Joined != 0 {
			t.Errorf("nothing has come yet: %+v, %v", got, err)
		}

		// They come: what the rules do is what they do of any tube. The fourth was read, it says, before it was closed.
		b.clock.set(b.clock.now().Add(time.Hour))
		b.come(closed, "U-1", "U-2", "U-3", "U-4")
		got, err := b.Tick(t.Context())
		b.must(err)
		if got.Joined != 5 {
			t.Errorf("joined: %+v", got)
		}
		if got := looked(); !strings.Contains(got, "find_desk 1 done") {
			t.Errorf("its desk told of it: %s", got)
		}
		if u := b.tube("U-1"); u.Result != lab.TubePositive || u.Laboratory == 0 || !u.ResultAt.Equal(time.Date(2022, 3, 5, 4, 0, 0, 0, time.UTC)) {
			t.Errorf("U-1: %+v", u)
		}
		if u := b.tube("U-2"); u.Result != lab.TubeInvalid {
			t.Errorf("U-2: %+v", u)
		}
		if u := b.tube("U-3"); u.Result != lab.TubeLost || u.Laboratory != 0 {
			t.Errorf("U-3: %+v", u)
		}
		if kinds := b.facts(onTube(b.tube("U-1").ID)); !reflect.DeepEqual(kinds, []journal.Kind{journal.TubePositive}) {
			t.Errorf("facts of U-1: %v", kinds)
		}
		b.must(b.db.View(t.Context(), func(r *store.Reader) error {
			l, err := r.LaboratoryByCode(b.round.Outbreak, "L1")
			if err != nil {
				return err
			}
			load, err := r.LabLoad(l.ID, b.clock.now(), time.Time{})
			if load.InHand != 1 || load.Received != 3 || load.Resulted != 2 { // U-4 came and has no result that stands
				t.Errorf("load: %+v", load)
			}
			told, err2 := r.TubeReports([]screening.TubeID{b.tube("U-2").ID})
			if list := told[b.tube("U-2").ID]; len(list) != 2 || list[0].ToldBy != "test" || list[1].Result != lab.TubeInvalid {
				t.Errorf("told of U-2: %+v", list)
			}
			return errors.Join(err, err2)
		}))
		unknown, n = b.unknown("L1")
		if len(unknown) != 1 || unknown[0].Code != "U-4" || !strings.HasPrefix(unknown[0].Problem, "before_closed ") || n.Tubes != 1 {
			t.Errorf("left: %+v, %+v", unknown, n)
		}
		if again, err := b.Tick(t.Context()); err != nil || again.Joined != 0 {
			t.Errorf("again: %+v, %v", again, err)
		}

		by := Owner("test")
		for _, bad := range []SettleUnknown{{Outbreak: "o", Laboratory: "L1", Tube: "U-4"}, {Outbreak: "o", Laboratory: "L2", Tube: "U-4", Reason: "x"}, {Outbreak: "o", Laboratory: "L1", Tube: "U-1", Reason: "x"}} {
			var wrong *Invalid
			if err := b.SettleUnknown(t.Context(), by, bad); !errors.As(err, &wrong) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		b.must(b.SettleUnknown(t.Context(), by, SettleUnknown{Outbreak: "o", Laboratory: "L1", Tube: "U-4", Reason: "the analyser's clock was wrong; told again"}))
		if unknown, n = b.unknown("L1"); len(unknown) != 0 || n.Tubes != 0 {
			t.Errorf("settled: %+v, %+v", unknown, n)
		}
		if got := b.report("L1", TubeRow{Code: "U-4", Result: "negative", At: at(4, 0)}); got.New != 1 {
			t.Errorf("told again: %+v", got)
		}
		// One is corrected, one is settled: nobody looks for either any more. One that is told to be positive twice is looked for once.
		b.report("L1", TubeRow{Code: "U-5", Result: "positive", At: at(4, 0)}, TubeRow{Code: "U-6", Result: "positive", At: at(4, 0)})
		b.report("L1", TubeRow{Code: "U-6", Result: "positive", At: at(4, 20)}, TubeRow{Code: "U-5", Result: "negative", At: at(4, 30)})
		if got := looked(); strings.Count(got, "open") != 1 || !strings.Contains(got, "find_desk 2 done") || !strings.Contains(got, "find_desk 3 open") {
			t.Errorf("after a correction: %s", got)
		}
		b.must(b.SettleUnknown(t.Context(), by, SettleUnknown{Outbreak: "o", Laboratory: "L1", Tube: "U-6", Reason: "a control of the laboratory's own"}))
		if got := looked(); strings.Contains(got, "open") || !strings.Contains(got, "find_desk 3 done") {
			t.Errorf("after it was settled: %s", got)
		}
	})
}

// TestUnknownTubeInABox: a box came before its tubes were told of; taking a misread label out leaves it in its box.
func TestUnknownTubeInABox(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.SQLite(t), 1)
	b.pack("B-1", "T-0", "U-1")
	_, err := b.ReceiveBox(t.Context(), Owner("test"), "o", HandBox{Box: "B-1", Counted: 2, Laboratory: "L1"})
	b.must(err)
	if unknown, n := b.unknown("L1"); len(unknown) != 1 || unknown[0].AtLab.IsZero() || n.Tubes != 1 {
		t.Errorf("unknown: %+v", unknown)
	}
	b.must(b.SettleUnknown(t.Context(), Owner("test"), SettleUnknown{Outbreak: "o", Laboratory: "L1", Tube: "U-1", Reason: "nothing of that label is here"}))
	if unknown, _ := b.unknown("L1"); len(unknown) != 0 {
		t.Errorf("settled: %+v", unknown)
	}
	b.come(b.clock.now(), "U-1")
	if u := b.tube("U-1"); u.Box == 0 || u.Laboratory != 0 {
		t.Errorf("it came: %+v", u)
	}
	if kinds := b.facts(task.Subject{Kind: store.OnLaboratory, ID: 1}); kinds[len(kinds)-1] != journal.UnknownSettled {
		t.Errorf("facts: %v", kinds)
	}
}

// somebody is one of a few people.
func (b *bench) somebody(i int) (id person.ID) {
	b.t.Helper()
	for len(b.some) <= i {
		list := []person.Person{{Area: b.site.Area, District: b.site.District}}
		b.must(b.db.Update(b.t.Context(), func(tx *store.Tx) error { return tx.AddPeople(list) }))
		b.some = append(b.some, list[0].ID)
	}
	return b.some[i]
}
