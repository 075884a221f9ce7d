package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/lab"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// pack packs tubes in a box at the bench's site.
func (b *bench) pack(box string, tubes ...string) {
	b.t.Helper()
	d := screening.Device{ID: 1, Outbreak: b.round.Outbreak, Role: screening.Desk, Site: b.site.ID}
	_, err := b.PackBox(b.t.Context(), d, screening.PackedBox{Device: 1, Round: b.round.ID, Site: b.site.ID, Box: box, PackedAt: b.clock.now(), Tubes: tubes, Counted: len(tubes)})
	b.must(err)
}

func TestReceiveBox(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		b := newBench(t, open, 4)
		b.pack("B1", "T-0", "T-1", "T-2")
		ctx, by := t.Context(), Owner("test")
		var no *screening.Refusal
		if _, err := b.ReceiveBox(ctx, by, "o", HandBox{Box: "B1", Laboratory: "L1", Counted: 2}); !errors.As(err, &no) || no.Reason != screening.CountDiffers {
			t.Errorf("one short and nothing said: %v", err)
		}
		got, err := b.ReceiveBox(ctx, by, "o", HandBox{Box: "B1", Laboratory: "L1", Counted: 2, Tubes: []string{" T-0 ", "T-0", "", "T-3"}})
		b.must(err)
		if got.Packed != 3 || got.Tubes != 2 || !slices.Equal(got.Missing, []string{"T-1", "T-2"}) || !slices.Equal(got.Extra, []string{"T-3"}) {
			t.Errorf("scanned: %+v", got)
		}
		// The rest is found under the seat, and comes without the box.
		if got, err = b.ReceiveBox(ctx, by, "o", HandBox{Laboratory: "L1", Tubes: []string{"T-1"}}); err != nil || got.Tubes != 1 {
			t.Errorf("without a box: %+v, %v", got, err)
		}
		if got, err = b.ReceiveBox(ctx, by, "o", HandBox{Box: "B1", Laboratory: "L1", Counted: 3}); err != nil || got.Tubes != 3 || len(got.Missing) != 0 {
			t.Errorf("as it is: %+v, %v", got, err)
		}
		for in, field := range map[*HandBox]string{{Laboratory: "L1"}: "tubes", {Laboratory: "L1", Tubes: []string{"T-0+T-1"}}: "tubes[0]", {Laboratory: "L9", Tubes: []string{"T-0"}}: "laboratory"} {
			var bad *Invalid
			if _, err := b.ReceiveBox(ctx, by, "o", *in); !errors.As(err, &bad) || bad.Field != field {
				t.Errorf("%+v: %v, want it at %s", in, err, field)
			}
		}
		b.must(b.db.View(ctx, func(r *store.Reader) error {
			tubes, err := r.RoundTubes(b.round.ID)
			if tubes.Packed != 3 || tubes.Received != 4 || tubes.Boxes[lab.Received] != 1 {
				t.Errorf("round: %+v", tubes)
			}
			return err
		}))
	})
}

// TestLaboratoryCounts: whatever boxes are packed, received here and there, read, lost and found, in whatever order it is told: what is counted of laboratories and of the
// round is what the tubes say.
func TestLaboratoryCounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		b := newBench(t, open, 0)
		labs := map[string]lab.LaboratoryID{}
		b.must(b.db.View(t.Context(), func(r *store.Reader) error {
			list, err := r.Laboratories(b.round.Outbreak, store.Everywhere())
			for _, l := range list {
				labs[l.Code] = l.ID
			}
			return err
		}))
		nth, boxes := 0, 0
		rapid.Check(t, func(rt *rapid.T) {
			nth++
			name := fmt.Sprint("C", nth)
			b.add(name, 5)
			code := func() string { return fmt.Sprintf("%s-%d", name, rapid.IntRange(0, 4).Draw(rt, "tube")) }
			laboratory := func() string { return rapid.SampledFrom([]string{"L1", "L2"}).Draw(rt, "laboratory") }
			start := b.clock.now()
			at := func() time.Time {
				return start.Add(time.Duration(rapid.IntRange(0, 100).Draw(rt, "minute")) * time.Minute)
			}
			b.clock.set(start.Add(100 * time.Minute))
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				switch rapid.IntRange(0, 3).Draw(rt, "what") {
				case 0:
					boxes++
					b.pack(fmt.Sprint("B", boxes), slices.Compact(slices.Sorted(slices.Values([]string{code(), code(), code()})))...)
				case 1:
					_, err := b.ReceiveBox(t.Context(), Owner("test"), "o", HandBox{Laboratory: laboratory(), Tubes: []string{code(), code()}, At: at()})
					b.must(err)
				case 2:
					if boxes > 0 {
						box := fmt.Sprint("B", boxes)
						_, err := b.ReceiveBox(t.Context(), Owner("test"), "o", HandBox{Box: box, Laboratory: laboratory(), Counted: 99, Note: "as found", Tubes: []string{code()}, At: at()})
						b.must(err)
					}
				default:
					result := rapid.SampledFrom(lab.TubeResults()).Draw(rt, "result")
					b.report(laboratory(), TubeRow{Code: code(), Result: string(result), At: at().Format(time.RFC3339)})
				}
			}
			b.countAgain(rt, labs)
		})
	})
}

