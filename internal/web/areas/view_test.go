package areas_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/areas"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	list, err := areas.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	one, err := areas.NewPreview(kit)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{"en", "zh"} {
		frame := canned.Frame(lang, ui.ThemeDevice, "areas", "/admin/areas")
		uitest.Golden(t, *update, string(lang), list, "main", frame, canned.Areas())
		uitest.Golden(t, *update, "preview-"+string(lang), one, "main", frame, canned.AreasPreview())
	}
}
