package hospitals_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/hospitals"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := hospitals.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	patient, err := hospitals.NewPatient(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "care", "/care")
	zh := canned.Frame("zh", ui.ThemeDark, "care", "/care")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Care())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Care())
	uitest.Golden(t, *update, "patient-en", patient, "main", en, canned.Patient())
	uitest.Golden(t, *update, "patient-zh", patient, "main", zh, canned.Patient())
}
