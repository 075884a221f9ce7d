package store_test

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestTheClockOfADrill(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		if db.Drill() {
			t.Fatal("a new store is a drill before anybody began one")
		}
		at := time.Date(2022, 3, 4, 20, 0, 0, 0, time.UTC)
		if err := db.MoveClock(t.Context(), at); !errors.Is(err, store.ErrNoDrill) {
			t.Errorf("move the clock of what is no drill: %v", err)
		}
		if err := db.BeginDrill(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		if !db.Drill() || !db.Now().Equal(at) {
			t.Errorf("the clock shows %s", db.Now())
		}
		next := at.Add(90 * time.Minute)
		if err := db.MoveClock(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		if err := db.MoveClock(t.Context(), at); !errors.Is(err, store.ErrClockBack) {
			t.Errorf("move it back: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open()
		if !db.Drill() || !db.Now().Equal(next) {
			t.Errorf("opened again, the clock shows %s (drill: %t), want %s", db.Now(), db.Drill(), next)
		}
		if err := db.BeginDrill(t.Context(), at); !errors.Is(err, store.ErrNotNew) {
			t.Errorf("begin a second time: %v", err)
		}
	})
}

func TestWhatIsRealBecomesNoDrill(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		update(t, db, func(tx *store.Tx) error {
			o := outbreak.Outbreak{Name: "real", Zone: "UTC", Pack: "covid19/2022-v9@1", Phase: outbreak.Active}
			if err := tx.AddOutbreak(&o); err != nil {
				return err
			}
			_, err := tx.Append(journal.Entry{Kind: journal.OutbreakStarted, Actor: "test"})
			return err
		})
		if err := db.BeginDrill(t.Context(), db.Now().AddDate(-4, 0, 0)); !errors.Is(err, store.ErrNotNew) || db.Drill() {
			t.Errorf("begin a drill among real records: %v, drill: %t", err, db.Drill())
		}
	})
}
