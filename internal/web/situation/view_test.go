package situation_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/situation"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := situation.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "situation", "/situation")
	zh := canned.Frame("zh", ui.ThemeDark, "situation", "/situation")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Situation())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Situation())
	uitest.Golden(t, *update, "empty", page, "main", en, situation.View{Empty: &ui.Empty{}})
}
