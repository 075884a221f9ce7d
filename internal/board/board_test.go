package board

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

// fixture is an outbreak in two districts.
type fixture struct {
	t    *testing.T
	db   *store.DB
	cmds *command.Commands
	o    outbreak.Outbreak
}

var start = time.Date(2022, 3, 10, 4, 0, 0, 0, time.UTC)

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, db: storetest.SQLite(t)(func(o *store.Options) { o.Now = func() time.Time { return start } })}
	f.cmds = command.New(f.db, nil)
	err := f.db.Update(t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "3", Name: "City", Level: place.City}},
			{Jurisdiction: place.Jurisdiction{Code: "31", Name: "East", Level: place.District}, ParentCode: "3"},
			{Jurisdiction: place.Jurisdiction{Code: "32", Name: "West", Level: place.District}, ParentCode: "3"},
		}, nil, ref.Seq)
		return err
	})
	f.must(err)
	for _, name := range []string{"o", "other"} {
		o, err := f.cmds.StartOutbreak(t.Context(), command.Owner("test"), command.StartOutbreak{Name: name, Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "3"})
		f.must(err)
		if name == "o" {
			f.o = o
		}
	}
	return f
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) area(code string) place.AreaID {
	tree, err := f.db.Tree(f.t.Context())
	f.must(err)
	j, ok := tree.ByCode(code)
	if !ok {
		f.t.Fatalf("no area %s", code)
	}
	return j.ID
}

func (f *fixture) add(outbreak, code string, fields map[string]string) cases.Case {
	f.t.Helper()
	c, err := f.cmds.AddCase(f.t.Context(), command.Owner("test"), command.AddCase{Outbreak: outbreak, Code: code, Fields: fields})
	f.must(err)
	return c.Case
}

// all is everything that a board tells, by area.
func all(b *Board) map[place.AreaID]Figures {
	out := map[place.AreaID]Figures{}
	for a := range b.areas {
		if f := b.Figures(a); f.Total > 0 {
			out[a] = f
		}
	}
	return out
}

func TestCounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add("o", "1", map[string]string{"class": "confirmed", "area": "31", "onset": "2022-03-08", "confirmed_at": "2022-03-09", "found": "community"})
	f.add("o", "2", map[string]string{"class": "asymptomatic", "area": "32", "sampled": "2022-03-09", "confirmed_at": "2022-03-10", "found": "isolation"})
	f.add("o", "3", map[string]string{"class": "confirmed", "confirmed_at": "2022-03-10"})
	f.add("o", "4", map[string]string{"class": "suspected", "area": "31"})
	f.add("other", "1", map[string]string{"class": "confirmed", "area": "31"})
	b, err := New(f.db, slog.Default()).Of(t.Context(), f.o.ID)
	f.must(err)
	d := day.MustParse
	got := map[string]Figures{"all": b.Figures(0), "city": b.Figures(f.area("3")), "east": b.Figures(f.area("31")), "both": b.Figures(f.area("31"), f.area("32"))}
	known := Figures{Total: 2, Ill: []Day{{d("2022-03-08"), Cell{Outside: 1}}, {d("2022-03-09"), Cell{Inside: 1}}}, New: []Day{{d("2022-03-09"), Cell{Outside: 1}}, {d("2022-03-10"), Cell{Inside: 1}}}}
	want := map[string]Figures{
		// The case of unknown area is in everything and in no area; the suspected one and the other outbreak's are nowhere.
		"all": {Total: 3, Ill: []Day{{d("2022-03-08"), Cell{Outside: 1}}, {d("2022-03-09"), Cell{Inside: 1}}, {d("2022-03-10"), Cell{Unknown: 1}}},
			New: []Day{{d("2022-03-09"), Cell{Outside: 1}}, {d("2022-03-10"), Cell{Inside: 1, Unknown: 1}}}},
		"city": known, "both": known,
		"east": {Total: 1, Ill: known.Ill[:1], New: known.New[:1]},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	if on, total := b.On(f.area("32"), d("2022-03-10")); on != (Cell{Inside: 1}) || total != 1 {
		t.Errorf("on the 10th in the west: %+v of %d, want one inside of 1", on, total)
	}
}

