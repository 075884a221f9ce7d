package command

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/lab"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// bench is a round with a site, two laboratories and tubes of ten that were closed at one o'clock UTC.
type bench struct {
	*story
	round screening.Round
	site  screening.Site
	some  []person.ID
}

func newBench(t testing.TB, open storetest.Open, tubes int) *bench {
	t.Helper()
	ctx, by := context.Background(), Owner("test")
	b := &bench{story: newStory(t, open, "covid19/2022-v9")}
	now := b.clock.now()
	var err error
	b.round, err = b.PlanRound(ctx, by, PlanRound{Outbreak: "o", Areas: []string{"37"}, StartsAt: now, EndsAt: now.Add(24 * time.Hour), Pool: 10})
	b.must(err)
	b.round, err = b.OpenRound(ctx, by, b.round.ID, 0)
	b.must(err)
	sites, err := b.AddSites(ctx, by, AddSites{Outbreak: "o", Sites: []SiteFields{{Code: "S1", Area: "370101", Lanes: 2}}})
	b.must(err)
	b.site = sites[0]
	_, err = b.AddLaboratories(ctx, by, AddLaboratories{Outbreak: "o", Laboratories: []LaboratoryFields{{Code: "L1", Area: "3701", PerHour: 1000}, {Code: "L2", Area: "3701", PerHour: 500}}})
	b.must(err)
	b.add("T", tubes)
	return b
}

// add registers tubes T-0, T-1 ...
func (b *bench) add(name string, tubes int) {
	b.t.Helper()
	closed := b.clock.now()
	people := make([]person.Person, 10*tubes)
	b.must(b.db.Update(context.Background(), func(tx *store.Tx) error { return tx.AddPeople(people) }))
	list := make([]store.Tube, tubes)
	for i := range list {
		members := make([]screening.Sampled, 10)
		for j := range members {
			members[j] = screening.Sampled{Person: people[10*i+j].ID, At: closed}
		}
		list[i] = store.Tube{Outbreak: b.round.Outbreak, Round: b.round.ID, Site: b.site.ID, District: b.site.District, Device: 1, Seq: 1, Code: fmt.Sprintf("%s-%d", name, i), Kind: screening.Pool,
			People: 10, Members: screening.PackMembers(members, closed), ClosedAt: closed, ReceivedAt: closed, Changed: 1}
	}
	b.must(b.db.Update(context.Background(), func(tx *store.Tx) error { return tx.AddTubes(list) }))
}

func (b *bench) tube(code string) (t store.Tube) {
	b.t.Helper()
	b.must(b.db.View(context.Background(), func(r *store.Reader) (err error) {
		t, err = r.TubeByCode(b.round.Outbreak, code)
		return err
	}))
	return t
}

func (b *bench) facts(subject task.Subject) (out []journal.Kind) {
	b.t.Helper()
	b.must(b.db.View(context.Background(), func(r *store.Reader) error {
		list, err := r.EntriesOf(subject, 100)
		for _, e := range list {
			out = append([]journal.Kind{e.Kind}, out...)
		}
		return err
	}))
	return out
}

func (b *bench) report(lab string, rows ...TubeRow) TubesReported {
	b.t.Helper()
	out, err := b.ReportTubes(context.Background(), Owner("test"), ReportTubes{Outbreak: "o", Laboratory: lab, Rows: rows})
	b.must(err)
	if out.Rows != len(rows) || out.Rows != out.New+out.Corrected+out.Unchanged+out.Kept+out.Rejected || out.Rejected != len(out.Rejects) {
		b.t.Fatalf("%d rows do not reconcile: %+v", len(rows), out)
	}
	return out
}

