package store_test

import (
	"errors"
	"testing"
	"time"

	"firebreak/internal/outbreak"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// Cards are numbered by outbreak, read as they were kept, and listed the newest first.
func TestDrillCards(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := time.Date(2022, 3, 20, 8, 0, 0, 0, time.UTC)
		kept := []store.DrillCard{
			{Outbreak: 1, KeptAt: at, KeptBy: "admin", Scenario: "market", People: 1000, Days: 28, Seed: -3, Card: []byte(`{"lost":1}`)},
			{Outbreak: 1, KeptAt: at.Add(time.Hour), KeptBy: "admin", Scenario: "market", People: 2000, Days: 28, Seed: 4, Card: []byte(`{"lost":0}`)},
			{Outbreak: 2, KeptAt: at, KeptBy: "other", Scenario: "port", Card: []byte(`{}`)},
		}
		update(t, db, func(tx *store.Tx) error {
			for i := range kept {
				if err := tx.AddDrillCard(&kept[i]); err != nil {
					return err
				}
			}
			return nil
		})
		err := db.View(t.Context(), func(r *store.Reader) error {
			list, err := r.DrillCards(1, 10)
			if err != nil {
				return err
			}
			if len(list) != 2 || list[0].Number != 2 || list[1].Number != 1 || list[1].Seed != -3 || string(list[0].Card) != `{"lost":0}` || !list[0].KeptAt.Equal(at.Add(time.Hour)) {
				t.Errorf("cards %+v", list)
			}
			if list, err = r.DrillCards(1, 1); err != nil || len(list) != 1 || list[0].Number != 2 {
				t.Errorf("the newest: %+v, %v", list, err)
			}
			one, err := r.DrillCard(2, 1)
			if err != nil || one.Scenario != "port" || one.Outbreak != outbreak.ID(2) {
				t.Errorf("card 1 of the other outbreak: %+v, %v", one, err)
			}
			if _, err := r.DrillCard(2, 2); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("one that is not there: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
