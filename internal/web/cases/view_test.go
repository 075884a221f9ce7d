package cases_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/cases"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := cases.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "cases", "/cases")
	zh := canned.Frame("zh", ui.ThemeDark, "cases", "/cases")
	uitest.Golden(t, *update, "en", page, "main", en, canned.Cases())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.Cases())
	uitest.Golden(t, *update, "empty", page, "main", en, canned.NoCases())
	one, err := cases.NewCase(kit)
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range []cases.TabKey{cases.Overview, cases.Investigation, cases.Contacts, cases.ProposalsTab, cases.Chain} {
		uitest.Golden(t, *update, "case-"+string(tab)+"-en", one, "main", en, canned.Case(tab))
		uitest.Golden(t, *update, "case-"+string(tab)+"-zh", one, "main", zh, canned.Case(tab))
	}
	uitest.Golden(t, *update, "case-proposals-none", one, "main", en, canned.NoProposals())
	form, err := cases.NewForm(kit)
	if err != nil {
		t.Fatal(err)
	}
	nobody := cases.FormView{Title: i18n.M("assistance.ask_for", "case", "LX-0571"), Hint: i18n.M("assistance.no_office"), Back: "/cases/LX-0571?tab=proposals"}
	uitest.Golden(t, *update, "assistance-none-en", form, "main", en, nobody)
	uitest.Golden(t, *update, "assistance-none-zh", form, "main", zh, nobody)
	decide, err := cases.NewDecide(kit)
	if err != nil {
		t.Fatal(err)
	}
	uitest.Golden(t, *update, "reject-en", decide, "main", en, canned.Reject())
	uitest.Golden(t, *update, "reject-zh", decide, "main", zh, canned.Reject())
}