func TestReportTubes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		b := newBench(t, open, 6)
		b.clock.set(b.clock.now().Add(8 * time.Hour)) // nine o'clock UTC, five in the afternoon there
		at := func(hour, minute int) string { return fmt.Sprintf("2022-03-05T%02d:%02d:00Z", hour, minute) }
		list := []TubeRow{
			{Code: "T-0", Result: "negative", At: at(6, 0)}, {Code: "T-1", Result: "阳性", At: "2022-03-05 14:05", Ct: "31.5", Run: "P1"}, {Code: "T-2", Result: "LEAKED", At: at(5, 0)},
			{Code: "T-3", Result: "lost", At: at(7, 0)},
		}
		got := b.report("L1", list...)
		if got.New != 4 || got.Results[lab.TubePositive] != 1 {
			t.Errorf("first: %+v", got)
		}
		pos := b.tube("T-1")
		if pos.Result != lab.TubePositive || !pos.ResultAt.Equal(time.Date(2022, 3, 5, 6, 5, 0, 0, time.UTC)) || pos.Laboratory == 0 || pos.AtLab.IsZero() {
			t.Errorf("T-1: %+v", pos)
		}
		if lost := b.tube("T-3"); lost.Result != lab.TubeLost || lost.Laboratory != 0 {
			t.Errorf("a lost tube is at laboratory %d", lost.Laboratory)
		}
		onTube := func(code string) task.Subject {
			return task.Subject{Kind: store.OnTube, ID: int64(b.tube(code).ID)}
		}
		for code, want := range map[string][]journal.Kind{"T-0": nil, "T-1": {journal.TubePositive}, "T-2": {journal.TubeFailed}, "T-3": {journal.TubeFailed}} {
			if got := b.facts(onTube(code)); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: facts %v, want %v", code, got, want)
			}
		}

		head := b.db.Head()
		if got := b.report("L1", list...); got.Unchanged != 4 || b.db.Head() != head {
			t.Errorf("again: %+v, journal %d -> %d", got, head, b.db.Head())
		}
		// Whoever follows the tubes sees the negative one changed by the batch's fact, the positive one by its own.
		b.must(b.db.View(t.Context(), func(r *store.Reader) error {
			list, err := r.TubesChanged(pos.Changed-2, 100)
			if len(list) != 4 || list[0].Code != "T-0" || list[0].Changed >= pos.Changed {
				t.Errorf("changed: %v", list)
			}
			return err
		}))

		got = b.report("L1", TubeRow{Code: "T-1", Result: "negative", At: at(8, 0), Reason: "plate P1 was contaminated"}, TubeRow{Code: "T-1", Result: "positive", At: at(6, 5)})
		if got.Corrected != 1 || got.Unchanged != 1 {
			t.Errorf("correction: %+v", got)
		}
		if now := b.tube("T-1"); now.Result != lab.TubeNegative || !reflect.DeepEqual(b.facts(onTube("T-1")), []journal.Kind{journal.TubePositive, journal.TubeCorrected}) {
			t.Errorf("corrected: %s, %v", now.Result, b.facts(onTube("T-1")))
		}
		b.must(b.db.View(t.Context(), func(r *store.Reader) error {
			told, err := r.TubeReports([]screening.TubeID{pos.ID})
			if list := told[pos.ID]; len(list) != 2 || list[0].Result != lab.TubePositive || list[0].Ct != 31.5 || list[0].Run != "P1" || list[1].Reason == "" {
				t.Errorf("told: %+v", told)
			}
			return err
		}))
	})
}

func TestRejectedTubes(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.SQLite(t), 6)
	ctx := t.Context()
	_, err := b.StartOutbreak(ctx, Owner("test"), StartOutbreak{Name: "other", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "37"})
	b.must(err)
	b.must(b.db.Update(ctx, func(tx *store.Tx) error {
		o, err := tx.OutbreakByName("other")
		if err != nil {
			return err
		}
		return tx.AddTubes([]store.Tube{{Outbreak: o.ID, Code: "X-1", Kind: screening.Pool, Members: []byte{}}})
	}))
	b.clock.set(b.clock.now().Add(8 * time.Hour))
	b.report("L2", TubeRow{Code: "T-5", Result: "negative"})
	b.report("L1", TubeRow{Code: "T-4", Result: "negative", At: "2022-03-05T07:00:00Z"})
	for _, c := range []struct {
		row           TubeRow
		field, reason string
	}{
		{TubeRow{Result: "negative"}, "tube", "empty"},
		{TubeRow{Code: strings.Repeat("7", 41), Result: "negative"}, "tube", "no label"},
		{TubeRow{Code: "X-1", Result: "negative"}, "tube", "another outbreak"},
		{TubeRow{Code: "T-5", Result: "negative"}, "tube", "another laboratory"},
		{TubeRow{Code: "T-0", Result: ""}, "result", "negative, positive"},
		{TubeRow{Code: "T-0", Result: "-"}, "result", "negative, positive"},
		{TubeRow{Code: "T-0", Result: "negative", At: "2022-03-05T00:59:59Z"}, "at", "before the tube was closed"},
		{TubeRow{Code: "T-0", Result: "negative", At: "2022-03-05T10:00:00Z"}, "at", "future"},
		{TubeRow{Code: "T-0", Result: "negative", At: "2022-03-05"}, "at", "no instant"},
		{TubeRow{Code: "T-0", Result: "negative", At: "noon"}, "at", "no instant"},
		{TubeRow{Code: "T-0", Result: "negative", Ct: "NaN"}, "ct", "threshold"},
		{TubeRow{Code: "T-0+T-1", Result: "negative"}, "tube", "mixing"},
		{TubeRow{Code: "T-0、T-1", Result: "negative"}, "tube", "mixing"},
		{TubeRow{Code: "T-4", Result: "positive", At: "2022-03-05T06:00:00Z"}, "at", "earlier than the result that stands"},
		{TubeRow{Code: "T-4", Result: "positive"}, "at", "which of the two"},
	} {
		c.row.Row = 7
		got := b.report("L1", c.row)
		if got.Rejected != 1 || got.Rejects[0].Field != c.field || got.Rejects[0].Row != 7 || !strings.Contains(got.Rejects[0].Reason, c.reason) {
			t.Errorf("%+v: %+v", c.row, got)
		}
	}
	got := b.report("L1", TubeRow{Code: "T-0", Result: "negative", Run: "P1", Well: "A1"}, TubeRow{Code: "T-1", Result: "negative", Run: "P1", Well: "A1"}, TubeRow{Code: "T-2", Result: "negative", Run: "P2", Well: "A1"})
	if got.New != 2 || got.Rejected != 1 || !strings.Contains(got.Rejects[0].Reason, "mixing") {
		t.Errorf("one well: %+v", got)
	}
	if b.tube("T-1").Result != lab.TubeAwaited {
		t.Error("a tube that shares a well has a result")
	}
	if _, err := b.ReportTubes(ctx, Owner("test"), ReportTubes{Outbreak: "o", Laboratory: "L9"}); err == nil || !strings.Contains(err.Error(), `laboratory "L9"`) {
		t.Errorf("unknown laboratory: %v", err)
	}
}

