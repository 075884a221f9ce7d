package followup_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/followup"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := followup.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "followup", "/followup")
	zh := canned.Frame("zh", ui.ThemeDark, "followup", "/followup")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Followup())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Followup())
	doors, err := followup.NewDoors(kit)
	if err != nil {
		t.Fatal(err)
	}
	uitest.Golden(t, *update, "doors-en", doors, "main", en, canned.Doors())
	uitest.Golden(t, *update, "doors-zh", doors, "main", zh, canned.Doors())
	uitest.Golden(t, *update, "doors-empty", doors, "main", en, followup.DoorsView{Where: "officer 3", Day: "2022-03-12"})
	uitest.Golden(t, *update, "empty", page, "main", en, followup.View{Officer: "officer 3", Day: "2022-03-12"})
}