// Whatever is ordered, in whatever order, a board that followed says the same as one built from nothing.
func TestFollowingIsRebuilding(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	boards := New(f.db, slog.Default())
	const seed = 7
	rnd := rand.New(rand.NewPCG(seed, 1))
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	var known []cases.ID
	if _, err := boards.Of(t.Context(), f.o.ID); err != nil { // built while empty: all that follows is followed
		t.Fatal(err)
	}
	for i := range 120 {
		fields := map[string]string{"class": pick("confirmed", "suspected", "probable", "asymptomatic"), "found": pick("", "isolation", "community"), "area": pick("", "3", "31", "32"),
			"onset": pick("", "2022-03-01", "2022-03-05", "2022-03-09")}
		if rnd.IntN(3) == 0 || len(known) == 0 {
			name := pick("o", "o", "other")
			c := f.add(name, strconv.Itoa(i), fields)
			if name == "o" {
				known = append(known, c.ID)
			}
		} else {
			fields["class"] = pick("confirmed", "suspected", "discarded")
			id := known[rnd.IntN(len(known))]
			var c cases.Case
			f.must(f.db.View(t.Context(), func(r *store.Reader) (err error) {
				c, err = r.Case(id)
				return err
			}))
			if _, err := f.cmds.CorrectCase(t.Context(), command.Owner("test"), command.CorrectCase{Case: id, Version: c.Version, Fields: fields}); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, i, err)
			}
		}
		if i%10 != 0 {
			continue
		}
		followed, err := boards.Of(t.Context(), f.o.ID)
		f.must(err)
		built, err := rebuild(t.Context(), f.db, f.o.ID)
		f.must(err)
		if diff := cmp.Diff(all(built), all(followed)); diff != "" {
			t.Fatalf("seed %d, step %d: followed differs from rebuilt (-rebuilt +followed):\n%s", seed, i, diff)
		}
		if !maps.Equal(built.pairs, followed.pairs) {
			t.Fatalf("seed %d, step %d: delays differ: %v, rebuilt %v", seed, i, followed.pairs, built.pairs)
		}
	}
	if len(known) < 20 {
		t.Fatalf("only %d cases were made: the test tries too little", len(known))
	}
}

// Batches of imported rows change cases without naming them: the board is built anew behind the reader's back, and is right in the end.
func TestImportedRowsAreCountedAnew(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	boards := New(f.db, slog.Default())
	c := f.add("o", "1", map[string]string{"class": "confirmed", "area": "31"})
	if _, err := boards.Of(t.Context(), f.o.ID); err != nil {
		t.Fatal(err)
	}
	f.must(f.db.Update(t.Context(), func(tx *store.Tx) error {
		stored, err := tx.Case(c.ID)
		if err != nil {
			return err
		}
		stored.Found = cases.FoundInIsolation
		if err := tx.UpdateCase(&stored, nil); err != nil {
			return err
		}
		_, err = tx.Append(journal.Entry{Kind: journal.ImportChunk, Actor: "import:test", Outbreak: f.o.ID, Subject: task.Subject{Kind: task.OnOutbreak, ID: int64(f.o.ID)}})
		return err
	}))
	if _, err := boards.Of(t.Context(), f.o.ID); err != nil {
		t.Fatal(err)
	}
	boards.Wait()
	b, err := boards.Of(t.Context(), f.o.ID)
	f.must(err)
	if got := b.Figures(0).New; !slices.EqualFunc(got, []Cell{{Inside: 1}}, func(d Day, c Cell) bool { return d.Cell == c }) {
		t.Errorf("after the import: %+v, want one case found in isolation", got)
	}
}

func TestFailedBuildIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	boards := New(f.db, slog.Default())
	const next = 3 // the outbreak started below
	if _, err := boards.Of(t.Context(), next); err == nil {
		t.Fatal("a board of no outbreak was built")
	}
	o, err := f.cmds.StartOutbreak(t.Context(), command.Owner("test"), command.StartOutbreak{Name: "third", Pack: "mers/who"})
	f.must(err)
	if o.ID != next {
		t.Fatalf("the third outbreak is %d, want %d", o.ID, next)
	}
	if _, err := boards.Of(context.WithoutCancel(t.Context()), o.ID); err != nil {
		t.Errorf("after the outbreak was started: %v", err)
	}
}
