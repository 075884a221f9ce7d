package storetest_test

import (
	"testing"

	"firebreak/internal/journal"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestEachKeepsDataBetweenOpens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Append(journal.Entry{Kind: journal.OutbreakStarted, Actor: "test"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if got := open().Head(); got != 1 {
			t.Errorf("after reopening the journal ends at %d, want 1", got)
		}
	})
}
