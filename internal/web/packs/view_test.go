package packs_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/packs"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	list, err := packs.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	one, err := packs.NewPack(kit)
	if err != nil {
		t.Fatal(err)
	}
	change, err := packs.NewChange(kit)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []i18n.Lang{"en", "zh"} {
		frame := canned.Frame(lang, ui.ThemeDevice, "packs", "/packs")
		uitest.Golden(t, *update, string(lang), list, "main", frame, canned.Packs())
		uitest.Golden(t, *update, "change-"+string(lang), change, "main", frame, canned.PackChange())
		uitest.Golden(t, *update, "pack-"+string(lang), one, "main", frame, canned.Pack())
	}
}
