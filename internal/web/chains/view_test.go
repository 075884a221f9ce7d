package chains_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/chains"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := chains.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "chains", "/chains")
	zh := canned.Frame("zh", ui.ThemeDark, "chains", "/chains")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Chains())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Chains())
	uitest.Golden(t, *update, "empty", page, "main", en, chains.View{})
}