// countAgain compares counters with the tubes.
func (b *bench) countAgain(rt *rapid.T, labs map[string]lab.LaboratoryID) {
	b.must(b.db.View(b.t.Context(), func(r *store.Reader) error {
		all, err := r.TubesChanged(0, 1<<30)
		if err != nil {
			return err
		}
		inHand, received, results := map[lab.LaboratoryID]int64{}, int64(0), map[lab.TubeResult]int64{}
		for _, t := range all {
			if t.Laboratory != 0 {
				received++
				if t.Result == lab.TubeAwaited || t.Result == lab.TubeLost && t.AtLab.After(t.ResultAt) {
					inHand[t.Laboratory]++
				}
			}
			if t.Result != lab.TubeAwaited {
				results[t.Result]++
			}
		}
		for code, id := range labs {
			load, err := r.LabLoad(id, b.clock.now(), time.Time{})
			if err != nil {
				return err
			}
			if load.InHand != inHand[id] {
				rt.Errorf("%s has %d tubes in hand, counted are %d: %+v", code, inHand[id], load.InHand, load)
			}
		}
		got, err := r.RoundTubes(b.round.ID)
		if err != nil {
			return err
		}
		if got.Received != received {
			rt.Errorf("%d tubes came in, counted are %d", received, got.Received)
		}
		for _, k := range lab.TubeResults() {
			if got.Results[k] != results[k] {
				rt.Errorf("%d tubes are %s, counted are %d", results[k], k, got.Results[k])
			}
		}
		return nil
	}))
}

func TestLateTubes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		b := newBench(t, open, 6)
		closed := b.clock.now()
		b.clock.set(closed.Add(7 * time.Hour))
		_, err := b.ReceiveBox(t.Context(), Owner("test"), "o", HandBox{Laboratory: "L1", Tubes: []string{"T-0", "T-1", "T-2"}, At: closed.Add(6 * time.Hour)})
		b.must(err)
		b.report("L1", TubeRow{Code: "T-0", Result: "positive"})
		b.report("L2", TubeRow{Code: "T-5", Result: "negative"})
		b.must(b.db.View(t.Context(), func(r *store.Reader) error {
			now := b.clock.now()
			late := now.Add(-6 * time.Hour)
			loads, err := r.LabLoads(b.round.Outbreak, store.Everywhere(), now, late)
			if err != nil {
				return err
			}
			l := loads[0].Load
			if l.InHand != 2 || l.Late != 2 || !l.Oldest.Equal(closed) || l.Resulted != 1 || l.ReceivedLately != 3 || l.ResultedLately != 1 || l.Window != time.Hour {
				t.Errorf("L1: %+v", l)
			}
			if f := (lab.Laboratory{PerHour: 1000}).Forecast(l, now, time.UTC); !f.At.Equal(now.Add(2*time.Hour)) || f.Assumed || !f.Growing {
				t.Errorf("L1 clears: %+v", f)
			}
			if f := loads[1].Forecast(loads[1].Load, now, time.UTC); !f.At.Equal(now) {
				t.Errorf("L2 clears: %+v", f)
			}
			var codes []string
			for _, id := range []lab.LaboratoryID{0, loads[0].ID, loads[1].ID} {
				tubes, err := r.LateTubes(b.round.Outbreak, store.Everywhere(), id, late, 10)
				if err != nil {
					return err
				}
				for _, x := range tubes {
					codes = append(codes, x.Code)
				}
			}
			slices.Sort(codes)
			if got := strings.Join(codes, " "); got != "T-1 T-2 T-3 T-4" {
				t.Errorf("late: %s", got)
			}
			n, err := r.CountLate(b.round.Outbreak, store.Everywhere(), late)
			if n != 2 {
				t.Errorf("%d late that no laboratory has, %v", n, err)
			}
			positive, err := r.PositiveTubes(loads[0].ID, 5)
			if len(positive) != 1 || positive[0].Code != "T-0" {
				t.Errorf("positive: %v", positive)
			}
			return err
		}))
	})
}
