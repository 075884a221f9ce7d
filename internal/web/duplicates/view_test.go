package duplicates_test

import (
	"testing"

	"firebreak/internal/i18n"
	"firebreak/internal/web/canned"
	"firebreak/internal/web/duplicates"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	parse := func(with func(*ui.Kit) (*ui.Page, error)) *ui.Page {
		t.Helper()
		p, err := with(kit)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	list, pair, merge := parse(duplicates.New), parse(duplicates.NewPair), parse(duplicates.NewMerge)
	for lang, theme := range map[i18n.Lang]ui.Theme{"en": ui.ThemeDevice, "zh": ui.ThemeDark} {
		frame := canned.Frame(lang, theme, "duplicates", "/duplicates")
		uitest.Golden(t, *update, "list-"+string(lang), list, "main", frame, canned.Duplicates())
		uitest.Golden(t, *update, "pair-"+string(lang), pair, "main", frame, canned.Pair())
		uitest.Golden(t, *update, "merge-"+string(lang), merge, "main", frame, canned.MergeOne())
	}
	en := canned.Frame("en", ui.ThemeDevice, "duplicates", "/duplicates")
	uitest.Golden(t, *update, "empty", list, "main", en, canned.NoDuplicates())
	uitest.Golden(t, *update, "changed", pair, "main", en, canned.PairChanged())
	uitest.Golden(t, *update, "gone", pair, "main", en, canned.PairGone())
	uitest.Golden(t, *update, "undone", merge, "main", en, canned.MergeUndone())
}
