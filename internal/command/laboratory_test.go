package command

import (
	"errors"
	"slices"
	"testing"
	"time"

	"firebreak/internal/lab"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// TestLaboratoryRates: what a laboratory reads by the hour is kept in the order of the day, and a change says all of it.
func TestLaboratoryRates(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("test")
		nights, pause := lab.Rate{From: 22 * time.Hour, Until: 6 * time.Hour, PerHour: 120}, lab.Rate{From: 12 * time.Hour, Until: 13 * time.Hour}
		one := LaboratoryFields{Code: "L", Area: "3701", PerHour: 300, Rates: []lab.Rate{nights, pause}}
		for what, rates := range map[string][]lab.Rate{"twice": {nights, {From: 5 * time.Hour, Until: 7 * time.Hour}}, "too many": {{From: 0, Until: time.Hour, PerHour: mostPerHour + 1}}, "no end": {{From: time.Hour, Until: time.Hour}}, "below nothing": {{Until: time.Hour, PerHour: -1}}, "half a minute": {{Until: 30 * time.Second}}} {
			bad := one
			bad.Rates = rates
			var wrong *Invalid
			if _, err := s.AddLaboratories(ctx, by, AddLaboratories{Outbreak: "o", Laboratories: []LaboratoryFields{bad}}); !errors.As(err, &wrong) || wrong.Field != "laboratories[0].rates" {
				t.Errorf("%s: %v", what, err)
			}
		}
		list, err := s.AddLaboratories(ctx, by, AddLaboratories{Outbreak: "o", Laboratories: []LaboratoryFields{one}})
		s.must(err)
		stored := func() (l lab.Laboratory) {
			s.must(s.db.View(ctx, func(r *store.Reader) (err error) { l, err = r.Laboratory(list[0].ID); return err }))
			return l
		}
		if l := stored(); l.PerHour != 300 || !slices.Equal(l.Rates, []lab.Rate{pause, nights}) {
			t.Errorf("entered: %+v", l)
		}
		one.Rates = nil
		_, err = s.ChangeLaboratory(ctx, by, ChangeLaboratory{Laboratory: list[0].ID, LaboratoryFields: one})
		s.must(err)
		if l := stored(); l.PerHour != 300 || l.Rates != nil {
			t.Errorf("changed to one rate: %+v", l)
		}
	})
}
