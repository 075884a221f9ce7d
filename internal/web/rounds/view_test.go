package rounds_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/rounds"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestPlanGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := rounds.NewPlan(kit)
	if err != nil {
		t.Fatal(err)
	}
	en, zh := canned.Frame("en", ui.ThemeDevice, "screening", "/rounds/4/plan"), canned.Frame("zh", ui.ThemeDark, "screening", "/rounds/4/plan")
	uitest.Golden(t, *update, "plan-en", page, "main", en, canned.RoundPlan())
	uitest.Golden(t, *update, "plan-zh", page, "main", zh, canned.RoundPlan())
	uitest.Golden(t, *update, "plan-none", page, "main", en, canned.RoundUnplanned())
	uitest.Golden(t, *update, "plan-running", page, "running", zh, canned.RoundPlanning())
	failed := canned.RoundPlan()
	failed.Failed, failed.Plan.Card.Whole, failed.May = i18n.M("plan.failed.loading"), false, false
	uitest.Golden(t, *update, "plan-failed", page, "main", en, failed)
}
