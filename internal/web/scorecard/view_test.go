package scorecard_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/scorecard"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	page, err := scorecard.New(uitest.Kit(t))
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "drill", "/drill")
	zh := canned.Frame("zh", ui.ThemeDark, "drill", "/drill")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Scorecard())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Scorecard())
	uitest.Golden(t, *update, "broken", page, "main", en, canned.ScorecardBroken())
	uitest.Golden(t, *update, "empty", page, "main", zh, scorecard.View{Empty: &ui.Empty{Title: i18n.M("scorecard.none"), Hint: i18n.M("scorecard.none_hint")}})
}
