package restrictions_test

import (
	"testing"

	"firebreak/internal/web/canned"
	"firebreak/internal/web/restrictions"
	"firebreak/internal/web/ui"
	"firebreak/internal/web/uitest"
)

var update = uitest.Update()

func TestGolden(t *testing.T) {
	t.Parallel()
	kit := uitest.Kit(t)
	list, err := restrictions.New(kit)
	if err != nil {
		t.Fatal(err)
	}
	one, err := restrictions.NewOne(kit)
	if err != nil {
		t.Fatal(err)
	}
	notice, err := restrictions.NewNotice(kit)
	if err != nil {
		t.Fatal(err)
	}
	en := canned.Frame("en", ui.ThemeDevice, "restrictions", "/restrictions")
	zh := canned.Frame("zh", ui.ThemeDark, "restrictions", "/restrictions")
	uitest.Golden(t, *update, "list-en", list, "main", en, canned.Restrictions())
	uitest.Golden(t, *update, "list-zh", list, "main", zh, canned.Restrictions())
	uitest.Golden(t, *update, "one-en", one, "main", en, canned.Restriction())
	uitest.Golden(t, *update, "one-zh", one, "main", zh, canned.Restriction())
	uitest.Golden(t, *update, "notice-en", notice, "main", en, canned.Notices())
	uitest.Golden(t, *update, "notice-zh", notice, "main", zh, canned.Notices())
	over := canned.Restriction()
	over.Stands, over.Ended, over.EndedAt, over.Proposal, over.Agree, over.Withdraw = false, "over", over.Until, nil, nil, nil
	uitest.Golden(t, *update, "ended", one, "main", en, over)
}
