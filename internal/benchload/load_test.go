package benchload_test

import (
	"bytes"
	"errors"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"firebreak/internal/benchload"
	"firebreak/internal/board"
	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/exchange"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
)

var now = time.Date(2022, 11, 30, 7, 17, 0, 0, time.UTC)

// prepared is a store with the tree and an outbreak, and a small load for it.
func prepared(t *testing.T, db *store.DB) (*benchload.Load, outbreak.Outbreak) {
	t.Helper()
	areas, err := qingdao.Jurisdictions()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas(areas, nil, 1)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	o, err := command.New(db, nil).StartOutbreak(t.Context(), command.Owner("test"), command.StartOutbreak{Name: "bench", Pack: "covid19/2022-v9", Zone: "Asia/Shanghai", Area: "3702"})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := db.Tree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return newLoad(t, tree, 7), o
}

func newLoad(t *testing.T, tree *place.Tree, seed uint64) *benchload.Load {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	l, err := benchload.New(benchload.Spec{Cases: 1500, Contacts: 7500, Tasks: 9000, Seed: seed, Now: now, Zone: zone, Tree: tree})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestNothingLiesInTheFuture(t *testing.T) {
	t.Parallel()
	l, _ := prepared(t, storetest.SQLite(t)())
	for k := range l.Cases {
		c := l.Case(k)
		for _, at := range []time.Time{c.NotedAt, c.ReportedAt, c.VerifiedAt, c.ConfirmedAt, c.IsolatedAt, c.Investigated, c.ListedAt} {
			if at.After(now) {
				t.Fatalf("case %d has a fact at %s, after %s", k, at, now)
			}
		}
		if c.Infector >= k {
			t.Fatalf("case %d was infected by case %d, who fell ill later", k, c.Infector)
		}
	}
	for k := range l.Contacts {
		c := l.Contact(k)
		for _, at := range []time.Time{c.ListedAt, c.ReachedAt, c.QuarantineAt, c.EndedAt} {
			if at.After(now) {
				t.Fatalf("contact %d has a fact at %s, after %s", k, at, now)
			}
		}
		if c.State.Over() != !c.EndedAt.IsZero() {
			t.Fatalf("contact %d is %s and ended at %s", k, c.State, c.EndedAt)
		}
		if (c.Tier == contact.Secondary) != (c.Parent >= 0) || c.Parent >= k {
			t.Fatalf("contact %d of tier %s has the parent %d", k, c.Tier, c.Parent)
		}
	}
}

func TestSameSeedSameLoad(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("what runs beside what in it is watched in smaller tests; make test runs this one without the race detector")
	}
	l, _ := prepared(t, storetest.SQLite(t)())
	again, other := newLoad(t, l.Tree, 7), newLoad(t, l.Tree, 8)
	differ := 0
	for k := range 200 {
		if !reflect.DeepEqual(l.Case(k), again.Case(k)) || !reflect.DeepEqual(l.Contact(k), again.Contact(k)) {
			t.Fatalf("record %d is another one the second time", k)
		}
		if !reflect.DeepEqual(l.Case(k), other.Case(k)) {
			differ++
		}
	}
	if differ < 190 {
		t.Errorf("another seed changed only %d of 200 cases", differ)
	}
}

