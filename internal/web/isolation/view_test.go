package isolation_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/isolation"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	var pages [7]*ui.Page
	for i, parse := range []func(*ui.Kit) (*ui.Page, error){isolation.New, isolation.NewFacility, isolation.NewOne, isolation.NewChecks, isolation.NewIncidents, isolation.NewInspections, isolation.NewRoster} {
		page, err := parse(kit)
		if err != nil {
			t.Fatal(err)
		}
		pages[i] = page
	}
	en := canned.Frame("en", ui.ThemeDevice, "isolation", "/isolation")
	zh := canned.Frame("zh", ui.ThemeDark, "isolation", "/isolation")
	for name, frame := range map[string]ui.Frame{"en": en, "zh": zh} {
		uitest.Golden(t, *update, name, pages[0], "main", frame, canned.Isolation())
		uitest.Golden(t, *update, "none-"+name, pages[0], "main", frame, canned.NoIsolation())
		uitest.Golden(t, *update, "facility-"+name, pages[1], "main", frame, canned.Facility())
		uitest.Golden(t, *update, "stay-"+name, pages[2], "main", frame, canned.Stay())
		uitest.Golden(t, *update, "checks-"+name, pages[3], "main", frame, canned.Checks())
		uitest.Golden(t, *update, "incidents-"+name, pages[4], "main", frame, canned.Incidents())
		uitest.Golden(t, *update, "incidents-none-"+name, pages[4], "main", frame, isolation.IncidentsView{Head: canned.Facility().Head})
		uitest.Golden(t, *update, "inspections-"+name, pages[5], "main", frame, canned.Inspections())
		uitest.Golden(t, *update, "inspections-seen-"+name, pages[5], "main", frame, canned.SeenInspections())
		uitest.Golden(t, *update, "inspections-none-"+name, pages[5], "main", frame, isolation.InspectionsView{Head: canned.Facility().Head, NoList: i18n.M("inspect.hospital")})
		uitest.Golden(t, *update, "roster-"+name, pages[6], "main", frame, canned.Roster())
		uitest.Golden(t, *update, "roster-none-"+name, pages[6], "main", frame, canned.EmptyRoster())
		uitest.Golden(t, *update, "checks-none-"+name, pages[3], "main", frame, isolation.ChecksView{Head: canned.Facility().Head})
	}
}
