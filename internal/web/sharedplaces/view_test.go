package sharedplaces_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/sharedplaces"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	page, err := sharedplaces.New(uitest.Kit(t))
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "shared", "/shared")
	zh := canned.Frame("zh", ui.ThemeDark, "shared", "/shared")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Shared())
	uitest.Golden(t, *update, "answer", page, "main", en, canned.SharedAnswer())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.SharedAnswer())
	uitest.Golden(t, *update, "empty", page, "main", en, canned.SharedEmpty())
	wrong := canned.Shared()
	wrong.Wrong, wrong.Fields = i18n.M("shared.too_few"), nil
	uitest.Golden(t, *update, "wrong", page, "main", en, wrong)
}
