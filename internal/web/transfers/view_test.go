package transfers_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/transfers"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	page, err := transfers.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	en, zh := canned.Frame("en", ui.ThemeDevice, "transfers", "/transfers"), canned.Frame("zh", ui.ThemeDark, "transfers", "/transfers")
	uitest.Golden(t, *update, "en", page, "main", en, canned.TransferBoard())
	uitest.Golden(t, *update, "zh", page, "main", zh, canned.TransferBoard())
	uitest.Golden(t, *update, "empty", page, "main", en, canned.TransferBoardEmpty())
	reader := canned.TransferBoard()
	reader.May, reader.Cost, reader.Needed = false, nil, nil
	uitest.Golden(t, *update, "reader", page, "main", en, reader)
	party, err := transfers.NewRequest(kit)
	if err != nil {
		t.Fatal(err)
	}
	auto, err := transfers.NewAutoPlan(kit)
	if err != nil {
		t.Fatal(err)
	}
	uitest.Golden(t, *update, "auto-plan-en", auto, "main", en, canned.TransferAutoPlan())
	uitest.Golden(t, *update, "auto-plan-zh", auto, "main", zh, canned.TransferAutoPlan())
	uitest.Golden(t, *update, "party-en", party, "main", en, canned.TransferParty())
	uitest.Golden(t, *update, "party-zh", party, "main", zh, canned.TransferParty())
}
