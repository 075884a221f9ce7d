package store_test

import (
	"testing"
	"time"

	"firebreak/internal/facility"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestInspectionsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := time.Date(2022, 3, 5, 9, 0, 0, 0, time.UTC)
		whole := facility.Inspection{Outbreak: 1, Facility: 4, Area: 3, District: 2, Pack: "p@1", Whole: true, Inspector: "卫生监督所", Note: "早班", MadeAt: at, NotedAt: at.Add(time.Hour), NotedBy: "q1",
			Checked: []facility.Checked{{Standard: "waste", Finding: facility.Unmet, Note: "无黄色垃圾袋"}, {Standard: "zones", Finding: facility.Met}, {Standard: "care", Finding: facility.NotApplicable}}}
		part := facility.Inspection{Outbreak: 1, Facility: 4, Area: 3, District: 2, Pack: "p@1", Inspector: "q1", MadeAt: at.Add(3 * time.Hour), NotedAt: at.Add(3 * time.Hour), NotedBy: "q1", Checked: []facility.Checked{{Standard: "waste", Finding: facility.Met}}}
		waste := facility.Deficiency{Outbreak: 1, Facility: 4, Area: 3, District: 2, Standard: "waste", Critical: true, Note: "无黄色垃圾袋", FoundAt: at}
		food := facility.Deficiency{Outbreak: 1, Facility: 4, Area: 3, District: 2, Standard: "food", FoundAt: at.Add(-time.Hour)}
		update(t, db, func(tx *store.Tx) error {
			if err := tx.AddInspection(&whole); err != nil {
				return err
			}
			if err := tx.AddInspection(&part); err != nil {
				return err
			}
			waste.FoundIn, food.FoundIn = whole.ID, whole.ID
			if err := tx.AddDeficiency(&food); err != nil {
				return err
			}
			return tx.AddDeficiency(&waste)
		})
		view(t, db, func(r *store.Reader) error {
			list, err := r.InspectionsAt(4, 10)
			if err != nil {
				return err
			}
			sameRow(t, "inspections", list, []facility.Inspection{part, whole})
			if list, err = r.InspectionsAt(4, 1); err != nil || len(list) != 1 {
				t.Errorf("one at most: %d, %v", len(list), err)
			}
			looked, err := r.LookedAt(4)
			if err != nil {
				return err
			}
			sameRow(t, "looked at", looked, map[string]store.LookedAt{
				"waste": {Checked: part.Checked[0], Facility: 4, In: part.ID, At: part.MadeAt}, "zones": {Checked: whole.Checked[1], Facility: 4, In: whole.ID, At: at}, "care": {Checked: whole.Checked[2], Facility: 4, In: whole.ID, At: at}})
			last, err := r.LastInspected([]facility.ID{4, 5})
			if err != nil {
				return err
			}
			if len(last) != 1 || !last[4].Equal(at) {
				t.Errorf("last inspected whole: %v", last)
			}
			again := whole
			if yes, err := r.InspectionAgain(again); err != nil || !yes {
				t.Errorf("the same again: %t, %v", yes, err)
			}
			again.Inspector = "another"
			if yes, err := r.InspectionAgain(again); err != nil || yes {
				t.Errorf("somebody else's: %t, %v", yes, err)
			}
			todo, err := r.OpenDeficiencies([]facility.ID{4, 5})
			if err != nil {
				return err
			}
			sameRow(t, "deficiencies", todo, map[facility.ID][]facility.Deficiency{4: {waste, food}})
			return nil
		})

		// The engine refuses the same inspection twice, and a standard that is lacking twice at a time; once it was put right it can be lacking anew.
		same, second := whole, waste
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.AddInspection(&same) }); err == nil {
			t.Error("the same inspection is kept twice")
		}
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.AddDeficiency(&second) }); err == nil {
			t.Error("a standard is lacking twice")
		}
		stale := waste
		waste.EndedAt, waste.EndedIn, waste.End = part.MadeAt, part.ID, facility.Met
		update(t, db, func(tx *store.Tx) error {
			if err := tx.UpdateDeficiency(&waste); err != nil {
				return err
			}
			return tx.AddDeficiency(&second)
		})
		view(t, db, func(r *store.Reader) error {
			got, err := r.Deficiency(waste.ID)
			sameRow(t, "ended", got, waste)
			return err
		})
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return tx.UpdateDeficiency(&stale) }); err == nil {
			t.Error("a version that is not the one stored is written over")
		}
	})
}
