package audit_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/audit"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	page, err := audit.New(uitest.Kit(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{"en", "zh"} {
		uitest.Golden(t, *update, string(lang), page, "main", canned.Frame(lang, ui.ThemeDevice, "audit", "/admin/audit"), canned.Audit())
	}
	en := canned.Frame("en", ui.ThemeDevice, "audit", "/admin/audit")
	uitest.Golden(t, *update, "running", page, "check", en, audit.Check{Action: "/admin/audit/check", Progress: ui.Progress{ID: "walk", Done: 40000, Total: 120000, Poll: "/admin/audit?part=check"}})
	uitest.Golden(t, *update, "broken", page, "check", en, audit.Check{Action: "/admin/audit/check", Result: &audit.Result{At: canned.Now(), Entries: 7, Broken: "entry 8 does not match its hash"}})
	uitest.Golden(t, *update, "searched", page, "main", en, audit.View{SearchedBack: 900, More: "/admin/audit?after=900", Check: audit.Check{Action: "/admin/audit/check"}})
}
