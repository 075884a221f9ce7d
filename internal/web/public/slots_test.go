package public

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/roundplan"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// TestWhereAndWhen: once a round is planned, people see where those of their community are awaited and when; whoever looks at a larger area chooses first.
func TestWhereAndWhen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		c := newTown(t, open)
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		tree, err := c.db.Tree(ctx)
		must(err)
		home, _ := tree.ByCode("900101")
		must(c.db.Update(ctx, func(tx *store.Tx) error {
			blocks := []place.Building{{Area: home.ID, District: tree.District(home.ID), Name: "12号楼"}, {Area: home.ID, District: tree.District(home.ID), Name: "3号楼"}, {Area: home.ID, District: tree.District(home.ID), Name: "看门房"}}
			if err := tx.AddBuildings(blocks); err != nil {
				return err
			}
			people := make([]person.Person, 800) // of whom one lives by the gate
			for i := range people {
				people[i] = person.Person{Area: home.ID, District: tree.District(home.ID), Age: 30, Building: blocks[i%2].ID}
			}
			people[0].Building = blocks[2].ID
			if err := tx.AddPeople(people); err != nil {
				return err
			}
			_, err := tx.Append(journal.Entry{Kind: journal.PeopleRegistered})
			return err
		}))
		_, err = c.site.o.Commands.AddLaboratories(ctx, command.Owner("test"), command.AddLaboratories{Outbreak: "town", Laboratories: []command.LaboratoryFields{{Code: "L", Area: "90", PerHour: 10, Turnaround: time.Hour}}})
		must(err)
		must(c.site.o.Turnout.Build(ctx))
		plans := roundplan.New(roundplan.Options{DB: c.db, Commands: c.site.o.Commands, Turnout: c.site.o.Turnout})
		var round screening.RoundID
		must(c.db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName("town")
			if err != nil {
				return err
			}
			x, err := r.RoundByNumber(o.ID, 1)
			round = x.ID
			return err
		}))
		if body := c.get("/public/en/areas/900101").Body.String(); strings.Contains(body, "awaited") {
			t.Error("somebody is awaited without a plan")
		}
		_, err = plans.Make(ctx, command.Owner("test"), round)
		must(err)
		c.site.o.Plans = plans
		c.site.now.Store(&snapshot{zone: time.UTC, pages: map[string]*page{}}) // as after ten seconds
		for path, wants := range map[string][2][]string{
			"/public/en/areas/900101": {{"Your building", "School &lt;East&gt;", `<th scope="row">3号楼</th><td><p><b>10 Mar 2022 12:00 to 15:30</b>`, `<th scope="row">12号楼</th><td><p><b>10 Mar 2022 15:00 to 18:45</b>`, `None of these</th><td><p><b>10 Mar 2022 12:00 to 18:45</b>`}, {"看门房", "awaited"}},
			"/public/en/areas/9001":   {{"Round four"}, {"awaited"}},
			"/public/en/areas/9002":   {nil, {"awaited"}},
		} {
			w := c.get(path)
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", path, w.Code)
			}
			for _, want := range wants[0] {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("%s lacks %q:\n%s", path, want, w.Body)
				}
			}
			for _, bad := range wants[1] {
				if strings.Contains(w.Body.String(), bad) {
					t.Errorf("%s has %q", path, bad)
				}
			}
		}
	})
}