// TestResultsInAnyOrder: whatever the order in which results, corrections and repeats arrive, and however they are cut into lists, the result that was known last stands,
// rows in are rows accounted for, and what is counted by round and laboratory is what the tubes say.
func TestResultsInAnyOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		b := newBench(t, open, 0)
		b.clock.set(b.clock.now().Add(time.Hour))
		nth := 0
		check := func(rt *rapid.T) {
			nth++
			name := fmt.Sprintf("R%d", nth)
			const tubes = 4
			b.clock.set(b.clock.now().Add(-time.Hour))
			b.add(name, tubes)
			b.clock.set(b.clock.now().Add(time.Hour))
			// Reports that a laboratory might make, each of a tube at a minute of its own.
			var rows []TubeRow
			want := map[string]string{}
			minutes := rapid.SliceOfNDistinct(rapid.IntRange(1, 59), 1, 14, rapid.ID[int]).Draw(rt, "minutes")
			latest := map[string]int{}
			for _, m := range minutes {
				code := fmt.Sprintf("%s-%d", name, rapid.IntRange(0, tubes-1).Draw(rt, "tube"))
				result := string(rapid.SampledFrom(lab.TubeResults()).Draw(rt, "result"))
				at := b.clock.now().Add(time.Duration(m-60) * time.Minute).Format(time.RFC3339)
				for range rapid.IntRange(1, 3).Draw(rt, "times") {
					rows = append(rows, TubeRow{Code: code, Result: result, At: at})
				}
				if m > latest[code] {
					latest[code], want[code] = m, result
				}
			}
			rows = rapid.Permutation(rows).Draw(rt, "order")
			for len(rows) > 0 {
				n := rapid.IntRange(1, len(rows)).Draw(rt, "part")
				b.report("L1", rows[:n]...)
				rows = rows[n:]
			}
			for code, result := range want {
				if got := b.tube(code).Result; string(got) != result {
					rt.Errorf("%s is %s, want %s", code, got, result)
				}
			}
		}
		rapid.Check(t, check)
		b.must(b.db.View(t.Context(), func(r *store.Reader) error {
			counted, err := r.RoundResults(b.round.ID)
			if err != nil {
				return err
			}
			all, err := r.TubesChanged(0, 1<<30)
			got := map[lab.TubeResult]int64{}
			for _, tube := range all {
				if tube.Result != lab.TubeAwaited {
					got[tube.Result]++
				}
			}
			if !reflect.DeepEqual(counted, got) {
				t.Errorf("counted %v, the tubes say %v", counted, got)
			}
			return err
		}))
	})
}

// TestTwoReportOneTube: two people report the same tubes at once. One of them is first; the other's differing result of an earlier minute is told to them.
func TestTwoReportOneTube(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		const tubes = 30
		b := newBench(t, open, tubes)
		b.clock.set(b.clock.now().Add(time.Hour))
		results := []string{"negative", "positive"}
		var wg sync.WaitGroup
		got := make([]TubesReported, 2*tubes)
		for i := range tubes {
			for k, result := range results {
				wg.Go(func() {
					at := b.clock.now().Add(time.Duration(k-10) * time.Minute).Format(time.RFC3339)
					got[2*i+k] = b.report("L1", TubeRow{Code: fmt.Sprintf("T-%d", i), Result: result, At: at})
				})
			}
		}
		wg.Wait()
		for i := range tubes {
			first, second := got[2*i], got[2*i+1]
			switch {
			case first.New == 1 && second.Corrected == 1: // in time
			case second.New == 1 && first.Rejected == 1: // the other way round
			default:
				t.Errorf("tube %d: %+v and %+v", i, first, second)
			}
			if r := b.tube(fmt.Sprintf("T-%d", i)).Result; r != lab.TubePositive {
				t.Errorf("tube %d is %s", i, r)
			}
		}
	})
}

