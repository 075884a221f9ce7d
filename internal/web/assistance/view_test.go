package assistance_test

import (
	"testing"

	"firebreak/internal/web/assistance"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	list, err := assistance.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	one, err := assistance.NewOne(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "assistance", "/assistance")
	zh := canned.Frame("zh", ui.ThemeDark, "assistance", "/assistance")
	uitest.Golden(t, *update, "en", list, "main", en, canned.AssistanceList())
	uitest.Golden(t, *update, "zh", list, "main", zh, canned.AssistanceList())
	uitest.Golden(t, *update, "asked", one, "main", zh, canned.AssistanceOne())
	uitest.Golden(t, *update, "ended", one, "main", en, canned.AssistanceEnded())
}
