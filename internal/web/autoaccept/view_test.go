package autoaccept_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/autoaccept"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	page, err := autoaccept.New(uitest.Kit(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{"en", "zh"} {
		frame := canned.Frame(lang, ui.ThemeDevice, "cases", "/o/laixi/auto-accept")
		uitest.Golden(t, *update, string(lang), page, "main", frame, canned.AutoAccept())
		uitest.Golden(t, *update, "never-"+string(lang), page, "main", frame, canned.NeverAutoAccept())
	}
}
