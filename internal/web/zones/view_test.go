package zones_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
	"firebreak/internal/web/zones"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := zones.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "zones", "/zones")
	zh := canned.Frame("zh", ui.ThemeDark, "zones", "/zones")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Zones())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Zones())
	uitest.Golden(t, *update, "empty", page, "main", en, zones.ListView{Draws: true})
	uitest.Golden(t, *update, "no-levels", page, "main", en, zones.ListView{})
	one, err := zones.NewZone(kit)
	if err != nil {
		t.Fatal(err)
	}
	uitest.Golden(t, *update, "zone-en", one, "main", en, canned.ZoneView())
	uitest.Golden(t, *update, "zone-zh", one, "main", zh, canned.ZoneView())
	over := canned.ZoneView()
	over.State, over.Decide, over.Lifting, over.Task = "lifted", nil, nil, nil
	uitest.Golden(t, *update, "zone-over", one, "main", en, over)
}