// BenchmarkReportTubes: lists of 5,000 first results, one in 1,000 positive, into a round of 50,000 tubes.
func BenchmarkReportTubes(b *testing.B) {
	for _, e := range []struct {
		name string
		open func(testing.TB) storetest.Open
	}{{"sqlite", storetest.SQLite}, {"postgresql", storetest.Postgres}} {
		b.Run(e.name, func(b *testing.B) { benchReportTubes(b, e.open) })
	}
}

func benchReportTubes(b *testing.B, open func(testing.TB) storetest.Open) {
	const tubes, part = 50_000, 5_000
	x := newBench(b, open(b), 0)
	n := 0
	rows := func() [][]TubeRow {
		name := fmt.Sprintf("N%d", n)
		n++
		x.clock.set(x.clock.now().Add(-time.Hour))
		var lists [][]TubeRow
		x.add(name, tubes)
		x.clock.set(x.clock.now().Add(time.Hour))
		at := x.clock.now().Format(time.RFC3339)
		for i := range tubes {
			if i%part == 0 {
				lists = append(lists, nil)
			}
			r := TubeRow{Code: fmt.Sprintf("%s-%d", name, i), Result: "negative", At: at, Run: "P1"}
			if i%1000 == 7 {
				r.Result = "positive"
			}
			lists[len(lists)-1] = append(lists[len(lists)-1], r)
		}
		return lists
	}
	var spent time.Duration
	var slowest time.Duration
	done := 0
	for b.Loop() {
		lists := rows()
		for _, list := range lists {
			start := time.Now()
			if got := x.report("L1", list...); got.New != len(list) {
				b.Fatalf("%+v", got)
			}
			d := time.Since(start)
			spent += d
			slowest = max(slowest, d)
			done += len(list)
		}
	}
	b.ReportMetric(float64(done)/spent.Seconds(), "tubes/s")
	b.ReportMetric(float64(slowest.Milliseconds()), "ms-slowest-list")
}

func TestReportTubeFile(t *testing.T) {
	t.Parallel()
	const tubes = 2_500 // two parts and a bit
	b := newBench(t, storetest.SQLite(t), tubes)
	b.clock.set(b.clock.now().Add(6 * time.Hour))
	var text strings.Builder
	text.WriteString("采样管号,检测结果,检测时间\n")
	for i := range tubes {
		fmt.Fprintf(&text, "T-%d,阴性,2022-03-05 14:30\n", i)
	}
	text.WriteString("\nX-1,阴性,2022-03-05 14:30\nT-0,阴性,2022-03-05 14:30\nT-1,,2022-03-05 14:30\nT-2,阴性,2022-03-05 14:30,extra\n")
	give := func() (TubeFileReported, []int) {
		var rows []int
		out, err := b.ReportTubeFile(t.Context(), Owner("test"), ReportTubeFile{Outbreak: "o", Laboratory: "L1", Source: exchange.NewSource("r.csv", strings.NewReader(text.String()), int64(text.Len())),
			Reject: func(r RejectedTube) error { rows = append(rows, r.Row); return nil }})
		b.must(err)
		return out, rows
	}
	first, rejected := give()
	if first.Rows != tubes+4 || first.New != tubes || first.Unchanged != 1 || first.Kept != 1 || first.Rejected != 2 || first.Blank != 1 || len(first.Rejects) != 2 {
		t.Errorf("first: %+v", first)
	}
	if slices.Sort(rejected); !reflect.DeepEqual(rejected, []int{tubes + 5, tubes + 6}) {
		t.Errorf("rejected rows: %v", rejected)
	}
	if again, _ := give(); again.New != 0 || again.Unchanged != tubes+2 || again.Rejected != 2 {
		t.Errorf("again: %+v", again)
	}
	cut := "tube,result\nT-0,negative\nT-1"
	_, err := b.ReportTubeFile(t.Context(), Owner("test"), ReportTubeFile{Outbreak: "o", Laboratory: "L1", Source: exchange.NewSource("r.csv", strings.NewReader(cut), int64(len(cut)))})
	if !errors.Is(err, ErrTubeFileCut) {
		t.Errorf("a file that is cut off: %v", err)
	}
}
