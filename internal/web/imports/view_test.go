package imports_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/imports"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := imports.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "imports", "/imports")
	zh := canned.Frame("zh", ui.ThemeDark, "imports", "/imports")
	for _, step := range imports.Steps() {
		uitest.Golden(t, *update, string(step)+"-en", page, "main", en, canned.Import(step))
		uitest.Golden(t, *update, string(step)+"-zh", page, "main", zh, canned.Import(step))
	}
	lost := canned.Import(imports.DryRun)
	lost.Counts.Created--
	uitest.Golden(t, *update, "mismatch", page, "main", en, lost)
}
