package forecast_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/forecast"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := forecast.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "forecast", "/forecast")
	zh := canned.Frame("zh", ui.ThemeDark, "forecast", "/forecast")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Forecast())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Forecast())
	uitest.Golden(t, *update, "part", page, "main", en, forecast.View{Empty: &ui.Empty{}})
	uitest.Golden(t, *update, "empty", page, "main", en, forecast.View{New: canned.Forecast().New, Empty: &ui.Empty{}})
}