// A filled store says of itself what was put into it: every counter is held against counting the load.
func TestFilledStoreIsConsistent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open(func(o *store.Options) { o.Now = func() time.Time { return now } })
		l, o := prepared(t, db)
		if err := l.Fill(t.Context(), db, o, func(int, int) {}); err != nil {
			t.Fatal(err)
		}
		if whole, err := l.Filled(t.Context(), db, o); err != nil || !whole {
			t.Fatalf("filled: %v, %v", whole, err)
		}
		if err := l.Fill(t.Context(), db, o, func(int, int) {}); err != nil {
			t.Errorf("filling again: %v", err)
		}
		if v, err := db.VerifyJournal(t.Context()); err != nil || !v.Intact {
			t.Errorf("journal: %+v, %v", v, err)
		}
		want := map[task.Duty]store.Coverage{}
		tasks := 0
		count := func(list []task.Task) {
			tasks += len(list)
			for _, k := range list {
				c := want[k.Kind.Duty()]
				switch {
				case k.State == task.Open:
					c.Open++
					if k.Due.Before(now) {
						c.Late++
					}
				case k.State == task.Done:
					c.Done++
				case k.State == task.Waived:
					c.Waived++
				}
				want[k.Kind.Duty()] = c
			}
		}
		figures := 0
		for k := range l.Cases {
			c := l.Case(k)
			count(l.CaseTasks(k, c))
			if c.Class != cases.Suspected && c.Class != cases.Discarded {
				figures++
			}
		}
		for k := range l.Contacts {
			count(l.ContactTasks(k, l.Contact(k)))
		}
		if tasks < 8000 || tasks > 10_000 {
			t.Errorf("the load has %d tasks, asked for about 9,000", tasks)
		}
		b, err := board.New(db, slog.Default()).Of(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Figures(0).Total; got != figures {
			t.Errorf("the board counts %d cases, want %d", got, figures)
		}
		err = db.View(t.Context(), func(r *store.Reader) error {
			cover, err := r.Coverage(o.ID, store.Everywhere(), time.Time{}, time.Time{}, now)
			for _, got := range cover {
				w := want[got.Duty]
				if got.Open != w.Open || got.Done != w.Done || got.Late != w.Late || got.Waived != w.Waived {
					t.Errorf("%s: open %d done %d late %d waived %d, want %d %d %d %d", got.Duty, got.Open, got.Done, got.Late, got.Waived, w.Open, w.Done, w.Late, w.Waived)
				}
			}
			if err != nil || len(cover) < 5 {
				t.Errorf("coverage has %d duties: %v", len(cover), err)
			}
			return dense(t, r, o.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		other := newLoad(t, l.Tree, 8)
		if err := other.Fill(t.Context(), db, o, func(int, int) {}); err == nil {
			t.Error("another load went into the same outbreak")
		} else if !errors.Is(err, benchload.ErrOther) {
			t.Logf("another load was refused by the engine: %v", err)
		}
	})
}

// dense checks that people have distinct numbers, and contacts the case and the person that they should.
func dense(t *testing.T, r *store.Reader, o outbreak.ID) error {
	var ids []person.ID
	byCase := map[cases.ID]cases.Case{}
	if err := r.EachCase(o, nil, func(c cases.Case) error {
		ids = append(ids, c.Person)
		byCase[c.ID] = c
		return nil
	}); err != nil {
		return err
	}
	people, err := r.PeopleByID(ids)
	if err != nil {
		return err
	}
	seen := map[person.Number]bool{}
	for _, p := range people {
		if p.Number == 0 || seen[p.Number] {
			t.Errorf("person %d has the number %d, which is none or another's", p.ID, p.Number)
		}
		seen[p.Number] = true
	}
	became := 0
	err = r.EachContact(o, func(c contact.Contact) error {
		if c.BecameCase != 0 {
			became++
			if byCase[c.BecameCase].Person != c.Person {
				t.Errorf("contact %s and the case it became are two people", c.Code)
			}
		}
		if _, known := byCase[c.Case]; c.Case != 0 && !known {
			t.Errorf("contact %s met a case that is not there", c.Code)
		}
		return nil
	})
	if became == 0 {
		t.Error("no contact became a case")
	}
	return err
}

func TestListsCanBeImported(t *testing.T) {
	t.Parallel()
	l, _ := prepared(t, storetest.SQLite(t)())
	for kind, write := range map[exchange.Kind]func(*bytes.Buffer) (int, error){
		exchange.KindCases:    func(b *bytes.Buffer) (int, error) { return l.WriteCases(b) },
		exchange.KindContacts: func(b *bytes.Buffer) (int, error) { return l.WriteContacts(b) },
	} {
		var b bytes.Buffer
		n, err := write(&b)
		if err != nil {
			t.Fatal(err)
		}
		source := exchange.NewSource(string(kind)+".csv", bytes.NewReader(b.Bytes()), int64(b.Len()))
		table, err := source.Table(exchange.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		found := exchange.Recognise(table.Header())
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 || found[0].Map.Kind != kind {
			t.Fatalf("recognised as %+v, want %q", found, kind)
		}
		tally, err := exchange.Scan(t.Context(), source, found[0].Map, func(exchange.Record) error { return nil })
		if err != nil || tally.Rows != n || tally.Rejected != 0 {
			t.Errorf("%s: %d rows, %d rejected, %v; want %d, 0", kind, tally.Rows, tally.Rejected, err, n)
		}
	}
}
